//! Handing a queued mail to the mail server.

use connectors::mail::{Attachment, MailError, OutgoingMail};
use domain::ids::MailId;
use serde::Deserialize;
use serde_json::{Value, json};
use store::{NewEvent, Scope, mails};

use crate::{App, AppError, Result, credit_notes, invoices, jobs::payload};

/// The kind of the job.
pub(crate) const KIND: &str = "mail.send";

#[derive(Deserialize)]
struct Payload {
    mail_id: MailId,
}

/// Sends a queued mail. A mail that was sent is not sent again; should the program end between the
/// server's answer and ours, the retry carries the same Message-ID.
pub(crate) async fn send(app: &App, scope: &Scope, data: &Value) -> Result<()> {
    let Payload { mail_id } = payload(data)?;
    let store = app.store();
    let mail = store.read(scope, async |tx| mails::get(tx, mail_id).await).await?;
    if mail.status != "queued" {
        return Ok(());
    }
    let outcome = match &app.inner().mail {
        // A sandbox writes to nobody: its mailbox is the table itself, as that of the demo.
        _ if scope.is_sandbox() => Ok(()),
        None if app.config().demo => Ok(()),
        None => Err(MailError::Temporary("no mail server is configured".to_owned())),
        Some(transport) => {
            let outgoing = OutgoingMail {
                from_name: mail.from_name.clone(),
                from_address: app.config().mail_from.clone(),
                reply_to: mail.reply_to.clone(),
                to_address: mail.to_address.clone(),
                to_name: mail.to_name.clone(),
                subject: mail.subject.clone(),
                text_body: mail.text_body.clone(),
                html_body: mail.html_body.clone(),
                message_id_seed: mail.id.to_string(),
                attachments: attachments(app, scope, &mail).await?,
            };
            transport.send(&outgoing).await
        }
    };
    let forget_body =
        app.inner().mail.is_some() && matches!(mail.kind.as_str(), "password_reset" | "invitation");
    let data = json!({"kind": mail.kind, "to": mail.to_address, "subject": mail.subject});
    match outcome {
        Ok(()) => {
            store
                .write(scope, async |tx| {
                    mails::mark_sent(tx, mail_id, forget_body).await?;
                    tx.record(NewEvent::new("mail.sent", format!("mail:{mail_id}"), data));
                    Ok::<_, AppError>(())
                })
                .await
        }
        Err(MailError::Temporary(detail)) => {
            Err(AppError::Upstream { service: "mail server", detail, retry: true })
        }
        Err(MailError::Permanent(detail)) => {
            store
                .write(scope, async |tx| {
                    mails::mark_failed(tx, mail_id, &detail).await?;
                    let mut data = data;
                    data["error"] = json!(detail);
                    tx.record(NewEvent::new("mail.failed", format!("mail:{mail_id}"), data));
                    Ok::<_, AppError>(())
                })
                .await
        }
    }
}

async fn attachments(app: &App, scope: &Scope, mail: &mails::Mail) -> Result<Vec<Attachment>> {
    let (file_name, bytes) = match (mail.invoice, mail.credit_note) {
        (Some(invoice), _) => invoices::pdf(app, scope, invoice).await?,
        (None, Some(note)) => credit_notes::pdf(app, scope, note).await?,
        (None, None) => return Ok(Vec::new()),
    };
    Ok(vec![Attachment { file_name, content_type: "application/pdf".to_owned(), bytes }])
}
