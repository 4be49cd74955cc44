//! Mails in the tenant's brand.

mod send;
mod template;

pub(crate) use send::{KIND as SEND, send};
pub use template::{Recipient, Reminder, Template, link_base, queue, queue_all};
