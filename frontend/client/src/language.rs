//! The language of the page. The English text is the key, as in gettext: it stands once, where it is named, and a
//! catalogue (`text/de.json` of an app) gives the same in another language. What a catalogue lacks stays English.
//!
//! A catalogue is fetched before the first page is made, and only by those who read its language.

use std::{cell::RefCell, collections::HashMap};

use leptos::prelude::{document, window};
use wasm_bindgen::{JsCast as _, JsValue};
use web_sys::RequestInit;

use crate::{fetch, json};

/// A language that the apps can be read in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Language {
    /// Its code, as in `<html lang>`.
    pub code: &'static str,
    /// What its speakers call it.
    pub name: &'static str,
}

/// The languages; the first is the one that the keys are in.
pub const LANGUAGES: &[Language] =
    &[Language { code: "en", name: "English" }, Language { code: "de", name: "Deutsch" }];

const KEY: &str = "language";

thread_local! {
    static CATALOGUE: RefCell<HashMap<String, &'static str>> = RefCell::default();
    static CURRENT: RefCell<Option<Language>> = const { RefCell::new(None) };
}

/// The language of this page view.
pub fn current() -> Language {
    CURRENT.with_borrow(|current| *current).unwrap_or(LANGUAGES[0])
}

fn storage() -> Option<web_sys::Storage> {
    window().local_storage().ok().flatten()
}

fn known(code: &str) -> Option<Language> {
    let code = code.split('-').next().unwrap_or_default();
    LANGUAGES.iter().copied().find(|language| language.code.eq_ignore_ascii_case(code))
}

/// What the person chose, else the first of the browser's languages that is known.
fn wanted() -> Language {
    let chosen = storage().and_then(|storage| storage.get_item(KEY).ok().flatten());
    let browser = window().navigator().languages();
    let browser = browser.iter().filter_map(|code| code.as_string()).find_map(|code| known(&code));
    chosen.and_then(|code| known(&code)).or(browser).unwrap_or(LANGUAGES[0])
}

/// Takes over a language from now on. What is on the page is not rewritten: the page is loaded anew.
pub fn choose(language: Language) {
    if let Some(storage) = storage() {
        // Where nothing may be kept, the browser's language stays.
        let _ = storage.set_item(KEY, language.code);
    }
    tell(language);
    let _ = window().location().reload();
}

/// Tells the server, which sends the sign-in page before there is an app: by a cookie of the same name.
fn tell(language: Language) {
    if let Ok(document) = document().dyn_into::<web_sys::HtmlDocument>() {
        let cookie = format!("{KEY}={}; path=/; max-age=31536000; samesite=lax; secure", language.code);
        let _ = document.set_cookie(&cookie);
    }
}

/// Fetches what the language needs. Without its catalogue the page is English.
pub async fn prepare() {
    let language = wanted();
    CURRENT.with_borrow_mut(|current| *current = Some(language));
    if language == LANGUAGES[0] {
        name_language(language);
        return;
    }
    let Some(address) = meta(&format!("text-{}", language.code)) else { return };
    let found = match fetch::send(&address, &RequestInit::new()).await {
        Ok(answer) if answer.ok() => fetch::text(&answer).await.ok(),
        _ => None,
    };
    let found = found.and_then(|text| json::read::<HashMap<String, String>>(&text));
    let Some(found) = found else {
        CURRENT.with_borrow_mut(|current| *current = None);
        name_language(LANGUAGES[0]);
        return;
    };
    // Kept as long as the page: text is handed on as `&'static str`.
    let found = found.into_iter().map(|(key, text)| (key, &*Box::leak(text.into_boxed_str()))).collect();
    CATALOGUE.with_borrow_mut(|catalogue| *catalogue = found);
    name_language(language);
}

/// What the server has sent may be in another.
fn name_language(language: Language) {
    if let Some(root) = document().document_element() {
        let _ = root.set_attribute("lang", language.code);
    }
}

/// What a `<meta>` of the page says.
pub fn meta(name: &str) -> Option<String> {
    document().query_selector(&format!("meta[name=\"{name}\"]")).ok()??.get_attribute("content")
}

/// The locale for numbers and dates: the browser's own, unless the person reads another language than it does.
pub(crate) fn locale() -> JsValue {
    let browser = window().navigator().language();
    let language = current();
    if browser.as_deref().and_then(known).is_some_and(|known| known == language) {
        return JsValue::UNDEFINED;
    }
    JsValue::from_str(language.code)
}

