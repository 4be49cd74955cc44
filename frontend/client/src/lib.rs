//! How the apps talk to the API: one way to send a request, the session, and what the browser knows about
//! writing money, numbers and dates.

pub mod failure;
pub mod fetch;
pub mod format;
pub mod json;
pub mod language;
pub mod live;
pub mod load;
pub mod long;
pub mod paged;
pub mod repeat;
pub mod session;
pub mod task;
mod text;

pub use failure::Failure;
pub use fetch::{Client, Request, use_client};
pub use load::{Loaded, Remote, Shown, load, load_once};
pub use long::{Long, long};
pub use paged::{Paged, paged, read_all};
pub use repeat::Repeat;
pub use session::SessionState;
pub use task::{effect, every_while, on_change, spawn};
