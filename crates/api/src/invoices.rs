//! `/msp/invoices`.

use actix_web::{HttpResponse, delete, get, http::StatusCode, post};
use app::{AppError, dunning, invoices as use_cases, payments};
use contract::{
    Page,
    invoices::{
        CreateInvoice, CreateInvoiceRun, DryInvoice, HoldInvoice, Invoice, InvoiceDetail, InvoiceLine,
        InvoiceRun, InvoiceSubscription, ListInvoices, PayLink, PaymentProcessing, PreviewInvoiceRun,
    },
};
use domain::{
    ids::InvoiceId,
    invoices::InvoiceStatus,
    periods::{Month, Period},
};
use serde_json::json;
use store::{
    NewEvent, StoreError, TenantTx, charges, customers,
    customers::CustomerRef,
    invoices::{self, InvoiceFilter},
    jobs::{self, NewJob},
    subscriptions::Subscription,
};
use utoipa_actix_web::service_config::ServiceConfig;

use crate::{
    ApiResult, At, Body, Ctx, Form, Made, PageParams, Params, billing, extract::page,
    payment_methods::charge_of, perm, perm::Needs, reply,
};

pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(list)
        .service(create)
        .service(run)
        .service(preview_run)
        .service(read)
        .service(remove)
        .service(finalize)
        .service(hold)
        .service(release)
        .service(send)
        .service(pdf)
        .service(evidence)
        .service(pay_link);
}

/// What a reader of invoices needs to know to call one overdue: today, in the tenant's time zone.
pub(crate) fn today<P: Needs>(ctx: &Ctx<P>) -> chrono::NaiveDate {
    ctx.now().with_timezone(&ctx.principal().time_zone()).date_naive()
}

pub(crate) fn invoice(invoice: invoices::Invoice, today: chrono::NaiveDate) -> Invoice {
    let (held_at, hold_reason) = invoice.held.unzip();
    let (closed_at, closed_reason) = invoice.closed.unzip();
    Invoice {
        id: invoice.id,
        number: invoice.number,
        status: invoice.status,
        overdue: invoice.status == InvoiceStatus::Finalized
            && invoice.due_on.is_some_and(|due_on| due_on < today),
        customer_id: invoice.customer,
        customer_code: invoice.customer_code,
        customer_name: invoice.customer_name,
        subscriptions: invoice.subscriptions.into_iter().map(billed_subscription).collect(),
        period_start: invoice.period.start(),
        period_end: invoice.period.end(),
        total: invoice.total,
        tax: invoice.tax,
        paid: invoice.paid,
        credit_used: invoice.credit_used,
        credited: invoice.credited,
        written_off: invoice.written_off,
        outstanding: invoice.outstanding,
        issued_on: invoice.issued_on,
        due_on: invoice.due_on,
        paid_at: invoice.paid_at,
        held_at,
        hold_reason,
        closed_at,
        closed_reason,
        version: invoice.version,
        created_at: invoice.created_at,
        seal: invoice.seal.map(hex::encode),
    }
}

/// A subscription that an invoice bills, as it is shown.
pub(crate) fn billed_subscription(billed: invoices::BilledSubscription) -> InvoiceSubscription {
    InvoiceSubscription {
        subscription_id: billed.id,
        plan_name: billed.plan_name,
        period_start: billed.period.start(),
        period_end: billed.period.end(),
    }
}

fn line(line: invoices::Line) -> InvoiceLine {
    let rated = line.rated;
    InvoiceLine {
        id: line.id,
        subscription_id: line.subscription,
        kind: rated.kind,
        metric: rated.metric,
        description: rated.description,
        unit: rated.unit,
        used: rated.used,
        included: rated.included,
        quantity: rated.quantity,
        unit_price: rated.unit_price,
        amount: rated.amount,
        credited: line.credited,
        tax_class: line.tax_class,
        events: rated.events,
        group: rated.group,
        derivation: rated.derivation,
        service_start: line.days.start(),
        service_end: line.days.end(),
        fee_start: line.fee.map(Period::start),
        fee_end: line.fee.map(Period::end),
    }
}

pub(crate) async fn detail(
    tx: &mut TenantTx,
    found: invoices::Invoice,
    today: chrono::NaiveDate,
) -> Result<Made<InvoiceDetail>, AppError> {
    let lines = invoices::lines(tx, &found).await?.into_iter().map(line).collect();
    let version = found.version;
    let taxes = found.taxes.clone();
    let last_charge = charges::latest(tx, found.id).await?.map(charge_of);
    let processing = store::payments::processing(tx, found.id).await?;
    let payment_processing =
        processing.map(|found| PaymentProcessing { amount: found.amount, since: found.since });
    let dunning = dunning::view(tx, &found).await?.map(billing::dunning);
    let invoice = invoice(found, today);
    let detail = InvoiceDetail { invoice, lines, taxes, last_charge, payment_processing, dunning };
    Ok(Made::versioned(detail, version))
}

