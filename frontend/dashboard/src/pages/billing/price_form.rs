//! What a component costs: its model, the fields of that model, and what few prices need.

use client::effect;
use domain::{
    money::Currency,
    pricing::{Aggregation, PriceModel, Readings, RoundingMode, WeightedPer},
};
use kit::{SelectField, TextField};
use leptos::prelude::*;

use super::{
    adjustments_form::adjustments,
    fields::{Asked, add_button, focus, number, remove_button, written},
    price_fields::{FilterFields, PriceFields, TierFields, begins, takes_allowance, takes_events},
    rows::{Rows, Spot},
    text,
};

fn choices<T: Copy + ToString>(all: &[T], name: fn(T) -> &'static str) -> Signal<Vec<(String, String)>> {
    Signal::stored(all.iter().map(|one| (one.to_string(), name(*one).to_owned())).collect())
}

/// The price of a component. `unit` is what its metric calls one.
#[component]
pub fn PriceEditor(
    price: StoredValue<PriceFields>,
    unit: Memo<Option<String>>,
    currency: Memo<Currency>,
    /// Which component it is, for those who hear the page.
    title: Signal<String>,
) -> impl IntoView {
    let model = Memo::new(move |_| price.with_value(PriceFields::chosen));
    let own = move || {
        let unit = unit.get().unwrap_or_else(|| text::a_unit().to_owned());
        price.with_value(|price| own_fields(price, model.get(), &unit, currency.get()))
    };
    let open = RwSignal::new(untrack(|| price.with_value(PriceFields::has_more)));
    // What is wrong has to be seen.
    effect(move || {
        let more = price.with_value(PriceFields::more);
        if more.iter().any(|field| field.error.get().is_some()) {
            open.set(true);
        }
    });
    let about = move || {
        if takes_events(model.get()) { text::more_about_events() } else { text::more_about() }
    };
    view! {
        <div class="model">
            <SelectField
                field=price.with_value(|price| price.model)
                label=text::how_priced()
                options=choices(PriceModel::ALL, |model| text::model(model).0)
            />
            <p class="dim" aria-live="polite">
                {move || text::model(model.get()).1}
            </p>
        </div>
        {move || own()}
        <details class="more" prop:open=move || open.get()>
            <summary on:click=move |event| {
                event.prevent_default();
                open.update(|open| *open = !*open);
            }>
                <b>{text::more()}</b>
                <span class="only-heard">{move || title.get()}</span>
                <span class="dim">{move || about()}</span>
            </summary>
            <div class="more-fields">{move || price.with_value(|price| more(price, model.get(), currency))}</div>
        </details>
    }
}

/// The fields that a model takes.
fn own_fields(price: &PriceFields, model: PriceModel, unit: &str, currency: Currency) -> AnyView {
    let money = |field, label: &str, hint| Asked {
        field,
        label: label.to_owned(),
        hint,
        unit: None,
        currency: Some(currency),
    };
    let counted = |field, label: &str, hint, unit: Option<&str>| Asked {
        field,
        label: label.to_owned(),
        hint,
        unit: unit.map(str::to_owned),
        currency: None,
    };
    let mut asked = match model {
        PriceModel::Flat => {
            let amount = money(price.amount, text::amount(), "");
            vec![Asked { unit: Some(text::per(text::a_month())), ..amount }]
        }
        PriceModel::Unit => {
            vec![Asked { unit: Some(text::per(unit)), ..money(price.unit_price, text::unit_price(), "") }]
        }
        PriceModel::Package => vec![
            money(price.amount, text::package_price(), ""),
            counted(price.size, text::package_size(), "", Some(unit)),
        ],
        PriceModel::Percentage => vec![
            counted(price.rate, text::rate(), "", Some("%")),
            money(price.fixed_fee, text::fixed_fee(), text::fixed_fee_hint()),
            money(price.minimum_fee, text::minimum_fee(), text::minimum_fee_hint()),
            money(price.maximum_fee, text::maximum_fee(), text::maximum_fee_hint()),
            counted(price.free_transactions, text::free_transactions(), text::free_transactions_hint(), None),
        ],
        PriceModel::Graduated
        | PriceModel::Volume
        | PriceModel::GraduatedPercentage
        | PriceModel::Dynamic => Vec::new(),
    };
    if takes_allowance(model) {
        asked.push(counted(price.included, text::included(), "", Some(unit)));
    }
    let by_tiers =
        matches!(model, PriceModel::Graduated | PriceModel::Volume | PriceModel::GraduatedPercentage);
    let by_rate = model == PriceModel::GraduatedPercentage;
    view! {
        {by_tiers.then(|| tiers(price.tiers, by_rate, currency))}
        {(!asked.is_empty())
            .then(|| view! { <div class="two">{asked.into_iter().map(number).collect_view()}</div> })}
    }
    .into_any()
}

