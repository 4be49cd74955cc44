//! The fields of a price. All of them are there whatever its model is: who changes the model and changes it back finds
//! what was typed. What the model does not take is neither checked nor sent.

use std::collections::HashMap;

use client::format;
use domain::{
    decimals::DecimalString,
    pricing::{
        AdjustmentTerms, Aggregation, AggregationTerms, DiscountTerms, Filter, PriceModel, PriceTerms,
        QuantityRounding, Readings, RoundingMode, TierTerms, WeightedPer,
    },
};
use kit::{Field, a_number, a_number_or_none, required};
use leptos::prelude::*;
use rust_decimal::{Decimal, prelude::ToPrimitive as _};

use super::{
    rows::{Maker, RowFields, Rows, first_order},
    text,
};

/// What is wrong with fields, by their ids.
pub type Faults = HashMap<String, String>;

/// The id of the field at a pointer.
pub fn id_of(pointer: &str) -> String {
    pointer.trim_start_matches('/').replace('/', "-")
}

/// Reads fields, and collects what is wrong with them.
#[derive(Default)]
pub struct Reading {
    pub faults: Faults,
}

impl Reading {
    /// The first fault of a field is told.
    pub fn tell(&mut self, field: Field, wrong: Option<String>) {
        if let Some(wrong) = wrong {
            self.faults.entry(field.id.get_value()).or_insert(wrong);
        }
    }

    /// The number in a field; a missing one is told only where it is needed.
    pub fn number(&mut self, field: Field, needed: bool) -> Option<Decimal> {
        let text = field.value.get();
        self.tell(field, if needed { a_number(&text) } else { a_number_or_none(&text) });
        format::number(&text)
    }

    fn needed(&mut self, field: Field) -> Option<DecimalString> {
        self.number(field, true).map(Into::into)
    }

    fn optional(&mut self, field: Field) -> Option<DecimalString> {
        self.number(field, false).map(Into::into)
    }

    fn text(&mut self, field: Field) -> String {
        let text = field.value.get().trim().to_owned();
        self.tell(field, required(&text));
        text
    }
}

fn typed(value: Option<DecimalString>) -> String {
    value.map(|value| format::typed(value.decimal())).unwrap_or_default()
}

/// Values in a line, separated by commas. One that has a comma itself stands in quotes.
fn listed(values: &[String]) -> String {
    let written = |value: &String| {
        let plain = !value.is_empty() && value.trim() == value && !value.contains([',', '"']);
        if plain { value.clone() } else { format!("\"{}\"", value.replace('"', "\"\"")) }
    };
    values.iter().map(written).collect::<Vec<_>>().join(", ")
}

/// The values of such a line.
fn values(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let (mut value, mut inside, mut quoted) = (String::new(), false, false);
    for letter in text.chars().chain([',']) {
        match letter {
            '"' if quoted || value.is_empty() => {
                if quoted && !inside {
                    value.push('"');
                }
                (inside, quoted) = (!inside, true);
            }
            ',' if !inside => {
                let value = std::mem::take(&mut value);
                let value = if quoted { value } else { value.trim_end().to_owned() };
                if quoted || !value.is_empty() {
                    found.push(value);
                }
                quoted = false;
            }
            _ if letter.is_whitespace() && !inside && (quoted || value.is_empty()) => {}
            _ => value.push(letter),
        }
    }
    found
}

/// One tier. It begins where the one before it ends.
#[derive(Clone, Copy)]
pub struct TierFields {
    pub up_to: Field,
    pub unit_price: Field,
    pub rate: Field,
    pub flat_fee: Field,
}

impl RowFields for TierFields {
    fn all(self) -> Vec<Field> {
        vec![self.up_to, self.unit_price, self.rate, self.flat_fee]
    }
}

/// Which events count.
#[derive(Clone, Copy)]
pub struct FilterFields {
    pub property: Field,
    pub values: Field,
}

impl RowFields for FilterFields {
    fn all(self) -> Vec<Field> {
        vec![self.property, self.values]
    }
}

/// What is taken off.
#[derive(Clone, Copy)]
pub struct DiscountFields {
    pub name: Field,
    pub kind: Field,
    pub value: Field,
}

impl RowFields for DiscountFields {
    fn all(self) -> Vec<Field> {
        vec![self.name, self.kind, self.value]
    }
}

/// A discount in percent; else it is an amount.
pub const PERCENT: &str = "percent";

fn nth<T: Clone>(all: &[T], id: u32) -> Option<T> {
    usize::try_from(id).ok().and_then(|index| all.get(index).cloned())
}

/// What is done with an amount: of a component, or of the plan.
#[derive(Clone, Copy)]
pub struct AdjustmentFields {
    pub discounts: Rows<DiscountFields>,
    pub minimum: Field,
    pub maximum: Field,
}