/// The text in the page's language.
pub fn tr(english: &'static str) -> &'static str {
    CATALOGUE.with_borrow(|catalogue| catalogue.get(english).copied()).unwrap_or(english)
}

/// The text in the page's language, with its parts put in.
pub fn fill(english: &'static str, parts: &[(&str, &str)]) -> String {
    put_in(tr(english), parts)
}

/// One or more of something: the text of its number, with the number put in as `{count}`.
pub fn count(one: &'static str, other: &'static str, count: i64) -> String {
    fill(if count == 1 { one } else { other }, &[("count", &crate::format::whole(count))])
}

fn put_in(mut text: &str, parts: &[(&str, &str)]) -> String {
    let mut done = String::new();
    // From left to right, so that what was put in is not looked at again.
    while let Some((before, rest)) = text.split_once('{') {
        done.push_str(before);
        let Some((name, after)) = rest.split_once('}') else { return done };
        let part = parts.iter().find(|(key, _)| *key == name).map_or("", |(_, part)| *part);
        done.push_str(part);
        text = after;
    }
    done.push_str(text);
    done
}

/// Names the texts of a module: `home = "Home";` makes `home()`, `ends(day) = "Ends {day}";` makes `ends(&day)`, and
/// `customers(#) = "{count} customer" | "{count} customers";` makes `customers(3)`.
#[macro_export]
macro_rules! texts {
    ($($rest:tt)*) => {
        /// Every text of the module, as catalogues name it.
        #[cfg(test)]
        pub const ALL: &[&str] = $crate::all_texts!([] $($rest)*);
        $crate::each_text!($($rest)*);
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! all_texts {
    ([$($done:literal,)*]) => { &[$($done,)*] };
    ([$($done:literal,)*] $name:ident = $text:literal; $($rest:tt)*) => { $crate::all_texts!([$($done,)* $text,] $($rest)*) };
    ([$($done:literal,)*] $name:ident(#) = $one:literal | $other:literal; $($rest:tt)*) => { $crate::all_texts!([$($done,)* $one, $other,] $($rest)*) };
    ([$($done:literal,)*] $name:ident($($part:ident),+) = $text:literal; $($rest:tt)*) => { $crate::all_texts!([$($done,)* $text,] $($rest)*) };
}

#[doc(hidden)]
#[macro_export]
macro_rules! each_text {
    () => {};
    ($name:ident = $text:literal; $($rest:tt)*) => {
        #[doc = $text]
        pub fn $name() -> &'static str { $crate::language::tr($text) }
        $crate::each_text!($($rest)*);
    };
    ($name:ident(#) = $one:literal | $other:literal; $($rest:tt)*) => {
        #[doc = $other]
        pub fn $name(count: i64) -> String { $crate::language::count($one, $other, count) }
        $crate::each_text!($($rest)*);
    };
    ($name:ident($($part:ident),+) = $text:literal; $($rest:tt)*) => {
        #[doc = $text]
        pub fn $name($($part: &str),+) -> String { $crate::language::fill($text, &[$((stringify!($part), $part)),+]) }
        $crate::each_text!($($rest)*);
    };
}

/// What is wrong with a catalogue of these texts: what it lacks, what nobody names, and parts that are not in both. For
/// the tests of those who name texts.
pub fn faults(all: &[&str], catalogue: &str) -> Vec<String> {
    let catalogue: HashMap<String, String> = match serde_json::from_str(catalogue) {
        Ok(catalogue) => catalogue,
        Err(error) => return vec![format!("not a catalogue: {error}")],
    };
    let missing = all.iter().filter(|text| !catalogue.contains_key(**text));
    let mut found: Vec<String> = missing.map(|text| format!("missing: {text}")).collect();
    for (english, text) in &catalogue {
        if !all.contains(&english.as_str()) {
            found.push(format!("nobody names: {english}"));
        }
        if parts(english) != parts(text) {
            found.push(format!("other parts: {english} | {text}"));
        }
    }
    found
}

/// The names of the parts that are put in, in order of the alphabet.
fn parts(text: &str) -> Vec<&str> {
    let mut found: Vec<_> =
        text.split('{').skip(1).filter_map(|rest| rest.split_once('}')).map(|(name, _)| name).collect();
    found.sort_unstable();
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_catalogue_with_faults_is_found_out() {
        let found = faults(&["a {x}", "b"], r#"{"a {x}": "A {y}", "c": "C"}"#);
        assert_eq!(found.len(), 3, "{found:?}");
        assert!(faults(&["a {x} {y}"], r#"{"a {x} {y}": "{y} A {x}"}"#).is_empty());
    }

    #[test]
    fn parts_are_put_in_once() {
        assert_eq!(put_in("{a} of {b}", &[("a", "{b}"), ("b", "2")]), "{b} of 2");
        assert_eq!(put_in("open {", &[]), "open ");
    }
}
