//! The sheet text flows on to: margins, page breaks, and what repeats on every page.

use krilla::tagging::ArtifactType;

use crate::canvas::{Area, Canvas, Group, Role};
use crate::color::{HAIRLINE, MUTED, Rgb};
use crate::font::{Fonts, Run, Style};
use crate::{InvoiceDocument, Paper};

/// The space left and right.
pub(crate) const MARGIN: f32 = 48.0;
const TOP: f32 = 44.0;
const FOOT: f32 = 30.0;
const STRIP: f32 = 5.0;
const FOOTER_LINES: usize = 3;

/// The brand's colours, fit for print.
#[derive(Clone, Copy)]
pub(crate) struct Palette {
    /// As chosen, for areas.
    pub(crate) primary: Rgb,
    /// For text and fine lines.
    pub(crate) accent: Rgb,
    /// A pale background.
    pub(crate) tint: Rgb,
}

impl Palette {
    fn new(primary: &str, secondary: &str) -> Self {
        let primary = Rgb::parse(primary).unwrap_or(Rgb(0x33, 0x41, 0x55));
        let secondary = Rgb::parse(secondary).unwrap_or(primary);
        Self { primary, accent: primary.readable_on_white(), tint: secondary.mix(crate::color::WHITE, 92) }
    }
}

/// Which edge lines of text keep to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Align {
    Left,
    Right,
}

/// A column text is set in.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Column {
    pub(crate) x: f32,
    pub(crate) width: f32,
    pub(crate) align: Align,
}

impl Column {
    pub(crate) fn left(x: f32, width: f32) -> Self {
        Self { x, width, align: Align::Left }
    }

    pub(crate) fn right(x: f32, width: f32) -> Self {
        Self { x, width, align: Align::Right }
    }

    fn start(&self, run: &Run) -> f32 {
        match self.align {
            Align::Left => self.x,
            Align::Right => self.x + self.width - run.width,
        }
    }
}

/// The height of these lines, set one below the other.
pub(crate) fn height_of(lines: &[Run]) -> f32 {
    lines.iter().map(|line| line.style.line_height()).sum()
}

/// Pages under construction, with the place where the next block goes.
pub(crate) struct Sheet<'a> {
    pub(crate) canvas: Canvas,
    pub(crate) fonts: &'a Fonts,
    pub(crate) palette: Palette,
    /// The top of the next block.
    pub(crate) y: f32,
    /// Where text must end.
    bottom: f32,
    /// Brand, and title with number, for the pages after the first.
    running: (String, String),
    footer: Vec<Run>,
}

impl<'a> Sheet<'a> {
    pub(crate) fn new(doc: &InvoiceDocument, fonts: &'a Fonts) -> Self {
        let (width, height) = match doc.paper {
            Paper::A4 => (595.276, 841.89),
            Paper::Letter => (612.0, 792.0),
        };
        let footer = doc.brand.footer.as_deref().map(|text| fonts.clean(text)).unwrap_or_default();
        let footer =
            fonts.wrap(&footer, Style::regular(7.5, MUTED), width - 2.0 * MARGIN - 130.0, FOOTER_LINES);
        let mut sheet = Self {
            canvas: Canvas::new(width, height),
            fonts,
            palette: Palette::new(&doc.brand.primary_color, &doc.brand.secondary_color),
            y: TOP,
            bottom: height - FOOT - height_of(&footer) - 18.0,
            running: (fonts.clean(&doc.brand.name), heading(doc, fonts)),
            footer,
        };
        sheet.strip();
        sheet
    }

    /// The width between the margins.
    pub(crate) fn width(&self) -> f32 {
        self.canvas.width - 2.0 * MARGIN
    }

    /// What an empty page after the first has room for.
    pub(crate) fn page_room(&self) -> f32 {
        self.bottom - (TOP + 24.0)
    }

    /// Starts a new page unless this much room is left. Tells whether it did.
    pub(crate) fn ensure(&mut self, height: f32) -> bool {
        let full = self.y + height > self.bottom;
        if full {
            self.break_page();
        }
        full
    }

    fn break_page(&mut self) {
        self.canvas.add_page();
        self.strip();
        let style = Style::regular(8.0, MUTED);
        let half = self.width() / 2.0 - 12.0;
        let (brand, title) = self.running.clone();
        for (text, column) in
            [(brand, Column::left(MARGIN, half)), (title, Column::right(MARGIN + half + 24.0, half))]
        {
            let lines = self.fonts.wrap(&text, style, half, 1);
            self.place(&lines, TOP - 8.0, column, Role::Artifact(ArtifactType::Header));
        }
        self.y = TOP + 24.0;
    }

    fn strip(&mut self) {
        let area = Area { x: 0.0, y: 0.0, width: self.canvas.width, height: STRIP };
        self.canvas.fill(area, 0.0, self.palette.primary);
    }

    /// Draws lines from `top` down on the last page and returns where they end.
    pub(crate) fn place(&mut self, lines: &[Run], top: f32, column: Column, role: Role) -> f32 {
        self.place_on(self.canvas.last_page(), lines, top, column, role)
    }

    /// The same on any page.
    pub(crate) fn place_on(
        &mut self,
        page: usize,
        lines: &[Run],
        top: f32,
        column: Column,
        role: Role,
    ) -> f32 {
        let mut y = top;
        for line in lines {
            self.canvas.text_on(page, column.start(line), y + line.style.baseline(), line.clone(), role);
            y += line.style.line_height();
        }
        y
    }

    /// Draws lines at the current place, over as many pages as they need.
    pub(crate) fn flow(&mut self, lines: &[Run], column: Column, group: Group) {
        for line in lines {
            self.ensure(line.style.line_height());
            self.y = self.place(std::slice::from_ref(line), self.y, column, Role::Content(group));
        }
    }

    /// A horizontal line at the current place.
    pub(crate) fn rule(&mut self, x: f32, width: f32, thickness: f32, color: Rgb) {
        self.canvas.fill(Area { x, y: self.y, width, height: thickness }, 0.0, color);
    }

    /// Adds the footers, now that the number of pages is known.
    pub(crate) fn finish(mut self) -> Canvas {
        let pages = self.canvas.page_count();
        let top = self.canvas.height - FOOT - height_of(&self.footer);
        let style = Style::regular(7.5, MUTED);
        let role = Role::Artifact(ArtifactType::Footer);
        for page in 0..pages {
            let area = Area { x: MARGIN, y: top - 9.0, width: self.width(), height: 0.5 };
            self.canvas.fill_on(page, area, 0.0, HAIRLINE);
            let mut y = top;
            for line in self.footer.clone() {
                let baseline = y + line.style.baseline();
                y += line.style.line_height();
                self.canvas.text_on(page, MARGIN, baseline, line, role);
            }
            let label = self.fonts.shape(format!("Page {} of {pages}", page + 1), style);
            let x = MARGIN + self.width() - label.width;
            self.canvas.text_on(
                page,
                x,
                top + style.baseline(),
                label,
                Role::Artifact(ArtifactType::PageNumber),
            );
        }
        self.canvas
    }
}

/// "Invoice INV-2026-0042".
pub(crate) fn heading(doc: &InvoiceDocument, fonts: &Fonts) -> String {
    let number = doc.number.as_deref().unwrap_or_default();
    let text: String = fonts.clean(&format!("{} {number}", doc.title)).chars().take(200).collect();
    if text.is_empty() { "Invoice".to_owned() } else { text }
}
