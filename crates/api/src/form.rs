//! Checking a request's fields, all of them at once, so that the answer names every wrong one.

use app::{AppError, Field};
use domain::{
    fees::Rhythm,
    limits::Limits,
    pricing::{self, AdjustmentTerms, Adjustments, Discount, DiscountTerms, Price, PriceTerms, Problem},
    text::{self, TextError},
};

/// Collects what is wrong.
#[derive(Debug, Default)]
pub struct Form(Vec<Field>);

impl Form {
    /// A form with nothing wrong yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Notes a wrong field.
    pub fn refuse(&mut self, pointer: &str, detail: impl Into<String>) {
        self.0.push(Field::invalid(pointer, detail));
    }

    /// Reads a field with one of the rules of [`text`]. What is wrong becomes empty, and the form fails.
    pub fn text(
        &mut self,
        pointer: &str,
        value: &str,
        rule: impl FnOnce(&str) -> Result<String, TextError>,
    ) -> String {
        rule(value).unwrap_or_else(|error| {
            self.refuse(pointer, error.to_string());
            String::new()
        })
    }

    /// One line of at most so many characters.
    pub fn line(&mut self, pointer: &str, value: &str, max: usize) -> String {
        self.text(pointer, value, |value| text::line(value, max))
    }

    /// A field that may be absent; blank is the same.
    pub fn optional(
        &mut self,
        pointer: &str,
        value: Option<&str>,
        rule: impl FnOnce(&str) -> Result<String, TextError>,
    ) -> Option<String> {
        let value = value.filter(|value| !value.trim().is_empty())?;
        Some(self.text(pointer, value, rule))
    }

    /// One optional line.
    pub fn optional_line(&mut self, pointer: &str, value: Option<&str>, max: usize) -> Option<String> {
        self.optional(pointer, value, |value| text::line(value, max))
    }

    /// An optional paragraph.
    pub fn optional_paragraph(&mut self, pointer: &str, value: Option<&str>, max: usize) -> Option<String> {
        self.optional(pointer, value, |value| text::paragraph(value, max))
    }

    /// Refuses lists that are too long.
    pub fn at_most<T>(&mut self, pointer: &str, list: &[T], max: usize) {
        if list.len() > max {
            self.refuse(pointer, format!("must have at most {max} entries"));
        }
    }

    /// Checks a customer's limits.
    pub fn limits(&mut self, prefix: &str, limits: Limits) -> Limits {
        for (name, detail) in limits.problems() {
            self.refuse(&format!("{prefix}/{name}"), detail);
        }
        limits
    }

    /// Checks the terms of a price.
    pub fn price(&mut self, prefix: &str, terms: &PriceTerms) -> Option<Price> {
        let mut problems = Vec::new();
        let price = terms.check(prefix, &mut problems);
        self.refuse_all(problems);
        price
    }

    /// Checks what a plan does with all its lines.
    pub fn adjustments(&mut self, prefix: &str, terms: &AdjustmentTerms) -> Adjustments {
        let mut problems = Vec::new();
        let adjustments = terms.check(prefix, &mut problems);
        self.refuse_all(problems);
        adjustments
    }

    /// Checks whether what a plan does with all its lines goes with the rhythm of its base fee.
    pub fn of_rhythm(&mut self, prefix: &str, rhythm: Rhythm, terms: &AdjustmentTerms) {
        let mut problems = Vec::new();
        terms.check_rhythm(rhythm, prefix, &mut problems);
        self.refuse_all(problems);
    }

    /// Checks discounts.
    pub fn discounts(&mut self, prefix: &str, terms: &[DiscountTerms]) -> Vec<Discount> {
        let mut problems = Vec::new();
        let discounts = pricing::check_discounts(terms, prefix, &mut problems);
        self.refuse_all(problems);
        discounts
    }

    fn refuse_all(&mut self, problems: Vec<Problem>) {
        for Problem { pointer, detail } in problems {
            self.refuse(&pointer, detail);
        }
    }

    /// Fails if anything was wrong.
    pub fn finish(self) -> Result<(), AppError> {
        if self.0.is_empty() { Ok(()) } else { Err(AppError::Invalid(self.0)) }
    }
}
