//! `cargo xtask sqlx`: the cache of compile-time checked queries, made without the sqlx command line tool.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::Path;
use std::time::SystemTime;

use cluster::{SUPERUSER, simple_query};

use crate::database::Temporary;
use crate::{Result, migrations, run, workspace};

/// The database that queries are checked against.
const DATABASE: &str = "queries";

#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Change nothing; fail when the committed cache is not what the code and the migrations give.
    #[arg(long)]
    check: bool,
}

pub fn run(arguments: &Arguments) -> Result {
    run::catch_interrupts()?;
    if arguments.check { check() } else { renew() }
}

/// Compares the committed cache with a new one.
pub fn check() -> Result {
    let committed = read(&workspace::root().join(".sqlx"))?;
    let differences = differences(&committed, &prepare()?);
    if differences.is_empty() {
        println!("{} cached queries are up to date", committed.len());
        return Ok(());
    }
    for line in &differences {
        println!("{line}");
    }
    Err("the cache of checked queries is stale: run `cargo xtask sqlx` and commit .sqlx".into())
}

/// Replaces the committed cache.
fn renew() -> Result {
    let directory = workspace::root().join(".sqlx");
    let fresh = prepare()?;
    let differences = differences(&read(&directory)?, &fresh);
    if !differences.is_empty() {
        fs::create_dir_all(&directory)?;
    }
    for name in read(&directory)?.keys().filter(|name| !fresh.contains_key(*name)) {
        fs::remove_file(directory.join(name))?;
    }
    for (name, text) in &fresh {
        fs::write(directory.join(name), text)?;
    }
    for line in &differences {
        println!("{line}");
    }
    println!("{} queries in .sqlx, {} changes", fresh.len(), differences.len());
    Ok(())
}

/// Has the compiler check every query against a database with all migrations. File name → contents.
fn prepare() -> Result<BTreeMap<String, String>> {
    let (root, target) = (workspace::root(), workspace::target_dir()?);
    let database = Temporary::start(&target.join("sqlx-cluster"))?;
    let cluster = database.cluster()?;
    simple_query(cluster.socket_dir(), "postgres", SUPERUSER, &format!("create database {DATABASE}"))?;
    migrations::apply(cluster, DATABASE, &root.join("migrations"))?;

    let fresh = target.join("sqlx-queries");
    if fresh.exists() {
        fs::remove_dir_all(&fresh)?;
    }
    fs::create_dir_all(&fresh)?;
    // The macros run only when the crate is compiled, so it must look changed. Afterwards it gets its old
    // time back, or every other kind of build would compile it again, too; unless it was edited meanwhile.
    let source = File::options().write(true).open(root.join("crates/store/src/lib.rs"))?;
    let before = source.metadata()?.modified()?;
    source.set_modified(now())?;
    let touched = source.metadata()?.modified()?;
    let checked = run::run(
        workspace::cargo()
            .args(["check", "-p", "store", "--all-targets"])
            .env("SQLX_OFFLINE", "false")
            .env("SQLX_OFFLINE_DIR", &fresh)
            .env("DATABASE_URL", database.url(DATABASE)?),
    );
    if source.metadata()?.modified()? == touched {
        source.set_modified(before)?;
    }
    checked?;
    read(&fresh)
}

#[expect(clippy::disallowed_methods, reason = "a file time for cargo, not a time of the business")]
fn now() -> SystemTime {
    SystemTime::now()
}

/// The cached queries in a directory, which need not exist.
fn read(directory: &Path) -> Result<BTreeMap<String, String>> {
    let mut queries = BTreeMap::new();
    if !directory.exists() {
        return Ok(queries);
    }
    for entry in fs::read_dir(directory)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if name.starts_with("query-") && path.extension().is_some_and(|e| e == "json") {
            queries.insert(name, fs::read_to_string(&path)?);
        }
    }
    Ok(queries)
}

/// One line for each query that is new, gone or described differently.
fn differences(old: &BTreeMap<String, String>, new: &BTreeMap<String, String>) -> Vec<String> {
    let added = new.iter().filter(|(name, _)| !old.contains_key(*name)).map(|(n, t)| (n, t, "missing"));
    let gone = old.iter().filter(|(name, _)| !new.contains_key(*name)).map(|(n, t)| (n, t, "not needed"));
    let changed = new
        .iter()
        .filter(|(name, text)| old.get(*name).is_some_and(|t| t != *text))
        .map(|(n, t)| (n, t, "described differently"));
    let mut all: Vec<_> = added.chain(gone).chain(changed).collect();
    all.sort();
    all.into_iter().map(|(name, text, what)| format!("  {what}: {name}  {}", statement(text))).collect()
}

/// The beginning of the query, for a person.
fn statement(text: &str) -> String {
    let value: serde_json::Value = serde_json::from_str(text).unwrap_or_default();
    let words: Vec<&str> = value["query"].as_str().unwrap_or_default().split_whitespace().collect();
    words.join(" ").chars().take(70).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn differences_are_listed_by_kind() {
        let set = |queries: &[(&str, &str)]| {
            queries.iter().map(|(n, t)| ((*n).to_owned(), format!(r#"{{"query": "{t}"}}"#))).collect()
        };
        let old = set(&[("query-a.json", "select 1"), ("query-b.json", "select 2")]);
        let new = set(&[("query-b.json", "select  3"), ("query-c.json", "select 4")]);
        assert_eq!(
            differences(&old, &new),
            [
                "  not needed: query-a.json  select 1",
                "  described differently: query-b.json  select 3",
                "  missing: query-c.json  select 4",
            ]
        );
        assert!(differences(&new, &new).is_empty());
    }

    #[test]
    fn only_queries_are_read() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("query-1.json"), "{}").unwrap();
        fs::write(dir.path().join(".gitkeep"), "").unwrap();
        assert_eq!(read(dir.path()).unwrap().into_keys().collect::<Vec<_>>(), ["query-1.json"]);
        assert!(read(&dir.path().join("none")).unwrap().is_empty());
    }
}
