//! From the days of a subscription to lines: each set of prices that it was charged by rates its own days.

use domain::{
    evidence::{Evidence, LineRecord, Part, PricedPlan},
    ids::CustomerId,
    money::Money,
    periods::{Month, Period},
    pricing::{self, RatingError, Span},
    subscriptions::Timeline,
};
use store::{TenantTx, invoices::NewLine, plans::prices, usage};

use crate::{AppError, Result, usage::measured};

/// Days that have been rated.
#[derive(Debug, Clone)]
pub struct Rated {
    /// The lines.
    pub lines: Vec<NewLine>,
    /// What they come to.
    pub total: Money,
    /// What they were computed from, one part for each set of prices; at least one.
    parts: Vec<Part>,
}

impl Rated {
    /// The prices of the last days.
    pub fn prices(&self) -> Option<&PricedPlan> {
        self.parts.last().map(|part| &part.plan)
    }

    /// What the lines were computed from.
    pub fn evidence(&self) -> Evidence {
        let lines = self.lines.iter().map(|line| LineRecord::of(&line.rated, line.days)).collect();
        Evidence::of(self.parts.clone(), lines, self.total)
    }
}

/// Rates days of one month; `None` where none of them is charged for.
pub async fn rate(
    tx: &mut TenantTx,
    customer: CustomerId,
    timeline: &Timeline,
    days: Period,
) -> Result<Option<Rated>> {
    let (mut lines, mut parts) = (Vec::new(), Vec::new());
    let zone = tx.scope().time_zone();
    for (days, priced) in charged(tx, timeline, days).await? {
        let plan = priced.price().ok_or(store::StoreError::Corrupt("plan_prices.components"))?;
        let sums = usage::over(tx, customer, days).await?;
        let used = measured(tx, customer, &plan, days, &sums).await?;
        let month = Month::of(days.start()).period();
        let span = Span::part(month, days, &zone)
            .ok_or_else(|| AppError::internal("the days served are not in one month"))?;
        let rated = pricing::rate(&plan, &used, &span).map_err(refused)?;
        lines.extend(rated.into_iter().map(|rated| NewLine { rated, days }));
        parts.push(Part::of(priced, days, &span, &used));
    }
    let Some(currency) = parts.last().map(|part| part.plan.currency) else { return Ok(None) };
    let total = Money::sum(currency, lines.iter().map(|line| line.rated.amount))
        .map_err(|_| refused(RatingError::TooLarge))?;
    Ok(Some(Rated { lines, total, parts }))
}

/// The days that are charged, by which prices. Versions that charge the same, as where only a name has changed, are one.
async fn charged(tx: &mut TenantTx, timeline: &Timeline, days: Period) -> Result<Vec<(Period, PricedPlan)>> {
    let mut charged: Vec<(Period, PricedPlan)> = Vec::new();
    for segment in timeline.charged(days) {
        let priced = prices::get(tx, segment.prices).await?;
        if let Some((before, last)) = charged.last_mut()
            && before.end() == segment.days.start()
            && last.charges_as(&priced)
            && let Some(both) = Period::new(before.start(), segment.days.end())
        {
            (*before, *last) = (both, priced);
        } else {
            charged.push((segment.days, priced));
        }
    }
    Ok(charged)
}

fn refused(error: RatingError) -> AppError {
    match error {
        RatingError::TooLarge => {
            AppError::conflict("amount_too_large", "The amount is larger than an invoice can be.")
        }
        RatingError::AmountMissing => AppError::conflict(
            "amount_missing",
            "An event does not say what it costs, and its price is dynamic.",
        ),
    }
}
