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
    /// Three dots.
    More,
    /// One person.
    Person,
    /// Two arrows.
    Switch,
    /// A sheet with an edge.
    Invoice,
    /// A bank card.
    Card,
    /// A stack.
    Plan,
    /// Bars.
    Usage,
    /// A line that rises.
    Growth,
    /// A pulse.
    Activity,
    /// Sliders.
    Settings,
    /// A plus.
    Plus,
    /// A pen.
    Edit,
    /// A bin.
    Trash,
    /// Two sheets.
    Copy,
    /// An arrow down.
    Download,
    /// An arrow out of a box.
    External,
    /// A key.
    Key,
    /// A letter.
    Mail,
    /// A card.
    Money,
    /// An arrow up.
    Up,
    /// An arrow down.
    Down,
    /// A house of business.
    Building,
    /// A tip that points down.
    Chevron,
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
            Self::More => "M3.2 8h.1M8 8h.1M12.8 8h.1",
            Self::Person => {
                "M8 7.4A2.7 2.7 0 1 0 8 2a2.7 2.7 0 0 0 0 5.4zM2.8 13.8c.3-2.7 2.4-4.4 5.2-4.4s4.9 1.7 5.2 4.4"
            }
            Self::Switch => "M2.5 5.5h10M10 2.8l2.7 2.7L10 8.2M13.5 10.8h-10M6 8.1l-2.7 2.7L6 13.5",
            Self::Invoice => "M3.5 1.8h9v12.6l-2.2-1.4-2.3 1.4-2.3-1.4-2.2 1.4zM6 5.2h4M6 8.2h4",
            Self::Card => "M1.5 4h13v8.5h-13zM1.5 7h13M4 10h3",
            Self::Plan => "M8 2 14 5 8 8 2 5zM2 8l6 3 6-3M2 11l6 3 6-3",
            Self::Usage => "M2.5 13.5h11M4.5 13V8.5M8 13V3.5M11.5 13V6.5",
            Self::Growth => "M2 12.5 6.2 8l2.6 2.6L14 4.5M10 4.2h4v4",
            Self::Activity => "M1.8 8h2.8L6.4 3.2 9.6 12.8 11.4 8h2.8",
            Self::Settings => {
                "M2 4.5h7M12 4.5h2M2 11.5h2M7 11.5h7M9 2.8v3.4M12 2.8v3.4H9V2.8zM4 9.8h3v3.4H4z"
            }
            Self::Plus => "M8 3v10M3 8h10",
            Self::Edit => "m10.8 2.6 2.6 2.6L5.6 13H3v-2.6z",
            Self::Trash => "M2.5 4.2h11M6 4V2.5h4V4M4 4.2l.6 9.3h6.8l.6-9.3",
            Self::Copy => "M5.5 5.5h8v8h-8zM10.5 5.5v-3h-8v8h3",
            Self::Download => "M8 2.5v8M4.7 7.3 8 10.6l3.3-3.3M2.5 13.5h11",
            Self::External => "M9 2.5h4.5V7M13.2 2.8 7.5 8.5M6.5 3.5h-4v10h10v-4",
            Self::Key => "M5.2 13.4a2.6 2.6 0 1 0 0-5.2 2.6 2.6 0 0 0 0 5.2zM7.1 8.9l6-6M10.6 5.4l2 2",
            Self::Mail => "M1.8 3.5h12.4v9H1.8zM2 4l6 4.8L14 4",
            Self::Money => "M1.8 3.5h12.4v9H1.8zM1.8 6.6h12.4M4.2 10h2.4",
            Self::Up => "M8 13V3.5M4.2 7.2 8 3.4l3.8 3.8",
            Self::Down => "M8 3v9.5M4.2 8.8 8 12.6l3.8-3.8",
            Self::Chevron => "m4.4 6.4 3.6 3.6 3.6-3.6",
            Self::Building => {
                "M3 13.8V2.2h7v11.6M10 6h3v7.8M1.8 13.8h12.4M5.2 5h2.4M5.2 7.8h2.4M5.2 10.6h2.4"
            }
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
