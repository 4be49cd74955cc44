//! What is fetched when it is first needed. Each function marks where the program is cut: it and all that only it needs
//! come in a file of their own, named after the part.
#![allow(unsafe_code, reason = "what the macro writes")]

use frame::{NotLoadedError, View};
use leptos::prelude::IntoAny as _;
use wasm_split_helpers::wasm_split;

use crate::pages;

/// `part: name = Component;`: the page `Component` comes with `part`.
macro_rules! pages {
    ($($part:ident: $name:ident = $component:path;)*) => {
        $(
            #[wasm_split($part, fallible)]
            pub fn $name() -> Result<View, NotLoadedError> {
                Ok(|| $component().into_any())
            }
        )*
    };
}

pages! {
    home: home = pages::home::Home;
    customers: customers = pages::customers::Customers;
    customer: customer = pages::customer::CustomerPage;
}
