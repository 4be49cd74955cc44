//! `/msp/credit-notes`, voiding and writing off.

use actix_web::{HttpResponse, get, http::StatusCode, post};
use app::{
    AppError,
    credit_notes::{self as use_cases, Credit},
    invoices as invoice_cases,
};
use contract::{
    Page,
    credit_notes::{
        CloseInvoice, CreateCreditNote, CreditNote, CreditNoteDetail, CreditNoteLine, CreditedTax,
        ListCreditNotes,
    },
    invoices::InvoiceDetail,
};
use domain::ids::{CreditNoteId, InvoiceId};
use store::{
    StoreError, TenantTx,
    credit_notes::{self, CreditNote as Stored},
};
use utoipa_actix_web::service_config::ServiceConfig;

use crate::{
    ApiResult, At, Body, Ctx, Form, Made, PageParams, Params,
    extract::page,
    invoices::{detail, find_customer, pdf_response, today},
    perm, reply,
};

/// More lines than any invoice has.
const MAX_LINES: usize = 1_000;

pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(create).service(void).service(write_off).service(list).service(read).service(pdf);
}

pub(crate) fn credit_note(found: Stored) -> CreditNote {
    CreditNote {
        id: found.id,
        number: found.number,
        invoice_id: found.invoice,
        invoice_number: found.invoice_number,
        customer_id: found.customer,
        customer_code: found.customer_code,
        customer_name: found.customer_name,
        reason: found.reason,
        total: found.total,
        tax: found.tax,
        to_credit: found.to_credit,
        issued_on: found.issued_on,
        created_at: found.created_at,
    }
}

async fn with_lines(tx: &mut TenantTx, found: Stored) -> Result<Made<CreditNoteDetail>, AppError> {
    let lines = credit_notes::lines(tx, &found).await?;
    let lines = lines
        .into_iter()
        .map(|line| CreditNoteLine { line_id: line.invoice_line, amount: line.amount })
        .collect();
    let taxes = found.taxes.iter();
    let taxes = taxes
        .map(|tax| CreditedTax { name: tax.name.clone(), percent: tax.percent, amount: tax.amount })
        .collect();
    Ok(Made::new(CreditNoteDetail { credit_note: credit_note(found), lines, taxes }))
}

/// A reason that must be given.
fn reason(form: &mut Form, text: &str) -> String {
    form.line("/reason", text, 500)
}

/// Credits an issued invoice, whole or by line, and mails the credit note to the customer.
///
/// What is still to be paid becomes less; what the customer has paid already becomes its credit, which its next invoices
/// use up. Each line is credited with its own sign, and never more than is left of it, or of the invoice.
#[utoipa::path(tag = "Credit notes", operation_id = "create_credit_note",
    params(("invoice" = InvoiceId, Path, description = "The invoice")), request_body = CreateCreditNote,
    responses((status = 201, body = CreditNoteDetail)), security(("bearer" = ["invoices:write"])))]
#[post("/msp/invoices/{invoice}/credit-notes")]
async fn create(ctx: Ctx<perm::InvoicesWrite>, id: At<InvoiceId>, body: Body<CreateCreditNote>) -> ApiResult {
    let mut form = Form::new();
    let reason = reason(&mut form, &body.reason);
    if let Some(lines) = &body.lines {
        form.at_most("/lines", lines, MAX_LINES);
        if lines.is_empty() {
            form.refuse("/lines", "must name a line; leave it out to credit all");
        }
    }
    form.finish()?;
    let lines = body.lines.as_ref();
    let lines = lines.map(|lines| lines.iter().map(|line| (line.line_id, line.amount)).collect());
    let credit = Credit { reason, lines };
    ctx.post(StatusCode::CREATED, &body.digest, async |tx| {
        let issued = use_cases::issue(ctx.app(), tx, id.0, ctx.if_match(), credit).await?;
        with_lines(tx, issued).await
    })
    .await
}

/// Takes an open invoice back that should not have been issued. Its period can be billed anew.
///
/// The invoice keeps its number. Where something was paid or credited already, it is refused: correct it by a credit note.
#[utoipa::path(tag = "Invoices", operation_id = "void_invoice",
    params(("invoice" = InvoiceId, Path, description = "The invoice")), request_body = CloseInvoice,
    responses((status = 200, body = InvoiceDetail)), security(("bearer" = ["invoices:write"])))]
