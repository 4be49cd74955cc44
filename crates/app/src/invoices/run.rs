//! The run: every subscription that is due for a month gets its invoice, each in a transaction of its
//! own. Should the program end in the middle, the job is done again and finds only what is left.

use domain::{ids::SubscriptionId, periods::Month};
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::{NewEvent, Scope, subscriptions};

use crate::{App, AppError, Result, invoices};

/// The kind of the job.
pub const RUN: &str = "invoices.run";

/// How many subscriptions are looked up at a time.
const BATCH: u16 = 200;

/// What the job needs to know.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct RunPayload {
    /// The month to bill.
    pub period: Month,
}

/// Issues the invoices of a month that are not there yet, and says how many. A customer whose invoice
/// cannot be made is set aside with the reason, and the others go on.
pub async fn issue_due(app: &App, scope: &Scope, month: Month) -> Result<usize> {
    let store = app.store();
    let period = month.period();
    let mut after: Option<SubscriptionId> = None;
    let mut issued = 0;
    loop {
        let due = store
            .read(scope, async |tx| {
                Ok::<_, AppError>(
                    subscriptions::due_in(tx, period.start(), period.end(), after, BATCH).await?,
                )
            })
            .await?;
        let Some(last) = due.last() else { return Ok(issued) };
        after = Some(last.id);
        for subscription in due {
            let outcome = store
                .write(scope, async |tx| {
                    let draft = invoices::draft::draft_subscription(tx, &subscription, month).await?;
                    invoices::finalize(app, tx, draft.id).await
                })
                .await;
            match outcome {
                Ok(_) => issued += 1,
                Err(error) if error.is_transient() => return Err(error),
                Err(AppError::Conflict {
                    code: "already_invoiced" | "no_subscription" | "period_not_begun",
                    ..
                }) => {}
                Err(error) => {
                    let reason = error.to_string();
                    store
                        .write(scope, async |tx| {
                            tx.record(
                                NewEvent::new(
                                    "invoice.failed",
                                    format!("subscription:{}", subscription.id),
                                    json!({"period": month, "reason": reason}),
                                )
                                .of_customer(subscription.customer),
                            );
                            Ok::<_, AppError>(())
                        })
                        .await?;
                }
            }
        }
    }
}
