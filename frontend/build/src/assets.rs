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
    compressed: bool,
    sizes: BTreeMap<String, usize>,
}

impl Assets {
    /// In a directory that is made.
    pub fn new(dir: PathBuf, compressed: bool) -> Result<Self> {
        fs::create_dir_all(&dir)?;
        Ok(Self { dir, compressed, sizes: BTreeMap::new() })
    }

    /// Writes a file and says what it is called.
    pub fn add(&mut self, stem: &str, extension: &str, content: &[u8]) -> Result<String> {
        let name = format!("{stem}-{}.{extension}", hash(content));
        let size = write(&self.dir.join(&name), content, self.compressed)?;
        self.sizes.insert(name.clone(), size);
        Ok(name)
    }

    /// The compressed size of a file.
    pub fn size(&self, name: &str) -> usize {
        self.sizes.get(name).copied().unwrap_or_default()
    }
}

/// Stands for what is in it.
fn hash(content: &[u8]) -> String {
    Sha256::digest(content).iter().take(8).fold(String::new(), |text, byte| format!("{text}{byte:02x}"))
}

/// Writes a file and, where it is to be compressed, what travels beside it. Says how large it is on its way.
pub fn write(path: &Path, content: &[u8], compressed: bool) -> Result<usize> {
    fs::write(path, content)?;
    if !compressed {
        return Ok(content.len());
    }

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
