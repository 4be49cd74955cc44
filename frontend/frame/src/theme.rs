//! Light or dark: as the system has it, unless the person chose.

use leptos::prelude::*;

const KEY: &str = "theme";

fn storage() -> Option<web_sys::Storage> {
    window().local_storage().ok().flatten()
}

/// Puts the choice of last time into the page.
pub fn restore() {
    if let Some(theme) = storage().and_then(|storage| storage.get_item(KEY).ok().flatten()) {
        set(&theme);
    }
}

/// Changes to the other one.
pub fn toggle() {
    let dark_now =
        document().document_element().and_then(|root| root.get_attribute("data-theme")).map_or_else(
            || {
                let query = window().match_media("(prefers-color-scheme: dark)").ok().flatten();
                query.is_some_and(|query| query.matches())
            },
            |theme| theme == "dark",
        );
    let theme = if dark_now { "light" } else { "dark" };
    set(theme);
    if let Some(storage) = storage() {
        // Where nothing may be kept, the choice lasts as long as the page.
        let _ = storage.set_item(KEY, theme);
    }
}

fn set(theme: &str) {
    if let Some(root) = document().document_element().filter(|_| matches!(theme, "light" | "dark")) {
        let _ = root.set_attribute("data-theme", theme);
    }
}
