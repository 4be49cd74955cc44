//! The check itself, and what came of it.

use client::{Client, Failure, Remote, format, spawn, use_client};
use contract::invoices::InvoiceDetail;
use domain::money::Money;
use kit::{Button, Column, EmptyState, ErrorState, Icon, SkeletonText, Status, Table, Tone, download};
use leptos::prelude::*;
use wasm_bindgen::{JsCast as _, JsValue};
use wasm_bindgen_futures::JsFuture;

use super::{
    steps, text,
    verdict::{Fault, Value, Verdict, judge},
};

/// What was fetched and computed.
#[derive(Debug, Clone, PartialEq)]
struct Outcome {
    evidence: String,
    /// Of the evidence; none where the browser does not say.
    digest: Option<String>,
    verdict: Option<Verdict>,
}

/// Fetches the evidence, computes the invoice again, and shows what came of it.
#[component]
pub fn Checked(
    /// Where the API has the invoice.
    path: String,
    /// The invoice, as it is shown.
    detail: InvoiceDetail,
) -> impl IntoView {
    let client = use_client();
    let outcome = RwSignal::new(Remote::Loading);
    let detail = StoredValue::new(detail);
    let fetch = move |()| {
        outcome.set(Remote::Loading);
        let path = format!("{path}/evidence");
        spawn(async move {
            let found = compute(client, &path, detail.get_value()).await;
            outcome.try_set(found.map_or_else(Remote::Failed, Remote::Ready));
        });
    };
    fetch(());
    let retry = Callback::new(fetch);
    view! {
        {move || match outcome.get() {
            Remote::Loading => view! {
                <div class="pad" aria-busy="true">
                    <p class="mut" role="status">{text::check_running()}</p>
                    <SkeletonText />
                </div>
            }
            .into_any(),
            Remote::Failed(failure) if failure.code() == "no_evidence" => view! {
                <EmptyState
                    title=text::check_no_evidence()
                    detail=text::check_no_evidence_detail()
                    sign=Icon::Invoice
                />
            }
            .into_any(),
            Remote::Failed(failure) => view! { <ErrorState failure on_retry=retry /> }.into_any(),
            Remote::Ready(outcome) => shown(outcome, detail.get_value()).into_any(),
        }}
    }
}

async fn compute(client: Client, path: &str, detail: InvoiceDetail) -> Result<Outcome, Failure> {
    let evidence = client.text(path, None).await?;
    let digest = sha256(&evidence).await;
    let verdict = digest.as_deref().map(|digest| judge(&detail, &evidence, digest));
    Ok(Outcome { evidence, digest, verdict })
}

/// In hexadecimal. None where the browser computes none, as on a page that did not come by HTTPS.
async fn sha256(text: &str) -> Option<String> {
    let crypto = window().crypto().ok()?;
    let subtle = crypto.subtle();
    if subtle.is_undefined() {
        return None;
    }
    let bytes = js_sys::Uint8Array::from(text.as_bytes());
    let digest = JsFuture::from(subtle.digest_with_str_and_buffer_source("SHA-256", &bytes).ok()?).await;
    let digest = digest.ok()?.dyn_into::<js_sys::ArrayBuffer>().ok()?;
    let digest = js_sys::Uint8Array::new(&JsValue::from(digest)).to_vec();
    Some(digest.iter().fold(String::new(), |text, byte| format!("{text}{byte:02x}")))
}

