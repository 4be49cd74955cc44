//! Money, numbers and dates as the browser's locale writes them. Amounts reach the browser as decimal text: no
//! float comes near money.

use std::{
    cell::{Cell, RefCell},
    cmp::Ordering,
    collections::HashMap,
    time::Duration,
};

use chrono::{DateTime, NaiveDate, Utc};
use domain::{
    decimals::DecimalString,
    money::{Currency, Money},
    periods::Month,
    pricing::Exact,
};
use js_sys::{Date, JsString, Object, Reflect};
use rust_decimal::Decimal;
use wasm_bindgen::JsValue;

use crate::{language::locale, task::sleep};

/// What `Intl` offers. Its `format` takes decimal text exactly, which js-sys' own binding does not promise.
#[allow(unsafe_code, reason = "what the macro writes")]
mod intl {
    use wasm_bindgen::prelude::*;

    #[wasm_bindgen]
    extern "C" {
        #[wasm_bindgen(js_namespace = Intl)]
        #[derive(Clone)]
        pub type NumberFormat;
        #[wasm_bindgen(constructor, js_namespace = Intl)]
        pub fn new(locale: &JsValue, options: &js_sys::Object) -> NumberFormat;
        #[wasm_bindgen(method)]
        pub fn format(this: &NumberFormat, value: &str) -> String;

        #[wasm_bindgen(js_namespace = Intl)]
        #[derive(Clone)]
        pub type DateTimeFormat;
        #[wasm_bindgen(constructor, js_namespace = Intl)]
        pub fn new(locale: &JsValue, options: &js_sys::Object) -> DateTimeFormat;
        #[wasm_bindgen(method)]
        pub fn format(this: &DateTimeFormat, value: &js_sys::Date) -> String;

        #[wasm_bindgen(js_namespace = Intl)]
        #[derive(Clone)]
        pub type DisplayNames;
        #[wasm_bindgen(constructor, js_namespace = Intl)]
        pub fn new(locale: &JsValue, options: &js_sys::Object) -> DisplayNames;
        #[wasm_bindgen(method)]
        pub fn of(this: &DisplayNames, code: &str) -> String;

        #[wasm_bindgen(js_namespace = Intl)]
        #[derive(Clone)]
        pub type Collator;
        #[wasm_bindgen(constructor, js_namespace = Intl)]
        pub fn new(locale: &JsValue, options: &js_sys::Object) -> Collator;
        #[wasm_bindgen(method)]
        pub fn compare(this: &Collator, a: &str, b: &str) -> i32;

        #[wasm_bindgen(js_namespace = Intl)]
        #[derive(Clone)]
        pub type RelativeTimeFormat;
        #[wasm_bindgen(constructor, js_namespace = Intl)]
        pub fn new(locale: &JsValue, options: &js_sys::Object) -> RelativeTimeFormat;
        #[wasm_bindgen(method)]
        pub fn format(this: &RelativeTimeFormat, value: i32, unit: &str) -> String;
    }
}

thread_local! {
    // Making a formatter costs more than using it.
    static NUMBERS: RefCell<HashMap<String, intl::NumberFormat>> = RefCell::default();
    static WORDS: RefCell<Option<intl::Collator>> = RefCell::default();
    static COUNTRIES: RefCell<Option<intl::DisplayNames>> = RefCell::default();
    static DATES: RefCell<HashMap<&'static str, intl::DateTimeFormat>> = RefCell::default();
    static AGES: RefCell<Option<intl::RelativeTimeFormat>> = RefCell::default();
}

/// Has the browser load what it knows of the locale, while answers are on their way: some ten milliseconds for the first
/// formatter of a kind, which would keep the page from being shown then.
pub async fn prepare() {
    sleep(Duration::ZERO).await;
    money(Money::zero(Currency::USD));
    sleep(Duration::ZERO).await;
    month_name(Month::of(today()));
    sleep(Duration::ZERO).await;
    relative_days(0);
}

