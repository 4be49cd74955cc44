//! What the HTTP server serves beside the API: health, documentation.

use actix_web::{HttpRequest, HttpResponse, web};
use app::App;
use metrics_exporter_prometheus::PrometheusHandle;
use store::{Reason, jobs};

/// The process is alive.
pub async fn healthz() -> HttpResponse {
    HttpResponse::Ok().content_type("text/plain; charset=utf-8").body("ok\n")
}

/// The process can do its work: the database answers.
pub async fn readyz(app: web::Data<App>) -> HttpResponse {
    match app.store().ping().await {
        Ok(()) => HttpResponse::Ok().content_type("text/plain; charset=utf-8").body("ready\n"),
        Err(error) => {
            tracing::warn!(%error, "not ready");
            HttpResponse::ServiceUnavailable()
                .content_type("text/plain; charset=utf-8")
                .body("the database does not answer\n")
        }
    }
}

/// Figures for Prometheus.
pub async fn metrics(data: web::Data<(PrometheusHandle, App)>) -> HttpResponse {
    let (recorder, app) = data.get_ref();
    let (used, size) = app.store().pool_usage();
    metrics::gauge!("bailiwick_database_connections_used").set(gauge(used));
    metrics::gauge!("bailiwick_database_connections_max").set(gauge(size));
    let depth = app.store().system(Reason::Jobs, async |tx| jobs::depth(tx).await).await;
    if let Ok(depth) = depth {
        for (state, count) in [("queued", depth.queued), ("running", depth.running), ("dead", depth.dead)] {
            metrics::gauge!("bailiwick_jobs", "state" => state)
                .set(gauge(usize::try_from(count).unwrap_or(0)));
        }
    }
    HttpResponse::Ok().content_type("text/plain; version=0.0.4; charset=utf-8").body(recorder.render())
}

fn gauge(count: usize) -> f64 {
    u32::try_from(count).map_or(f64::MAX, f64::from)
}

/// Where the payment page sends the payer back to. Whether money has arrived only the provider's own
/// word tells; this page just says what happens next.
pub async fn payment_return(outcome: web::Path<String>, request: HttpRequest) -> HttpResponse {
    let saved = request.query_string().contains("saved=");
    let (title, text) = match outcome.as_str() {
        "done" => ("Thank you", "Your payment is on its way. You will get a mail as soon as it has arrived."),
        "method" if saved => {
            ("Thank you", "Your payment method is saved. Invoices are charged to it when they are issued.")
        }
        "method" => ("Nothing was saved", "No payment method was saved. The address can be used again."),
        "cancelled" => ("Nothing was paid", "You can close this page and pay later; the invoice stays open."),
        _ => return HttpResponse::NotFound().finish(),
    };
    HttpResponse::Ok().content_type("text/html; charset=utf-8").body(format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" \
         content=\"width=device-width, initial-scale=1\"><meta name=\"color-scheme\" content=\"light dark\">\
         <title>{title}</title><style>body{{font:16px/1.6 system-ui,sans-serif;display:grid;place-items:center;\
         min-height:90vh;margin:0;padding:24px;text-align:center}}h1{{font-size:24px;margin:0 0 8px}}\
         p{{margin:0;max-width:36ch;opacity:.75}}</style></head><body><main><h1>{title}</h1><p>{text}</p></main>\
         </body></html>"
    ))
}
