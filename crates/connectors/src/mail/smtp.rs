//! Mail over SMTP submission.

use super::{MailError, MailTransport, OutgoingMail, message};
use crate::{Pending, scrub::scrub};
use base64::{Engine, prelude::BASE64_STANDARD};
use lettre::{
    AsyncSmtpTransport, AsyncTransport, Tokio1Executor,
    transport::smtp::{
        self,
        authentication::{Credentials, Mechanism},
        client::{Certificate, Tls, TlsParameters},
        extension::ClientId,
    },
};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use std::{net::IpAddr, time::Duration};

/// A whole delivery may take this many times the time-out of one step.
const STEPS: u32 = 6;

/// How the connection is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TlsMode {
    /// The connection starts in the clear and must be upgraded before anything is said (port 587).
    #[default]
    Starttls,
    /// TLS from the first byte (port 465).
    Tls,
    /// No protection: for a relay on the same machine or private network. Then a password is sent to a loopback
    /// address at most.
    None,
}

/// Where mail is handed in.
#[derive(Debug, Clone)]
pub struct SmtpSettings {
    /// The server's name, which its certificate must carry.
    pub host: String,
    /// The port; without it, the usual one of the mode (587, 465 or 25).
    pub port: Option<u16>,
    /// How the connection is protected.
    pub tls: TlsMode,
    /// Who signs in; without it, nobody does.
    pub username: Option<String>,
    /// The password that goes with it.
    pub password: Option<SecretString>,
    /// What we call ourselves in the greeting; without it, an address literal.
    pub hello_name: Option<String>,
    /// How long one step may take: connecting, a command, its answer.
    pub timeout: Duration,
    /// A certificate (PEM) to trust besides the public ones: that of a private relay.
    pub extra_root: Option<Vec<u8>>,
}

impl SmtpSettings {
    /// The usual settings for a server: STARTTLS, nobody signs in, 20 seconds a step.
    pub fn new(host: impl Into<String>) -> Self {
        Self {
            host: host.into(),
            port: None,
            tls: TlsMode::Starttls,
            username: None,
            password: None,
            hello_name: None,
            timeout: Duration::from_secs(20),
            extra_root: None,
        }
    }
}

/// Settings that no connection can be made with.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the mail settings cannot be used: {0}")]
pub struct InvalidSettings(pub String);

/// Sends mails over SMTP, each over a connection of its own.
#[derive(Debug)]
pub struct SmtpTransport {
    server: AsyncSmtpTransport<Tokio1Executor>,
    timeout: Duration,
    /// What must not be repeated from a server's answer: the password, and how it looks in the dialogue.
    secrets: Vec<SecretString>,
}

impl SmtpTransport {
    /// Checks the settings; nothing is connected yet.
    pub fn new(settings: SmtpSettings) -> Result<Self, InvalidSettings> {
        let invalid = |text: &str| InvalidSettings(text.to_owned());
        if !is_one_word(&settings.host) {
            return Err(invalid("the host is not a host name"));
        }
        if settings.hello_name.as_deref().is_some_and(|name| !is_one_word(name)) {
            return Err(invalid("the name for the greeting is not a host name"));
        }
        if settings.timeout.is_zero() {
            return Err(invalid("the time-out is zero"));
        }
        let default_port = match settings.tls {
            TlsMode::Starttls => 587,
            TlsMode::Tls => 465,
            TlsMode::None => 25,
        };
        let mut server = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&settings.host)
            .port(settings.port.unwrap_or(default_port))
            .timeout(Some(settings.timeout))
            .tls(tls(&settings)?);
        if let Some(name) = settings.hello_name {
            server = server.hello_name(ClientId::Domain(name));
        }
        let mut secrets = Vec::new();
        match (settings.username, settings.password) {
            (Some(username), Some(password)) => {
                if settings.tls == TlsMode::None && !is_loopback(&settings.host) {
                    return Err(invalid("a password is not sent over an unprotected connection"));
                }
                let plain = password.expose_secret();
                for text in [plain.to_owned(), format!("\0{username}\0{plain}")] {
                    secrets.push(SecretString::from(BASE64_STANDARD.encode(&text)));
                    secrets.push(SecretString::from(text));
                }
                server = server
                    .credentials(Credentials::new(username, plain.to_owned()))
                    .authentication(vec![Mechanism::Plain, Mechanism::Login]);
            }
            (None, None) => {}
            _ => return Err(invalid("user name and password go together")),
        }
        Ok(Self { server: server.build(), timeout: settings.timeout * STEPS, secrets })
    }

    async fn deliver(&self, mail: &OutgoingMail) -> Result<(), MailError> {
        let message = message::build(mail)?;
        match tokio::time::timeout(self.timeout, self.server.send(message)).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => Err(self.explain(&error)),
            Err(_) => Err(MailError::Temporary("the mail server took too long".to_owned())),
        }
    }

    fn explain(&self, error: &smtp::Error) -> MailError {
        let status = error.status().map(u16::from);
        if let Some(code @ (454 | 530 | 534 | 535 | 538)) = status {
            return MailError::Temporary(format!("the mail server refuses our sign-in ({code})"));
        }
        let secrets: Vec<&str> = self.secrets.iter().map(ExposeSecret::expose_secret).collect();
        let text = scrub(&error.to_string(), &secrets);
        if error.is_permanent() || is_about_the_mail(error) {
            MailError::Permanent(format!("the mail was refused: {text}"))
        } else {
            MailError::Temporary(format!("the mail could not be handed in: {text}"))
        }
    }
}

