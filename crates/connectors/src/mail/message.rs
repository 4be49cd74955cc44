//! From our mail to the text that goes over the wire (RFC 5322 and MIME).

use super::{MailError, OutgoingMail};
use lettre::{
    Address, Message,
    message::{
        Attachment, Mailbox, MultiPart, SinglePart,
        header::{ContentType, Header, HeaderName, HeaderValue},
    },
};
use std::error::Error;

/// Tells automatic responders to be silent (RFC 3834).
#[derive(Clone)]
struct AutoSubmitted;

impl Header for AutoSubmitted {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("Auto-Submitted")
    }

    fn parse(_: &str) -> Result<Self, Box<dyn Error + Send + Sync>> {
        Ok(Self)
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), "auto-generated".to_owned())
    }
}

pub(super) fn build(mail: &OutgoingMail) -> Result<Message, MailError> {
    let from = mailbox("sender", Some(&mail.from_name), &mail.from_address)?;
    let id = message_id(&mail.message_id_seed, from.email.domain())?;
    let mut message = Message::builder()
        .from(from)
        .to(mailbox("recipient", mail.to_name.as_deref(), &mail.to_address)?)
        .subject(one_line(&mail.subject))
        .message_id(Some(id))
        .header(AutoSubmitted);
    if let Some(reply_to) = &mail.reply_to {
        message = message.reply_to(mailbox("reply-to", None, reply_to)?);
    }
    let bodies = MultiPart::alternative_plain_html(mail.text_body.clone(), mail.html_body.clone());
    let content = if mail.attachments.is_empty() {
        bodies
    } else {
        mail.attachments.iter().try_fold(MultiPart::mixed().multipart(bodies), |parts, file| {
            Ok(parts.singlepart(attachment(file)?))
        })?
    };
    message
        .multipart(content)
        .map_err(|error| MailError::Permanent(format!("the mail cannot be built: {error}")))
}

fn attachment(file: &super::Attachment) -> Result<SinglePart, MailError> {
    let kind = ContentType::parse(&file.content_type).map_err(|_| {
        MailError::Permanent(format!("the media type of an attachment is not valid: {:?}", file.content_type))
    })?;
    Ok(Attachment::new(one_line(&file.file_name)).body(file.bytes.clone(), kind))
}

fn mailbox(who: &str, name: Option<&str>, address: &str) -> Result<Mailbox, MailError> {
    let address: Address = address
        .parse()
        .map_err(|_| MailError::Permanent(format!("the {who} address is not valid: {address:?}")))?;
    let name = name.map(one_line).filter(|name| !name.is_empty());
    Ok(Mailbox::new(name, address))
}

