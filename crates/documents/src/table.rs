//! The table of lines, and the totals below it.

use krilla::tagging::{ArtifactType, TableHeaderScope, Tag};

use crate::InvoiceDocument;
use crate::canvas::{Group, Role};
use crate::color::{HAIRLINE, INK, MUTED, SOFT};
use crate::font::{Run, Style};
use crate::page::{Column, MARGIN, Sheet, height_of};

const GAP: f32 = 18.0;
const PADDING: f32 = 6.0;
/// Figures wider than this wrap.
const MAX_FIGURE: f32 = 92.0;
const HEADERS: [&str; 4] = ["Description", "Qty", "Unit price", "Amount"];
const TOTALS_WIDTH: f32 = 250.0;
const TOTALS_PADDING: f32 = 4.0;
/// Amounts and quantities are short; one that is not is cut.
const FIGURE_LINES: usize = 4;

/// Draws the table, repeating its head on each page.
pub(crate) fn lines(sheet: &mut Sheet<'_>, doc: &InvoiceDocument) {
    let head = Style::regular(8.0, MUTED);
    let body = Style::regular(9.5, INK);
    let figures = body.tabular();
    let detail = Style::regular(8.0, MUTED);

    let cells: Vec<[String; 3]> = doc
        .lines
        .iter()
        .map(|line| [&line.quantity, &line.unit_price, &line.amount].map(|text| sheet.fonts.clean(text)))
        .collect();
    let natural = |at: usize| {
        let header = sheet.fonts.shape(HEADERS.get(at + 1).copied().unwrap_or_default(), head).width;
        let widest = cells
            .iter()
            .filter_map(|row| row.get(at))
            .map(|text| sheet.fonts.shape(text.as_str(), figures).width);
        widest.fold(header, f32::max).min(MAX_FIGURE)
    };
    let columns = columns(sheet.width(), [natural(0), natural(1), natural(2)]);

    let table = sheet.canvas.section(Tag::Table.with_summary(Some("Lines of the invoice".to_owned())));
    let row = sheet.canvas.group(table, Tag::THead);
    let row = sheet.canvas.group(row, Tag::TR);
    sheet.ensure(90.0);
    header(sheet, &columns, Some(row));

    let tbody = sheet.canvas.group(table, Tag::TBody);
    for (line, [quantity, unit_price, amount]) in doc.lines.iter().zip(&cells) {
        let row = sheet.canvas.group(tbody, Tag::TR);
        let groups = [(); 4].map(|()| sheet.canvas.group(row, Tag::TD));
        let fonts = sheet.fonts;
        let [text, ..] = columns;
        let mut wide = fonts.wrap(&fonts.clean_long(&line.description), body, text.width, usize::MAX);
        if let Some(more) =
            line.detail.as_deref().map(|detail| fonts.clean_long(detail)).filter(|more| !more.is_empty())
        {
            wide.extend(fonts.wrap(&more, detail, text.width, usize::MAX));
        }
        let figure = |text: &str, column: &Column| {
            // A space holds the place of an empty cell, so that each row has as many cells as the head.
            let text = if text.is_empty() { " " } else { text };
            fonts.wrap(text, figures, column.width, FIGURE_LINES)
        };
        let [_, second, third, fourth] = &columns;
        let sides = [figure(quantity, second), figure(unit_price, third), figure(amount, fourth)];
        table_row(sheet, &columns, groups, &wide, &sides);
    }
    sheet.y += 4.0;
}

fn columns(width: f32, [quantity, unit_price, amount]: [f32; 3]) -> [Column; 4] {
    let right = MARGIN + width;
    let fourth = right - amount;
    let third = fourth - GAP - unit_price;
    let second = third - GAP - quantity;
    [
        Column::left(MARGIN, second - GAP - MARGIN),
        Column::right(second, quantity),
        Column::right(third, unit_price),
        Column::right(fourth, amount),
    ]
}

/// The table's head: content where it is first drawn, decoration where it repeats.
fn header(sheet: &mut Sheet<'_>, columns: &[Column; 4], row: Option<Group>) {
    let style = Style::regular(8.0, MUTED);
    for (label, column) in HEADERS.into_iter().zip(columns) {
        let role = match row {
            Some(row) => Role::Content(sheet.canvas.group(row, Tag::TH(TableHeaderScope::Column))),
            None => Role::Artifact(ArtifactType::PaginationOther),
        };
        let label = sheet.fonts.shape(label, style);
        sheet.place(&[label], sheet.y, *column, role);
    }
    sheet.y += style.line_height() + 4.0;
    sheet.rule(MARGIN, sheet.width(), 1.0, sheet.palette.accent);
    sheet.y += 1.0;
}

