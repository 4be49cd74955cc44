//! How things stand at the company.

use client::{Remote, format, load, session::home_reads, use_client};
use contract::{
    Page,
    credits::{PortalCredit, PortalCreditGrant},
    invoices::Invoice,
    portal::{PortalOverview, PortalPlan},
    usage::Usage,
};
use domain::limits::Limits;
use frame::brand::use_brand;
use kit::{
    ButtonKind, Card, EmptyState, KeyValues, LinkButton, PageHeader, SkeletonRows, Status, Tone, faces,
};
use leptos::prelude::*;

use super::{
    invoices::{InvoiceState, due, period, table},
    pay::{PayButton, PayFailure, Paying},
    used,
};
use crate::text;

/// What is read for it.
const READ: &str = "/portal/overview";

/// The first page.
#[component]
pub fn Overview() -> impl IntoView {
    let client = use_client();
    home_reads(READ);
    let overview = load::<PortalOverview>(|| Some(READ.to_owned()));
    let paying = Paying::new();
    let title = Memo::new(move |_| {
        client.session.with(|session| {
            session.me().map(|me| text::greeting(format::hour(), &me.name)).unwrap_or_default()
        })
    });
    let lead = move || match overview.state.get() {
        Remote::Ready(found) => {
            view! { <p class="mut">{format!("{} · {}", found.company_name, sentence(&found))}</p> }.into_any()
        }
        Remote::Loading => view! { <span class="bone w4" aria-hidden="true"></span> }.into_any(),
        Remote::Failed(_) => ().into_any(),
    };
    view! {
        <PageHeader title lead />
        <PayFailure paying />
        {faces(overview, skeleton, move |overview| content(overview, paying))}
    }
}

fn skeleton() -> impl IntoView {
    view! {
        <div class="stack">
            <div class="card"><SkeletonRows rows=1 /></div>
            <div class="cols">
                <div class="card"><SkeletonRows rows=4 /></div>
                <div class="card"><SkeletonRows rows=2 /></div>
            </div>
        </div>
    }
}

fn count(invoices: &[Invoice], wanted: impl Fn(&Invoice) -> bool) -> i64 {
    i64::try_from(invoices.iter().filter(|invoice| wanted(invoice)).count()).unwrap_or(i64::MAX)
}

fn sentence(overview: &PortalOverview) -> String {
    let (open, overdue) =
        (count(&overview.open_invoices, |_| true), count(&overview.open_invoices, |invoice| invoice.overdue));
    let money = match (open, overdue) {
        (0, _) => text::nothing_open().to_owned(),
        (_, 0) => text::open_invoices(open),
        _ => text::overdue_invoices(overdue),
    };
    if used::is_over(&overview.usage.metrics, overview.limits) {
        format!("{money} {}", text::over_limit())
    } else {
        money
    }
}

fn content(overview: PortalOverview, paying: Paying) -> impl IntoView {
    let PortalOverview { limits, plans, usage, open_invoices, .. } = overview;
    view! {
        <div class="stack">
            <ToPay invoices=open_invoices paying />
            <div class="cols">
                <div class="stack">
                    <UsageNow usage limits />
                    <Latest />
                </div>
                <div class="stack">
                    <Plan plans limits />
                    <Credit />
                    <Contact />
                </div>
            </div>
        </div>
    }
}

/// What is to be paid, the oldest first.
#[component]
fn ToPay(invoices: Vec<Invoice>, paying: Paying) -> impl IntoView {
    let rest = count(&invoices, |_| true) - 1;
    let Some(first) = invoices.into_iter().min_by_key(|invoice| (invoice.due_on, invoice.number.clone()))
    else {
        return view! {
            <section class="card due" aria-label=text::to_pay()>
                <Status tone=Tone::Ok word=text::nothing_open() />
            </section>
        }
        .into_any();
    };
    let about = [first.number.clone().unwrap_or_default(), period(&first)].join(" · ");
    view! {
        <section class=if first.overdue { "card due late" } else { "card due open" } aria-label=text::to_pay()>
            <div class="what">
                <div class="figure">
                    <b class="num">{format::money(first.outstanding)}</b>
                    <InvoiceState invoice=first.clone() />
                </div>
                <p class="mut">{due(&first)}</p>
                <p class="dim">{about}</p>
            </div>
            <div class="end">
                <LinkButton href=format!("/invoices/{}", first.id)>{text::to_invoice()}</LinkButton>
                <PayButton invoice=first.clone() paying />
            </div>
            {(rest > 0)
                .then(|| {
                    view! {
                        <a class="more-open link" href="/invoices?status=finalized">
                            {text::more_open(rest)}
                        </a>
                    }
                })}
        </section>
    }
    .into_any()
}

#[component]
fn UsageNow(usage: Usage, limits: Limits) -> impl IntoView {
    let all = || {
        view! {
            <LinkButton href="/usage" small=true kind=ButtonKind::Quiet>
                {text::all_figures()}
            </LinkButton>
        }
    };
    let body = used::meters(&usage.metrics, limits, false).map_or_else(
        || view! { <EmptyState title=text::no_usage() detail=text::no_usage_detail() /> }.into_any(),
        IntoAny::into_any,
    );
    view! {
        <Card title=text::usage_in(&format::month_name(usage.period)) actions=all>
            {body}
        </Card>
    }
}

