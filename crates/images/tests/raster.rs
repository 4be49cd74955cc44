//! Pictures made of pixels, good and bad.

use image::{
    DynamicImage, ExtendedColorType, GrayAlphaImage, GrayImage, ImageBuffer, ImageEncoder, ImageFormat, Rgb,
    RgbImage, Rgba, RgbaImage, codecs::webp::WebPEncoder,
};
use images::{Limits, Picture, Refused, accept, to_png};
use proptest::prelude::*;
use std::io::Cursor;

const LIMITS: Limits = Limits { max_bytes: 500_000, max_pixels: 4_000_000, max_side: 4000 };

fn file(picture: &DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    picture.write_to(&mut bytes, format).expect("a picture");
    bytes.into_inner()
}

/// A picture on which no two corners are alike.
fn colors(width: u32, height: u32) -> DynamicImage {
    RgbImage::from_fn(width, height, |x, y| {
        let step = |value: u32, of: u32| u8::try_from(value * 255 / of.max(1)).unwrap_or(255);
        Rgb([step(x, width), step(y, height), 128])
    })
    .into()
}

fn see_through() -> DynamicImage {
    RgbaImage::from_fn(6, 4, |x, _| Rgba([200, 30, 40, if x < 3 { 0 } else { 255 }])).into()
}

fn opened(picture: &Picture) -> DynamicImage {
    image::load_from_memory(&picture.bytes).expect("a picture")
}

fn holds(bytes: &[u8], needle: &[u8]) -> bool {
    bytes.windows(needle.len()).any(|window| window == needle)
}

/// An EXIF block that says how the camera was held, and where.
fn exif(orientation: u8) -> Vec<u8> {
    let mut block = b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0".to_vec();
    block.extend([orientation, 0, 0, 0, 0, 0, 0]);
    block.extend(b"GPSLatitude 48.2082");
    block
}

/// A JPEG with one more segment behind its first marker.
fn with_segment(jpeg: &[u8], marker: u8, content: &[u8]) -> Vec<u8> {
    let length = u16::try_from(content.len() + 2).expect("a short segment").to_be_bytes();
    [&jpeg[..2], &[0xff, marker], &length, content, &jpeg[2..]].concat()
}

fn crc(bytes: &[u8]) -> [u8; 4] {
    let mut crc = u32::MAX;
    for byte in bytes {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 { (crc >> 1) ^ 0xedb8_8320 } else { crc >> 1 };
        }
    }
    (!crc).to_be_bytes()
}

fn png_chunk(kind: &[u8], content: &[u8]) -> Vec<u8> {
    let length = u32::try_from(content.len()).expect("a short chunk").to_be_bytes();
    let body = [kind, content].concat();
    [&length[..], &body, &crc(&body)].concat()
}

/// A PNG with one more chunk behind its header.
fn with_chunk(png: &[u8], kind: &[u8], content: &[u8]) -> Vec<u8> {
    [&png[..33], &png_chunk(kind, content), &png[33..]].concat()
}

#[test]
fn every_kind_is_taken() {
    let gray = DynamicImage::from(GrayImage::from_pixel(5, 3, image::Luma([7])));
    let gray_alpha = DynamicImage::from(GrayAlphaImage::from_pixel(5, 3, image::LumaA([7, 9])));
    let deep = DynamicImage::from(ImageBuffer::from_pixel(5, 3, Rgba([65535u16, 0, 300, 40000])));
    for (name, bytes, content_type) in [
        ("PNG", file(&colors(5, 3), ImageFormat::Png), "image/png"),
        ("PNG, gray", file(&gray, ImageFormat::Png), "image/png"),
        ("PNG, gray with alpha", file(&gray_alpha, ImageFormat::Png), "image/png"),
        ("PNG, 16 bits", file(&deep, ImageFormat::Png), "image/png"),
        ("JPEG", file(&colors(5, 3), ImageFormat::Jpeg), "image/jpeg"),
        ("JPEG, gray", file(&gray, ImageFormat::Jpeg), "image/jpeg"),
        ("WebP", file(&colors(5, 3), ImageFormat::WebP), "image/png"),
    ] {
        let picture = accept(&bytes, LIMITS).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!((picture.content_type, picture.width, picture.height), (content_type, 5, 3), "{name}");
        let again = opened(&picture);
        assert_eq!((again.width(), again.height()), (5, 3), "{name}");
        // What was accepted once is accepted again, and the same.
        if content_type == "image/png" {
            assert_eq!(accept(&picture.bytes, LIMITS).unwrap(), picture, "{name}");
        }
    }
}

