//! The embedded type: shaping, measuring and breaking lines.

use std::ops::Range;

use harfrust::{Feature, FontRef, ShapeOptions, ShaperData, Tag, UnicodeBuffer};
use krilla::text::{Font, GlyphId, KrillaGlyph};
use skrifa::MetadataProvider;
use skrifa::charmap::Charmap;

use crate::DocumentError;
use crate::color::Rgb;
use crate::text;

const REGULAR: &[u8] = include_bytes!("../fonts/Inter-Regular.ttf");
const SEMIBOLD: &[u8] = include_bytes!("../fonts/Inter-SemiBold.ttf");

/// Inter's design grid.
const UNITS_PER_EM: f32 = 2048.0;
/// Distance from the top of a line to its baseline, in type sizes.
const BASELINE: f32 = 1.07;
/// Height of a capital, in type sizes.
pub(crate) const CAP_HEIGHT: f32 = 0.727;
/// Line height, in type sizes.
const LEADING: f32 = 1.42;

/// One of the two weights.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Weight {
    Regular,
    SemiBold,
}

/// How a piece of text looks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Style {
    pub(crate) weight: Weight,
    pub(crate) size: f32,
    pub(crate) color: Rgb,
    /// Figures of equal width, so that columns of numbers line up.
    pub(crate) tabular: bool,
}

impl Style {
    pub(crate) fn regular(size: f32, color: Rgb) -> Self {
        Self { weight: Weight::Regular, size, color, tabular: false }
    }

    pub(crate) fn semibold(size: f32, color: Rgb) -> Self {
        Self { weight: Weight::SemiBold, ..Self::regular(size, color) }
    }

    pub(crate) fn tabular(self) -> Self {
        Self { tabular: true, ..self }
    }

    pub(crate) fn line_height(&self) -> f32 {
        self.size * LEADING
    }

    /// Distance from the top of a line to its baseline.
    pub(crate) fn baseline(&self) -> f32 {
        self.size * BASELINE
    }
}

/// A line of text, shaped and measured.
#[derive(Clone, Debug)]
pub(crate) struct Run {
    pub(crate) text: String,
    pub(crate) style: Style,
    pub(crate) glyphs: Vec<KrillaGlyph>,
    /// Without a space at the end.
    pub(crate) width: f32,
}

struct Typeface {
    font: FontRef<'static>,
    shaper: ShaperData,
    embedded: Font,
}

impl Typeface {
    fn load(data: &'static [u8]) -> Result<Self, DocumentError> {
        let font = FontRef::new(data).map_err(|error| DocumentError::Font(error.to_string()))?;
        let shaper = ShaperData::new(&font);
        let embedded =
            Font::new(data.into(), 0).ok_or_else(|| DocumentError::Font("cannot be embedded".to_owned()))?;
        Ok(Self { font, shaper, embedded })
    }
}

/// Both weights, ready to shape.
pub(crate) struct Fonts {
    regular: Typeface,
    semibold: Typeface,
    charmap: Charmap<'static>,
}

impl Fonts {
    pub(crate) fn load() -> Result<Self, DocumentError> {
        let regular = Typeface::load(REGULAR)?;
        // Both files are cut to the same characters.
        let charmap = regular.font.charmap();
        Ok(Self { regular, semibold: Typeface::load(SEMIBOLD)?, charmap })
    }

    pub(crate) fn embedded(&self, weight: Weight) -> Font {
        self.typeface(weight).embedded.clone()
    }

    pub(crate) fn has_glyph(&self, ch: char) -> bool {
        self.charmap.map(ch).is_some_and(|glyph| glyph.to_u32() != 0)
    }

    /// Text from outside as one clean line of moderate length.
    pub(crate) fn clean(&self, text: &str) -> String {
        text::clean(text, text::SHORT, |ch| self.has_glyph(ch))
    }

    /// Text from outside that may fill pages, as one clean line.
    pub(crate) fn clean_long(&self, text: &str) -> String {
        text::clean(text, text::LONG, |ch| self.has_glyph(ch))
    }

    /// The same with its paragraphs kept apart.
    pub(crate) fn paragraphs(&self, text: &str) -> Vec<String> {
        text::paragraphs(text, |ch| self.has_glyph(ch))
    }

    fn typeface(&self, weight: Weight) -> &Typeface {
        match weight {
            Weight::Regular => &self.regular,
            Weight::SemiBold => &self.semibold,
        }
    }

