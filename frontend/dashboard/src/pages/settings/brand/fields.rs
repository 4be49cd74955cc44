//! What can be typed about the brand.

use contract::brand::BrandSettings;
use domain::text as rules;
use kit::{Field, Form, optional, required};

use super::text;

/// The fields of the brand. Cheap to copy.
#[derive(Clone, Copy)]
pub struct Fields {
    /// The form that they are in.
    pub form: Form,
    pub display_name: Field,
    pub portal_name: Field,
    pub primary: Field,
    pub accent: Field,
    pub login_message: Field,
    pub support_email: Field,
    pub support_phone: Field,
    pub support_url: Field,
    pub legal_name: Field,
    pub address: Field,
    pub tax_id: Field,
    pub invoice_footer: Field,
    pub mail_from_name: Field,
    pub mail_reply_to: Field,
    pub mail_footer: Field,
    /// One a line.
    pub hosts: Field,
}

impl Fields {
    /// The fields as the brand is now.
    pub fn new(now: BrandSettings) -> Self {
        let form = Form::new("brand");
        let field =
            |pointer: &str, now: Option<String>, check| form.field(pointer, now.unwrap_or_default(), check);
        Self {
            form,
            display_name: form.field("/display_name", now.display_name, required),
            portal_name: field("/portal_name", now.portal_name, optional),
            primary: form.field("/primary_color", now.primary_color, a_color),
            accent: form.field("/accent_color", now.accent_color, a_color),
            login_message: field("/login_message", now.login_message, optional),
            support_email: field("/support_email", now.support_email, an_email),
            support_phone: field("/support_phone", now.support_phone, a_phone),
            support_url: field("/support_url", now.support_url, a_url),
            legal_name: field("/legal_name", now.legal_name, optional),
            address: field("/address", now.address, optional),
            tax_id: field("/tax_id", now.tax_id, optional),
            invoice_footer: field("/invoice_footer", now.invoice_footer, optional),
            mail_from_name: field("/mail_from_name", now.mail_from_name, optional),
            mail_reply_to: field("/mail_reply_to", now.mail_reply_to, an_email),
            mail_footer: field("/mail_footer", now.mail_footer, optional),
            hosts: form.field("/hosts", now.hosts.join("\n"), hosts),
        }
    }

    /// What is sent: the whole brand.
    pub fn settings(self) -> BrandSettings {
        BrandSettings {
            display_name: self.display_name.text(),
            portal_name: self.portal_name.optional(),
            primary_color: self.primary.text(),
            accent_color: self.accent.text(),
            login_message: self.login_message.optional(),
            support_email: self.support_email.optional(),
            support_phone: self.support_phone.optional(),
            support_url: self.support_url.optional(),
            legal_name: self.legal_name.optional(),
            address: self.address.optional(),
            tax_id: self.tax_id.optional(),
            invoice_footer: self.invoice_footer.optional(),
            mail_from_name: self.mail_from_name.optional(),
            mail_reply_to: self.mail_reply_to.optional(),
            mail_footer: self.mail_footer.optional(),
            hosts: lines(&self.hosts.text()).map(str::to_owned).collect(),
        }
    }
}

fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.lines().map(str::trim).filter(|line| !line.is_empty())
}

/// What is wrong with something that may be left out, by the server's rule and in our words.
fn unless(value: &str, ok: impl Fn(&str) -> bool, words: fn() -> &'static str) -> Option<String> {
    let value = value.trim();
    (!value.is_empty() && !ok(value)).then(|| words().to_owned())
}

fn a_color(value: &str) -> Option<String> {
    required(value).or_else(|| unless(value, |it| rules::color(it).is_ok(), text::color_wrong))
}

fn an_email(value: &str) -> Option<String> {
    unless(value, |it| rules::email(it).is_ok(), text::email_wrong)
}

fn a_phone(value: &str) -> Option<String> {
    unless(value, |it| rules::phone(it).is_ok(), text::phone_wrong)
}

fn a_url(value: &str) -> Option<String> {
    unless(value, |it| rules::https_url(it).is_ok(), text::url_wrong)
}

fn hosts(value: &str) -> Option<String> {
    if lines(value).count() > 20 {
        return Some(text::hosts_many().to_owned());
    }
    lines(value).find(|line| rules::host(line).is_err()).map(text::hosts_wrong)
}
