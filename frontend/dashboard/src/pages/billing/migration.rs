//! Who is charged by older prices of a plan, and how they are moved to the latest.

use client::{Remote, format, load, paged, use_client};
use contract::plans::{MigratePlan, MigratedSubscription, PlanMigrated, PlanPriceVersions};
use domain::{dates::Day, money::Money, periods::Month, permissions::Permission};
use kit::{Button, Card, Column, Confirm, DateField, Form, Table, deed, listing, required, use_toasts};
use leptos::prelude::*;

use super::{may, text};

/// Nothing, where all have the latest prices.
#[component]
pub fn OlderPrices(plan: String) -> impl IntoView {
    let path = format!("/msp/plans/{plan}/prices");
    let versions = load::<PlanPriceVersions>(move || Some(path.clone()));
    let count = Memo::new(move |_| match versions.state.get() {
        Remote::Ready(versions) => match versions.items.split_first() {
            Some((_latest, older)) => older.iter().map(|version| version.subscriptions).sum(),
            None => 0,
        },
        Remote::Loading | Remote::Failed(_) => 0_i64,
    });
    let may_write = may(Permission::SubscriptionsWrite);
    let asked = RwSignal::new(false);
    move || {
        let plan = plan.clone();
        (count.get() > 0).then(|| {
            view! {
                <Card title=text::older_prices()>
                    <div class="pad">
                        <p>{text::on_older_prices(count.get())}</p>
                        {may_write
                            .then(|| {
                                view! {
                                    <div class="below">
                                        <Button on_press=move |()| asked.set(true)>{text::migrate_ask()}</Button>
                                    </div>
                                    <Migrate plan asked />
                                }
                            })}
                    </div>
                </Card>
            }
        })
    }
}

#[component]
fn Migrate(plan: String, asked: RwSignal<bool>) -> impl IntoView {
    let client = use_client();
    let toasts = use_toasts();
    let next = Month::of(format::today()).offset(1).first_day();
    let from = Form::new("").field("/effective_on", next.to_string(), required);
    let day = Memo::new(move |_| {
        let typed = from.value.get();
        typed.trim().parse().ok().and_then(|day| Day::new(day).ok()).map(domain::dates::Likely::get)
    });
    let path = StoredValue::new(format!("/msp/plans/{plan}/migration"));
    let go = deed(move || async move {
        let Some(effective_on) = day.get_untracked() else { return Ok(()) };
        let request = client.post(path.get_value()).body(&MigratePlan { effective_on });
        let moved = request.answer::<PlanMigrated>().await?;
        toasts.say(text::migrated(moved.moved));
        if moved.overlapping > 0 {
            toasts.say(text::stay_as_overlapping(moved.overlapping));
        }
        Ok(())
    });
    let preview = paged::<MigratedSubscription>(move || {
        day.get().map(|day| format!("{}?effective_on={day}", path.get_value()))
    });
    let none = || view! { <p class="mut">{text::nobody_to_migrate()}</p> };
    view! {
        <Confirm
            id="migrate"
            title=text::migrate_title()
            open=asked
            action=text::migrate()
            off=Signal::derive(move || day.get().is_none())
            on_confirm=go
        >
            <p class="mut">{text::migrate_detail()}</p>
            <DateField field=from label=text::first_day() autofocus=true />
            {listing(preview, none, who_pays_what)}
        </Confirm>
    }
}

fn who_pays_what(rows: Signal<Vec<MigratedSubscription>>) -> impl IntoView {
    let amount = |amount: Option<Money>| amount.map_or_else(|| "–".to_owned(), format::money);
    view! {
        <Table
            caption=text::who_pays_what()
            columns=vec![
                Column::text(text::customer()),
                Column::figures(text::now_pays()),
                Column::figures(text::then_pays()),
            ]
        >
            <For each=move || rows.get() key=|it| (it.subscription_id, it.after) let:it>
                <tr>
                    <th scope="row">{it.customer_name}</th>
                    <td class="r">{amount(it.before)}</td>
                    <td class="r">
                        <b>{amount(it.after)}</b>
                    </td>
                </tr>
            </For>
        </Table>
        <p class="dim">{text::by_last_month()}</p>
    }
}
