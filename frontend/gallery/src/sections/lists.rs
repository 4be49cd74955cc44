//! Tables and lists, and what stands in their place.

use client::{Loaded, Long, Paged, Remote, format};
use contract::{Page, portfolio::TopCustomer};
use domain::money::{Currency, Money};
use kit::{
    Column, EmptyState, Grid, GridColumn, GridRow, GridRows, GridSpec, Icon, SkeletonRows, Status, Table,
    Tone, faces, listing,
};
use leptos::prelude::*;

use super::{LONG, Section, refused, sample, wide};

pub const ALL: &[Section] = &[
    Section { id: "table", title: "Table", view: table },
    Section { id: "grid", title: "Grid", view: grid },
    Section { id: "listing", title: "Listing", view: list },
    Section { id: "faces", title: "Faces of what is read", view: all_faces },
];

const COLUMNS: [Column; 4] = [
    Column::text("Customer"),
    Column::text("Plan").less(),
    Column::figures("Revenue"),
    Column::text("State"),
];

fn row(name: &'static str, minor: i64) -> impl IntoView {
    view! {
        <tr>
            <th scope="row">{name}</th>
            <td class="less">"Managed desk"</td>
            <td class="r">{format::money(Money::new(minor, Currency::USD))}</td>
            <td class="tight">
                <Status tone=Tone::Ok word="Active" />
            </td>
        </tr>
    }
}

fn table() -> AnyView {
    wide(
        "rows, figures to the right, long text",
        view! {
            <div class="card">
                <Table caption="Customers" columns=COLUMNS.to_vec()>
                    {row("Acme Corp", 128_000)}
                    {row("Globex", -9_950)}
                    {row(LONG, 12_345_678_900)}
                </Table>
            </div>
        },
    )
}

fn customer(number: usize) -> Option<TopCustomer> {
    Some(TopCustomer {
        customer_id: format!("cus_{number:026}").parse().ok()?,
        code: format!("C-{number:05}"),
        company_name: if number == 3 { LONG.to_owned() } else { format!("Customer {number}") },
        plan_name: "Managed desk".to_owned(),
        machines: number.into(),
        revenue: Money::new(i64::try_from(number).ok()? * 1_995, Currency::USD),
    })
}

fn page(count: usize) -> Remote<Page<TopCustomer>> {
    let items = (1..=count).filter_map(customer).collect();
    Remote::Ready(Page { items, next_cursor: None, total: i64::try_from(count).ok() })
}

const GRID: GridSpec = GridSpec {
    name: "gallery",
    path: "/",
    sort: "name",
    columns: &[
        GridColumn {
            key: "name",
            name: || "Customer",
            class: "",
            sort: Some(("name", Some("-name"))),
            shown: true,
        },
        GridColumn { key: "plan", name: || "Plan", class: "less", sort: None, shown: true },
        GridColumn {
            key: "revenue",
            name: || "Revenue",
            class: "r",
            sort: Some(("revenue", Some("-revenue"))),
            shown: true,
        },
    ],
};

const ROW: GridRow<TopCustomer> = GridRow {
    key: |row| row.code.clone(),
    stamp: |_| String::new(),
    label: |row| row.company_name.clone(),
    state: |_| "",
    cell: |row, column, _| {
        match column {
        "name" => {
            view! { <span class="name">{row.company_name.clone()}</span> <span class="sub code">{row.code.clone()}</span> }
                .into_any()
        }
        "plan" => row.plan_name.clone().into_any(),
        _ => format::money(row.revenue).into_any(),
    }
    },
    export: &[(|| "Customer", |row| row.company_name.clone())],
};

fn grid() -> AnyView {
    // Many rows stand on a page of their own: the rest of the gallery is below them.
    let alone = expect_context::<crate::address::Address>().only.is_some();
    let list = Long::of((1..=if alone { 5_000 } else { 12 }).filter_map(customer).collect());
    let rows = GridRows::new(&GRID, &ROW, list, Memo::new(|_| String::new()));
    wide(
        if alone { "five thousand rows" } else { "twelve rows; alone, five thousand" },
        view! {
            <section class="card">
                <Grid caption="Customers" rows none />
            </section>
        },
    )
}

fn rows(rows: Signal<Vec<TopCustomer>>) -> impl IntoView {
    let row = |row: TopCustomer| {
        view! {
            <tr>
                <th scope="row">{row.company_name}</th>
                <td class="r">{format::money(row.revenue)}</td>
            </tr>
        }
    };
    view! {
        <Table caption="Revenue by customer" columns=vec![Column::text("Customer"), Column::figures("Revenue")]>
            {move || rows.get().into_iter().map(row).collect_view()}
        </Table>
    }
}

fn none() -> impl IntoView {
    view! { <EmptyState title="No customers yet" detail="Take the first one on." sign=Icon::Customers /> }
}

fn list() -> AnyView {
    let card = |state| view! { <div class="card">{listing(Paged::of(state), none, rows)}</div> };
    (
        sample("loading", card(Remote::Loading)),
        sample("empty", card(page(0))),
        sample("error", card(Remote::Failed(refused(500, "internal", "Something went wrong here.")))),
        sample(
            "forbidden",
            card(Remote::Failed(refused(403, "forbidden", "Your role does not include customers."))),
        ),
        sample("one", card(page(1))),
        sample("some", card(page(4))),
    )
        .into_any()
}

fn all_faces() -> AnyView {
    let card = |state: Remote<String>| {
        let ready = |text: String| view! { <p class="pad">{text}</p> };
        view! { <div class="card">{faces(Loaded::of(state), || view! { <SkeletonRows rows=3 /> }, ready)}</div> }
    };
    (
        sample("loading", card(Remote::Loading)),
        sample("failed", card(Remote::Failed(client::Failure::Offline))),
        sample("there", card(Remote::Ready("Here it is.".to_owned()))),
    )
        .into_any()
}
