//! What an MSP may make its own, and what a customer gets when it has not.

use crate::permissions::named_enum;
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

named_enum! {
    /// A picture of a brand.
    AssetKind {
        /// The logo, in pages, mails and documents.
        Logo = "logo",
        /// The icon of the browser's tab.
        Favicon = "favicon",
    }
}

/// The colours of a brand that has chosen none: neutral, nobody's.
pub const DEFAULT_PRIMARY_COLOR: &str = "#1e3a5f";
/// See [`DEFAULT_PRIMARY_COLOR`].
pub const DEFAULT_ACCENT_COLOR: &str = "#2563eb";

type Rgb = [u8; 3];

const WHITE: Rgb = [255, 255, 255];
const BLACK: Rgb = [0, 0, 0];
/// The surfaces with the least contrast to what is written on them, light and dark: `--sunken` of the apps' tokens.
const LIGHT: Rgb = [238, 240, 244];
const DARK: Rgb = [26, 34, 51];
/// What WCAG asks of text.
const ENOUGH: f64 = 4.5;

/// The contrast between two `#rrggbb` colours, 1 to 21, as WCAG 2.2 defines it
/// (<https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio>). `None` where one is not a colour.
pub fn contrast(first: &str, second: &str) -> Option<f64> {
    Some(ratio(parse(first)?, parse(second)?))
}

/// What the apps' styles take of a brand, as custom properties: the colour that the tenant has chosen, and what is
/// derived from it so that it can be read, on it and in it on the apps' surfaces. `None` where it is not a colour.
pub fn palette(primary: &str) -> Option<[(&'static str, String); 4]> {
    let color = parse(primary)?;
    Some([
        ("--brand-primary", write(color)),
        ("--brand-on-primary", write(on(color))),
        ("--brand-ink-light", write(readable(color, LIGHT, BLACK))),
        ("--brand-ink-dark", write(readable(color, DARK, WHITE))),
    ])
}

fn parse(color: &str) -> Option<Rgb> {
    let digits = color.strip_prefix('#').filter(|digits| digits.len() == 6)?;
    digits.bytes().all(|digit| digit.is_ascii_hexdigit()).then_some(())?;
    let part = |at: usize| u8::from_str_radix(digits.get(at..at + 2)?, 16).ok();
    Some([part(0)?, part(2)?, part(4)?])
}

fn write([red, green, blue]: Rgb) -> String {
    format!("#{red:02x}{green:02x}{blue:02x}")
}

fn ratio(first: Rgb, second: Rgb) -> f64 {
    let (first, second) = (luminance(first), luminance(second));
    (first.max(second) + 0.05) / (first.min(second) + 0.05)
}

fn luminance(color: Rgb) -> f64 {
    let [red, green, blue] = color.map(|part| {
        let part = f64::from(part) / 255.0;
        if part <= 0.040_45 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
    });
    0.2126 * red + 0.7152 * green + 0.0722 * blue
}

/// What is written on a colour. Against any colour, black or white reaches 4.5:1.
fn on(color: Rgb) -> Rgb {
    if ratio(color, WHITE) >= ENOUGH { WHITE } else { BLACK }
}

/// `color`, as little changed as it must be to be read on `surface`.
fn readable(color: Rgb, surface: Rgb, towards: Rgb) -> Rgb {
    (0..=20).map(|part| mix(color, towards, part)).find(|it| ratio(*it, surface) >= ENOUGH).unwrap_or(towards)
}

/// `color` with `twentieths` of `towards`.
fn mix(color: Rgb, towards: Rgb, twentieths: u16) -> Rgb {
    let part = |from: u8, to: u8| {
        let mixed = (u16::from(from) * (20 - twentieths) + u16::from(to) * twentieths) / 20;
        u8::try_from(mixed).unwrap_or(to)
    };
    [part(color[0], towards[0]), part(color[1], towards[1]), part(color[2], towards[2])]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contrast_is_that_of_wcag() {
        let ratio = |first, second| (contrast(first, second).unwrap() * 100.0).round() / 100.0;
        assert!((ratio("#000000", "#ffffff") - 21.0).abs() < 0.001);
        assert!((ratio("#4ade80", "#ffffff") - 1.74).abs() < 0.001);
        for color in ["red", "#12345é", "#12345", "#1234567", "#+1+2+3"] {
            assert_eq!(contrast(color, "#ffffff"), None, "{color}");
        }
    }

    #[test]
    fn any_colour_becomes_readable() {
        let (light, dark) = (write(LIGHT), write(DARK));
        for color in ["#ffff00", "#000000", "#ffffff", "#0b6bcb", "#22c55e", "#808080", "#ff0000"] {
            let [primary, on, on_light, on_dark] = palette(color).unwrap().map(|(_, value)| value);
            assert_eq!(primary, color);
            for (text, surface) in [(&on, &primary), (&on_light, &light), (&on_dark, &dark)] {
                assert!(contrast(text, surface).unwrap() >= ENOUGH, "{text} on {surface}, of {color}");
            }
        }
        let kept = palette("#0A5DB2").unwrap();
        assert_eq!(kept[2], ("--brand-ink-light", "#0a5db2".to_owned()), "what can be read stays as it is");
        assert_eq!(palette("red"), None);
        assert_eq!(palette("#12345é"), None);
    }

    #[test]
    fn the_colours_of_nobody_are_colours() {
        assert!(palette(DEFAULT_PRIMARY_COLOR).is_some() && palette(DEFAULT_ACCENT_COLOR).is_some());
    }
}
