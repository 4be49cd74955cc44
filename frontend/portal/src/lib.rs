//! The portal: what the people of an MSP's customer see, in the MSP's brand.

mod pages;
mod parts;
mod routes;
mod text;

use frame::{App, Audience};
use wasm_bindgen::prelude::wasm_bindgen;

/// Called once, when the module has been loaded.
#[wasm_bindgen(start)]
pub fn start() {
    frame::start(App { audience: Audience::Customers, pages: routes::PAGES });
}
