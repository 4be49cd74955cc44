//! The keys that programs come with.

use chrono::{DateTime, Utc};
use client::{format, paged, use_client};
use contract::api_keys::ApiKey;
use domain::permissions::Permission;
use kit::{
    Button, ButtonKind, Column, Confirm, EmptyState, Icon, LinkButton, Status, Table, Tone, deed, icon,
    listing, use_toasts,
};
use leptos::prelude::*;

use super::{
    SettingsHead,
    customer_choice::CustomerNames,
    permissions::{AREAS, meaning},
    text,
};

#[component]
pub fn ApiKeys() -> impl IntoView {
    let client = use_client();
    let toasts = use_toasts();
    let keys = paged::<ApiKey>(|| Some("/msp/api-keys".to_owned()));
    let may = client.session.with_untracked(|session| session.may(Permission::ApiKeysWrite));
    let new = move || {
        may.then(|| {
            view! {
                <LinkButton href="/settings/api-keys/new" kind=ButtonKind::Primary>
                    {icon(Icon::Plus, 16)}
                    {text::new_api_key()}
                </LinkButton>
            }
        })
    };
    let open = RwSignal::new(false);
    let chosen = RwSignal::new(None::<ApiKey>);
    let revoke = deed(move || async move {
        let Some(key) = chosen.get_untracked() else { return Ok(()) };
        client.delete(format!("/msp/api-keys/{}", key.id)).done().await?;
        toasts.say(text::key_revoked_toast(&key.name));
        Ok(())
    });
    let ask = Callback::new(move |key: ApiKey| {
        chosen.set(Some(key));
        open.set(true);
    });
    let none = move || {
        view! {
            <EmptyState title=text::no_keys() detail=text::no_keys_detail() sign=Icon::Key>
                {new()}
            </EmptyState>
        }
    };
    view! {
        <SettingsHead actions=new />
        <section class="card">{listing(keys, none, move |rows| table(rows, may, ask))}</section>
        {move || {
            let key = chosen.get()?;
            Some(
                view! {
                    <Confirm
                        id="revoke-key"
                        title=text::revoke_title(&key.name)
                        open
                        action=text::revoke()
                        danger=true
                        on_confirm=revoke
                    >
                        <p>{text::revoke_meaning()}</p>
                    </Confirm>
                },
            )
        }}
    }
}

fn table(rows: Signal<Vec<ApiKey>>, may: bool, ask: Callback<ApiKey>) -> impl IntoView {
    let mut columns = vec![
        Column::text(text::key_name()),
        Column::text(text::scopes()).least(),
        Column::text(text::limited()).least(),
        Column::text(text::last_used()).less(),
        Column::text(text::state()),
    ];
    if may {
        columns.push(Column::figures(""));
    }
    view! {
        <Table caption=text::api_keys() columns>
            <For
                each=move || rows.get()
                key=|key| (key.id, key.revoked_at, key.last_used_at)
                let:key
            >
                <Row key may ask />
            </For>
        </Table>
    }
}

/// Whether a moment is past. The server goes by its own clock; this is for the eye.
fn is_past(at: DateTime<Utc>) -> bool {
    let now: String = js_sys::Date::new_0().to_iso_string().into();
    now.parse::<DateTime<Utc>>().is_ok_and(|now| at <= now)
}

/// What a key may do, by area.
fn scopes(key: &ApiKey) -> impl IntoView + use<> {
    let lines: Vec<_> = AREAS
        .iter()
        .filter_map(|area| {
            let change = area.change.is_some_and(|change| key.scopes.contains(&change));
            let words = match (key.scopes.contains(&area.see), change) {
                (_, true) => text::scope_change(),
                (true, false) => text::scope_see(),
                (false, false) => return None,
            };
            Some(format!("{}: {}", (area.name)(), words))
        })
        .collect();
    let all: Vec<_> = key.scopes.iter().map(|scope| meaning(*scope)).collect();
    view! { <span class="sub" title=all.join("\n")>{lines.join(" · ")}</span> }
}

#[component]
fn Row(key: ApiKey, may: bool, ask: Callback<ApiKey>) -> impl IntoView {
    let over = key.expires_at.is_some_and(is_past);
    let (tone, word) = match key.revoked_at {
        Some(_) => (Tone::Missing, text::key_revoked()),
        None if over => (Tone::Missing, text::key_ended()),
        None => (Tone::Ok, text::key_active()),
    };
    let works = key.revoked_at.is_none() && !over;
    let until = match (key.revoked_at, key.expires_at) {
        (Some(at), _) => Some((format::relative(at), at)),
        (None, Some(at)) => Some((text::ends_when(&format::relative(at)), at)),
        (None, None) => None,
    };
    let (used, used_at) = match key.last_used_at {
        Some(at) => (format::relative(at), format::instant(at)),
        None => (text::never().to_owned(), String::new()),
    };
    let name = key.name.clone();
    let shown = key.clone();
    view! {
        <tr>
            <th scope="row" class="who-cell">
                <span class="name">{key.name.clone()}</span>
                <span class="code">{format!("{}…", key.prefix)}</span>
                <div class="sub" title=format::instant(key.created_at)>
                    {key.created_by.clone()}
                    " · "
                    {format::day(format::day_of(key.created_at))}
                    " · "
                    {text::rate(&format::whole(i64::from(key.requests_per_minute)))}
                </div>
                <div class="only-narrow">
                    {scopes(&key)}
                    {key
                        .only_customers
                        .clone()
                        .map(|customers| {
                            view! {
                                <div class="sub">
                                    <CustomerNames customers=Some(customers) />
                                </div>
                            }
                        })}
                </div>
            </th>
            <td class="least">{scopes(&key)}</td>
            <td class="least">
                <CustomerNames customers=key.only_customers.clone() />
            </td>
            <td class="less" title=used_at>
                {used}
            </td>
            <td class="tight">
                <Status tone word />
                {until
                    .map(|(until, at)| {
                        view! {
                            <div class="sub" title=format::instant(at)>
                                {until}
                            </div>
                        }
                    })}
            </td>
            {may
                .then(|| {
                    view! {
                        <td class="r">
                            {works
                                .then(|| {
                                    view! {
                                        <Button small=true on_press=move |()| ask.run(shown.clone())>
                                            {text::revoke()}
                                            <span class="only-heard">{name}</span>
                                        </Button>
                                    }
                                })}
                        </td>
                    }
                })}
        </tr>
    }
}
