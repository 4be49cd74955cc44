//! What all customers used: by metric and month, over time, row by row.

use address::{Query, go, use_query};
use client::{Remote, format, load, long};
use contract::{
    Page,
    metrics::Metric,
    usage::{UsageRow, UsageTrend},
};
use domain::periods::Month;
use kit::{
    AreaChart, EmptyState, Grid, GridColumn, GridRow, GridRows, GridSpec, GridTools, Icon, LinkButton,
    Marked, PageHeader, PeriodChoice, Point, SearchField, SkeletonBlock, faces, filtered,
};
use leptos::prelude::*;
use rust_decimal::prelude::ToPrimitive as _;

mod text;

/// What is looked at; it stands in the address.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Filter {
    period: Option<Month>,
    metric: String,
    q: String,
    sort: String,
}

impl Filter {
    fn read(query: &Query) -> Self {
        let text = |key| query.get(key).unwrap_or_default().trim().to_owned();
        Self {
            period: text("period").parse().ok(),
            metric: text("metric"),
            q: text("q"),
            sort: USAGE.sort(query),
        }
    }

    /// Where the API has it.
    fn path(&self) -> String {
        let mut query = Query::new();
        query.set("period", self.period.map(|period| period.to_string()).unwrap_or_default());
        query.set("metric", self.metric.clone());
        query.set("q", self.q.clone());
        query.set("sort", self.sort.clone());
        format!("/msp/usage{query}")
    }
}

const USAGE: GridSpec = GridSpec {
    name: "usage",
    path: "/usage",
    sort: "customer",
    columns: &[
        GridColumn {
            key: "customer",
            name: text::customer,
            class: "who-cell",
            sort: Some(("customer", None)),
            shown: true,
        },
        GridColumn { key: "metric", name: text::metric, class: "", sort: None, shown: true },
        GridColumn {
            key: "quantity",
            name: text::quantity,
            class: "r",
            sort: Some(("quantity", Some("-quantity"))),
            shown: true,
        },
        GridColumn { key: "before", name: text::before, class: "r less", sort: None, shown: true },
        GridColumn { key: "change", name: text::change, class: "r least", sort: None, shown: false },
        GridColumn { key: "events", name: text::events, class: "r least", sort: None, shown: true },
    ],
};

const ROW: GridRow<UsageRow> = GridRow {
    key: |row| format!("{} {}", row.customer_code, row.metric),
    stamp: |row| format!("{} {} {}", row.quantity, row.before, row.events),
    label: |row| format!("{}, {}", row.company_name, row.metric_name),
    state: |_| "",
    cell,
    export: &[
        (text::customer, |row| row.company_name.clone()),
        (text::code, |row| row.customer_code.clone()),
        (text::metric, |row| row.metric.clone()),
        (text::unit, |row| row.unit.clone()),
        (text::quantity, |row| row.quantity.to_string()),
        (text::before, |row| row.before.to_string()),
        (text::events, |row| row.events.to_string()),
    ],
};

fn cell(row: &UsageRow, column: &str, part: &str) -> AnyView {
    match column {
        "customer" => view! {
            <a class="row-link" href=format!("/customers/{}?tab=usage", row.customer_code)>
                <Marked text=row.company_name.clone() part />
            </a>
            <span class="code">
                <Marked text=row.customer_code.clone() part />
            </span>
        }
        .into_any(),
        "metric" => view! {
            <span class="name">{row.metric_name.clone()}</span>
            <span class="code">{row.metric.clone()}</span>
        }
        .into_any(),
        "quantity" => view! {
            {format::quantity(row.quantity)}
            <span class="sub">{row.unit.clone()}</span>
        }
        .into_any(),
        "before" => format::quantity(row.before).into_any(),
        "change" => format::quantity(row.quantity - row.before).into_any(),
        _ => format::whole(row.events).into_any(),
    }
}

