//! Every part of the kit in all its states, to look at and to test: light and dark, in either of two brands. It talks to
//! no server. Which way it is shown stands in the address: `?theme=dark&brand=harbor`, and `?only=grid` for one part
//! alone.

mod address;
mod sections;

use client::{Client, language};
use kit::{Toasts, toast::ToastBox};
use leptos::prelude::*;
use wasm_bindgen::prelude::wasm_bindgen;

use address::{Address, BRANDS, THEMES};
use sections::Section;

/// Called once, when the module has been loaded.
#[wasm_bindgen(start)]
pub fn start() {
    wasm_bindgen_futures::spawn_local(async {
        language::prepare().await;
        mount_to_body(Root);
    });
}

#[component]
fn Root() -> impl IntoView {
    Client::provide();
    ToastBox::provide();
    let address = Address::read();
    address.apply();
    provide_context(address);
    view! {
        <Gallery />
        <Toasts />
    }
}

#[component]
fn Gallery() -> impl IntoView {
    let address = expect_context::<Address>();
    let shown = |section: &&Section| address.only.as_deref().is_none_or(|only| only == section.id);
    let found = sections::all().iter().copied().flatten().filter(shown).collect::<Vec<_>>();
    let alone = address.only.is_some();
    document().set_title(if alone { found.first().map_or("Gallery", |it| it.title) } else { "Gallery" });
    let index = (!alone).then(|| {
        let link = |section: &&Section| view! { <a href=format!("#at-{}", section.id) rel="external">{section.title}</a> };
        view! {
            <nav class="g-index" aria-label="Components">
                {found.iter().map(link).collect_view()}
            </nav>
        }
    });
    let nothing = found.is_empty().then(|| view! { <p>"There is no such component."</p> });
    let sections = found.into_iter().map(section).collect_view();
    view! {
        <header class="g-top">
            <h1>"Gallery"</h1>
            <Switches />
        </header>
        {index}
        <main class="g-all" class:alone=alone>
            {sections}
            {nothing}
        </main>
    }
}

fn section(section: &'static Section) -> impl IntoView {
    let address = expect_context::<Address>();
    let alone = Address { only: Some(section.id.to_owned()), ..address };
    let heading = format!("{}-heading", section.id);
    view! {
        <section class="g-section" id=format!("at-{}", section.id) aria-labelledby=heading>
            <h2 id=heading.clone()>
                <a href=alone.query() rel="external">{section.title}</a>
            </h2>
            <div class="g-samples">{(section.view)()}</div>
        </section>
    }
}

#[component]
fn Switches() -> impl IntoView {
    let address = expect_context::<Address>();
    let link = |name: &'static str, to: Address, current: bool| {
        view! {
            <a href=to.query() rel="external" aria-current=current.then_some("true")>
                {name}
            </a>
        }
    };
    let themes = THEMES.iter().map(|theme| {
        link(theme.name, Address { theme: theme.key, ..address.clone() }, address.theme == theme.key)
    });
    let brands = BRANDS.iter().map(|brand| {
        link(brand.name, Address { brand: brand.key, ..address.clone() }, address.brand == brand.key)
    });
    view! {
        <nav class="choice" aria-label="Theme">
            {themes.collect_view()}
        </nav>
        <nav class="choice" aria-label="Brand">
            {brands.collect_view()}
        </nav>
        {address.only.is_some().then(|| view! { <a class="link alone" href=Address { only: None, ..address.clone() }.query() rel="external">"All components"</a> })}
    }
}
