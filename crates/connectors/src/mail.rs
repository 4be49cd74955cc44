//! Outgoing mail: what is to be sent, who sends it, and what became of it.

mod message;
mod smtp;

pub use smtp::{InvalidSettings, SmtpSettings, SmtpTransport, TlsMode};

use crate::Pending;

/// A file that goes with a mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attachment {
    /// The name the reader sees.
    pub file_name: String,
    /// Its media type, such as `application/pdf`.
    pub content_type: String,
    /// The content.
    pub bytes: Vec<u8>,
}

/// A mail to one person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutgoingMail {
    /// The name the mail comes from: the tenant's brand.
    pub from_name: String,
    /// The address it comes from.
    pub from_address: String,
    /// Where answers go, if not to the sender.
    pub reply_to: Option<String>,
    /// Who receives it.
    pub to_address: String,
    /// The receiver's name.
    pub to_name: Option<String>,
    /// The subject line.
    pub subject: String,
    /// The text for readers without HTML.
    pub text_body: String,
    /// The same content as HTML.
    pub html_body: String,
    /// Becomes the `Message-ID`, together with the sender's domain. A retry carries the same seed, so that a
    /// receiver who got the first attempt after all can tell that it is the same mail.
    pub message_id_seed: String,
    /// Files that go with it.
    pub attachments: Vec<Attachment>,
}

/// Why a mail was not sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MailError {
    /// Worth another try: the server cannot be reached, is busy (4xx), or refuses our sign-in, which is the
    /// operator's to mend and not the mail's fault.
    #[error("{0}")]
    Temporary(String),
    /// This mail will never be taken: the server refused it (5xx), or it cannot be written down as a mail.
    #[error("{0}")]
    Permanent(String),
}

/// Hands mails to whoever delivers them.
pub trait MailTransport: Send + Sync {
    /// Sends one mail. `Ok` means that the next server has taken responsibility for it.
    fn send<'a>(&'a self, mail: &'a OutgoingMail) -> Pending<'a, Result<(), MailError>>;
}
