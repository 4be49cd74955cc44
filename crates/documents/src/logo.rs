//! Decodes logos to pixels and brings them down to print size.
//!
//! Every logo is decoded here, not passed through: a broken file is noticed before the page is laid out, a photograph
//! straight from a camera does not make a ten-megabyte invoice, and no hidden metadata of the file travels along.

use std::io::Cursor;

use krilla::image::Image;
use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

use crate::color::Rgb;

/// Larger pictures are refused: what they unpack to would be out of proportion for a logo.
const MAX_PIXELS: usize = 16_000_000;
/// The largest size on paper is 160 × 48 points; four pixels a point prints crisply (288 dpi).
const PRINT_WIDTH: usize = 640;
const PRINT_HEIGHT: usize = 192;

/// A decoded logo.
pub(crate) struct Picture {
    pub(crate) image: Image,
    pub(crate) width: f32,
    pub(crate) height: f32,
    /// Made for dark backgrounds: see-through, and all but white where it is not.
    pub(crate) needs_dark_plate: bool,
}

struct Pixels {
    width: usize,
    height: usize,
    /// Four bytes a pixel: red, green, blue, alpha.
    rgba: Vec<u8>,
}

/// Decodes PNG, JPEG or WebP, told apart by their content; `None` for anything else and for broken files.
pub(crate) fn decode(bytes: &[u8]) -> Option<Picture> {
    let pixels = match bytes {
        [0x89, b'P', b'N', b'G', ..] => png(bytes),
        [0xff, 0xd8, 0xff, ..] => jpeg(bytes),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => webp(bytes),
        _ => None,
    }?;
    let pixels = shrink(pixels);
    let (width, height) = (u16::try_from(pixels.width).ok()?, u16::try_from(pixels.height).ok()?);
    let needs_dark_plate = needs_dark_plate(&pixels.rgba)?;
    Some(Picture {
        image: Image::from_rgba8(pixels.rgba, u32::from(width), u32::from(height)),
        width: f32::from(width),
        height: f32::from(height),
        needs_dark_plate,
    })
}

fn checked_size(width: u32, height: u32) -> Option<(usize, usize)> {
    let (width, height) = (usize::try_from(width).ok()?, usize::try_from(height).ok()?);
    let pixels = width.checked_mul(height)?;
    (pixels > 0 && pixels <= MAX_PIXELS).then_some((width, height))
}

fn png(bytes: &[u8]) -> Option<Pixels> {
    let mut decoder = png::Decoder::new(Cursor::new(bytes));
    decoder.set_transformations(png::Transformations::normalize_to_color8());
    let mut reader = decoder.read_info().ok()?;
    let (width, height) = checked_size(reader.info().width, reader.info().height)?;
    let mut raw = vec![0; reader.output_buffer_size()?];
    let frame = reader.next_frame(&mut raw).ok()?;
    raw.truncate(frame.buffer_size());
    let channels = match frame.color_type {
        png::ColorType::Grayscale => 1,
        png::ColorType::GrayscaleAlpha => 2,
        png::ColorType::Rgb => 3,
        png::ColorType::Rgba => 4,
        png::ColorType::Indexed => return None,
    };
    to_rgba(width, height, &raw, channels)
}

fn jpeg(bytes: &[u8]) -> Option<Pixels> {
    let options = DecoderOptions::default().jpeg_set_out_colorspace(ColorSpace::RGB);
    let mut decoder = JpegDecoder::new_with_options(Cursor::new(bytes), options);
    decoder.decode_headers().ok()?;
    let info = decoder.info()?;
    let (width, height) = checked_size(u32::from(info.width), u32::from(info.height))?;
    let raw = decoder.decode().ok()?;
    to_rgba(width, height, &raw, 3)
}

fn webp(bytes: &[u8]) -> Option<Pixels> {
    let mut decoder = image_webp::WebPDecoder::new(Cursor::new(bytes)).ok()?;
    let (width, height) = decoder.dimensions();
    let (width, height) = checked_size(width, height)?;
    decoder.set_memory_limit(MAX_PIXELS * 4);
    let channels = if decoder.has_alpha() { 4 } else { 3 };
    let mut raw = vec![0; decoder.output_buffer_size()?];
    decoder.read_image(&mut raw).ok()?;
    to_rgba(width, height, &raw, channels)
}

