//! `/msp/events/stream`: the audit trail as it grows, as server-sent events.

use std::{convert::Infallible, time::Duration};

use actix_web::{HttpRequest, HttpResponse, get, http::header, rt, web::Bytes};
use app::live::{Subscription, Wake};
use contract::events::{Event, EventGap};
use store::events;
use tokio::{
    sync::mpsc,
    time::{Instant, Interval, MissedTickBehavior, interval, timeout},
};
use utoipa_actix_web::service_config::ServiceConfig;

use crate::{ApiError, ApiResult, Ctx, events::event, perm};

/// How many missed events are sent to who comes back.
const CATCH_UP: i64 = 1_000;
/// How many events are read at once.
const BATCH: i64 = 100;
/// A stream outlives its session or key by no more than this.
const CHECK: Duration = Duration::from_secs(1);
/// Keeps proxies from closing a stream on which nothing happens; it also looks for events, should an announcement
/// be lost.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// How long a reader may leave what was sent unread.
const PATIENCE: Duration = Duration::from_secs(30);

/// Milliseconds after which a stream that ended is asked for again.
const RETRY: u32 = 2_000;
/// A comment, which readers skip.
const BEAT: &[u8] = b":\n\n";

pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(stream);
}

/// Follows what happens, as it happens.
///
/// Server-sent events: `id` is the event's `seq`, `event` its `type`, `data` the event as JSON, as in the list.
/// Without `Last-Event-ID` the stream begins now. With it, what came after that event is sent first, at most 1,000
/// events; when there were more, an event named `gap` says which `seq` are left out (list them instead). The first
/// thing sent is the `id` to go on from before any event has come. To miss nothing between reading and following,
/// begin with the `events_position` of `GET /auth/me`, asked for before reading.
///
/// A comment comes every 15 seconds. The stream ends within about a second when the session or key does, when it may
/// no longer read events, and when the server stops; connect again with `Last-Event-ID`.
#[utoipa::path(
    tag = "Audit trail",
    operation_id = "stream_events",
    params(("Last-Event-ID" = Option<i64>, Header, description = "The `id` of the last event that was received")),
    responses((status = 200, description = "Events", body = String, content_type = "text/event-stream")),
    security(("bearer" = ["events:read"]))
)]
#[get("/msp/events/stream")]
async fn stream(ctx: Ctx<perm::EventsRead>, request: HttpRequest) -> ApiResult {
    let last = last_event_id(&request)?;
    // Before the first look, so that nothing falls in between.
    let subscription = ctx.app().subscribe(ctx.principal().tenant())?;
    let start = begin(&ctx, last).await?;
    let (sender, mut receiver) = mpsc::channel(1);
    let mut check = interval(CHECK);
    check.set_missed_tick_behavior(MissedTickBehavior::Delay);
    // The first tick comes at once, and the caller has just been checked.
    check.tick().await;
    let mut sending = Sending { ctx, subscription, sender, check, position: start.position };
    rt::spawn(async move {
        // It ends when the reader goes or may not read on; there is nobody to tell.
        let _ = sending.run(start.gap).await;
    });
    let body = futures_util::stream::poll_fn(move |context| receiver.poll_recv(context));
    Ok(HttpResponse::Ok()
        .content_type("text/event-stream")
        // Asks nginx not to collect the stream before it passes it on.
        .insert_header(("X-Accel-Buffering", "no"))
        .streaming(body))
}

fn last_event_id(request: &HttpRequest) -> ApiResult<Option<i64>> {
    let Some(value) = request.headers().get(header::HeaderName::from_static("last-event-id")) else {
        return Ok(None);
    };
    let text = value.to_str().unwrap_or_default().trim();
    text.parse().ok().filter(|seq: &i64| *seq >= 0).map(Some).ok_or_else(|| {
        ApiError::field("Last-Event-ID", "invalid", "must be the `id` of an event of this stream")
    })
}

struct Start {
    position: i64,
    gap: Option<EventGap>,
}