fn count(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// The sentence, what it means, and how good or bad it is.
fn sentence(verdict: Option<&Verdict>, detail: &InvoiceDetail) -> (Tone, String, String) {
    let lines = count(detail.lines.len());
    match verdict {
        Some(Verdict::Equal) => {
            let events = detail.lines.iter().map(|line| line.events).sum();
            (Tone::Ok, text::check_equal(lines), text::check_equal_detail(events))
        }
        Some(Verdict::Different(faults)) => {
            let faults = count(faults.len());
            (Tone::Error, text::check_different(faults), text::check_different_detail().to_owned())
        }
        Some(Verdict::OtherSeal) => {
            (Tone::Error, text::check_seal().to_owned(), text::check_seal_detail().to_owned())
        }
        Some(Verdict::OtherRules) => {
            (Tone::Warning, text::check_rules().to_owned(), text::check_rules_detail().to_owned())
        }
        Some(Verdict::Unusable) => {
            (Tone::Error, text::check_unusable().to_owned(), text::check_unusable_detail().to_owned())
        }
        None => (Tone::Warning, text::check_insecure().to_owned(), text::check_insecure_detail().to_owned()),
    }
}

fn shown(outcome: Outcome, detail: InvoiceDetail) -> impl IntoView {
    let Outcome { evidence, digest, verdict } = outcome;
    let (tone, word, means) = sentence(verdict.as_ref(), &detail);
    let number = detail.invoice.number.clone().unwrap_or_default();
    let save = move |()| {
        download(&format!("{number}-evidence.json"), "application/json;charset=utf-8", &evidence);
    };
    let faults = match verdict {
        Some(Verdict::Different(faults)) => Some(differences(faults)),
        _ => None,
    };
    let other = digest.filter(|digest| detail.invoice.seal.as_ref() != Some(digest));
    let seal = |name: &'static str, digest: Option<String>| {
        digest.map(|digest| {
            view! {
                <dt>{name}</dt>
                <dd class="code">{digest}</dd>
            }
        })
    };
    view! {
        <div class="pad check-done">
            <div role="status">
                <p class="check-word">
                    <Status tone word=String::new() sign_only=true />
                    <strong>{word}</strong>
                </p>
                <p class="mut">{means}</p>
            </div>
            <dl class="kv">
                {seal(text::check_seal_of_invoice(), detail.invoice.seal.clone())}
                {seal(text::check_seal_of_evidence(), other)}
            </dl>
            <Button on_press=save>{text::check_download()}</Button>
        </div>
        {faults}
        <h3 class="check-how">{text::check_how()}</h3>
        <ul class="check-lines">{detail.lines.iter().map(steps::line).collect_view()}</ul>
    }
}

fn differences(faults: Vec<Fault>) -> AnyView {
    let row = |fault: Fault| {
        let figure = |value: Option<&Value>| value.map_or_else(|| "–".to_owned(), written);
        view! {
            <tr>
                <th scope="row">
                    <span class="name">{fault.line.clone()}</span>
                    <div class="sub">{fault.what}</div>
                    <div class="sub only-phone">
                        {text::check_shown_figure(&figure(fault.shown.as_ref()))}
                    </div>
                </th>
                <td class="r less">{figure(fault.shown.as_ref())}</td>
                <td class="r">{figure(fault.computed.as_ref())}</td>
                <td class="r">{difference(&fault)}</td>
            </tr>
        }
    };
    view! {
        <div class="check-faults">
            <Table
                caption=text::check_differences()
                columns=vec![
                    Column::text(text::check_line()),
                    Column::figures(text::check_shown()).less(),
                    Column::figures(text::check_computed()),
                    Column::figures(text::check_difference()),
                ]
            >
                {faults.into_iter().map(row).collect_view()}
            </Table>
        </div>
    }
    .into_any()
}

fn written(value: &Value) -> String {
    match value {
        Value::Amount(amount) => format::money(*amount),
        Value::Quantity(quantity) => format::exact(quantity.decimal()),
        Value::Words(words) => words.clone(),
    }
}

/// By how much more is shown than was computed, with its sign. Words have no difference.
fn difference(fault: &Fault) -> Option<String> {
    let signed = |positive: bool, text: String| if positive { format!("+{text}") } else { text };
    match (fault.shown.as_ref(), fault.computed.as_ref()) {
        (Some(Value::Words(_)), _) | (_, Some(Value::Words(_))) | (None, None) => None,
        (Some(Value::Quantity(shown)), Some(Value::Quantity(computed))) => {
            let by = shown.decimal() - computed.decimal();
            Some(signed(by.is_sign_positive(), format::exact(by)))
        }
        (shown, computed) => {
            let (shown, computed) = (amount(shown), amount(computed));
            let currency = shown.or(computed)?.currency();
            let minor = |amount: Option<Money>| amount.map_or(0, Money::amount_minor);
            let by = minor(shown).checked_sub(minor(computed))?;
            Some(signed(by > 0, format::money(Money::new(by, currency))))
        }
    }
}

fn amount(value: Option<&Value>) -> Option<Money> {
    match value {
        Some(Value::Amount(amount)) => Some(*amount),
        _ => None,
    }
}
