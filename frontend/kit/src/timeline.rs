//! What happened, the latest first.

use chrono::{DateTime, Utc};
use client::format;
use leptos::prelude::*;

use crate::{
    icon::{Icon, icon},
    text,
};

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Happening {
    /// Names it.
    pub id: String,
    /// The drawing before it.
    pub sign: Icon,
    /// What happened.
    pub what: String,
    /// Who did it.
    pub who: String,
    /// When.
    pub when: DateTime<Utc>,
    /// Names and values that say more.
    pub details: Vec<(String, String)>,
}

/// A list of what happened. What is known about each beyond a sentence can be opened.
#[component]
pub fn Timeline(
    /// What it is about, for those who hear the page.
    #[prop(into)]
    label: String,
    /// What happened.
    #[prop(into)]
    items: Signal<Vec<Happening>>,
) -> impl IntoView {
    view! {
        <ol class="timeline" aria-label=label>
            <For each=move || items.get() key=|item| item.id.clone() let:item>
                <Item item />
            </For>
        </ol>
    }
}

#[component]
fn Item(item: Happening) -> impl IntoView {
    let Happening { sign, what, who, when, details, .. } = item;
    let rows = details
        .into_iter()
        .map(|(name, value)| {
            view! {
                <dt>{name}</dt>
                <dd>{value}</dd>
            }
        })
        .collect::<Vec<_>>();
    // What the summary opens is named by it: many of them say the same word.
    let about = format!(", {what}");
    view! {
        <li>
            <i aria-hidden="true">{icon(sign, 14)}</i>
            <div>
                <div class="what">{what}</div>
                <div class="about">
                    {who} " · "
                    <time datetime=when.to_rfc3339() title=format::instant(when)>
                        {format::relative(when)}
                    </time>
                </div>
                {(!rows.is_empty())
                    .then(|| {
                        view! {
                            <details>
                                <summary>{text::details()}<span class="only-heard">{about}</span></summary>
                                <dl class="kv">{rows}</dl>
                            </details>
                        }
                    })}
            </div>
        </li>
    }
}
