//! Everything that is filtered, as a file.

use client::{format, spawn};
use leptos::prelude::*;

use super::GridRows;
use crate::{
    button::Button,
    download::{csv, download},
    text,
    toast::use_toasts,
};

/// Has the browser keep all that match, whether they have been read or not.
#[component]
pub fn GridExport(
    /// What is exported.
    rows: GridRows,
) -> impl IntoView {
    let toasts = use_toasts();
    let busy = RwSignal::new(false);
    let so_far = RwSignal::new(0_usize);
    let export = move |()| {
        busy.set(true);
        so_far.set(0);
        let all = rows.rows().export(Box::new(move |count| {
            so_far.try_set(count);
        }));
        spawn(async move {
            match all.await {
                Ok(lines) => {
                    let name = format!("{}-{}.csv", rows.spec.name, format::today());
                    download(&name, "text/csv;charset=utf-8", &csv(lines.iter().map(Vec::as_slice)));
                }
                Err(failure) => toasts.say(failure.detail()),
            }
            busy.try_set(false);
        });
    };
    let label = move || match so_far.get() {
        count if count > 0 && busy.get() => text::rows_so_far(super::number(count)),
        _ => text::export_csv().to_owned(),
    };
    view! {
        <Button busy on_press=export>
            {label}
        </Button>
    }
}