fn options(pairs: &[(&str, JsValue)]) -> Object {
    let object = Object::new();
    for (key, value) in pairs {
        // Setting a property of a plain object does not fail.
        let _ = Reflect::set(&object, &JsValue::from_str(key), value);
    }
    object
}

fn number_format(key: &str, pairs: &[(&str, JsValue)]) -> intl::NumberFormat {
    NUMBERS.with_borrow_mut(|formats| {
        formats
            .entry(key.to_owned())
            .or_insert_with(|| intl::NumberFormat::new(&locale(), &options(pairs)))
            .clone()
    })
}

fn date_format(key: &'static str, pairs: &[(&str, &str)]) -> intl::DateTimeFormat {
    DATES.with_borrow_mut(|formats| {
        formats
            .entry(key)
            .or_insert_with(|| {
                let pairs: Vec<_> =
                    pairs.iter().map(|(key, value)| (*key, JsValue::from_str(value))).collect();
                intl::DateTimeFormat::new(&locale(), &options(&pairs))
            })
            .clone()
    })
}

/// An amount with all its decimals: `$1,234.50`.
pub fn money(amount: Money) -> String {
    let currency = amount.currency();
    number_format(currency.code(), &[("style", "currency".into()), ("currency", currency.code().into())])
        .format(&amount.to_decimal().to_string())
}

/// An amount without what is below the major unit: `$1,235`. For figures to be taken in at a glance.
pub fn money_whole(amount: Money) -> String {
    let currency = amount.currency();
    let pairs = [
        ("style", "currency".into()),
        ("currency", currency.code().into()),
        ("maximumFractionDigits", JsValue::from(0)),
    ];
    number_format(&format!("{currency} whole"), &pairs).format(&amount.to_decimal().to_string())
}

/// An amount for an axis: `$12K`.
pub fn money_short(amount: Money) -> String {
    let currency = amount.currency();
    let pairs = [
        ("style", "currency".into()),
        ("currency", currency.code().into()),
        ("notation", "compact".into()),
        ("minimumFractionDigits", JsValue::from(0)),
        ("maximumFractionDigits", JsValue::from(1)),
    ];
    number_format(&format!("{currency} short"), &pairs).format(&amount.to_decimal().to_string())
}

/// A unit price, with as many decimals as it has: `$0.035`.
pub fn price(price: Decimal, currency: Currency) -> String {
    let pairs = [
        ("style", "currency".into()),
        ("currency", currency.code().into()),
        ("maximumFractionDigits", JsValue::from(9)),
    ];
    number_format(&format!("{currency} price"), &pairs).format(&price.to_string())
}

/// An amount before it is rounded, with all the decimals that it has.
pub fn in_full(amount: Exact, currency: Currency) -> String {
    let pairs = [
        ("style", "currency".into()),
        ("currency", currency.code().into()),
        ("maximumFractionDigits", JsValue::from(20)),
    ];
    number_format(&format!("{currency} in full"), &pairs).format(&amount.to_string())
}

/// A quantity, to two decimals.
pub fn quantity(value: Decimal) -> String {
    number_format("quantity", &[("maximumFractionDigits", JsValue::from(2))]).format(&value.to_string())
}

/// A quantity with all its decimals, where what is computed from it stands beside it.
pub fn exact(value: Decimal) -> String {
    number_format("exact", &[("maximumFractionDigits", JsValue::from(9))]).format(&value.to_string())
}

/// The name of a country: `DE` is `Germany`.
pub fn country(code: &str) -> String {
    let names = || intl::DisplayNames::new(&locale(), &options(&[("type", "region".into())]));
    COUNTRIES.with_borrow_mut(|known| known.get_or_insert_with(names).of(code))
}

/// The order in which people look for words.
pub fn compare(a: &str, b: &str) -> Ordering {
    let words = || intl::Collator::new(&locale(), &options(&[]));
    WORDS.with_borrow_mut(|known| known.get_or_insert_with(words).compare(a, b)).cmp(&0)
}

/// A whole number.
pub fn whole(value: i64) -> String {
    number_format("whole", &[]).format(&value.to_string())
}

