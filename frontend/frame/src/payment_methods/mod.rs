//! The payment methods that a customer keeps: as it sees them itself, and as its provider does.

pub mod text;

use std::time::Duration;

use client::{Failure, Loaded, Remote, format, load, spawn, use_client};
use contract::{
    invoices::{InvoiceDetail, PayLink},
    payment_methods::{Charge, PaymentMethod, PaymentMethods as Kept},
};
use domain::{charges::ChargeStatus, invoices::InvoiceStatus};
use kit::{
    Banner, Button, ButtonKind, Card, Column, Confirm, Copy, Dialog, SkeletonRows, Status, Table, Tone, deed,
    faces, use_toasts,
};
use leptos::prelude::*;

/// The browser may show this page again as it was left, when somebody comes back.
const LEAVING: Duration = Duration::from_secs(4);
/// How many times at least is asked whether a method has been saved: another one may have been a moment before.
const AT_LEAST: u32 = 5;

/// How a method is added.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Adding {
    /// By whom it belongs to: the button leads to the payment provider's page.
    Here,
    /// By somebody else: the button gives the page's address to pass on.
    ByLink,
}

/// What people call it: `Visa ···· 4242`.
pub fn method_name(method: &PaymentMethod) -> String {
    let brand = match method.brand.as_deref() {
        Some("visa") => "Visa".to_owned(),
        Some("mastercard") => "Mastercard".to_owned(),
        Some("amex") => "American Express".to_owned(),
        Some("discover") => "Discover".to_owned(),
        Some("diners") => "Diners Club".to_owned(),
        Some("jcb") => "JCB".to_owned(),
        Some("unionpay") => "UnionPay".to_owned(),
        Some(brand) if method.kind != "card" => brand.to_owned(),
        _ if method.kind == "card" => text::card().to_owned(),
        _ if method.kind.contains("debit") || method.kind.contains("bank") => text::bank_account().to_owned(),
        _ => text::payment_method().to_owned(),
    };
    match &method.last4 {
        Some(last4) => format!("{brand} ···· {last4}"),
        None => brand,
    }
}

/// The list, with what can be done.
#[component]
pub fn PaymentMethods(
    /// Where the list is.
    #[prop(into)]
    list: String,
    /// Where each of them is, before its id.
    each: &'static str,
    /// How one is added.
    adding: Adding,
    /// Whether who looks may change them.
    may_write: bool,
    /// Somebody comes back from having saved one.
    #[prop(optional)]
    saved: bool,
) -> impl IntoView {
    let path = list.clone();
    let methods = load::<Kept>(move || Some(path.clone()));
    let failure = RwSignal::new(None::<Failure>);
    let link = format!("{list}/link");
    let add = move || may_write.then(|| view! { <Add link=link.clone() adding failure /> });
    view! {
        {saved.then(|| view! { <Saved methods /> })}
        {move || {
            failure.get().map(|failure| view! { <Banner tone=Tone::Error>{failure.detail_of_all()}</Banner> })
        }}
        <Card title=text::payment_methods() actions=add>
            {faces(
                methods,
                || view! { <SkeletonRows rows=2 /> },
                move |kept: Kept| view! { <List methods=kept.items each may_write /> },
            )}
        </Card>
    }
}

/// Whether what was saved has come: the provider tells it a moment later.
#[component]
fn Saved(methods: Loaded<Kept>) -> impl IntoView {
    let has_come = Memo::new(move |_| match methods.state.get() {
        Remote::Ready(kept) => {
            let now = format::now();
            let is_new =
                |method: &PaymentMethod| now.is_some_and(|now| (now - method.created_at).num_minutes() < 5);
            kept.items.iter().any(is_new)
        }
        Remote::Loading | Remote::Failed(_) => false,
    });
    let waits = methods.reload_while(move |asked| !has_come.get() || asked < AT_LEAST);
    move || {
        let (tone, word) = match (has_come.get(), waits.get()) {
            (true, _) => (Tone::Ok, text::method_saved()),
            (false, true) => (Tone::Running, text::method_is_coming()),
            (false, false) => (Tone::Warning, text::method_takes_longer()),
        };
        view! { <Banner tone>{word}</Banner> }
    }
}

#[component]
fn Add(link: String, adding: Adding, failure: RwSignal<Option<Failure>>) -> impl IntoView {
    let client = use_client();
    let busy = RwSignal::new(false);
    let (open, address) = (RwSignal::new(false), RwSignal::new(None::<PayLink>));
    let go = move |()| {
        let link = link.clone();
        busy.set(true);
        failure.set(None);
        spawn(async move {
            match client.post(link).answer::<PayLink>().await {
                Ok(found) if adding == Adding::Here => {
                    let _ = window().location().assign(&found.url);
                    let back = move || {
                        busy.try_set(false);
                    };
                    set_timeout(back, LEAVING);
                }
                Ok(found) => {
                    busy.try_set(false);
                    address.try_set(Some(found));
                    open.try_set(true);
                }
                Err(error) => {
                    busy.try_set(false);
                    if error != Failure::SessionEnded {
                        failure.try_set(Some(error));
                    }
                }
            }
        });
    };
    let word = match adding {
        Adding::Here => text::add_method(),
        Adding::ByLink => text::ask_for_method(),
    };
    view! {
        <Button small=true busy on_press=go>
            {word}
        </Button>
        <Dialog id="method-link" title=text::ask_for_method() open>
            {move || {
                address
                    .get()
                    .map(|link| {
                        view! {
                            <p class="mut">
                                {text::ask_for_method_detail(&format::relative(link.expires_at))}
                            </p>
                            <Copy label=text::ask_for_method() value=link.url />
                        }
                    })
            }}
            <div class="end">
                <Button on_press=move |()| open.set(false)>{text::close()}</Button>
            </div>
        </Dialog>
    }
}