    /// Shapes a clean line.
    pub(crate) fn shape(&self, text: impl Into<String>, style: Style) -> Run {
        let text = text.into();
        let face = self.typeface(style.weight);
        let mut buffer = UnicodeBuffer::new();
        buffer.push_str(&text);
        buffer.guess_segment_properties();
        // Letters of scripts without a face of their own are drawn as boxes, so all that is left runs left to right.
        buffer.set_direction(harfrust::Direction::LeftToRight);
        let figures = [Feature::new(Tag::new(b"tnum"), 1, ..)];
        let options = ShapeOptions::new().features(if style.tabular { &figures } else { &[] });
        let shaped = face.shaper.shaper(&face.font).build().shape(buffer, options);

        let starts: Vec<usize> =
            shaped.glyph_infos().iter().map(|info| usize::try_from(info.cluster).unwrap_or(0)).collect();
        let mut glyphs: Vec<KrillaGlyph> = Vec::with_capacity(starts.len());
        for (at, (info, position)) in shaped.glyph_infos().iter().zip(shaped.glyph_positions()).enumerate() {
            let start = starts.get(at).copied().unwrap_or(0);
            let end = starts.iter().skip(at).copied().find(|&next| next > start).unwrap_or(text.len());
            glyphs.push(KrillaGlyph::new(
                GlyphId::new(info.glyph_id),
                em(position.x_advance),
                em(position.x_offset),
                em(position.y_offset),
                em(position.y_advance),
                start..end,
                None,
            ));
        }
        let ink = text.trim_end_matches(' ').len();
        let width =
            glyphs.iter().filter(|g| g.text_range.start < ink).map(|g| g.x_advance).sum::<f32>() * style.size;
        Run { text, style, glyphs, width }
    }

    /// Breaks a clean line at spaces, and words too long for the width anywhere, into at most `max_lines` lines; what
    /// does not fit is cut with an ellipsis. An empty text gives one empty line, so that it keeps its place.
    pub(crate) fn wrap(&self, text: &str, style: Style, width: f32, max_lines: usize) -> Vec<Run> {
        let mut lines = self.break_lines(text, style, width, max_lines.saturating_add(1));
        if lines.len() > max_lines {
            lines.truncate(max_lines);
            if lines.pop().is_some() {
                let shown: usize = lines.iter().map(String::len).sum();
                lines.push(self.truncate(text.get(shown..).unwrap_or_default(), style, width));
            }
        }
        lines.into_iter().map(|line| self.shape(line, style)).collect()
    }

    fn break_lines(&self, text: &str, style: Style, width: f32, max_lines: usize) -> Vec<String> {
        let space = self.shape("n n", style).width - self.shape("nn", style).width;
        let mut lines = Vec::new();
        let mut line = String::new();
        let mut used = 0.0;
        for word in text.split(' ') {
            if lines.len() >= max_lines {
                return lines;
            }
            let run = self.shape(word, style);
            if !line.is_empty() && used + space + run.width <= width {
                line.push(' ');
                line.push_str(word);
                used += space + run.width;
                continue;
            }
            if !line.is_empty() {
                // The space stays, unseen, at the end: software that reads the text aloud needs the word to end there.
                line.push(' ');
                lines.push(std::mem::take(&mut line));
            }
            let mut pieces = split_word(&run, width);
            let last = pieces.pop().unwrap_or_default();
            lines.extend(pieces);
            used = if last.len() == word.len() { run.width } else { self.shape(last.as_str(), style).width };
            line = last;
        }
        lines.push(line);
        lines
    }

    /// As much of the text as fits before an ellipsis.
    fn truncate(&self, text: &str, style: Style, width: f32) -> String {
        // No line of readable type holds more.
        let text: String = text.chars().take(400).collect();
        let room = width - self.shape("…", style).width;
        let run = self.shape(text, style);
        let mut used = 0.0;
        let mut end = 0;
        for (range, advance) in clusters(&run) {
            used += advance;
            if used > room {
                break;
            }
            end = range.end;
        }
        format!("{}…", run.text.get(..end).unwrap_or_default().trim_end())
    }
}