impl AdjustmentFields {
    pub fn new(maker: Maker, at: &str, from: AdjustmentTerms) -> Self {
        let order = maker.field(format!("{at}/discounts"), first_order(from.discounts.len()));
        let (initial, prefix) = (from.discounts, format!("{at}/discounts"));
        let discount = move |id: u32| {
            let from = nth(&initial, id);
            let by_amount = from.as_ref().is_some_and(|from| from.amount.is_some());
            let value = typed(from.as_ref().and_then(|from| from.amount.or(from.percent)));
            DiscountFields {
                name: maker.field(format!("{prefix}/{id}/name"), from.map(|it| it.name).unwrap_or_default()),
                kind: maker.field(format!("{prefix}/{id}/kind"), if by_amount { "amount" } else { PERCENT }),
                value: maker.field(format!("{prefix}/{id}/value"), value),
            }
        };
        Self {
            discounts: Rows::new(maker.form, order, discount),
            minimum: maker.field(format!("{at}/minimum"), typed(from.minimum)),
            maximum: maker.field(format!("{at}/maximum"), typed(from.maximum)),
        }
    }

    fn fields(self) -> Vec<Field> {
        self.discounts.fields().into_iter().chain([self.minimum, self.maximum]).collect()
    }

    pub fn terms(self, reading: &mut Reading) -> AdjustmentTerms {
        let discounts = self.discounts.get().into_iter().map(|(_, row)| {
            let name = reading.text(row.name);
            // What is not there yet is told as missing, and takes off nothing.
            let value = Some(reading.needed(row.value).unwrap_or_default());
            let by_percent = row.kind.value.with(|kind| kind == PERCENT);
            let (percent, amount) = if by_percent { (value, None) } else { (None, value) };
            DiscountTerms { name, percent, amount }
        });
        let discounts = discounts.collect();
        let (minimum, maximum) = (reading.optional(self.minimum), reading.optional(self.maximum));
        AdjustmentTerms { discounts, minimum, maximum }
    }

    /// The field that a pointer means, which counts places.
    pub fn own(self, pointer: &str) -> String {
        match pointer.strip_prefix("/discounts/").and_then(|below| self.discounts.named(below)) {
            Some((id, _, field)) => {
                let field = if field == "name" { "name" } else { "value" };
                format!("/discounts/{id}/{field}")
            }
            None => pointer.to_owned(),
        }
    }
}

/// Whether some of the quantity can be free.
pub fn takes_allowance(model: PriceModel) -> bool {
    !matches!(model, PriceModel::Flat | PriceModel::Dynamic)
}

/// Whether each event is priced by itself; then there is nothing to choose in how they are counted.
pub fn takes_events(model: PriceModel) -> bool {
    matches!(model, PriceModel::Percentage | PriceModel::Dynamic)
}

/// The fields of a price.
#[derive(Clone)]
pub struct PriceFields {
    pub model: Field,
    pub amount: Field,
    pub unit_price: Field,
    pub size: Field,
    pub rate: Field,
    pub fixed_fee: Field,
    pub free_transactions: Field,
    pub minimum_fee: Field,
    pub maximum_fee: Field,
    pub tiers: Rows<TierFields>,
    pub included: Field,
    pub function: Field,
    pub property: Field,
    pub readings: Field,
    pub per: Field,
    pub filters: Rows<FilterFields>,
    pub group_by: Field,
    pub rounding: Field,
    pub decimals: Field,
    pub adjustments: AdjustmentFields,
}

impl PriceFields {
    pub fn new(maker: Maker, at: &str, from: PriceTerms) -> Self {
        let field = |name: &str, initial: String| maker.field(format!("{at}/{name}"), initial);
        let AggregationTerms { function, property, readings, per } = from.aggregation;
        let rounding = from.quantity_rounding;
        // There is no price of tiers without one; two show what they are for.
        let tiers = if from.tiers.is_empty() { 2 } else { from.tiers.len() };
        let adjustments =
            AdjustmentTerms { discounts: from.discounts, minimum: from.minimum, maximum: from.maximum };
        Self {
            model: field("model", from.model.to_string()),
            amount: field("amount", typed(from.amount)),
            unit_price: field("unit_price", typed(from.unit_price)),
            size: field("size", typed(from.size)),
            rate: field("rate", typed(from.rate)),
            fixed_fee: field("fixed_fee", typed(from.fixed_fee)),
            free_transactions: field(
                "free_transactions",
                from.free_transactions.map(|it| it.to_string()).unwrap_or_default(),
            ),
            minimum_fee: field("minimum_fee", typed(from.minimum_fee)),
            maximum_fee: field("maximum_fee", typed(from.maximum_fee)),
            tiers: Rows::new(
                maker.form,
                field("tiers", first_order(tiers)),
                tier(maker, format!("{at}/tiers"), from.tiers),
            ),
            included: field("included", typed(Some(from.included).filter(|it| !it.decimal().is_zero()))),
            function: field("aggregation/function", function.to_string()),
            property: field("aggregation/property", property.unwrap_or_default()),
            readings: field("aggregation/readings", readings.unwrap_or(Readings::Levels).to_string()),
            per: field("aggregation/per", per.unwrap_or(WeightedPer::Period).to_string()),
            group_by: field("group_by", listed(&from.group_by)),
            rounding: field(
                "quantity_rounding/mode",
                rounding.map(|it| it.mode.to_string()).unwrap_or_default(),
            ),
            decimals: field("quantity_rounding/decimals", rounding.map_or(0, |it| it.decimals).to_string()),
            filters: Rows::new(
                maker.form,
                field("filters", first_order(from.filters.len())),
                filter(maker, format!("{at}/filters"), from.filters),
            ),
            adjustments: AdjustmentFields::new(maker, at, adjustments),
        }
    }

