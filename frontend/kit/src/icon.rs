//! Line drawings of 16 by 16, in the colour of the text.

use leptos::prelude::*;

/// A drawing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Icon {
    /// A house.
    Home,
    /// Two people.
    Customers,
    /// A lens.
    Search,
    /// An arrow out of a door.
    SignOut,
    /// A circle half filled.
    Theme,
    /// A cross.
    Close,
    /// A mark for something done.
    Check,
    /// A mark for something wrong.
    Alert,
    /// A triangle for something to look at.
    Warning,
    /// A dash.
    Dash,
    /// A triangle that points on.
    Running,
    /// Two bars.
    Paused,
    /// An arrow to the left.
    Left,
    /// An arrow to the right.
    Right,
    /// A lock.
    Lock,
    /// A sheet without anything on it.
    Empty,
}

impl Icon {
    fn path(self) -> &'static str {
        match self {
            Self::Home => "M2 7.2 8 2.5l6 4.7v6.3h-4v-4H6v4H2z",
            Self::Customers => {
                "M6 7.6A2.6 2.6 0 1 0 6 2.4a2.6 2.6 0 0 0 0 5.2zM1.5 13.5c0-2.5 2-4 4.5-4s4.5 1.5 4.5 4M11 2.8a2.5 2.5 0 0 1 0 4.6M12.2 9.8c1.5.5 2.4 1.8 2.4 3.7"
            }
            Self::Search => "M7 11.6A4.6 4.6 0 1 0 7 2.4a4.6 4.6 0 0 0 0 9.2zM10.4 10.4l3.4 3.4",
            Self::SignOut => "M6 2.5H3v11h3M7 8h7M11.2 5.2 14 8l-2.8 2.8",
            Self::Theme => "M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12zM8 2v12M8 5h4.6M8 8h6M8 11h4.6",
            Self::Close => "m4 4 8 8M12 4l-8 8",
            Self::Check => "m4 8.3 2.7 2.7L12 5.4",
            Self::Alert => "M8 3.6v5.2M8 11.4v.9",
            Self::Warning => "M8 4.2 12.2 11.6H3.8z",
            Self::Dash => "M4.6 8h6.8",
            Self::Running => "m6.2 4.8 5 3.2-5 3.2z",
            Self::Paused => "M6.3 5v6M9.7 5v6",
            Self::Left => "M9.8 3.6 5.4 8l4.4 4.4",
            Self::Right => "m6.2 3.6 4.4 4.4-4.4 4.4",
            Self::Lock => "M3.5 7h9v6.5h-9zM5.4 7V5a2.6 2.6 0 0 1 5.2 0v2",
            Self::Empty => "M3 2.5h10v11H3zM5.6 6h4.8M5.6 9h2.8",
        }
    }
}

/// Draws an icon of this many pixels. It says nothing by itself: a word stands beside it, or names its button.
pub fn icon(icon: Icon, size: u8) -> impl IntoView {
    view! {
        <svg
            width=size.to_string()
            height=size.to_string()
            viewBox="0 0 16 16"
            fill="none"
            stroke="currentColor"
            stroke-width=if size < 14 { "2.4" } else { "1.6" }
            stroke-linecap="round"
            stroke-linejoin="round"
            aria-hidden="true"
        >
            <path d=icon.path() />
        </svg>
    }
}
