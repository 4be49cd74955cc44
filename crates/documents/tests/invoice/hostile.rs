//! Whatever comes in, an invoice comes out.

use chrono::{Datelike, NaiveDate};
use documents::{Brand, InvoiceDocument, Line, Paper, Party, Period, render_invoice};
use lopdf::Document;
use proptest::prelude::*;

use crate::fixture::{LOGOS, invoice, joined, logo, read};

#[test]
fn hostile_text_is_defused() {
    let nasty =
        "\u{202e}evil\u{2066}\r\n<script>alert(1)</script>\u{0}\u{7}) Tj ET (漢字 🎉 سلام \u{feff}\u{e000}";
    let mut doc = invoice();
    doc.customer.name = nasty.into();
    doc.number = Some("INV\r\nInjected: yes".into());
    let read = read(&doc);
    let text = read.all();
    assert!(joined(&text).contains("evil<script>alert(1)</script>)TjET(□□□□□□□□"), "{text}");
    assert!(text.contains("INV Injected: yes"));
    for gone in ['\u{202e}', '\u{2066}', '\u{feff}', '\u{0}', '漢', '🎉', 'س'] {
        assert!(!text.contains(gone), "{gone:?}");
    }
}

#[test]
fn enormous_text_everywhere_still_gives_an_invoice() {
    for huge in [
        "x".repeat(10_000),
        "word ".repeat(2_000),
        "e\u{301}\u{302}\u{303}".repeat(2_500),
        "\n".repeat(10_000),
    ] {
        let party = Party { name: huge.clone(), lines: vec![huge.clone(); 30], tax_id: Some(huge.clone()) };
        let doc = InvoiceDocument {
            brand: Brand {
                name: huge.clone(),
                footer: Some(huge.clone()),
                primary_color: huge.clone(),
                ..invoice().brand
            },
            title: huge.clone(),
            number: Some(huge.clone()),
            seller: party.clone(),
            customer: party,
            lines: vec![Line {
                description: huge.clone(),
                detail: Some(huge.clone()),
                quantity: huge.clone(),
                unit_price: huge.clone(),
                amount: huge.clone(),
            }],
            totals: vec![(huge.clone(), huge.clone())],
            total: huge.clone(),
            settled: vec![(huge.clone(), huge.clone())],
            amount_due: huge.clone(),
            purchase_order: Some(huge.clone()),
            notes: vec![huge.clone()],
            pay_url: Some(format!("https://{huge}")),
            ..invoice()
        };
        let pages = read(&doc).pages;
        assert!(pages[0].contains("Date of issue") && pages[0].contains("Due on 15 May 2026"));
    }
}

#[test]
fn an_empty_invoice_is_an_invoice() {
    let nobody = Party { name: String::new(), lines: vec![], tax_id: None };
    let doc = InvoiceDocument {
        brand: Brand {
            name: String::new(),
            logo: None,
            primary_color: String::new(),
            secondary_color: String::new(),
            footer: None,
        },
        title: String::new(),
        number: None,
        period: None,
        seller: nobody.clone(),
        customer: nobody,
        lines: vec![],
        totals: vec![],
        total: String::new(),
        amount_due: String::new(),
        purchase_order: None,
        notes: vec![],
        pay_url: None,
        ..invoice()
    };
    assert!(read(&doc).all().contains("Amount due"));
}

#[test]
fn logos_of_every_kind_take_the_place_of_the_name() {
    for (at, bytes) in LOGOS.into_iter().enumerate() {
        let mut doc = invoice();
        doc.brand.logo = Some(logo(bytes));
        let read = read(&doc);
        assert_eq!(read.images(), 1, "logo {at}");
        assert!(!read.all().contains("Northwind Managed IT"), "logo {at}");
        assert_eq!(read.with_name(b"S", b"Figure").len(), 1);
    }
}

