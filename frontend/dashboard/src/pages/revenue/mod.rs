//! How the business grows: what recurs of what was billed, month by month.

mod movements;
pub mod text;

use address::{Query, use_query};
use chrono::Datelike as _;
use client::{Remote, format, load};
use contract::revenue::{PlanRevenue, Revenue as Report, RevenueMonth};
use domain::{
    money::{Currency, Money},
    revenue::Movement,
};
use kit::{
    Banner, Donut, EmptyState, Icon, PageHeader, Series, SkeletonBlock, SkeletonRows, Slice, StackedBars,
    Tab, Tabs, Tone, faces,
};
use leptos::prelude::*;
use rust_decimal::Decimal;

use self::movements::Movements;

/// What the address calls it, and what people do.
type Range = (&'static str, fn() -> &'static str);

/// How far back.
const RANGES: [Range; 3] = [("", text::months_12), ("24", text::months_24), ("36", text::months_36)];

/// How many plans are shown by name: more are hard to tell apart.
const PLANS: usize = 5;

#[component]
pub fn RevenuePage() -> impl IntoView {
    let query = use_query();
    let range = Memo::new(move |_| {
        let wanted = query.with(|query| query.get("months")).unwrap_or_default();
        RANGES.iter().map(|(key, _)| *key).find(|key| *key == wanted).unwrap_or_default()
    });
    let address = |path: &str, months: &str| {
        let mut query = Query::new();
        query.set("months", months);
        format!("{path}{query}")
    };
    let report = load::<Report>(move || Some(address("/msp/revenue", range.get())));
    let tabs = Signal::derive(move || {
        let tab = |(key, label): &Range| Tab {
            href: address("/revenue", key),
            label: label(),
            current: range.get() == *key,
        };
        RANGES.iter().map(tab).collect::<Vec<_>>()
    });
    let lead = move || {
        match report.state.get() {
        Remote::Ready(found) => found
            .months
            .last()
            .map(|last| view! { <p class="mut">{text::up_to(last.revenue.currency().code(), &format::month(last.period))}</p> })
            .into_any(),
        Remote::Loading => view! { <span class="bone w4" aria-hidden="true"></span> }.into_any(),
        Remote::Failed(_) => ().into_any(),
    }
    };
    view! {
        <PageHeader title=text::revenue() lead />
        <Tabs label=text::range() tabs />
        {faces(report, skeleton, content)}
    }
}

fn skeleton() -> impl IntoView {
    view! {
        <div class="stack">
            <div class="card"><SkeletonRows rows=4 /></div>
            <div class="card"><SkeletonBlock /></div>
            <div class="card"><SkeletonRows rows=8 /></div>
        </div>
    }
}

fn content(report: Report) -> impl IntoView {
    let Report { months, plans, unbilled, deferred } = report;
    let Some(last) = months.last().cloned() else { return ().into_any() };
    let is_nothing =
        |month: &RevenueMonth| month.revenue.amount_minor() == 0 && month.recurring.amount_minor() == 0;
    if months.iter().all(is_nothing) {
        let title = text::none(last.revenue.currency().code());
        let ahead = (deferred.amount_minor() != 0).then(|| {
            view! { <Banner tone=Tone::Running>{text::only_deferred(&format::money(deferred))}</Banner> }
        });
        return view! {
            <div class="stack">
                {ahead}
                <section class="card">
                    <EmptyState title detail=text::none_detail() sign=Icon::Money />
                </section>
            </div>
        }
        .into_any();
    }
    let before = months.iter().rev().nth(1).cloned();
    view! {
        <div class="stack">
            {(unbilled > 0)
                .then(|| view! { <Banner tone=Tone::Running>{text::unbilled(unbilled)}</Banner> })}
            <div class="cols">
                {bars(&months)}
                <Figures last=last.clone() before deferred />
            </div>
            {donut(&last, plans)}
            <Movements months />
        </div>
    }
    .into_any()
}

/// Percent, to one decimal.
fn percent(part: i64, whole: i64) -> Option<String> {
    let percent = (Decimal::from(part) * Decimal::ONE_HUNDRED).checked_div(Decimal::from(whole))?;
    Some(format::quantity(percent.abs().round_dp(1)))
}

