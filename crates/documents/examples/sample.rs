//! Writes sample invoices to look at: `cargo run -p documents --example sample -- <directory>`.

use std::path::PathBuf;

use chrono::NaiveDate;
use documents::{Brand, InvoiceDocument, Line, Logo, Paper, Party, Period, render_invoice};

type Failure = Box<dyn std::error::Error>;

fn main() -> Result<(), Failure> {
    let directory = PathBuf::from(std::env::args().nth(1).ok_or("name a directory to write to")?);
    std::fs::create_dir_all(&directory)?;
    for (name, doc) in samples()? {
        std::fs::write(directory.join(name).with_extension("pdf"), render_invoice(&doc)?)?;
    }
    Ok(())
}

fn samples() -> Result<Vec<(&'static str, InvoiceDocument)>, Failure> {
    let plain = invoice()?;
    let mut samples = vec![("one-page", plain.clone())];

    let mut branded = plain.clone();
    branded.brand.logo = Some(logo([0x10, 0x18, 0x28, 0xff])?);
    branded.paper = Paper::Letter;
    samples.push(("dark-logo-letter", branded));

    let mut white = plain.clone();
    white.brand.logo = Some(logo([0xff, 0xff, 0xff, 0xff])?);
    white.paid_on = NaiveDate::from_ymd_opt(2026, 5, 3);
    white.amount_due = "$0.00".into();
    white.purchase_order = None;
    samples.push(("white-logo-paid", white));

    let mut many = plain.clone();
    many.lines = (1..=10).flat_map(|_| plain.lines.clone()).collect();
    samples.push(("many-lines", many));

    let mut long = plain.clone();
    let name = "The Extraordinarily Long-Winded and Thoroughly Incorporated Society of Managed Service Providers, \
        Network Engineers, Backup Administrators and Their Associated Holding Companies of the Northern Territories Ltd.";
    long.brand.name = name.into();
    long.seller.name = name.into();
    long.customer.name = "Unternehmensberatungsgesellschaftsverwaltung".repeat(4);
    long.number = Some("INV-".to_owned() + &"0123456789".repeat(6));
    long.purchase_order = Some("PO/2026/04/WAREHOUSE-NORTH/APPROVED-BY-FINANCE/0004711".into());
    if let Some(line) = long.lines.first_mut() {
        line.description = "A description that goes on and on, as descriptions do. ".repeat(12);
        line.unit_price = "$1,234,567,890,123.4567".into();
    }
    long.notes.push("Ελληνικά · Кириллица · Việt Nam · 日本 🎉 · 1\u{202f}234,50\u{a0}€".into());
    long.brand.primary_color = "#ffe600".into();
    samples.push(("long-names", long));

    let mut draft = plain;
    draft.title = "Draft invoice".into();
    draft.number = None;
    draft.pay_url = None;
    draft.period = None;
    draft.lines.truncate(1);
    draft.brand.primary_color = "#7c2d12".into();
    draft.brand.secondary_color = "#f59e0b".into();
    samples.push(("draft", draft));
    Ok(samples)
}

fn invoice() -> Result<InvoiceDocument, Failure> {
    let day = |month, day| NaiveDate::from_ymd_opt(2026, month, day).ok_or("no such day");
    let line = |description: &str, detail: Option<&str>, [quantity, unit_price, amount]: [&str; 3]| Line {
        description: description.into(),
        detail: detail.map(Into::into),
        quantity: quantity.into(),
        unit_price: unit_price.into(),
        amount: amount.into(),
    };
    Ok(InvoiceDocument {
        paper: Paper::A4,
        brand: Brand {
            name: "Northwind Managed IT".into(),
            logo: None,
            primary_color: "#1d4ed8".into(),
            secondary_color: "#0ea5e9".into(),
            footer: Some(
                "Northwind Managed IT Ltd. · 12 Harbour Street, Portland, ME 04101 · Registered in Maine no. 20-118822 \
                 · billing@northwind.example · +1 207 555 0132"
                    .into(),
            ),
        },
        title: "Invoice".into(),
        number: Some("INV-2026-0042".into()),
        corrects: None,
        issued_on: day(5, 1)?,
        due_on: day(5, 15)?,
        period: Some(Period { start: day(4, 1)?, end: day(4, 30)? }),
        seller: Party {
            name: "Northwind Managed IT Ltd.".into(),
            lines: ["12 Harbour Street", "Portland, ME 04101", "United States", "billing@northwind.example"]
                .map(Into::into)
                .into(),
            tax_id: Some("98-7654321".into()),
        },
        customer: Party {
            name: "Contoso Dental Group".into(),
            lines: ["Accounts Payable", "480 Congress Street, Suite 3", "Portland, ME 04101", "ap@contoso.example"]
                .map(Into::into)
                .into(),
            tax_id: Some("12-3456789".into()),
        },
        lines: vec![
            line(
                "Managed workstation",
                Some("68 used − 10 included = 58 × $25.00"),
                ["58", "$25.00", "$1,450.00"],
            ),
            line("Cloud backup, protected devices", Some("1 April – 30 April 2026"), ["21", "$8.50", "$178.50"]),
            line("Backup storage", Some("1,284.6 GB average − 500 GB included"), ["784.6 GB", "$0.0450", "$35.31"]),
            line("Microsoft 365 Business Premium, annual term", None, ["34", "$22.00", "$748.00"]),
            line("Onboarding credit", None, ["1", "−$150.00", "−$150.00"]),
        ],
        totals: [("Subtotal", "$2,261.81"), ("Discount (5 % loyalty)", "−$113.09"), ("Sales tax (5.5 %)", "$118.18")]
            .map(|(label, amount)| (label.to_owned(), amount.to_owned()))
            .into(),
        total: "$2,266.90".into(),
        settled: Vec::new(),
        amount_due: "$2,266.90".into(),
        paid_on: None,
        purchase_order: Some("PO-7781".into()),
        notes: vec![
            "Thank you for your business. Please quote the invoice number with your payment.\n\
             Bank transfer: First Example Bank · Routing 011000015 · Account 000123456789"
                .into(),
        ],
        pay_url: Some("https://pay.northwind.example/i/3f9c1a77".into()),
    })
}

/// A drawn stand-in for a logo: three bars and a disc, on nothing.
fn logo(pixel: [u8; 4]) -> Result<Logo, Failure> {
    let (width, height) = (900u32, 240u32);
    let mut data = Vec::new();
    for y in 0..height {
        for x in 0..width {
            let (dx, dy) = (x.abs_diff(120), y.abs_diff(120));
            let disc = dx * dx + dy * dy < 110 * 110 && dx * dx + dy * dy > 60 * 60;
            let bar = (280..880).contains(&x) && matches!(y, 40..=80 | 100..=140 | 160..=200) && x + y < 960;
            data.extend(if disc || bar { pixel } else { [0; 4] });
        }
    }
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, width, height);
    encoder.set_color(png::ColorType::Rgba);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.write_header()?.write_image_data(&data)?;
    Ok(Logo { content_type: "image/png".into(), bytes })
}
