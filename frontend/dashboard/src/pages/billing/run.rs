//! A run: the invoices of a month, for all who have none yet. The server works through it in the background and tells
//! how many were due; how far it is, the trail says. The run stands in the address, so that a reload still shows it.

use address::{Query, go, use_query};
use std::time::Duration;

use chrono::{DateTime, Utc};
use client::{Remote, format, load, use_client};
use contract::{
    Page,
    events::Event,
    invoices::{CreateInvoiceRun, InvoiceRun},
};
use domain::{periods::Month, permissions::Permission};
use kit::{
    Banner, Button, Card, Confirm, Form, FormView, LinkButton, Meter, PageHeader, SelectField, Status, Tone,
    deed, required, use_toasts,
};
use leptos::prelude::*;
use rust_decimal::Decimal;

use super::{When, dry_run::DryRun, may, months, text};

/// How often it is asked how far the run is.
const PAUSE: Duration = Duration::from_secs(2);
/// How often at most: whoever still looks after that reloads the page.
const TIMES: u32 = 150;

/// A run that has been queued.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Queued {
    period: Month,
    draft: bool,
    due: i64,
    held: i64,
    since: Option<DateTime<Utc>>,
}

impl Queued {
    fn read(query: &Query) -> Option<Self> {
        let get = |key| query.get(key).unwrap_or_default();
        Some(Self {
            period: get("period").parse().ok()?,
            draft: get("draft") == "true",
            due: get("due").parse().ok()?,
            held: get("held").parse().unwrap_or_default(),
            since: get("since").parse().ok(),
        })
    }

    fn address(run: &InvoiceRun, since: Option<DateTime<Utc>>) -> String {
        let mut query = Query::new();
        query.set("period", run.period.to_string());
        if run.draft {
            query.set("draft", "true");
        }
        query.set("due", run.due.to_string());
        if run.held > 0 {
            query.set("held", run.held.to_string());
        }
        if let Some(since) = since {
            query.set("since", since.to_rfc3339_opts(chrono::SecondsFormat::Micros, true));
        }
        format!("/invoices/run{query}")
    }
}

#[component]
pub fn RunPage() -> impl IntoView {
    let query = use_query();
    let queued = Memo::new(move |_| query.with(Queued::read));
    view! {
        <PageHeader
            title=text::run_invoices()
            above=vec![("/invoices", text::invoices())]
            here=text::run_invoices()
            lead=|| view! { <p class="mut">{text::run_lead()}</p> }
        />
        {move || match queued.get() {
            Some(queued) => view! { <Progress queued /> }.into_any(),
            None => view! { <Ask /> }.into_any(),
        }}
    }
}

#[component]
fn Ask() -> impl IntoView {
    let client = use_client();
    let toasts = use_toasts();
    let now = Month::of(format::today());
    let may_see_events = may(Permission::EventsRead);
    let form = Form::new("");
    let period = form.field("/period", now.offset(-1).to_string(), required);
    let options = Signal::stored(
        months().into_iter().map(|month| (month.to_string(), format::month(month))).collect::<Vec<_>>(),
    );
    let month = Memo::new(move |_| period.value.with(|value| value.parse::<Month>().unwrap_or(now)));
    let (asked, asked_drafts) = (RwSignal::new(false), RwSignal::new(false));
    let queue = move |draft: bool| {
        deed(move || async move {
            let body = CreateInvoiceRun { period: month.get_untracked(), draft };
            let run = client.post("/msp/invoice-runs").body(&body).answer::<InvoiceRun>().await?;
            // The server's clock says since when; where it cannot be asked, no progress is shown, and none of drafts.
            let since = if may_see_events && !draft {
                let queued = "/msp/events?type=invoices.run_queued&limit=1";
                let found = client.get::<Page<Event>>(queued, None).await;
                found.ok().and_then(|page| page.items.into_iter().next()).map(|event| event.occurred_at)
            } else {
                None
            };
            let written = format::month(run.period);
            toasts.say(if draft { text::run_drafts_begun(&written) } else { text::run_begun(&written) });
            go(&Queued::address(&run, since));
            Ok(())
        })
    };
    let (issue, make_drafts) = (queue(false), queue(true));
    let drafts = move || {
        let ask = move |()| asked_drafts.set(true);
        view! { <Button on_press=ask>{text::run_drafts_action()}</Button> }
    };
    let running = move || month.get() == now;
    view! {
        <section class="card narrow">
            <div class="pad">
                <FormView
                    form
                    submit=text::run_action()
                    on_submit=move |()| asked.set(true)
                    on_cancel=Callback::new(move |()| go("/invoices"))
                    beside=drafts
                >
                    <SelectField field=period label=text::period() options />
                    {move || {
                        running().then(|| view! { <Banner tone=Tone::Warning>{text::period_is_running()}</Banner> })
                    }}
                </FormView>
            </div>
        </section>
        <DryRun month />
        {move || {
            let written = format::month(month.get());
            view! {
                <Confirm
                    id="run"
                    title=text::run_title(&written)
                    open=asked
                    action=text::run_action()
                    on_confirm=issue
                >
                    <p class="mut">{text::run_means()}</p>
                    {running().then(|| view! { <Banner tone=Tone::Warning>{text::period_is_running()}</Banner> })}
                </Confirm>
                <Confirm
                    id="run-drafts"
                    title=text::run_drafts_title(&written)
                    open=asked_drafts
                    action=text::run_drafts_action()
                    on_confirm=make_drafts
                >
                    <p class="mut">{text::run_drafts_means()}</p>
                </Confirm>
            }
        }}
    }
}

