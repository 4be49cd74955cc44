//! `/portal`: what a customer's own people see and do.

use actix_web::{HttpResponse, delete, get, http::StatusCode, post};
use app::{
    AppError, credit_notes as credit_note_cases,
    invoices::{self as use_cases, Rated},
    payments,
    subscriptions::upcoming_of,
    team,
};
use contract::{
    Page,
    billing::Dunning,
    credit_notes::{CreditNote, ListPortalCreditNotes},
    invoices::{Invoice, InvoiceDetail, PayLink},
    portal::{
        ListPortalInvoices, PortalOverview, PortalPlan, PortalUpcoming, PortalUpcomingInvoice,
        PortalUpcomingLine,
    },
    team::{CreateInvitation, Invitation, Member, PageQuery},
    usage::{PeriodQuery, Usage},
};
use domain::{
    ids::{CreditNoteId, InvitationId, InvoiceId, MembershipId},
    periods::Month,
    text,
};
use store::{
    TenantTx, brands, credit_notes, customers, invitations,
    invoices::{self, InvoiceFilter},
    memberships::{self, Of},
    subscriptions::{self, Subscription},
};
use utoipa_actix_web::service_config::ServiceConfig;

use crate::{
    ApiResult, At, Body, Ctx, Form, Made, PageParams, Params,
    credit_notes::{credit_note, known_invoice},
    extract::page,
    invoices::{billed_subscription, detail, evidence_response, invoice, pdf_response, today},
    perm, reply,
    team::{invitation, member},
    usage::month_usage,
};

pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(overview)
        .service(usage)
        .service(upcoming)
        .service(list_invoices)
        .service(read_invoice)
        .service(invoice_pdf)
        .service(invoice_evidence)
        .service(pay_link)
        .service(list_credit_notes)
        .service(credit_note_pdf)
        .service(list_users)
        .service(invite)
        .service(list_invitations)
        .service(revoke_invitation)
        .service(remove_user);
}

/// Shows the company at a glance: plan, this month's usage, what is to be paid.
#[utoipa::path(tag = "Portal", operation_id = "get_portal_overview",
    responses((status = 200, body = PortalOverview)), security(("bearer" = ["portal:read"])))]
#[get("/portal/overview")]
async fn overview(ctx: Ctx<perm::PortalRead>) -> ApiResult {
    let id = ctx.portal_customer()?;
    let zone = ctx.principal().time_zone();
    let today = today(&ctx);
    let month = Month::of(today);
    let found = ctx
        .read(async |tx| {
            let customer = customers::get(tx, id).await?;
            let brand = brands::get(tx).await?;
            let current = subscriptions::current_of(tx, id).await?;
            let plan = |it: &Subscription| PortalPlan {
                name: it.plan().name.clone(),
                quantity: it.quantity(),
                starts_on: it.starts_on,
            };
            let figures = store::usage::month(tx, id, month).await?;
            let open = InvoiceFilter {
                customer: Some(id),
                status: Some(domain::invoices::InvoiceStatus::Finalized),
                ..InvoiceFilter::default()
            };
            let open = invoices::list(tx, &open, &store::PageRequest::first(50)).await?;
            Ok(PortalOverview {
                company_name: customer.details.company_name,
                code: customer.code,
                limits: customer.limits,
                plans: current.iter().map(plan).collect(),
                usage: month_usage(month, zone, figures),
                open_invoices: open.items.into_iter().map(|found| invoice(found, today)).collect(),
                support_email: brand.support_email,
                support_phone: brand.support_phone,
                support_url: brand.support_url,
            })
        })
        .await?;
    Ok(HttpResponse::Ok().json(found))
}

/// Shows the company's usage in a month.
#[utoipa::path(tag = "Portal", operation_id = "get_portal_usage", params(PeriodQuery),
    responses((status = 200, body = Usage)), security(("bearer" = ["portal:read"])))]
#[get("/portal/usage")]
async fn usage(ctx: Ctx<perm::PortalRead>, query: Params<PeriodQuery>) -> ApiResult {
    let id = ctx.portal_customer()?;
    let zone = ctx.principal().time_zone();
    let month = query.period.unwrap_or_else(|| Month::of(today(&ctx)));
    let figures = ctx.read(async |tx| Ok(store::usage::month(tx, id, month).await?)).await?;
    Ok(HttpResponse::Ok().json(month_usage(month, zone, figures)))
}

