//! How a line was computed, in words and figures, so that it can be followed by hand.

use client::format;
use contract::invoices::InvoiceLine;
use domain::{
    decimals::DecimalString,
    money::{Currency, Money},
    pricing::{Aggregation, Exact, LineKind, RoundingMode, Step},
};
use leptos::prelude::*;

use super::text;

/// A line that opens to its steps.
pub fn line(line: &InvoiceLine) -> impl IntoView + use<> {
    let name = match line.kind {
        LineKind::BaseFee => text::base_fee_of(&line.description),
        _ => line.description.clone(),
    };
    let group = line.group.values().cloned().collect::<Vec<_>>().join(" · ");
    view! {
        <li>
            <details>
                <summary>
                    <span class="name">{name}</span>
                    {(!group.is_empty()).then(|| view! { <span class="sub">{group}</span> })}
                    <span class="num end">{format::money(line.amount)}</span>
                </summary>
                {of(line)}
            </details>
        </li>
    }
}

/// The steps of a line.
pub fn of(line: &InvoiceLine) -> impl IntoView + use<> {
    let figures = Figures { currency: line.amount.currency(), unit: line.unit.clone().unwrap_or_default() };
    let step = |step: &Step| {
        let (words, figures) = figures.of(step);
        view! {
            <li>
                <span>{words}</span>
                <span class="num">{figures}</span>
            </li>
        }
    };
    view! { <ol class="steps">{line.derivation.iter().map(step).collect_view()}</ol> }
}

/// How the figures of a line are written.
struct Figures {
    currency: Currency,
    unit: String,
}

fn number(value: DecimalString) -> String {
    format::exact(value.decimal())
}

fn part(full: &str, days: u32, of: u32) -> String {
    format!("{full} × {days} ÷ {of}")
}

fn times(one: &str, quantity: u32) -> (String, String) {
    (text::step_times().to_owned(), format!("{one} × {quantity}"))
}

impl Figures {
    fn price(&self, price: DecimalString) -> String {
        format::price(price.decimal(), self.currency)
    }

    fn amount(&self, amount: Exact) -> String {
        format::in_full(amount, self.currency)
    }

    /// With what entering a tier costs, where it costs anything.
    fn with_fee(&self, product: String, fee: DecimalString) -> String {
        if fee.decimal().is_zero() {
            return product;
        }
        text::step_with_fee(&product, &self.price(fee))
    }

    /// What a step does, and with which figures.
    fn of(&self, step: &Step) -> (String, String) {
        match step {
            Step::Aggregated { function, events, quantity } => {
                let from = text::step_events(*events);
                let quantity = format!("{} {}", number(*quantity), self.unit);
                (text::step_aggregated(aggregation(*function), &from), quantity)
            }
            Step::QuantityRounded { rounding, from, to } => {
                let words = match rounding.mode {
                    RoundingMode::Up => text::step_rounded_up(),
                    RoundingMode::Down => text::step_rounded_down(),
                    RoundingMode::HalfUp => text::step_rounded_half_up(),
                };
                (words.to_owned(), format!("{} → {}", number(*from), number(*to)))
            }
            Step::AllowanceTimes { full, quantity } => times(&number(*full), *quantity),
            Step::AllowanceProrated { full, days, of, included } => {
                let figures = format!("{} = {}", part(&number(*full), *days, *of), number(*included));
                (text::step_allowance_part().to_owned(), figures)
            }
            Step::Allowance { used, included, quantity } => {
                let exact = used.decimal() - included.decimal() == quantity.decimal();
                // Less than nothing is not charged.
                let gives = if exact { "=" } else { "→" };
                let figures =
                    format!("{} − {} {gives} {}", number(*used), number(*included), number(*quantity));
                (text::step_allowance().to_owned(), figures)
            }
            Step::Flat { amount } => (text::step_flat().to_owned(), self.amount(*amount)),
            Step::Units { quantity, unit_price, amount } => {
                (text::step_units().to_owned(), self.product(*quantity, *unit_price, *amount))
            }
            Step::Tier { from, up_to, quantity, unit_price, amount, flat_fee } => {
                let product = self.product(*quantity, *unit_price, *amount);
                (tier(*from, *up_to), self.with_fee(product, *flat_fee))
            }
            Step::RateTier { from, up_to, value, rate, amount, flat_fee } => {
                let product =
                    format!("{} × {} % = {}", self.price(*value), number(*rate), self.amount(*amount));
                (tier(*from, *up_to), self.with_fee(product, *flat_fee))
            }
            Step::Packages { quantity, size, packages, price, amount } => {
                let words = text::step_packages(&number(*quantity), &number(*size));
                let packages = format::exact((*packages).into());
                (words, format!("{packages} × {} = {}", self.price(*price), self.amount(*amount)))
            }
            Step::Transactions { free, charged, value, rate, amount } => {
                let count = |number: u32| format::whole(number.into());
                let words = text::step_transactions(&count(*charged), &count(*free));
                let figures =
                    format!("{} × {} % → {}", self.price(*value), number(*rate), self.amount(*amount));
                (words, figures)
            }
            Step::Carried { events, amount } => (text::step_carried(*events), self.amount(*amount)),
            Step::Times { full, quantity } => times(&self.amount(*full), *quantity),
            Step::Prorated { full, days, of } => {
                (text::step_part().to_owned(), part(&self.amount(*full), *days, *of))
            }
            Step::PercentOff { before, percent } => {
                let figures = format!("{} × {} %", format::money(*before), number(*percent));
                (text::step_percent_off().to_owned(), figures)
            }
            Step::AmountOff { before, discount } => {
                (text::step_amount_off(&format::money(*before)), format::money(*discount))
            }
            Step::Bound { before, bound } => {
                let figures = format!("{} − {}", format::money(*bound), format::money(*before));
                (text::step_bound().to_owned(), figures)
            }
            Step::Billed { invoice, due, billed } => {
                let figures = format!("{} − {}", format::money(*due), format::money(*billed));
                (text::step_billed(invoice), figures)
            }
            Step::Rounded { amount } => (rounded(*amount), format::money(*amount)),
        }
    }

    fn product(&self, quantity: DecimalString, price: DecimalString, amount: Exact) -> String {
        format!("{} × {} = {}", number(quantity), self.price(price), self.amount(amount))
    }
}

fn rounded(amount: Money) -> String {
    text::step_rounded(i64::from(amount.currency().exponent()))
}

fn tier(from: DecimalString, up_to: Option<DecimalString>) -> String {
    match up_to {
        Some(up_to) => text::step_tier(&number(from), &number(up_to)),
        None => text::step_last_tier(&number(from)),
    }
}

/// What was done with the events.
fn aggregation(function: Aggregation) -> &'static str {
    match function {
        Aggregation::Sum => text::step_sum(),
        Aggregation::Count => text::step_count(),
        Aggregation::UniqueCount => text::step_unique_count(),
        Aggregation::Max => text::step_max(),
        Aggregation::Latest => text::step_latest(),
        Aggregation::TimeWeightedSum => text::step_time_weighted_sum(),
        Aggregation::Percentile95 => text::step_percentile_95(),
    }
}
