//! How the business stands, and what needs a decision.

use std::time::Duration;

use client::{Remote, effect, format, load, session::home_reads, spawn, task::sleep, use_client};
use contract::portfolio::Portfolio;
use frame::Lazily;
use kit::{PageHeader, SkeletonBlock, SkeletonRows, faces};
use leptos::prelude::*;

use self::{attention::Decisions, figures::Shown};
use crate::{parts, text};

mod attention;
pub mod figures;

/// What is read for it.
const READ: &str = "/msp/portfolio";

/// How long what needs a decision has the network and the processor to itself, until it is surely to be seen.
const SEEN: Duration = Duration::from_millis(100);

/// Sooner than this nobody waits.
const AT_ONCE: Duration = Duration::from_millis(150);

#[component]
pub fn Home() -> impl IntoView {
    home_reads(READ);
    let portfolio = load::<Portfolio>(|| Some(READ.to_owned()));
    let client = use_client();
    let title = Memo::new(move |_| {
        client.session.with(|session| {
            session.me().map(|me| text::greeting(format::hour(), &me.name)).unwrap_or_default()
        })
    });
    let lead = move || match portfolio.state.get() {
        Remote::Ready(found) => view! { <p class="mut">{sentence(&found)}</p> }.into_any(),
        Remote::Loading => view! { <span class="bone w4" aria-hidden="true"></span> }.into_any(),
        Remote::Failed(_) => ().into_any(),
    };
    // What needs a decision is drawn, and seen, before the figures are.
    let all = RwSignal::new(false);
    effect(move || {
        if !all.get_untracked() && matches!(portfolio.state.get(), Remote::Ready(_)) {
            request_animation_frame(move || {
                spawn(async move {
                    sleep(SEEN).await;
                    all.try_set(true);
                });
            });
        }
    });
    // What was asked for while the program was on its way is there in a moment: a skeleton would only flash up.
    let late = RwSignal::new(false);
    spawn(async move {
        sleep(AT_ONCE).await;
        late.try_set(true);
    });
    view! {
        <PageHeader title lead />
        {faces(portfolio, move || skeleton(late), move |portfolio| content(portfolio, all))}
    }
}

fn skeleton(late: RwSignal<bool>) -> impl IntoView {
    let bones = || {
        view! {
            <div class="overview">
                <div class="card"><SkeletonRows rows=8 /></div>
                {skeleton_of_figures()}
            </div>
        }
    };
    move || late.get().then(bones)
}

fn skeleton_of_figures() -> impl IntoView {
    view! {
        <div class="stack" aria-busy="true">
            <div class="card"><SkeletonRows rows=3 /></div>
            <div class="card"><SkeletonRows rows=8 /></div>
        </div>
        <div class="card"><SkeletonBlock /></div>
    }
}

fn sentence(portfolio: &Portfolio) -> String {
    let decisions = attention::count(&portfolio.attention);
    text::standing(decisions, attention::troubled(&portfolio.attention), portfolio.customers.current)
}

fn content(portfolio: Portfolio, all: RwSignal<bool>) -> impl IntoView {
    let attention = portfolio.attention.clone();
    let rest = move || {
        if !all.get() {
            return skeleton_of_figures().into_any();
        }
        provide_context(Shown(portfolio.clone()));
        let skeleton = || skeleton_of_figures().into_any();
        view! { <Lazily load=|| Box::pin(parts::figures()) skeleton /> }.into_any()
    };
    view! { <div class="overview"><Decisions attention />{rest}</div> }
}