#[test]
fn pixels_and_transparency_survive() {
    for format in [ImageFormat::Png, ImageFormat::WebP] {
        let picture = accept(&file(&see_through(), format), LIMITS).unwrap();
        assert_eq!(opened(&picture).to_rgba8(), see_through().to_rgba8(), "{format:?}");
    }
    let picture = accept(&file(&colors(40, 30), ImageFormat::Jpeg), LIMITS).unwrap();
    let (before, after) = (colors(40, 30).to_rgb8(), opened(&picture).to_rgb8());
    let apart = before.as_raw().iter().zip(after.as_raw()).map(|(a, b)| a.abs_diff(*b)).max();
    assert!(apart < Some(24), "{apart:?}");
}

#[test]
fn what_a_camera_notes_is_left_behind() {
    let jpeg = file(&colors(8, 4), ImageFormat::Jpeg);
    let noted = with_segment(&jpeg, 0xe1, &[b"Exif\0\0", &exif(1)[..]].concat());
    let noted = with_segment(&noted, 0xfe, b"<?php system($_GET['x']); ?>");
    let noted = with_segment(&noted, 0xed, b"Photoshop 3.0\0 by somebody");
    let picture = accept(&noted, LIMITS).unwrap();
    for needle in [&b"Exif"[..], b"GPSLatitude", b"php", b"Photoshop"] {
        assert!(holds(&noted, needle) && !holds(&picture.bytes, needle));
    }

    let png = file(&colors(8, 4), ImageFormat::Png);
    let noted = with_chunk(&png, b"tEXt", b"Comment\0<script>alert(1)</script>");
    let noted = with_chunk(&noted, b"eXIf", &exif(1));
    let picture = accept(&noted, LIMITS).unwrap();
    for needle in [&b"tEXt"[..], b"script", b"eXIf", b"GPSLatitude"] {
        assert!(holds(&noted, needle) && !holds(&picture.bytes, needle));
    }
}

#[test]
fn a_picture_taken_sideways_is_turned() {
    let jpeg =
        with_segment(&file(&colors(80, 40), ImageFormat::Jpeg), 0xe1, &[b"Exif\0\0", &exif(6)[..]].concat());
    let picture = accept(&jpeg, LIMITS).unwrap();
    assert_eq!((picture.width, picture.height), (40, 80));
    // What was at the bottom left is now at the top left.
    let corner = opened(&picture).to_rgb8().get_pixel(1, 1).0;
    assert!(corner[0] < 40 && corner[1] > 215, "{corner:?}");
}

#[test]
fn what_hangs_behind_a_picture_is_left_behind() {
    let zeros = vec![0; 50_000];
    for format in [ImageFormat::Png, ImageFormat::Jpeg, ImageFormat::WebP] {
        let bytes = file(&colors(8, 4), format);
        for tail in [&b"PK\x03\x04 an archive"[..], b"<script>alert(1)</script>", b"%PDF-1.7", &zeros] {
            let polyglot = [&bytes[..], tail].concat();
            let picture = accept(&polyglot, LIMITS).unwrap();
            assert!(!holds(&picture.bytes, tail), "{format:?}");
            assert_eq!(picture, accept(&bytes, LIMITS).unwrap(), "{format:?}");
        }
    }
}

