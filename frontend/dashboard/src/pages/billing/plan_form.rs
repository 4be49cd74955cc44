//! Making a plan, and changing one.

use address::go;
use client::{Loaded, Remote, load_once, on_change, use_client};
use contract::{
    Page,
    metrics::Metric,
    plans::{CreatePlan, Plan, UpdatePlan},
};
use domain::{
    fees::{FeeAnchor, FeeInterval, FeeTiming},
    money::Currency,
    plans::BilledAt,
    pricing::AdjustmentTerms,
};
use frame::title_page;
use kit::{
    Banner, CheckField, Form, FormView, Icon, NumberField, PageHeader, SelectField, SkeletonRows, TextArea,
    TextField, Tone, faces, icon, required, use_toasts,
};
use leptos::prelude::*;

use super::{
    adjustments_form::adjustments,
    fields::{add_button, focus, written},
    own_currency,
    plan_fields::{PlanFields, Row},
    preview::Costs,
    price_form::PriceEditor,
    text, use_second_part,
};

fn load_metrics() -> Loaded<Page<Metric>> {
    load_once(|| Some("/msp/metrics?limit=200".to_owned()))
}

fn skeleton() -> impl IntoView {
    view! {
        <div class="plan-form">
            <div class="card">
                <SkeletonRows rows=8 />
            </div>
            <div class="card">
                <SkeletonRows rows=4 />
            </div>
        </div>
    }
}

#[component]
pub fn NewPlan() -> impl IntoView {
    let metrics = load_metrics();
    let currency = own_currency();
    view! {
        <PageHeader title=text::new_plan() above=vec![("/plans", text::plans())] here=text::new_plan() />
        {faces(
            metrics,
            skeleton,
            move |metrics| {
                move || match currency.get() {
                    Some(currency) => view! { <Create metrics=metrics.items.clone() currency /> }.into_any(),
                    None => skeleton().into_any(),
                }
            },
        )}
    }
}

/// A code made of a name, to begin with.
fn code_of(name: &str) -> String {
    let mut code = String::new();
    for letter in name.trim().chars() {
        if letter.is_ascii_alphanumeric() {
            code.push(letter.to_ascii_uppercase());
        } else if !code.is_empty() && !code.ends_with('-') {
            code.push('-');
        }
    }
    code.truncate(32);
    code.trim_end_matches('-').to_owned()
}

#[component]
fn Create(metrics: Vec<Metric>, currency: Currency) -> impl IntoView {
    let client = use_client();
    let toasts = use_toasts();
    let form = Form::new("plan");
    let code = form.field("/code", "", required);
    let fields = PlanFields::new(form, None, currency);
    Effect::new(move |before: Option<String>| {
        let proposed = fields.name.value.with(|name| code_of(name));
        let untouched = code
            .value
            .with_untracked(|code| code.is_empty() || before.as_ref().is_some_and(|before| before == code));
        if untouched {
            code.value.set(proposed.clone());
        }
        proposed
    });
    let submit = move |()| {
        form.send(
            async move || {
                let typed = fields.typed.get_untracked();
                let AdjustmentTerms { discounts, minimum, maximum } = typed.adjustments;
                let body = CreatePlan {
                    code: code.text(),
                    name: fields.name.text(),
                    description: fields.description.optional(),
                    base_fee: fields.fee(),
                    fee_interval: untrack(|| fields.interval()),
                    fee_anchor: untrack(|| fields.anchor()),
                    fee_timing: untrack(|| fields.timing()),
                    components: typed.components,
                    discounts,
                    minimum,
                    maximum,
                    tax_class: fields.tax_class.optional(),
                    billed_at: Some(if fields.at_stripe.is_on() {
                        BilledAt::Stripe
                    } else {
                        BilledAt::Bailiwick
                    }),
                };
                let made = client.post("/msp/plans").body(&body).answer::<Plan>().await;
                made.map_err(|failure| fields.translate(failure))
            },
            move |plan| {
                toasts.say(text::plan_made(&plan.name));
                go(&format!("/plans/{}", plan.code));
            },
        );
    };
    let currencies = Signal::stored(
        Currency::all().map(|it| (it.code().to_owned(), it.code().to_owned())).collect::<Vec<_>>(),
    );
    view! {
        <Around fields>
            <FormView
                form
                submit=text::make_plan()
                on_submit=submit
                on_cancel=Callback::new(move |()| go("/plans"))
            >
                <div class="two">
                    <TextField field=fields.name label=text::name() hint=text::plan_name_hint() />
                    <TextField field=code label=text::code() hint=text::code_hint() />
                </div>
                <TextArea field=fields.description label=text::description() hint=text::description_hint() />
                <div class="two">
                    <SelectField
                        field=fields.currency
                        label=text::currency()
                        options=currencies
                        hint=text::currency_hint()
                    />
                    {move || {
                        // Its sign is the currency's, and its unit the period.
                        view! { <Fee fields currency=fields.chosen_currency() interval=fields.interval() /> }
                    }}
                </div>
                <FeePeriods fields />
                <TextField field=fields.tax_class label=text::tax_class() hint=text::tax_class_hint() />
                <CheckField field=fields.at_stripe label=text::billed_at_stripe() hint=text::billed_at_stripe_hint() />
                <Components fields metrics />
                <PlanAdjustments fields />
            </FormView>
        </Around>
    }
}

