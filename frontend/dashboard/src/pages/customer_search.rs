//! Choosing one of many customers: the one way, wherever one is asked for.

use client::{Remote, load};
use contract::{Page, customers::Customer};
use kit::{Combobox, Field, Offer};
use leptos::prelude::*;

/// By what a customer is named: in what is sent, and in addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// The code, which people know, too.
    Code,
    /// The id.
    Id,
}

impl By {
    fn offer(self, customer: Customer) -> Offer {
        let value = match self {
            Self::Code => customer.code.clone(),
            Self::Id => customer.id.to_string(),
        };
        Offer { value, name: customer.company_name, about: customer.code }
    }
}

/// A field that finds customers by a part of their name or code. Where they are named by the code, one that is typed
/// counts without having been found.
#[component]
pub fn CustomerSearch(
    /// Its value is the customer.
    field: Field,
    /// By what.
    by: By,
    /// What it is called.
    label: &'static str,
    /// The label is said and not written.
    #[prop(optional)]
    bare: bool,
    /// A word of help.
    #[prop(optional, into)]
    hint: Option<String>,
    /// What stands in it while it is empty.
    #[prop(optional)]
    placeholder: &'static str,
    /// Told the value when one was chosen, or that there is none any more.
    #[prop(optional, into)]
    on_pick: Option<Callback<String>>,
) -> impl IntoView {
    let asked = RwSignal::new(None::<String>);
    let found = load::<Page<Customer>>(move || {
        let query = asked.get()?;
        Some(format!("/msp/customers?limit=20&q={}", js_sys::encode_uri_component(&query)))
    });
    let offers = Signal::derive(move || match found.state.get() {
        Remote::Ready(page) => Some(page.items.into_iter().map(|customer| by.offer(customer)).collect()),
        Remote::Loading => None,
        Remote::Failed(_) => Some(Vec::new()),
    });
    // What was chosen here has a name already; what the address or a kept form names is looked up.
    let picked = RwSignal::new(String::new());
    let chosen = load::<Customer>(move || {
        let value = field.value.get();
        let wanted = !value.is_empty() && value != *picked.read();
        wanted.then(|| format!("/msp/customers/{}", js_sys::encode_uri_component(&value)))
    });
    let written = Signal::derive(move || match chosen.state.get() {
        Remote::Ready(customer) => {
            let offer = by.offer(customer);
            if offer.value == *field.value.read() { offer.written() } else { String::new() }
        }
        Remote::Loading | Remote::Failed(_) => String::new(),
    });
    let pick = move |offer: Offer| {
        picked.set(offer.value.clone());
        if let Some(on_pick) = on_pick {
            on_pick.run(offer.value);
        }
    };
    view! {
        <Combobox
            field
            label
            bare
            hint
            placeholder
            written
            asked
            offers
            free=by == By::Code
            on_pick=Callback::new(pick)
        />
    }
}