/// Shows what the company's next invoices come to, by what was used of the running month so far.
#[utoipa::path(tag = "Portal", operation_id = "get_portal_upcoming",
    responses((status = 200, body = PortalUpcoming)), security(("bearer" = ["portal:read"])))]
#[get("/portal/upcoming")]
async fn upcoming(ctx: Ctx<perm::PortalRead>) -> ApiResult {
    let id = ctx.portal_customer()?;
    let month = Month::of(today(&ctx));
    let found = ctx.read(async |tx| upcoming_of(tx, id, month).await).await?;
    let invoices = found.iter().map(upcoming_invoice).collect::<Result<_, AppError>>()?;
    Ok(HttpResponse::Ok().json(PortalUpcoming { invoices }))
}

fn upcoming_invoice(rated: &Rated) -> Result<PortalUpcomingInvoice, AppError> {
    let period = rated.period().ok_or_else(|| AppError::internal("an invoice of nothing"))?;
    let line = |line: &invoices::NewLine| PortalUpcomingLine {
        subscription_id: line.subscription,
        kind: line.rated.kind,
        description: line.rated.description.clone(),
        used: line.rated.used,
        included: line.rated.included,
        service_start: line.days.start(),
        service_end: line.days.end(),
        amount: line.rated.amount,
    };
    Ok(PortalUpcomingInvoice {
        period_start: period.start(),
        period_end: period.end(),
        subscriptions: rated.billed.iter().cloned().map(billed_subscription).collect(),
        lines: rated.lines.iter().map(line).collect(),
        tax: rated.tax()?,
        total: rated.total,
    })
}

/// Lists the company's invoices, those of the latest period first. Drafts are not shown.
#[utoipa::path(tag = "Portal", operation_id = "list_portal_invoices", params(ListPortalInvoices),
    responses((status = 200, body = Page<Invoice>)), security(("bearer" = ["portal:read"])))]
#[get("/portal/invoices")]
async fn list_invoices(ctx: Ctx<perm::PortalRead>, query: Params<ListPortalInvoices>) -> ApiResult {
    let id = ctx.portal_customer()?;
    let request = PageParams::read(query.limit, query.cursor.as_ref())?;
    let today = today(&ctx);
    let filter = InvoiceFilter {
        customer: Some(id),
        status: query.status,
        from: query.period.map(|month| month.period().start()),
        until: query.period.map(|month| month.period().end()),
        overdue_on: query.overdue.filter(|overdue| *overdue).map(|_| today),
        issued_only: true,
        held: None,
    };
    let found = ctx.read(async |tx| Ok(invoices::list(tx, &filter, &request).await?)).await?;
    Ok(HttpResponse::Ok().json(page(found, |found| invoice(for_customer(found), today))))
}

/// An issued invoice; a draft does not exist yet for the customer.
pub(crate) async fn issued(tx: &mut TenantTx, id: InvoiceId) -> Result<invoices::Invoice, AppError> {
    let found = invoices::get(tx, id).await?;
    if found.status.is_issued() { Ok(for_customer(found)) } else { Err(store::StoreError::NotFound.into()) }
}

/// Why an invoice was taken back or given up is the MSP's own business.
fn for_customer(found: invoices::Invoice) -> invoices::Invoice {
    invoices::Invoice { closed: None, ..found }
}

/// Why a step waits or was passed over is the MSP's own business, too. What was stopped does not come.
fn for_payer(dunning: Dunning) -> Dunning {
    let mut done = dunning.done;
    done.retain(|step| step.skipped.is_none());
    let planned = if dunning.held_at.is_some() { Vec::new() } else { dunning.planned };
    Dunning { done, planned, waits_for: None, held_at: None }
}

/// Shows one of the company's invoices with its lines.
#[utoipa::path(tag = "Portal", operation_id = "get_portal_invoice",
    params(("invoice" = InvoiceId, Path, description = "The invoice")),
    responses((status = 200, body = InvoiceDetail)), security(("bearer" = ["portal:read"])))]
