//! Everything that is known about a customer, to be changed.

use client::{load_once, use_client};
use contract::customers::{Customer, UpdateCustomer};
use domain::customers::CustomerStatus;
use kit::{Card, DateField, Form, FormView, SkeletonRows, faces, use_toasts};
use leptos::prelude::*;

use super::{
    check,
    details::{DetailFields, Details},
    text,
};

#[component]
pub fn Settings(code: String) -> impl IntoView {
    let client = use_client();
    let toasts = use_toasts();
    let path = format!("/msp/customers/{code}");
    let known = {
        let path = path.clone();
        load_once::<Customer>(move || Some(path.clone()))
    };
    let ready = move |customer: Customer| {
        let form = Form::new(format!("customer-{}", customer.id));
        let details = Details::new(form, Some(&customer));
        let ends = customer.trial_ends_on;
        let trial_ends_on = form.field(
            "/trial_ends_on",
            ends.map(|day| day.to_string()).unwrap_or_default(),
            check::day_or_none,
        );
        // Who is no longer in trial, and has no such day, is not asked for one.
        let in_trial = customer.status == CustomerStatus::Trial || ends.is_some();
        let path = path.clone();
        let send = move |()| {
            let (country, region) = details.place();
            let body = UpdateCustomer {
                company_name: Some(details.company_name.text()),
                contact_name: Some(details.contact_name.optional()),
                contact_email: Some(details.contact_email.optional()),
                phone: Some(details.phone.optional()),
                address: Some(details.address.optional()),
                tax_id: Some(details.tax_id.optional()),
                country: Some(country),
                region: Some(region),
                tax_exempt: Some(details.tax_exempt.optional()),
                external_ref: Some(details.external_ref.optional()),
                notes: Some(details.notes.optional()),
                trial_ends_on: Some(check::day(&trial_ends_on.text())),
                feature_flags: Some(details.flags(&customer.feature_flags)),
            };
            let request = client.patch(path.clone()).version(customer.version);
            form.send(
                async move || request.body(&body).done().await,
                move |()| {
                    toasts.say(text::saved());
                    known.reload();
                },
            );
        };
        view! {
            <div class="pad">
                <FormView form submit=text::save() on_submit=send>
                    <DetailFields details=StoredValue::new(details) />
                    {in_trial
                        .then(|| view! { <DateField field=trial_ends_on label=text::trial_ends() /> })}
                </FormView>
            </div>
        }
    };
    view! {
        <div class="narrow">
            <Card title=text::settings()>{faces(known, || view! { <SkeletonRows rows=8 /> }, ready)}</Card>
        </div>
    }
}
