//! `/msp/events`: the audit trail.

use actix_web::{HttpResponse, get};
use contract::{
    Page,
    events::{ChainCheck, Event, ListEvents},
};
use domain::dates::Likely;
use store::events::{self, EventFilter};
use utoipa_actix_web::service_config::ServiceConfig;

use crate::{ApiResult, Ctx, Form, PageParams, Params, extract::page, perm};

pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(list).service(check);
}

pub(crate) fn event(event: events::Event) -> Event {
    Event {
        id: event.id,
        seq: event.seq,
        occurred_at: event.occurred_at,
        kind: event.kind,
        actor: event.actor,
        actor_name: event.actor_name,
        subject: event.subject,
        customer_id: event.customer,
        data: event.data,
        request_id: event.request_id,
        address: event.address,
    }
}

/// Lists what happened, newest first.
#[utoipa::path(tag = "Audit trail", operation_id = "list_events", params(ListEvents),
    responses((status = 200, body = Page<Event>)), security(("bearer" = ["events:read"])))]
#[get("/msp/events")]
async fn list(ctx: Ctx<perm::EventsRead>, query: Params<ListEvents>) -> ApiResult {
    let request = PageParams::read(query.limit, query.cursor.as_ref())?;
    let mut form = Form::new();
    let filter = EventFilter {
        kind: form.optional_line("type", query.kind.as_deref(), 100),
        actor: form.optional_line("actor", query.actor.as_deref(), 100),
        subject: form.optional_line("subject", query.subject.as_deref(), 100),
        customer: query.customer_id,
        from: query.from.map(Likely::get),
        until: query.until.map(Likely::get),
    };
    form.finish()?;
    let found = ctx.read(async |tx| Ok(events::list(tx, &filter, &request).await?)).await?;
    Ok(HttpResponse::Ok().json(page(found, event)))
}

/// Checks that every event follows from the one before: that nothing was taken out, changed or slipped in.
#[utoipa::path(tag = "Audit trail", operation_id = "check_events",
    responses((status = 200, body = ChainCheck)), security(("bearer" = ["events:read"])))]
#[get("/msp/events/check")]
async fn check(ctx: Ctx<perm::EventsRead>) -> ApiResult {
    let (first_broken_seq, events) =
        ctx.read(async |tx| Ok((events::first_broken(tx).await?, events::head(tx).await?))).await?;
    Ok(HttpResponse::Ok().json(ChainCheck { intact: first_broken_seq.is_none(), first_broken_seq, events }))
}
