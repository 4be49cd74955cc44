//! Pictures made of pixels: measured before they are decoded, decoded to the end, and encoded anew.

use crate::{Format, Limits, Picture, Refused};
use image::{
    DynamicImage, ImageDecoder, ImageEncoder, ImageError,
    codecs::{
        jpeg::{JpegDecoder, JpegEncoder},
        png::{CompressionType, FilterType, PngDecoder, PngEncoder},
        webp::WebPDecoder,
    },
    imageops,
};
use std::io::Cursor;

const JPEG_QUALITY: u8 = 90;
/// The widest pixel: four channels of 16 bits.
const BYTES_PER_PIXEL: u64 = 8;
/// For what a decoder needs besides the pixels.
const WORKING_BYTES: u64 = 16 << 20;
/// How many times as large as the upload its new form may be.
const GROWTH: usize = 4;

pub(crate) fn accept(format: Format, bytes: &[u8], limits: Limits) -> Result<Picture, Refused> {
    if format == Format::Jpeg && !is_whole_jpeg(bytes) {
        return Err(Refused::Damaged { format: name(format), reason: "its end is missing".to_owned() });
    }
    let picture = decode(format, bytes, limits)?;
    let encoded = match format {
        Format::Jpeg => encode_jpeg(&picture),
        _ => encode_png(&picture),
    };
    let encoded = encoded.map_err(|error| damaged(format, &error))?;
    if encoded.len() > limits.max_bytes.saturating_mul(GROWTH) {
        return Err(Refused::TooDetailed);
    }
    let content_type = if format == Format::Jpeg { "image/jpeg" } else { "image/png" };
    Ok(Picture { content_type, bytes: encoded, width: picture.width(), height: picture.height() })
}

pub(crate) fn to_png(format: Format, bytes: &[u8], max_side: u32) -> Option<Vec<u8>> {
    // It was accepted under limits; these are for whoever calls with something else.
    let limits = Limits { max_bytes: bytes.len(), max_pixels: 1 << 26, max_side: 1 << 14 };
    let picture = decode(format, bytes, limits).ok()?;
    let picture = if picture.width().max(picture.height()) > max_side {
        picture.resize(max_side, max_side, imageops::FilterType::Lanczos3)
    } else {
        picture
    };
    encode_png(&picture).ok()
}

fn decode(format: Format, bytes: &[u8], limits: Limits) -> Result<DynamicImage, Refused> {
    let input = Cursor::new(bytes);
    let bounds = bounds(limits);
    let picture = match format {
        Format::Jpeg => JpegDecoder::new(input).map(|decoder| finish(decoder, limits)),
        Format::Webp => WebPDecoder::new(input).map(|decoder| finish(decoder, limits)),
        Format::Png | Format::Svg => {
            PngDecoder::with_limits(input, bounds).map(|decoder| finish(decoder, limits))
        }
    };
    match picture {
        Ok(Ok(picture)) => Ok(picture),
        Ok(Err(Failure::Size(width, height))) => Err(Refused::TooLarge { width, height }),
        Ok(Err(Failure::Image(error))) | Err(error) => Err(damaged(format, &error)),
    }
}

enum Failure {
    Size(u32, u32),
    Image(ImageError),
}

impl From<ImageError> for Failure {
    fn from(error: ImageError) -> Self {
        Self::Image(error)
    }
}

/// From the header on: the size is known, no pixel has been decoded.
fn finish(mut decoder: impl ImageDecoder, limits: Limits) -> Result<DynamicImage, Failure> {
    let (width, height) = decoder.dimensions();
    let pixels = u64::from(width) * u64::from(height);
    if width.max(height) > limits.max_side || pixels > limits.max_pixels {
        return Err(Failure::Size(width, height));
    }
    decoder.set_limits(bounds(limits))?;
    // Cameras do not turn the picture, they note how it was held; the note does not survive.
    let orientation = decoder.orientation()?;
    let mut picture = DynamicImage::from_decoder(decoder)?;
    picture.apply_orientation(orientation);
    Ok(picture)
}

fn bounds(limits: Limits) -> image::Limits {
    let mut bounds = image::Limits::no_limits();
    bounds.max_alloc = Some(limits.max_pixels.saturating_mul(BYTES_PER_PIXEL).saturating_add(WORKING_BYTES));
    bounds
}

fn encode_png(picture: &DynamicImage) -> Result<Vec<u8>, ImageError> {
    let mut bytes = Vec::new();
    let encoder = PngEncoder::new_with_quality(&mut bytes, CompressionType::Default, FilterType::Adaptive);
    write(&eight_bits(picture), encoder)?;
    Ok(bytes)
}

fn encode_jpeg(picture: &DynamicImage) -> Result<Vec<u8>, ImageError> {
    let mut bytes = Vec::new();
    let encoder = JpegEncoder::new_with_quality(&mut bytes, JPEG_QUALITY);
    write(&eight_bits(picture), encoder)?;
    Ok(bytes)
}

fn write(picture: &DynamicImage, encoder: impl ImageEncoder) -> Result<(), ImageError> {
    encoder.write_image(picture.as_bytes(), picture.width(), picture.height(), picture.color().into())
}

/// What every browser and every document takes: eight bits a channel.
fn eight_bits(picture: &DynamicImage) -> DynamicImage {
    let color = picture.color();
    match (color.has_color(), color.has_alpha()) {
        (false, false) => picture.to_luma8().into(),
        (false, true) => picture.to_luma_alpha8().into(),
        (true, false) => picture.to_rgb8().into(),
        (true, true) => picture.to_rgba8().into(),
    }
}

/// Whether the pixels of a JPEG have an end: the decoder makes up what is missing.
fn is_whole_jpeg(bytes: &[u8]) -> bool {
    let mut rest = bytes.get(2..).unwrap_or_default();
    loop {
        match rest {
            // Pixels follow; in them, every other 0xff is escaped.
            [0xff, 0xda, pixels @ ..] => return pixels.windows(2).any(|pair| pair == [0xff, 0xd9]),
            // Markers may be padded, and some stand alone.
            [0xff, 0xff, ..] => rest = &rest[1..],
            [0xff, 0x01 | 0xd0..=0xd7, after @ ..] => rest = after,
            [0xff, 0xc0..=0xfe, high, low, ..] => {
                let length = usize::from(u16::from_be_bytes([*high, *low]));
                match rest.get(2 + length.max(2)..) {
                    Some(after) => rest = after,
                    None => return false,
                }
            }
            _ => return false,
        }
    }
}

fn name(format: Format) -> &'static str {
    match format {
        Format::Png => "PNG",
        Format::Jpeg => "JPEG",
        Format::Webp => "WebP",
        Format::Svg => "SVG",
    }
}

fn damaged(format: Format, error: &ImageError) -> Refused {
    let reason: String = error.to_string().chars().filter(|letter| !letter.is_control()).take(200).collect();
    Refused::Damaged { format: name(format), reason }
}
