//! Commands of `PostgreSQL`, run as the right user with a clean environment.

use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use crate::user::ServerUser;

/// What a server needs from our environment. Everything else stays here: `PG…` variables change its
/// behaviour, and secrets of the parent are no business of the database.
const KEPT: [&str; 6] = ["PATH", "HOME", "TZ", "TMPDIR", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH"];

/// A command of the server's, which runs as `user` and not in our process group, so that a Ctrl-C on
/// the terminal reaches us alone.
pub(crate) fn server_command(program: &Path, user: &ServerUser) -> Command {
    let mut command = Command::new(program);
    command.env_clear();
    for name in KEPT {
        if let Some(value) = std::env::var_os(name) {
            command.env(name, value);
        }
    }
    // Messages in English, and macOS refuses to start without a locale.
    command.env("LC_ALL", "C");
    // The current directory may be one that the user cannot enter.
    command.current_dir("/").process_group(0);
    if user.switch {
        command.uid(user.uid).gid(user.gid);
    }
    command
}