#[test]
fn a_picture_that_claims_to_be_huge_is_not_decoded() {
    let mut png = file(&colors(5, 3), ImageFormat::Png);
    png[16..24].copy_from_slice(&[0, 0, 0xea, 0x60, 0, 0, 0xea, 0x60]);
    let sum = crc(&png[12..29]);
    png[29..33].copy_from_slice(&sum);
    assert_eq!(accept(&png, LIMITS), Err(Refused::TooLarge { width: 60_000, height: 60_000 }));

    let mut jpeg = file(&colors(5, 3), ImageFormat::Jpeg);
    let frame = jpeg.windows(2).position(|pair| pair == [0xff, 0xc0]).unwrap();
    jpeg[frame + 5..frame + 9].copy_from_slice(&[0xff, 0xff, 0xff, 0xff]);
    assert_eq!(accept(&jpeg, LIMITS), Err(Refused::TooLarge { width: 65_535, height: 65_535 }));

    let mut webp = file(&colors(5, 3), ImageFormat::WebP);
    // 14 bits of width, 14 bits of height, behind the signature of the lossless format.
    let start = webp.windows(4).position(|kind| kind == b"VP8L").unwrap() + 9;
    webp[start..start + 4].copy_from_slice(&[0xfe, 0xbf, 0xff, 0x0f]);
    assert_eq!(accept(&webp, LIMITS), Err(Refused::TooLarge { width: 16_383, height: 16_383 }));
    let mut canvas = animated();
    canvas[24..30].copy_from_slice(&[0xff, 0xff, 0, 0xe7, 0x03, 0]);
    assert_eq!(accept(&canvas, LIMITS), Err(Refused::TooLarge { width: 65_536, height: 1000 }));
}

#[test]
fn limits_are_exact() {
    let png = file(&colors(30, 20), ImageFormat::Png);
    let take = |limits: Limits| accept(&png, limits).map(|picture| picture.width);
    let too_large = Err(Refused::TooLarge { width: 30, height: 20 });
    assert_eq!(take(Limits { max_side: 30, max_pixels: 600, max_bytes: png.len() }), Ok(30));
    assert_eq!(take(Limits { max_side: 29, ..LIMITS }), too_large);
    assert_eq!(take(Limits { max_pixels: 599, ..LIMITS }), too_large);
    let max_bytes = png.len() - 1;
    assert_eq!(take(Limits { max_bytes, ..LIMITS }), Err(Refused::TooManyBytes { max_bytes }));
}

#[test]
fn a_small_file_does_not_become_a_large_one() {
    // Noise is the worst there is to compress.
    let mut seed = 1u32;
    let noise = RgbImage::from_fn(200, 200, |_, _| {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        Rgb([seed.to_be_bytes()[0], seed.to_be_bytes()[1], 0])
    });
    let jpeg = file(&noise.into(), ImageFormat::Jpeg);
    let limits = Limits { max_bytes: jpeg.len(), ..LIMITS };
    assert!(accept(&jpeg, limits).unwrap().bytes.len() <= 4 * jpeg.len());
    // A PNG of one color is tiny, whatever its size; as a PNG it is written, and stays so.
    let blank = file(&RgbImage::new(1900, 1900).into(), ImageFormat::Png);
    assert!(accept(&blank, LIMITS).unwrap().bytes.len() < 100_000);
}

#[test]
fn damaged_files_are_refused() {
    for format in [ImageFormat::Png, ImageFormat::Jpeg, ImageFormat::WebP] {
        let bytes = file(&colors(60, 40), format);
        for percent in [5, 20, 40, 60, 80, 95] {
            let cut = &bytes[..bytes.len() * percent / 100];
            let result = accept(cut, LIMITS);
            assert!(
                matches!(result, Err(Refused::Damaged { .. } | Refused::UnknownFormat)),
                "{format:?} {percent}: {result:?}"
            );
        }
    }
    let mut png = file(&colors(60, 40), ImageFormat::Png);
    let middle = png.len() / 2;
    png[middle] ^= 0xff;
    let error = accept(&png, LIMITS).unwrap_err();
    assert!(matches!(error, Refused::Damaged { format: "PNG", .. }), "{error}");
}

#[test]
fn other_files_are_not_pictures() {
    assert_eq!(accept(b"", LIMITS), Err(Refused::Empty));
    for bytes in [
        &b"GIF89a\x01\0\x01\0\0\0\0;"[..],
        b"BM\x3a\0\0\0",
        b"%PDF-1.7",
        b"PK\x03\x04",
        b"<html><script>alert(1)</script></html>",
        b"<?xml version='1.0'?><rss/>",
        b"II*\0",
        b"\0\0\x01\0\x01\0",
        b"\0\0\0\x20ftypavif",
        b"RIFF\x10\0\0\0WAVEfmt ",
        b"\xff\xd8",
        b"\x89PNG",
        b"hello",
    ] {
        assert_eq!(accept(bytes, LIMITS), Err(Refused::UnknownFormat), "{bytes:?}");
    }
}

