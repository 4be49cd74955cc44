//! The session ended while somebody was at work. The page stays as it is, with all that was typed, and the question
//! who is there comes in front of it.

use client::{SessionState, effect, use_client};
use kit::Dialog;
use leptos::prelude::*;

use crate::{account, lazily::Lazily, sign_in::SignInForm, text};

#[component]
pub fn SignInAgain() -> impl IntoView {
    let client = use_client();
    let open = RwSignal::new(false);
    effect(move || {
        let over = client.session.with(|session| matches!(session, SessionState::Ended(_)));
        open.set(over);
    });
    view! {
        <Dialog id="sign-in-again" title=text::again_title() open required=true>
            <p class="mut">{text::again_detail()}</p>
            <Lazily load=|| Box::pin(account::sign_in_again()) />
        </Dialog>
    }
}

/// Who is there?
#[component]
pub(crate) fn Question() -> impl IntoView {
    let client = use_client();
    let email = client
        .session
        .with_untracked(|session| session.me().and_then(|me| me.email.clone()))
        .unwrap_or_default();
    // Somebody else must not see what is left of the one before.
    let done = move |other: bool| {
        if other {
            let _ = window().location().reload();
        }
    };
    view! { <SignInForm email on_done=done /> }
}