async fn begin(ctx: &Ctx<perm::EventsRead>, last: Option<i64>) -> ApiResult<Start> {
    ctx.read(async |tx| {
        let head = events::chain_head(tx).await?;
        // An id that was never given, from before a restored backup, leads to now.
        let Some(after_seq) = last.filter(|last| *last < head) else {
            return Ok(Start { position: head, gap: None });
        };
        let skipped = events::newest_after(tx, after_seq, CATCH_UP).await?;
        Ok(match skipped {
            Some(last_seq) => Start { position: last_seq, gap: Some(EventGap { after_seq, last_seq }) },
            None => Start { position: after_seq, gap: None },
        })
    })
    .await
}

/// The stream is over, for whatever reason.
struct Over;

struct Sending {
    ctx: Ctx<perm::EventsRead>,
    subscription: Subscription,
    sender: mpsc::Sender<Result<Bytes, Infallible>>,
    check: Interval,
    position: i64,
}

impl Sending {
    async fn run(&mut self, gap: Option<EventGap>) -> Result<(), Over> {
        // Who comes back before the first event comes back to here.
        let after = gap.as_ref().map_or(self.position, |gap| gap.after_seq);
        self.send(format!("id: {after}\nretry: {RETRY}\n\n").into()).await?;
        if let Some(gap) = gap {
            self.send(render(gap.last_seq, "gap", &gap)?).await?;
        }
        self.forward().await?;
        let mut next_beat = Instant::now() + HEARTBEAT;
        loop {
            tokio::select! {
                () = self.sender.closed() => return Err(Over),
                wake = self.subscription.next() => match wake {
                    Wake::Close => return Err(Over),
                    Wake::Look => self.forward().await?,
                },
                _ = self.check.tick() => self.renew().await?,
                () = tokio::time::sleep_until(next_beat) => {
                    next_beat = Instant::now() + HEARTBEAT;
                    self.send(Bytes::from_static(BEAT)).await?;
                    self.forward().await?;
                }
            }
        }
    }

    /// Sends what is new and may be seen.
    async fn forward(&mut self) -> Result<(), Over> {
        loop {
            let after = self.position;
            let read = self.ctx.read(async |tx| {
                let head = events::chain_head(tx).await?;
                Ok((head, events::after(tx, after, BATCH).await?))
            });
            let (head, batch) = read.await.map_err(|error| {
                tracing::warn!(%error, "a live stream ends: its events cannot be read");
                Over
            })?;
            let is_last = batch.len() < usize::try_from(BATCH).unwrap_or(usize::MAX);
            let mut text = Vec::new();
            for next in batch {
                self.position = next.seq;
                let next = event(next);
                text.extend_from_slice(&render::<Event>(next.seq, &next.kind, &next)?);
            }
            if is_last {
                // Past what the caller may not see, so that it is not looked through again.
                self.position = self.position.max(head);
            }
            if !text.is_empty() {
                self.send(text.into()).await?;
            }
            if is_last {
                return Ok(());
            }
        }
    }

    /// Hands a piece over to the connection as soon as it takes one.
    async fn send(&mut self, piece: Bytes) -> Result<(), Over> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            tokio::select! {
                biased;
                () = self.subscription.closed() => return Err(Over),
                _ = self.check.tick() => {}
                place = timeout(deadline.duration_since(Instant::now()), self.sender.reserve()) => {
                    place.map_err(|_| Over)?.map_err(|_| Over)?.send(Ok(piece));
                    return Ok(());
                }
            }
            self.renew().await?;
        }
    }

    /// Asks again who the caller is and what may be seen.
    async fn renew(&mut self) -> Result<(), Over> {
        self.ctx.renew().await.map_err(|_| Over)
    }
}

fn render<T: serde::Serialize>(seq: i64, kind: &str, data: &T) -> Result<Bytes, Over> {
    // JSON as serde writes it has no line breaks, nor have the names of events.
    let data = serde_json::to_string(data).map_err(|_| Over)?;
    Ok(format!("id: {seq}\nevent: {kind}\ndata: {data}\n\n").into())
}
