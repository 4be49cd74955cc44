//! What an invoice says, and how the file describes itself.

use documents::{InvoiceDocument, Paper, render_invoice};
use lopdf::{Document, Object};

use crate::fixture::{day, invoice, joined, line, logo, read};

#[test]
fn an_invoice_says_all_it_was_given() {
    let read = read(&invoice());
    assert_eq!(read.pages.len(), 1);
    let text = read.all();
    for expected in [
        "Northwind Managed IT",
        "Invoice",
        "INV-2026-0042",
        "1 May 2026",
        "15 May 2026",
        "1 – 30 April 2026",
        "PO-7781",
        "Northwind Ltd.",
        "Zażółć Gęślą Sp. z o.o.",
        "1 Main Street",
        "Tax ID DE811907980",
        "Managed workstation",
        "68 used − 10 included = 58 × $25.00",
        "$25.00",
        "$1,450.00",
        "Subtotal",
        "Tax (5.5 %)",
        "$79.75",
        "Total",
        "$1,529.75",
        "Amount due",
        "Pay online",
        "pay.example.com",
        "Thank you.",
        "Bank: 011000015",
        "Registered in Maine no. 20-118822",
        "Page 1 of 1",
    ] {
        assert!(text.contains(expected), "{expected:?} is missing in {text}");
    }
    assert_eq!(read.link_targets(), ["https://pay.example.com/i/3f9c"]);
}

#[test]
fn a_credit_note_names_what_it_corrects_and_asks_for_nothing() {
    let doc = InvoiceDocument {
        title: "Credit note".into(),
        number: Some("INV-CN-000007".into()),
        corrects: Some("INV-2026-0042".into()),
        pay_url: None,
        ..invoice()
    };
    let text = read(&doc).all();
    for expected in
        ["Credit note", "INV-CN-000007", "Corrects invoice", "INV-2026-0042", "Credited", "$1,529.75"]
    {
        assert!(text.contains(expected), "{expected:?} is missing in {text}");
    }
    for unwanted in ["Amount due", "Date due", "Due on", "Pay online"] {
        assert!(!text.contains(unwanted), "{unwanted:?} is in {text}");
    }
}

#[test]
fn what_came_off_the_total_stands_between_it_and_what_is_due() {
    let settled = vec![("Credit used".to_owned(), "-$29.75".to_owned())];
    let text = read(&InvoiceDocument { settled, amount_due: "$1,500.00".into(), ..invoice() }).all();
    // The amount due is also in the box above.
    let rest = text.split("$1,529.75").last().unwrap();
    assert!(rest.contains("Credit used") && rest.contains("-$29.75") && rest.contains("$1,500.00"), "{text}");
}

#[test]
fn the_content_is_in_reading_order() {
    let doc = InvoiceDocument { total: "$1.01".into(), amount_due: "$1.02".into(), ..invoice() };
    let text = read(&doc).all();
    let mut from = 0;
    for next in [
        "Invoice",
        "INV-2026-0042",
        "Date of issue",
        "1 May 2026",
        "From",
        "Northwind Ltd.",
        "Bill to",
        "Zażółć",
        "Amount due",
        "$1.02",
        "Due on",
        "Pay online",
        "Description",
        "Amount",
        "Managed workstation",
        "58 × $25.00",
        "58",
        "$25.00",
        "$1,450.00",
        "Subtotal",
        "$1,450.00",
        "Total",
        "$1.01",
        "Amount due",
        "$1.02",
        "Notes",
        "Thank you.",
        "Page 1 of 1",
    ] {
        let at = text[from..].find(next);
        assert!(at.is_some(), "{next:?} does not follow in {}", &text[from..]);
        from += at.unwrap() + next.len();
    }
}

#[test]
fn the_same_invoice_gives_the_same_bytes() {
    let mut doc = invoice();
    doc.brand.logo = Some(logo(include_bytes!("logos/logo.png")));
    assert_eq!(render_invoice(&doc).unwrap(), render_invoice(&doc).unwrap());
}