/// A header is one line. The encoder would see to that too, but a name is not worth relying on it.
fn one_line(text: &str) -> String {
    let text: String = text
        .chars()
        .map(|letter| if letter.is_control() || is_separator(letter) { ' ' } else { letter })
        .collect();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn is_separator(letter: char) -> bool {
    matches!(letter, '\u{2028}' | '\u{2029}')
}

fn message_id(seed: &str, domain: &str) -> Result<String, MailError> {
    let sound = (1..=64).contains(&seed.len())
        && seed.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
        && !seed.starts_with('.')
        && !seed.ends_with('.')
        && !seed.contains("..");
    if sound {
        Ok(format!("<{seed}@{domain}>"))
    } else {
        Err(MailError::Permanent(format!("not usable as the id of a mail: {seed:?}")))
    }
}

#[cfg(test)]
mod tests {
    use super::{super::Attachment, *};

    fn mail() -> OutgoingMail {
        OutgoingMail {
            from_name: "Northwind IT".to_owned(),
            from_address: "billing@northwind.example".to_owned(),
            reply_to: Some("help@northwind.example".to_owned()),
            to_address: "payer@customer.example".to_owned(),
            to_name: Some("Zoë Müller".to_owned()),
            subject: "Invoice NW-1: 12,00 €".to_owned(),
            text_body: "Hello".to_owned(),
            html_body: "<p>Hello</p>".to_owned(),
            message_id_seed: "mai_01jd8q0m3kfb9tn5v5t8v7w2ac".to_owned(),
            attachments: Vec::new(),
        }
    }

    /// The header lines of the whole mail, unfolded.
    fn headers(mail: &OutgoingMail) -> Vec<String> {
        let text = String::from_utf8(build(mail).unwrap().formatted()).unwrap();
        let head = text.split("\r\n\r\n").next().unwrap().replace("\r\n ", " ");
        head.split("\r\n").map(str::to_owned).collect()
    }

    #[test]
    fn says_what_it_is() {
        let headers = headers(&mail());
        for line in [
            "From: \"Northwind IT\" <billing@northwind.example>",
            "Reply-To: help@northwind.example",
            "Message-ID: <mai_01jd8q0m3kfb9tn5v5t8v7w2ac@northwind.example>",
            "Auto-Submitted: auto-generated",
        ] {
            assert!(headers.iter().any(|header| header == line), "{line} is not in {headers:#?}");
        }
        for name in ["Date: ", "MIME-Version: ", "Content-Type: multipart/alternative"] {
            assert!(headers.iter().any(|header| header.starts_with(name)), "{name}");
        }
    }

    #[test]
    fn every_attempt_is_the_same_mail() {
        let id = |mail: &OutgoingMail| headers(mail).into_iter().find(|line| line.starts_with("Message-ID"));
        assert_eq!(id(&mail()), id(&OutgoingMail { subject: "Reminder".to_owned(), ..mail() }));
    }

    #[test]
    fn nobody_adds_a_header() {
        let evil = "x\r\nBcc: victim@example.com\r\n\r\n<script>\u{2028}\u{0}";
        let attack = OutgoingMail {
            from_name: evil.to_owned(),
            to_name: Some(evil.to_owned()),
            subject: evil.to_owned(),
            attachments: vec![Attachment {
                file_name: evil.to_owned(),
                content_type: "application/pdf".to_owned(),
                bytes: vec![1],
            }],
            ..mail()
        };
        let text = String::from_utf8(build(&attack).unwrap().formatted()).unwrap();
        assert!(!text.to_lowercase().lines().any(|line| line.trim_start().starts_with("bcc")), "{text}");
        let plain = OutgoingMail { attachments: attack.attachments.clone(), ..mail() };
        assert_eq!(headers(&attack).len(), headers(&plain).len(), "{text}");
    }

    #[test]
    fn what_is_no_mail_is_refused_for_good() {
        let attachment = |content_type: &str| Attachment {
            file_name: "a.pdf".to_owned(),
            content_type: content_type.to_owned(),
            bytes: vec![1],
        };
        for (name, mail) in [
            ("no address", OutgoingMail { to_address: String::new(), ..mail() }),
            (
                "two lines",
                OutgoingMail { to_address: "a@b.example\r\nBcc: c@d.example".to_owned(), ..mail() },
            ),
            ("two addresses", OutgoingMail { to_address: "a@b.example, c@d.example".to_owned(), ..mail() }),
            ("a name", OutgoingMail { to_address: "A <a@b.example>".to_owned(), ..mail() }),
            ("sender", OutgoingMail { from_address: "nobody".to_owned(), ..mail() }),
            ("answers", OutgoingMail { reply_to: Some("a@b\n".to_owned()), ..mail() }),
            ("no seed", OutgoingMail { message_id_seed: String::new(), ..mail() }),
            ("seed", OutgoingMail { message_id_seed: "a>\r\nX: y".to_owned(), ..mail() }),
            ("media type", OutgoingMail { attachments: vec![attachment("pdf")], ..mail() }),
            ("media type", OutgoingMail { attachments: vec![attachment("a/b\r\nX: y")], ..mail() }),
        ] {
            assert!(matches!(build(&mail), Err(MailError::Permanent(_))), "{name}");
        }
    }
}
