//! Making an API key, and showing its secret once.

use address::go;
use chrono::{Days, NaiveDate};
use client::{effect, format, use_client};
use contract::api_keys::{CreateApiKey, CreatedApiKey};
use domain::{dates::Likely, permissions::Permission};
use kit::{
    Button, ButtonKind, CheckField, Copy, DateField, Dialog, Field, Form, FormView, Icon, NumberField,
    PageHeader, TextField, icon, optional, required,
};
use leptos::prelude::*;

use super::{
    customer_choice::{CustomerChoice, Limit},
    permissions::{AREAS, fits_limited, meaning},
    text,
};

#[component]
pub fn NewApiKey() -> impl IntoView {
    let client = use_client();
    let me = client.session.with_untracked(|session| session.me().cloned());
    let own: Vec<Permission> = me.as_ref().map(|me| me.permissions.clone()).unwrap_or_default();
    let limited_myself = me.is_some_and(|me| me.only_customers.is_some());

    let form = Form::new("new-api-key");
    let name = form.field("/name", "", required);
    let scopes = form.field("/scopes", "", a_scope);
    let ends = form.field("/expires_at", "", a_day);
    let rate = form.field("/requests_per_minute", "6000", a_rate);
    let limit = Limit::new(form, None);
    let limited = Memo::new(move |_| limited_myself || limit.on.value.with(|on| on == "true"));
    // What a limited key cannot do is not asked for where nobody sees it.
    effect(move || {
        if limited.get() {
            let all = read(scopes);
            let fit: Vec<_> = all.iter().copied().filter(|scope| fits_limited(*scope)).collect();
            if fit.len() < all.len() {
                write(scopes, &fit);
            }
        }
    });

    let made = RwSignal::new(None::<String>);
    let open = RwSignal::new(false);
    let submit = move |()| {
        form.send(
            async move || {
                let body = CreateApiKey {
                    name: name.text(),
                    scopes: read(scopes),
                    only_customers: limit.value(),
                    requests_per_minute: rate.whole(),
                    expires_at: ends.text().parse().ok().and_then(end_of).and_then(|at| Likely::new(at).ok()),
                };
                client.post("/msp/api-keys").body(&body).answer::<CreatedApiKey>().await
            },
            move |created: CreatedApiKey| {
                made.set(Some(created.secret));
                open.set(true);
            },
        );
    };
    let leave = move |()| go("/settings/api-keys");
    view! {
        <PageHeader
            title=text::new_api_key()
            above=vec![("/settings", text::settings()), ("/settings/api-keys", text::api_keys())]
            here=text::new_api_key()
        />
        <section class="card narrow">
            <div class="pad">
                <FormView form submit=text::create_key() on_submit=submit on_cancel=leave>
                    <TextField field=name label=text::key_name() hint=text::key_name_hint() />
                    <Scopes field=scopes own limited />
                    <CustomerChoice limit />
                    <div class="two">
                        <DateField field=ends label=text::ends_on() hint=text::ends_on_hint() />
                        <NumberField field=rate label=text::per_minute() hint=text::per_minute_hint() />
                    </div>
                </FormView>
            </div>
        </section>
        <Dialog id="new-key" title=text::key_title() open required=true>
            {move || made.get().map(|secret| view! { <Once secret leave=Callback::new(leave) /> })}
        </Dialog>
    }
}

/// The secret, until somebody says that it is kept.
#[component]
fn Once(secret: String, leave: Callback<()>) -> impl IntoView {
    let stored = Form::new("").field("/stored", "false", optional);
    let off = Signal::derive(move || stored.value.with(|value| value != "true"));
    view! {
        <p class="mut">{text::key_about()}</p>
        <Copy label=text::secret() value=secret />
        <CheckField field=stored label=text::key_stored() hint=text::key_stored_hint() />
        <div class="end">
            <Button kind=ButtonKind::Primary off on_press=leave>
                {text::done()}
            </Button>
        </div>
    }
}

/// The scopes in a field, which are text: their names with spaces between them.
fn read(field: Field) -> Vec<Permission> {
    field.value.with(|value| value.split(' ').filter_map(|name| name.parse().ok()).collect())
}

fn write(field: Field, scopes: &[Permission]) {
    let names: Vec<_> = scopes.iter().map(ToString::to_string).collect();
    field.value.set(names.join(" "));
}

fn a_scope(value: &str) -> Option<String> {
    value.trim().is_empty().then(|| text::scopes_missing().to_owned())
}

/// The moment at which a day is over.
fn end_of(day: NaiveDate) -> Option<chrono::DateTime<chrono::Utc>> {
    day.checked_add_days(Days::new(1)).and_then(format::beginning)
}

fn a_day(value: &str) -> Option<String> {
    let ok = value.is_empty() || value.parse::<NaiveDate>().is_ok_and(|day| day >= format::today());
    (!ok).then(|| text::ends_later().to_owned())
}

fn a_rate(value: &str) -> Option<String> {
    let ok = format::number(value)
        .is_some_and(|rate| rate.fract().is_zero() && (1.into()..=100_000.into()).contains(&rate));
    (!ok).then(|| text::per_minute_wrong().to_owned())
}

/// What the key may do: by area, and nothing that its maker may not.
#[component]
fn Scopes(field: Field, own: Vec<Permission>, limited: Memo<bool>) -> impl IntoView {
    let own = StoredValue::new(own);
    let set = move |scope: Permission, on: bool| {
        let mut scopes = read(field);
        scopes.retain(|it| *it != scope);
        if on {
            scopes.push(scope);
        }
        scopes.sort_unstable();
        write(field, &scopes);
    };
    let offered = move |scope: Permission| {
        own.with_value(|own| own.contains(&scope)) && (!limited.get() || fits_limited(scope))
    };
    let areas = move || {
        AREAS
            .iter()
            .filter_map(|area| {
                let scopes: Vec<_> = area.permissions().filter(|scope| offered(*scope)).collect();
                (!scopes.is_empty()).then(|| {
                    let checks = scopes
                        .into_iter()
                        .map(|scope| view! { <Scope scope field on_set=move |on| set(scope, on) /> })
                        .collect_view();
                    view! {
                        <div class="scopes" role="group" aria-label=(area.name)()>
                            <span class="scopes-of">{(area.name)()}</span>
                            {checks}
                        </div>
                    }
                })
            })
            .collect_view()
    };
    view! {
        <fieldset class="scopes-all" aria-describedby="scopes-hint scopes-wrong">
            <legend>{text::scopes()}</legend>
            <p class="dim" id="scopes-hint">
                {text::scopes_hint()}
            </p>
            {move || areas()}
            <div class="field" id="scopes-wrong" aria-live="polite">
                {move || {
                    field
                        .error
                        .get()
                        .map(|error| view! { <p class="wrong">{icon(Icon::Alert, 16)} <span>{error}</span></p> })
                }}
            </div>
        </fieldset>
    }
}

#[component]
fn Scope(scope: Permission, field: Field, #[prop(into)] on_set: Callback<bool>) -> impl IntoView {
    let id = format!("scope-{}", scope.as_str().replace(':', "-"));
    let on = move || read(field).contains(&scope);
    view! {
        <div class="check">
            <input
                id=id.clone()
                type="checkbox"
                prop:checked=on
                aria-invalid=move || field.error.get().is_some().then_some("true")
                on:change:target=move |event| on_set.run(event.target().checked())
            />
            <label for=id>{meaning(scope)}</label>
            <span class="hint code">{scope.as_str()}</span>
        </div>
    }
}
