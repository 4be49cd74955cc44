//! A tenant's colours in the page. What is derived from them so that it can be read is the server's business as well,
//! which writes the same into the first page: `domain::brands`.

use domain::brands::palette;
use leptos::prelude::*;
use wasm_bindgen::JsCast as _;

/// Puts the tenant's colour into the page. A colour that cannot be read is left out.
pub fn apply(primary: &str) {
    let root = document().document_element().and_then(|root| root.dyn_into::<web_sys::HtmlElement>().ok());
    let (Some(root), Some(properties)) = (root, palette(primary)) else { return };
    for (name, value) in properties {
        // Through the object model: the page allows no style in its markup.
        let _ = root.style().set_property(name, &value);
    }
}
