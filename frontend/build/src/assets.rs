//! Files named after what is in them, so that browsers may keep them for ever, each with its compressed forms beside it.

use std::{
    collections::BTreeMap,
    ffi::OsString,
    fs,
    io::Write as _,
    path::{Path, PathBuf},
};

use anyhow::Result;
use flate2::{Compression, write::GzEncoder};
use sha2::{Digest as _, Sha256};

/// The assets of an app.
pub struct Assets {
    dir: PathBuf,
    sizes: BTreeMap<String, usize>,
}

impl Assets {
    /// In a directory that is made.
    pub fn new(dir: PathBuf) -> Result<Self> {
        fs::create_dir_all(&dir)?;
        Ok(Self { dir, sizes: BTreeMap::new() })
    }

    /// Writes a file and says what it is called.
    pub fn add(&mut self, stem: &str, extension: &str, content: &[u8]) -> Result<String> {
        let hash = Sha256::digest(content);
        let hash = hash.iter().take(8).fold(String::new(), |text, byte| format!("{text}{byte:02x}"));
        let name = format!("{stem}-{hash}.{extension}");
        let size = write_compressed(&self.dir.join(&name), content)?;
        self.sizes.insert(name.clone(), size);
        Ok(name)
    }

    /// Compressed sizes by name.
    pub fn sizes(self) -> BTreeMap<String, usize> {
        self.sizes
    }
}

/// Writes a file, and beside it what travels. Says how large it is with brotli.
pub fn write_compressed(path: &Path, content: &[u8]) -> Result<usize> {
    fs::write(path, content)?;

    let mut packed = Vec::new();
    let parameters = brotli::enc::BrotliEncoderParams { quality: 11, lgwin: 24, ..Default::default() };
    brotli::BrotliCompress(&mut &*content, &mut packed, &parameters)?;
    fs::write(beside(path, ".br"), &packed)?;

    let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
    gzip.write_all(content)?;
    fs::write(beside(path, ".gz"), gzip.finish()?)?;
    Ok(packed.len())
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(suffix);
    PathBuf::from(name)
}
