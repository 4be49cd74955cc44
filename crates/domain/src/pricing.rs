//! From prices and usage to the lines of an invoice.
//!
//! The rules, with worked examples, are in `docs/billing-rules.md`; comments here name its sections. Everything that
//! prices usage goes through [`rate`]: the invoice of a period, the preview of a price, the figure for the running
//! month, and the check of an invoice in the browser.
//!
//! [`PriceTerms`] are a price as it is written down: in requests, in the database, beside an invoice's line.
//! [`PriceTerms::check`] makes a [`Price`] of them, which can be rated, or says field by field what is wrong.

mod correct;
mod exact;
mod measure;
mod models;
mod one_off;
mod price;
mod rate;
mod terms;

pub use correct::{Billed, correct};
pub use exact::{Exact, Share};
pub use measure::{Event, Level, Measured, Usage};
pub use one_off::OneOff;
pub use price::{Adjustments, Discount, Meter, Model, Price, Reduction, Tier};
pub use rate::{Component, LineKind, Plan, RatedLine, Span, Step, rate, rate_fee, rate_fee_evenly, total};
pub use terms::{
    AdjustmentTerms, Aggregation, AggregationTerms, DiscountTerms, Filter, PriceModel, PriceTerms, Problem,
    QuantityRounding, Readings, RoundingMode, TierTerms, WeightedPer, check_discounts,
};

/// Why something cannot be rated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RatingError {
    /// An amount or a quantity does not fit.
    #[error("the amount is too large")]
    TooLarge,
    /// A price of the model `dynamic` met an event that does not say what it costs.
    #[error("every event needs an amount where the price is `dynamic`")]
    AmountMissing,
}

#[cfg(test)]
mod tests;
