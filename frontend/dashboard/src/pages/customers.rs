//! All customers: search, filter, list, and what can be done to many of them.

use address::{Query, use_query};
use client::{Remote, format, load, long, use_client};
use contract::{customers::Customer, portfolio::Portfolio};
use domain::{customers::CustomerStatus, permissions::Permission};
use kit::{
    ButtonKind, Choice, Choosable, EmptyState, Grid, GridColumn, GridRow, GridRows, GridSpec, GridTools,
    Icon, LinkButton, Marked, PageHeader, SearchField, Status, Tone, filtered, icon,
};
use leptos::prelude::*;

use super::customer::text::new_customer as new_customer_text;
use crate::text;

mod many;
mod words;

const CUSTOMERS: GridSpec = GridSpec {
    name: "customers",
    path: "/customers",
    sort: "name",
    columns: &[
        GridColumn {
            key: "name",
            name: text::customer,
            class: "who-cell",
            sort: Some(("name", Some("-name"))),
            shown: true,
        },
        GridColumn {
            key: "status",
            name: text::status,
            class: "tight",
            sort: Some(("status", Some("-status"))),
            shown: true,
        },
        GridColumn { key: "contact", name: text::contact, class: "least", sort: None, shown: true },
        GridColumn {
            key: "code",
            name: words::code,
            class: "tight least",
            sort: Some(("code", Some("-code"))),
            shown: false,
        },
        GridColumn { key: "phone", name: text::phone, class: "tight least", sort: None, shown: false },
        GridColumn { key: "external", name: text::external_ref, class: "least", sort: None, shown: false },
        GridColumn { key: "machines", name: words::machines, class: "r least", sort: None, shown: false },
        GridColumn { key: "storage", name: words::storage, class: "r least", sort: None, shown: false },
        GridColumn { key: "updated", name: words::last_change, class: "r least", sort: None, shown: false },
        GridColumn {
            key: "created",
            name: text::customer_since,
            class: "r less",
            sort: Some(("created", Some("-created"))),
            shown: true,
        },
    ],
};

const ROW: GridRow<Customer> = GridRow {
    key: |customer| customer.code.clone(),
    stamp: |customer| customer.version.to_string(),
    label: |customer| customer.company_name.clone(),
    state: |customer| customer.status.as_str(),
    cell,
    export: &[
        (text::customer, |it| it.company_name.clone()),
        (words::code, |it| it.code.clone()),
        (text::status, |it| it.status.to_string()),
        (text::contact, |it| it.contact_name.clone().unwrap_or_default()),
        (words::email, |it| it.contact_email.clone().unwrap_or_default()),
        (text::phone, |it| it.phone.clone().unwrap_or_default()),
        (text::external_ref, |it| it.external_ref.clone().unwrap_or_default()),
        (text::trial_ends, |it| it.trial_ends_on.map(|day| day.to_string()).unwrap_or_default()),
        (words::machines, |it| number(it.limits.max_machines)),
        (words::storage, |it| number(it.limits.storage_gb)),
        (text::customer_since, |it| it.created_at.to_rfc3339()),
    ],
};

fn number(limit: Option<i32>) -> String {
    limit.map(|limit| limit.to_string()).unwrap_or_default()
}

fn cell(customer: &Customer, column: &str, part: &str) -> AnyView {
    let marked =
        |text: &Option<String>| text.clone().map(|text| view! { <Marked text part=part.to_owned() /> });
    let limit = |limit: Option<i32>| {
        limit.map_or_else(|| "–".to_owned(), |limit| format::whole(i64::from(limit))).into_any()
    };
    match column {
        "name" => {
            // A row says what matched, also where that is nothing that it shows anyway.
            let known = customer.external_ref.as_ref();
            let elsewhere =
                known.filter(|known| !part.is_empty() && known.to_lowercase().contains(&part.to_lowercase()));
            view! {
                <a class="row-link" href=format!("/customers/{}", customer.code)>
                    {marked(&Some(customer.company_name.clone()))}
                </a>
                <span class="code">
                    {marked(&Some(customer.code.clone()))}
                    {elsewhere
                        .map(|known| {
                            view! {
                                " · " {text::external_ref()} ": "
                                <Marked text=known.clone() part=part.to_owned() />
                            }
                        })}
                </span>
            }
            .into_any()
        }
        "status" => view! { <CustomerState customer=customer.clone() /> }.into_any(),
        "contact" => view! {
            <span class="line">{marked(&customer.contact_name)}</span>
            <span class="sub">{marked(&customer.contact_email)}</span>
        }
        .into_any(),
        "code" => view! { <span class="code">{customer.code.clone()}</span> }.into_any(),
        "phone" => customer.phone.clone().into_any(),
        "external" => view! { <span class="line">{marked(&customer.external_ref)}</span> }.into_any(),
        "machines" => limit(customer.limits.max_machines),
        "storage" => limit(customer.limits.storage_gb),
        "updated" => {
            let title = format::instant(customer.updated_at);
            view! { <span title=title>{format::relative(customer.updated_at)}</span> }.into_any()
        }
        _ => format::day(customer.created_at.date_naive()).into_any(),
    }
}