#[get("/portal/invoices/{invoice}")]
async fn read_invoice(ctx: Ctx<perm::PortalRead>, id: At<InvoiceId>) -> ApiResult {
    ctx.portal_customer()?;
    let today = today(&ctx);
    let made = ctx
        .read(async |tx| {
            let found = issued(tx, id.0).await?;
            let mut made = detail(tx, found, today).await?;
            made.value.dunning = made.value.dunning.map(for_payer);
            Ok(made)
        })
        .await?;
    Ok(reply(&made))
}

/// Gives one of the company's invoices as PDF.
#[utoipa::path(tag = "Portal", operation_id = "get_portal_invoice_pdf",
    params(("invoice" = InvoiceId, Path, description = "The invoice")),
    responses((status = 200, body = Vec<u8>, content_type = "application/pdf")),
    security(("bearer" = ["portal:read"])))]
#[get("/portal/invoices/{invoice}/pdf")]
async fn invoice_pdf(ctx: Ctx<perm::PortalRead>, id: At<InvoiceId>) -> ApiResult {
    ctx.portal_customer()?;
    ctx.read(async |tx| issued(tx, id.0).await).await?;
    let (name, bytes) = use_cases::pdf(ctx.app(), &ctx.scope(), id.0).await?;
    Ok(pdf_response(&name, bytes))
}

/// Gives what one of the company's invoices was computed from: its evidence.
///
/// The text is the one that was sealed, to the byte: its SHA-256 is the invoice's `seal`.
#[utoipa::path(tag = "Portal", operation_id = "get_portal_invoice_evidence",
    params(("invoice" = InvoiceId, Path, description = "The invoice")),
    responses((status = 200, body = Object)), security(("bearer" = ["portal:read"])))]
#[get("/portal/invoices/{invoice}/evidence")]
async fn invoice_evidence(ctx: Ctx<perm::PortalRead>, id: At<InvoiceId>) -> ApiResult {
    ctx.portal_customer()?;
    let body = ctx
        .read(async |tx| {
            let found = issued(tx, id.0).await?;
            use_cases::evidence(tx, &found).await
        })
        .await?;
    Ok(evidence_response(body))
}

/// Gives the address of a page to pay the invoice on.
#[utoipa::path(tag = "Portal", operation_id = "create_portal_pay_link",
    params(("invoice" = InvoiceId, Path, description = "The invoice")),
    responses((status = 200, body = PayLink)), security(("bearer" = ["portal:pay"])))]
#[post("/portal/invoices/{invoice}/pay-link")]
async fn pay_link(ctx: Ctx<perm::PortalPay>, id: At<InvoiceId>) -> ApiResult {
    ctx.portal_customer()?;
    ctx.read(async |tx| issued(tx, id.0).await).await?;
    let link = payments::pay_link(ctx.app(), &ctx.scope(), id.0).await?;
    Ok(HttpResponse::Ok().json(PayLink { url: link.url, expires_at: link.expires_at }))
}

/// Lists the company's credit notes, the latest first.
#[utoipa::path(tag = "Portal", operation_id = "list_portal_credit_notes", params(ListPortalCreditNotes),
    responses((status = 200, body = Page<CreditNote>)), security(("bearer" = ["portal:read"])))]
#[get("/portal/credit-notes")]
async fn list_credit_notes(ctx: Ctx<perm::PortalRead>, query: Params<ListPortalCreditNotes>) -> ApiResult {
    let id = ctx.portal_customer()?;
    let request = PageParams::read(query.limit, query.cursor.as_ref())?;
    let found = ctx
        .read(async |tx| {
            known_invoice(tx, query.invoice).await?;
            Ok(credit_notes::list(tx, Some(id), query.invoice, &request).await?)
        })
        .await?;
    Ok(HttpResponse::Ok().json(page(found, credit_note)))
}

/// Gives one of the company's credit notes as PDF.
#[utoipa::path(tag = "Portal", operation_id = "get_portal_credit_note_pdf",
    params(("credit_note" = CreditNoteId, Path, description = "The credit note")),
    responses((status = 200, body = Vec<u8>, content_type = "application/pdf")),
    security(("bearer" = ["portal:read"])))]