    pub fn fields(&self) -> Vec<Field> {
        let own = [
            self.model,
            self.amount,
            self.unit_price,
            self.size,
            self.rate,
            self.fixed_fee,
            self.free_transactions,
            self.minimum_fee,
            self.maximum_fee,
            self.included,
        ];
        let tiers = self.tiers.fields();
        own.into_iter().chain(tiers).chain(self.more()).collect()
    }

    /// Those that few prices need.
    pub fn more(&self) -> Vec<Field> {
        let own = [
            self.function,
            self.property,
            self.readings,
            self.per,
            self.group_by,
            self.rounding,
            self.decimals,
        ];
        let rows = self.filters.fields().into_iter().chain(self.adjustments.fields());
        own.into_iter().chain(rows).collect()
    }

    /// Whether one of those is set.
    pub fn has_more(&self) -> bool {
        let unset = Aggregation::Sum.as_str();
        let texts = [self.group_by, self.rounding, self.adjustments.minimum, self.adjustments.maximum];
        self.function.text() != unset
            || texts.iter().any(|field| field.optional().is_some())
            || self.filters.count() + self.adjustments.discounts.count() > 0
    }

    pub fn chosen(&self) -> PriceModel {
        self.model.value.with(|model| model.parse().unwrap_or(PriceModel::Unit))
    }

    /// The terms as they are typed. What is wrong with them is told at their fields.
    pub fn terms(&self, at: &str, reading: &mut Reading) -> PriceTerms {
        let model = self.chosen();
        let mut terms = PriceTerms::new(model);
        match model {
            PriceModel::Flat => terms.amount = reading.needed(self.amount),
            PriceModel::Unit => terms.unit_price = reading.needed(self.unit_price),
            PriceModel::Graduated | PriceModel::Volume => terms.tiers = self.tier_terms(false, reading),
            PriceModel::GraduatedPercentage => terms.tiers = self.tier_terms(true, reading),
            PriceModel::Package => {
                terms.amount = reading.needed(self.amount);
                terms.size = reading.needed(self.size);
            }
            PriceModel::Percentage => {
                terms.rate = reading.needed(self.rate);
                terms.fixed_fee = reading.optional(self.fixed_fee);
                terms.free_transactions = self.free(reading);
                terms.minimum_fee = reading.optional(self.minimum_fee);
                terms.maximum_fee = reading.optional(self.maximum_fee);
            }
            PriceModel::Dynamic => {}
        }
        if takes_allowance(model) {
            terms.included = reading.optional(self.included).unwrap_or_default();
        }
        if !takes_events(model) {
            terms.aggregation = self.aggregation(reading);
        }
        let filters = self.filters.get().into_iter().map(|(_, row)| {
            let values = values(&reading.text(row.values));
            Filter { property: reading.text(row.property), values }
        });
        terms.filters = filters.collect();
        terms.group_by = self.group_by.value.with(|text| values(text));
        if takes_allowance(model) && !takes_events(model) {
            let mode = self.rounding.value.with(|mode| mode.parse::<RoundingMode>().ok());
            let decimals = self.decimals.value.with(|decimals| decimals.parse().unwrap_or(0));
            terms.quantity_rounding = mode.map(|mode| QuantityRounding { mode, decimals });
        }
        let adjustments = self.adjustments.terms(reading);
        terms.discounts = adjustments.discounts;
        terms.minimum = adjustments.minimum;
        terms.maximum = adjustments.maximum;
        let mut problems = Vec::new();
        terms.check("", &mut problems);
        for problem in problems {
            let id = id_of(&format!("{at}{}", self.own(&problem.pointer)));
            reading.faults.entry(id).or_insert_with(|| text::fault(&problem.detail));
        }
        terms
    }

