//! Where things are.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::{Result, run};

/// The root of the repository: asked of cargo's environment first, because a target directory may be shared
/// by several clones.
pub fn root() -> PathBuf {
    let manifest = std::env::var_os("CARGO_MANIFEST_DIR")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
    manifest.parent().map_or_else(|| manifest.clone(), Path::to_path_buf)
}

/// The cargo that runs us. Queries are checked against the committed cache, whatever the environment says.
pub fn cargo() -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root()).env("SQLX_OFFLINE", "true");
    command
}

/// Where cargo builds, which `CARGO_TARGET_DIR` and configuration files decide.
pub fn target_dir() -> Result<PathBuf> {
    let text = run::output(cargo().args(["metadata", "--no-deps", "--format-version=1"]))?;
    let metadata: serde_json::Value = serde_json::from_str(&text)?;
    let directory =
        metadata["target_directory"].as_str().ok_or("`cargo metadata` names no target directory")?;
    Ok(PathBuf::from(directory))
}

/// Where debug builds of our programs are.
pub fn bin_dir() -> Result<PathBuf> {
    Ok(target_dir()?.join("debug"))
}
