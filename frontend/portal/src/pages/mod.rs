//! The pages.

pub mod overview;
