//! How the gallery is shown: it stands in the address, so that every look at it can be named.

use leptos::prelude::{document, window};

/// One of the ways to show it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Way {
    /// What the address calls it.
    pub key: &'static str,
    /// What it is called.
    pub name: &'static str,
    /// What it is: a theme, a colour.
    value: &'static str,
}

/// Light and dark; the first is as the system has it.
pub const THEMES: &[Way] = &[
    Way { key: "", name: "System", value: "" },
    Way { key: "light", name: "Light", value: "light" },
    Way { key: "dark", name: "Dark", value: "dark" },
];

/// The brands of the demo.
pub const BRANDS: &[Way] = &[
    Way { key: "northwind", name: "Northwind", value: "#1e40af" },
    Way { key: "harbor", name: "Harbor", value: "#0f766e" },
];

/// What the address says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    /// Light or dark.
    pub theme: &'static str,
    /// In which brand.
    pub brand: &'static str,
    /// One component alone.
    pub only: Option<String>,
}

fn way(ways: &[Way], wanted: Option<String>) -> &'static str {
    let found = ways.iter().find(|way| Some(way.key) == wanted.as_deref());
    found.or(ways.first()).map_or("", |way| way.key)
}

impl Address {
    /// The address of the page.
    pub fn read() -> Self {
        let query = window().location().search().unwrap_or_default();
        let query = web_sys::UrlSearchParams::new_with_str(&query).ok();
        let get = |name: &str| query.as_ref().and_then(|query| query.get(name));
        Self { theme: way(THEMES, get("theme")), brand: way(BRANDS, get("brand")), only: get("only") }
    }

    /// The address that shows it so.
    pub fn query(&self) -> String {
        let pairs =
            [("theme", self.theme), ("brand", self.brand), ("only", self.only.as_deref().unwrap_or(""))];
        let pairs = pairs.into_iter().filter(|(_, value)| !value.is_empty());
        let pairs: Vec<_> = pairs.map(|(name, value)| format!("{name}={value}")).collect();
        format!("?{}", pairs.join("&"))
    }

    /// Puts theme and brand into the page, as the server and the apps do.
    pub fn apply(&self) {
        let Some(root) = document().document_element() else { return };
        if !self.theme.is_empty() {
            let _ = root.set_attribute("data-theme", self.theme);
        }
        if let Some(brand) = BRANDS.iter().find(|brand| brand.key == self.brand) {
            kit::brand::apply(brand.value);
        }
    }
}