#[post("/msp/invoices/{invoice}/void")]
async fn void(ctx: Ctx<perm::InvoicesWrite>, id: At<InvoiceId>, body: Body<CloseInvoice>) -> ApiResult {
    let mut form = Form::new();
    let reason = reason(&mut form, &body.reason);
    form.finish()?;
    let today = today(&ctx);
    ctx.post(StatusCode::OK, &body.digest, async |tx| {
        let closed = invoice_cases::void(tx, id.0, ctx.if_match(), &reason).await?;
        detail(tx, closed, today).await
    })
    .await
}

/// Gives up what is still to be paid of an open invoice. What is paid after all, by a page that was open, lowers the loss.
#[utoipa::path(tag = "Invoices", operation_id = "write_off_invoice",
    params(("invoice" = InvoiceId, Path, description = "The invoice")), request_body = CloseInvoice,
    responses((status = 200, body = InvoiceDetail)), security(("bearer" = ["invoices:write"])))]
#[post("/msp/invoices/{invoice}/write-off")]
async fn write_off(ctx: Ctx<perm::InvoicesWrite>, id: At<InvoiceId>, body: Body<CloseInvoice>) -> ApiResult {
    let mut form = Form::new();
    let reason = reason(&mut form, &body.reason);
    form.finish()?;
    let today = today(&ctx);
    ctx.post(StatusCode::OK, &body.digest, async |tx| {
        let closed = invoice_cases::write_off(tx, id.0, ctx.if_match(), &reason).await?;
        detail(tx, closed, today).await
    })
    .await
}

/// Lists credit notes, the latest first.
#[utoipa::path(tag = "Credit notes", operation_id = "list_credit_notes", params(ListCreditNotes),
    responses((status = 200, body = Page<CreditNote>)), security(("bearer" = ["invoices:read"])))]
#[get("/msp/credit-notes")]
async fn list(ctx: Ctx<perm::InvoicesRead>, query: Params<ListCreditNotes>) -> ApiResult {
    let request = PageParams::read(query.limit, query.cursor.as_ref())?;
    let found = ctx
        .read(async |tx| {
            let customer = match &query.customer {
                Some(customer) => Some(find_customer(tx, customer, "customer").await?),
                None => None,
            };
            known_invoice(tx, query.invoice).await?;
            Ok(credit_notes::list(tx, customer, query.invoice, &request).await?)
        })
        .await?;
    Ok(HttpResponse::Ok().json(page(found, credit_note)))
}

/// Refuses a filter by an invoice that is not there.
pub(crate) async fn known_invoice(tx: &mut TenantTx, invoice: Option<InvoiceId>) -> Result<(), AppError> {
    let Some(invoice) = invoice else { return Ok(()) };
    match store::invoices::get(tx, invoice).await {
        Ok(_) => Ok(()),
        Err(StoreError::NotFound) => Err(AppError::field("invoice", "is not the id of an invoice")),
        Err(error) => Err(error.into()),
    }
}

/// Shows a credit note with its lines.
#[utoipa::path(tag = "Credit notes", operation_id = "get_credit_note",
    params(("credit_note" = CreditNoteId, Path, description = "The credit note")),
    responses((status = 200, body = CreditNoteDetail)), security(("bearer" = ["invoices:read"])))]
#[get("/msp/credit-notes/{credit_note}")]
async fn read(ctx: Ctx<perm::InvoicesRead>, id: At<CreditNoteId>) -> ApiResult {
    let made = ctx
        .read(async |tx| {
            let found = credit_notes::get(tx, id.0).await?;
            with_lines(tx, found).await
        })
        .await?;
    Ok(reply(&made))
}

/// Gives a credit note as PDF, in the tenant's brand.
#[utoipa::path(tag = "Credit notes", operation_id = "get_credit_note_pdf",
    params(("credit_note" = CreditNoteId, Path, description = "The credit note")),
    responses((status = 200, body = Vec<u8>, content_type = "application/pdf")),
    security(("bearer" = ["invoices:read"])))]
#[get("/msp/credit-notes/{credit_note}/pdf")]
async fn pdf(ctx: Ctx<perm::InvoicesRead>, id: At<CreditNoteId>) -> ApiResult {
    let (name, bytes) = use_cases::pdf(ctx.app(), &ctx.scope(), id.0).await?;
    Ok(pdf_response(&name, bytes))
}
