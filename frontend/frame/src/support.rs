//! Where to find help: how to reach whoever's pages these are, as far as the brand tells.

use leptos::prelude::*;

use crate::{
    brand::{Brand, use_brand},
    text,
};

/// The ways to find help; none, where the brand tells none.
pub(crate) fn ways(brand: Brand) -> Option<AnyView> {
    let link = |href: String, name: String| view! { <a class="link" href=href>{name}</a> };
    let email = brand.support_email.map(|email| link(format!("mailto:{email}"), email));
    let phone = brand.support_phone.map(|phone| link(format!("tel:{}", phone.replace(' ', "")), phone));
    let url = brand.support_url.map(|url| link(url, text::help().to_owned()));
    let ways = [email, phone, url].into_iter().flatten().collect::<Vec<_>>();
    (!ways.is_empty()).then(|| ways.into_any())
}

/// Below every page of a customer.
#[component]
pub(crate) fn Support() -> impl IntoView {
    let brand = use_brand();
    view! {
        {move || {
            ways(brand.get())
                .map(|ways| {
                    view! {
                        <footer class="support">
                            <span>{text::questions()}</span>
                            {ways}
                        </footer>
                    }
                })
        }}
    }
}
