//! What the mails say.

use std::sync::LazyLock;

use domain::{
    brands::AssetKind,
    dunning::DunningAction,
    ids::{CreditNoteId, CustomerId, InvoiceId, MailId},
    money::Money,
    permissions::Role,
};
use minijinja::{AutoEscape, Environment, context};
use serde_json::json;
use store::{
    TenantTx,
    brands::{self, Brand},
    jobs::{self, NewJob},
    mails::{self, NewMail},
    tenants,
};

use crate::{App, AppError, Result, dunning::Planned};

/// To whom.
#[derive(Debug, Clone)]
pub struct Recipient {
    /// The address.
    pub address: String,
    /// The name.
    pub name: Option<String>,
    /// The customer whose people it goes to.
    pub customer: Option<CustomerId>,
}

/// What a mail is about, with what it needs to know.
#[derive(Debug, Clone)]
pub enum Template<'a> {
    /// A link for a forgotten password.
    PasswordReset {
        /// The token.
        token: &'a str,
    },
    /// An invitation.
    Invitation {
        /// The token.
        token: &'a str,
        /// Who invites.
        inviter: &'a str,
        /// As what.
        role: Role,
        /// The customer whose people the person will be one of.
        customer_name: Option<&'a str>,
    },
    /// An issued invoice, with its PDF.
    Invoice {
        /// Which.
        invoice: InvoiceId,
        /// Its number.
        number: &'a str,
        /// What it comes to.
        total: Money,
        /// What of it is to be paid.
        outstanding: Money,
        /// Until when.
        due_on: chrono::NaiveDate,
        /// What it will be charged to, where the customer need not do anything.
        charged_to: Option<String>,
        /// What it is for.
        period: String,
    },
    /// A credit note, with its PDF.
    CreditNote {
        /// Which.
        credit_note: CreditNoteId,
        /// Its number.
        number: &'a str,
        /// The number of the invoice that it corrects.
        invoice: &'a str,
        /// What it comes to.
        total: Money,
        /// What of it had been paid.
        to_credit: Money,
        /// Why.
        reason: &'a str,
    },
    /// A charge of a saved payment method was declined.
    PaymentFailed {
        /// For what.
        invoice: InvoiceId,
        /// Its number.
        number: &'a str,
        /// How much.
        amount: Money,
        /// What was charged.
        method: &'a str,
        /// Why not, in the bank's words.
        reason: &'a str,
    },
    /// A bank debit that was begun on a payment page was refused days later.
    DebitFailed {
        /// For what.
        invoice: InvoiceId,
        /// Its number.
        number: &'a str,
        /// How much is to be paid.
        amount: Money,
        /// Why not, in the bank's words.
        reason: &'a str,
    },
    /// An invoice is about to be due, or is not paid: a reminder, or what was done about it.
    Reminder(Reminder<'a>),
    /// What is left of granted credit expires soon.
    CreditExpires {
        /// What the customer knows it by.
        description: &'a str,
        /// How much of it can be used.
        left: Money,
        /// The last day on which it can.
        expires_on: chrono::NaiveDate,
    },
    /// A payment has been paid back.
    Refunded {
        /// The number of the invoice that it was for.
        number: &'a str,
        /// How much.
        amount: Money,
        /// By a transfer that the sender made.
        by_hand: bool,
    },
    /// A payment has come in.
    PaymentReceived {
        /// The invoice's number.
        number: &'a str,
        /// How much.
        amount: Money,
    },
}

