//! Taking an MSP on.

use address::go;
use client::use_client;
use contract::msps::{CreateMsp, Msp};
use domain::money::Currency;
use kit::{Card, Form, FormView, PageHeader, SelectField, TextField, required, use_toasts};
use leptos::prelude::*;

use super::text;

#[component]
pub fn NewMsp() -> impl IntoView {
    let client = use_client();
    let toasts = use_toasts();
    let form = Form::new("new-msp");
    let name = form.field("/name", "", required);
    let slug = form.field("/slug", "", slug);
    let admin_email = form.field("/admin_email", "", an_email);
    let time_zone = form.field("/time_zone", "UTC", required);
    let currency = form.field("/currency", Currency::USD.code(), required);
    let prefix = form.field("/invoice_prefix", "", prefix);

    let submit = move |()| {
        form.send(
            async move || {
                let body = CreateMsp {
                    name: name.text(),
                    slug: slug.text(),
                    admin_email: admin_email.text(),
                    time_zone: time_zone.optional(),
                    currency: currency.text().parse().ok(),
                    invoice_prefix: prefix.optional(),
                };
                let msp = client.post("/platform/msps").body(&body).answer::<Msp>().await?;
                Ok((msp, body.admin_email))
            },
            move |(msp, email): (Msp, String)| {
                toasts.say(text::taken_on(&msp.name, &email));
                go(&format!("/msps/{}", msp.id));
            },
        );
    };
    let leave = move |()| go("/msps");
    let currencies: Vec<_> = Currency::all().map(|it| (it.code().to_owned(), it.code().to_owned())).collect();
    view! {
        <PageHeader title=text::new_msp() above=vec![("/msps", text::msps())] here=text::new_msp() />
        <div class="cols">
            <section class="card">
                <div class="pad">
                    <FormView form submit=text::take_on() on_submit=submit on_cancel=leave>
                        <TextField field=name label=text::msp_name() autocomplete="organization" />
                        <TextField field=slug label=text::in_addresses() hint=text::in_addresses_hint() />
                        <TextField
                            field=admin_email
                            label=text::admin_email()
                            hint=text::admin_email_hint()
                            kind="email"
                        />
                        <div class="two">
                            <TextField field=time_zone label=text::time_zone() hint=text::time_zone_hint() />
                            <SelectField
                                field=currency
                                label=text::currency()
                                hint=text::currency_hint()
                                options=Signal::stored(currencies)
                            />
                        </div>
                        <TextField field=prefix label=text::invoice_prefix() hint=text::invoice_prefix_hint() />
                    </FormView>
                </div>
            </section>
            <Card title=text::what_it_gets()>
                <p class="pad">{text::what_it_gets_detail()}</p>
            </Card>
        </div>
    }
}

fn an_email(value: &str) -> Option<String> {
    required(value).or_else(|| domain::text::email(value).err().map(|error| error.to_string()))
}

fn slug(value: &str) -> Option<String> {
    let value = value.trim();
    let letters = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    let ok = (2..=40).contains(&value.len())
        && value.bytes().all(letters)
        && !value.starts_with('-')
        && !value.ends_with('-');
    required(value).or_else(|| (!ok).then(|| text::slug_wrong().to_owned()))
}

fn prefix(value: &str) -> Option<String> {
    let value = value.trim();
    let ok = value.len() <= 8 && value.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
    (!ok).then(|| text::prefix_wrong().to_owned())
}
