//! Outside systems, one module each: a trait in our words, and the real client behind it.
//!
//! Every call may fail, and the error says what to do about it: try again, give up, or tell the operator. No error
//! text carries a key or a password.

use std::pin::Pin;

pub mod mail;
mod scrub;
pub mod stripe;

/// What the traits of this crate return: a boxed future, so that the traits can be used as objects.
pub type Pending<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;
