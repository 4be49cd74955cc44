//! `cargo xtask up`: the whole product on one port.

use std::fs;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use crate::{Result, port, run, tools, web, workspace};

#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Delete the demo's data and begin anew.
    #[arg(long)]
    fresh: bool,
    /// The port to listen on.
    #[arg(long, default_value_t = 8080)]
    port: u16,
}

/// Ends only with an error: the server takes our place, so that Ctrl-C and every other signal are its own.
pub fn run(arguments: &Arguments) -> Result {
    let data = workspace::root().join("var/demo");
    port::require_free(arguments.port)?;
    let cargo = run::output(workspace::cargo().arg("--version"))?;
    let database = if std::env::var_os("DATABASE_URL").is_some_and(|url| !url.is_empty()) {
        "the database in DATABASE_URL".to_owned()
    } else {
        format!("PostgreSQL {}", tools::postgres()?.version())
    };
    println!("{}, Node.js {}, {database}", cargo.trim(), tools::node()?);
    if arguments.fresh {
        delete(&data)?;
    }
    let apps = web::build()?;
    run::run(workspace::cargo().args(["build", "-p", "bailiwick", "-p", "simulators"]))?;
    fs::create_dir_all(&data).map_err(|e| format!("cannot create {}: {e}", data.display()))?;
    let program = workspace::bin_dir()?.join("bailiwick");
    let error = Command::new(&program)
        .current_dir(workspace::root())
        .env("BAILIWICK_WEB_DIR", apps)
        .args(["serve", "--demo", "--data-dir", "var/demo", "--listen"])
        .arg(format!("127.0.0.1:{}", arguments.port))
        .exec();
    Err(format!("cannot run {}: {error}", program.display()).into())
}

/// Deletes the demo's data directory, with the database in it, if that is what it is.
fn delete(data: &Path) -> Result {
    if !data.exists() {
        return Ok(());
    }
    let entries: Vec<_> = fs::read_dir(data)?.map(|e| e.map(|e| e.path())).collect::<std::io::Result<_>>()?;
    let homes: Vec<_> = entries.iter().filter(|path| cluster::is_home(path)).collect();
    if data.is_symlink() || (homes.is_empty() && !entries.is_empty()) {
        let path = data.display();
        return Err(format!("{path} does not look like a data directory of Bailiwick (there is no database in it): look at it, and delete it yourself").into());
    }
    for home in homes {
        cluster::remove(home)?;
    }
    fs::remove_dir_all(data).map_err(|e| format!("cannot delete {}: {e}", data.display()))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_ours_is_deleted() {
        let dir = tempfile::tempdir().unwrap();
        let data = dir.path().join("demo");
        delete(&data).unwrap();
        fs::create_dir_all(data.join("postgres")).unwrap();
        fs::write(data.join("secret.key"), "").unwrap();
        let error = delete(&data).unwrap_err().to_string();
        assert!(error.contains("delete it yourself"), "{error}");
        fs::write(data.join("postgres/bailiwick.lock"), "").unwrap();
        delete(&data).unwrap();
        assert!(!data.exists());
    }
}
