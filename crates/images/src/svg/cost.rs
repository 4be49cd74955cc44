//! How much work a drawing is: parts that are used many times, by parts that are used many times, are a bomb.

use super::{is, style, value};
use crate::Refused;
use roxmltree::{Node, NodeId};
use std::collections::HashMap;

/// Elements drawn, each as often as it is referred to.
const MOST_DRAWN: u64 = 20_000;
/// An element that is drawn on a layer of its own is as much work as this many: 500 layers of 512 × 256 pixels take
/// about a second and a half.
const LAYER: u64 = 40;
/// What makes a layer.
const LAYERED: &[&str] = &["clip-path", "isolation", "mask", "mix-blend-mode", "opacity"];
/// Elements inside each other, references followed.
const DEEPEST: u32 = 64;

const TOO_MUCH: Refused = Refused::UnusableSvg("it is too much to draw");
const TOO_DEEP: Refused = Refused::UnusableSvg("its elements lie too deep inside each other");
const LOOP: Refused = Refused::UnusableSvg("a part of it refers to itself");

/// Refuses a drawing that refers to itself, or that is out of proportion to its size.
pub(super) fn check(root: Node<'_, '_>) -> Result<(), Refused> {
    let mut counter = Counter { by_id: HashMap::new(), rules: HashMap::new(), known: HashMap::new() };
    for element in root.descendants().filter(Node::is_element) {
        if let Some(id) = element.attribute("id") {
            // Should an id be given twice, all of them count: readers differ in which one they take.
            counter.by_id.entry(id).or_default().push(element);
        }
        if is(element, "style") {
            for rule in style::rules(&text_of(element)) {
                for selector in rule.selectors {
                    let said = counter.rules.entry(selector).or_default();
                    said.push_str(&rule.declarations);
                    said.push(';');
                }
            }
        }
    }
    if counter.count(root, 0)? > MOST_DRAWN { Err(TOO_MUCH) } else { Ok(()) }
}

/// The text right inside an element.
pub(super) fn text_of(element: Node<'_, '_>) -> String {
    element.children().filter(Node::is_text).filter_map(|child| child.text()).collect()
}

struct Counter<'a, 'input> {
    by_id: HashMap<&'a str, Vec<Node<'a, 'input>>>,
    /// What style sheets say, by selector.
    rules: HashMap<String, String>,
    /// What an element costs, with everything in it and behind it; `None` while it is being counted.
    known: HashMap<NodeId, Option<u64>>,
}

impl<'a, 'input> Counter<'a, 'input> {
    fn count(&mut self, element: Node<'a, 'input>, depth: u32) -> Result<u64, Refused> {
        if depth > DEEPEST {
            return Err(TOO_DEEP);
        }
        match self.known.get(&element.id()) {
            Some(None) => return Err(LOOP),
            Some(Some(cost)) => return Ok(*cost),
            None => {}
        }
        self.known.insert(element.id(), None);
        let (mut cost, next) = self.look_at(element);
        for next in next {
            cost = cost.saturating_add(self.count(next, depth + 1)?);
        }
        self.known.insert(element.id(), Some(cost));
        Ok(cost)
    }

    /// The cost of an element itself, and what is drawn along with it: its children and what it refers to.
    fn look_at(&self, element: Node<'a, 'input>) -> (u64, Vec<Node<'a, 'input>>) {
        let mut ids = Vec::new();
        let mut layered = false;
        for attribute in element.attributes() {
            if attribute.name() == "href" {
                ids.extend(value::reference(attribute.value()));
            }
            ids.extend(value::references(attribute.value()));
            layered |= match attribute.name() {
                "style" => is_layered(attribute.value()),
                name => makes_layer(name, attribute.value()),
            };
        }
        for rule in self.rules_for(element) {
            ids.extend(value::references(rule));
            layered |= is_layered(rule);
        }
        let mut next: Vec<_> = element.children().filter(Node::is_element).collect();
        next.extend(ids.into_iter().filter_map(|id| self.by_id.get(id)).flatten());
        (if layered { LAYER } else { 1 }, next)
    }

    fn rules_for(&self, element: Node<'a, 'input>) -> impl Iterator<Item = &str> {
        let classes = element.attribute("class").unwrap_or_default().split_ascii_whitespace();
        let mut selectors: Vec<String> = classes.map(|class| format!(".{class}")).collect();
        selectors.extend(element.attribute("id").map(|id| format!("#{id}")));
        selectors.push(element.tag_name().name().to_owned());
        selectors.push("*".to_owned());
        selectors.into_iter().filter_map(|selector| self.rules.get(&selector)).map(String::as_str)
    }
}

/// Whether a style asks for a layer.
fn is_layered(style: &str) -> bool {
    style
        .split(';')
        .filter_map(|part| part.split_once(':'))
        .any(|(name, value)| makes_layer(name.trim(), value))
}

/// Drawing programs write down that there is nothing to be done, too.
fn makes_layer(property: &str, value: &str) -> bool {
    let value = value.trim();
    LAYERED.contains(&property) && !["1", "auto", "none", "normal"].contains(&value)
}
