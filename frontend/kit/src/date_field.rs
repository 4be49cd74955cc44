//! A day. The browser's own field knows the calendar, the keyboard and the locale.

use chrono::NaiveDate;
use leptos::prelude::*;

use crate::{
    field::{Around, described, invalid},
    form::Field,
};

/// A day: typed, or picked from the browser's calendar. The value is `2026-11-21`.
#[component]
pub fn DateField(
    /// What is typed.
    field: Field,
    /// What it is called.
    #[prop(into)]
    label: String,
    /// A word of help.
    #[prop(optional, into)]
    hint: Option<String>,
    /// The first day that the calendar offers. What is typed is for the form to check.
    #[prop(optional)]
    first: Option<NaiveDate>,
    /// The last day that the calendar offers.
    #[prop(optional)]
    last: Option<NaiveDate>,
    /// Gets the focus when what holds it opens.
    #[prop(optional)]
    autofocus: bool,
) -> impl IntoView {
    let id = field.id.get_value();
    let written = |day: Option<NaiveDate>| day.map(|day| day.to_string());
    view! {
        <Around field label hint=hint.clone()>
            <input
                id=id.clone()
                name=id
                type="date"
                autocomplete="off"
                autofocus=autofocus
                min=written(first)
                max=written(last)
                bind:value=field.value
                aria-invalid=invalid(field)
                aria-describedby=described(field, hint.is_some())
            />
        </Around>
    }
}