/// The one fault of the client's own that lies in the mail and not in the server's set-up; the library gives it no
/// kind of its own.
fn is_about_the_mail(error: &smtp::Error) -> bool {
    error.is_client() && error.to_string().contains("SMTPUTF8")
}

fn tls(settings: &SmtpSettings) -> Result<Tls, InvalidSettings> {
    if settings.tls == TlsMode::None {
        return Ok(Tls::None);
    }
    let mut parameters = TlsParameters::builder(settings.host.clone());
    if let Some(pem) = &settings.extra_root {
        let invalid = || InvalidSettings("the extra certificate is not PEM".to_owned());
        // The parser takes a text without any certificate for a success.
        let text = str::from_utf8(pem).map_err(|_| invalid())?;
        if !["-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----"]
            .iter()
            .all(|mark| text.contains(mark))
        {
            return Err(invalid());
        }
        let root = Certificate::from_pem(pem).map_err(|_| invalid())?;
        parameters = parameters.add_root_certificate(root);
    }
    let parameters = parameters
        .build_rustls()
        .map_err(|error| InvalidSettings(format!("TLS cannot be set up: {error}")))?;
    Ok(match settings.tls {
        TlsMode::Tls => Tls::Wrapper(parameters),
        TlsMode::Starttls | TlsMode::None => Tls::Required(parameters),
    })
}

fn is_one_word(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic())
}

fn is_loopback(host: &str) -> bool {
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

impl MailTransport for SmtpTransport {
    fn send<'a>(&'a self, mail: &'a OutgoingMail) -> Pending<'a, Result<(), MailError>> {
        Box::pin(self.deliver(mail))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_password(host: &str, tls: TlsMode) -> SmtpSettings {
        SmtpSettings {
            tls,
            username: Some("bailiwick".to_owned()),
            password: Some("hunter2".into()),
            ..SmtpSettings::new(host)
        }
    }

    #[test]
    fn a_password_does_not_travel_in_the_clear() {
        assert!(SmtpTransport::new(with_password("mail.example", TlsMode::None)).is_err());
        assert!(SmtpTransport::new(with_password("127.0.0.1", TlsMode::None)).is_ok());
        assert!(SmtpTransport::new(with_password("mail.example", TlsMode::Starttls)).is_ok());
        let relay = SmtpSettings { tls: TlsMode::None, ..SmtpSettings::new("relay") };
        assert!(SmtpTransport::new(relay).is_ok());
    }

    #[test]
    fn settings_that_cannot_work_are_refused() {
        let good = || SmtpSettings::new("mail.example");
        for (name, settings) in [
            ("no host", SmtpSettings::new("")),
            ("a line in the host", SmtpSettings::new("a\r\nb")),
            ("no password", SmtpSettings { username: Some("x".to_owned()), ..good() }),
            ("no user", SmtpSettings { password: Some("x".into()), ..good() }),
            ("no time", SmtpSettings { timeout: Duration::ZERO, ..good() }),
            ("a line in the greeting", SmtpSettings { hello_name: Some("a\nRSET".to_owned()), ..good() }),
            ("no PEM", SmtpSettings { extra_root: Some(b"-----BEGIN CERTIFICATE-----".to_vec()), ..good() }),
            ("nothing in the PEM", SmtpSettings { extra_root: Some(Vec::new()), ..good() }),
        ] {
            assert!(SmtpTransport::new(settings).is_err(), "{name}");
        }
    }

    #[test]
    fn the_password_is_not_printed() {
        let settings = with_password("mail.example", TlsMode::Tls);
        let shown = format!("{settings:?} {:?}", SmtpTransport::new(settings.clone()).unwrap());
        assert!(!shown.contains("hunter2"), "{shown}");
    }
}