#[component]
fn List(methods: Vec<PaymentMethod>, each: &'static str, may_write: bool) -> impl IntoView {
    let client = use_client();
    let toasts = use_toasts();
    let (asked, open) = (RwSignal::new(None::<PaymentMethod>), RwSignal::new(false));
    let remove = deed(move || async move {
        let Some(method) = asked.get_untracked() else { return Ok(()) };
        client.delete(format!("{each}/{}", method.id)).done().await?;
        toasts.say(text::method_removed(&method_name(&method)));
        Ok(())
    });
    if methods.is_empty() {
        return view! { <p class="pad mut">{text::no_methods()}</p> }.into_any();
    }
    let row = move |method: PaymentMethod| {
        let name = method_name(&method);
        let label = text::remove_method_named(&name);
        let expires = method.expires.map(|month| text::method_expires(&format::month(month)));
        let press = {
            let method = method.clone();
            move |()| {
                asked.set(Some(method.clone()));
                open.set(true);
            }
        };
        let id = method.id;
        let prefer = move |()| {
            spawn(async move {
                if client.post(format!("{each}/{id}/default")).done().await.is_ok() {
                    client.refresh();
                }
            });
        };
        view! {
            <tr>
                <th scope="row">
                    <span class="name">{name}</span>
                    {expires.map(|expires| view! { <div class="sub">{expires}</div> })}
                    {method
                        .is_default
                        .then(|| view! { <div><Status tone=Tone::Ok word=text::for_invoices() /></div> })}
                </th>
                {may_write
                    .then(|| {
                        view! {
                            <td class="r">
                                {(!method.is_default)
                                    .then(|| {
                                        view! {
                                            <Button small=true kind=ButtonKind::Quiet on_press=prefer>
                                                {text::use_for_invoices()}
                                            </Button>
                                        }
                                    })}
                                <Button small=true kind=ButtonKind::Quiet on_press=press>
                                    <span aria-hidden="true">{text::remove_method()}</span>
                                    <span class="only-heard">{label}</span>
                                </Button>
                            </td>
                        }
                    })}
            </tr>
        }
    };
    let mut columns = vec![Column::text(text::payment_method())];
    if may_write {
        columns.push(Column::figures(""));
    }
    view! {
        <Table caption=text::payment_methods() columns>
            {methods.into_iter().map(row).collect_view()}
        </Table>
        {move || {
            asked
                .get()
                .map(|method| {
                    view! {
                        <Confirm
                            id="remove-method"
                            title=text::remove_method_title(&method_name(&method))
                            open
                            action=text::remove_method()
                            danger=true
                            on_confirm=remove
                        >
                            <p class="mut">{text::remove_method_detail()}</p>
                        </Confirm>
                    }
                })
        }}
    }
    .into_any()
}

/// Whether an invoice is being charged, and nobody knows yet how it ends.
pub fn charge_is_under_way(detail: &InvoiceDetail) -> bool {
    let status = detail.last_charge.as_ref().map(|charge| charge.status);
    matches!(status, Some(ChargeStatus::Open | ChargeStatus::Processing))
}

/// What is on its way for an open invoice, or else what became of the last try to charge it; nothing where there is nothing
/// to say.
pub fn charge_word(detail: &InvoiceDetail) -> Option<AnyView> {
    if detail.invoice.status != InvoiceStatus::Finalized {
        return None;
    }
    if let Some(processing) = &detail.payment_processing {
        let word = text::payment_is_processing(&format::money(processing.amount));
        return Some(view! { <Banner tone=Tone::Running>{word}</Banner> }.into_any());
    }
    let charge = detail.last_charge.as_ref()?;
    let (tone, word) = match charge.status {
        ChargeStatus::Open | ChargeStatus::Processing => (Tone::Running, text::charge_under_way().to_owned()),
        ChargeStatus::Failed => {
            (Tone::Error, text::charge_failed(charge.failure.as_deref().unwrap_or_default()))
        }
        ChargeStatus::Succeeded => return None,
    };
    Some(view! { <Banner tone>{word}</Banner> }.into_any())
}

/// Charges what is left of an invoice to the default method. Not there where there is none.
#[component]
pub fn ChargeButton(
    /// Where the customer's methods are.
    #[prop(into)]
    list: String,
    /// Where the invoice is.
    #[prop(into)]
    invoice: String,
    /// How it looks.
    #[prop(default = ButtonKind::Plain)]
    kind: ButtonKind,
    /// Why it could not be tried.
    failure: RwSignal<Option<Failure>>,
) -> impl IntoView {
    let client = use_client();
    let toasts = use_toasts();
    let busy = RwSignal::new(false);
    let methods = load::<Kept>(move || Some(list.clone()));
    let default = Memo::new(move |_| match methods.state.get() {
        Remote::Ready(kept) => kept.items.into_iter().find(|method| method.is_default),
        Remote::Loading | Remote::Failed(_) => None,
    });
    let path = StoredValue::new(format!("{invoice}/charge"));
    let go = move |()| {
        busy.set(true);
        failure.set(None);
        spawn(async move {
            let done = client.post(path.get_value()).answer::<Charge>().await;
            busy.try_set(false);
            match done {
                Ok(charge) if charge.status == ChargeStatus::Succeeded => toasts.say(text::charged()),
                Err(error) if error != Failure::SessionEnded => {
                    failure.try_set(Some(error));
                }
                // The page says how it went.
                Ok(_) | Err(_) => {}
            }
            client.refresh();
        });
    };
    move || {
        default.get().map(|method| {
            view! {
                <Button kind busy on_press=go>
                    {text::charge_method(&method_name(&method))}
                </Button>
            }
        })
    }
}