#[component]
fn Fee(fields: PlanFields, currency: Currency, interval: FeeInterval) -> impl IntoView {
    view! {
        <NumberField
            field=fields.base_fee
            label=text::base_fee()
            hint=text::base_fee_hint()
            currency
            unit=text::per(text::period_of(interval))
        />
    }
}

#[component]
pub fn EditPlan() -> impl IntoView {
    let code = use_second_part();
    let metrics = load_metrics();
    let plan = load_once::<Plan>(move || Some(format!("/msp/plans/{}", code.get())));
    let name = Memo::new(move |_| match plan.state.get() {
        Remote::Ready(plan) => text::edit_of(&plan.name),
        Remote::Loading | Remote::Failed(_) => text::edit_plan().to_owned(),
    });
    title_page(move || name.get());
    view! {
        <PageHeader title=name above=vec![("/plans", text::plans())] here=Signal::derive(move || code.get()) />
        {faces(
            metrics,
            skeleton,
            move |metrics| {
                faces(
                    plan,
                    skeleton,
                    move |plan| view! { <Change plan metrics=metrics.items.clone() /> },
                )
            },
        )}
    }
}

#[component]
fn Change(plan: Plan, metrics: Vec<Metric>) -> impl IntoView {
    let client = use_client();
    let toasts = use_toasts();
    // What was typed about one plan is of no use for another, or for a later version of it.
    let form = Form::new(String::leak(format!("plan {} {}", plan.id, plan.version)));
    let currency = plan.base_fee.currency();
    let at_stripe = !plan.billed_at.is_here();
    let fields = PlanFields::new(form, Some(&plan), currency);
    let (code, version) = (StoredValue::new(plan.code.clone()), plan.version);
    let back = move |()| go(&format!("/plans/{}", code.get_value()));
    let submit = move |()| {
        form.send(
            async move || {
                let typed = fields.typed.get_untracked();
                let AdjustmentTerms { discounts, minimum, maximum } = typed.adjustments;
                let body = UpdatePlan {
                    name: fields.name.text(),
                    description: fields.description.optional(),
                    base_fee: fields.fee(),
                    fee_interval: untrack(|| fields.interval()),
                    fee_anchor: untrack(|| fields.anchor()),
                    fee_timing: untrack(|| fields.timing()),
                    components: typed.components,
                    discounts,
                    minimum,
                    maximum,
                    tax_class: fields.tax_class.optional(),
                    billed_at: None,
                };
                let path = format!("/msp/plans/{}", code.get_value());
                let changed = client.put(path).version(version).body(&body).answer::<Plan>().await;
                changed.map_err(|failure| fields.translate(failure))
            },
            move |plan| {
                toasts.say(text::plan_changed(&plan.name));
                back(());
            },
        );
    };
    view! {
        <Banner tone=Tone::Running>{text::edit_means()}</Banner>
        {at_stripe.then(|| view! { <Banner tone=Tone::Running>{text::billed_at_stripe_means()}</Banner> })}
        <Around fields>
            <FormView form submit=text::save() on_submit=submit on_cancel=Callback::new(back)>
                <TextField field=fields.name label=text::name() hint=text::plan_name_hint() />
                <TextArea field=fields.description label=text::description() hint=text::description_hint() />
                <div class="two">
                    {move || view! { <Fee fields currency interval=fields.interval() /> }}
                    <TextField field=fields.tax_class label=text::tax_class() hint=text::tax_class_hint() />
                </div>
                <FeePeriods fields />
                <Components fields metrics />
                <PlanAdjustments fields />
            </FormView>
        </Around>
    }
}

