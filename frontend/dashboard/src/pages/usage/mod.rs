//! What all customers used: by metric and month, over time, row by row.

use address::{Query, go, use_query};
use client::{Remote, format, load, paged, read_all, spawn, use_client};
use contract::{
    Page,
    metrics::Metric,
    usage::{UsageRow, UsageTrend},
};
use domain::periods::Month;
use kit::{
    AreaChart, Button, EmptyState, Grid, GridColumn, Icon, LinkButton, PageHeader, PeriodChoice, Point,
    SearchField, SkeletonBlock, csv, download, faces, list_faces, plain_rows, use_toasts,
};
use leptos::prelude::*;
use rust_decimal::prelude::ToPrimitive as _;

mod text;

/// The most rows of an export.
const MOST: usize = 50_000;

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
            sort: Some(text("sort")).filter(|sort| SORTS.contains(&sort.as_str())).unwrap_or_default(),
        }
    }

    fn query(&self) -> String {
        let mut query = Query::new();
        let period = self.period.map(|period| period.to_string()).unwrap_or_default();
        for (key, value) in
            [("period", &period), ("metric", &self.metric), ("q", &self.q), ("sort", &self.sort)]
        {
            if !value.is_empty() {
                query.set(key, value.clone());
            }
        }
        query.to_string()
    }

    fn address(&self) -> String {
        format!("/usage{}", self.query())
    }
}

const SORTS: [&str; 3] = ["customer", "quantity", "-quantity"];

const COLUMNS: &[GridColumn<UsageRow>] = &[
    GridColumn {
        key: "customer",
        name: text::customer,
        class: "who-cell",
        cell: |row| {
            view! {
                <a class="row-link" href=format!("/customers/{}?tab=usage", row.customer_code)>
                    {row.company_name.clone()}
                </a>
                <span class="code">{row.customer_code.clone()}</span>
            }
            .into_any()
        },
        plain: |row| row.company_name.clone(),
        sort: Some(("customer", None)),
    },
    GridColumn {
        key: "metric",
        name: text::metric,
        class: "",
        cell: |row| {
            view! {
                <span class="name">{row.metric_name.clone()}</span>
                <span class="code">{row.metric.clone()}</span>
            }
            .into_any()
        },
        plain: |row| row.metric.clone(),
        sort: None,
    },
    GridColumn {
        key: "quantity",
        name: text::quantity,
        class: "r",
        cell: |row| {
            view! {
                {format::quantity(row.quantity)}
                <span class="sub">{row.unit.clone()}</span>
            }
            .into_any()
        },
        plain: |row| row.quantity.to_string(),
        sort: Some(("quantity", Some("-quantity"))),
    },
    GridColumn {
        key: "before",
        name: text::before,
        class: "r less",
        cell: |row| format::quantity(row.before).into_any(),
        plain: |row| row.before.to_string(),
        sort: None,
    },
    GridColumn {
        key: "events",
        name: text::events,
        class: "r least",
        cell: |row| format::whole(row.events).into_any(),
        plain: |row| row.events.to_string(),
        sort: None,
    },
];