/// How many, and whether there were more than one answer holds.
fn count(state: &Remote<Page<Event>>) -> Option<(i64, bool)> {
    match state {
        Remote::Ready(page) => {
            Some((i64::try_from(page.items.len()).unwrap_or(i64::MAX), page.next_cursor.is_some()))
        }
        Remote::Loading | Remote::Failed(_) => None,
    }
}

#[component]
fn Progress(queued: Queued) -> impl IntoView {
    let Queued { period, draft, due, held, since } = queued;
    let month = format::month(period);
    let (title, list, show) = if draft {
        let list = format!("/invoices?status=draft&period={period}");
        (text::drafts_of(&month), list, text::show_drafts_of(&month))
    } else {
        (text::run_of(&month), format!("/invoices?period={period}"), text::show_invoices_of(&month))
    };
    let body = match since {
        _ if due == 0 => {
            let word = if held == 0 { text::run_nothing(&month) } else { text::run_nothing_else(&month) };
            view! {
                <p class="pad">
                    <Status tone=Tone::Ok word />
                </p>
            }
            .into_any()
        }
        _ if draft => view! { <p class="pad mut">{text::run_drafts_unseen(due)}</p> }.into_any(),
        Some(since) => view! { <Watch due since /> }.into_any(),
        None => view! { <p class="pad mut">{text::run_unseen(due)}</p> }.into_any(),
    };
    view! {
        <div class="narrow">
            <Card title>
                {body}
                {(held > 0)
                    .then(|| {
                        view! {
                            <p class="pad">
                                <Status tone=Tone::Skipped word=text::run_held(held) />
                            </p>
                        }
                    })}
                <div class="pad form-end">
                    <LinkButton href=list>{show}</LinkButton>
                    <LinkButton href="/invoices/run">{text::another_run()}</LinkButton>
                </div>
            </Card>
        </div>
    }
}

#[component]
fn Watch(due: i64, since: DateTime<Utc>) -> impl IntoView {
    let from = js_sys::encode_uri_component(&since.to_rfc3339_opts(chrono::SecondsFormat::Micros, true));
    let path = move |kind: &str| format!("/msp/events?limit=200&type={kind}&from={from}");
    let (issued_path, failed_path) = (path("invoice.finalized"), path("invoice.failed"));
    let issued = load::<Page<Event>>(move || Some(issued_path.clone()));
    let failed = load::<Page<Event>>(move || Some(failed_path.clone()));
    let counts = Memo::new(move |_| Some((issued.state.with(count)?, failed.state.with(count)?)));
    let over = Memo::new(move |_| {
        counts.get().is_some_and(|((issued, more), (failed, _))| more || issued + failed >= due)
    });
    let asked = RwSignal::new(0u32);
    let timer = set_interval_with_handle(
        move || {
            if !over.get_untracked() && asked.get_untracked() < TIMES {
                asked.update(|asked| *asked += 1);
                issued.reload();
                failed.reload();
            }
        },
        PAUSE,
    );
    on_cleanup(move || {
        if let Ok(timer) = timer {
            timer.clear();
        }
    });
    let standing = move || {
        let Some(((done, more), _)) = counts.get() else { return ().into_any() };
        let percent = Decimal::from(done * 100).checked_div(Decimal::from(due)).unwrap_or_default();
        let percent = u32::try_from(percent.trunc()).unwrap_or(100).min(100);
        let note = if more {
            text::run_many().to_owned()
        } else if over.get() {
            text::run_over().to_owned()
        } else if asked.get() >= TIMES {
            text::run_slow().to_owned()
        } else {
            text::run_goes_on().to_owned()
        };
        view! {
            <Meter
                label=text::issued_invoices()
                used=format::whole(done)
                allowed=Some(format::whole(due))
                percent
                note=Some(note)
            />
        }
        .into_any()
    };
    let failures = move || match failed.state.get() {
        Remote::Ready(page) if !page.items.is_empty() => {
            let item = |event: Event| {
                let reason =
                    event.data.get("reason").and_then(|it| it.as_str()).unwrap_or_default().to_owned();
                let customer = event.customer_id.map(|id| {
                    view! { <a class="link alone" href=format!("/customers/{id}")>{text::customer()}</a> }
                });
                view! {
                    <li>
                        <span>{reason}</span>
                        <span class="sub">
                            {customer} " " <When instant=event.occurred_at />
                        </span>
                    </li>
                }
            };
            view! {
                <div class="pad">
                    <Status tone=Tone::Error word=text::run_failed(i64::try_from(page.items.len()).unwrap_or(0)) />
                </div>
                <ol class="timeline">{page.items.into_iter().map(item).collect_view()}</ol>
            }
            .into_any()
        }
        Remote::Ready(_) | Remote::Loading | Remote::Failed(_) => ().into_any(),
    };
    view! {
        <div class="meters" role="status">{move || standing()}</div>
        {move || failures()}
    }
}
