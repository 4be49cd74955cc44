//! Whose app it is: name and colour, from the host name.

use client::{Remote, effect, format, json, language, load, use_client};
use contract::{auth::Me, brand::PublicBrand};
use leptos::prelude::*;

/// The tenant's name, pictures and words; empty until they are known.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Brand {
    /// What the app is called.
    pub name: String,
    /// Where the logo is.
    pub logo: Option<String>,
    /// A word of welcome on the sign-in page.
    pub welcome: Option<String>,
    /// Where to find help.
    pub support_email: Option<String>,
    /// Where to find help.
    pub support_phone: Option<String>,
    /// Where to find help.
    pub support_url: Option<String>,
}

impl Brand {
    fn new(found: PublicBrand) -> Self {
        let portal = crate::app::use_app().audience == crate::Audience::Customers;
        let name = found.portal_name.filter(|_| portal).unwrap_or(found.display_name);
        Self {
            // On a host that is nobody's there is no name to show.
            name: if found.tenant_id.is_some() { name } else { String::new() },
            logo: found.logo_url,
            welcome: found.login_message,
            support_email: found.support_email,
            support_phone: found.support_phone,
            support_url: found.support_url,
        }
    }

    /// What stands for it where there is no room for more.
    pub fn initial(&self) -> String {
        self.name.chars().next().map(|first| format::upper(&first.to_string())).unwrap_or_default()
    }
}

/// Finds the brand of the host: the server writes it into the page; from a static host it has to be asked for.
pub(crate) fn provide() {
    let written = language::meta("brand").and_then(|text| json::read::<PublicBrand>(&text));
    let brand = if let Some(written) = written {
        // Its colours are in the page already.
        let brand = Brand::new(written);
        Memo::new(move |_| brand.clone())
    } else {
        let loaded = load::<PublicBrand>(|| Some("/brand".to_owned()));
        effect(move || {
            if let Remote::Ready(found) = loaded.state.get() {
                kit::brand::apply(&found.primary_color);
            }
        });
        Memo::new(move |_| match loaded.state.get() {
            Remote::Ready(found) => Brand::new(found),
            // Whoever signs in can do without; the colours are neutral then.
            Remote::Loading | Remote::Failed(_) => Brand::default(),
        })
    };
    let client = use_client();
    let brand = Memo::new(move |_| {
        let mut brand = brand.get();
        // At the installation's own address whose pages these are is known from who has signed in.
        if brand.name.is_empty() {
            brand.name = client.session.with(|session| session.me().map(tenant_name).unwrap_or_default());
        }
        brand
    });
    provide_context(brand);
}

fn tenant_name(me: &Me) -> String {
    let here = me.tenants.iter().find(|tenant| tenant.tenant_id == me.tenant_id);
    here.map(|tenant| tenant.tenant_name.clone()).unwrap_or_default()
}

/// The brand of the host.
pub fn use_brand() -> Memo<Brand> {
    expect_context()
}

/// The logo, or what stands for it.
#[component]
pub fn BrandMark(
    /// Larger, where it stands alone.
    #[prop(optional)]
    large: bool,
) -> impl IntoView {
    let brand = use_brand();
    let mark = move || match brand.get().logo {
        Some(logo) => {
            view! { <img class=if large { "logo large" } else { "logo" } src=logo alt="" /> }.into_any()
        }
        None => view! {
            <span class=if large { "mark large" } else { "mark" } aria-hidden="true">
                {brand.get().initial()}
            </span>
        }
        .into_any(),
    };
    view! { {move || mark()} }
}

/// Names the page in the browser's tab and history.
pub fn title_page(title: impl Fn() -> String + 'static) {
    let brand = use_brand();
    effect(move || {
        let (title, name) = (title(), brand.get().name);
        document().set_title(&if name.is_empty() { title } else { format!("{title} · {name}") });
    });
}
