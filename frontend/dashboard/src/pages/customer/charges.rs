//! What is charged once: it waits for the customer's next invoice.

use client::{format, load, use_client};
use contract::one_off_charges::{CreateOneOffCharge, OneOffCharge, OneOffCharges};
use domain::money::Currency;
use kit::{
    Button, ButtonKind, Card, Column, Confirm, Dialog, Form, FormView, NumberField, SkeletonRows, Table,
    TextField, a_number, deed, faces, use_toasts,
};
use leptos::prelude::*;
use rust_decimal::Decimal;

use super::{check, text};
use crate::pages::billing::{own_currency, plan_fields::tax_class as tax_class_form};

/// The charges that wait, with what can be done.
#[component]
pub fn Charges(code: String, may_write: bool) -> impl IntoView {
    let path = StoredValue::new(format!("/msp/customers/{code}/one-off-charges"));
    let charges = load::<OneOffCharges>(move || Some(path.get_value()));
    let open = RwSignal::new(false);
    let currency = own_currency();
    let add = move || {
        may_write.then(|| {
            view! {
                <Button small=true on_press=move |()| open.set(true)>
                    {text::add_charge_ask()}
                </Button>
            }
        })
    };
    view! {
        <Card title=text::next_invoice() actions=add>
            {faces(
                charges,
                || view! { <SkeletonRows rows=1 /> },
                move |found: OneOffCharges| view! { <List charges=found.items may_write /> },
            )}
        </Card>
        <Dialog id="add-charge" title=text::add_charge() open>
            {move || {
                currency.get().map(|currency| view! { <Add path=path.get_value() currency open /> })
            }}
        </Dialog>
    }
}

#[component]
fn List(charges: Vec<OneOffCharge>, may_write: bool) -> impl IntoView {
    let client = use_client();
    let toasts = use_toasts();
    let (asked, open) = (RwSignal::new(None::<OneOffCharge>), RwSignal::new(false));
    let remove = deed(move || async move {
        let Some(charge) = asked.get_untracked() else { return Ok(()) };
        client.delete(format!("/msp/one-off-charges/{}", charge.id)).done().await?;
        toasts.say(text::charge_removed(&charge.description));
        Ok(())
    });
    if charges.is_empty() {
        return view! { <p class="pad mut">{text::no_charges()}</p> }.into_any();
    }
    let row = move |charge: OneOffCharge| {
        let price = format::price(charge.unit_price, charge.amount.currency());
        let times = text::times(&format::exact(charge.quantity), &price);
        let (name, amount) = (charge.description.clone(), format::money(charge.amount));
        let ask = move |()| {
            asked.set(Some(charge.clone()));
            open.set(true);
        };
        view! {
            <tr>
                <th scope="row">
                    <span class="name">{name.clone()}</span>
                    <div class="sub">{times}</div>
                </th>
                <td class="r">{amount}</td>
                {may_write
                    .then(|| {
                        view! {
                            <td class="r">
                                <Button small=true kind=ButtonKind::Quiet on_press=ask>
                                    {text::remove()}
                                    <span class="only-heard">" " {name}</span>
                                </Button>
                            </td>
                        }
                    })}
            </tr>
        }
    };
    let mut columns = vec![Column::text(text::description()), Column::figures(text::amount())];
    if may_write {
        columns.push(Column::figures(""));
    }
    view! {
        <Table caption=text::next_invoice() columns>
            {charges.into_iter().map(row).collect_view()}
        </Table>
        {move || {
            asked
                .get()
                .map(|charge| {
                    view! {
                        <Confirm
                            id="remove-charge"
                            title=text::remove_title(&charge.description)
                            open
                            action=text::remove()
                            danger=true
                            on_confirm=remove
                        >
                            <p class="mut">{text::remove_charge_detail()}</p>
                        </Confirm>
                    }
                })
        }}
    }
    .into_any()
}

#[component]
fn Add(path: String, currency: Currency, open: RwSignal<bool>) -> impl IntoView {
    let client = use_client();
    let toasts = use_toasts();
    let form = Form::new("");
    let description = form.field("/description", "", check::charge_description);
    let quantity = form.field("/quantity", "1", more_than_zero);
    let price = form.field("/unit_price", "", more_than_zero);
    let tax_class = form.field("/tax_class", "", tax_class_form);
    let send = move |()| {
        let plain = |number: Option<Decimal>| number.unwrap_or_default().to_string();
        let body = CreateOneOffCharge {
            description: description.text(),
            quantity: Some(plain(quantity.number())),
            unit_price: plain(price.number()),
            currency: Some(currency),
            tax_class: tax_class.optional(),
        };
        let request = client.post(path.clone()).body(&body);
        form.send(
            async move || request.answer::<OneOffCharge>().await,
            move |added| {
                toasts.say(text::charge_added(&added.description));
                open.set(false);
            },
        );
    };
    view! {
        <p class="mut">{text::add_charge_detail()}</p>
        <FormView form submit=text::add_charge() on_submit=send on_cancel=move |()| open.set(false)>
            <TextField
                field=description
                label=text::description()
                hint=text::charge_description_hint()
                autofocus=true
            />
            <div class="two">
                <NumberField field=quantity label=text::quantity() />
                <NumberField field=price label=text::unit_price() currency />
            </div>
            <TextField field=tax_class label=text::tax_class() hint=text::tax_class_hint() />
        </FormView>
    }
}

fn more_than_zero(value: &str) -> Option<String> {
    let is_more = || format::number(value).is_some_and(|number| number > Decimal::ZERO);
    a_number(value).or_else(|| (!is_more()).then(|| text::more_than_zero().to_owned()))
}
