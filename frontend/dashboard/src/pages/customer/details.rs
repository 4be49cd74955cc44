//! What is known about a customer, as fields: for taking one on and for changing it.

use std::collections::BTreeMap;

use contract::customers::Customer;
use domain::tax::countries::Country;
use kit::{Field, Form, SelectField, TextArea, TextField, optional};
use leptos::prelude::*;

use super::{check, text};
use crate::pages::countries::countries;

/// The fields.
#[derive(Clone, Copy)]
pub struct Details {
    pub company_name: Field,
    pub contact_name: Field,
    pub contact_email: Field,
    pub phone: Field,
    pub address: Field,
    pub tax_id: Field,
    pub country: Field,
    pub region: Field,
    pub tax_exempt: Field,
    pub external_ref: Field,
    pub notes: Field,
    pub features: Field,
}

impl Details {
    /// The fields, with what is known.
    pub fn new(form: Form, known: Option<&Customer>) -> Self {
        let of = |part: fn(&Customer) -> Option<&String>| known.and_then(part).cloned().unwrap_or_default();
        let features: Vec<_> = known
            .into_iter()
            .flat_map(|it| &it.feature_flags)
            .filter_map(|(name, on)| on.then_some(name.as_str()))
            .collect();
        let country = known.and_then(|it| it.country).map(|country| country.to_string());
        let first = (country.clone().unwrap_or_default(), of(|it| it.region.as_ref()));
        let tax_id = form.field("/tax_id", of(|it| it.tax_id.as_ref()), check::tax_id);
        let country = form.field("/country", country.unwrap_or_default(), optional);
        let tax_id = form.rule(tax_id, move || check::vat_id(&tax_id.value.get(), &country.value.get()));
        let region = form.field("/region", of(|it| it.region.as_ref()), check::region);
        let region = form.rule(region, move || {
            let alone =
                !region.value.with(|typed| typed.trim().is_empty()) && country.value.with(String::is_empty);
            alone.then(|| text::region_alone().to_owned())
        });
        // Another country has other parts; that of the one that is known comes back with it.
        Effect::new(move |before: Option<String>| {
            let now = country.value.get();
            if before.is_some_and(|before| before != now) {
                region.value.set(if now == first.0 { first.1.clone() } else { String::new() });
            }
            now
        });
        Self {
            company_name: form.field("/company_name", of(|it| Some(&it.company_name)), check::company_name),
            contact_name: form.field("/contact_name", of(|it| it.contact_name.as_ref()), check::contact_name),
            contact_email: form.field("/contact_email", of(|it| it.contact_email.as_ref()), check::email),
            phone: form.field("/phone", of(|it| it.phone.as_ref()), check::phone),
            address: form.field("/address", of(|it| it.address.as_ref()), check::address),
            tax_id,
            country,
            region,
            tax_exempt: form.field("/tax_exempt", of(|it| it.tax_exempt.as_ref()), check::tax_exempt),
            external_ref: form.field("/external_ref", of(|it| it.external_ref.as_ref()), check::external_ref),
            notes: form.field("/notes", of(|it| it.notes.as_ref()), check::notes),
            features: form.field("/feature_flags", features.join(", "), check::features),
        }
    }

    /// All of them.
    pub fn all(self) -> [Field; 12] {
        [
            self.company_name,
            self.contact_name,
            self.contact_email,
            self.phone,
            self.address,
            self.tax_id,
            self.country,
            self.region,
            self.tax_exempt,
            self.external_ref,
            self.notes,
            self.features,
        ]
    }

    /// Where the customer is.
    pub fn place(self) -> (Option<Country>, Option<String>) {
        let region = self.region.optional().map(|region| region.to_ascii_uppercase());
        (self.country.text().parse().ok(), region)
    }

    /// The switches: those named are on; those known and not named are off.
    pub fn flags(self, known: &BTreeMap<String, bool>) -> BTreeMap<String, bool> {
        let mut flags: BTreeMap<_, _> = known.keys().map(|name| (name.clone(), false)).collect();
        flags.extend(check::names(&self.features.text()).map(|name| (name.to_owned(), true)));
        flags
    }
}

/// The fields on the page. `code` stands beside the name of a customer that has none yet.
#[component]
pub fn DetailFields(details: StoredValue<Details>, #[prop(optional)] code: Option<Field>) -> impl IntoView {
    let details = details.get_value();
    let name = view! {
        <TextField field=details.company_name label=text::company_name() autocomplete="organization" />
    };
    let named = match code {
        Some(code) => view! {
            <div class="two">
                {name} <TextField field=code label=text::code() hint=text::code_hint() />
            </div>
        }
        .into_any(),
        None => name.into_any(),
    };
    view! {
        {named}
        <fieldset>
            <legend>{text::contact()}</legend>
            <TextField field=details.contact_name label=text::contact_name() />
            <div class="two">
                <TextField field=details.contact_email label=text::email() kind="email" />
                <TextField field=details.phone label=text::phone() kind="tel" />
            </div>
        </fieldset>
        <fieldset>
            <legend>{text::billing_details()}</legend>
            <TextArea field=details.address label=text::address() />
            <div class="two">
                <SelectField
                    field=details.country
                    label=text::country()
                    options=countries(text::no_country())
                />
                <TextField field=details.region label=text::region() hint=text::region_hint() />
            </div>
            <div class="two">
                <TextField field=details.tax_id label=text::tax_id() />
                <TextField field=details.external_ref label=text::external_ref() hint=text::other_system() />
            </div>
            <TextField field=details.tax_exempt label=text::tax_exempt() hint=text::tax_exempt_hint() />
        </fieldset>
        <fieldset>
            <legend>{text::for_staff()}</legend>
            <TextArea field=details.notes label=text::notes() hint=text::notes_hint() />
            <TextField field=details.features label=text::features() hint=text::features_hint() />
        </fieldset>
    }
}
