//! Sends one mail, read as JSON from standard input, and says what became of it.
//!
//! ```sh
//! SMTP_HOST=localhost SMTP_PORT=2525 SMTP_TLS=starttls SMTP_USERNAME=… SMTP_PASSWORD=… SMTP_ROOT=root.pem \
//!     cargo run -p connectors --example send_mail < mail.json
//! ```

use base64::{Engine, prelude::BASE64_STANDARD};
use connectors::mail::{
    Attachment, MailError, MailTransport, OutgoingMail, SmtpSettings, SmtpTransport, TlsMode,
};
use serde::Deserialize;
use std::{env, error::Error, fs, io, time::Duration};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Input {
    from_name: String,
    from_address: String,
    reply_to: Option<String>,
    to_address: String,
    to_name: Option<String>,
    subject: String,
    text: String,
    html: String,
    message_id_seed: String,
    #[serde(default)]
    attachments: Vec<InputAttachment>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct InputAttachment {
    file_name: String,
    content_type: String,
    base64: String,
}

fn setting(name: &str) -> Option<String> {
    env::var(format!("SMTP_{name}")).ok().filter(|value| !value.is_empty())
}

fn settings() -> Result<SmtpSettings, Box<dyn Error>> {
    let mut settings = SmtpSettings::new(setting("HOST").ok_or("SMTP_HOST is not set")?);
    settings.port = setting("PORT").map(|port| port.parse()).transpose()?;
    settings.tls = match setting("TLS").as_deref() {
        None | Some("starttls") => TlsMode::Starttls,
        Some("tls") => TlsMode::Tls,
        Some("none") => TlsMode::None,
        Some(_) => return Err("SMTP_TLS is starttls, tls or none".into()),
    };
    settings.username = setting("USERNAME");
    settings.password = setting("PASSWORD").map(Into::into);
    settings.extra_root = setting("ROOT").map(fs::read).transpose()?;
    if let Some(seconds) = setting("TIMEOUT") {
        settings.timeout = Duration::from_secs(seconds.parse()?);
    }
    Ok(settings)
}

fn mail() -> Result<OutgoingMail, Box<dyn Error>> {
    let input: Input = serde_json::from_reader(io::stdin().lock())?;
    let attachment = |file: InputAttachment| {
        let bytes = BASE64_STANDARD.decode(file.base64)?;
        Ok::<_, base64::DecodeError>(Attachment {
            file_name: file.file_name,
            content_type: file.content_type,
            bytes,
        })
    };
    Ok(OutgoingMail {
        from_name: input.from_name,
        from_address: input.from_address,
        reply_to: input.reply_to,
        to_address: input.to_address,
        to_name: input.to_name,
        subject: input.subject,
        text_body: input.text,
        html_body: input.html,
        message_id_seed: input.message_id_seed,
        attachments: input.attachments.into_iter().map(attachment).collect::<Result<_, _>>()?,
    })
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let transport = SmtpTransport::new(settings()?)?;
    match transport.send(&mail()?).await {
        Ok(()) => println!("sent"),
        Err(MailError::Temporary(text)) => println!("temporary: {text}"),
        Err(MailError::Permanent(text)) => println!("permanent: {text}"),
    }
    Ok(())
}
