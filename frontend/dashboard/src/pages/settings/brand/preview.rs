//! How the brand looks: four small pictures, as it is typed. Mail and invoice follow `crates/app/templates` and
//! `crates/documents`.

use client::effect;
use domain::brands::{contrast, palette};
use kit::Field;
use leptos::{html, prelude::*};

use super::{fields::Fields, pictures::shows_here, text};

/// What `crates/documents` takes for readable: below it, dark text stands on the colour.
const READABLE_IN_PRINT: f64 = 3.0;

/// What stands in a field, or in its place.
fn or(field: Field, other: impl Fn() -> String + Send + Sync + 'static) -> Signal<String> {
    Signal::derive(move || {
        let typed = field.value.with(|value| value.trim().to_owned());
        if typed.is_empty() { other() } else { typed }
    })
}

fn said(field: Field) -> Signal<String> {
    or(field, String::new)
}

#[component]
pub fn Preview(
    fields: StoredValue<Fields>,
    pictures: Memo<(Option<String>, Option<String>)>,
    hosts: StoredValue<Vec<String>>,
    local: RwSignal<Option<String>>,
) -> impl IntoView {
    let fields = fields.get_value();
    let (primary, accent) = (fields.primary.value, fields.accent.value);
    let dark = RwSignal::new(false);
    let root = NodeRef::<html::Div>::new();
    // Through the object model: the page allows no style in its markup.
    effect(move || {
        let Some(root) = root.get() else { return };
        let style = web_sys::HtmlElement::style(&root);
        let primary = primary.with(|color| color.trim().to_owned());
        for (name, value) in palette(&primary).into_iter().flatten() {
            let _ = style.set_property(name, &value);
        }
        let Some(ratio) = contrast(&primary, "#ffffff") else { return };
        let on_paper = if ratio >= READABLE_IN_PRINT { "#ffffff" } else { "#1a1f36" };
        let _ = style.set_property("--print-on-primary", on_paper);
        let accent = accent.with(|color| color.trim().to_owned());
        if domain::text::color(&accent).is_ok() {
            let _ = style.set_property("--print-accent", &accent);
        }
    });
    let name = said(fields.display_name);
    let portal = or(fields.portal_name, move || name.get());
    let logo = Signal::derive(move || {
        let stored = pictures.get().0;
        local.get().or(stored).filter(|_| hosts.with_value(|hosts| shows_here(hosts)))
    });
    let choose = move |wanted: bool, words: fn() -> &'static str| {
        view! {
            <button
                type="button"
                aria-pressed=move || if dark.get() == wanted { "true" } else { "false" }
                on:click=move |_| dark.set(wanted)
            >
                {words()}
            </button>
        }
    };
    view! {
        <section class="preview-side" aria-label=text::preview()>
            <header>
                <h2>{text::preview_of()}</h2>
                <div class="segments" role="group" aria-label=text::preview()>
                    {choose(false, text::preview_light)}
                    {choose(true, text::preview_dark)}
                </div>
            </header>
            <div class="previews" class:dark=dark node_ref=root>
                {picture(text::sign_in_page(), sign_in(&fields, portal, logo))}
                {picture(text::overview(), overview(portal, logo))}
                {picture(text::mail(), mail(&fields, name, logo))}
                {picture(text::invoice(), invoice(&fields, name, logo))}
            </div>
        </section>
    }
}

/// Pictures are to be looked at: nothing in them can be pressed, and nothing of them is read aloud twice.
fn picture(title: &'static str, content: impl IntoView + 'static) -> impl IntoView {
    view! {
        <figure>
            <figcaption>{title}</figcaption>
            <div class="picture" aria-hidden="true">
                {content}
            </div>
        </figure>
    }
}

fn mark(name: Signal<String>, logo: Signal<Option<String>>) -> impl IntoView {
    let initial =
        move || name.with(|name| name.chars().next().map(|first| first.to_uppercase().collect::<String>()));
    move || match logo.get() {
        Some(logo) => view! { <img class="logo" src=logo alt="" /> }.into_any(),
        None => view! { <span class="mark">{initial()}</span> }.into_any(),
    }
}

fn sign_in(fields: &Fields, name: Signal<String>, logo: Signal<Option<String>>) -> impl IntoView + use<> {
    let welcome = said(fields.login_message);
    let parts = [fields.support_email, fields.support_phone].map(said);
    let support = move || {
        let parts = parts.map(|part| part.get());
        parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("   ")
    };
    view! {
        <div class="p-page p-sign-in">
            <div class="p-brand">{mark(name, logo)} <span>{name}</span></div>
            <b class="p-h1">{text::sign_in()}</b>
            {move || {
                let words = welcome.get();
                (!words.is_empty()).then(|| view! { <p class="p-mut p-lines">{words}</p> })
            }}
            <span class="p-label">{text::email()}</span>
            <span class="p-input"></span>
            <span class="p-label">{text::password()}</span>
            <span class="p-input"></span>
            <span class="p-button">{text::sign_in()}</span>
            <span class="p-link">{text::forgot_password()}</span>
            <span class="p-mut p-foot">{move || support()}</span>
        </div>
    }
}