fn tiers(rows: Rows<TierFields>, by_rate: bool, currency: Currency) -> AnyView {
    let prefix = rows.order.id.get_value();
    let add = move || {
        // What was the last tier gets an end now.
        let last = untrack(|| rows.get()).last().map(|(id, _)| *id);
        rows.add();
        focus(format!("#{prefix}-{}-up_to", last.unwrap_or_default()));
    };
    let heads = [
        text::tier_from(),
        text::up_to(),
        if by_rate { text::rate() } else { text::unit_price() },
        text::flat_fee(),
    ];
    view! {
        <div class="tiers" role="group" aria-label=text::tiers()>
            <div class="tier heads" aria-hidden="true">
                {heads.map(|head| view! { <span>{head}</span> }).collect_view()}
            </div>
            {rows.shown(true, move |spot, row| tier(rows, spot, row, by_rate, currency))}
            {add_button(rows.order, text::add_tier(), Signal::stored(false), add)}
        </div>
    }
    .into_any()
}

fn tier(
    rows: Rows<TierFields>,
    Spot { id, place, last }: Spot,
    row: TierFields,
    by_rate: bool,
    currency: Currency,
) -> AnyView {
    let name = written(place + 1);
    let first = Memo::new(move |_| begins(rows, place));
    let from = move || first.get().map_or_else(|| "–".to_owned(), client::format::exact);
    let asked = |field, label: String, unit: Option<&str>, currency| {
        number(Asked { field, label, hint: "", unit: unit.map(str::to_owned), currency })
    };
    let prefix = rows.order.id.get_value();
    let remove = move || {
        let next = rows.take_out(id).unwrap_or_default();
        focus(format!("#{}-{next}-remove", rows.order.id.get_value()));
    };
    let end = if last {
        view! {
            <div class="field shown">
                <span class="label">{text::tier_up_to(&name)}</span>
                <span>{text::and_beyond()}</span>
            </div>
        }
        .into_any()
    } else {
        asked(row.up_to, text::tier_up_to(&name), None, None)
    };
    view! {
        <div class="tier">
            <div class="field shown">
                <span class="label">{text::tier_from_of(&name)}</span>
                <span>{from}</span>
            </div>
            {end}
            {if by_rate {
                asked(row.rate, text::tier_rate(&name), Some("%"), None)
            } else {
                asked(row.unit_price, text::tier_unit_price(&name), None, Some(currency))
            }}
            {asked(row.flat_fee, text::tier_flat_fee(&name), None, Some(currency))}
            {remove_button(format!("{prefix}-{id}-remove"), text::remove_tier(&name), place == 0 && last, remove)}
        </div>
    }
    .into_any()
}

/// What few prices need.
fn more(price: &PriceFields, model: PriceModel, currency: Memo<Currency>) -> AnyView {
    let counts = !takes_events(model);
    view! {
        {counts.then(|| counting(price))}
        {filters(price.filters)}
        <TextField field=price.group_by label=text::group_by() hint=text::group_by_hint() />
        {(counts && takes_allowance(model)).then(|| rounding(price))}
        {adjustments(&price.adjustments, currency, text::minimum())}
    }
    .into_any()
}