/// Where the API has what the address asks for.
fn path(query: &Query) -> String {
    let mut wanted = Query::new();
    wanted.set("q", query.get("q").unwrap_or_default().trim());
    wanted.set("status", status(query).map(|status| status.to_string()).unwrap_or_default());
    wanted.set("sort", CUSTOMERS.sort(query));
    format!("/msp/customers{wanted}")
}

fn status(query: &Query) -> Option<CustomerStatus> {
    query.get("status").and_then(|status| status.parse().ok())
}

#[component]
pub fn Customers() -> impl IntoView {
    let client = use_client();
    let query = use_query();
    let path = Memo::new(move |_| query.with(path));
    let rows = GridRows::new(&CUSTOMERS, &ROW, long::<Customer>(move || path.get()), path);

    let may_count = client.session.with_untracked(|session| session.may(Permission::PortfolioRead));
    let portfolio = load::<Portfolio>(move || may_count.then(|| "/msp/portfolio".to_owned()));
    let options = Signal::derive(move || {
        let counts = match portfolio.state.get() {
            Remote::Ready(found) => Some(found.customers),
            Remote::Loading | Remote::Failed(_) => None,
        };
        let option = |wanted: Option<CustomerStatus>| {
            let count = counts.map(|counts| match wanted {
                None => counts.current + counts.suspended + counts.closed,
                Some(CustomerStatus::Active) => counts.active,
                Some(CustomerStatus::Trial) => counts.trial,
                Some(CustomerStatus::Suspended) => counts.suspended,
                Some(CustomerStatus::Closed) => counts.closed,
            });
            let name = wanted.map_or(text::all(), text::customer_status);
            let value = wanted.map_or("", CustomerStatus::as_str);
            query.with(|query| Choosable {
                href: filtered(&CUSTOMERS, query, &[("status", value)]),
                label: count.map_or(name.to_owned(), |count| format!("{name} {}", format::whole(count))),
                current: status(query) == wanted,
            })
        };
        std::iter::once(None)
            .chain(CustomerStatus::ALL.iter().copied().map(Some))
            .map(option)
            .collect::<Vec<_>>()
    });

    let may_write = client.session.with_untracked(|session| session.may(Permission::CustomersWrite));
    let new = move || may_write.then(new_customer);
    let deeds = if may_write { many::deeds() } else { Vec::new() };
    view! {
        <PageHeader title=text::customers() actions=new />
        <div class="tools">
            <SearchField
                label=text::search_customers()
                placeholder=text::search_hint()
                value=Signal::derive(move || query.with(|query| query.get("q")).unwrap_or_default())
                address=move |q: String| {
                    query.with_untracked(|query| filtered(&CUSTOMERS, query, &[("q", &q)]))
                }
            />
            <Choice label=text::status_of_customers() options />
            <div class="end">
                <GridTools rows />
            </div>
        </div>
        <section class="card">
            <Grid
                caption=text::customers()
                rows
                deeds
                none=move || query.with_untracked(|query| none(query, may_write))
            />
        </section>
    }
}

fn new_customer() -> impl IntoView {
    view! {
        <LinkButton href="/customers/new" kind=ButtonKind::Primary>
            {icon(Icon::Plus, 16)} {new_customer_text()}
        </LinkButton>
    }
}

fn none(query: &Query, may_write: bool) -> impl IntoView + use<> {
    let q = query.get("q").unwrap_or_default();
    if q.is_empty() && status(query).is_none() {
        return view! {
            <EmptyState title=text::no_customers() detail=text::no_customers_detail() sign=Icon::Customers>
                {may_write.then(new_customer)}
            </EmptyState>
        }
        .into_any();
    }
    let all = filtered(&CUSTOMERS, query, &[("q", ""), ("status", "")]);
    let title = if q.is_empty() { text::no_found().to_owned() } else { text::no_match(&q) };
    view! {
        <EmptyState title detail=text::no_found_detail() sign=Icon::Search>
            <LinkButton href=all>{text::show_all()}</LinkButton>
        </EmptyState>
    }
    .into_any()
}

/// Where a customer stands, and until when if it is on trial.
#[component]
pub fn CustomerState(customer: Customer) -> impl IntoView {
    let tone = match customer.status {
        CustomerStatus::Trial => Tone::Running,
        CustomerStatus::Active => Tone::Ok,
        CustomerStatus::Suspended => Tone::Warning,
        CustomerStatus::Closed => Tone::Missing,
    };
    let until = customer.trial_ends_on.filter(|_| customer.status == CustomerStatus::Trial);
    view! {
        <Status tone word=text::customer_status(customer.status) />
        {until.map(|day| view! { <div class="sub">{text::ends_when(&format::relative_day(day))}</div> })}
    }
}
