//! Drawings: parsed, and written anew from a list of what they may hold.
//!
//! Nothing is copied from the file as it stands. Elements and attributes that are not on the list are left out, and so is
//! every value that could reach outside the file. What comes out runs nothing, loads nothing and links to nothing.

mod cost;
mod names;
mod style;
mod value;
mod write;

use crate::{Limits, Picture, Refused};
use resvg::{
    tiny_skia::{Pixmap, Transform},
    usvg::{Options, Tree},
};
use roxmltree::{Document, Node, ParsingOptions};

pub(crate) const NAMESPACE: &str = "http://www.w3.org/2000/svg";
/// A logo has a few hundred.
const MOST_NODES: u32 = 20_000;
/// How far into a file its first element is looked for.
const LONGEST_PROLOGUE: usize = 4096;
/// The size of a drawing that does not say any.
const DEFAULT_SIDE: f64 = 512.0;

/// Whether the first element is `svg`; whatever else is wrong with it, is told later.
pub(crate) fn looks_like_one(bytes: &[u8]) -> bool {
    let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes).trim_ascii_start();
    let prologue = &text[..text.len().min(LONGEST_PROLOGUE)];
    prologue.starts_with(b"<") && prologue.windows(4).any(|window| window == b"<svg" || window == b":svg")
}

pub(crate) fn accept(bytes: &[u8], limits: Limits) -> Result<Picture, Refused> {
    let text = str::from_utf8(bytes).map_err(|_| Refused::UnusableSvg("it is not UTF-8 text"))?;
    let options = ParsingOptions { allow_dtd: false, nodes_limit: MOST_NODES, ..ParsingOptions::default() };
    let plain = without_doctype(text);
    let document = Document::parse_with_options(&plain, options).map_err(|error| explain(&error))?;
    let root = document.root_element();
    if !is(root, "svg") {
        return Err(Refused::UnusableSvg("its first element is not an svg element of the SVG namespace"));
    }
    cost::check(root)?;
    let size = Size::of(root, limits.max_side);
    let bytes = write::write(root, &size)?;
    if bytes.len() > limits.max_bytes {
        return Err(Refused::TooDetailed);
    }
    Ok(Picture { content_type: "image/svg+xml", bytes, width: size.width, height: size.height })
}

pub(crate) fn to_png(bytes: &[u8], max_side: u32) -> Option<Vec<u8>> {
    let text = str::from_utf8(bytes).ok()?;
    // Text needs fonts; a pattern's tile can be as large as its author likes.
    let is_left_out = |node| is(node, "text") || is(node, "pattern");
    if Document::parse(text).ok()?.descendants().any(is_left_out) {
        return None;
    }
    let tree = Tree::from_str(text, &Options::default()).ok()?;
    let size = tree.size().to_int_size();
    let size = if size.width() >= size.height() {
        size.scale_to_width(max_side)?
    } else {
        size.scale_to_height(max_side)?
    };
    let mut canvas = Pixmap::new(size.width(), size.height())?;
    let scale = size.to_size();
    let transform =
        Transform::from_scale(scale.width() / tree.size().width(), scale.height() / tree.size().height());
    resvg::render(&tree, transform, &mut canvas.as_mut());
    canvas.encode_png().ok()
}

/// Whether a node is this element of SVG.
fn is(node: Node<'_, '_>, name: &str) -> bool {
    node.has_tag_name((NAMESPACE, name))
}

/// The text without a document type that only names a standard, as older drawing programs write it. One that declares
/// something stays, and is refused by the parser.
fn without_doctype(text: &str) -> String {
    let kept = || text.to_owned();
    let (Some(start), Some(root)) = (text.find("<!DOCTYPE"), text.find("<svg")) else { return kept() };
    if start > root {
        return kept();
    }
    match text[start..].split_once('>') {
        Some((declaration, rest)) if !declaration.contains('[') => format!("{}{rest}", &text[..start]),
        _ => kept(),
    }
}

fn explain(error: &roxmltree::Error) -> Refused {
    Refused::UnusableSvg(match error {
        roxmltree::Error::DtdDetected => "it declares a document type",
        roxmltree::Error::UnknownEntityReference(..) => "it uses an entity that is not declared",
        roxmltree::Error::NodesLimitReached => "it has too many elements",
        _ => "it is not well-formed XML",
    })
}

/// How large a drawing is, and which part of the plane it shows.
pub(crate) struct Size {
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) view_box: [f64; 4],
}

impl Size {
    fn of(root: Node<'_, '_>, max_side: u32) -> Self {
        let view_box = root.attribute("viewBox").and_then(view_box);
        let given = length(root, "width").zip(length(root, "height"));
        let (width, height) = given
            .or(view_box.map(|[_, _, width, height]| (width, height)))
            .unwrap_or((DEFAULT_SIDE, DEFAULT_SIDE));
        let view_box = view_box.unwrap_or([0.0, 0.0, width, height]);
        // A drawing has no pixels: one that is too large is drawn smaller.
        let scale = (f64::from(max_side) / width.max(height)).min(1.0);
        Self { width: pixels(width * scale), height: pixels(height * scale), view_box }
    }
}

fn view_box(text: &str) -> Option<[f64; 4]> {
    let numbers: Vec<f64> = text
        .split([' ', ',', '\t', '\n', '\r'])
        .filter(|part| !part.is_empty())
        .map(|part| part.parse().ok().filter(|number: &f64| number.abs() < 1e7))
        .collect::<Option<_>>()?;
    let numbers: [f64; 4] = numbers.try_into().ok()?;
    (is_side(numbers[2]) && is_side(numbers[3])).then_some(numbers)
}

/// A length in pixels; other units say nothing about a picture on a screen.
fn length(root: Node<'_, '_>, name: &str) -> Option<f64> {
    let text = root.attribute(name)?.trim();
    text.strip_suffix("px").unwrap_or(text).parse().ok().filter(|number| is_side(*number))
}

fn is_side(number: f64) -> bool {
    (1e-3..1e7).contains(&number)
}

fn pixels(number: f64) -> u32 {
    // There is no conversion from a float that is not a cast.
    let text = format!("{:.0}", number.max(1.0));
    text.parse().unwrap_or(1)
}

#[cfg(test)]
mod tests;
