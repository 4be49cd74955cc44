//! Figures as pictures.

use client::format;
use domain::money::{Currency, Money};
use kit::{AreaChart, Donut, Point, Series, Slice, Sparkline, StackedBars};
use leptos::prelude::*;

use super::{LONG, Section, half, sample, wide};

pub const ALL: &[Section] = &[
    Section { id: "area-chart", title: "Area chart", view: area },
    Section { id: "stacked-bars", title: "Stacked bars", view: bars },
    Section { id: "donut", title: "Donut", view: donut },
    Section { id: "sparkline", title: "Sparkline", view: sparkline },
];

const MONTHS: [&str; 12] =
    ["Dec", "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov"];
const REVENUE: [i64; 12] =
    [3_120, 3_280, 3_510, 3_470, 3_800, 4_130, 4_090, 4_350, 4_720, 4_980, 5_260, 3_640];

fn money(minor: i64) -> String {
    format::money(Money::new(minor, Currency::USD))
}

fn short(minor: i64) -> String {
    format::money_short(Money::new(minor, Currency::USD))
}

fn points(values: &[i64]) -> Vec<Point> {
    let point = |(month, value): (&&str, &i64)| Point {
        when: format!("{month} 2026"),
        short: (*month).to_owned(),
        value: *value,
        written: money(*value),
    };
    MONTHS.iter().zip(values).map(point).collect()
}

fn area() -> AnyView {
    let chart = |title: &'static str, values: &[i64], settled: bool| {
        view! {
            <AreaChart
                title
                note=if settled { "every figure is final" } else { "the last month is not over" }
                description="Revenue by month"
                columns=["Month", "Invoiced"]
                points=points(values)
                axis=short
                settled
            />
        }
    };
    (
        wide("a year", chart("Revenue", &REVENUE.map(|value| value * 1000), false)),
        sample("nothing yet", chart("Revenue of a new MSP", &[0; 12], false)),
        sample("two months", chart("Revenue of two months", &[1_200, 1_800], false)),
        sample("settled", chart("Revenue of last year", &REVENUE.map(|value| value * 900), true)),
    )
        .into_any()
}

fn bars() -> AnyView {
    let series = |name, times: i64, shift: usize| Series {
        name,
        values: (0..12)
            .map(|at| REVENUE.get((at + shift) % 12).copied().unwrap_or_default() * times)
            .collect(),
    };
    let when = |count: usize| {
        let months = MONTHS.iter().take(count);
        months.map(|month| (format!("{month} 2026"), (*month).to_owned())).collect::<Vec<_>>()
    };
    let chart = |title: &'static str, count, series| {
        view! {
            <StackedBars
                title
                note="by plan"
                description="What each plan brought in, month by month"
                per="Month"
                all="Total"
                when=when(count)
                series
                written=money
                axis=short
            />
        }
    };
    let few = vec![series("Managed desk", 500, 0), series("Backup", 300, 4), series("Enterprise", 200, 7)];
    let many = vec![
        series("Managed desk", 300, 0),
        series("Backup", 200, 2),
        series("Enterprise", 150, 4),
        series("Security", 120, 6),
        series("Mail", 90, 8),
        series(LONG, 60, 10),
    ];
    (
        wide("three parts", chart("Revenue by plan", 12, few)),
        half("six parts, long text", chart("Revenue by service", 6, many)),
        sample(
            "nothing yet",
            chart("Revenue by region", 3, vec![Series { name: "None", values: vec![0; 3] }]),
        ),
    )
        .into_any()
}

fn donut() -> AnyView {
    let slice = |(name, value): &(&str, i64)| Slice {
        name: (*name).to_owned(),
        value: *value,
        written: money(*value),
    };
    let chart = |title: &'static str, parts: &[(&str, i64)]| {
        let sum = parts.iter().map(|(_, value)| value).sum();
        view! {
            <Donut
                title
                note="this month"
                description="What each plan brought in this month"
                columns=["Plan", "Revenue", "Share"]
                whole=("in all", money(sum))
                slices=parts.iter().map(slice).collect()
            />
        }
    };
    let few =
        [("Managed desk", 241_000), ("Backup", 118_000), ("Enterprise", 64_000), ("Everything else", 300)];
    let many = [
        (LONG, 90_000),
        ("Backup", 70_000),
        ("Enterprise", 50_000),
        ("Security", 30_000),
        ("Mail", 20_000),
        ("Rest", 9_000),
    ];
    (
        half("four parts, one very small", chart("Revenue by plan now", &few)),
        half("six parts, long text", chart("Revenue by service now", &many)),
        half("one part", chart("Revenue of the only plan", &[("Backup", 70_000)])),
        half("nothing yet", chart("Revenue of no plan", &[("Backup", 0)])),
    )
        .into_any()
}

fn sparkline() -> AnyView {
    let spark = |title: &'static str, values: Vec<i64>| {
        view! {
            <div class="g-row">
                <span>{title}</span>
                <Sparkline title description="over twelve months" values />
            </div>
        }
    };
    (
        sample("up and down", spark("Machines", REVENUE.to_vec())),
        sample("always the same", spark("Licences", vec![7; 12])),
        sample("one value", spark("Backups", vec![7])),
    )
        .into_any()
}
