//! What is wrong with what is typed about a customer, by the rules that the server has, in words.

use chrono::NaiveDate;
use domain::{
    dates::Day,
    subscriptions::check_quantity,
    tax,
    text::{self as rules, TextError},
};
use kit::required;

use super::text;

fn told(outcome: Result<String, TextError>, form: fn() -> &'static str) -> Option<String> {
    match outcome.err()? {
        TextError::Empty => required(""),
        TextError::TooLong { max } => Some(text::at_most(&client::format::whole(i64::try_from(max).ok()?))),
        TextError::Forbidden => Some(text::forbidden_letters().to_owned()),
        TextError::Form(_) => Some(form().to_owned()),
    }
}

fn optional(
    typed: &str,
    rule: impl Fn(&str) -> Result<String, TextError>,
    form: fn() -> &'static str,
) -> Option<String> {
    if typed.trim().is_empty() { None } else { told(rule(typed), form) }
}

fn line<const MAX: usize>(typed: &str) -> Option<String> {
    optional(typed, |it| rules::line(it, MAX), text::forbidden_letters)
}

fn paragraph<const MAX: usize>(typed: &str) -> Option<String> {
    optional(typed, |it| rules::paragraph(it, MAX), text::forbidden_letters)
}

pub fn company_name(typed: &str) -> Option<String> {
    told(rules::line(typed, 200), text::forbidden_letters)
}

pub fn charge_description(typed: &str) -> Option<String> {
    told(rules::line(typed, 200), text::forbidden_letters)
}

pub fn contact_name(typed: &str) -> Option<String> {
    line::<120>(typed)
}

pub fn email(typed: &str) -> Option<String> {
    optional(typed, rules::email, text::email_form)
}

pub fn email_needed(typed: &str) -> Option<String> {
    required(typed).or_else(|| email(typed))
}

pub fn phone(typed: &str) -> Option<String> {
    optional(typed, rules::phone, text::phone_form)
}

pub fn address(typed: &str) -> Option<String> {
    paragraph::<500>(typed)
}

pub fn tax_id(typed: &str) -> Option<String> {
    line::<50>(typed)
}

/// A number that begins as the VAT numbers of the country do has to be one.
pub fn vat_id(typed: &str, country: &str) -> Option<String> {
    let country = country.parse().ok()?;
    tax::check_vat_id(country, typed).err().map(|_| text::vat_id_form().to_owned())
}

pub fn region(typed: &str) -> Option<String> {
    let wrong = !typed.trim().is_empty() && !tax::is_region(&typed.trim().to_ascii_uppercase());
    wrong.then(|| text::region_form().to_owned())
}

pub fn tax_exempt(typed: &str) -> Option<String> {
    line::<200>(typed)
}

pub fn external_ref(typed: &str) -> Option<String> {
    line::<100>(typed)
}

pub fn notes(typed: &str) -> Option<String> {
    paragraph::<10_000>(typed)
}

pub fn reason(typed: &str) -> Option<String> {
    line::<500>(typed)
}

/// Small letters are as good: they are made large. Without one, the server makes one.
pub fn code(typed: &str) -> Option<String> {
    optional(typed, |it| rules::code(&it.trim().to_ascii_uppercase()), text::code_form)
}

pub fn features(typed: &str) -> Option<String> {
    let wrong = names(typed).any(|name| rules::key(name).is_err());
    wrong.then(|| text::features_form().to_owned())
}

/// The names in a list with commas.
pub fn names(typed: &str) -> impl Iterator<Item = &str> {
    typed.split([',', '\n']).map(str::trim).filter(|name| !name.is_empty())
}

pub fn quantity_or_none(typed: &str) -> Option<String> {
    let wrong = !typed.trim().is_empty() && quantity(typed).is_none();
    wrong.then(|| text::quantity_form().to_owned())
}

/// How many times a plan shall be subscribed to.
pub fn quantity(typed: &str) -> Option<u32> {
    typed.trim().parse().ok().filter(|quantity| check_quantity(*quantity).is_ok())
}

pub fn day_or_none(typed: &str) -> Option<String> {
    let wrong = !typed.trim().is_empty() && day(typed).is_none();
    wrong.then(|| text::date_form().to_owned())
}

/// The day that was typed.
pub fn day(typed: &str) -> Option<Day> {
    typed.trim().parse::<NaiveDate>().ok().and_then(|day| Day::new(day).ok())
}