#[test]
fn the_metadata_names_the_brand_and_nobody_else() {
    let bytes = render_invoice(&invoice()).unwrap();
    let mut file = Document::load_mem(&bytes).unwrap();
    let info =
        file.trailer.get(b"Info").and_then(|info| file.dereference(info)).unwrap().1.as_dict().unwrap();
    let value = |key: &[u8]| lopdf::decode_text_string(info.get(key).unwrap()).unwrap();
    assert_eq!(value(b"Title"), "Invoice INV-2026-0042");
    assert_eq!(value(b"Author"), "Northwind Managed IT");
    assert!(value(b"CreationDate").starts_with("D:20260501"));
    assert!(!info.has(b"Producer") && !info.has(b"Creator"));
    assert_eq!(file.catalog().unwrap().get(b"Lang").and_then(Object::as_str).unwrap(), b"en");

    file.decompress();
    let mut open = Vec::new();
    file.save_to(&mut open).unwrap();
    for hidden in ["bailiwick", "krilla", "typst"] {
        assert!(!String::from_utf8_lossy(&bytes).to_lowercase().contains(hidden));
        assert!(!String::from_utf8_lossy(&open).to_lowercase().contains(hidden));
    }
    let open = String::from_utf8_lossy(&open).into_owned();
    assert!(open.contains("<pdfaid:part>2</pdfaid:part>") && open.contains("<pdfuaid:part>1</pdfuaid:part>"));
}

#[test]
fn the_structure_is_tagged() {
    let read = read(&invoice());
    for (tag, count) in [("H1", 1), ("Table", 2), ("TR", 6), ("TH", 8), ("TD", 8), ("Link", 1)] {
        let found = read.with_name(b"S", tag.as_bytes()).len();
        assert_eq!(found, count, "{tag}");
    }
}

#[test]
fn paid_invoices_say_so_and_ask_for_nothing() {
    let doc = InvoiceDocument { paid_on: Some(day(2026, 5, 3)), amount_due: "$0.00".into(), ..invoice() };
    let read = read(&doc);
    assert!(read.all().contains("Paid on 3 May 2026") && read.all().contains("$0.00"));
    assert!(!read.all().contains("Pay online"));
    assert_eq!(read.link_targets(), Vec::<String>::new());
}

#[test]
fn only_web_addresses_become_links() {
    let read = read(&InvoiceDocument { pay_url: Some("javascript:alert(1)".into()), ..invoice() });
    assert!(!read.all().contains("Pay online"));
    assert_eq!(read.link_targets(), Vec::<String>::new());
}

#[test]
fn drafts_have_no_number() {
    let doc = InvoiceDocument { title: "Draft invoice".into(), number: None, period: None, ..invoice() };
    let text = read(&doc).all();
    assert!(text.contains("Draft invoice") && !text.contains("INV-") && !text.contains("Billing period"));
}

#[test]
fn paper_has_the_size_asked_for() {
    for (paper, expected) in [(Paper::A4, [595.276, 841.89]), (Paper::Letter, [612.0, 792.0])] {
        let read = read(&InvoiceDocument { paper, ..invoice() });
        let page = read.file.get_pages()[&1];
        let size = read.file.get_dictionary(page).unwrap().get(b"MediaBox").unwrap().as_array().unwrap();
        for (side, expected) in size[2..].iter().zip(expected) {
            assert!((side.as_float().unwrap() - expected).abs() < 0.01);
        }
    }
}

#[test]
fn many_lines_fill_pages_with_a_head_on_each() {
    let lines = (0..100).map(|at| line(&format!("Item number {at};"))).collect();
    let read = read(&InvoiceDocument { lines, ..invoice() });
    let count = read.pages.len();
    assert!(count >= 4, "{count}");
    for (at, page) in read.pages.iter().enumerate() {
        assert!(page.contains(&format!("Page {} of {count}", at + 1)));
        assert!(page.contains("INV-2026-0042"));
        if page.contains("Item number") {
            assert!(page.contains("Unit price"));
        }
    }
    let text = read.all();
    for at in 0..100 {
        assert_eq!(text.matches(&format!("Item number {at};")).count(), 1);
    }
    assert_eq!(text.matches("$1,450.00").count(), 101);
    // Repeated heads are decoration: whoever hears the table hears its head once.
    assert_eq!(read.with_name(b"S", b"TH").len(), 8);
}

#[test]
fn a_description_longer_than_a_page_loses_nothing() {
    let words: Vec<String> = (0..900).map(|at| format!("word{at}")).collect();
    let read = read(&InvoiceDocument { lines: vec![line(&words.join(" "))], ..invoice() });
    assert!(read.pages.len() > 1);
    let text = joined(&read.all());
    for word in words {
        assert!(text.contains(&word), "{word}");
    }
}

#[test]
fn a_long_name_wraps_whole() {
    let name = "Extraordinary Managed Services and Holdings of the North ".repeat(4).trim().to_owned();
    assert!(name.len() > 200);
    let mut doc = invoice();
    doc.brand.name.clone_from(&name);
    doc.customer.name.clone_from(&name);
    let read = read(&doc);
    assert_eq!(read.pages.len(), 1);
    assert_eq!(joined(&read.all()).matches(&joined(&name)).count(), 2);
}