fn table_row(
    sheet: &mut Sheet<'_>,
    columns: &[Column; 4],
    groups: [Group; 4],
    wide: &[Run],
    sides: &[Vec<Run>; 3],
) {
    let [text, figures @ ..] = columns;
    let [text_group, figure_groups @ ..] = groups;
    let beside = sides.iter().map(|side| height_of(side)).fold(0.0, f32::max);
    let whole = height_of(wide).max(beside) + 2.0 * PADDING;
    // A row moves to the next page as a whole, unless no page could hold it.
    let needed = if whole <= sheet.page_room() - 40.0 { whole } else { beside + 2.0 * PADDING + 40.0 };
    if sheet.ensure(needed) {
        header(sheet, columns, None);
    }
    sheet.y += PADDING;
    let (page, top) = (sheet.canvas.last_page(), sheet.y);
    for line in wide {
        if sheet.ensure(line.style.line_height()) {
            header(sheet, columns, None);
            sheet.y += PADDING;
        }
        sheet.y = sheet.place(std::slice::from_ref(line), sheet.y, *text, Role::Content(text_group));
    }
    // The figures stand beside the description's first line, and are read after it.
    for ((side, column), group) in sides.iter().zip(figures).zip(figure_groups) {
        sheet.place_on(page, side, top, *column, Role::Content(group));
    }
    if page == sheet.canvas.last_page() {
        sheet.y = sheet.y.max(top + beside);
    }
    sheet.y += PADDING;
    sheet.rule(MARGIN, sheet.width(), 0.5, HAIRLINE);
}

/// Draws the totals, the last of them what is due.
pub(crate) fn totals(sheet: &mut Sheet<'_>, doc: &InvoiceDocument) {
    let plain = Style::regular(9.5, SOFT);
    let strong = Style::semibold(9.5, INK);
    let due = Style::semibold(11.0, sheet.palette.accent);
    let mut rows: Vec<(&str, &str, Style, Style)> = doc
        .totals
        .iter()
        .map(|(label, amount)| (label.as_str(), amount.as_str(), plain, Style::regular(9.5, INK)))
        .collect();
    rows.push(("Total", &doc.total, strong, strong));
    let settled = doc.settled.iter().map(|(label, amount)| (label.as_str(), amount.as_str()));
    rows.extend(settled.map(|(label, amount)| (label, amount, plain, Style::regular(9.5, INK))));
    if doc.corrects.is_none() {
        rows.push(("Amount due", &doc.amount_due, due, due));
    }

    let x = MARGIN + sheet.width() - TOTALS_WIDTH;
    let labels = Column::left(x, TOTALS_WIDTH * 0.5 - 8.0);
    let amounts = Column::right(x + TOTALS_WIDTH * 0.5, TOTALS_WIDTH * 0.5);
    let set: Vec<(Vec<Run>, Vec<Run>)> = rows
        .into_iter()
        .map(|(label, amount, label_style, amount_style)| {
            let label = sheet.fonts.clean(label);
            let amount = sheet.fonts.clean(amount);
            (
                sheet.fonts.wrap(&label, label_style, labels.width, 3),
                sheet.fonts.wrap(&amount, amount_style.tabular(), amounts.width, 3),
            )
        })
        .collect();
    let row_height = |(label, amount): &(Vec<Run>, Vec<Run>)| {
        height_of(label).max(height_of(amount)) + 2.0 * TOTALS_PADDING
    };
    let whole: f32 = set.iter().map(row_height).sum();
    if whole <= sheet.page_room() {
        sheet.ensure(whole);
    }

    let table = sheet.canvas.section(Tag::Table.with_summary(Some("Totals".to_owned())));
    let last = set.len().saturating_sub(1);
    for (at, row) in set.iter().enumerate() {
        let height = row_height(row);
        sheet.ensure(height + 2.0);
        if at == last {
            sheet.rule(x, TOTALS_WIDTH, 1.0, sheet.palette.accent);
            sheet.y += 2.0;
        } else if at > 0 {
            sheet.rule(x, TOTALS_WIDTH, 0.5, HAIRLINE);
        }
        let top = sheet.y + TOTALS_PADDING;
        let tr = sheet.canvas.group(table, Tag::TR);
        let label = sheet.canvas.group(tr, Tag::TH(TableHeaderScope::Row));
        sheet.place(&row.0, top, labels, Role::Content(label));
        let amount = sheet.canvas.group(tr, Tag::TD);
        sheet.place(&row.1, top, amounts, Role::Content(amount));
        sheet.y += height;
    }
    sheet.y += 4.0;
}