#[test]
fn broken_logos_leave_the_name() {
    let bomb = [
        &b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"[..],
        &[0x7f, 0xff, 0xff, 0xff, 0x7f, 0xff, 0xff, 0xff],
        &[8, 6, 0, 0, 0],
    ]
    .concat();
    let cut = LOGOS[0].get(..60).unwrap();
    for bytes in [&b""[..], b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"GIF89a", &bomb, cut] {
        let mut doc = invoice();
        doc.brand.logo = Some(logo(bytes));
        let read = read(&doc);
        assert_eq!(read.images(), 0);
        assert!(read.all().contains("Northwind Managed IT"));
    }
}

/// Text of all scripts, heavy on what trips layouts.
fn text() -> impl Strategy<Value = String> {
    let tricky = prop::sample::select(
        "\u{0}\r\n\t \u{a0}\u{ad}\u{301}\u{323}\u{302}\u{200d}\u{202e}\u{2066}\u{feff}\u{fffe}\u{e000}\u{f8ff}\u{fb01}\u{1100}\u{ac00}\u{5d0}\u{627}漢🎉ǖṩ()<>\\%/fi−½"
            .chars()
            .collect::<Vec<_>>(),
    );
    let letter = prop_oneof![
        any::<char>(),
        tricky,
        prop::char::range('a', 'z'),
        prop::char::range('\u{300}', '\u{4ff}')
    ];
    prop::collection::vec(letter, 0..60).prop_map(String::from_iter)
}

/// One of the logos with a few bytes changed, or bytes made up.
fn some_logo() -> impl Strategy<Value = Vec<u8>> {
    let changed = (
        prop::sample::select(LOGOS.to_vec()),
        prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..4),
    )
        .prop_map(|(bytes, changes)| {
            let mut bytes = bytes.to_vec();
            for (at, byte) in changes {
                let at = at.index(bytes.len());
                bytes[at] = byte;
            }
            bytes
        });
    prop_oneof![4 => changed, 1 => prop::collection::vec(any::<u8>(), 0..200)]
}

fn some_day() -> impl Strategy<Value = NaiveDate> {
    (NaiveDate::MIN.num_days_from_ce()..=NaiveDate::MAX.num_days_from_ce())
        .prop_map(|days| NaiveDate::from_num_days_from_ce_opt(days).unwrap())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_input_fails_an_invoice(
        texts in prop::collection::vec(text(), 12),
        issued_on in some_day(),
        due_on in some_day(),
        paid_on in prop::option::of(some_day()),
        pay_url in prop::option::of(prop_oneof![text(), text().prop_map(|path| format!("https://example.com/{path}"))]),
        bytes in prop::option::of(some_logo()),
        count in 0usize..12,
        number in prop::option::of(text()),
    ) {
        let at = |at: usize| texts[at].clone();
        let party = Party { name: at(0), lines: texts.clone(), tax_id: Some(at(1)) };
        let line = Line { description: at(2), detail: Some(at(3)), quantity: at(4), unit_price: at(5), amount: at(6) };
        let doc = InvoiceDocument {
            paper: Paper::Letter,
            brand: Brand {
                name: at(7),
                logo: bytes.as_deref().map(logo),
                primary_color: at(8),
                secondary_color: "#ffffff".into(),
                footer: Some(at(9)),
            },
            title: at(10),
            corrects: number.clone().filter(|_| count % 2 == 0),
            number,
            issued_on,
            due_on,
            period: Some(Period { start: due_on, end: issued_on }),
            seller: party.clone(),
            customer: party,
            lines: vec![line; count],
            totals: vec![(at(1), at(2))],
            total: at(3),
            settled: vec![(at(5), at(6))],
            amount_due: at(4),
            paid_on,
            purchase_order: Some(at(11)),
            notes: texts.clone(),
            pay_url,
        };
        let bytes = render_invoice(&doc);
        prop_assert!(bytes.is_ok(), "{bytes:?}");
        prop_assert!(Document::load_mem(&bytes.unwrap()).is_ok());
    }
}