    fn free(&self, reading: &mut Reading) -> Option<u32> {
        let number = reading.number(self.free_transactions, false)?;
        let whole = number.to_u32().filter(|_| number.fract().is_zero());
        if whole.is_none() {
            reading.tell(self.free_transactions, Some(text::whole_number().to_owned()));
        }
        whole
    }

    fn aggregation(&self, reading: &mut Reading) -> AggregationTerms {
        let function = self.function.value.with(|it| it.parse().unwrap_or(Aggregation::Sum));
        let over_time = function == Aggregation::TimeWeightedSum;
        AggregationTerms {
            function,
            property: (function == Aggregation::UniqueCount).then(|| reading.text(self.property)),
            readings: self.readings.value.with(|it| it.parse().ok()).filter(|_| over_time),
            per: self.per.value.with(|it| it.parse().ok()).filter(|_| over_time),
        }
    }

    /// Each tier begins where the one before it ends: there is no gap to make.
    fn tier_terms(&self, by_rate: bool, reading: &mut Reading) -> Vec<TierTerms> {
        let rows = self.tiers.get();
        let last = rows.len().saturating_sub(1);
        let mut from = Decimal::ZERO;
        let tier = |(place, (_, row)): (usize, (u32, TierFields))| {
            let up_to = if place < last { reading.number(row.up_to, true) } else { None };
            if up_to.is_some_and(|up_to| up_to <= from) {
                reading.tell(row.up_to, Some(text::more_than(&format::exact(from))));
            }
            let (unit_price, rate) = if by_rate {
                (None, reading.needed(row.rate))
            } else {
                (reading.needed(row.unit_price), None)
            };
            let flat_fee = reading.optional(row.flat_fee).unwrap_or_default();
            let begins = from;
            from = up_to.unwrap_or(from);
            TierTerms { from: begins.into(), up_to: up_to.map(Into::into), unit_price, rate, flat_fee }
        };
        rows.into_iter().enumerate().map(tier).collect()
    }

    /// The field that a pointer means, which counts places.
    pub fn own(&self, pointer: &str) -> String {
        let (list, below) = pointer.trim_start_matches('/').split_once('/').unwrap_or_default();
        match list {
            "tiers" => self.tiers.named(below).map(|(id, _, field)| format!("/tiers/{id}/{field}")),
            "filters" => self.filters.named(below).map(|(id, _, field)| {
                format!("/filters/{id}/{}", field.split('/').next().unwrap_or_default())
            }),
            "group_by" => Some("/group_by".to_owned()),
            _ => None,
        }
        .unwrap_or_else(|| self.adjustments.own(pointer))
    }
}

/// Where a tier begins, as it is typed at the one before it.
pub fn begins(tiers: Rows<TierFields>, place: usize) -> Option<Decimal> {
    let Some(before) = place.checked_sub(1) else { return Some(Decimal::ZERO) };
    tiers.get().get(before).and_then(|(_, row)| row.up_to.value.with(|text| format::number(text)))
}

fn tier(maker: Maker, at: String, initial: Vec<TierTerms>) -> impl Fn(u32) -> TierFields {
    move |id| {
        let from = nth(&initial, id);
        let field =
            |name: &str, value: Option<DecimalString>| maker.field(format!("{at}/{id}/{name}"), typed(value));
        let fee = from.as_ref().map(|from| from.flat_fee).filter(|fee| !fee.decimal().is_zero());
        TierFields {
            up_to: field("up_to", from.as_ref().and_then(|from| from.up_to)),
            unit_price: field("unit_price", from.as_ref().and_then(|from| from.unit_price)),
            rate: field("rate", from.as_ref().and_then(|from| from.rate)),
            flat_fee: field("flat_fee", fee),
        }
    }
}

fn filter(maker: Maker, at: String, initial: Vec<Filter>) -> impl Fn(u32) -> FilterFields {
    move |id| {
        let from = nth(&initial, id);
        let (property, values) = from.map(|it| (it.property, listed(&it.values))).unwrap_or_default();
        FilterFields {
            property: maker.field(format!("{at}/{id}/property"), property),
            values: maker.field(format!("{at}/{id}/values"), values),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_keeps_its_values() {
        let kept = ["plain", "two words", "a, b", "", " spaced ", "\"", "5\" disk", "x\"y,"];
        let kept = kept.map(str::to_owned);
        assert_eq!(values(&listed(&kept)), kept);
        assert_eq!(values(" a ,b,, c\"d , "), ["a", "b", "c\"d"]);
        assert_eq!(values(""), Vec::<String>::new());
    }
}