/// What a mail says, before it is put into the brand's layout.
struct Message {
    kind: &'static str,
    subject: String,
    paragraphs: Vec<String>,
    facts: Vec<(&'static str, String)>,
    action: Option<(&'static str, String)>,
    invoice: Option<InvoiceId>,
    credit_note: Option<CreditNoteId>,
}

impl Template<'_> {
    fn message(&self, brand: &str, base: &str) -> Message {
        match self {
            Self::PasswordReset { token } => Message {
                kind: "password_reset",
                subject: format!("Set a new password for {brand}"),
                paragraphs: vec![
                    "Somebody, hopefully you, asked for a new password.".to_owned(),
                    "The link works once, within an hour. If it was not you, nothing needs to be done: your password stays as it is.".to_owned(),
                ],
                facts: Vec::new(),
                action: Some(("Set a new password", format!("{base}/reset-password?token={token}"))),
                invoice: None,
                credit_note: None,
            },
            Self::Invitation { token, inviter, role, customer_name } => Message {
                kind: "invitation",
                subject: format!("{inviter} invites you to {brand}"),
                paragraphs: vec![
                    match customer_name {
                        Some(customer) => format!("{inviter} invites you to the {brand} portal of {customer}."),
                        None => format!("{inviter} invites you to work at {brand}."),
                    },
                    "The link works once, within seven days.".to_owned(),
                ],
                facts: vec![("Your role", role_name(*role).to_owned())],
                action: Some(("Accept the invitation", format!("{base}/invitation?token={token}"))),
                invoice: None,
                credit_note: None,
            },
            Self::Invoice { invoice, number, total, outstanding, due_on, charged_to, period } => Message {
                kind: "invoice",
                subject: format!("Invoice {number} from {brand}"),
                paragraphs: match charged_to {
                    Some(method) => vec![
                        "Your invoice is attached.".to_owned(),
                        format!("You need not do anything: we charge it to your {method}."),
                    ],
                    None => vec!["Your invoice is attached.".to_owned()],
                },
                facts: vec![
                    ("Invoice", (*number).to_owned()),
                    ("Period", period.clone()),
                    ("Total", total.to_string()),
                    ("To be paid", outstanding.to_string()),
                    ("Due", day(*due_on)),
                ],
                action: None,
                invoice: Some(*invoice),
                credit_note: None,
            },
            Self::CreditNote { credit_note, number, invoice, total, to_credit, reason } => Message {
                kind: "credit_note",
                subject: format!("Credit note {number} from {brand}"),
                paragraphs: vec![
                    format!("Your credit note for invoice {invoice} is attached."),
                    if to_credit.amount_minor() > 0 {
                        format!("Of this, {to_credit} had been settled already. What you paid of that is your credit for the next invoices, unless it goes back to you.")
                    } else {
                        "You owe that much less.".to_owned()
                    },
                ],
                facts: vec![
                    ("Credit note", (*number).to_owned()),
                    ("Invoice", (*invoice).to_owned()),
                    ("Credited", total.to_string()),
                    ("Reason", (*reason).to_owned()),
                ],
                action: None,
                invoice: None,
                credit_note: Some(*credit_note),
            },
            Self::PaymentFailed { invoice, number, amount, method, reason } => {
                let told = [
                    format!("We could not charge your {method}. The bank said: {reason}"),
                    "Please pay another way, or save another payment method.".to_owned(),
                ];
                payment_failed(base, *invoice, number, *amount, told)
            }
            Self::DebitFailed { invoice, number, amount, reason } => {
                let told = [
                    format!("Your bank debit did not go through. The bank said: {reason}"),
                    "Please pay again, or another way.".to_owned(),
                ];
                payment_failed(base, *invoice, number, *amount, told)
            }
            Self::Reminder(reminder) => reminder.message(base),
            Self::CreditExpires { description, left, expires_on } => {
                credit_expires(description, *left, *expires_on)
            }
            Self::Refunded { number, amount, by_hand } => refunded(number, *amount, *by_hand),
            Self::PaymentReceived { number, amount } => Message {
                kind: "payment_received",
                subject: format!("We received your payment for {number}"),
                paragraphs: vec!["Thank you. Your payment has arrived.".to_owned()],
                facts: vec![("Invoice", (*number).to_owned()), ("Amount", amount.to_string())],
                action: None,
                invoice: None,
                credit_note: None,
            },
        }
    }
}

fn credit_expires(description: &str, left: Money, expires_on: chrono::NaiveDate) -> Message {
    let last = day(expires_on);
    Message {
        kind: "credit_expires",
        subject: format!("Your credit of {left} expires after {last}"),
        paragraphs: vec![
            format!("You have credit that can be used until {last}."),
            "Invoices that we issue until then use it by themselves: nothing needs to be done.".to_owned(),
        ],
        facts: vec![("Credit", description.to_owned()), ("Left of it", left.to_string()), ("Last day", last)],
        action: None,
        invoice: None,
        credit_note: None,
    }
}

fn payment_failed(base: &str, invoice: InvoiceId, number: &str, amount: Money, told: [String; 2]) -> Message {
    Message {
        kind: "payment_failed",
        subject: format!("Your payment for {number} failed"),
        paragraphs: told.into(),
        facts: vec![("Invoice", number.to_owned()), ("To be paid", amount.to_string())],
        action: Some(("Pay the invoice", format!("{base}/invoices/{invoice}"))),
        invoice: None,
        credit_note: None,
    }
}

fn refunded(number: &str, amount: Money, by_hand: bool) -> Message {
    let told = if by_hand {
        "We have sent you this amount by bank transfer."
    } else {
        "We have sent this amount back to where you paid from. Your bank may take up to ten business days to show it."
    };
    Message {
        kind: "refund",
        subject: format!("Your refund for {number}"),
        paragraphs: vec![told.to_owned()],
        facts: vec![("Invoice", number.to_owned()), ("Amount", amount.to_string())],
        action: None,
        invoice: None,
        credit_note: None,
    }
}

fn day(day: chrono::NaiveDate) -> String {
    day.format("%-d %B %Y").to_string()
}

/// What is told about an invoice that is not paid.
#[derive(Debug, Clone)]
pub struct Reminder<'a> {
    /// Which.
    pub invoice: InvoiceId,
    /// Its number.
    pub number: &'a str,
    /// What is still to be paid.
    pub outstanding: Money,
    /// Until when it was to be.
    pub due_on: chrono::NaiveDate,
    /// Whether that day has come.
    pub is_due: bool,
    /// What was done.
    pub action: DunningAction,
    /// The late fee, where that is what was done.
    pub fee: Option<Money>,
    /// What will be done next, besides reminding.
    pub next: Option<Planned>,
}