/// Lists invoices, those of the latest period first.
#[utoipa::path(tag = "Invoices", operation_id = "list_invoices", params(ListInvoices),
    responses((status = 200, body = Page<Invoice>)), security(("bearer" = ["invoices:read"])))]
#[get("/msp/invoices")]
async fn list(ctx: Ctx<perm::InvoicesRead>, query: Params<ListInvoices>) -> ApiResult {
    let request = PageParams::read(query.limit, query.cursor.as_ref())?;
    let today = today(&ctx);
    let found = ctx
        .read(async |tx| {
            let mut filter = InvoiceFilter {
                status: query.status,
                from: query.period.map(|month| month.period().start()),
                until: query.period.map(|month| month.period().end()),
                overdue_on: query.overdue.filter(|overdue| *overdue).map(|_| today),
                held: query.held,
                ..InvoiceFilter::default()
            };
            if let Some(customer) = &query.customer {
                filter.customer = Some(find_customer(tx, customer, "customer").await?);
            }
            Ok(invoices::list(tx, &filter, &request).await?)
        })
        .await?;
    Ok(HttpResponse::Ok().json(page(found, |found| invoice(found, today))))
}

pub(crate) async fn find_customer(
    tx: &mut TenantTx,
    name: &str,
    pointer: &str,
) -> Result<domain::ids::CustomerId, AppError> {
    let reference: CustomerRef =
        name.parse().unwrap_or_else(|never: std::convert::Infallible| match never {});
    match customers::find(tx, &reference).await {
        Ok(customer) => Ok(customer.id),
        Err(StoreError::NotFound) => Err(AppError::field(pointer, "is not the id or code of a customer")),
        Err(error) => Err(error.into()),
    }
}

/// Drafts the invoice of a customer for a month, or rates an existing draft anew.
///
/// A subscription has one invoice for a period. Once that is issued, this answers 409.
#[utoipa::path(tag = "Invoices", operation_id = "create_invoice", request_body = CreateInvoice,
    responses((status = 201, body = InvoiceDetail)), security(("bearer" = ["invoices:write"])))]
#[post("/msp/invoices")]
async fn create(ctx: Ctx<perm::InvoicesWrite>, body: Body<CreateInvoice>) -> ApiResult {
    let today = today(&ctx);
    ctx.post(StatusCode::CREATED, &body.digest, async |tx| {
        let customer = find_customer(tx, &body.customer, "/customer").await?;
        let drafted = use_cases::draft(tx, &CustomerRef::Id(customer), body.period).await?;
        detail(tx, drafted, today).await
    })
    .await
}

/// Issues the invoices of a month for every subscription that has none yet, in the background; or makes drafts of them, to be
/// looked at. Drafts on hold stay as they are.
#[utoipa::path(tag = "Invoices", operation_id = "create_invoice_run", request_body = CreateInvoiceRun,
    responses((status = 202, body = InvoiceRun)), security(("bearer" = ["invoices:write"])))]
#[post("/msp/invoice-runs")]
async fn run(ctx: Ctx<perm::InvoicesWrite>, body: Body<CreateInvoiceRun>) -> ApiResult {
    ctx.for_all_customers()?;
    ctx.post(StatusCode::ACCEPTED, &body.digest, async |tx| {
        let CreateInvoiceRun { period, draft } = body.value;
        if period.first_day() > tx.today() {
            return Err(AppError::field("/period", "has not begun yet"));
        }
        let (due, held) = use_cases::count_due(tx, period).await?;
        let payload = json!(use_cases::RunPayload { period, draft });
        jobs::enqueue(tx, &NewJob::now(use_cases::RUN, payload)).await?;
        let subject = format!("tenant:{}", tx.tenant());
        tx.record(NewEvent::new(
            "invoices.run_queued",
            subject,
            json!({"period": period, "due": due, "draft": draft}),
        ));
        Ok(Made::new(InvoiceRun { period, draft, due, held }))
    })
    .await
}

/// Shows what a run over a month would issue, by the usage there is, beside what each customer was invoiced for the month
/// before. Nothing is kept.
///
/// A customer whose invoice could not be made is there with the `problem`. A page may have fewer rows than asked for, even
/// none: who is on trial or paused all month, or has a fee alone that is not due, gets no invoice. The end is where there is no `next_cursor`.
#[utoipa::path(tag = "Invoices", operation_id = "preview_invoice_run", params(PreviewInvoiceRun),
    responses((status = 200, body = Page<DryInvoice>)), security(("bearer" = ["invoices:read"])))]