/// Brings grey, grey with alpha, and RGB to RGBA.
fn to_rgba(width: usize, height: usize, raw: &[u8], channels: usize) -> Option<Pixels> {
    let mut rgba = Vec::with_capacity(width * height * 4);
    for pixel in raw.chunks_exact(channels) {
        rgba.extend_from_slice(&match *pixel {
            [l] => [l, l, l, 0xff],
            [l, a] => [l, l, l, a],
            [r, g, b] => [r, g, b, 0xff],
            [r, g, b, a] => [r, g, b, a],
            _ => return None,
        });
    }
    (rgba.len() == width * height * 4).then_some(Pixels { width, height, rgba })
}

/// Averages blocks of pixels so that the picture fits the print size; small pictures stay as they are.
fn shrink(from: Pixels) -> Pixels {
    let factor = from.width.div_ceil(PRINT_WIDTH).max(from.height.div_ceil(PRINT_HEIGHT)).max(1);
    if factor == 1 {
        return from;
    }
    let (width, height) = (from.width.div_ceil(factor), from.height.div_ceil(factor));
    let mut rgba = Vec::with_capacity(width * height * 4);
    for y in 0..height {
        let rows = y * factor..((y + 1) * factor).min(from.height);
        for x in 0..width {
            let columns = x * factor..((x + 1) * factor).min(from.width);
            // Colours count by their opacity, or see-through pixels would darken the edges.
            let (mut sum, mut alpha, mut count) = ([0u64; 3], 0u64, 0u64);
            for row in rows.clone() {
                let start = (row * from.width + columns.start) * 4;
                let end = (row * from.width + columns.end) * 4;
                for pixel in from.rgba.get(start..end).unwrap_or_default().chunks_exact(4) {
                    let [r, g, b, a] = *pixel else { continue };
                    for (total, channel) in sum.iter_mut().zip([r, g, b]) {
                        *total += u64::from(channel) * u64::from(a);
                    }
                    alpha += u64::from(a);
                    count += 1;
                }
            }
            let byte =
                |value: u64, by: u64| u8::try_from(value.checked_div(by).unwrap_or(0)).unwrap_or(u8::MAX);
            rgba.extend(sum.map(|total| byte(total, alpha)));
            rgba.push(byte(alpha, count));
        }
    }
    Pixels { width, height, rgba }
}

/// Whether the picture would be invisible on paper; `None` when it has no visible pixel at all.
fn needs_dark_plate(rgba: &[u8]) -> Option<bool> {
    let (mut visible, mut pale, mut all) = (0u64, 0u64, 0u64);
    for pixel in rgba.chunks_exact(4) {
        let [r, g, b, a] = *pixel else { continue };
        all += 1;
        if a >= 0x40 {
            visible += 1;
            pale += u64::from(Rgb(r, g, b).luminance() > 0.8);
        }
    }
    (visible > 0).then_some(visible * 100 < all * 95 && pale * 100 > visible * 85)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn png_of(width: u32, height: u32, pixel: [u8; 4]) -> Vec<u8> {
        let mut out = Vec::new();
        let mut encoder = png::Encoder::new(&mut out, width, height);
        encoder.set_color(png::ColorType::Rgba);
        encoder.set_depth(png::BitDepth::Eight);
        let mut data = pixel.repeat(usize::try_from(width * height).unwrap());
        // One see-through quarter, so that the picture has a shape.
        let quarter = data.len() / 16 * 4;
        data[..quarter].fill(0);
        encoder.write_header().unwrap().write_image_data(&data).unwrap();
        out
    }

    #[test]
    fn large_pictures_shrink_to_print_size() {
        let picture = decode(&png_of(2000, 500, [10, 20, 30, 255])).unwrap();
        assert!(picture.width <= 640.0 && picture.height <= 192.0);
        assert!((picture.width / picture.height - 4.0).abs() < 0.05);
        assert!(!picture.needs_dark_plate);
    }

    #[test]
    fn a_white_logo_asks_for_a_plate() {
        assert!(decode(&png_of(40, 20, [250, 250, 250, 255])).unwrap().needs_dark_plate);
    }

    #[test]
    fn nothing_to_see_is_no_logo() {
        assert!(decode(&png_of(40, 20, [0, 0, 0, 0])).is_none());
    }

    #[test]
    fn broken_files_are_refused() {
        let good = png_of(40, 20, [1, 2, 3, 255]);
        assert!(decode(&good[..good.len() / 2]).is_none());
        for bytes in [&b""[..], b"<svg/>", b"\x89PNG", b"\xff\xd8\xff\xe0", b"RIFF\0\0\0\0WEBPVP8 "] {
            assert!(decode(bytes).is_none());
        }
    }
}
