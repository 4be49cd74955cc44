//! Servers that an earlier process left behind, known from their `postmaster.pid`.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::Error;

/// How long a server may take for a fast shutdown, and then for an immediate one.
const PATIENCE: [(Signal, Duration); 2] =
    [(Signal::SIGINT, Duration::from_mins(1)), (Signal::SIGQUIT, Duration::from_secs(10))];

/// What `postmaster.pid` says about the process.
#[derive(Debug, PartialEq, Eq)]
enum Remaining {
    /// No file, or its process is gone: the server deals with that itself.
    None,
    /// A server on this data directory.
    Server(i32),
    /// The number was given to another process since: a restart of the machine does that.
    Stranger,
}

/// Stops a server of an earlier run on this data directory. The caller holds the home's lock, so nobody is
/// using it.
pub(crate) fn stop_remaining(data: &Path) -> Result<(), Error> {
    match examine(data) {
        Remaining::None => Ok(()),
        Remaining::Stranger => disown(data),
        Remaining::Server(pid) => {
            tracing::warn!(pid, data = %data.display(), "stopping a PostgreSQL server that an earlier run left behind");
            stop(data, pid)
        }
    }
}

fn stop(data: &Path, pid: i32) -> Result<(), Error> {
    for (signal, patience) in PATIENCE {
        match kill(Pid::from_raw(pid), signal) {
            Ok(()) | Err(Errno::ESRCH) => {}
            Err(e) => return Err(Error::io("stop the server in", data)(e.into())),
        }
        let begin = Instant::now();
        while begin.elapsed() < patience {
            if !is_server_of(pid, data) {
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }
    Err(Error::StillRunning { path: data.to_path_buf(), pid })
}

fn examine(data: &Path) -> Remaining {
    let Some(pid) = fs::read_to_string(data.join("postmaster.pid")).ok().and_then(|text| pid_in(&text))
    else {
        return Remaining::None;
    };
    match kill(Pid::from_raw(pid), None) {
        Err(Errno::ESRCH) => Remaining::None,
        _ if is_server_of(pid, data) => Remaining::Server(pid),
        _ => Remaining::Stranger,
    }
}

fn pid_in(text: &str) -> Option<i32> {
    // Negative for a server in single-user mode.
    text.lines().next()?.trim().parse::<i32>().ok().map(i32::abs).filter(|pid| *pid > 1)
}

/// Whether a process lives and is a server on this data directory.
fn is_server_of(pid: i32, data: &Path) -> bool {
    let process = Path::new("/proc").join(pid.to_string());
    if process.exists() {
        // A server's current directory is its data directory; a zombie has none.
        let name = fs::read_to_string(process.join("comm")).unwrap_or_default();
        return name.starts_with("postgres")
            && fs::read_link(process.join("cwd")).is_ok_and(|cwd| cwd == data);
    }
    let listed = Command::new("ps").args(["-o", "command=", "-p", &pid.to_string()]).output();
    listed.is_ok_and(|output| {
        let command = String::from_utf8_lossy(&output.stdout).into_owned();
        command.contains("postgres") && command.contains(&*data.to_string_lossy())
    })
}

/// Takes a stranger's number out of `postmaster.pid`, where it would keep the server from starting. Our own
/// takes its place, because a server ignores that of its parent; the rest of the file stays, for with it the
/// server makes sure that no old process is still attached to the data.
fn disown(data: &Path) -> Result<(), Error> {
    let path = data.join("postmaster.pid");
    let text = fs::read_to_string(&path).map_err(Error::io("read", &path))?;
    let rest = text.split_once('\n').map_or("", |(_, rest)| rest);
    fs::write(&path, format!("{}\n{rest}", std::process::id())).map_err(Error::io("write", &path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_number() {
        assert_eq!(pid_in("4711\n/data\n"), Some(4711));
        assert_eq!(pid_in("-4711\n"), Some(4711));
        assert_eq!(pid_in(""), None);
        assert_eq!(pid_in("0\n"), None);
    }

    #[test]
    fn another_process_with_the_number_is_a_stranger() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(examine(dir.path()), Remaining::None);
        let mut other = Command::new("sleep").arg("60").spawn().unwrap();
        let file = dir.path().join("postmaster.pid");
        fs::write(&file, format!("{}\n/data\n123\n", other.id())).unwrap();
        assert_eq!(examine(dir.path()), Remaining::Stranger);
        stop_remaining(dir.path()).unwrap();
        assert_eq!(fs::read_to_string(&file).unwrap(), format!("{}\n/data\n123\n", std::process::id()));
        assert!(other.try_wait().unwrap().is_none(), "the stranger was harmed");
        other.kill().unwrap();
        other.wait().unwrap();
        fs::write(&file, format!("{}\n", other.id())).unwrap();
        assert_eq!(examine(dir.path()), Remaining::None);
    }
}
