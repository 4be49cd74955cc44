//! Changing a subscription: to another plan, to another quantity, to rest, to go on. What it will cost is shown before anything is done.

use client::{Failure, format, load, spawn, use_client};
use contract::{
    Page,
    plans::Plan,
    subscriptions::{
        ChangeSubscription, ChangeTime, ChangedMonth, Subscription, SubscriptionChangePreview,
        UpcomingInvoice,
    },
};
use domain::{plans::PlanStatus, subscriptions::ChangeKind};
use kit::{
    Banner, Column, Confirm, DateField, Form, NumberField, RadioCards, SelectField, SkeletonRows, Table,
    Tone, deed, faces, optional, use_toasts,
};
use leptos::prelude::*;
use serde::Serialize;

use super::text;
use crate::pages::customer::{check, plans};

/// When it takes effect, as the list has it.
const NOW: &str = "now";
const PERIOD_END: &str = "period_end";
const ON: &str = "on";

#[component]
pub fn Change(
    path: StoredValue<String>,
    kind: ChangeKind,
    plan: String,
    open: RwSignal<bool>,
) -> impl IntoView {
    let client = use_client();
    let toasts = use_toasts();
    let form = Form::new("");
    let to = form.field("/plan", "", optional);
    let when = form.field("/at", NOW, optional);
    let day = form.field("/on", "", check::day_or_none);
    let times = form.field("/quantity", "", optional);
    let times = form.at_once(times, check::quantity_or_none);
    // What is asked for; nothing while something is missing.
    let wanted = Memo::new(move |_| {
        let plan = to.value.get();
        let quantity = check::quantity(&times.value.get());
        if kind == ChangeKind::Plan && plan.is_empty() || kind == ChangeKind::Quantity && quantity.is_none() {
            return None;
        }
        let (at, on) = match when.value.get().as_str() {
            PERIOD_END => (Some(ChangeTime::PeriodEnd), None),
            ON => (None, Some(check::day(&day.value.get())?.get())),
            _ => (Some(ChangeTime::Now), None),
        };
        Some(ChangeSubscription { kind, plan: (!plan.is_empty()).then_some(plan), quantity, at, on })
    });
    let preview = StoredValue::new(format!("{}/changes/preview", path.get_value()));
    let go = deed(move || async move {
        let Some(body) = wanted.get_untracked() else { return Ok(()) };
        let path = format!("{}/changes", path.get_value());
        let changed = client.post(path).body(&body).answer::<Subscription>().await?;
        toasts.say(text::changed_toast(&changed.plan_name));
        Ok(())
    });
    let (title, action, detail) = match kind {
        ChangeKind::Plan => (text::change_plan_title(&plan), text::change_plan(), text::change_plan_detail()),
        ChangeKind::Pause => (text::pause_title(&plan), text::pause(), text::pause_detail()),
        ChangeKind::Resume => (text::resume_title(&plan), text::resume(), text::resume_detail()),
        ChangeKind::Quantity => {
            (text::change_quantity_title(&plan), text::change_quantity(), text::change_quantity_detail())
        }
    };
    let options = Signal::stored(vec![
        (NOW.to_owned(), text::when_now().to_owned()),
        (PERIOD_END.to_owned(), text::when_period_end().to_owned()),
        (ON.to_owned(), text::when_on().to_owned()),
    ]);
    view! {
        <Confirm
            id="change"
            title
            open
            action
            off=Signal::derive(move || wanted.with(Option::is_none))
            on_confirm=go
        >
            <p class="mut">{detail}</p>
            {(kind == ChangeKind::Plan).then(|| view! { <Plans field=to /> })}
            {(kind == ChangeKind::Quantity)
                .then(|| view! { <NumberField field=times label=text::quantity_from_then() /> })}
            <SelectField field=when label=text::when() options />
            {move || {
                (when.value.get() == ON)
                    .then(|| view! { <DateField field=day label=text::first_day() hint=text::first_day_hint() /> })
            }}
            <Preview path=preview wanted />
        </Confirm>
    }
}

/// The plans on sale.
#[component]
fn Plans(field: kit::Field) -> impl IntoView {
    let on_sale = load::<Page<Plan>>(|| Some(format!("/msp/plans?status={}&limit=200", PlanStatus::Active)));
    let ready = move |page: Page<Plan>| {
        let options: Vec<_> = page.items.iter().map(plans::card).collect();
        view! { <RadioCards field label=text::plan() options=Signal::stored(options) /> }
    };
    faces(on_sale, || view! { <SkeletonRows rows=4 /> }, ready)
}

/// What the invoices of the two months come to, as it is and as it would be.
#[component]
pub(super) fn Preview<T>(
    /// Where it is asked for.
    path: StoredValue<String>,
    /// What is asked; nothing until all is chosen.
    wanted: Memo<Option<T>>,
    /// Hears of each answer.
    #[prop(optional)]
    on_found: Option<Callback<SubscriptionChangePreview>>,
) -> impl IntoView
where
    T: Serialize + Clone + PartialEq + Send + Sync + 'static,
{
    let client = use_client();
    let found = RwSignal::new(None::<Result<SubscriptionChangePreview, Failure>>);
    Effect::new(move |_| {
        let Some(body) = wanted.get() else {
            found.set(None);
            return;
        };
        spawn(async move {
            let request = client.post(path.get_value()).body(&body);
            let answer = request.preview::<SubscriptionChangePreview>().await;
            // What was asked before something else was chosen is of no interest.
            if wanted.try_get_untracked().flatten().as_ref() == Some(&body) {
                if let (Ok(answer), Some(on_found)) = (&answer, on_found) {
                    on_found.run(answer.clone());
                }
                found.try_set(Some(answer));
            }
        });
    });
    move || {
        found.get().map(|found| match found {
            Ok(preview) => months(preview).into_any(),
            Err(failure) => {
                view! { <Banner tone=Tone::Warning>{failure.detail_of_all()}</Banner> }.into_any()
            }
        })
    }
}

fn months(preview: SubscriptionChangePreview) -> impl IntoView {
    let (credited, day) = (preview.credited, format::day(preview.effective_on));
    let total = |invoice: Option<UpcomingInvoice>| {
        invoice.and_then(|it| it.total).map_or_else(|| "–".to_owned(), format::money)
    };
    let row = move |month: ChangedMonth| {
        view! {
            <tr>
                <th scope="row">{format::month(month.period)}</th>
                <td class="r">{total(month.before)}</td>
                <td class="r">
                    <b>{total(month.after)}</b>
                </td>
            </tr>
        }
    };
    view! {
        <Table
            caption=text::what_it_means()
            columns=vec![
                Column::text(text::invoice_of()),
                Column::figures(text::as_it_is()),
                Column::figures(text::as_it_would_be()),
            ]
        >
            {preview.months.into_iter().map(row).collect_view()}
        </Table>
        {credited.map(|amount| view! { <p>{text::credited_then(&format::money(amount), &day)}</p> })}
        <p class="dim">{text::by_usage_so_far()}</p>
    }
}
