//! Which system user runs the server. `PostgreSQL` refuses to run as root.

use std::fs::Metadata;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use nix::unistd::{Uid, User};

use crate::Error;

/// The user that `initdb` and `postgres` run as.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ServerUser {
    /// User id.
    pub uid: u32,
    /// Primary group id.
    pub gid: u32,
    /// Name for messages.
    pub name: String,
    /// Whether processes must be switched to this user, because we are root.
    pub switch: bool,
}

impl ServerUser {
    /// Ourselves; or, when we are root, the owner of the data if there are any, else `postgres`, else `nobody`.
    pub(crate) fn choose(data: &Path) -> Result<Self, Error> {
        let us = Uid::effective();
        let owner = std::fs::metadata(data).ok();
        if us.is_root() {
            if let Some(owner) = owner.filter(|m| m.uid() != 0) {
                return Ok(Self {
                    uid: owner.uid(),
                    gid: owner.gid(),
                    name: name_of(owner.uid()),
                    switch: true,
                });
            }
            return Self::unprivileged();
        }
        if let Some(owner) = owner.filter(|m| m.uid() != us.as_raw()) {
            return Err(Error::OtherOwner {
                path: data.to_path_buf(),
                owner: name_of(owner.uid()),
                us: name_of(us.as_raw()),
            });
        }
        let gid = nix::unistd::getegid().as_raw();
        Ok(Self { uid: us.as_raw(), gid, name: name_of(us.as_raw()), switch: false })
    }

    /// The user for a server started by root.
    fn unprivileged() -> Result<Self, Error> {
        ["postgres", "nobody"]
            .iter()
            .find_map(|name| User::from_name(name).ok().flatten())
            .map(|u| Self { uid: u.uid.as_raw(), gid: u.gid.as_raw(), name: u.name, switch: true })
            .ok_or(Error::NoServerUser)
    }

    /// The first directory on the way into `path` that this user cannot enter. Only directories that
    /// exist count; symbolic links are followed.
    pub(crate) fn blocked_at(&self, path: &Path) -> Option<PathBuf> {
        let existing = path.ancestors().find_map(|p| p.canonicalize().ok())?;
        let mut on_the_way: Vec<&Path> = existing.ancestors().collect();
        on_the_way.reverse();
        on_the_way
            .into_iter()
            .find(|p| std::fs::metadata(p).is_ok_and(|m| m.is_dir() && !self.may_enter(&m)))
            .map(Path::to_path_buf)
    }

    /// The same as an error that names what has to be reached.
    pub(crate) fn require_way_to(&self, path: &Path) -> Result<(), Error> {
        match self.blocked_at(path) {
            None => Ok(()),
            Some(blocked) => {
                Err(Error::NotTraversable { path: path.to_path_buf(), blocked, user: self.name.clone() })
            }
        }
    }

    fn may_enter(&self, directory: &Metadata) -> bool {
        let mode = directory.permissions().mode();
        let bit = if directory.uid() == self.uid {
            0o100
        } else if directory.gid() == self.gid {
            0o010
        } else {
            0o001
        };
        mode & bit != 0
    }

    /// Gives a file or directory to this user.
    pub(crate) fn own(&self, path: &Path) -> Result<(), Error> {
        if !self.switch {
            return Ok(());
        }
        std::os::unix::fs::chown(path, Some(self.uid), Some(self.gid))
            .map_err(Error::io("give to the database's user", path))
    }
}

/// The name of a user id, or the number when it has none.
pub(crate) fn name_of(uid: u32) -> String {
    User::from_uid(Uid::from_raw(uid)).ok().flatten().map_or_else(|| uid.to_string(), |u| u.name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_directory_in_the_way() {
        let stranger = ServerUser { uid: 54_321, gid: 54_321, name: "stranger".to_owned(), switch: true };
        let dir = tempfile::tempdir().unwrap();
        let closed = dir.path().canonicalize().unwrap();
        std::fs::set_permissions(&closed, PermissionsExt::from_mode(0o700)).unwrap();
        assert_eq!(stranger.blocked_at(&closed.join("a/b")), Some(closed.clone()));
        let text = stranger.require_way_to(&closed.join("a")).unwrap_err().to_string();
        assert!(text.contains("chmod o+x") && text.contains("stranger"), "{text}");
        std::fs::set_permissions(&closed, PermissionsExt::from_mode(0o711)).unwrap();
        assert_eq!(stranger.blocked_at(&closed.join("a/b")), None);
    }
}
