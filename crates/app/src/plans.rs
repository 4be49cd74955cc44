//! Plans: made, changed, archived.

mod edit;
mod status;

pub use edit::{create, update};
pub use status::{archive, unarchive};