/// The last month at a glance, beside the one before.
#[component]
fn Figures(last: RevenueMonth, before: Option<RevenueMonth>, deferred: Money) -> impl IntoView {
    let recurring = last.recurring.amount_minor();
    let recurring_before = before.as_ref().map_or(0, |before| before.recurring.amount_minor());
    let growth = match (recurring - recurring_before, percent(recurring - recurring_before, recurring_before))
    {
        (_, None) => text::no_revenue_before().to_owned(),
        (0, _) => text::same_as_before().to_owned(),
        (1.., Some(percent)) => text::more_than_before(&percent),
        (_, Some(percent)) => text::less_than_before(&percent),
    };
    let paying = before.map(|before| match last.customers - before.customers {
        0 => text::paying_same().to_owned(),
        more @ 1.. => text::paying_more(&format::whole(more)),
        fewer => text::paying_less(&format::whole(fewer.saturating_neg())),
    });
    let churned = last.movements.iter().find(|moved| moved.movement == Movement::Churned);
    let churn = churned.map_or(0, |moved| moved.amount.amount_minor());
    let left =
        churned.map_or_else(|| text::nobody_left().to_owned(), |moved| text::churn_means(moved.customers));
    let kpi = |name: &'static str, figure: String, note: String| {
        view! {
            <div class="kpi">
                <dt>{name}</dt>
                <dd>
                    <b>{figure}</b>
                    <span class="dim">{note}</span>
                </dd>
            </div>
        }
    };
    let dash = || "–".to_owned();
    view! {
        <section class="card" aria-label=format::month(last.period)>
            <dl class="kpis">
                {kpi(text::recurring(), format::money_whole(last.recurring), growth)}
                {kpi(text::paying(), format::whole(last.customers), paying.unwrap_or_default())}
                {kpi(
                    text::per_customer(),
                    last.per_customer.map_or_else(dash, format::money_whole),
                    text::per_customer_means().to_owned(),
                )}
                {kpi(
                    text::churn(),
                    percent(churn, recurring_before).map_or_else(dash, |percent| text::percent(&percent)),
                    left,
                )}
                {(deferred.amount_minor() != 0)
                    .then(|| {
                        kpi(
                            text::deferred(),
                            format::money_whole(deferred),
                            text::deferred_means().to_owned(),
                        )
                    })}
            </dl>
        </section>
    }
}

fn written(currency: Currency) -> impl Fn(i64) -> String + Copy {
    move |minor| format::money_whole(Money::new(minor, currency))
}

/// Fees, usage, and what is charged once. A bar has nothing below zero: what discounts take off beyond the fees is taken
/// off the usage, and what is left then off the rest.
fn above_zero(month: &RevenueMonth) -> [i64; 3] {
    let minor = Money::amount_minor;
    let mut below = 0_i64;
    [minor(month.fees).saturating_add(minor(month.adjustments)), minor(month.usage), minor(month.once)].map(
        |part| {
            let left = part.saturating_add(below);
            below = left.min(0);
            left.max(0)
        },
    )
}

/// All that is drawn of a month.
fn drawn(month: &RevenueMonth) -> Money {
    month.recurring.checked_add(month.once).unwrap_or(month.revenue)
}

fn bars(months: &[RevenueMonth]) -> impl IntoView + use<> {
    let currency = months.first().map_or(Currency::USD, |month| month.revenue.currency());
    let parts: Vec<_> = months.iter().map(above_zero).collect();
    let of = |name, part: usize| {
        let values = parts.iter().map(|parts| parts.get(part).copied().unwrap_or_default()).collect();
        Series { name, values }
    };
    let series = vec![of(text::fees(), 0), of(text::usage(), 1), of(text::once(), 2)];
    // So many names fit; beyond a year they say which.
    let each = months.len().div_ceil(12).max(1);
    let when = months.iter().rev().enumerate().map(|(back, month)| {
        let short = match (each, back % (2 * each)) {
            (1, _) => format::month_short(month.period),
            (_, 0) => format!("{} {}", format::month_short(month.period), month.period.first_day().year()),
            _ => String::new(),
        };
        (format::month(month.period), short)
    });
    let mut when: Vec<_> = when.collect();
    when.reverse();
    let told = |month: Option<&RevenueMonth>| {
        month.map(|month| (format::month(month.period), format::money(drawn(month)))).unwrap_or_default()
    };
    let ((first, first_amount), (last, last_amount)) = (told(months.first()), told(months.last()));
    view! {
        <StackedBars
            title=text::made_of()
            note=text::made_of_note()
            description=text::made_of_described(&first, &first_amount, &last, &last_amount)
            per=text::month()
            all=text::in_all()
            when
            series
            written=written(currency)
            axis=move |minor| format::money_short(Money::new(minor, currency))
        />
    }
}

fn donut(last: &RevenueMonth, plans: Vec<PlanRevenue>) -> impl IntoView + use<> {
    let write = written(last.recurring.currency());
    let rest = plans.iter().skip(PLANS).map(|plan| plan.recurring.amount_minor()).sum::<i64>();
    let mut slices: Vec<_> = plans
        .into_iter()
        .take(PLANS)
        .map(|plan| Slice {
            value: plan.recurring.amount_minor(),
            written: write(plan.recurring.amount_minor()),
            name: plan.name,
        })
        .collect();
    if rest > 0 {
        slices.push(Slice { name: text::other_plans().to_owned(), value: rest, written: write(rest) });
    }
    let month = format::month_name(last.period);
    view! {
        <Donut
            title=text::by_plan()
            note=text::by_plan_note(&month)
            description=text::by_plan_described(&month)
            columns=[text::plan(), text::recurring(), text::share()]
            whole=(text::in_all(), write(last.recurring.amount_minor()))
            slices
        />
    }
}
