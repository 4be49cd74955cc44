//! Keeping the state in a file.

use crate::stripe::{Simulator, State};
use std::{
    fs::{File, rename},
    io::{self, Write},
    path::{Path, PathBuf},
    time::Duration,
};
use tokio::time::sleep;

/// Changes that follow each other closely are saved together.
const TOGETHER: Duration = Duration::from_millis(100);

/// The state kept in a file; a fresh one if there is none yet.
pub(crate) fn load(path: &Path) -> io::Result<State> {
    match std::fs::read(path) {
        Ok(bytes) => serde_json::from_slice(&bytes).map_err(|error| {
            io::Error::new(
                io::ErrorKind::InvalidData,
                format!("{} is not a state file: {error}", path.display()),
            )
        }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(State::default()),
        Err(error) => Err(error),
    }
}

/// Saves what changed. The file is whole at any moment: it is written beside the old one and renamed over it.
pub(crate) async fn save(simulator: &Simulator, path: &Path) -> io::Result<()> {
    let Some(snapshot) = simulator.take_snapshot() else { return Ok(()) };
    let (bytes, path) = (snapshot?, path.to_owned());
    let written = tokio::task::spawn_blocking(move || write(&path, &bytes)).await;
    let result = written.unwrap_or_else(|error| Err(io::Error::other(error)));
    if result.is_err() {
        simulator.not_saved();
    }
    result
}

/// Saves after every change, until the program ends.
pub(crate) async fn keep(simulator: Simulator, path: PathBuf) {
    let mut changes = simulator.changes();
    changes.mark_changed();
    while changes.changed().await.is_ok() {
        sleep(TOGETHER).await;
        changes.mark_unchanged();
        if let Err(error) = save(&simulator, &path).await {
            tracing::error!(%error, path = %path.display(), "the state could not be saved");
            sleep(Duration::from_secs(1)).await;
            changes.mark_changed();
        }
    }
}

fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".new");
    let temporary = path.with_file_name(name);
    let mut file = File::create(&temporary)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    rename(&temporary, path)
}
