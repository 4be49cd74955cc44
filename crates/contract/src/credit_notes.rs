//! Credit notes.

use chrono::{DateTime, NaiveDate, Utc};
use domain::{
    decimals::DecimalString,
    ids::{CreditNoteId, CustomerId, InvoiceId, InvoiceLineId},
    money::Money,
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// A credit note: it takes back what an invoice billed too much.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct CreditNote {
    /// Its id.
    pub id: CreditNoteId,
    /// Its number. The numbers of an issuer's credit notes have no gaps.
    pub number: String,
    /// The invoice that it corrects.
    pub invoice_id: InvoiceId,
    /// The invoice's number.
    pub invoice_number: String,
    /// To whom.
    pub customer_id: CustomerId,
    /// The customer's code.
    pub customer_code: String,
    /// The customer's name, as it is on the invoice.
    pub customer_name: String,
    /// Why.
    pub reason: String,
    /// What it comes to, with tax.
    pub total: Money,
    /// What of that is tax.
    pub tax: Money,
    /// What of it the customer had paid already: credit for its next invoices, as far as it has not gone back to it before.
    /// The rest lowered what was to be paid.
    pub to_credit: Money,
    /// The day of issue.
    pub issued_on: NaiveDate,
    /// When it was issued.
    pub created_at: DateTime<Utc>,
}

/// A credit note with its lines.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct CreditNoteDetail {
    /// The credit note.
    #[serde(flatten)]
    pub credit_note: CreditNote,
    /// What it credits; with the taxes, where the invoice has these on top of its lines, the amounts add up to the total.
    pub lines: Vec<CreditNoteLine>,
    /// What each tax of the invoice is credited by.
    pub taxes: Vec<CreditedTax>,
}

/// What a tax of an invoice is credited by.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct CreditedTax {
    /// Its name.
    pub name: String,
    /// Its rate in percent.
    pub percent: DecimalString,
    /// By how much. All credit notes of an invoice together credit what was charged, and no cent more.
    pub amount: Money,
}

/// A line of a credit note.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreditNoteLine {
    /// The invoice's line.
    pub line_id: InvoiceLineId,
    /// How much of it, with its sign: a discount is credited by a negative amount.
    pub amount: Money,
}

/// What is to be credited of an invoice.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateCreditNote {
    /// Why; the customer reads it. Up to 500 characters.
    pub reason: String,
    /// Lines, and how much of each, at most what is left of it. Without lines, all that is not credited yet.
    #[serde(default)]
    pub lines: Option<Vec<CreditNoteLine>>,
}

/// Why an invoice is voided or written off.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CloseInvoice {
    /// Kept with the invoice; up to 500 characters.
    pub reason: String,
}

/// Which credit notes are wanted.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub struct ListCreditNotes {
    /// Only those of one customer: id or code.
    #[param(max_length = 100)]
    pub customer: Option<String>,
    /// Only those that correct one invoice.
    pub invoice: Option<InvoiceId>,
    /// Rows per page, 1 to 200; 50 where it is not given.
    #[param(minimum = 1, maximum = 200)]
    pub limit: Option<u16>,
    /// `next_cursor` of the page before.
    pub cursor: Option<String>,
}

/// Which of the company's credit notes are wanted.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub struct ListPortalCreditNotes {
    /// Only those that correct one invoice.
    pub invoice: Option<InvoiceId>,
    /// Rows per page, 1 to 200; 50 where it is not given.
    #[param(minimum = 1, maximum = 200)]
    pub limit: Option<u16>,
    /// `next_cursor` of the page before.
    pub cursor: Option<String>,
}
