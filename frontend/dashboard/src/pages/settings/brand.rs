//! What customers see of the tenant.

mod color;
mod fields;
mod pictures;
mod preview;
mod text;

use client::{Remote, load, load_once, use_client};
use contract::brand::Brand;
use domain::permissions::Permission;
use kit::{Banner, Card, FormView, KeyValues, SkeletonText, TextArea, TextField, Tone, faces, use_toasts};
use leptos::prelude::*;

use self::{color::Primary, fields::Fields, pictures::Pictures, preview::Preview};
use super::SettingsHead;

#[component]
pub fn BrandPage() -> impl IntoView {
    let client = use_client();
    let may = client.session.with_untracked(|session| session.may(Permission::BrandWrite));
    let brand = load_once::<Brand>(|| Some("/msp/brand".to_owned()));
    // Pictures are not part of the form: they change at once, and take nothing that is typed away.
    let now = load::<Brand>(|| Some("/msp/brand".to_owned()));
    let pictures = Memo::new(move |_| match now.state.get() {
        Remote::Ready(brand) => (brand.logo_url, brand.favicon_url),
        Remote::Loading | Remote::Failed(_) => (None, None),
    });
    let skeleton = || {
        view! {
            <div class="cols">
                <div class="card">
                    <SkeletonText />
                </div>
                <div class="card">
                    <SkeletonText />
                </div>
            </div>
        }
    };
    view! {
        <SettingsHead />
        {faces(
            brand,
            skeleton,
            move |found| {
                if may {
                    view! { <Edit found pictures again=Callback::new(move |()| brand.reload()) /> }.into_any()
                } else {
                    view! { <Seen found pictures /> }.into_any()
                }
            },
        )}
    }
}

#[component]
fn Edit(
    found: Brand,
    pictures: Memo<(Option<String>, Option<String>)>,
    again: Callback<()>,
) -> impl IntoView {
    let client = use_client();
    let toasts = use_toasts();
    let hosts = StoredValue::new(found.settings.hosts.clone());
    let fields = Fields::new(found.settings);
    let version = RwSignal::new(found.version);
    let submit = move |()| {
        fields.form.send(
            async move || {
                let body = fields.settings();
                let version = version.get_untracked();
                client.put("/msp/brand").version(version).body(&body).answer::<Brand>().await
            },
            move |saved: Brand| {
                version.try_set(saved.version);
                toasts.say(text::brand_saved());
                // As the server has written it.
                again.run(());
            },
        );
    };
    // A picture carries no version of the brand with it.
    let local = RwSignal::new(None::<String>);
    view! {
        <div class="brand-edit">
            <div class="stack">
                <FormView form=fields.form submit=text::save() on_submit=submit>
                    <Card title=text::names()>
                        <div class="pad form">
                            <TextField field=fields.display_name label=text::display_name() />
                            <TextField
                                field=fields.portal_name
                                label=text::portal_name()
                                hint=text::portal_name_hint()
                            />
                        </div>
                    </Card>
                    <Card title=text::colors()>
                        <div class="pad form">
                            <Primary field=fields.primary />
                            <kit::ColorField
                                field=fields.accent
                                label=text::accent_color()
                                hint=text::accent_color_hint()
                            />
                        </div>
                    </Card>
                    <Card title=text::sign_in_page()>
                        <div class="pad form">
                            <TextArea field=fields.login_message label=text::login_message() />
                        </div>
                    </Card>
                    <Card title=text::support()>
                        <div class="pad form">
                            <div class="two">
                                <TextField field=fields.support_email label=text::support_email() kind="email" />
                                <TextField field=fields.support_phone label=text::support_phone() kind="tel" />
                            </div>
                            <TextField
                                field=fields.support_url
                                label=text::support_url()
                                hint=text::support_url_hint()
                                kind="url"
                            />
                        </div>
                    </Card>
                    <Card title=text::invoice()>
                        <div class="pad form">
                            <div class="two">
                                <TextField
                                    field=fields.legal_name
                                    label=text::legal_name()
                                    hint=text::legal_name_hint()
                                />
                                <TextField field=fields.tax_id label=text::tax_number() />
                            </div>
                            <TextArea field=fields.address label=text::address_on_invoices() />
                            <TextArea field=fields.invoice_footer label=text::invoice_footer() rows=2 />
                        </div>
                    </Card>
                    <Card title=text::mail()>
                        <div class="pad form">
                            <div class="two">
                                <TextField
                                    field=fields.mail_from_name
                                    label=text::mail_from_name()
                                    hint=text::mail_from_name_hint()
                                />
                                <TextField
                                    field=fields.mail_reply_to
                                    label=text::mail_reply_to()
                                    hint=text::mail_reply_to_hint()
                                    kind="email"
                                />
                            </div>
                            <TextArea field=fields.mail_footer label=text::mail_footer() rows=2 />
                        </div>
                    </Card>
                    <Card title=text::hosts()>
                        <div class="pad form">
                            <TextArea field=fields.hosts label=text::hosts() hint=text::hosts_hint() />
                        </div>
                    </Card>
                </FormView>
                <Pictures pictures hosts local />
            </div>
            <Preview fields=StoredValue::new(fields) pictures hosts local />
        </div>
    }
}

/// The brand for those who may not change it.
#[component]
fn Seen(found: Brand, pictures: Memo<(Option<String>, Option<String>)>) -> impl IntoView {
    let settings = found.settings;
    let hosts = StoredValue::new(settings.hosts.clone());
    let fields = Fields::new(settings.clone());
    let pairs = vec![
        (text::display_name(), Some(settings.display_name)),
        (text::portal_name(), settings.portal_name),
        (text::primary_color(), Some(settings.primary_color)),
        (text::accent_color(), Some(settings.accent_color)),
        (text::login_message(), settings.login_message),
        (text::support_email(), settings.support_email),
        (text::support_phone(), settings.support_phone),
        (text::support_url(), settings.support_url),
        (text::legal_name(), settings.legal_name),
        (text::address_on_invoices(), settings.address),
        (text::tax_number(), settings.tax_id),
        (text::invoice_footer(), settings.invoice_footer),
        (text::mail_from_name(), settings.mail_from_name),
        (text::mail_reply_to(), settings.mail_reply_to),
        (text::mail_footer(), settings.mail_footer),
        (text::hosts(), Some(settings.hosts.join("\n")).filter(|hosts| !hosts.is_empty())),
    ];
    view! {
        <Banner tone=Tone::Running>{text::only_seen()}</Banner>
        <div class="brand-edit">
            <Card title=text::brand()>
                <div class="pad">
                    <KeyValues pairs />
                </div>
            </Card>
            <Preview fields=StoredValue::new(fields) pictures hosts local=RwSignal::new(None) />
        </div>
    }
}