/// The sign of a currency: `$`.
pub fn currency_sign(currency: Currency) -> String {
    let text = money_whole(Money::zero(currency));
    let sign: String =
        text.chars().filter(|letter| !letter.is_numeric() && !letter.is_whitespace()).collect();
    if sign.is_empty() { currency.code().to_owned() } else { sign }
}

/// A number as somebody would type it: in the locale's digits and marks, without groups.
pub fn typed(value: Decimal) -> String {
    number_format("typed", &[("useGrouping", JsValue::FALSE), ("maximumFractionDigits", JsValue::from(9))])
        .format(&value.to_string())
}

/// What separates the groups, and what the fraction, in the locale.
fn separators() -> (char, char) {
    let written = number_format("whole", &[]).format("1234567");
    let group = written.chars().find(|letter| !letter.is_ascii_digit()).unwrap_or('\u{202f}');
    let written = number_format("typed", &[]).format("0.5");
    let decimal = written.chars().find(|letter| !letter.is_ascii_digit()).unwrap_or('.');
    (group, decimal)
}

/// The number that somebody typed. Nothing is guessed where a number could be two: groups must be whole.
pub fn number(text: &str) -> Option<Decimal> {
    let (group, decimal) = separators();
    read_number(text, group, decimal)
}

fn read_number(text: &str, group: char, decimal: char) -> Option<Decimal> {
    let text: String = text.trim().chars().filter(|letter| !letter.is_whitespace()).collect();
    let (whole, fraction) = text.split_once(decimal).unwrap_or((&text, ""));
    let mut groups = whole.split(group);
    let first = groups.next().unwrap_or_default();
    let rest: Vec<_> = groups.collect();
    let whole_groups = rest.iter().all(|part| part.len() == 3)
        && (rest.is_empty() || (1..=3).contains(&first.trim_start_matches('-').len()));
    if !whole_groups {
        return None;
    }
    let plain = format!("{first}{}", rest.concat());
    let plain = if fraction.is_empty() { plain } else { format!("{plain}.{fraction}") };
    plain.parse::<DecimalString>().ok().map(DecimalString::decimal)
}

/// The amount that somebody typed; none with more decimals than the currency has.
pub fn amount(text: &str, currency: Currency) -> Option<Money> {
    let amount = number(text)?;
    Money::round_from(amount, currency).ok().filter(|money| money.to_decimal() == amount)
}

fn date_of(day: NaiveDate) -> Date {
    // A date alone is read as UTC, and written as UTC below: the day stays the day.
    Date::new(&JsValue::from_str(&day.to_string()))
}

/// A day: `1 Nov 2026`.
pub fn day(day: NaiveDate) -> String {
    date_format("day", &[("day", "numeric"), ("month", "short"), ("year", "numeric"), ("timeZone", "UTC")])
        .format(&date_of(day))
}

/// A month: `November 2026`.
pub fn month(month: Month) -> String {
    date_format("month", &[("month", "long"), ("year", "numeric"), ("timeZone", "UTC")])
        .format(&date_of(month.first_day()))
}

/// The name of a month: `November`.
pub fn month_name(month: Month) -> String {
    date_format("month name", &[("month", "long"), ("timeZone", "UTC")]).format(&date_of(month.first_day()))
}

/// A month for an axis: `Nov`.
pub fn month_short(month: Month) -> String {
    date_format("month short", &[("month", "short"), ("timeZone", "UTC")]).format(&date_of(month.first_day()))
}

/// An instant in the time zone of the browser.
pub fn instant(instant: DateTime<Utc>) -> String {
    date_format("instant", &[("dateStyle", "medium"), ("timeStyle", "short")])
        .format(&Date::new(&JsValue::from_str(&instant.to_rfc3339())))
}

/// The time of an instant in the time zone of the browser: `2:05 PM`.
pub fn time(instant: DateTime<Utc>) -> String {
    date_format("time", &[("timeStyle", "short")])
        .format(&Date::new(&JsValue::from_str(&instant.to_rfc3339())))
}