fn counting(price: &PriceFields) -> AnyView {
    let PriceFields { function, property, readings, per, .. } = *price;
    let counted = Memo::new(move |_| function.value.with(|it| it.parse().unwrap_or(Aggregation::Sum)));
    let extra = move || match counted.get() {
        Aggregation::UniqueCount => {
            Some(view! { <TextField field=property label=text::counted_property() /> }.into_any())
        }
        Aggregation::TimeWeightedSum => Some(
            view! {
                <SelectField
                    field=readings
                    label=text::readings()
                    options=choices(
                        Readings::ALL,
                        |it| match it {
                            Readings::Levels => text::readings_levels(),
                            Readings::Changes => text::readings_changes(),
                        },
                    )
                />
                <SelectField
                    field=per
                    label=text::weighed_per()
                    options=choices(
                        WeightedPer::ALL,
                        |it| match it {
                            WeightedPer::Hours => text::per_hours(),
                            WeightedPer::Period => text::per_period(),
                        },
                    )
                />
            }
            .into_any(),
        ),
        _ => None,
    };
    view! {
        <div class="two">
            <SelectField
                field=function
                label=text::counted()
                options=choices(Aggregation::ALL, text::aggregation)
            />
            {move || extra()}
        </div>
    }
    .into_any()
}

fn rounding(price: &PriceFields) -> AnyView {
    let ways = RoundingMode::ALL.iter().map(|mode| {
        let name = match mode {
            RoundingMode::Up => text::round_up(),
            RoundingMode::Down => text::round_down(),
            RoundingMode::HalfUp => text::round_half_up(),
        };
        (mode.to_string(), name.to_owned())
    });
    let never = (String::new(), text::round_never().to_owned());
    let ways = Signal::stored(std::iter::once(never).chain(ways).collect::<Vec<_>>());
    let places = (0..=9_i64).map(|places| {
        let name =
            if places == 0 { text::decimals_whole().to_owned() } else { text::decimals_places(places) };
        (places.to_string(), name)
    });
    let places = Signal::stored(places.collect::<Vec<_>>());
    let (way, decimals) = (price.rounding, price.decimals);
    let rounds = Memo::new(move |_| way.value.with(|mode| !mode.is_empty()));
    view! {
        <div class="two">
            <SelectField field=way label=text::rounding() options=ways />
            {move || {
                rounds
                    .get()
                    .then(|| view! { <SelectField field=decimals label=text::decimals() options=places /> })
            }}
        </div>
    }
    .into_any()
}

fn filters(rows: Rows<FilterFields>) -> AnyView {
    let prefix = rows.order.id.get_value();
    let add = move || {
        let id = rows.add();
        focus(format!("#{prefix}-{id}-property"));
    };
    view! {
        <div class="entries" role="group" aria-label=text::filters()>
            <b>{text::filters()}</b>
            <p class="dim">{text::filters_hint()}</p>
            {rows.shown(true, move |spot, row| filter(rows, spot, row))}
            {add_button(rows.order, text::add_filter(), Signal::stored(false), add)}
        </div>
    }
    .into_any()
}

fn filter(rows: Rows<FilterFields>, Spot { id, place, .. }: Spot, row: FilterFields) -> AnyView {
    let (name, prefix) = (written(place + 1), rows.order.id.get_value());
    let remove = move || {
        let prefix = rows.order.id.get_value();
        match rows.take_out(id) {
            Some(next) => focus(format!("#{prefix}-{next}-remove")),
            None => focus(format!("#{prefix}-add button")),
        }
    };
    view! {
        <div class="entry filter-entry">
            <TextField field=row.property label=text::filter_property(&name) />
            <TextField
                field=row.values
                label=text::filter_values(&name)
                hint=text::filter_values_hint()
            />
            {remove_button(format!("{prefix}-{id}-remove"), text::remove_filter(&name), false, remove)}
        </div>
    }
    .into_any()
}
