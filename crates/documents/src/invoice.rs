//! The parts of an invoice, from top to bottom.

use std::num::NonZeroU16;

use chrono::Datelike;
use krilla::metadata::{DateTime, Metadata};
use krilla::tagging::Tag;

use crate::canvas::{Area, Group, Role};
use crate::color::{HAIRLINE, INK, MUTED, PAID, SOFT};
use crate::font::{CAP_HEIGHT, Fonts, Run, Style};
use crate::page::{Column, MARGIN, Sheet, heading, height_of};
use crate::{DocumentError, InvoiceDocument, Party, date, link, logo, table};

const LOGO_WIDTH: f32 = 160.0;
const LOGO_HEIGHT: f32 = 48.0;
/// The space around a logo that needs a dark background.
const PLATE: f32 = 8.0;
/// The lines a party's name and address may take, so that the head stays on the first page.
const PARTY_LINES: usize = 16;

pub(crate) fn render(doc: &InvoiceDocument) -> Result<Vec<u8>, DocumentError> {
    let fonts = Fonts::load()?;
    let mut sheet = Sheet::new(doc, &fonts);
    head(&mut sheet, doc);
    facts(&mut sheet, doc);
    parties(&mut sheet, doc);
    summary(&mut sheet, doc);
    table::lines(&mut sheet, doc);
    table::totals(&mut sheet, doc);
    notes(&mut sheet, doc);
    let title = heading(doc, &fonts);
    sheet.finish().write(&fonts, metadata(doc, &fonts, &title), &title)
}

fn metadata(doc: &InvoiceDocument, fonts: &Fonts, title: &str) -> Metadata {
    let day = doc.issued_on;
    let small = |value: u32| u8::try_from(value).unwrap_or(1);
    let created = DateTime::new(u16::try_from(day.year()).unwrap_or(0))
        .month(small(day.month()))
        .day(small(day.day()))
        .hour(0)
        .minute(0)
        .second(0)
        .utc_offset_hour(0)
        .utc_offset_minute(0);
    let author: String = fonts.clean(&doc.brand.name).chars().take(200).collect();
    let metadata = Metadata::new().title(title.to_owned()).language("en".to_owned()).creation_date(created);
    if author.is_empty() { metadata } else { metadata.authors(vec![author]) }
}

/// Logo or name on the left, title and number on the right.
fn head(sheet: &mut Sheet<'_>, doc: &InvoiceDocument) {
    let half = sheet.width() / 2.0 - 10.0;
    let top = sheet.y;
    let group = sheet.canvas.section(Tag::Div);
    let left_end = match doc.brand.logo.as_ref().and_then(|logo| logo::decode(&logo.bytes)) {
        Some(picture) => draw_logo(sheet, doc, group, picture),
        None => brand_name(sheet, doc, group, half),
    };

    let fonts = sheet.fonts;
    let column = Column::right(MARGIN + half + 20.0, half);
    let title = fonts.clean(&doc.title);
    let label = heading(doc, fonts);
    let lines = fonts.wrap(&title, Style::semibold(22.0, INK), half, 2);
    let group = sheet.canvas.section(Tag::Hn(NonZeroU16::MIN, Some(label)));
    let mut right_end = sheet.place(&lines, top - 4.0, column, Role::Content(group));
    if let Some(number) = doc.number.as_deref() {
        let lines = fonts.wrap(&fonts.clean(number), Style::regular(10.5, SOFT), half, 2);
        let group = sheet.canvas.section(Tag::P);
        right_end = sheet.place(&lines, right_end, column, Role::Content(group));
    }
    sheet.y = left_end.max(right_end) + 20.0;
}

fn draw_logo(sheet: &mut Sheet<'_>, doc: &InvoiceDocument, group: Group, picture: logo::Picture) -> f32 {
    let plate = if picture.needs_dark_plate { PLATE } else { 0.0 };
    let room = (LOGO_WIDTH - 2.0 * plate, LOGO_HEIGHT - 2.0 * plate);
    // A small picture grows no larger than one point for each of its pixels.
    let scale = (room.0 / picture.width).min(room.1 / picture.height).min(1.0);
    let (width, height) = (picture.width * scale, picture.height * scale);
    let y = sheet.y - 2.0;
    if plate > 0.0 {
        let area = Area { x: MARGIN, y, width: width + 2.0 * plate, height: height + 2.0 * plate };
        let primary = sheet.palette.primary;
        let color = if primary.text_on_top() == INK { INK } else { primary };
        sheet.canvas.fill(area, 5.0, color);
    }
    let name = sheet.fonts.clean(&doc.brand.name);
    let alternative = if name.is_empty() { "Logo".to_owned() } else { format!("Logo of {name}") };
    let figure = sheet.canvas.group(group, Tag::Figure(Some(alternative)));
    sheet.canvas.image(Area { x: MARGIN + plate, y: y + plate, width, height }, picture.image, figure);
    y + height + 2.0 * plate
}

