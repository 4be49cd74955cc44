//! Does the chain of entries hold?

use client::{Failure, format, spawn, use_client};
use contract::events::ChainCheck;
use kit::{Banner, Button, Dialog, Tone};
use leptos::prelude::*;

use super::text;

#[component]
pub fn Check() -> impl IntoView {
    let client = use_client();
    let (busy, open) = (RwSignal::new(false), RwSignal::new(false));
    let found = RwSignal::new(None::<Result<ChainCheck, Failure>>);
    let check = move |()| {
        busy.set(true);
        spawn(async move {
            let answer = client.get::<ChainCheck>("/msp/events/check", None).await;
            busy.try_set(false);
            found.try_set(Some(answer));
            open.try_set(true);
        });
    };
    view! {
        <Button busy on_press=check>{text::check()}</Button>
        <Dialog id="chain" title=text::check() open>
            <p class="mut">{text::check_why()}</p>
            {move || {
                found
                    .get()
                    .map(|found| {
                        let (tone, words) = told(found);
                        view! { <Banner tone>{words}</Banner> }
                    })
            }}
            <div class="end">
                <Button on_press=move |()| open.set(false)>{text::close()}</Button>
            </div>
        </Dialog>
    }
}

fn told(found: Result<ChainCheck, Failure>) -> (Tone, String) {
    match found {
        Err(failure) => (Tone::Error, failure.detail()),
        Ok(ChainCheck { intact: false, first_broken_seq: Some(seq), events }) => {
            (Tone::Error, text::broken_at(&format::whole(seq), &format::whole(events)))
        }
        Ok(check) => (Tone::Ok, text::intact(&format::whole(check.events))),
    }
}
