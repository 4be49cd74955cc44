//! Making a new data directory.

use std::fs::{self, File};
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;

use crate::binaries::Binaries;
use crate::command::server_command;
use crate::home::Home;
use crate::user::ServerUser;
use crate::{Error, SUPERUSER};

/// Makes the data directory of `home`, all of it or nothing.
pub(crate) fn initdb(home: &Home, binaries: &Binaries, user: &ServerUser, sync: bool) -> Result<(), Error> {
    let (work, data) = (home.unfinished_data(), home.data());
    tracing::info!(data = %data.display(), version = %binaries.version(), user = user.name, "setting up a PostgreSQL data directory");
    let mut output = String::new();
    for locale in locales(binaries) {
        if work.exists() {
            // Of an attempt that was interrupted or refused.
            fs::remove_dir_all(&work).map_err(Error::io("delete", &work))?;
        }
        fs::DirBuilder::new().mode(0o700).create(&work).map_err(Error::io("create", &work))?;
        user.own(&work)?;
        match attempt(&work, binaries, user, sync, locale)? {
            Ok(()) => return finish(home, &work, &data),
            Err(said) => output = said,
        }
        if !output.contains("locale") {
            break;
        }
    }
    // The failure of initdb is what matters, not that of tidying up.
    let _ = fs::remove_dir_all(&work);
    Err(Error::Initdb { path: data, output })
}

/// Locales that order by code point on every machine and know the letters of Unicode; at last one without.
fn locales(binaries: &Binaries) -> &'static [&'static [&'static str]] {
    if binaries.version().major >= 17 {
        &[&["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"], &["--locale=C"]]
    } else {
        &[&["--locale=C", "--lc-ctype=C.UTF-8"], &["--locale=C", "--lc-ctype=en_US.UTF-8"], &["--locale=C"]]
    }
}

/// The inner error is what `initdb` said.
fn attempt(
    work: &Path,
    binaries: &Binaries,
    user: &ServerUser,
    sync: bool,
    locale: &[&str],
) -> Result<Result<(), String>, Error> {
    let program = binaries.initdb();
    let mut command = server_command(&program, user);
    command.arg("-D").arg(work).arg(format!("--username={SUPERUSER}"));
    command.args(["--encoding=UTF8", "--data-checksums", "--no-instructions"]).args(locale);
    // The socket's directory lets nobody in but the server's user; TCP is off, and stays closed if it is
    // ever turned on.
    command.args(["--auth-local=trust", "--auth-host=reject"]);
    if !sync {
        command.arg("--no-sync");
    }
    let output = command.output().map_err(Error::io("run", &program))?;
    if output.status.success() {
        return Ok(Ok(()));
    }
    let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    Ok(Err(if said.is_empty() { format!("initdb ended with {}", output.status) } else { said }))
}

fn finish(home: &Home, work: &Path, data: &Path) -> Result<(), Error> {
    fs::rename(work, data).map_err(Error::io("create", data))?;
    let synced = File::open(&home.path).and_then(|directory| directory.sync_all());
    synced.map_err(Error::io("write", &home.path))
}
