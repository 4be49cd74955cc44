//! Brand colours, made safe to print on white paper.

use krilla::color::rgb;

/// An sRGB colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Rgb(pub(crate) u8, pub(crate) u8, pub(crate) u8);

/// Body text.
pub(crate) const INK: Rgb = Rgb(0x1a, 0x1f, 0x36);
/// Secondary text, such as addresses.
pub(crate) const SOFT: Rgb = Rgb(0x42, 0x4b, 0x5f);
/// Labels and footers.
pub(crate) const MUTED: Rgb = Rgb(0x69, 0x73, 0x86);
/// Hairlines.
pub(crate) const HAIRLINE: Rgb = Rgb(0xdf, 0xe3, 0xe8);
/// "Paid".
pub(crate) const PAID: Rgb = Rgb(0x0b, 0x7a, 0x4b);
/// Paper.
pub(crate) const WHITE: Rgb = Rgb(0xff, 0xff, 0xff);

/// The contrast WCAG asks for body text.
const READABLE: f32 = 4.5;

impl Rgb {
    /// Reads `#rrggbb`; `None` when it is anything else.
    pub(crate) fn parse(hex: &str) -> Option<Self> {
        let digits = hex.trim().strip_prefix('#')?;
        if digits.len() != 6 || !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
            return None;
        }
        let channel = |at: usize| u8::from_str_radix(digits.get(at..at + 2)?, 16).ok();
        Some(Self(channel(0)?, channel(2)?, channel(4)?))
    }

    /// This colour with `percent` of `other` stirred in.
    pub(crate) fn mix(self, other: Self, percent: u16) -> Self {
        let blend = |a: u8, b: u8| {
            let sum = u16::from(a) * (100 - percent.min(100)) + u16::from(b) * percent.min(100);
            u8::try_from(sum / 100).unwrap_or(u8::MAX)
        };
        Self(blend(self.0, other.0), blend(self.1, other.1), blend(self.2, other.2))
    }

    /// The same hue, darkened until text in it can be read on white: brands may be yellow, invoices may not.
    pub(crate) fn readable_on_white(self) -> Self {
        (0u16..=9)
            .map(|step| self.mix(Self(0, 0, 0), step * 10))
            .find(|candidate| candidate.contrast(WHITE) >= READABLE)
            .unwrap_or(INK)
    }

    /// Black or white text, whichever reads better on this colour.
    pub(crate) fn text_on_top(self) -> Self {
        if self.contrast(WHITE) >= 3.0 { WHITE } else { INK }
    }

    /// WCAG contrast ratio, from 1 to 21.
    pub(crate) fn contrast(self, other: Self) -> f32 {
        let (a, b) = (self.luminance(), other.luminance());
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    /// WCAG relative luminance, from 0 to 1.
    pub(crate) fn luminance(self) -> f32 {
        let linear = |channel: u8| {
            let c = f32::from(channel) / 255.0;
            if c <= 0.04045 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * linear(self.0) + 0.7152 * linear(self.1) + 0.0722 * linear(self.2)
    }

    pub(crate) fn to_krilla(self) -> rgb::Color {
        rgb::Color::new(self.0, self.1, self.2)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_six_hex_digits_are_a_colour() {
        assert_eq!(Rgb::parse("#0aF1ff"), Some(Rgb(0x0a, 0xf1, 0xff)));
        for broken in ["", "#", "#fff", "0af1ff", "#0af1fg", "#+af1ff", "#0af1ff0", "#é0000", "red"] {
            assert_eq!(Rgb::parse(broken), None, "{broken}");
        }
    }

    #[test]
    fn pale_brands_are_darkened_and_dark_ones_left_alone() {
        let navy = Rgb(0x0b, 0x2a, 0x5b);
        assert_eq!(navy.readable_on_white(), navy);
        for pale in [WHITE, Rgb(0xff, 0xe6, 0x00), Rgb(0xa0, 0xff, 0xd0)] {
            assert!(pale.readable_on_white().contrast(WHITE) >= READABLE, "{pale:?}");
        }
        assert_eq!(navy.text_on_top(), WHITE);
        assert_eq!(Rgb(0xff, 0xe6, 0x00).text_on_top(), INK);
    }
}
