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

/// The contrast between two `#rrggbb` colours, 1 to 21, as WCAG 2.2 defines it
/// (<https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio>). `None` where one is not a colour.
pub fn contrast(first: &str, second: &str) -> Option<f64> {
    let (first, second) = (luminance(first)?, luminance(second)?);
    let (light, dark) = if first > second { (first, second) } else { (second, first) };
    Some((light + 0.05) / (dark + 0.05))
}

fn luminance(color: &str) -> Option<f64> {
    let channel = |range: std::ops::Range<usize>| {
        let value = f64::from(u8::from_str_radix(color.get(range)?, 16).ok()?) / 255.0;
        Some(if value <= 0.040_45 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) })
    };
    color.starts_with('#').then_some(())?;
    Some(0.2126 * channel(1..3)? + 0.7152 * channel(3..5)? + 0.0722 * channel(5..7)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contrast_is_that_of_wcag() {
        let ratio = |first, second| (contrast(first, second).unwrap() * 100.0).round() / 100.0;
        assert!((ratio("#000000", "#ffffff") - 21.0).abs() < 0.001);
        assert!((ratio("#4ade80", "#ffffff") - 1.74).abs() < 0.001);
        assert_eq!(contrast("red", "#ffffff"), None);
        assert_eq!(contrast("#12345é", "#ffffff"), None);
    }
}
