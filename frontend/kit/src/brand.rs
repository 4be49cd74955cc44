//! A tenant's colours, made readable. The tenant chooses one colour; what has to be read on it, or in it on our
//! surfaces, is derived so that it reaches 4.5:1.

use leptos::prelude::*;
use wasm_bindgen::JsCast as _;

type Rgb = [u8; 3];

const WHITE: Rgb = [255, 255, 255];
const BLACK: Rgb = [0, 0, 0];
/// The surfaces with the least contrast to what is written on them, light and dark; see `tokens.css`.
const LIGHT: Rgb = [238, 240, 244];
const DARK: Rgb = [26, 34, 51];
const ENOUGH: f64 = 4.5;

fn parse(color: &str) -> Option<Rgb> {
    let digits = color.strip_prefix('#').filter(|digits| digits.len() == 6 && digits.is_ascii())?;
    let part = |at: usize| u8::from_str_radix(digits.get(at..at + 2)?, 16).ok();
    Some([part(0)?, part(2)?, part(4)?])
}

fn write([red, green, blue]: Rgb) -> String {
    format!("#{red:02x}{green:02x}{blue:02x}")
}

/// Relative luminance as WCAG defines it.
fn luminance(color: Rgb) -> f64 {
    let [red, green, blue] = color.map(|part| {
        let part = f64::from(part) / 255.0;
        if part <= 0.04045 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
    });
    0.2126 * red + 0.7152 * green + 0.0722 * blue
}

fn contrast(one: Rgb, other: Rgb) -> f64 {
    let (one, other) = (luminance(one), luminance(other));
    (one.max(other) + 0.05) / (one.min(other) + 0.05)
}

/// `color` with `tenths` of `towards`.
fn mix(color: Rgb, towards: Rgb, twentieths: u16) -> Rgb {
    let part = |from: u8, to: u8| {
        let mixed = (u16::from(from) * (20 - twentieths) + u16::from(to) * twentieths) / 20;
        u8::try_from(mixed).unwrap_or(to)
    };
    [part(color[0], towards[0]), part(color[1], towards[1]), part(color[2], towards[2])]
}

/// `color`, as little changed as it must be to be read on `surface`.
fn readable(color: Rgb, surface: Rgb, towards: Rgb) -> Rgb {
    (0..=20)
        .map(|part| mix(color, towards, part))
        .find(|it| contrast(*it, surface) >= ENOUGH)
        .unwrap_or(towards)
}

fn derive(primary: &str) -> Option<[(&'static str, String); 4]> {
    let color = parse(primary)?;
    let on = if contrast(color, WHITE) >= ENOUGH { WHITE } else { BLACK };
    Some([
        ("--brand-primary", write(color)),
        ("--brand-on-primary", write(on)),
        ("--brand-ink-light", write(readable(color, LIGHT, BLACK))),
        ("--brand-ink-dark", write(readable(color, DARK, WHITE))),
    ])
}

/// Puts the tenant's colour into the page. A colour that cannot be read is left out.
pub fn apply(primary: &str) {
    let root = document().document_element().and_then(|root| root.dyn_into::<web_sys::HtmlElement>().ok());
    let (Some(root), Some(properties)) = (root, derive(primary)) else { return };
    for (name, value) in properties {
        // Through the object model: the page allows no style in its markup.
        let _ = root.style().set_property(name, &value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_colour_becomes_readable() {
        for text in ["#ffff00", "#000000", "#ffffff", "#0b6bcb", "#22c55e", "#808080", "#ff0000"] {
            let color = parse(text).unwrap();
            assert!(contrast(readable(color, LIGHT, BLACK), LIGHT) >= ENOUGH, "{text}");
            assert!(contrast(readable(color, DARK, WHITE), DARK) >= ENOUGH, "{text}");
            let on = if contrast(color, WHITE) >= ENOUGH { WHITE } else { BLACK };
            assert!(contrast(color, on) >= ENOUGH, "{text}");
        }
        assert_eq!(derive("red"), None);
        assert_eq!(derive("#12345é"), None);
    }
}
