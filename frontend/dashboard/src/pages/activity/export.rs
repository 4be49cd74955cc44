//! The entries as a file for spreadsheets: exactly those that the filter lets through.

use std::collections::HashMap;

use chrono::SecondsFormat;
use client::{Client, Failure, format, spawn, use_client};
use contract::{Page, customers::Customer, events::Event};
use domain::{ids::CustomerId, permissions::Permission};
use kit::{Button, Icon, csv, download, icon, use_toasts};
use leptos::prelude::*;

use super::{filter::Filter, text};
use crate::events;

/// What a spreadsheet still opens without trouble.
const MOST: usize = 10_000;

const HEAD: [&str; 11] = [
    "time",
    "event",
    "type",
    "actor",
    "actor_name",
    "customer",
    "subject",
    "details",
    "request",
    "address",
    "place",
];

#[component]
pub fn Export(filter: Memo<Filter>) -> impl IntoView {
    let client = use_client();
    let toasts = use_toasts();
    // How many have been read; nothing while none is under way.
    let read = RwSignal::new(None::<usize>);
    let export = move |()| {
        let path = filter.with_untracked(|filter| filter.path(200));
        read.set(Some(0));
        spawn(async move {
            let found = collect(client, &path, read).await;
            let cancelled = read.try_get_untracked().flatten().is_none();
            read.try_set(None);
            match found {
                _ if cancelled => toasts.say(text::export_cancelled()),
                Ok((rows, all)) => {
                    let name = format!("activity-{}.csv", format::today());
                    let count = i64::try_from(rows.len()).unwrap_or(i64::MAX);
                    let head = HEAD.map(str::to_owned);
                    let rows = std::iter::once(head.as_slice()).chain(rows.iter().map(Vec::as_slice));
                    download(&name, "text/csv;charset=utf-8", &csv(rows));
                    toasts.say(text::export_done(count));
                    if !all {
                        toasts.say(text::export_far());
                    }
                }
                Err(failure) => toasts.say(failure.detail()),
            }
        });
    };
    on_cleanup(move || {
        read.try_set(None);
    });
    move || match read.get() {
        None => view! {
            <Button on_press=export>{icon(Icon::Download, 16)} {text::export()}</Button>
        }
        .into_any(),
        Some(count) => view! {
            <span class="dim" role="status">
                {text::export_progress(i64::try_from(count).unwrap_or(i64::MAX))}
            </span>
            <Button on_press=move |()| read.set(None)>{text::cancel()}</Button>
        }
        .into_any(),
    }
}

/// All pages, and whether that is all there is. Stops where nobody waits for it any more.
async fn collect(
    client: Client,
    path: &str,
    read: RwSignal<Option<usize>>,
) -> Result<(Vec<Vec<String>>, bool), Failure> {
    let mut events: Vec<Event> = Vec::new();
    let mut cursor = None;
    let all = loop {
        let page = one_page::<Event>(client, path, cursor.as_deref()).await?;
        events.extend(page.items);
        if read.try_get_untracked().flatten().is_none() {
            return Ok((Vec::new(), false));
        }
        read.try_set(Some(events.len()));
        cursor = page.next_cursor;
        if cursor.is_none() {
            break true;
        }
        if events.len() >= MOST {
            break false;
        }
    };
    events.truncate(MOST);
    let names = names(client, &events).await?;
    Ok((events.into_iter().map(|event| row(event, &names)).collect(), all))
}

async fn one_page<T: client::Shown + contract::ToSchema>(
    client: Client,
    path: &str,
    cursor: Option<&str>,
) -> Result<Page<T>, Failure> {
    let path = cursor.map_or_else(
        || path.to_owned(),
        |cursor| format!("{path}&cursor={}", js_sys::encode_uri_component(cursor)),
    );
    client.get(&path, None).await
}

/// What the customers are called, where any are concerned.
async fn names(client: Client, events: &[Event]) -> Result<HashMap<CustomerId, String>, Failure> {
    let mut names = HashMap::new();
    let may = client.session.with_untracked(|session| session.may(Permission::CustomersRead));
    if !may || events.iter().all(|event| event.customer_id.is_none()) {
        return Ok(names);
    }
    let mut cursor = None;
    loop {
        let page = one_page::<Customer>(client, "/msp/customers?limit=200", cursor.as_deref()).await?;
        names.extend(page.items.into_iter().map(|customer| (customer.id, customer.company_name)));
        cursor = page.next_cursor;
        if cursor.is_none() {
            return Ok(names);
        }
    }
}

fn row(event: Event, names: &HashMap<CustomerId, String>) -> Vec<String> {
    let customer = event
        .customer_id
        .map(|id| names.get(&id).cloned().unwrap_or_else(|| id.to_string()))
        .unwrap_or_default();
    vec![
        event.occurred_at.to_rfc3339_opts(SecondsFormat::Millis, true),
        events::kind(&event.kind),
        event.kind,
        event.actor,
        event.actor_name,
        customer,
        event.subject,
        event.data.to_string(),
        event.request_id.unwrap_or_default(),
        event.address.unwrap_or_default(),
        event.seq.to_string(),
    ]
}
