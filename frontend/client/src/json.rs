//! Reading JSON. What Serde writes for each type that is read was a tenth of an app, and most of that `serde_json`'s ways
//! to tell what is wrong with a text and where. Nobody asks that here: an answer can be read, or it cannot.

use std::{borrow::Cow, fmt::Display};

use serde::{
    Deserializer,
    de::{
        self, DeserializeOwned, DeserializeSeed, Expected, MapAccess, SeqAccess, Unexpected, Visitor,
        value::StrDeserializer,
    },
    forward_to_deserialize_any,
};

/// Reads a value. None, where the text is not one of this type.
// One copy for each type: reading JSON is the larger part of an app.
#[inline(never)]
pub fn read<T: DeserializeOwned>(text: &str) -> Option<T> {
    let mut reader = Reader { text, at: 0 };
    let value = T::deserialize(&mut reader).ok()?;
    (reader.peek() == END).then_some(value)
}

/// It cannot be read.
#[derive(Debug)]
struct Unreadable;

impl Display for Unreadable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("unreadable")
    }
}

impl std::error::Error for Unreadable {}

// All of them, though all have a default: those would write sentences.
impl de::Error for Unreadable {
    fn custom<T: Display>(_: T) -> Self {
        Self
    }

    fn invalid_type(_: Unexpected, _: &dyn Expected) -> Self {
        Self
    }

    fn invalid_value(_: Unexpected, _: &dyn Expected) -> Self {
        Self
    }

    fn invalid_length(_: usize, _: &dyn Expected) -> Self {
        Self
    }

    fn unknown_variant(_: &str, _: &'static [&'static str]) -> Self {
        Self
    }

    fn unknown_field(_: &str, _: &'static [&'static str]) -> Self {
        Self
    }

    fn missing_field(_: &'static str) -> Self {
        Self
    }

    fn duplicate_field(_: &'static str) -> Self {
        Self
    }
}

type Read<T> = Result<T, Unreadable>;

/// What is found where nothing more stands; no text has it.
const END: u8 = 0;

struct Reader<'de> {
    text: &'de str,
    at: usize,
}

/// A number, as it stands there.
enum Number {
    Whole(i64),
    Float(f64),
}

// What is the same for all types.
impl<'de> Reader<'de> {
    /// What comes next, behind white space.
    fn peek(&mut self) -> u8 {
        while matches!(self.byte(), b' ' | b'\n' | b'\r' | b'\t') {
            self.at += 1;
        }
        self.byte()
    }

    fn byte(&self) -> u8 {
        self.text.as_bytes().get(self.at).copied().unwrap_or(END)
    }

    fn next(&mut self, wanted: u8) -> Read<()> {
        if self.peek() != wanted {
            return Err(Unreadable);
        }
        self.at += 1;
        Ok(())
    }

    /// Whether there is another element. The first has no comma before it.
    fn more(&mut self, first: &mut bool, end: u8) -> Read<bool> {
        if self.peek() == end {
            self.at += 1;
            return Ok(false);
        }
        if !std::mem::replace(first, false) {
            self.next(b',')?;
        }
        Ok(true)
    }

    fn word(&mut self, word: &str) -> Read<()> {
        self.peek();
        let rest = self.text.get(self.at..).ok_or(Unreadable)?;
        if !rest.starts_with(word) {
            return Err(Unreadable);
        }
        self.at += word.len();
        Ok(())
    }

    fn bool(&mut self) -> Read<bool> {
        let value = self.peek() == b't';
        self.word(if value { "true" } else { "false" })?;
        Ok(value)
    }

    fn number(&mut self) -> Read<Number> {
        self.peek();
        let from = self.at;
        while matches!(self.byte(), b'-' | b'+' | b'.' | b'e' | b'E' | b'0'..=b'9') {
            self.at += 1;
        }
        let text = self.text.get(from..self.at).ok_or(Unreadable)?;
        if text.bytes().any(|byte| matches!(byte, b'.' | b'e' | b'E')) {
            let value = float(text);
            return if value.is_finite() { Ok(Number::Float(value)) } else { Err(Unreadable) };
        }
        text.parse().map(Number::Whole).map_err(|_| Unreadable)
    }