/// How long the periods of the base fee are, where they begin, and when they are charged.
#[component]
fn FeePeriods(fields: PlanFields) -> impl IntoView {
    let intervals = Signal::stored(vec![
        (FeeInterval::Month.as_str().to_owned(), text::monthly().to_owned()),
        (FeeInterval::Quarter.as_str().to_owned(), text::quarterly().to_owned()),
        (FeeInterval::Year.as_str().to_owned(), text::yearly().to_owned()),
    ]);
    let anchors = Signal::derive(move || {
        let calendar = match fields.interval() {
            FeeInterval::Month => text::from_first_of_month(),
            FeeInterval::Quarter => text::from_first_of_quarter(),
            FeeInterval::Year => text::from_first_of_year(),
        };
        vec![
            (FeeAnchor::Calendar.as_str().to_owned(), calendar.to_owned()),
            (FeeAnchor::Anniversary.as_str().to_owned(), text::from_its_day().to_owned()),
        ]
    });
    let timings = Signal::stored(vec![
        (FeeTiming::Arrears.as_str().to_owned(), text::in_arrears().to_owned()),
        (FeeTiming::Advance.as_str().to_owned(), text::in_advance().to_owned()),
    ]);
    view! {
        <div class="two">
            <SelectField field=fields.fee_interval label=text::fee_interval() options=intervals />
            <SelectField field=fields.fee_anchor label=text::fee_anchor() options=anchors />
        </div>
        <SelectField
            field=fields.fee_timing
            label=text::fee_timing()
            options=timings
            hint=text::fee_timing_hint()
        />
    }
}

/// The form, and beside it what it comes to.
#[component]
fn Around(fields: PlanFields, children: Children) -> impl IntoView {
    let price = Memo::new(move |_| fields.typed.with(|typed| typed.price.clone()));
    let unfinished = Memo::new(move |_| fields.typed.with(|typed| typed.unfinished));
    view! {
        <div class="plan-form">
            <section class="card">
                <div class="pad">{children()}</div>
            </section>
            <div class="beside">
                <Costs price=price.into() unfinished=unfinished.into() />
            </div>
        </div>
    }
}

#[component]
fn Components(fields: PlanFields, metrics: Vec<Metric>) -> impl IntoView {
    let metrics = StoredValue::new(metrics);
    let rows = fields.rows;
    let add = move || {
        if !fields.is_full() {
            let id = rows.add();
            focus(format!("#components-{id}-metric"));
        }
    };
    view! {
        <fieldset class="components">
            <legend>{text::components()}</legend>
            <p class="dim">{text::components_hint()}</p>
            {rows.shown(false, move |spot, row| view! { <Component fields id=spot.id row metrics /> }.into_any())}
            {add_button(rows.order, text::add_component(), Signal::derive(move || fields.is_full()), add)}
        </fieldset>
    }
}

