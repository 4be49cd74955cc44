//! How something stands: a sign, a word and a colour, so that it reads without colour, too.

use leptos::prelude::*;

use crate::icon::{Icon, icon};

/// How good or bad something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// As it should be.
    Ok,
    /// To be looked at.
    Warning,
    /// Wrong.
    Error,
    /// Under way.
    Running,
    /// Left out on purpose.
    Skipped,
    /// Not there, or over.
    Missing,
}

/// How something stands.
#[component]
pub fn Status(
    /// How good or bad it is.
    tone: Tone,
    /// The word for it.
    #[prop(into)]
    word: String,
    /// The word is said and not written; where the text beside it says the same.
    #[prop(optional)]
    sign_only: bool,
) -> impl IntoView {
    let (class, sign) = match tone {
        Tone::Ok => ("st ok", Icon::Check),
        Tone::Warning => ("st warn", Icon::Warning),
        Tone::Error => ("st err", Icon::Alert),
        Tone::Running => ("st run", Icon::Running),
        Tone::Skipped => ("st skip-st", Icon::Paused),
        Tone::Missing => ("st miss", Icon::Dash),
    };
    view! {
        <span class=class>
            <i aria-hidden="true">{icon(sign, 12)}</i>
            <span class=sign_only.then_some("only-heard")>{word}</span>
        </span>
    }
}