/// The page.
#[component]
pub fn Usage() -> impl IntoView {
    let query = use_query();
    let filter = Memo::new(move |_| query.with(Filter::read));
    let path = Memo::new(move |_| {
        let mut filter = filter.get();
        if filter.sort.is_empty() {
            "customer".clone_into(&mut filter.sort);
        }
        format!("/msp/usage{}", filter.query())
    });
    let rows = paged::<UsageRow>(move || Some(format!("{}&limit=100", path.get())));
    let metrics = load::<Page<Metric>>(|| Some("/msp/metrics?limit=200".to_owned()));

    let now = Month::of(format::today());
    let shown = Memo::new(move |_| filter.with(|filter| filter.period).unwrap_or(now));
    let at = move |month: Month| {
        Filter { period: Some(month).filter(|month| *month != now), ..filter.get() }.address()
    };
    let before = Signal::derive(move || at(shown.get().offset(-1)));
    let after = Signal::derive(move || {
        Some(shown.get()).filter(|month| *month < now).map(|month| at(month.offset(1)))
    });
    let period = move || {
        view! { <PeriodChoice now=Signal::derive(move || format::month(shown.get())) before after /> }
    };
    let sort = Signal::derive(move || {
        Some(filter.with(|filter| filter.sort.clone()))
            .filter(|sort| !sort.is_empty())
            .unwrap_or_else(|| "customer".to_owned())
    });
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
                address=move |q| Filter { q, ..filter.get_untracked() }.address()
            />
            <MetricChoice metrics=Signal::derive(move || known(metrics.state.get())) filter />
            <div class="end">
                <Export path />
            </div>
        </div>
        {move || chart()}
        <section class="card">
            {list_faces(
                rows,
                move || none(&filter.get_untracked()),
                move |_| {
                    view! {
                        <Grid
                            name="usage"
                            caption=text::usage()
                            list=rows
                            key=|row: &UsageRow| format!("{} {}", row.customer_id, row.metric)
                            columns=COLUMNS
                            sort
                            sorted=move |sort| Filter { sort, ..filter.get_untracked() }.address()
                        />
                    }
                },
            )}
        </section>
    }
}

fn known(metrics: Remote<Page<Metric>>) -> Vec<Metric> {
    match metrics {
        Remote::Ready(page) => page.items,
        Remote::Loading | Remote::Failed(_) => Vec::new(),
    }
}

fn none(filter: &Filter) -> impl IntoView + use<> {
    if filter.q.is_empty() && filter.metric.is_empty() {
        return view! { <EmptyState title=text::none() detail=text::none_detail() sign=Icon::Usage /> }
            .into_any();
    }
    let all = Filter { period: filter.period, ..Filter::default() };
    view! {
        <EmptyState title=text::no_match() detail=text::no_match_detail() sign=Icon::Search>
            <LinkButton href=all.address()>{text::show_all()}</LinkButton>
        </EmptyState>
    }
    .into_any()
}

#[component]
fn MetricChoice(metrics: Signal<Vec<Metric>>, filter: Memo<Filter>) -> impl IntoView {
    let choose = move |metric: String| {
        let to = Filter { metric, ..filter.get_untracked() }.address();
        go(&to);
    };
    let options = move || {
        let option = |metric: Metric| {
            let key = metric.key.clone();
            let chosen = move || filter.with(|filter| filter.metric == key);
            view! { <option value=metric.key selected=chosen>{metric.name}</option> }
        };
        metrics.get().into_iter().map(option).collect_view()
    };
    view! {
        <select class="select" aria-label=text::metric() on:change:target=move |event| choose(event.target().value())>
            <option value="" selected=move || filter.with(|filter| filter.metric.is_empty())>
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
            view! {
                <AreaChart
                    title=title.clone()
                    note=text::trend_note()
                    description=text::trend_description(&title)
                    columns=[text::month(), text::quantity()]
                    points=points.collect()
                    axis=format::whole
                />
            }
        },
    )
}

/// Everything that is filtered, as a file.
#[component]
fn Export(path: Memo<String>) -> impl IntoView {
    let client = use_client();
    let toasts = use_toasts();
    let busy = RwSignal::new(false);
    let so_far = RwSignal::new(0_usize);
    let export = move |()| {
        busy.set(true);
        so_far.set(0);
        let path = path.get_untracked();
        spawn(async move {
            let told = move |count| {
                so_far.try_set(count);
            };
            match read_all::<UsageRow>(client, &path, MOST, told, None).await {
                Ok(rows) => {
                    let rows = plain_rows(COLUMNS, &rows);
                    let name = format!("usage-{}.csv", format::today());
                    download(&name, "text/csv;charset=utf-8", &csv(rows.iter().map(Vec::as_slice)));
                }
                Err(failure) => toasts.say(failure.detail()),
            }
            busy.try_set(false);
        });
    };
    let label = move || match so_far.get() {
        count if count > 0 && busy.get() => text::exported(i64::try_from(count).unwrap_or(i64::MAX)),
        _ => text::export().to_owned(),
    };
    view! {
        <Button busy on_press=export>
            {move || label()}
        </Button>
    }
}
