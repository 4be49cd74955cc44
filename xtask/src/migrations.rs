//! Applies `migrations/*.sql` without the store crate: its queries are checked against the result, so it
//! cannot be what makes it.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use cluster::{Cluster, Error, SUPERUSER, simple_query};

use crate::Result;

/// As sqlx keeps it, so that `bailiwick migrate` carries on from here.
const TABLE: &str = "create table if not exists _sqlx_migrations (
    version bigint primary key,
    description text not null,
    installed_on timestamptz not null default now(),
    success boolean not null,
    checksum bytea not null,
    execution_time bigint not null
)";

/// One file.
#[derive(Debug, PartialEq, Eq)]
struct Migration {
    version: i64,
    description: String,
    path: PathBuf,
}

/// Applies what is missing in `database`; refuses if an applied file was changed since. Returns how many were
/// applied.
pub fn apply(cluster: &Cluster, database: &str, directory: &Path) -> Result<usize> {
    let ask = |sql: &str| simple_query(cluster.socket_dir(), database, SUPERUSER, sql);
    ask(TABLE)?;
    let mut applied = 0;
    for migration in list(directory)? {
        let (version, path) = (migration.version, migration.path.display());
        let sql = fs::read_to_string(&migration.path).map_err(|e| format!("cannot read {path}: {e}"))?;
        let checksum = format!("sha384('\\x{}'::bytea)", hex(sql.as_bytes()));
        let known =
            ask(&format!("select checksum = {checksum} from _sqlx_migrations where version = {version}"))?;
        match known.into_iter().flatten().flatten().next().as_deref() {
            Some("t") => continue,
            Some(_) => return Err(format!("{path} was changed after it had been applied").into()),
            None => {}
        }
        // All in one transaction, as several statements in one query are.
        let description = migration.description.replace('\'', "''");
        let record = format!(
            "insert into _sqlx_migrations values ({version}, '{description}', now(), true, {checksum}, 0)"
        );
        ask(&format!("{sql}\n;{record}")).map_err(|e| explained(&e, &migration.path, &sql))?;
        applied += 1;
    }
    Ok(applied)
}

/// The files in order of their versions.
fn list(directory: &Path) -> Result<Vec<Migration>> {
    let mut migrations = Vec::new();
    for entry in fs::read_dir(directory).map_err(|e| format!("cannot read {}: {e}", directory.display()))? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if let Some(name) = name.strip_suffix(".sql") {
            let (version, description) = parsed(name)
                .ok_or_else(|| format!("{} is not named like 0001_what_it_does.sql", path.display()))?;
            migrations.push(Migration { version, description, path: path.clone() });
        }
    }
    migrations.sort_by_key(|m| m.version);
    if let Some(twice) = migrations.windows(2).find(|pair| pair[0].version == pair[1].version) {
        let [a, b] = [twice[0].path.display(), twice[1].path.display()];
        return Err(format!("{a} and {b} have the same number").into());
    }
    Ok(migrations)
}

fn parsed(name: &str) -> Option<(i64, String)> {
    let (version, description) = name.split_once('_')?;
    Some((version.parse().ok()?, description.replace('_', " ")))
}

/// The server's message with the line it is about.
fn explained(error: &Error, path: &Path, sql: &str) -> String {
    let place = match error {
        Error::Refused { position: Some(position), .. } => {
            let line = 1 + sql.chars().take(position.saturating_sub(1)).filter(|c| *c == '\n').count();
            format!("{}:{line}", path.display())
        }
        _ => path.display().to_string(),
    };
    format!("{place}: {error}")
}

fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        // Writing to a string does not fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

#[cfg(test)]
mod tests {
    use cluster::{Binaries, Options};

    use super::*;

    #[test]
    fn names_are_numbers_and_words() {
        assert_eq!(parsed("0001_roles_and_tenants"), Some((1, "roles and tenants".to_owned())));
        assert_eq!(parsed("20251121_x"), Some((20_251_121, "x".to_owned())));
        assert_eq!(parsed("roles"), None);
    }

    #[test]
    fn files_are_applied_once_and_in_order() {
        let dir = tempfile::tempdir_in("/tmp").unwrap();
        fs::set_permissions(dir.path(), std::os::unix::fs::PermissionsExt::from_mode(0o711)).unwrap();
        let files = dir.path().join("migrations");
        fs::create_dir(&files).unwrap();
        fs::write(files.join("0010_more.sql"), "alter table t add m int").unwrap();
        fs::write(files.join("0002_table.sql"), "create table t (n int); -- ends in a remark").unwrap();
        let binaries = Binaries::locate(&cluster::default_cache_dir()).unwrap();
        let cluster = Cluster::start(&Options::fast(dir.path().join("home"), binaries)).unwrap();
        let apply = || apply(&cluster, "postgres", &files);
        assert_eq!(apply().unwrap(), 2);
        assert_eq!(apply().unwrap(), 0);

        fs::write(files.join("0011_broken.sql"), "create table u (n int);\nalter table missing add m int")
            .unwrap();
        let error = apply().unwrap_err().to_string();
        assert!(error.contains("0011_broken.sql") && error.contains("\"missing\" does not exist"), "{error}");
        let ask = |sql| simple_query(cluster.socket_dir(), "postgres", SUPERUSER, sql).unwrap();
        assert_eq!(ask("select to_regclass('u')"), [[None]], "a failed file leaves nothing");
        fs::remove_file(files.join("0011_broken.sql")).unwrap();

        fs::write(files.join("0010_more.sql"), "alter table t add o int").unwrap();
        assert!(apply().unwrap_err().to_string().contains("was changed"));
    }

    #[test]
    fn errors_name_the_line() {
        let error = Error::Refused { code: String::new(), message: "no".to_owned(), position: Some(5) };
        assert!(explained(&error, Path::new("x.sql"), "ä\n\nbad").starts_with("x.sql:3: "));
    }
}