/// The day of an instant in the time zone of the browser.
pub fn day_of(instant: DateTime<Utc>) -> NaiveDate {
    let date = Date::new(&JsValue::from_str(&instant.to_rfc3339()));
    i32::try_from(date.get_full_year())
        .ok()
        .and_then(|year| NaiveDate::from_ymd_opt(year, date.get_month() + 1, date.get_date()))
        .unwrap_or_default()
}

/// The instant at which a day begins in the time zone of the browser.
pub fn beginning(day: NaiveDate) -> Option<DateTime<Utc>> {
    // Without a time zone, a time is the browser's own.
    let text: String = Date::new(&JsValue::from_str(&format!("{day}T00:00:00"))).to_iso_string().into();
    text.parse().ok()
}

/// A day as seen from today: `12 days ago`, `tomorrow`.
pub fn relative_day(day: NaiveDate) -> String {
    relative_days((day - today()).num_days())
}

/// An instant as seen from now: `3 hours ago`.
pub fn relative(instant: DateTime<Utc>) -> String {
    let Some(now) = now() else { return self::instant(instant) };
    let passed = instant - now;
    if passed.num_hours().abs() >= 24 {
        return relative_days(passed.num_days());
    }
    if passed.num_minutes().abs() >= 60 {
        return relative_time(passed.num_hours(), "hour");
    }
    relative_time(passed.num_minutes(), "minute")
}

fn relative_days(days: i64) -> String {
    if days.abs() >= 60 { relative_time(days / 30, "month") } else { relative_time(days, "day") }
}

fn relative_time(value: i64, unit: &str) -> String {
    let ages = || intl::RelativeTimeFormat::new(&locale(), &options(&[("numeric", JsValue::from("auto"))]));
    let value = i32::try_from(value).unwrap_or(i32::MAX);
    AGES.with_borrow_mut(|known| known.get_or_insert_with(ages).format(value, unit))
}

thread_local! {
    /// What time it is in a sandbox.
    static CLOCK: Cell<Option<DateTime<Utc>>> = const { Cell::new(None) };
}

/// From now on it is this time: that of a sandbox, or that of the browser.
pub(crate) fn set_clock(clock: Option<DateTime<Utc>>) {
    CLOCK.set(clock);
}

fn clock() -> Date {
    match CLOCK.get() {
        Some(clock) => Date::new(&clock.to_rfc3339().into()),
        None => Date::new_0(),
    }
}

/// Now, by the clock of the browser; in a sandbox by its own.
pub fn now() -> Option<DateTime<Utc>> {
    let text: String = clock().to_iso_string().into();
    text.parse().ok()
}

/// Today, where the browser is; in a sandbox the day that it is there.
pub fn today() -> NaiveDate {
    let now = clock();
    i32::try_from(now.get_full_year())
        .ok()
        .and_then(|year| NaiveDate::from_ymd_opt(year, now.get_month() + 1, now.get_date()))
        .unwrap_or_default()
}

/// The hour of the day, where the browser is.
pub fn hour() -> u32 {
    Date::new_0().get_hours()
}

/// In capitals. The browser knows them; a table of our own would be a page's worth of code.
pub fn upper(text: &str) -> String {
    JsString::from(text).to_upper_case().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_typed_is_read_and_not_guessed() {
        let english = |text| read_number(text, ',', '.').map(|value| value.to_string());
        assert_eq!(english("1,234.50"), Some("1234.5".to_owned()));
        assert_eq!(english(" 12 "), Some("12".to_owned()));
        assert_eq!(english("-3"), Some("-3".to_owned()));
        for wrong in ["", "12,5", "1,23,456", "1.2.3", "1e3", "x", ",123", "1234,567"] {
            assert_eq!(english(wrong), None, "{wrong}");
        }
        let german = |text| read_number(text, '.', ',').map(|value| value.to_string());
        assert_eq!(german("1.234,5"), Some("1234.5".to_owned()));
        assert_eq!(german("12.5"), None, "could be meant as twelve and a half, or as a slip");
    }
}
