//! Answers.

use actix_web::{
    HttpResponse,
    http::{StatusCode, header},
};
use serde::Serialize;

/// A value with the version that its entity tag is made of.
#[derive(Debug)]
pub struct Made<T> {
    /// The value.
    pub value: T,
    /// Its version, where it has one.
    pub version: Option<i32>,
}

impl<T> Made<T> {
    /// A value that has no version.
    pub fn new(value: T) -> Self {
        Self { value, version: None }
    }

    /// A value with its version.
    pub fn versioned(value: T, version: i32) -> Self {
        Self { value, version: Some(version) }
    }
}

/// An answer of 200 with the value.
pub fn reply<T: Serialize>(made: &Made<T>) -> HttpResponse {
    let mut response = HttpResponse::build(StatusCode::OK);
    if let Some(version) = made.version {
        response.insert_header((header::ETAG, format!("\"{version}\"")));
    }
    response.json(&made.value)
}