/// The page.
#[component]
pub fn Usage() -> impl IntoView {
    let query = use_query();
    let filter = Memo::new(move |_| query.with(Filter::read));
    let path = Memo::new(move |_| filter.with(Filter::path));
    let rows = GridRows::new(&USAGE, &ROW, long::<UsageRow>(move || path.get()), path);
    let metrics = load::<Page<Metric>>(|| Some("/msp/metrics?limit=200".to_owned()));

    let now = Month::of(format::today());
    let shown = Memo::new(move |_| filter.with(|filter| filter.period).unwrap_or(now));
    let at = move |month: Month| {
        let month = Some(month).filter(|month| *month != now).map(|month| month.to_string());
        query.with(|query| filtered(&USAGE, query, &[("period", &month.unwrap_or_default())]))
    };
    let before = Signal::derive(move || at(shown.get().offset(-1)));
    let after = Signal::derive(move || {
        Some(shown.get()).filter(|month| *month < now).map(|month| at(month.offset(1)))
    });
    let period = move || {
        view! { <PeriodChoice now=Signal::derive(move || format::month(shown.get())) before after /> }
    };
    let chart = move || {
        let metric = filter.with(|filter| filter.metric.clone());
        (!metric.is_empty()).then(|| view! { <Trend metric period=shown.get() /> })
    };
    view! {
        <PageHeader title=text::usage() actions=period />
        <div class="tools">
            <SearchField
                label=text::search()
                placeholder=text::search_hint()
                value=Signal::derive(move || filter.with(|filter| filter.q.clone()))
                address=move |q: String| {
                    query.with_untracked(|query| filtered(&USAGE, query, &[("q", &q)]))
                }
            />
            <MetricChoice metrics=Signal::derive(move || known(metrics.state.get())) query />
            <div class="end">
                <GridTools rows />
            </div>
        </div>
        {move || chart()}
        <section class="card">
            <Grid
                caption=text::usage()
                rows
                none=move || query.with_untracked(none)
            />
        </section>
    }
}

fn known(metrics: Remote<Page<Metric>>) -> Vec<Metric> {
    match metrics {
        Remote::Ready(page) => page.items,
        Remote::Loading | Remote::Failed(_) => Vec::new(),
    }
}

fn none(query: &Query) -> impl IntoView + use<> {
    let filter = Filter::read(query);
    if filter.q.is_empty() && filter.metric.is_empty() {
        return view! { <EmptyState title=text::none() detail=text::none_detail() sign=Icon::Usage /> }
            .into_any();
    }
    let all = filtered(&USAGE, query, &[("q", ""), ("metric", "")]);
    view! {
        <EmptyState title=text::no_match() detail=text::no_match_detail() sign=Icon::Search>
            <LinkButton href=all>{text::show_all()}</LinkButton>
        </EmptyState>
    }
    .into_any()
}

#[component]
fn MetricChoice(metrics: Signal<Vec<Metric>>, query: ReadSignal<Query>) -> impl IntoView {
    let now = Memo::new(move |_| query.with(|query| query.get("metric")).unwrap_or_default());
    let choose = move |metric: String| {
        go(&query.with_untracked(|query| filtered(&USAGE, query, &[("metric", &metric)])));
    };
    let options = move || {
        let option = |metric: Metric| {
            let key = metric.key.clone();
            let chosen = move || now.with(|now| *now == key);
            view! { <option value=metric.key selected=chosen>{metric.name}</option> }
        };
        metrics.get().into_iter().map(option).collect_view()
    };
    view! {
        <select class="select" aria-label=text::metric() on:change:target=move |event| choose(event.target().value())>
            <option value="" selected=move || now.with(String::is_empty)>
                {text::all_metrics()}
            </option>
            {move || options()}
        </select>
    }
}

/// The metric over twelve months.
#[component]
fn Trend(metric: String, period: Month) -> impl IntoView {
    let trend = load::<UsageTrend>(move || Some(format!("/msp/metrics/{metric}/usage?period={period}")));
    faces(
        trend,
        || view! { <SkeletonBlock /> },
        |trend: UsageTrend| {
            // The chart draws whole numbers: what is below one unit makes no difference to a picture.
            let points = trend.months.iter().map(|month| Point {
                when: format::month(month.period),
                short: format::month_short(month.period),
                value: month.quantity.round().to_i64().unwrap_or(i64::MAX),
                written: format::quantity(month.quantity),
            });
            let title = format!("{}, {}", trend.name, trend.unit);
            let points: Vec<_> = points.collect();
            view! {
                <AreaChart
                    title=title.clone()
                    note=text::trend_note()
                    description=text::trend_description(&title)
                    columns=[text::month(), text::quantity()]
                    points
                    axis=format::whole
                />
            }
        },
    )
}
