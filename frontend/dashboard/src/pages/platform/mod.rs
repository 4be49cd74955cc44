//! The platform's MSPs.

mod activity;
mod list;
mod msp;
mod new;
pub mod text;

pub use activity::PlatformActivity;
pub use list::Msps;
pub use msp::MspPage;
pub use new::NewMsp;

use contract::msps::Msp;
use kit::{Status, Tone};
use leptos::prelude::*;

/// Whether an MSP is in or shut out.
fn state(msp: &Msp) -> impl IntoView + use<> {
    let (tone, word) =
        if msp.suspended { (Tone::Warning, text::suspended()) } else { (Tone::Ok, text::running()) };
    view! { <Status tone word /> }
}
