//! All that a price says, beside its figure.

use client::format;
use domain::{
    decimals::DecimalString,
    money::Currency,
    pricing::{
        AdjustmentTerms, Aggregation, DiscountTerms, PriceModel, PriceTerms, Readings, RoundingMode,
        WeightedPer,
    },
};
use kit::{Column, Table};
use leptos::prelude::*;

use super::text;

/// A name, and what it stands for.
pub type Pair = (&'static str, Option<String>);

fn money(value: DecimalString, currency: Currency) -> String {
    format::price(value.decimal(), currency)
}

/// The tiers of a price, if it has any.
pub fn tiers(price: &PriceTerms, currency: Currency) -> Option<AnyView> {
    if price.tiers.is_empty() {
        return None;
    }
    let by_rate = price.model == PriceModel::GraduatedPercentage;
    let number = |value: DecimalString| format::exact(value.decimal());
    let row = |tier: &domain::pricing::TierTerms| {
        let end = tier.up_to.map_or_else(|| text::and_beyond().to_owned(), number);
        let each = match tier.rate {
            Some(rate) => text::of_value(&number(rate)),
            None => money(tier.unit_price.unwrap_or_default(), currency),
        };
        let fee = Some(tier.flat_fee).filter(|fee| !fee.decimal().is_zero());
        view! {
            <tr>
                <th scope="row" class="r">{number(tier.from)}</th>
                <td class="r">{end}</td>
                <td class="r">{each}</td>
                <td class="r">{fee.map_or_else(|| "–".to_owned(), |fee| money(fee, currency))}</td>
            </tr>
        }
    };
    let rows = price.tiers.iter().map(row).collect_view();
    let each = if by_rate { text::rate() } else { text::unit_price() };
    let columns = [text::from(), text::up_to(), each, text::flat_fee()].map(Column::figures);
    Some(
        view! {
            <div class="tiers-of">
                <Table caption=text::tiers() columns=columns.to_vec()>
                    {rows}
                </Table>
            </div>
        }
        .into_any(),
    )
}

/// What few prices need, as far as this one has it.
pub fn modifiers(price: &PriceTerms, currency: Currency) -> Vec<Pair> {
    let number = |value: DecimalString| format::exact(value.decimal());
    let mut found: Vec<Pair> = Vec::new();
    let mut say = |name, value: Option<String>| {
        if value.is_some() {
            found.push((name, value));
        }
    };
    let some = |value: DecimalString| Some(value).filter(|value| !value.decimal().is_zero());
    say(text::included(), some(price.included).map(number));
    say(text::minimum_fee(), price.minimum_fee.map(|fee| money(fee, currency)));
    say(text::maximum_fee(), price.maximum_fee.map(|fee| money(fee, currency)));
    let free = price.free_transactions.filter(|count| *count > 0);
    say(text::free_transactions(), free.map(|count| format::whole(i64::from(count))));
    say(text::counted(), counted(price));
    let filters = price.filters.iter().map(|it| text::is_one_of(&it.property, &it.values.join(text::or())));
    say(text::filters(), lines(filters.collect()));
    say(text::group_by(), lines(price.group_by.clone()));
    let rounding = price.quantity_rounding.map(|rounding| {
        let way = match rounding.mode {
            RoundingMode::Up => text::round_up(),
            RoundingMode::Down => text::round_down(),
            RoundingMode::HalfUp => text::round_half_up(),
        };
        let to = match rounding.decimals {
            0 => text::decimals_whole().to_owned(),
            decimals => text::decimals_places(i64::from(decimals)),
        };
        text::rounded(way, &to)
    });
    say(text::rounding(), rounding);
    let PriceTerms { discounts, minimum, maximum, .. } = price.clone();
    found.extend(adjusted(&AdjustmentTerms { discounts, minimum, maximum }, currency));
    found
}

/// What is done with an amount, as far as anything is.
pub fn adjusted(terms: &AdjustmentTerms, currency: Currency) -> Vec<Pair> {
    let discount = |it: &DiscountTerms| {
        let off = match it.percent {
            Some(percent) => text::of_value(&format::exact(percent.decimal())),
            None => money(it.amount.unwrap_or_default(), currency),
        };
        text::discount(&it.name, &off)
    };
    let monthly = |value: DecimalString| text::monthly(&money(value, currency));
    [
        (text::discounts(), lines(terms.discounts.iter().map(discount).collect())),
        (text::minimum(), terms.minimum.map(monthly)),
        (text::maximum(), terms.maximum.map(monthly)),
    ]
    .into_iter()
    .filter(|(_, value)| value.is_some())
    .collect()
}

/// A line each.
fn lines(texts: Vec<String>) -> Option<String> {
    (!texts.is_empty()).then(|| texts.join("\n"))
}

/// How usage is counted, where it is not just added up.
fn counted(price: &PriceTerms) -> Option<String> {
    let terms = &price.aggregation;
    Some(match terms.function {
        Aggregation::Sum => return None,
        Aggregation::Count => text::count_count().to_owned(),
        Aggregation::UniqueCount => text::count_unique(terms.property.as_deref().unwrap_or_default()),
        Aggregation::Max => text::count_max().to_owned(),
        Aggregation::Latest => text::count_latest().to_owned(),
        Aggregation::Percentile95 => text::count_percentile_95().to_owned(),
        Aggregation::TimeWeightedSum => {
            let per = match terms.per {
                Some(WeightedPer::Hours) => text::per_hours(),
                _ => text::per_period(),
            };
            match terms.readings {
                Some(Readings::Changes) => text::count_over_time_changes(per),
                _ => text::count_over_time(per),
            }
        }
    })
}