/// The name as large as it fits in three lines.
fn brand_name(sheet: &mut Sheet<'_>, doc: &InvoiceDocument, group: Group, width: f32) -> f32 {
    let name = sheet.fonts.clean(&doc.brand.name);
    let accent = sheet.palette.accent;
    let fit = |size: f32| sheet.fonts.wrap(&name, Style::semibold(size, accent), width, 7);
    let lines =
        [20.0, 16.0, 13.0].into_iter().map(fit).find(|lines| lines.len() <= 3).unwrap_or_else(|| fit(10.5));
    let group = sheet.canvas.group(group, Tag::P);
    sheet.place(&lines, sheet.y - 3.0, Column::left(MARGIN, width), Role::Content(group))
}

/// Dates, period and purchase order, side by side between two hairlines.
fn facts(sheet: &mut Sheet<'_>, doc: &InvoiceDocument) {
    let second = match &doc.corrects {
        Some(number) => ("Corrects invoice", sheet.fonts.clean(number)),
        None => ("Date due", date::long(doc.due_on)),
    };
    let mut facts = vec![("Date of issue", date::long(doc.issued_on)), second];
    if let Some(period) = doc.period {
        facts.push(("Billing period", date::range(period)));
    }
    if let Some(order) =
        doc.purchase_order.as_deref().map(|order| sheet.fonts.clean(order)).filter(|o| !o.is_empty())
    {
        facts.push(("Purchase order", order));
    }
    sheet.rule(MARGIN, sheet.width(), 0.5, HAIRLINE);
    let top = sheet.y + 9.0;
    let share = sheet.width() / if facts.len() > 3 { 4.0 } else { 3.0 };
    let list = sheet.canvas.section(Tag::Div);
    let mut end = top;
    let mut x = MARGIN;
    for (label, value) in facts {
        let column = Column::left(x, share - 12.0);
        let below = labelled(sheet, label, column, top, list);
        let lines = sheet.fonts.wrap(&value, Style::semibold(9.5, INK), column.width, 4);
        let group = sheet.canvas.group(list, Tag::P);
        end = sheet.place(&lines, below + 1.5, column, Role::Content(group)).max(end);
        x += share;
    }
    sheet.y = end + 8.0;
    sheet.rule(MARGIN, sheet.width(), 0.5, HAIRLINE);
    sheet.y += 16.0;
}

/// A small grey label; returns where it ends.
fn labelled(sheet: &mut Sheet<'_>, label: &str, column: Column, top: f32, parent: Group) -> f32 {
    let group = sheet.canvas.group(parent, Tag::P);
    let label = sheet.fonts.shape(label, Style::regular(8.0, MUTED));
    sheet.place(&[label], top, column, Role::Content(group))
}

fn parties(sheet: &mut Sheet<'_>, doc: &InvoiceDocument) {
    let half = sheet.width() / 2.0 - 14.0;
    let top = sheet.y;
    let left = party(sheet, "From", &doc.seller, Column::left(MARGIN, half), top);
    let right = party(sheet, "Bill to", &doc.customer, Column::left(MARGIN + half + 28.0, half), top);
    sheet.y = left.max(right) + 18.0;
}

fn party(sheet: &mut Sheet<'_>, label: &str, party: &Party, column: Column, top: f32) -> f32 {
    let fonts = sheet.fonts;
    let section = sheet.canvas.section(Tag::Div);
    let mut y = labelled(sheet, label, column, top, section) + 2.0;
    let mut put = |text: &str, style: Style, max_lines: usize| {
        let text = fonts.clean(text);
        if text.is_empty() || max_lines == 0 {
            return 0;
        }
        let lines = fonts.wrap(&text, style, column.width, max_lines);
        let group = sheet.canvas.group(section, Tag::P);
        y = sheet.place(&lines, y, column, Role::Content(group)) + 0.5;
        lines.len()
    };
    let soft = Style::regular(9.0, SOFT);
    let mut room = PARTY_LINES;
    room -= put(&party.name, Style::semibold(10.0, INK), 7);
    for line in &party.lines {
        room -= put(line, soft, room.min(2));
    }
    if let Some(id) = party.tax_id.as_deref().filter(|id| !id.trim().is_empty()) {
        put(&format!("Tax ID {id}"), soft, 2);
    }
    y
}

