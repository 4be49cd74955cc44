//! Free space, checked before anything is written.

use std::path::Path;

use nix::sys::statvfs::statvfs;

use crate::Error;

const MB: u64 = 1_000_000;

/// Fails when the disk of `path` (or of its nearest existing ancestor) has less than `needed` bytes free.
pub(crate) fn require(path: &Path, needed: u64) -> Result<(), Error> {
    let existing = path.ancestors().find(|p| p.exists()).unwrap_or(path);
    let stats = statvfs(existing).map_err(|e| Error::io("examine the disk of", existing)(e.into()))?;
    // Wide enough for the field widths of every system.
    let free = u128::from(stats.blocks_available()) * u128::from(stats.fragment_size());
    // File systems without blocks, such as /proc, do not run full.
    if stats.blocks() > 0 && free < u128::from(needed) {
        return Err(Error::DiskFull {
            path: path.to_path_buf(),
            free_mb: u64::try_from(free / u128::from(MB)).unwrap_or(u64::MAX),
            needed_mb: needed.div_ceil(MB),
        });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn compares_with_what_is_asked_for() {
        let missing = std::env::temp_dir().join("not/there/yet");
        require(&missing, 1).unwrap();
        let error = require(&missing, u64::MAX).unwrap_err().to_string();
        assert!(error.contains("MB are free"), "{error}");
    }
}
