//! The dashboard: what the staff of an MSP works with.
// The texts of an area are one macro call, which takes them one by one.
#![recursion_limit = "512"]

mod events;
mod pages;
mod parts;
mod prices;
mod routes;
mod text;

use frame::{App, Audience};
use wasm_bindgen::prelude::wasm_bindgen;

/// Called once, when the module has been loaded.
#[wasm_bindgen(start)]
pub fn start() {
    frame::start(App { audience: Audience::Staff, pages: routes::PAGES });
}