/// Cuts one word into pieces no wider than `width`: after a mark such as a slash where there is one, never between a
/// letter and its accents.
fn split_word(word: &Run, width: f32) -> Vec<String> {
    if word.width <= width {
        return vec![word.text.clone()];
    }
    let mut pieces = Vec::new();
    let (mut from, mut used) = (0, 0.0);
    // The end of the last mark in this piece, and the width of what follows it.
    let mut mark: Option<(usize, f32)> = None;
    let mut cut =
        |from: usize, to: usize| pieces.push(word.text.get(from..to).unwrap_or_default().to_owned());
    for (range, advance) in clusters(word) {
        if range.start > from && used + advance > width {
            if let Some((at, after)) = mark.take().filter(|&(_, after)| after + advance <= width / 2.0) {
                cut(from, at);
                (from, used) = (at, after);
            } else {
                cut(from, range.start);
                (from, used) = (range.start, 0.0);
            }
        }
        used += advance;
        let is_mark =
            matches!(word.text.get(range.clone()), Some("/" | "-" | "," | "@" | "_" | ":" | "&" | "?" | "="));
        mark = if is_mark { Some((range.end, 0.0)) } else { mark.map(|(at, after)| (at, after + advance)) };
    }
    cut(from, word.text.len());
    pieces
}

/// The run's letters, each with its accents, and their widths.
fn clusters(run: &Run) -> impl Iterator<Item = (Range<usize>, f32)> {
    run.glyphs.chunk_by(|a, b| a.text_range.start == b.text_range.start).map(|cluster| {
        let range = cluster.first().map(|glyph| glyph.text_range.clone()).unwrap_or_default();
        (range, cluster.iter().map(|glyph| glyph.x_advance).sum::<f32>() * run.style.size)
    })
}

/// Font units as parts of the type size.
fn em(units: i32) -> f32 {
    f32::from(i16::try_from(units).unwrap_or(0)) / UNITS_PER_EM
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::color::INK;

    fn fonts() -> Fonts {
        Fonts::load().unwrap()
    }

    #[test]
    fn tabular_figures_are_equally_wide() {
        let fonts = fonts();
        let style = Style::regular(10.0, INK).tabular();
        let width = |text: &str| fonts.shape(text, style).width;
        assert!((width("1111") - width("8000")).abs() < 0.01);
        assert!((fonts.shape("1111", Style::regular(10.0, INK)).width - width("1111")).abs() > 0.5);
    }

    #[test]
    fn lines_fit_and_lose_nothing() {
        let fonts = fonts();
        let style = Style::regular(9.5, INK);
        let long = format!("{} {} end", "word ".repeat(40).trim_end(), "unbreakable".repeat(30));
        let lines = fonts.wrap(&long, style, 120.0, 1000);
        assert!(lines.len() > 10);
        assert!(lines.iter().all(|line| line.width <= 121.0));
        assert_eq!(lines.iter().map(|line| line.text.as_str()).collect::<String>(), long);
    }

    #[test]
    fn too_many_lines_end_in_an_ellipsis() {
        let fonts = fonts();
        let lines = fonts.wrap(&"word ".repeat(100), Style::regular(9.5, INK), 120.0, 3);
        assert_eq!(lines.len(), 3);
        assert!(lines[2].text.ends_with('…') && lines[2].width <= 120.0);
        assert_eq!(fonts.wrap("", Style::regular(9.5, INK), 120.0, 3).len(), 1);
    }

    #[test]
    fn long_words_break_after_marks() {
        let lines = fonts().wrap("PO/2026/04/WAREHOUSE/APPROVED", Style::regular(9.5, INK), 100.0, 5);
        assert_eq!(lines[0].text, "PO/2026/04/");
    }

    #[test]
    fn a_cut_shows_as_much_as_fits() {
        let lines =
            fonts().wrap(&format!("Invoice {}", "0123456789".repeat(9)), Style::regular(9.5, INK), 200.0, 1);
        assert!(
            lines[0].text.starts_with("Invoice 0123456789") && lines[0].width <= 200.0,
            "{}",
            lines[0].text
        );
    }

    #[test]
    fn accents_typed_apart_are_one_with_their_letter() {
        let run = fonts().shape("Cafe\u{301}", Style::regular(10.0, INK));
        assert_eq!(run.glyphs.len(), 4);
        assert!(run.glyphs.iter().all(|glyph| glyph.glyph_id.to_u32() != 0));
    }

    #[test]
    fn both_weights_draw_the_characters_promised() {
        let fonts = fonts();
        for ch in "AZaz09ÄéßŁőğΩλЖяў€£¥₹₿−×–—…·•✓□“”".chars() {
            assert!(fonts.has_glyph(ch), "{ch}");
            for weight in [Weight::Regular, Weight::SemiBold] {
                let style = Style { weight, ..Style::regular(10.0, INK) };
                assert!(fonts.shape(ch, style).glyphs.iter().all(|g| g.glyph_id.to_u32() != 0), "{ch}");
            }
        }
        assert!(!fonts.has_glyph('漢') && !fonts.has_glyph('ع') && !fonts.has_glyph('🎉'));
    }
}