/// A WebP of two pictures, the first of them red.
fn animated() -> Vec<u8> {
    fn chunk(kind: &[u8], content: &[u8]) -> Vec<u8> {
        let length = u32::try_from(content.len()).expect("a short chunk").to_le_bytes();
        let mut chunk = [kind, &length, content].concat();
        chunk.resize(chunk.len().next_multiple_of(2), 0);
        chunk
    }
    let frame = |color: [u8; 3]| {
        let pixels = RgbImage::from_pixel(4, 2, Rgb(color));
        let mut still = Vec::new();
        let encoder = WebPEncoder::new_lossless(&mut still);
        encoder.write_image(&pixels, 4, 2, ExtendedColorType::Rgb8).expect("a picture");
        // Place, size less one, duration and flags; then the picture without its own head.
        let head = [0, 0, 0, 0, 0, 0, 3, 0, 0, 1, 0, 0, 100, 0, 0, 2];
        chunk(b"ANMF", &[&head[..], &still[12..]].concat())
    };
    let body = [
        b"WEBP".to_vec(),
        chunk(b"VP8X", &[2, 0, 0, 0, 3, 0, 0, 1, 0, 0]),
        chunk(b"ANIM", &[0; 6]),
        frame([255, 0, 0]),
        frame([0, 0, 255]),
    ]
    .concat();
    chunk(b"RIFF", &body)
}

#[test]
fn of_an_animation_the_first_picture_is_taken() {
    let picture = accept(&animated(), LIMITS).unwrap();
    assert_eq!((picture.content_type, picture.width, picture.height), ("image/png", 4, 2));
    assert_eq!(opened(&picture).to_rgb8().get_pixel(3, 1).0, [255, 0, 0]);
    assert!(!holds(&picture.bytes, b"acTL"));
}

#[test]
fn as_png() {
    for format in [ImageFormat::Png, ImageFormat::Jpeg] {
        let picture = accept(&file(&colors(300, 150), format), LIMITS).unwrap();
        let size = |max_side| {
            let png = to_png(&picture, max_side).unwrap();
            assert_eq!(image::guess_format(&png).unwrap(), ImageFormat::Png);
            let png = image::load_from_memory(&png).unwrap();
            (png.width(), png.height())
        };
        assert_eq!((size(100), size(300), size(1000)), ((100, 50), (300, 150), (300, 150)), "{format:?}");
    }
    let picture = accept(&file(&see_through(), ImageFormat::WebP), LIMITS).unwrap();
    let png = image::load_from_memory(&to_png(&picture, 6).unwrap()).unwrap();
    assert_eq!(png.to_rgba8(), see_through().to_rgba8());
    let broken = Picture { content_type: "image/png", bytes: vec![1, 2, 3], width: 1, height: 1 };
    assert_eq!(to_png(&broken, 100), None);
}

proptest! {
    #[test]
    fn garbage_is_refused(head in 0usize..5, tail: Vec<u8>) {
        let heads: [&[u8]; 5] = [b"", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe0", b"RIFF\0\0\0\0WEBPVP8 ", b"<svg"];
        prop_assert!(accept(&[heads[head], &tail].concat(), LIMITS).is_err());
    }

    #[test]
    fn a_changed_file_is_a_picture_or_none(
        format in prop::sample::select(vec![ImageFormat::Png, ImageFormat::Jpeg, ImageFormat::WebP]),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
    ) {
        let mut bytes = file(&colors(9, 7), format);
        for (at, value) in changes {
            let at = at.index(bytes.len());
            bytes[at] = value;
        }
        let limits = Limits { max_bytes: 10_000, max_pixels: 100_000, max_side: 1000 };
        if let Ok(picture) = accept(&bytes, limits) {
            prop_assert!(picture.bytes.len() <= 40_000);
            prop_assert!(image::load_from_memory(&picture.bytes).is_ok());
        }
    }
}
