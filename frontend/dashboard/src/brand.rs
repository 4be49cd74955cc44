//! Whose dashboard it is: name and colour, from the host name.

use client::{Remote, load};
use contract::brand::PublicBrand;
use leptos::prelude::*;

/// The tenant's name and logo; empty until they are known.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Brand {
    pub name: String,
    pub logo: Option<String>,
}

impl Brand {
    /// What stands for it where there is no room for more.
    pub fn initial(&self) -> String {
        self.name.chars().next().map(|first| first.to_uppercase().collect()).unwrap_or_default()
    }
}

/// Reads the brand of the host and puts its colour into the page.
pub fn provide() {
    let loaded = load::<PublicBrand>(|| Some("/brand".to_owned()));
    let brand = Memo::new(move |_| match loaded.state.get() {
        Remote::Ready(found) => Brand { name: found.display_name, logo: found.logo_url },
        // Whoever signs in can do without; the colours are ours then.
        Remote::Loading | Remote::Failed(_) => Brand::default(),
    });
    Effect::new(move |_| {
        if let Remote::Ready(found) = loaded.state.get() {
            kit::brand::apply(&found.primary_color);
        }
    });
    provide_context(brand);
}

pub fn use_brand() -> Memo<Brand> {
    expect_context()
}

/// Names the page in the browser's tab and history.
pub fn title_page(title: impl Fn() -> String + 'static) {
    let brand = use_brand();
    Effect::new(move |_| {
        let (title, name) = (title(), brand.get().name);
        document().set_title(&if name.is_empty() { title } else { format!("{title} · {name}") });
    });
}
