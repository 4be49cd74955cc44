//! What time it is in a sandbox, and moving it on.

use std::time::Duration;

use chrono::{DateTime, Days, Months, NaiveDate, Utc};
use client::{Failure, every_while, format, spawn, use_client};
use contract::{
    auth::Me,
    sandboxes::{AdvanceClock, Sandbox},
};
use domain::{dates::Day, ids::TenantId, permissions::Permission};
use kit::{Button, Icon, icon, use_toasts};
use leptos::prelude::*;

use crate::text;

/// How often is asked how far the clock has come.
const BETWEEN: Duration = Duration::from_millis(700);

/// A bar above the pages of a sandbox; nothing elsewhere.
#[component]
pub(crate) fn TestClock() -> impl IntoView {
    let client = use_client();
    let me = Memo::new(move |_| client.session.with(|session| session.me().cloned()).map(Here));
    move || {
        let Here(me) = me.get()?;
        let clock = me.clock?;
        let may = me.permissions.contains(&Permission::BillingWrite);
        Some(view! { <Bar sandbox=me.tenant_id clock may /> })
    }
}

/// Who is where: the bar is made anew when that changes.
#[derive(Clone)]
struct Here(Me);

impl PartialEq for Here {
    fn eq(&self, other: &Self) -> bool {
        (self.0.tenant_id, self.0.clock) == (other.0.tenant_id, other.0.clock)
    }
}

#[component]
fn Bar(sandbox: TenantId, clock: DateTime<Utc>, may: bool) -> impl IntoView {
    let client = use_client();
    let toasts = use_toasts();
    let now = RwSignal::new(clock);
    let target = RwSignal::new(None::<DateTime<Utc>>);
    let path = format!("/msp/sandboxes/{sandbox}");
    let look = {
        let path = path.clone();
        move || {
            let path = path.clone();
            spawn(async move {
                match client.get::<Sandbox>(&path, None).await {
                    Ok(found) if found.advancing_to.is_some() => {
                        now.try_set(found.now);
                        target.try_set(found.advancing_to);
                    }
                    // All that is on the page is of another day.
                    Ok(found) if found.now != clock => {
                        let _ = window().location().reload();
                    }
                    Ok(_) | Err(_) => {}
                }
            });
        }
    };
    if may {
        // Somebody may be at it in another tab.
        look();
    }
    let moving = Memo::new(move |_| target.get().is_some());
    every_while(BETWEEN, moving, look);
    let advance = Callback::new(move |to: Option<NaiveDate>| {
        let Some(to) = to.and_then(|day| Day::new(day).ok()) else { return };
        let request = client.post(format!("{path}/advance")).body(&AdvanceClock { to });
        spawn(async move {
            match request.answer::<Sandbox>().await {
                Ok(found) => {
                    target.try_set(found.advancing_to);
                }
                Err(Failure::SessionEnded) => {}
                Err(failure) => toasts.say(failure.detail_of_all()),
            }
        });
    });
    let buttons = move || {
        let today = format::today();
        let steps = [
            (text::a_day_on(), today.checked_add_days(Days::new(1))),
            (text::a_month_on(), today.checked_add_months(Months::new(1))),
            (text::a_year_on(), today.checked_add_months(Months::new(12))),
        ];
        let button = |(label, to): (&'static str, Option<NaiveDate>)| {
            view! {
                <Button small=true on_press=move |()| advance.run(to)>
                    {label}
                </Button>
            }
        };
        steps.into_iter().map(button).collect_view()
    };
    let share = move || {
        let target = target.get()?;
        let whole = (target - clock).num_seconds().max(1);
        let done = (now.get() - clock).num_seconds().clamp(0, whole);
        Some(
            view! { <progress max=whole.to_string() value=done.to_string() aria-label=text::time_passes() /> },
        )
    };
    view! {
        <section class="test-clock" aria-label=text::sandbox()>
            {icon(Icon::Activity, 16)}
            <p aria-live="polite">
                <strong>{text::sandbox()}</strong>
                " "
                {move || {
                    if moving.get() {
                        format::day(now.get().date_naive())
                    } else {
                        text::here_it_is(&format::day(format::today()))
                    }
                }}
            </p>
            {move || {
                match (may, moving.get()) {
                    (false, _) => None,
                    (true, true) => Some(share().into_any()),
                    (true, false) => Some(view! { <div class="steps-on">{buttons()}</div> }.into_any()),
                }
            }}
        </section>
    }
}
