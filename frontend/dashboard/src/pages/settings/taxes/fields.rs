//! The fields of how the tenant taxes. The server counts the places of rules; here each has a number of its own, so what
//! the server says is translated.

use chrono::NaiveDate;
use client::{Failure, effect, format};
use contract::taxes::{TaxSettings, TaxTerms};
use domain::tax::{self, MOST_RULES, Place, PriceMode, TaxRounding, TaxRule};
use kit::{Field, Form, optional, required};
use leptos::prelude::*;

use super::text;
use crate::pages::billing::{
    price_fields::{Faults, Reading},
    rows::{Maker, RowFields, Rows, first_order},
};

/// One rule.
#[derive(Clone, Copy)]
pub struct RuleFields {
    pub name: Field,
    pub percent: Field,
    pub country: Field,
    pub region: Field,
    pub class: Field,
    pub from: Field,
    pub until: Field,
    pub compound: Field,
}

impl RowFields for RuleFields {
    fn all(self) -> Vec<Field> {
        vec![
            self.name,
            self.percent,
            self.country,
            self.region,
            self.class,
            self.from,
            self.until,
            self.compound,
        ]
    }
}

/// What stands in the fields of a rule.
fn typed(rule: &TaxRule) -> [String; 8] {
    let day = |day: Option<NaiveDate>| day.map(|day| day.to_string()).unwrap_or_default();
    [
        rule.name.clone(),
        format::typed(rule.percent.decimal()),
        rule.country.to_string(),
        rule.region.clone().unwrap_or_default(),
        rule.class.clone().unwrap_or_default(),
        day(rule.from),
        day(rule.until),
        rule.compound.to_string(),
    ]
}

fn given(text: &str) -> Option<String> {
    Some(text.trim().to_owned()).filter(|text| !text.is_empty())
}

impl RuleFields {
    fn new(maker: Maker, id: u32, from: Option<&TaxRule>, country: Field) -> Self {
        let [name, percent, place, region, class, begin, until, compound] =
            from.map(typed).unwrap_or_default();
        // A new rule is most often one of the tenant's own country.
        let place = if from.is_some() { place } else { country.value.get_untracked() };
        let field = |name: &str, value: String| maker.field(format!("/rules/{id}/{name}"), value);
        Self {
            name: field("name", name),
            percent: field("percent", percent),
            country: field("country", place),
            region: field("region", region),
            class: field("class", class),
            from: field("from", begin),
            until: field("until", until),
            compound: field("compound", if compound.is_empty() { "false".to_owned() } else { compound }),
        }
    }

    /// The rule, where it can be read. What cannot is told at its field.
    fn rule(self, reading: &mut Reading) -> Option<TaxRule> {
        let name = self.name.value.get().trim().to_owned();
        reading.tell(self.name, required(&name));
        let percent = reading.number(self.percent, true);
        let country = self.country.value.get().parse().ok();
        if country.is_none() {
            reading.tell(self.country, Some(text::country_missing().to_owned()));
        }
        let mut day = |field: Field| {
            let typed = field.value.get();
            let day = typed.parse::<NaiveDate>().ok();
            if day.is_none() && !typed.is_empty() {
                reading.tell(field, Some(text::day_form().to_owned()));
            }
            day
        };
        let (from, until) = (day(self.from), day(self.until));
        let rule = TaxRule {
            name,
            country: country?,
            region: given(&self.region.value.get()).map(|region| region.to_ascii_uppercase()),
            class: given(&self.class.value.get()).filter(|class| class != tax::STANDARD_CLASS),
            percent: percent?.into(),
            compound: self.compound.value.with(|on| on == "true"),
            from,
            until,
        };
        (!rule.name.is_empty()).then_some(rule)
    }
}

/// The rules as they are typed.
#[derive(Debug, Clone, PartialEq)]
pub struct Typed {
    /// Those that can be read, with the numbers of their rows.
    rules: Vec<(u32, TaxRule)>,
    faults: Faults,
}

impl Typed {
    fn rules(&self) -> Vec<TaxRule> {
        self.rules.iter().map(|(_, rule)| rule.clone()).collect()
    }

