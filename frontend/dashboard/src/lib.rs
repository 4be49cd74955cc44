//! The dashboard: what the staff of an MSP works with.

mod app;
mod brand;
mod pages;
mod routes;
mod shell;
mod sign_in_again;
mod text;
mod theme;

use wasm_bindgen::prelude::wasm_bindgen;

/// Called once, when the module has been loaded.
#[wasm_bindgen(start)]
pub fn start() {
    leptos::mount::mount_to_body(app::App);
}
