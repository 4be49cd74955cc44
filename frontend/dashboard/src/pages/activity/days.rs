//! What happened, day by day.

use address::{Query, use_path, use_query};
use chrono::{NaiveDate, SecondsFormat};
use client::format;
use leptos::prelude::*;

use super::Happening;
use crate::events;

/// The entries, the newest first, under their days.
#[component]
pub fn Days(events: Signal<Vec<Happening>>) -> impl IntoView {
    let days = Memo::new(move |_| {
        let mut days: Vec<(NaiveDate, Vec<Happening>)> = Vec::new();
        for happening in events.get() {
            let day = format::day_of(happening.event.occurred_at);
            match days.last_mut() {
                Some((last, happenings)) if *last == day => happenings.push(happening),
                _ => days.push((day, vec![happening])),
            }
        }
        days
    });
    move || {
        let day = |(day, happenings): (NaiveDate, Vec<Happening>)| {
            view! {
                <section class="day">
                    <h2>
                        {format::day(day)} " " <span class="dim">{format::relative_day(day)}</span>
                    </h2>
                    <ul class="trail">
                        {happenings.into_iter().map(|happening| view! { <Entry happening /> }).collect_view()}
                    </ul>
                </section>
            }
        };
        days.get().into_iter().map(day).collect_view()
    }
}

/// The query of this page with an entry in it.
fn with_event(query: &Query, happening: &Happening) -> String {
    let mut query = query.clone();
    query.set("event", happening.event.id.to_string());
    query.set("at", happening.event.occurred_at.to_rfc3339_opts(SecondsFormat::Micros, true));
    query.to_string()
}

#[component]
fn Entry(happening: Happening) -> impl IntoView {
    let query = use_query();
    let path = use_path();
    let at = happening.event.occurred_at;
    let shown = happening.clone();
    let href = move || format!("{}{}", path.get(), query.with(|query| with_event(query, &shown)));
    view! {
        <li>
            <time class="num dim" title=format::instant(at)>
                {format::time(at)}
            </time>
            <a class="row-link" href=href>
                {events::kind(&happening.event.kind)}
            </a>
            <span class="about">{about(&happening)}</span>
            <span class="by dim">{happening.event.actor_name.clone()}</span>
        </li>
    }
}

/// What tells it from others of its kind: the MSP, or a name among the details.
fn about(happening: &Happening) -> String {
    let data = &happening.event.data;
    let named = ["number", "company_name", "name", "display_name", "email", "to", "code"]
        .iter()
        .find_map(|key| data.get(key)?.as_str());
    let customer = happening.customer.as_deref().filter(|customer| named != Some(*customer));
    [happening.tenant.as_deref(), customer, named].into_iter().flatten().collect::<Vec<_>>().join(" · ")
}