fn overview(name: Signal<String>, logo: Signal<Option<String>>) -> impl IntoView {
    view! {
        <div class="p-page p-portal">
            <div class="p-bar">{mark(name, logo)} <b>{name}</b> <span class="p-avatar">"AL"</span></div>
            <div class="p-main">
                <b class="p-h1">{text::sample_hello()}</b>
                <div class="p-card p-due">
                    <span>
                        <b>"$412.50"</b>
                        <span class="p-mut">{text::sample_invoice_due()}</span>
                    </span>
                    <span class="p-button">{text::sample_pay()}</span>
                </div>
                <div class="p-card">
                    <div class="p-row"><span>{text::sample_machines()}</span> <b>{text::sample_of()}</b></div>
                    <div class="p-meter p-73"><span></span></div>
                    <div class="p-row"><span>{text::sample_storage()}</span> <b>{text::sample_of_storage()}</b></div>
                    <div class="p-meter p-64"><span></span></div>
                </div>
            </div>
        </div>
    }
}

fn mail(fields: &Fields, name: Signal<String>, logo: Signal<Option<String>>) -> impl IntoView + use<> {
    let from = or(fields.mail_from_name, move || name.get());
    let (email, phone, footer) =
        (said(fields.support_email), said(fields.support_phone), said(fields.mail_footer));
    let last = move || {
        [name.get(), email.get(), phone.get()]
            .into_iter()
            .filter(|part| !part.is_empty())
            .collect::<Vec<_>>()
            .join(" · ")
    };
    view! {
        <div class="p-mail">
            <div class="p-envelope">
                <b>{from}</b>
                <span>{move || text::sample_subject(&name.get())}</span>
            </div>
            <div class="p-letter">
                <div class="p-strip"></div>
                <div class="p-body">
                    {move || match logo.get() {
                        Some(logo) => view! { <img class="p-logo" src=logo alt="" /> }.into_any(),
                        None => view! { <b class="p-name">{name}</b> }.into_any(),
                    }}
                    <p>{move || text::sample_invited(&name.get())}</p>
                    <p>{text::sample_link_once()}</p>
                    <p class="p-fact"><span>{text::sample_your_role()}</span> <b>{text::owner()}</b></p>
                    <span class="p-mail-button">{text::sample_accept()}</span>
                </div>
                <div class="p-end">
                    <span>{move || last()}</span>
                    <span class="p-lines">{footer}</span>
                </div>
            </div>
        </div>
    }
}

fn invoice(fields: &Fields, name: Signal<String>, logo: Signal<Option<String>>) -> impl IntoView + use<> {
    let issuer = or(fields.legal_name, move || name.get());
    let (address, tax, footer) = (said(fields.address), said(fields.tax_id), said(fields.invoice_footer));
    view! {
        <div class="p-invoice">
            <div class="p-strip"></div>
            <div class="p-sheet">
                <div class="p-row p-top">
                    {move || match logo.get() {
                        Some(logo) => view! { <img class="p-logo" src=logo alt="" /> }.into_any(),
                        None => view! { <b class="p-issuer">{name}</b> }.into_any(),
                    }}
                    <span class="p-title">
                        <b>{text::invoice()}</b>
                        <span>{text::sample_number()}</span>
                    </span>
                </div>
                <div class="p-facts">
                    <span><i>{text::sample_issue()}</i> <b>{text::sample_issue_day()}</b></span>
                    <span><i>{text::sample_due_label()}</i> <b>{text::sample_due_day()}</b></span>
                </div>
                <div class="p-parties">
                    <span>
                        <i>{text::sample_from()}</i>
                        <b>{issuer}</b>
                        <span class="p-lines">{address}</span>
                        {move || {
                            let id = tax.get();
                            (!id.is_empty()).then(|| view! { <span>{text::sample_tax_id(&id)}</span> })
                        }}
                    </span>
                    <span><i>{text::sample_bill_to()}</i> <b>{text::sample_customer()}</b></span>
                </div>
                <div class="p-total">
                    <span>
                        <i>{text::sample_amount_due()}</i>
                        <b>"$412.50"</b>
                        <span>{text::sample_due()}</span>
                    </span>
                    <span class="p-pay">{text::sample_pay_online()}</span>
                </div>
                <span class="p-footer p-lines">{footer}</span>
            </div>
        </div>
    }
}
