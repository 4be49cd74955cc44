//! Uploaded pictures: checked, cleaned and written anew, so that what is served is a picture and nothing else.
//!
//! What a file is, is seen from its content. A raster picture is decoded and encoded again, which leaves behind what is
//! hidden in it (places, serial numbers, other files). An SVG is rewritten from a list of what it may hold.

mod raster;
mod svg;

/// How large a picture may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Of the uploaded file. What becomes of it may have four times as many: PNG is larger than WebP.
    pub max_bytes: usize,
    /// Width times height.
    pub max_pixels: u64,
    /// Width, and height.
    pub max_side: u32,
}

/// A picture that is safe to serve.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// Its media type: `image/png`, `image/jpeg` or `image/svg+xml`.
    pub content_type: &'static str,
    /// The file.
    pub bytes: Vec<u8>,
    /// In pixels; of an SVG, as it would like to be shown.
    pub width: u32,
    /// In pixels; of an SVG, as it would like to be shown.
    pub height: u32,
}

/// Why a file is not taken. The texts are for the person who uploaded it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// There is nothing in it.
    #[error("the file is empty")]
    Empty,
    /// The file has too many bytes.
    #[error("the file is larger than {max_bytes} bytes")]
    TooManyBytes {
        /// The limit.
        max_bytes: usize,
    },
    /// Not one of the formats.
    #[error("the file is not a PNG, JPEG, WebP or SVG picture")]
    UnknownFormat,
    /// The picture has too many pixels.
    #[error("the picture is {width} × {height} pixels, which is too large")]
    TooLarge {
        /// The width it says it has.
        width: u32,
        /// The height it says it has.
        height: u32,
    },
    /// Written anew, the picture has too many bytes.
    #[error("the picture is too detailed: use a smaller one")]
    TooDetailed,
    /// The file is damaged.
    #[error("the {format} file is damaged: {reason}")]
    Damaged {
        /// The format it begins with.
        format: &'static str,
        /// What is wrong.
        reason: String,
    },
    /// An SVG that cannot be made safe, or that is no drawing.
    #[error("the SVG cannot be used: {0}")]
    UnusableSvg(&'static str),
}

/// A format, as a file's first bytes tell it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Format {
    Png,
    Jpeg,
    Webp,
    Svg,
}

impl Format {
    fn of(bytes: &[u8]) -> Option<Self> {
        if bytes.starts_with(b"\x89PNG\r\n\x1a\n") {
            Some(Self::Png)
        } else if bytes.starts_with(b"\xff\xd8\xff") {
            Some(Self::Jpeg)
        } else if bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP") {
            Some(Self::Webp)
        } else if svg::looks_like_one(bytes) {
            Some(Self::Svg)
        } else {
            None
        }
    }
}

/// Checks a file and writes it anew: PNG and WebP as PNG, JPEG as JPEG, SVG as SVG.
///
/// Of an animation the first picture is taken. A picture that is to be shown turned is turned.
pub fn accept(bytes: &[u8], limits: Limits) -> Result<Picture, Refused> {
    if bytes.is_empty() {
        return Err(Refused::Empty);
    }
    if bytes.len() > limits.max_bytes {
        return Err(Refused::TooManyBytes { max_bytes: limits.max_bytes });
    }
    match Format::of(bytes).ok_or(Refused::UnknownFormat)? {
        Format::Svg => svg::accept(bytes, limits),
        format => raster::accept(format, bytes, limits),
    }
}

/// An accepted picture as a PNG whose sides are at most `max_side`, for documents that take no SVG.
///
/// A raster picture is made smaller, never larger; an SVG is drawn at that size. `None` stands for an SVG with text or a
/// pattern in it: no fonts are at hand here, a pattern's tile has no bounds, and half a logo is worse than the name that
/// can stand in its place.
///
/// Drawing takes a while: once for an upload, not for every document.
pub fn to_png(picture: &Picture, max_side: u32) -> Option<Vec<u8>> {
    match Format::of(&picture.bytes)? {
        Format::Svg => svg::to_png(&picture.bytes, max_side),
        format => raster::to_png(format, &picture.bytes, max_side),
    }
}