    fn string(&mut self) -> Read<Cow<'de, str>> {
        self.next(b'"')?;
        let mut done = String::new();
        loop {
            let from = self.at;
            while !matches!(self.byte(), b'"' | b'\\' | END) {
                self.at += 1;
            }
            let piece = self.text.get(from..self.at).ok_or(Unreadable)?;
            let end = self.byte();
            self.at += 1;
            match end {
                b'"' if done.is_empty() => return Ok(Cow::Borrowed(piece)),
                b'"' => return Ok(Cow::Owned(done + piece)),
                b'\\' => {
                    done.push_str(piece);
                    done.push(self.escaped()?);
                }
                _ => return Err(Unreadable),
            }
        }
    }

    /// What stands for a character, behind the backslash.
    fn escaped(&mut self) -> Read<char> {
        let which = self.byte();
        self.at += 1;
        Ok(match which {
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => {
                let first = self.unit()?;
                let second = if (0xD800..0xDC00).contains(&first) {
                    self.word("\\u")?;
                    Some(self.unit()?)
                } else {
                    None
                };
                let mut read = char::decode_utf16([first].into_iter().chain(second));
                read.next().and_then(Result::ok).ok_or(Unreadable)?
            }
            b'"' | b'\\' | b'/' => which.into(),
            _ => return Err(Unreadable),
        })
    }

    /// Four hexadecimal digits.
    fn unit(&mut self) -> Read<u16> {
        let digits = self.text.get(self.at..self.at + 4).ok_or(Unreadable)?;
        self.at += 4;
        u16::from_str_radix(digits, 16).map_err(|_| Unreadable)
    }

    /// Passes over a value that nobody wants.
    fn skip(&mut self) -> Read<()> {
        let mut open = 0_usize;
        loop {
            match self.peek() {
                b'"' => drop(self.string()?),
                b'{' | b'[' => {
                    self.at += 1;
                    open += 1;
                }
                b'}' | b']' => {
                    self.at += 1;
                    open = open.checked_sub(1).ok_or(Unreadable)?;
                }
                END => return Err(Unreadable),
                // Of a number or a word, and what stands between values.
                _ => {
                    while !matches!(self.byte(), b'"' | b'{' | b'[' | b'}' | b']' | END)
                        && (open > 0 || self.byte() != b',')
                    {
                        self.at += 1;
                    }
                }
            }
            if open == 0 {
                return Ok(());
            }
        }
    }
}

/// The browser knows how to read one; a table of our own would be a page's worth of code.
#[cfg(target_family = "wasm")]
fn float(text: &str) -> f64 {
    wasm_bindgen::JsValue::from_str(text).unchecked_into_f64()
}

#[cfg(not(target_family = "wasm"))]
fn float(text: &str) -> f64 {
    text.parse().unwrap_or(f64::NAN)
}

