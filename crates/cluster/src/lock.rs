//! The advisory lock that keeps two of us off one home.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::Path;

use crate::Error;

/// The lock's file name within a home.
pub(crate) const FILE: &str = "bailiwick.lock";

/// Held as long as the value lives; the operating system lets go when the process dies.
#[derive(Debug)]
pub(crate) struct Lock {
    file: File,
}

impl Lock {
    /// Takes the lock of `home`, or says who has it.
    pub(crate) fn take(home: &Path) -> Result<Self, Error> {
        let path = home.join(FILE);
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(Error::io("open the lock file", &path))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut text = String::new();
                // The holder's number is a courtesy: without it the message still stands.
                let _ = file.read_to_string(&mut text);
                let pid = text.trim();
                let holder = if pid.is_empty() { "pid unknown".to_owned() } else { format!("pid {pid}") };
                return Err(Error::Locked { path: home.to_path_buf(), holder });
            }
            Err(TryLockError::Error(source)) => return Err(Error::io("lock", &path)(source)),
        }
        let write = |file: &mut File| {
            file.set_len(0)?;
            file.rewind()?;
            writeln!(file, "{}", std::process::id())
        };
        write(&mut file).map_err(Error::io("write the lock file", &path))?;
        Ok(Self { file })
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // Explicitly, because a child that is just being forked shares the open file for a moment,
        // and closing our side alone would not release it.
        let _ = self.file.unlock();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn second_taker_learns_who_holds_it() {
        let dir = tempfile::tempdir().unwrap();
        let held = Lock::take(dir.path()).unwrap();
        let error = Lock::take(dir.path()).unwrap_err().to_string();
        assert!(error.contains("another bailiwick is using"), "{error}");
        assert!(error.contains(&format!("pid {}", std::process::id())), "{error}");
        drop(held);
        Lock::take(dir.path()).unwrap();
    }
}