/// What matters most, in a box of its own: the amount, and how to pay it or when it was paid.
fn summary(sheet: &mut Sheet<'_>, doc: &InvoiceDocument) {
    const INSET: f32 = 13.0;
    let fonts = sheet.fonts;
    let (label, amount) = match (&doc.corrects, doc.paid_on) {
        (Some(_), _) => ("Credited", &doc.total),
        (None, Some(_)) => ("Total", &doc.total),
        (None, None) => ("Amount due", &doc.amount_due),
    };
    let column = Column::left(MARGIN + INSET, sheet.width() * 0.6 - INSET);
    let amount = fonts.wrap(&fonts.clean(amount), Style::semibold(20.0, INK), column.width, 2);
    let when = match doc.paid_on {
        _ if doc.corrects.is_some() => {
            fonts.shape(format!("On {}", date::long(doc.issued_on)), Style::regular(9.0, SOFT))
        }
        Some(day) => fonts.shape(format!("Paid on {}", date::long(day)), Style::semibold(9.0, PAID)),
        None => fonts.shape(format!("Due on {}", date::long(doc.due_on)), Style::regular(9.0, SOFT)),
    };
    let label_height = Style::regular(8.0, MUTED).line_height();
    let height = label_height + height_of(&amount) + when.style.line_height() + 2.0 * INSET - 6.0;
    sheet.ensure(height + 20.0);

    let top = sheet.y;
    let tint = sheet.palette.tint;
    sheet.canvas.fill(Area { x: MARGIN, y: top, width: sheet.width(), height }, 6.0, tint);
    let section = sheet.canvas.section(Tag::Div);
    let mut y = labelled(sheet, label, column, top + INSET - 3.0, section);
    for lines in [&amount[..], &[when]] {
        let group = sheet.canvas.group(section, Tag::P);
        y = sheet.place(lines, y, column, Role::Content(group));
    }
    let (right, middle) = (MARGIN + sheet.width() - INSET, top + height / 2.0);
    if doc.paid_on.is_some() {
        stamp(sheet, right, middle, section);
    } else if let Some(target) = doc.pay_url.as_deref().and_then(link::web_address) {
        pay_button(sheet, target, right, middle, section);
    }
    sheet.y = top + height + 18.0;
}

fn stamp(sheet: &mut Sheet<'_>, right: f32, middle: f32, section: Group) {
    let run = sheet.fonts.shape("✓ Paid", Style::semibold(11.0, crate::color::WHITE));
    let group = sheet.canvas.group(section, Tag::P);
    pill(sheet, run, right, middle, PAID, group);
}

fn pay_button(sheet: &mut Sheet<'_>, target: link::WebAddress, right: f32, middle: f32, section: Group) {
    let primary = sheet.palette.primary;
    let run = sheet.fonts.shape("Pay online", Style::semibold(11.0, primary.text_on_top()));
    let group = sheet.canvas.group(section, Tag::Link);
    let host = sheet.fonts.clean(&target.host);
    let host = sheet.fonts.wrap(&host, Style::regular(7.5, MUTED), 180.0, 1);
    let area = pill(sheet, run, right, middle - 6.0, primary, group);
    let below = sheet.canvas.group(section, Tag::P);
    sheet.place(&host, area.y + area.height + 3.0, Column::right(right - 180.0, 180.0), Role::Content(below));
    sheet.canvas.link(area, target.address, format!("Pay online at {}", target.host), group);
}

/// A word on a rounded area, which it returns.
fn pill(
    sheet: &mut Sheet<'_>,
    run: Run,
    right: f32,
    middle: f32,
    color: crate::color::Rgb,
    group: Group,
) -> Area {
    let (width, height) = (run.width + 32.0, 27.0);
    let area = Area { x: right - width, y: middle - height / 2.0, width, height };
    sheet.canvas.fill(area, 5.0, color);
    let baseline = middle + run.style.size * CAP_HEIGHT / 2.0;
    let page = sheet.canvas.last_page();
    sheet.canvas.text_on(page, area.x + 16.0, baseline, run, Role::Content(group));
    area
}

fn notes(sheet: &mut Sheet<'_>, doc: &InvoiceDocument) {
    let fonts = sheet.fonts;
    let style = Style::regular(9.0, SOFT);
    let column = Column::left(MARGIN, sheet.width() * 0.8);
    let paragraphs: Vec<String> = doc.notes.iter().flat_map(|note| fonts.paragraphs(note)).collect();
    if paragraphs.is_empty() {
        return;
    }
    sheet.y += 14.0;
    sheet.ensure(42.0);
    let section = sheet.canvas.section(Tag::Div);
    sheet.y = labelled(sheet, "Notes", column, sheet.y, section) + 2.0;
    for paragraph in paragraphs {
        let lines = fonts.wrap(&paragraph, style, column.width, usize::MAX);
        let group = sheet.canvas.group(section, Tag::P);
        sheet.flow(&lines, column, group);
        sheet.y += 3.0;
    }
}
