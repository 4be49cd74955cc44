//! How the tenant taxes: where it is, what its prices say, and the taxes of the places where it sells.

mod fields;
mod rules;
mod text;

use client::{format, load_once, use_client};
use contract::taxes::TaxSettings;
use domain::{
    permissions::Permission,
    tax::{PriceMode, TaxRounding, TaxRule},
};
use kit::{
    Banner, Card, Column, EmptyState, FormView, Icon, KeyValues, SelectField, SkeletonRows, Table, TextField,
    Tone, faces, use_toasts,
};
use leptos::prelude::*;

use self::{fields::Fields, rules::Rules};
use super::SettingsHead;
use crate::pages::countries::countries;

fn skeleton() -> impl IntoView {
    view! {
        <div class="stack">
            <div class="card">
                <SkeletonRows rows=3 />
            </div>
            <div class="card">
                <SkeletonRows rows=4 />
            </div>
        </div>
    }
}

#[component]
pub fn TaxesPage() -> impl IntoView {
    let client = use_client();
    let may = client.session.with_untracked(|session| session.may(Permission::BillingWrite));
    let settings = load_once::<TaxSettings>(|| Some("/msp/taxes".to_owned()));
    let again = Callback::new(move |()| settings.reload());
    view! {
        <SettingsHead />
        {faces(
            settings,
            skeleton,
            move |found: TaxSettings| {
                if may {
                    view! { <Edit found again /> }.into_any()
                } else {
                    view! { <Seen found /> }.into_any()
                }
            },
        )}
    }
}

#[component]
fn Edit(found: TaxSettings, again: Callback<()>) -> impl IntoView {
    let client = use_client();
    let toasts = use_toasts();
    let version = found.version;
    let fields = Fields::new(&found);
    let submit = move |()| {
        fields.form.send(
            async move || {
                let request = client.put("/msp/taxes").version(version).body(&fields.terms());
                request.answer::<TaxSettings>().await.map_err(|failure| fields.translate(failure))
            },
            move |_| {
                toasts.say(text::taxes_saved());
                again.run(());
            },
        );
    };
    let prices = [PriceMode::Exclusive, PriceMode::Inclusive]
        .map(|mode| (mode.to_string(), text::prices(mode).to_owned()));
    let rounding = [TaxRounding::Invoice, TaxRounding::Line]
        .map(|mode| (mode.to_string(), text::rounding(mode).to_owned()));
    view! {
        <FormView form=fields.form submit=text::save() on_submit=submit>
            <Card title=text::where_you_are() note=text::tax_id_is_brand()>
                <div class="pad form">
                    <div class="two">
                        <SelectField
                            field=fields.country
                            label=text::country()
                            hint=text::country_of_yours_hint()
                            options=countries(text::no_tax())
                        />
                        <TextField field=fields.region label=text::region() hint=text::region_hint() />
                    </div>
                    <div class="two">
                        <SelectField
                            field=fields.prices
                            label=text::your_prices()
                            options=Signal::stored(prices.to_vec())
                        />
                        <SelectField
                            field=fields.rounding
                            label=text::tax_is_rounded()
                            options=Signal::stored(rounding.to_vec())
                        />
                    </div>
                </div>
            </Card>
            <Card title=text::rules()>
                <Rules rows=fields.rows />
            </Card>
        </FormView>
    }
}

/// How the tenant taxes, for those who may not change it.
#[component]
fn Seen(found: TaxSettings) -> impl IntoView {
    let place = found.country.map(|country| {
        let region = found.region.as_ref().map(|region| format!(", {region}")).unwrap_or_default();
        format!("{}{region}", format::country(country.code()))
    });
    let pairs = vec![
        (text::country(), Some(place.unwrap_or_else(|| text::no_tax().to_owned()))),
        (text::your_prices(), Some(text::prices(found.prices).to_owned())),
        (text::tax_is_rounded(), Some(text::rounding(found.rounding).to_owned())),
    ];
    let rules = if found.rules.is_empty() {
        view! { <EmptyState title=text::no_rules() detail=text::none_set() sign=Icon::Invoice /> }.into_any()
    } else {
        table(found.rules)
    };
    view! {
        <Banner tone=Tone::Running>{text::may_only_see()}</Banner>
        <Card title=text::where_you_are()>
            <div class="pad">
                <KeyValues pairs />
            </div>
        </Card>
        <Card title=text::rules()>{rules}</Card>
    }
}

fn table(rules: Vec<TaxRule>) -> AnyView {
    let row = |rule: TaxRule| {
        let region = rule.region.map(|region| format!(", {region}")).unwrap_or_default();
        let days = text::in_force(
            rule.from.map(format::day),
            rule.until.and_then(|day| day.pred_opt()).map(format::day),
        );
        view! {
            <tr>
                <th scope="row">
                    {rule.name} {rule.compound.then(|| view! { <div class="sub">{text::compound()}</div> })}
                    {days.map(|days| view! { <div class="sub">{days}</div> })}
                </th>
                <td>{format!("{}{region}", format::country(rule.country.code()))}</td>
                <td class="less">{rule.class.unwrap_or_else(|| text::every_class().to_owned())}</td>
                <td class="r">{text::share(&format::exact(rule.percent.decimal()))}</td>
            </tr>
        }
    };
    view! {
        <Table
            caption=text::rules()
            columns=vec![
                Column::text(text::rule_name()),
                Column::text(text::country()),
                Column::text(text::class()).less(),
                Column::figures(text::rate()),
            ]
        >
            {rules.into_iter().map(row).collect_view()}
        </Table>
    }
    .into_any()
}
