//! All customers: search, filter, list.

use client::{Remote, format, load, paged, use_client};
use contract::{customers::Customer, portfolio::Portfolio};
use domain::{customers::CustomerStatus, permissions::Permission};
use kit::{
    Choice, Choosable, Column, EmptyState, Icon, LinkButton, PageHeader, SearchField, Status, Table, Tone,
    listing,
};
use leptos::prelude::*;
use leptos_router::{hooks::use_query_map, params::ParamsMap};

use crate::text;

/// What is looked for; it stands in the address.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Filter {
    q: String,
    status: Option<CustomerStatus>,
}

impl Filter {
    fn read(query: &ParamsMap) -> Self {
        Self {
            q: query.get("q").unwrap_or_default().trim().to_owned(),
            status: query.get("status").and_then(|status| status.parse().ok()),
        }
    }

    fn query(&self) -> String {
        let mut query = ParamsMap::new();
        if !self.q.is_empty() {
            query.insert("q", self.q.clone());
        }
        if let Some(status) = self.status {
            query.insert("status", status.to_string());
        }
        query.to_query_string()
    }

    fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

#[component]
pub fn Customers() -> impl IntoView {
    let client = use_client();
    let query = use_query_map();
    let filter = Memo::new(move |_| query.with(Filter::read));
    let path = move || format!("/msp/customers{}", filter.with(Filter::query));
    let customers = paged::<Customer>(move || Some(path()));

    let may_count = client.session.with_untracked(|session| session.may(Permission::PortfolioRead));
    let portfolio = load::<Portfolio>(move || may_count.then(|| "/msp/portfolio".to_owned()));
    let options = Signal::derive(move || {
        let counts = match portfolio.state.get() {
            Remote::Ready(found) => Some(found.customers),
            Remote::Loading | Remote::Failed(_) => None,
        };
        let option = |status: Option<CustomerStatus>| {
            let count = counts.map(|counts| match status {
                None => counts.current + counts.suspended + counts.closed,
                Some(CustomerStatus::Active) => counts.active,
                Some(CustomerStatus::Trial) => counts.trial,
                Some(CustomerStatus::Suspended) => counts.suspended,
                Some(CustomerStatus::Closed) => counts.closed,
            });
            let name = status.map_or(text::all(), text::customer_status);
            let now = filter.get();
            Choosable {
                href: format!("/customers{}", Filter { status, ..now.clone() }.query()),
                label: count.map_or(name.to_owned(), |count| format!("{name} {}", format::whole(count))),
                current: now.status == status,
            }
        };
        std::iter::once(None)
            .chain(CustomerStatus::ALL.iter().copied().map(Some))
            .map(option)
            .collect::<Vec<_>>()
    });

    view! {
        <PageHeader title=text::customers() />
        <div class="tools">
            <SearchField
                label=text::search_customers()
                placeholder=text::search_hint()
                value=Signal::derive(move || filter.with(|filter| filter.q.clone()))
                address=move |q| format!("/customers{}", Filter { q, ..filter.get_untracked() }.query())
            />
            <Choice label=text::status_of_customers() options />
        </div>
        <section class="card">
            {listing(customers, move || filter.with_untracked(none), table)}
        </section>
    }
}

fn none(filter: &Filter) -> impl IntoView + use<> {
    if filter.is_empty() {
        return view! { <EmptyState title=text::no_customers() detail=text::no_customers_detail() sign=Icon::Customers /> }
            .into_any();
    }
    let title = if filter.q.is_empty() { text::no_found().to_owned() } else { text::no_match(&filter.q) };
    view! {
        <EmptyState title detail=text::no_found_detail() sign=Icon::Search>
            <LinkButton href="/customers">{text::show_all()}</LinkButton>
        </EmptyState>
    }
    .into_any()
}

fn table(rows: Signal<Vec<Customer>>) -> impl IntoView {
    view! {
        <Table
            caption=text::customers()
            columns=vec![
                Column::text(text::customer()),
                Column::text(text::status()),
                Column::text(text::contact()).least(),
                Column::figures(text::customer_since()).less(),
            ]
        >
            <For each=move || rows.get() key=|customer| (customer.id, customer.version) let:customer>
                <Row customer />
            </For>
        </Table>
    }
}

#[component]
fn Row(customer: Customer) -> impl IntoView {
    view! {
        <tr class="to">
            <th scope="row" class="who-cell">
                <a class="row-link" href=format!("/customers/{}", customer.code)>
                    {customer.company_name.clone()}
                </a>
                <span class="code">{customer.code.clone()}</span>
            </th>
            <td class="tight">
                <CustomerState customer=customer.clone() />
            </td>
            <td class="least">
                {customer.contact_name.clone()} <div class="sub">{customer.contact_email.clone()}</div>
            </td>
            <td class="r less">{format::day(customer.created_at.date_naive())}</td>
        </tr>
    }
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