impl<'de> Deserializer<'de> for &mut Reader<'de> {
    type Error = Unreadable;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Read<V::Value> {
        match self.peek() {
            b'{' => self.deserialize_map(visitor),
            b'[' => self.deserialize_seq(visitor),
            b'"' => self.deserialize_str(visitor),
            b't' | b'f' => self.deserialize_bool(visitor),
            b'n' => self.deserialize_unit(visitor),
            _ => match self.number()? {
                Number::Whole(value) => visitor.visit_i64(value),
                Number::Float(value) => visitor.visit_f64(value),
            },
        }
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Read<V::Value> {
        self.next(b'{')?;
        visitor.visit_map(Elements { reader: self, first: true })
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Read<V::Value> {
        self.next(b'[')?;
        visitor.visit_seq(Elements { reader: self, first: true })
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, _: usize, visitor: V) -> Read<V::Value> {
        self.next(b'[')?;
        let value = visitor.visit_seq(Elements { reader: &mut *self, first: true })?;
        // Who knows how many there are does not ask for one more, which is what reads the end.
        self.next(b']')?;
        Ok(value)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        length: usize,
        visitor: V,
    ) -> Read<V::Value> {
        self.deserialize_tuple(length, visitor)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Read<V::Value> {
        self.deserialize_map(visitor)
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Read<V::Value> {
        visitor.visit_str(&self.string()?)
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Read<V::Value> {
        self.deserialize_str(visitor)
    }

    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Read<V::Value> {
        self.deserialize_str(visitor)
    }

    /// Of a choice, the contract knows the name alone.
    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Read<V::Value> {
        visitor.visit_enum(StrDeserializer::new(&self.string()?))
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Read<V::Value> {
        if self.peek() == b'n' {
            self.word("null")?;
            return visitor.visit_none();
        }
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Read<V::Value> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Read<V::Value> {
        visitor.visit_bool(self.bool()?)
    }

    fn deserialize_i64<V: Visitor<'de>>(self, visitor: V) -> Read<V::Value> {
        match self.number()? {
            Number::Whole(value) => visitor.visit_i64(value),
            Number::Float(_) => Err(Unreadable),
        }
    }

    fn deserialize_i32<V: Visitor<'de>>(self, visitor: V) -> Read<V::Value> {
        self.deserialize_i64(visitor)
    }

    fn deserialize_u16<V: Visitor<'de>>(self, visitor: V) -> Read<V::Value> {
        self.deserialize_i64(visitor)
    }

    fn deserialize_u32<V: Visitor<'de>>(self, visitor: V) -> Read<V::Value> {
        self.deserialize_i64(visitor)
    }

    fn deserialize_u64<V: Visitor<'de>>(self, visitor: V) -> Read<V::Value> {
        self.deserialize_i64(visitor)
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Read<V::Value> {
        self.word("null")?;
        visitor.visit_unit()
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Read<V::Value> {
        self.skip()?;
        visitor.visit_unit()
    }

    forward_to_deserialize_any! {
        i8 i16 i128 u8 u128 f32 f64 char bytes byte_buf unit_struct
    }
}

/// What stands between brackets, or braces.
struct Elements<'a, 'de> {
    reader: &'a mut Reader<'de>,
    first: bool,
}

impl<'de> SeqAccess<'de> for Elements<'_, 'de> {
    type Error = Unreadable;

    fn next_element_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Read<Option<S::Value>> {
        if self.reader.more(&mut self.first, b']')? {
            seed.deserialize(&mut *self.reader).map(Some)
        } else {
            Ok(None)
        }
    }
}

impl<'de> MapAccess<'de> for Elements<'_, 'de> {
    type Error = Unreadable;

    fn next_key_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Read<Option<S::Value>> {
        if !self.reader.more(&mut self.first, b'}')? {
            return Ok(None);
        }
        let key = seed.deserialize(&mut *self.reader)?;
        self.reader.next(b':')?;
        Ok(Some(key))
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Read<S::Value> {
        seed.deserialize(&mut *self.reader)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use serde::Deserialize;
    use serde_json::Value;

    use super::*;

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(rename_all = "lowercase")]
    enum Color {
        Red,
    }

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(tag = "kind", rename_all = "lowercase")]
    enum Shape {
        Circle { radius: i64 },
    }

    #[derive(Debug, PartialEq, Deserialize)]
    struct Inner {
        size: u32,
    }

    #[derive(Debug, PartialEq, Deserialize)]
    struct Outer {
        #[serde(flatten)]
        inner: Inner,
        name: String,
        color: Option<Color>,
        shapes: Vec<Shape>,
    }

    #[test]
    fn values_of_all_kinds_are_read() {
        let text = r#" {"name": "a\"b", "left": [{"out": "}]"}, 1.5e3, null, true], "size": 3,
            "color": "red", "shapes": [{"kind": "circle", "radius": -2}], "also": -1 } "#;
        let outer = Outer {
            inner: Inner { size: 3 },
            name: "a\"b".to_owned(),
            color: Some(Color::Red),
            shapes: vec![Shape::Circle { radius: -2 }],
        };
        assert_eq!(read(text), Some(outer));
        assert_eq!(read("[]"), Some(Vec::<String>::new()));
        assert_eq!(read("null"), Some(None::<Color>));
        assert_eq!(
            read::<HashMap<String, f64>>(r#"{"a": 4.25}"#),
            Some(HashMap::from([("a".to_owned(), 4.25)]))
        );
    }

    #[test]
    fn it_reads_what_serde_json_reads() {
        for text in [
            r#""\u00e4\ud83d\ude00\n\t\/\\\b\f\r ü""#,
            r#"{"a": [1, -2, 0.5, 1e-3, [], {}], "b": {"c": null, "d": [true, false]}}"#,
            "9223372036854775807",
            " [ 1 , 2 ] ",
            r#""""#,
        ] {
            assert_eq!(read::<Value>(text), serde_json::from_str(text).ok(), "{text}");
        }
    }

    #[test]
    fn evidence_of_an_invoice_is_read() {
        let text = r#"{"rules": 1, "parts": [{"from": "2026-03-05", "until": "2026-04-01", "plan": {"id": "pln_01jd5t8x7m0000000000000000", "version": 2, "name": "Désk",
            "currency": "USD", "base_fee": "50", "components": [
                {"metric": "storage", "name": "Storage", "unit": "GB", "price": {"model": "graduated",
                    "tiers": [{"from": "0", "up_to": "10", "unit_price": "5"}, {"from": "10", "up_to": null,
                        "unit_price": "4", "flat_fee": "1"}],
                    "aggregation": {"function": "time_weighted_sum", "readings": "levels", "per": "period"},
                    "filters": [{"property": "vault", "values": ["a", "b"]}], "group_by": ["vault"],
                    "quantity_rounding": {"mode": "half_up", "decimals": 2},
                    "discounts": [{"name": "Early", "percent": "5"}], "minimum": "3"}},
                {"metric": "calls", "name": "Calls", "unit": "call", "price": {"model": "percentage", "rate": "1.5",
                    "free_transactions": 3}}],
            "adjustments": {"discounts": [{"name": "Loyal", "amount": "7.5"}], "maximum": "900"}},
            "days_served": 27, "days_of_period": 31, "begin": "2026-03-05T05:00:00Z",
            "end": "2026-04-01T04:00:00.000001Z", "period_micros": 2674800000000, "usage": [
                {"metric": "storage", "count": 1, "events": [{"at": "2026-03-10T00:00:00.500Z", "id": "e\u00e9",
                    "quantity": "700.5", "amount": "-1", "properties": {"vault": "a", "other": ""}}],
                    "opening_levels": [{"group": {"vault": "b"}, "level": "100"}]},
                {"metric": "calls", "quantity": "68.25", "count": 4}]}],
            "lines": [{"from": "2026-03-05", "until": "2026-04-01", "kind": "usage", "metric": "storage", "description": "Storage", "group": {"vault": "a"},
                "used": "1", "included": "0", "quantity": "1", "amount": {"amount_minor": -5, "currency": "USD"}}],
            "total": {"amount_minor": 9007199254740993, "currency": "USD"}}"#;
        let wanted: domain::evidence::Evidence = serde_json::from_str(text).unwrap();
        assert_eq!(read(text), Some(wanted));
    }

    #[test]
    fn pairs_are_read_to_their_end() {
        let pairs = vec![("a".to_owned(), 1), ("b".to_owned(), 2)];
        assert_eq!(read::<Vec<(String, i64)>>(r#"[["a", 1], ["b",2 ]]"#), Some(pairs));
        assert_eq!(read::<(i64, i64)>("[1, 2, 3]"), None);
        assert_eq!(read::<(i64, i64)>("[1]"), None);
    }

    #[test]
    fn what_cannot_be_read_is_told_apart() {
        for text in [
            "",
            "{",
            "[1",
            "[1 2]",
            "[1,]x",
            "{\"a\" 1}",
            "\"a",
            "\"\\x\"",
            "\"\\ud83d\"",
            "\"\\ud83d\\u0041\"",
            "tru",
            "1 2",
            "-",
            "1e",
            "{\"a\": }",
            "nul",
            "\"\\u12\"",
        ] {
            assert_eq!(read::<Value>(text), None, "{text}");
        }
        for text in [
            r#"{"size": -1}"#,
            r#"{"size": "1"}"#,
            "{}",
            r#"{"size": 1.5}"#,
            r#"{"left": [1}"#,
            r#"{"left": "#,
        ] {
            assert_eq!(read::<Inner>(text), None, "{text}");
        }
        assert_eq!(read::<Color>("\"blue\""), None);
    }
}