    /// The pointer of a field, where the server's has the place of the rule.
    fn pointer(&self, pointer: &str) -> Option<String> {
        let (place, name) = pointer.strip_prefix("/rules/")?.split_once('/')?;
        let (id, _) = self.rules.get(place.parse::<usize>().ok()?)?;
        Some(format!("/rules/{id}/{name}"))
    }
}

fn read(rows: Rows<RuleFields>, country: Field, region: Field) -> Typed {
    let mut reading = Reading::default();
    let rules = rows.get().into_iter().filter_map(|(id, row)| Some((id, row.rule(&mut reading)?))).collect();
    let mut typed = Typed { rules, faults: reading.faults };
    let own = country.value.get().parse().ok();
    if own.is_none() && (rows.count() > 0 || given(&region.value.get()).is_some()) {
        typed.faults.insert("country".to_owned(), text::own_country_missing().to_owned());
    }
    // The rules are looked at whatever country is chosen, or none.
    let place =
        own.or_else(|| "DE".parse().ok()).map(|country| Place { country, region: own_region(region) });
    let Some(place) = place else { return typed };
    let settings = tax::TaxSettings {
        place,
        prices: PriceMode::Exclusive,
        rounding: TaxRounding::Invoice,
        rules: typed.rules(),
    };
    for (pointer, _) in settings.problems() {
        let wrong = text::wrong(pointer.rsplit('/').next().unwrap_or_default());
        let pointer = typed.pointer(&pointer).unwrap_or(pointer);
        typed.faults.entry(pointer.trim_start_matches('/').replace('/', "-")).or_insert(wrong.to_owned());
    }
    typed
}

fn own_region(region: Field) -> Option<String> {
    given(&region.value.get()).map(|region| region.to_ascii_uppercase())
}

/// The fields of how the tenant taxes. Cheap to copy.
#[derive(Clone, Copy)]
pub struct Fields {
    pub form: Form,
    /// Nothing where no tax is charged.
    pub country: Field,
    pub region: Field,
    pub prices: Field,
    pub rounding: Field,
    pub rows: Rows<RuleFields>,
    typed: Memo<Typed>,
}

impl Fields {
    /// The fields as the tenant taxes now.
    pub fn new(now: &TaxSettings) -> Self {
        let form = Form::new("tax-settings");
        let maker = Maker { form, faults: RwSignal::default() };
        let country = now.country.map(|country| country.to_string()).unwrap_or_default();
        let country = maker.field("/country".to_owned(), country);
        let region = maker.field("/region".to_owned(), now.region.clone().unwrap_or_default());
        let order = maker.field("/rules".to_owned(), first_order(now.rules.len()));
        let rules = now.rules.clone();
        let row = move |id: u32| {
            let from = usize::try_from(id).ok().and_then(|index| rules.get(index));
            RuleFields::new(maker, id, from, country)
        };
        let rows = Rows::new(form, order, row);
        let typed = Memo::new(move |_| read(rows, country, region));
        effect(move || typed.with(|typed| maker.faults.set(typed.faults.clone())));
        Self {
            form,
            country,
            region,
            prices: form.field("/prices", now.prices.to_string(), optional),
            rounding: form.field("/rounding", now.rounding.to_string(), optional),
            rows,
            typed,
        }
    }

    /// What is sent: the whole of it.
    pub fn terms(self) -> TaxTerms {
        TaxTerms {
            country: self.country.text().parse().ok(),
            region: untrack(|| own_region(self.region)),
            prices: self.prices.text().parse().ok(),
            rounding: self.rounding.text().parse().ok(),
            rules: self.typed.with_untracked(Typed::rules),
        }
    }

    /// What the server said about the second rule, told at the second row.
    pub fn translate(self, failure: Failure) -> Failure {
        let Failure::Problem(mut problem) = failure else { return failure };
        for error in &mut problem.errors {
            if let Some(pointer) = self.typed.with_untracked(|typed| typed.pointer(&error.pointer)) {
                error.pointer = pointer;
            }
        }
        Failure::Problem(problem)
    }
}

/// Whether there may be no rule more.
pub fn is_full(rows: Rows<RuleFields>) -> bool {
    rows.count() >= MOST_RULES
}