#[get("/portal/credit-notes/{credit_note}/pdf")]
async fn credit_note_pdf(ctx: Ctx<perm::PortalRead>, id: At<CreditNoteId>) -> ApiResult {
    ctx.portal_customer()?;
    let (name, bytes) = credit_note_cases::pdf(ctx.app(), &ctx.scope(), id.0).await?;
    Ok(pdf_response(&name, bytes))
}

/// Lists one's colleagues.
#[utoipa::path(tag = "Portal", operation_id = "list_portal_users", params(PageQuery),
    responses((status = 200, body = Page<Member>)), security(("bearer" = ["portal:read"])))]
#[get("/portal/users")]
async fn list_users(ctx: Ctx<perm::PortalRead>, query: Params<PageQuery>) -> ApiResult {
    let id = ctx.portal_customer()?;
    let request = PageParams::read(query.limit, query.cursor.as_ref())?;
    let people = ctx.read(async |tx| Ok(memberships::list(tx, Of::Customer(id), &request).await?)).await?;
    Ok(HttpResponse::Ok().json(page(people, member)))
}

/// Invites a colleague.
#[utoipa::path(tag = "Portal", operation_id = "create_portal_invitation", request_body = CreateInvitation,
    responses((status = 201, body = Invitation)), security(("bearer" = ["portal_users:write"])))]
#[post("/portal/invitations")]
async fn invite(ctx: Ctx<perm::PortalUsersWrite>, body: Body<CreateInvitation>) -> ApiResult {
    let id = ctx.portal_customer()?;
    let mut form = Form::new();
    let email = form.text("/email", &body.email, text::email);
    if body.only_customers.is_some() {
        form.refuse("/only_customers", "is for staff");
    }
    form.finish()?;
    let new = team::Invite { email, role: body.role, customer: Some(id), only_customers: None };
    ctx.post(StatusCode::CREATED, &body.digest, async |tx| {
        let sent = team::invite(ctx.app(), tx, ctx.principal(), ctx.request(), &new).await?;
        Ok(Made::new(invitation(sent)))
    })
    .await
}

/// Lists invitations that nobody has answered yet.
#[utoipa::path(tag = "Portal", operation_id = "list_portal_invitations", params(PageQuery),
    responses((status = 200, body = Page<Invitation>)), security(("bearer" = ["portal:read"])))]
#[get("/portal/invitations")]
async fn list_invitations(ctx: Ctx<perm::PortalRead>, query: Params<PageQuery>) -> ApiResult {
    let id = ctx.portal_customer()?;
    let request = PageParams::read(query.limit, query.cursor.as_ref())?;
    let open = ctx.read(async |tx| Ok(invitations::list_open(tx, Some(id), &request).await?)).await?;
    Ok(HttpResponse::Ok().json(page(open, invitation)))
}

/// Takes an open invitation back.
#[utoipa::path(tag = "Portal", operation_id = "revoke_portal_invitation",
    params(("invitation" = InvitationId, Path, description = "The invitation")),
    responses((status = 204)), security(("bearer" = ["portal_users:write"])))]
#[delete("/portal/invitations/{invitation}")]
async fn revoke_invitation(ctx: Ctx<perm::PortalUsersWrite>, id: At<InvitationId>) -> ApiResult {
    ctx.portal_customer()?;
    ctx.write(async |tx| team::revoke_invitation(tx, id.0).await).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Takes a colleague out.
#[utoipa::path(tag = "Portal", operation_id = "remove_portal_user",
    params(("member" = MembershipId, Path, description = "The place")),
    responses((status = 204)), security(("bearer" = ["portal_users:write"])))]
#[delete("/portal/users/{member}")]
async fn remove_user(ctx: Ctx<perm::PortalUsersWrite>, id: At<MembershipId>) -> ApiResult {
    ctx.portal_customer()?;
    ctx.write(async |tx| team::remove_member(tx, ctx.principal(), id.0).await).await?;
    Ok(HttpResponse::NoContent().finish())
}
