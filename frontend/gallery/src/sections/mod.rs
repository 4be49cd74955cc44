//! What the gallery shows, one section for each component.

mod charts;
mod controls;
mod display;
mod fields;
mod lists;
mod overlays;

use client::Failure;
use contract::{FieldError, Problem};
use leptos::prelude::*;

/// One component in all its states.
pub struct Section {
    /// What the address calls it.
    pub id: &'static str,
    /// What it is called.
    pub title: &'static str,
    /// What is shown.
    pub view: fn() -> AnyView,
}

/// All of them, by what they are for.
pub fn all() -> [&'static [Section]; 6] {
    [display::ALL, controls::ALL, fields::ALL, lists::ALL, charts::ALL, overlays::ALL]
}

/// A name as long as names get.
pub const LONG: &str =
    "Allgemeine Gesellschaft für Rechenzentrumsdienstleistungen und Datensicherung mbH & Co. KG";

/// One state, with its name above it.
fn sample(name: &'static str, content: impl IntoView + 'static) -> AnyView {
    shown(name, "g-sample", content.into_any())
}

/// The same, twice as wide.
fn half(name: &'static str, content: impl IntoView + 'static) -> AnyView {
    shown(name, "g-sample half", content.into_any())
}

/// The same, as wide as the page.
fn wide(name: &'static str, content: impl IntoView + 'static) -> AnyView {
    shown(name, "g-sample wide", content.into_any())
}

fn shown(name: &'static str, class: &'static str, content: AnyView) -> AnyView {
    view! {
        <div class=class>
            <p class="g-name">{name}</p>
            {content}
        </div>
    }
    .into_any()
}

/// A refusal of the server.
fn refused(status: u16, code: &str, detail: &str) -> Failure {
    Failure::Problem(Box::new(Problem {
        kind: "about:blank".to_owned(),
        title: detail.to_owned(),
        status,
        code: code.to_owned(),
        detail: Some(detail.to_owned()),
        request_id: (status >= 500).then(|| "req_01jd5t8x7m".to_owned()),
        errors: Vec::<FieldError>::new(),
    }))
}