impl Reminder<'_> {
    fn message(&self, base: &str) -> Message {
        let (subject, done) = reminded(self.number, self.is_due, self.action, self.fee);
        let next = self.next.as_ref().and_then(|next| announced(next, self.outstanding));
        Message {
            kind: "reminder",
            subject,
            paragraphs: std::iter::once(done).chain(next).collect(),
            facts: vec![
                ("Invoice", self.number.to_owned()),
                ("To be paid", self.outstanding.to_string()),
                ("Due", day(self.due_on)),
            ],
            action: Some(("Pay the invoice", format!("{base}/invoices/{}", self.invoice))),
            invoice: Some(self.invoice),
            credit_note: None,
        }
    }
}

/// What was done about an invoice: the subject, and a sentence.
fn reminded(number: &str, is_due: bool, action: DunningAction, fee: Option<Money>) -> (String, String) {
    let or_paid = "If you have paid in the meantime, thank you: nothing needs to be done.";
    match (action, fee) {
        (DunningAction::LateFee, Some(fee)) => (
            format!("A late fee for invoice {number}"),
            format!("Your invoice is not paid. We add a late fee of {fee} to your next invoice."),
        ),
        (DunningAction::Pause, _) => (
            format!("Your subscription is paused: invoice {number} is not paid"),
            "Your invoice is not paid, so we have paused your subscription. It goes on by itself as soon as the invoice is \
             paid."
                .to_owned(),
        ),
        (DunningAction::Cancel, _) => (
            format!("Your subscription is cancelled: invoice {number} is not paid"),
            "Your invoice is not paid, so we have cancelled your subscription. The invoice is still to be paid."
                .to_owned(),
        ),
        (DunningAction::Remind | DunningAction::Charge | DunningAction::LateFee, _) if is_due => (
            format!("Reminder: invoice {number} is not paid"),
            format!("Your invoice was due and is not paid. {or_paid}"),
        ),
        (DunningAction::Remind | DunningAction::Charge | DunningAction::LateFee, _) => (
            format!("Reminder: invoice {number} is due soon"),
            format!("This is to remind you that your invoice will be due. {or_paid}"),
        ),
    }
}

/// What will be done next.
fn announced(next: &Planned, outstanding: Money) -> Option<String> {
    let on = day(next.on);
    Some(match (next.action, next.fee) {
        (DunningAction::Charge, _) => {
            format!("On {on} we charge {outstanding} to your saved payment method, if there is one.")
        }
        (DunningAction::LateFee, Some(fee)) => {
            format!("If it is not paid by {on}, a late fee of {fee} is added to your next invoice.")
        }
        (DunningAction::Pause, _) => format!("If it is not paid by {on}, your subscription is paused."),
        (DunningAction::Cancel, _) => format!("If it is not paid by {on}, your subscription is cancelled."),
        (DunningAction::LateFee, None) | (DunningAction::Remind, _) => return None,
    })
}

fn role_name(role: Role) -> &'static str {
    match role {
        Role::PlatformAdmin => "Platform administrator",
        Role::PlatformSupport => "Platform support",
        Role::MspAdmin => "Administrator",
        Role::MspOperator => "Operator",
        Role::MspBilling => "Billing",
        Role::CustomerOwner => "Owner",
        Role::CustomerViewer => "Viewer",
    }
}

/// Where a tenant's people find its pages: its first host name, with the installation's scheme and port.
pub fn link_base(public_url: &str, host: Option<&str>) -> String {
    let Some(host) = host else { return public_url.to_owned() };
    let (scheme, rest) = public_url.split_once("://").unwrap_or(("https", public_url));
    let port = rest.rsplit_once(':').map(|(_, port)| format!(":{port}")).unwrap_or_default();
    format!("{scheme}://{host}{port}")
}

