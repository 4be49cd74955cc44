//! Where an invoice stands, for those who send it and those who pay it.

use chrono::{DateTime, NaiveDate, Utc};
use domain::{
    dunning::{DunningAction, DunningWait},
    invoices::InvoiceStatus,
    money::Money,
};
use store::{
    TenantTx, dunning,
    dunning::{Case, Done},
    invoices::Invoice,
};

use crate::Result;

/// A step that is to come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Planned {
    /// What.
    pub action: DunningAction,
    /// On which day, if nothing comes between.
    pub on: NaiveDate,
    /// The late fee, by what is left today.
    pub fee: Option<Money>,
}

/// What was done about an invoice, and what will be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DunningView {
    /// What was done.
    pub done: Vec<Done>,
    /// What is to come.
    pub planned: Vec<Planned>,
    /// Why a step that is due waits.
    pub waits_for: Option<DunningWait>,
    /// Since when a person has stopped it.
    pub held_at: Option<DateTime<Utc>>,
}

/// Where an invoice stands; none where it follows no schedule.
pub async fn view(tx: &mut TenantTx, invoice: &Invoice) -> Result<Option<DunningView>> {
    let Some(case) = dunning::case(tx, invoice.id).await? else { return Ok(None) };
    let done = dunning::done(tx, invoice.id).await?;
    let open = invoice.status == InvoiceStatus::Finalized;
    let next = case.next_on.filter(|_| open).map(|next_on| next_on.max(tx.today()));
    let planned = planned(&case, invoice, case.next_step, next);
    Ok(Some(DunningView { done, planned, waits_for: case.waits_for, held_at: case.held_at }))
}

/// The steps from a place on, the first of them on a day.
pub(super) fn planned(case: &Case, invoice: &Invoice, from: usize, first: Option<NaiveDate>) -> Vec<Planned> {
    let mut planned = Vec::new();
    let mut next = first;
    for (place, step) in case.schedule.steps().iter().enumerate().skip(from) {
        let Some(on) = next else { break };
        let fee = step.late_fee(invoice.outstanding).ok().flatten();
        planned.push(Planned { action: step.action, on, fee });
        next = invoice.due_on.and_then(|due_on| case.schedule.due(place + 1, due_on, Some(on)));
    }
    planned
}