#[get("/msp/invoice-runs/preview")]
async fn preview_run(ctx: Ctx<perm::InvoicesRead>, query: Params<PreviewInvoiceRun>) -> ApiResult {
    let request = PageParams::read(query.limit, query.cursor.as_ref())?;
    let found = ctx
        .read(async |tx| {
            let month = query.period.unwrap_or_else(|| Month::of(tx.today()));
            use_cases::dry_run(tx, month, &request).await
        })
        .await?;
    Ok(HttpResponse::Ok().json(page(found, dry_invoice)))
}

fn dry_invoice(dry: use_cases::DryInvoice) -> DryInvoice {
    let use_cases::DryInvoice { bill, rated, before, held } = dry;
    // There is at least one.
    let customer = bill.subscriptions.first().map(|(first, _)| first);
    let (customer_code, customer_name) =
        customer.map(|first| (first.customer_code.clone(), first.customer_name.clone())).unwrap_or_default();
    let due = |(of, days): &(Subscription, Period)| InvoiceSubscription {
        subscription_id: of.id,
        plan_name: of.plan_on(days.last_day()).name.clone(),
        period_start: days.start(),
        period_end: days.end(),
    };
    let (subscriptions, total, problem) = match rated {
        Ok(rated) => (rated.billed.into_iter().map(billed_subscription).collect(), Some(rated.total), None),
        Err(problem) => (bill.subscriptions.iter().map(due).collect::<Vec<_>>(), None, Some(problem)),
    };
    let days = || subscriptions.iter();
    DryInvoice {
        customer_id: bill.customer,
        customer_code,
        customer_name,
        period_start: days().map(|of| of.period_start).min().unwrap_or_default(),
        period_end: days().map(|of| of.period_end).max().unwrap_or_default(),
        subscriptions,
        total,
        problem,
        before,
        held,
    }
}

/// Shows an invoice with its lines.
#[utoipa::path(tag = "Invoices", operation_id = "get_invoice",
    params(("invoice" = InvoiceId, Path, description = "The invoice")),
    responses((status = 200, body = InvoiceDetail)), security(("bearer" = ["invoices:read"])))]
#[get("/msp/invoices/{invoice}")]
async fn read(ctx: Ctx<perm::InvoicesRead>, id: At<InvoiceId>) -> ApiResult {
    let today = today(&ctx);
    let made = ctx
        .read(async |tx| {
            let found = invoices::get(tx, id.0).await?;
            detail(tx, found, today).await
        })
        .await?;
    Ok(reply(&made))
}

/// Throws a draft away. An issued invoice stays.
#[utoipa::path(tag = "Invoices", operation_id = "delete_invoice",
    params(("invoice" = InvoiceId, Path, description = "The invoice")),
    responses((status = 204)), security(("bearer" = ["invoices:write"])))]
#[delete("/msp/invoices/{invoice}")]
async fn remove(ctx: Ctx<perm::InvoicesWrite>, id: At<InvoiceId>) -> ApiResult {
    ctx.write(async |tx| use_cases::delete_draft(tx, id.0).await).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Puts a draft on hold: no run issues it until it is released.
#[utoipa::path(tag = "Invoices", operation_id = "hold_invoice", request_body = HoldInvoice,
    params(("invoice" = InvoiceId, Path, description = "The invoice")),
    responses((status = 200, body = InvoiceDetail)), security(("bearer" = ["invoices:write"])))]
#[post("/msp/invoices/{invoice}/hold")]
async fn hold(ctx: Ctx<perm::InvoicesWrite>, id: At<InvoiceId>, body: Body<HoldInvoice>) -> ApiResult {
    let mut form = Form::new();
    let reason = form.line("/reason", &body.reason, 500);
    form.finish()?;
    let today = today(&ctx);
    let made = ctx
        .write(async |tx| {
            let held = use_cases::hold(tx, id.0, &reason).await?;
            detail(tx, held, today).await
        })
        .await?;
    Ok(reply(&made))
}

/// Takes a draft off hold.
#[utoipa::path(tag = "Invoices", operation_id = "release_invoice",
    params(("invoice" = InvoiceId, Path, description = "The invoice")),
    responses((status = 200, body = InvoiceDetail)), security(("bearer" = ["invoices:write"])))]
