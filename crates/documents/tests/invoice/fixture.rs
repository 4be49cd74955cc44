//! An invoice to test with, and the reading back of files.

use chrono::NaiveDate;
use documents::{Brand, InvoiceDocument, Line, Logo, Paper, Party, Period, render_invoice};
use lopdf::{Document, Object};

pub(crate) fn day(year: i32, month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, month, day).unwrap()
}

pub(crate) fn party(name: &str) -> Party {
    Party { name: name.into(), lines: vec!["1 Main Street".into()], tax_id: Some("DE811907980".into()) }
}

pub(crate) fn line(description: &str) -> Line {
    Line {
        description: description.into(),
        detail: Some("68 used − 10 included = 58 × $25.00".into()),
        quantity: "58".into(),
        unit_price: "$25.00".into(),
        amount: "$1,450.00".into(),
    }
}

pub(crate) fn invoice() -> InvoiceDocument {
    InvoiceDocument {
        paper: Paper::A4,
        brand: Brand {
            name: "Northwind Managed IT".into(),
            logo: None,
            primary_color: "#1d4ed8".into(),
            secondary_color: "#0ea5e9".into(),
            footer: Some("Registered in Maine no. 20-118822".into()),
        },
        title: "Invoice".into(),
        number: Some("INV-2026-0042".into()),
        corrects: None,
        issued_on: day(2026, 5, 1),
        due_on: day(2026, 5, 15),
        period: Some(Period { start: day(2026, 4, 1), end: day(2026, 4, 30) }),
        seller: party("Northwind Ltd."),
        customer: party("Zażółć Gęślą Sp. z o.o."),
        lines: vec![line("Managed workstation")],
        totals: vec![("Subtotal".into(), "$1,450.00".into()), ("Tax (5.5 %)".into(), "$79.75".into())],
        total: "$1,529.75".into(),
        settled: Vec::new(),
        amount_due: "$1,529.75".into(),
        paid_on: None,
        purchase_order: Some("PO-7781".into()),
        notes: vec!["Thank you.\nBank: 011000015".into()],
        pay_url: Some("https://pay.example.com/i/3f9c".into()),
    }
}

/// A file read back.
pub(crate) struct Read {
    pub(crate) file: Document,
    /// The text of each page.
    pub(crate) pages: Vec<String>,
}

impl Read {
    pub(crate) fn all(&self) -> String {
        self.pages.concat()
    }

    pub(crate) fn with_name(&self, key: &[u8], value: &[u8]) -> Vec<&lopdf::Dictionary> {
        self.file
            .objects
            .values()
            .filter_map(|object| match object {
                Object::Stream(stream) => Some(&stream.dict),
                Object::Dictionary(dict) => Some(dict),
                _ => None,
            })
            .filter(|dict| dict.get(key).and_then(Object::as_name).is_ok_and(|name| name == value))
            .collect()
    }

    pub(crate) fn images(&self) -> usize {
        // The transparency of an image is an image of its own, in plain grey.
        let grey = |dict: &&lopdf::Dictionary| {
            dict.get(b"ColorSpace").and_then(Object::as_name).is_ok_and(|name| name == b"DeviceGray")
        };
        self.with_name(b"Subtype", b"Image").into_iter().filter(|dict| !grey(dict)).count()
    }

    pub(crate) fn link_targets(&self) -> Vec<String> {
        self.with_name(b"Subtype", b"Link")
            .into_iter()
            .map(|link| {
                let action = self.file.get_dict_in_dict(link, b"A").unwrap();
                String::from_utf8(action.get(b"URI").unwrap().as_str().unwrap().to_vec()).unwrap()
            })
            .collect()
    }
}

pub(crate) fn read(doc: &InvoiceDocument) -> Read {
    let bytes = render_invoice(doc).unwrap();
    let file = Document::load_mem(&bytes).unwrap();
    let pages = file.get_pages().into_keys().map(|page| file.extract_text(&[page]).unwrap()).collect();
    Read { file, pages }
}

/// Text with its line ends taken out, for what may wrap.
pub(crate) fn joined(text: &str) -> String {
    text.chars().filter(|ch| !ch.is_whitespace()).collect()
}

pub(crate) fn logo(bytes: &[u8]) -> Logo {
    Logo { content_type: "image/png".into(), bytes: bytes.to_vec() }
}

pub(crate) const LOGOS: [&[u8]; 7] = [
    include_bytes!("logos/logo.png"),
    include_bytes!("logos/palette.png"),
    include_bytes!("logos/logo.jpg"),
    include_bytes!("logos/cmyk.jpg"),
    include_bytes!("logos/grey.jpg"),
    include_bytes!("logos/lossless.webp"),
    include_bytes!("logos/lossy.webp"),
];