/// What the plan does with all its lines.
#[component]
fn PlanAdjustments(fields: PlanFields) -> impl IntoView {
    let currency = Memo::new(move |_| fields.chosen_currency());
    view! {
        <fieldset class="plan-wide">
            <legend>{text::adjust_plan()}</legend>
            <p class="dim">{text::adjust_plan_hint()}</p>
            {adjustments(&fields.adjustments, currency, text::minimum_commitment())}
        </fieldset>
    }
}

#[component]
fn Component(fields: PlanFields, id: u32, row: Row, metrics: StoredValue<Vec<Metric>>) -> impl IntoView {
    let rows = fields.rows;
    let place = Memo::new(move |_| rows.place(id));
    let last = Memo::new(move |_| place.get() + 1 >= rows.count());
    let number = move || written(place.get() + 1);
    let title = move || text::component_number(&number());
    let options = Signal::derive(move || {
        let metric = |metric: &Metric| (metric.key.clone(), text::metric_in(&metric.name, &metric.unit));
        let none = std::iter::once((String::new(), text::choose_metric().to_owned()));
        metrics.with_value(|metrics| none.chain(metrics.iter().map(metric)).collect::<Vec<_>>())
    });
    on_change(
        move || row.metric.value.track(),
        move || metrics.with_value(|metrics| row.propose_name(metrics)),
    );
    let unit = Memo::new(move |_| {
        let key = row.metric.value.get();
        metrics.with_value(|metrics| {
            metrics.iter().find(|metric| metric.key == key).map(|metric| metric.unit.clone())
        })
    });
    let currency = Memo::new(move |_| fields.chosen_currency());
    let shift = move |forward: bool| {
        rows.swap(id, forward);
        focus(format!("#components-{id}-{}", if forward { "down" } else { "up" }));
    };
    let remove = move |_| {
        // The focus goes to the row that takes the place, else to the one before, else to the button below.
        match rows.take_out(id) {
            Some(next) => focus(format!("#components-{next}-remove")),
            None => focus("#components-add button".to_owned()),
        }
    };
    view! {
        <div class="component" role="group" aria-labelledby=format!("components-{id}-title")>
            <div class="component-head">
                <strong id=format!("components-{id}-title")>{move || title()}</strong>
                <button
                    type="button"
                    id=format!("components-{id}-up")
                    class="btn quiet small"
                    class:off=move || place.get() == 0
                    aria-disabled=move || (place.get() == 0).then_some("true")
                    aria-label=move || text::move_up(&number())
                    on:click=move |_| shift(false)
                >
                    {icon(Icon::Up, 16)}
                </button>
                <button
                    type="button"
                    id=format!("components-{id}-down")
                    class="btn quiet small"
                    class:off=move || last.get()
                    aria-disabled=move || last.get().then_some("true")
                    aria-label=move || text::move_down(&number())
                    on:click=move |_| shift(true)
                >
                    {icon(Icon::Down, 16)}
                </button>
                <button
                    type="button"
                    id=format!("components-{id}-remove")
                    class="btn quiet small"
                    aria-label=move || text::remove_component(&number())
                    on:click=remove
                >
                    {icon(Icon::Trash, 16)}
                </button>
            </div>
            <div class="two">
                <SelectField field=row.metric label=text::metric() options />
                <TextField field=row.name label=text::name_on_invoice() />
            </div>
            <PriceEditor price=row.price unit currency title=Signal::derive(title) />
        </div>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_makes_a_code() {
        assert_eq!(code_of("  Managed Servers (24/7) "), "MANAGED-SERVERS-24-7");
        assert_eq!(code_of("Ökostrom"), "KOSTROM");
        assert_eq!(code_of(&"x ".repeat(40)).len(), 31);
    }
}
