//! Writes a drawing from its parsed form.

use super::{
    NAMESPACE, Size, cost,
    names::{ATTRIBUTES, ELEMENTS, PROPERTIES, REFERRERS, SHAPES, TEXTS},
    style, value,
};
use crate::Refused;
use roxmltree::{Attribute, Node};

/// The name of `xlink:href`'s namespace, which drawings still use.
const XLINK: &str = "http://www.w3.org/1999/xlink";

struct Writer {
    text: String,
    shapes: usize,
}

pub(super) fn write(root: Node<'_, '_>, size: &Size) -> Result<Vec<u8>, Refused> {
    let mut writer = Writer { text: String::new(), shapes: 0 };
    let [x, y, width, height] = size.view_box;
    let frame = [
        ("xmlns", NAMESPACE.to_owned()),
        ("width", size.width.to_string()),
        ("height", size.height.to_string()),
        ("viewBox", format!("{x} {y} {width} {height}")),
    ];
    writer.text.push_str("<svg");
    for (name, value) in frame {
        writer.attribute(name, &value);
    }
    writer.attributes(root, &["width", "height", "viewBox", "x", "y"]);
    writer.text.push('>');
    writer.children(root);
    writer.text.push_str("</svg>\n");
    if writer.shapes == 0 {
        return Err(Refused::UnusableSvg("nothing that can be drawn is left of it"));
    }
    Ok(writer.text.into_bytes())
}

impl Writer {
    /// The depth was checked before; nothing is so deep that this could run out of stack.
    fn children(&mut self, parent: Node<'_, '_>) {
        let keeps_text = TEXTS.contains(&parent.tag_name().name());
        for child in parent.children() {
            if child.is_text() && keeps_text {
                self.escaped(child.text().unwrap_or_default());
            } else if child.is_element() && child.tag_name().namespace() == Some(NAMESPACE) {
                self.element(child);
            }
        }
    }

    fn element(&mut self, element: Node<'_, '_>) {
        let Some(name) = ELEMENTS.iter().find(|name| **name == element.tag_name().name()) else { return };
        if *name == "style" {
            self.text.push_str("<style>");
            for rule in style::rules(&cost::text_of(element)) {
                self.escaped(&format!("{}{{{}}}", rule.selectors.join(","), rule.declarations));
            }
            self.text.push_str("</style>");
            return;
        }
        if SHAPES.contains(name) {
            self.shapes += 1;
        }
        self.text.push('<');
        self.text.push_str(name);
        self.attributes(element, &[]);
        self.text.push('>');
        self.children(element);
        self.text.push_str("</");
        self.text.push_str(name);
        self.text.push('>');
    }

    fn attributes(&mut self, element: Node<'_, '_>, except: &[&str]) {
        let mut referred = false;
        for attribute in element.attributes() {
            match (attribute.namespace(), attribute.name()) {
                (None, name) if except.contains(&name) => {}
                (None | Some(XLINK), "href") => {
                    // Both spellings at once would be one attribute twice.
                    if !referred && let Some(id) = href(element, &attribute) {
                        self.attribute("href", &format!("#{id}"));
                        referred = true;
                    }
                }
                (None, name) => self.plain(name, attribute.value()),
                _ => {}
            }
        }
    }

    fn plain(&mut self, name: &str, value: &str) {
        match name {
            "id" if value::is_name(value) => self.attribute(name, value),
            "class" if value.split_ascii_whitespace().all(value::is_name) => self.attribute(name, value),
            "style" => {
                let style = style::declarations(value);
                if !style.is_empty() {
                    self.attribute(name, &style);
                }
            }
            _ if (ATTRIBUTES.contains(&name) || PROPERTIES.contains(&name)) && value::is_harmless(value) => {
                self.attribute(name, value);
            }
            _ => {}
        }
    }

    fn attribute(&mut self, name: &str, value: &str) {
        self.text.push(' ');
        self.text.push_str(name);
        self.text.push_str("=\"");
        self.escaped(value);
        self.text.push('"');
    }

    fn escaped(&mut self, text: &str) {
        for letter in text.chars() {
            match letter {
                '&' => self.text.push_str("&amp;"),
                '<' => self.text.push_str("&lt;"),
                '>' => self.text.push_str("&gt;"),
                '"' => self.text.push_str("&quot;"),
                '\'' => self.text.push_str("&apos;"),
                _ => self.text.push(letter),
            }
        }
    }
}

fn href<'a>(element: Node<'_, '_>, attribute: &Attribute<'a, '_>) -> Option<&'a str> {
    REFERRERS.contains(&element.tag_name().name()).then(|| value::reference(attribute.value())).flatten()
}
