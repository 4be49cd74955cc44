//! All customers: search, filter, list.

use address::{Query, use_query};
use client::{Remote, format, load, paged, use_client};
use contract::{customers::Customer, portfolio::Portfolio};
use domain::{customers::CustomerStatus, permissions::Permission};
use kit::{
    ButtonKind, Choice, Choosable, Column, EmptyState, Icon, LinkButton, Marked, PageHeader, SearchField,
    Status, Table, Tone, icon, listing,
};
use leptos::prelude::*;

use super::customer::text::new_customer as new_customer_text;
use crate::text;

/// What is looked for; it stands in the address.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Filter {
    q: String,
    status: Option<CustomerStatus>,
}

impl Filter {
    fn read(query: &Query) -> Self {
        Self {
            q: query.get("q").unwrap_or_default().trim().to_owned(),
            status: query.get("status").and_then(|status| status.parse().ok()),
        }
    }

    fn query(&self) -> String {
        let mut query = Query::new();
        if !self.q.is_empty() {
            query.set("q", self.q.clone());
        }
        if let Some(status) = self.status {
            query.set("status", status.to_string());
        }
        query.to_string()
    }

    fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

#[component]
pub fn Customers() -> impl IntoView {
    let client = use_client();
    let query = use_query();
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

    let may_write = client.session.with_untracked(|session| session.may(Permission::CustomersWrite));
    let new = move || may_write.then(new_customer);
    view! {
        <PageHeader title=text::customers() actions=new />
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
            {listing(
                customers,
                move || filter.with_untracked(|filter| none(filter, may_write)),
                move |rows| table(rows, filter),
            )}
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

fn none(filter: &Filter, may_write: bool) -> impl IntoView + use<> {
    if filter.is_empty() {
        return view! {
            <EmptyState title=text::no_customers() detail=text::no_customers_detail() sign=Icon::Customers>
                {may_write.then(new_customer)}
            </EmptyState>
        }
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

fn table(rows: Signal<Vec<Customer>>, filter: Memo<Filter>) -> impl IntoView {
    let q = Memo::new(move |_| filter.with(|filter| filter.q.clone()));
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
                <Row customer q />
            </For>
        </Table>
    }
}

/// A row says what matched, also where that is nothing that it shows anyway.
#[component]
fn Row(customer: Customer, q: Memo<String>) -> impl IntoView {
    let marked =
        move |text: Option<String>| move || text.clone().map(|text| view! { <Marked text part=q.get() /> });
    let elsewhere = customer.external_ref.clone();
    let elsewhere = move || {
        elsewhere
            .clone()
            .filter(|known| q.with(|q| !q.is_empty() && known.to_lowercase().contains(&q.to_lowercase())))
            .map(|known| {
                view! {
                    <div class="sub">
                        {text::external_ref()} ": " <Marked text=known part=q.get() />
                    </div>
                }
            })
    };
    view! {
        <tr class="to">
            <th scope="row" class="who-cell">
                <a class="row-link" href=format!("/customers/{}", customer.code)>
                    {marked(Some(customer.company_name.clone()))}
                </a>
                <span class="code">{marked(Some(customer.code.clone()))}</span>
                {move || elsewhere()}
            </th>
            <td class="tight">
                <CustomerState customer=customer.clone() />
            </td>
            <td class="least">
                {marked(customer.contact_name.clone())}
                <div class="sub">{marked(customer.contact_email.clone())}</div>
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
