//! What can be pressed.

use leptos::prelude::*;

/// How much a button asks for attention.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ButtonKind {
    /// One of several.
    #[default]
    Plain,
    /// What most people come for; one on a page.
    Primary,
    /// Beside something else.
    Quiet,
    /// What cannot be taken back.
    Danger,
}

fn class(kind: ButtonKind, small: bool, wide: bool) -> String {
    let kind = match kind {
        ButtonKind::Plain => "",
        ButtonKind::Primary => " primary",
        ButtonKind::Quiet => " quiet",
        ButtonKind::Danger => " danger",
    };
    format!("btn{kind}{}{}", if small { " small" } else { "" }, if wide { " wide" } else { "" })
}

/// A button. While it is busy it turns, keeps the focus, and does nothing.
#[component]
pub fn Button(
    /// How much it asks for attention.
    #[prop(optional)]
    kind: ButtonKind,
    /// Lower, for rows and headers.
    #[prop(optional)]
    small: bool,
    /// As wide as what it stands in.
    #[prop(optional)]
    wide: bool,
    /// Sends the form it stands in.
    #[prop(optional)]
    submit: bool,
    /// Whether what it started is under way.
    #[prop(optional, into)]
    busy: Signal<bool>,
    /// Whether there is nothing it could do now.
    #[prop(optional, into)]
    off: Signal<bool>,
    /// What it does.
    #[prop(optional, into)]
    on_press: Option<Callback<()>>,
    /// What it says.
    children: Children,
) -> impl IntoView {
    let press = move |event: leptos::ev::MouseEvent| {
        if busy.get_untracked() || off.get_untracked() {
            event.prevent_default();
        } else if let Some(on_press) = on_press {
            on_press.run(());
        }
    };
    view! {
        <button
            type=if submit { "submit" } else { "button" }
            class=class(kind, small, wide)
            class:off=off
            aria-disabled=move || (busy.get() || off.get()).then_some("true")
            on:click=press
        >
            {move || busy.get().then(|| view! { <span class="spin" aria-hidden="true"></span> })}
            {children()}
        </button>
    }
}

/// A link that looks like a button: it leads somewhere.
#[component]
pub fn LinkButton(
    /// Where it leads.
    #[prop(into)]
    href: String,
    /// How much it asks for attention.
    #[prop(optional)]
    kind: ButtonKind,
    /// Lower, for rows and headers.
    #[prop(optional)]
    small: bool,
    /// What it says.
    children: Children,
) -> impl IntoView {
    view! {
        <a href=href class=class(kind, small, false)>
            {children()}
        </a>
    }
}