#[post("/msp/invoices/{invoice}/release")]
async fn release(ctx: Ctx<perm::InvoicesWrite>, id: At<InvoiceId>) -> ApiResult {
    let today = today(&ctx);
    let made = ctx
        .write(async |tx| {
            let released = use_cases::release(tx, id.0).await?;
            detail(tx, released, today).await
        })
        .await?;
    Ok(reply(&made))
}

/// Issues a draft: rates it once more, numbers it and mails it to the customer. It can change no more.
#[utoipa::path(tag = "Invoices", operation_id = "finalize_invoice",
    params(("invoice" = InvoiceId, Path, description = "The invoice")),
    responses((status = 200, body = InvoiceDetail)), security(("bearer" = ["invoices:write"])))]
#[post("/msp/invoices/{invoice}/finalize")]
async fn finalize(ctx: Ctx<perm::InvoicesWrite>, id: At<InvoiceId>) -> ApiResult {
    let today = today(&ctx);
    ctx.post(StatusCode::OK, &[], async |tx| {
        let issued = use_cases::finalize(ctx.app(), tx, id.0).await?;
        detail(tx, issued, today).await
    })
    .await
}

/// Mails an issued invoice to the customer again.
#[utoipa::path(tag = "Invoices", operation_id = "send_invoice",
    params(("invoice" = InvoiceId, Path, description = "The invoice")),
    responses((status = 202, body = InvoiceDetail)), security(("bearer" = ["invoices:write"])))]
#[post("/msp/invoices/{invoice}/send")]
async fn send(ctx: Ctx<perm::InvoicesWrite>, id: At<InvoiceId>) -> ApiResult {
    let today = today(&ctx);
    ctx.post(StatusCode::ACCEPTED, &[], async |tx| {
        let sent = use_cases::send(ctx.app(), tx, id.0).await?;
        detail(tx, sent, today).await
    })
    .await
}

/// Gives an invoice as PDF, in the tenant's brand.
#[utoipa::path(tag = "Invoices", operation_id = "get_invoice_pdf",
    params(("invoice" = InvoiceId, Path, description = "The invoice")),
    responses((status = 200, body = Vec<u8>, content_type = "application/pdf")),
    security(("bearer" = ["invoices:read"])))]
#[get("/msp/invoices/{invoice}/pdf")]
async fn pdf(ctx: Ctx<perm::InvoicesRead>, id: At<InvoiceId>) -> ApiResult {
    let (name, bytes) = use_cases::pdf(ctx.app(), &ctx.scope(), id.0).await?;
    Ok(pdf_response(&name, bytes))
}

/// Gives what an issued invoice was computed from: its evidence.
///
/// The text is the one that was sealed, to the byte: its SHA-256 is the invoice's `seal`. It has the prices, the usage and
/// the days, and the lines that they give; `docs/billing-rules.md` says how, `bailiwick verify invoice` computes it again.
#[utoipa::path(tag = "Invoices", operation_id = "get_invoice_evidence",
    params(("invoice" = InvoiceId, Path, description = "The invoice")),
    responses((status = 200, body = Object)), security(("bearer" = ["invoices:read"])))]
#[get("/msp/invoices/{invoice}/evidence")]
async fn evidence(ctx: Ctx<perm::InvoicesRead>, id: At<InvoiceId>) -> ApiResult {
    let body = ctx
        .read(async |tx| {
            let found = invoices::get(tx, id.0).await?;
            use_cases::evidence(tx, &found).await
        })
        .await?;
    Ok(evidence_response(body))
}

pub(crate) fn evidence_response(body: String) -> HttpResponse {
    HttpResponse::Ok().content_type("application/json").body(body)
}

pub(crate) fn pdf_response(name: &str, bytes: Vec<u8>) -> HttpResponse {
    HttpResponse::Ok()
        .content_type("application/pdf")
        .insert_header(("Content-Disposition", format!("inline; filename=\"{name}\"")))
        .body(bytes)
}

/// Gives the address of a page to pay the invoice on; the same one while it is open.
#[utoipa::path(tag = "Invoices", operation_id = "create_invoice_pay_link",
    params(("invoice" = InvoiceId, Path, description = "The invoice")),
    responses((status = 200, body = PayLink)), security(("bearer" = ["invoices:write"])))]
#[post("/msp/invoices/{invoice}/pay-link")]
async fn pay_link(ctx: Ctx<perm::InvoicesWrite>, id: At<InvoiceId>) -> ApiResult {
    let link = payments::pay_link(ctx.app(), &ctx.scope(), id.0).await?;
    Ok(HttpResponse::Ok().json(PayLink { url: link.url, expires_at: link.expires_at }))
}
