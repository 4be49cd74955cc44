//! The journal as a file for accountants.

use address::Query;
use chrono::{Datelike as _, NaiveDate};
use client::{format, use_client};
use kit::{Button, DateField, Dialog, Form, FormView, Icon, download, icon};
use leptos::prelude::*;

use super::text;
use crate::pages::filter_fields::set_days;

/// Asks for which days, and has the browser keep them.
#[component]
pub fn Export() -> impl IntoView {
    let open = RwSignal::new(false);
    view! {
        <Button on_press=move |()| open.set(true)>{icon(Icon::Download, 16)} {text::export()}</Button>
        <Dialog id="export" title=Signal::stored(text::export_title().to_owned()) open>
            <ExportForm open />
        </Dialog>
    }
}

fn a_day(value: &str) -> Option<String> {
    value.parse::<NaiveDate>().is_err().then(|| text::day_missing().to_owned())
}

#[component]
fn ExportForm(open: RwSignal<bool>) -> impl IntoView {
    let client = use_client();
    let today = format::today();
    let first = today.with_ordinal(1).unwrap_or(today);
    let form = Form::new("");
    let from = form.field("/from", first.to_string(), a_day);
    let until = form.field("/until", today.to_string(), a_day);
    let turned = move || {
        let day = |text: String| text.parse::<NaiveDate>().ok();
        let (from, until) = (day(from.value.get())?, day(until.value.get())?);
        (until < from).then(|| text::last_before_first().to_owned())
    };
    let until = form.rule(until, turned);
    let submit = move |()| {
        let days = (from.text(), until.text());
        let mut query = Query::new();
        set_days(&mut query, days.0.parse().ok(), days.1.parse().ok());
        form.send(
            async move || client.text(&format!("/msp/ledger/export{query}"), None).await,
            move |journal: String| {
                let name = format!("ledger-{}-{}.csv", days.0, days.1);
                download(&name, "text/csv;charset=utf-8", &journal);
                open.set(false);
            },
        );
    };
    view! {
        <p class="mut">{text::export_means()}</p>
        <FormView form submit=text::export_do() on_submit=submit on_cancel=move |()| open.set(false)>
            <DateField field=from label=text::first_day() autofocus=true />
            <DateField field=until label=text::last_day() />
        </FormView>
    }
}
