//! The portal: what the people of an MSP's customer see, in the MSP's brand.
// The texts of an area are one macro call, which takes them one by one.
#![recursion_limit = "256"]

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