/// Queues a mail; it goes out after the transaction has been committed.
pub async fn queue(app: &App, tx: &mut TenantTx, template: &Template<'_>, to: &Recipient) -> Result<()> {
    queue_all(app, tx, &[(template.clone(), to.clone())]).await
}

/// Queues several.
pub async fn queue_all(app: &App, tx: &mut TenantTx, mails: &[(Template<'_>, Recipient)]) -> Result<()> {
    if mails.is_empty() {
        return Ok(());
    }
    let stationery = Stationery::read(app, tx).await?;
    let written: Vec<_> =
        mails.iter().map(|(template, to)| stationery.write(template, to)).collect::<Result<_>>()?;
    let job = |id: MailId| NewJob::now(super::send::KIND, json!({ "mail_id": id }));
    let jobs: Vec<_> = mails::insert(tx, &written).await?.into_iter().map(job).collect();
    Ok(jobs::enqueue_all(tx, &jobs).await?)
}

/// What all mails of a tenant have in common.
struct Stationery {
    brand: Brand,
    base: String,
    logo_url: Option<String>,
}

impl Stationery {
    async fn read(app: &App, tx: &mut TenantTx) -> Result<Self> {
        let brand = brands::get(tx).await?;
        let host = tenants::hosts(tx).await?.into_iter().next();
        let base = link_base(&app.config().public_url, host.as_deref());
        // The picture's address works for hosts that belong to the tenant alone.
        let logo = brands::assets(tx).await?.into_iter().find(|asset| asset.kind == AssetKind::Logo);
        let logo_url = logo
            .filter(|logo| logo.has_pixels && host.is_some())
            .map(|logo| format!("{base}/api/v1/brand/logo?format=pixels&v={}", logo.id));
        Ok(Self { brand, base, logo_url })
    }

    fn write(&self, template: &Template<'_>, to: &Recipient) -> Result<NewMail> {
        let Self { brand, base, logo_url } = self;
        let message = template.message(&brand.display_name, base);
        let values = context! {
            subject => message.subject.clone(),
            paragraphs => message.paragraphs.clone(),
            facts => message.facts.clone(),
            action => message.action.as_ref().map(|(label, url)| context! { label => *label, url => url.clone() }),
            logo_url,
            brand => context! {
                display_name => brand.display_name.clone(),
                primary_color => brand.primary_color.clone(),
                support_email => brand.support_email.clone(),
                support_phone => brand.support_phone.clone(),
                mail_footer => brand.mail_footer.clone(),
            },
        };
        Ok(NewMail {
            kind: message.kind,
            customer: to.customer,
            from_name: brand.mail_from_name.clone().unwrap_or_else(|| brand.display_name.clone()),
            reply_to: brand.mail_reply_to.clone().or_else(|| brand.support_email.clone()),
            to_address: to.address.clone(),
            to_name: to.name.clone(),
            subject: message.subject,
            text_body: render("message.txt", &values)?,
            html_body: render("message.html", &values)?,
            invoice: message.invoice,
            credit_note: message.credit_note,
        })
    }
}

/// The templates, read once.
static TEMPLATES: LazyLock<Result<Environment<'static>, minijinja::Error>> = LazyLock::new(|| {
    let mut environment = Environment::new();
    // By the template's ending: HTML is escaped, plain text is not.
    environment.set_auto_escape_callback(|name| match name.rsplit_once('.') {
        Some((_, "html")) => AutoEscape::Html,
        _ => AutoEscape::None,
    });
    environment.add_template("layout.html", include_str!("../../templates/layout.html"))?;
    environment.add_template("message.html", include_str!("../../templates/message.html"))?;
    environment.add_template("message.txt", include_str!("../../templates/message.txt"))?;
    Ok(environment)
});

fn render(name: &'static str, values: &minijinja::Value) -> Result<String> {
    let templates = TEMPLATES.as_ref().map_err(AppError::internal)?;
    templates.get_template(name).and_then(|template| template.render(values)).map_err(AppError::internal)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_lead_to_the_tenants_own_host() {
        let base = |host| link_base("http://localhost:8080", host);
        assert_eq!(base(None), "http://localhost:8080");
        assert_eq!(base(Some("northwind.localhost")), "http://northwind.localhost:8080");
        assert_eq!(link_base("https://app.example.com", Some("portal.acme.com")), "https://portal.acme.com");
    }

    #[test]
    fn html_is_escaped() {
        let values = context! {
            subject => "x", paragraphs => ["<script>"], facts => Vec::<(String, String)>::new(),
            brand => context! { display_name => "A & B", primary_color => "#000000" },
        };
        let html = render("message.html", &values).unwrap();
        assert!(html.contains("&lt;script&gt;") && html.contains("A &amp; B"));
        assert!(render("message.txt", &values).unwrap().contains("<script>"));
    }
}