#[component]
fn Plan(plans: Vec<PortalPlan>, limits: Limits) -> impl IntoView {
    let limit = |limit: Option<i32>, unit: &str| {
        Some(limit.map_or_else(
            || text::not_limited().to_owned(),
            |limit| format!("{} {unit}", format::whole(i64::from(limit))).trim_end().to_owned(),
        ))
    };
    let named = |PortalPlan { name, quantity, starts_on }: PortalPlan| {
        let name = if quantity > 1 { format!("{} × {name}", format::whole(quantity.into())) } else { name };
        if starts_on > format::today() { text::plan_from(&name, &format::day(starts_on)) } else { name }
    };
    let named: Vec<_> = plans.into_iter().map(named).collect();
    let names = if named.is_empty() { text::no_plan().to_owned() } else { named.join(", ") };
    let pairs = vec![
        (text::plan(), Some(names)),
        (text::machines_allowed(), limit(limits.max_machines, "")),
        (text::storage_allowed(), limit(limits.storage_gb, "GB")),
    ];
    view! {
        <Card title=text::plan_and_limits()>
            <div class="pad">
                <KeyValues pairs />
            </div>
        </Card>
    }
}

/// What the company has as credit, where it has some.
#[component]
fn Credit() -> impl IntoView {
    let credit = load::<PortalCredit>(|| Some("/portal/credit".to_owned()));
    let grant = |grant: PortalCreditGrant| {
        let until = grant
            .expires_on
            .map_or_else(|| text::credit_for_ever().to_owned(), |day| text::credit_until(&format::day(day)));
        let left = format::money(grant.left);
        let amount = if grant.left == grant.amount {
            left
        } else {
            format!("{left} {}", text::credit_left_of(&format::money(grant.amount)))
        };
        view! {
            <li>
                <b class="num">{amount}</b>
                <div class="sub">{format!("{} · {until}", grant.description)}</div>
            </li>
        }
    };
    move || match credit.state.get() {
        Remote::Ready(found) if !found.balances.is_empty() => {
            let sum: Vec<_> = found.balances.into_iter().map(format::money).collect();
            view! {
                <Card title=text::credit_balance()>
                    <div class="pad stack">
                        <p>
                            <b class="num">{sum.join(" · ")}</b>
                        </p>
                        <p class="mut">{text::credit_next()}</p>
                        <ul class="stack">
                            {found.grants.into_iter().map(grant).collect_view()}
                        </ul>
                    </div>
                </Card>
            }
            .into_any()
        }
        Remote::Failed(_) => view! {
            <Card title=text::credit_balance()>{faces(credit, || (), |_: PortalCredit| ())}</Card>
        }
        .into_any(),
        // Who has none is told nothing of it.
        Remote::Ready(_) | Remote::Loading => ().into_any(),
    }
}

/// Where to find help. All that the brand tells is here; a page of its own would say the same.
#[component]
fn Contact() -> impl IntoView {
    let brand = use_brand();
    let entry = |name: &'static str, href: String, shown: String| {
        view! {
            <dt>{name}</dt>
            <dd>
                <a class="link" href=href>
                    {shown}
                </a>
            </dd>
        }
    };
    let entries = move || {
        let brand = brand.get();
        let email = brand.support_email.map(|it| entry(text::email(), format!("mailto:{it}"), it));
        let phone =
            brand.support_phone.map(|it| entry(text::phone(), format!("tel:{}", it.replace(' ', "")), it));
        let website = brand.support_url.map(|it| entry(text::website(), it.clone(), it));
        if email.is_none() && phone.is_none() && website.is_none() {
            return view! { <p class="pad mut">{text::contact_none()}</p> }.into_any();
        }
        view! {
            <dl class="kv contact pad">
                {email}
                {phone}
                {website}
            </dl>
        }
        .into_any()
    };
    view! { <Card title=text::contact()>{move || entries()}</Card> }
}

/// The latest invoices, whatever has become of them.
#[component]
fn Latest() -> impl IntoView {
    let latest = load::<Page<Invoice>>(|| Some("/portal/invoices?limit=4".to_owned()));
    let all = || {
        view! {
            <LinkButton href="/invoices" small=true kind=ButtonKind::Quiet>
                {text::all_invoices()}
            </LinkButton>
        }
    };
    view! {
        <Card title=text::latest_invoices() actions=all>
            {faces(
                latest,
                || view! { <div class="latest"><SkeletonRows rows=4 /></div> },
                |latest| {
                    if latest.items.is_empty() {
                        view! { <p class="pad mut">{text::no_invoices_detail()}</p> }.into_any()
                    } else {
                        table(Signal::stored(latest.items)).into_any()
                    }
                },
            )}
        </Card>
    }
}
