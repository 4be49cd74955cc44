//! The figures of the home page. Their code comes after what needs a decision is to be seen.

use client::format;
use contract::portfolio::{Portfolio, TopCustomer};
use kit::{AreaChart, Card, Column, LinkButton, Point, Table};
use leptos::prelude::*;

use crate::text;

/// What they are of.
#[derive(Clone)]
pub struct Shown(pub Portfolio);

#[component]
pub fn Figures() -> impl IntoView {
    let Shown(Portfolio {
        period,
        customers,
        machines,
        revenue_this_month,
        revenue_by_month,
        top_customers,
        ..
    }) = expect_context();
    let month = format::month_name(period);
    let before = revenue_by_month.iter().rev().nth(1).copied();
    let points: Vec<_> = revenue_by_month
        .iter()
        .map(|month| Point {
            when: format::month(month.period),
            short: format::month_short(month.period),
            value: month.revenue.amount_minor(),
            written: format::money(month.revenue),
        })
        .collect();
    let description = match (points.first(), points.last()) {
        (Some(first), Some(last)) => {
            text::revenue_described(&first.when, &first.written, &last.when, &last.written)
        }
        _ => String::new(),
    };
    let currency = revenue_this_month.currency();
    view! {
        <div class="stack">
            <section class="card" aria-label=text::portfolio()>
                <dl class="kpis">
                    <div class="kpi">
                        <dt>{text::customers()}</dt>
                        <dd>
                            <b>{format::whole(customers.current)}</b>
                            <span class="dim">
                                {text::counts(
                                    &format::whole(customers.active),
                                    &format::whole(customers.trial),
                                    &format::whole(customers.suspended),
                                )}
                            </span>
                        </dd>
                    </div>
                    <div class="kpi">
                        <dt>{text::machines()}</dt>
                        <dd>
                            <b>{format::quantity(machines)}</b>
                            <span class="dim">{text::machines_reported(&month)}</span>
                        </dd>
                    </div>
                    <div class="kpi">
                        <dt>{text::revenue_so_far(&month)}</dt>
                        <dd>
                            <b>{format::money_whole(revenue_this_month)}</b>
                            <span class="dim">
                                {before
                                    .map(|before| {
                                        text::came_to(
                                            &format::month_name(before.period),
                                            &format::money_whole(before.revenue),
                                        )
                                    })}
                            </span>
                        </dd>
                    </div>
                </dl>
            </section>
            <TopCustomers customers=top_customers />
        </div>
        <AreaChart
            title=text::revenue()
            note=text::revenue_note()
            description
            columns=[text::month(), text::invoiced()]
            points
            axis=move |minor| format::money_short(domain::money::Money::new(minor, currency))
        />
    }
}

#[component]
fn TopCustomers(customers: Vec<TopCustomer>) -> impl IntoView {
    let all = || view! { <LinkButton href="/customers" small=true kind=kit::ButtonKind::Quiet>{text::all_customers()}</LinkButton> };
    let row = |customer: TopCustomer| {
        view! {
            <tr class="to">
                <th scope="row">
                    <a class="row-link" href=format!("/customers/{}", customer.code)>
                        {customer.company_name}
                    </a>
                    <div class="sub">{customer.plan_name}</div>
                </th>
                <td class="r">{format::quantity(customer.machines)}</td>
                <td class="r">{format::money(customer.revenue)}</td>
            </tr>
        }
    };
    let body = if customers.is_empty() {
        view! { <p class="pad mut">{text::no_revenue()}</p> }.into_any()
    } else {
        view! {
            <Table
                caption=text::top_customers()
                columns=vec![
                    Column::text(text::customer()),
                    Column::figures(text::machines()),
                    Column::figures(text::this_month()),
                ]
            >
                {customers.into_iter().map(row).collect_view()}
            </Table>
        }
        .into_any()
    };
    view! {
        <Card title=text::top_customers() actions=all>
            {body}
        </Card>
    }
}
