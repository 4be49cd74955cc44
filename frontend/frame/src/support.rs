//! Where a customer finds help: below every page.

use leptos::prelude::*;

use crate::{brand::use_brand, text};

/// How to reach whoever looks after the customer, as far as the brand tells.
#[component]
pub fn Support() -> impl IntoView {
    let brand = use_brand();
    move || {
        let brand = brand.get();
        let link = |href: String, name: String| view! { <a class="link" href=href>{name}</a> };
        let email = brand.support_email.map(|email| link(format!("mailto:{email}"), email));
        let phone = brand.support_phone.map(|phone| link(format!("tel:{}", phone.replace(' ', "")), phone));
        let url = brand.support_url.map(|url| link(url, text::help().to_owned()));
        let any = email.is_some() || phone.is_some() || url.is_some();
        any.then(|| {
            view! {
                <footer class="support">
                    <span>{text::questions()}</span>
                    {email}
                    {phone}
                    {url}
                </footer>
            }
        })
    }
}
