//! Renders an invoice as a branded PDF.
//!
//! The crate lays out text and nothing else: amounts, quantities and labels of totals come in as they are to be
//! printed. It does no input or output and reads no clock, and the same [`InvoiceDocument`] always gives the same bytes.
//!
//! # What the file is
//!
//! - PDF/A-2a (fit for the archive: fonts and colours embedded) and PDF/UA-1 (tagged for assistive technology), as
//!   far as the writing library can check it.
//! - Its metadata names the brand as author and the day of issue as the day of creation; no producing software is
//!   named.
//! - The language is English.
//!
//! # What happens to text
//!
//! - Line breaks and other white space become single spaces (in [notes](InvoiceDocument::notes), line breaks start a
//!   new paragraph). Control characters, zero-width characters and marks that change the writing direction are
//!   removed.
//! - The embedded fonts hold Latin (with Vietnamese), Greek and Cyrillic letters, punctuation and currency signs. Any
//!   other character, such as an emoji, a Chinese or an Arabic letter, is drawn as a box (□).
//! - Descriptions, details and notes wrap, over several pages if need be, up to 10 000 characters each. All other
//!   fields are cut with an ellipsis after a few lines, so that the head of the invoice stays on the first page; a
//!   name of 200 characters is printed whole.
//!
//! # Logos
//!
//! PNG, JPEG and WebP, told apart by their content. SVG is not drawn: convert it to PNG when it is uploaded. A logo
//! that cannot be read does not fail the invoice; the brand's name takes its place. A logo made for dark backgrounds
//! (see-through and all but white) is put on a plate in the primary colour.

mod canvas;
mod color;
mod date;
mod font;
mod invoice;
mod link;
mod logo;
mod page;
mod table;
mod text;

use chrono::NaiveDate;

/// An invoice, ready to print.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvoiceDocument {
    /// The paper to print on.
    pub paper: Paper,
    /// Whose invoice it looks like.
    pub brand: Brand,
    /// What it is: "Invoice", or "Draft invoice".
    pub title: String,
    /// The invoice's number; a draft has none.
    pub number: Option<String>,
    /// For a credit note, the number of the invoice that it corrects. Nothing is due then.
    pub corrects: Option<String>,
    /// The day of issue, which is also the file's day of creation.
    pub issued_on: NaiveDate,
    /// The day payment is due.
    pub due_on: NaiveDate,
    /// The days billed, where the invoice is for a period.
    pub period: Option<Period>,
    /// Who is to be paid.
    pub seller: Party,
    /// Who is to pay.
    pub customer: Party,
    /// What is charged.
    pub lines: Vec<Line>,
    /// What leads from the lines to the total, as label and amount: subtotal, discounts, each tax.
    pub totals: Vec<(String, String)>,
    /// The total.
    pub total: String,
    /// What came off the total, as label and amount: payments, credit.
    pub settled: Vec<(String, String)>,
    /// What remains to be paid.
    pub amount_due: String,
    /// The day it was paid in full. A paid invoice shows no pay link.
    pub paid_on: Option<NaiveDate>,
    /// The customer's reference.
    pub purchase_order: Option<String>,
    /// Remarks below the totals, each of one or more paragraphs.
    pub notes: Vec<String>,
    /// Where to pay online. Only `https` and `http` addresses become a link, anything else is left out.
    pub pay_url: Option<String>,
}

/// The size of the paper.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Paper {
    /// ISO A4, 210 × 297 mm.
    #[default]
    A4,
    /// US Letter, 8.5 × 11 in.
    Letter,
}

/// The days an invoice is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Period {
    /// The first day.
    pub start: NaiveDate,
    /// The last day, which still belongs to the period.
    pub end: NaiveDate,
}

/// How the invoice presents itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Brand {
    /// The name customers know, printed where there is no logo.
    pub name: String,
    /// The logo, drawn at most 160 × 48 points large.
    pub logo: Option<Logo>,
    /// The main colour as `#rrggbb`, darkened for text where it would be too pale to read. Anything else falls back
    /// to a dark slate.
    pub primary_color: String,
    /// The second colour as `#rrggbb`, which tints the box with the amount due. Anything else falls back to the
    /// primary colour.
    pub secondary_color: String,
    /// A line at the foot of each page, for instance the company's registration.
    pub footer: Option<String>,
}

/// A logo's file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Logo {
    /// The media type the file was stored with. The file's content decides what it is read as.
    pub content_type: String,
    /// The file.
    pub bytes: Vec<u8>,
}

/// The seller or the customer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Party {
    /// The legal name.
    pub name: String,
    /// Address, mail address, telephone: an entry each. Name and entries share sixteen printed lines, and what is
    /// beyond is left out.
    pub lines: Vec<String>,
    /// The tax number, printed after the words "Tax ID".
    pub tax_id: Option<String>,
}

/// A charge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// What is charged.
    pub description: String,
    /// How the amount came about, in smaller grey type: "68 used − 10 included = 58 × $25.00".
    pub detail: Option<String>,
    /// How much.
    pub quantity: String,
    /// The price of one.
    pub unit_price: String,
    /// The amount.
    pub amount: String,
}

/// Why no file could be written. No content of an invoice is known to lead to one.
#[derive(Debug, thiserror::Error)]
pub enum DocumentError {
    /// The fonts built into the crate cannot be read.
    #[error("embedded font: {0}")]
    Font(String),
    /// The file cannot be written.
    #[error("writing the PDF: {0}")]
    Write(String),
}

/// Renders the invoice as a PDF file.
pub fn render_invoice(doc: &InvoiceDocument) -> Result<Vec<u8>, DocumentError> {
    invoice::render(doc)
}
