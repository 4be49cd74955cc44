//! What is to be drawn, page by page, with its logical structure, and the writing of it as a PDF.
//!
//! The layout fills the canvas first and the file is written after, because every page's footer tells how many pages
//! there are.

use krilla::Document;
use krilla::action::{Action, LinkAction};
use krilla::annotation::{Annotation, LinkAnnotation, Target};
use krilla::configure::{Accessibility, Archival, ConfigurationBuilder};
use krilla::geom::{Path, PathBuilder, Point, Rect, Size, Transform};
use krilla::image::Image;
use krilla::metadata::Metadata;
use krilla::outline::{Outline, OutlineNode};
use krilla::page::PageSettings;
use krilla::paint::Fill;
use krilla::surface::Surface;
use krilla::tagging::{Artifact, ArtifactType, ContentTag, Identifier, SpanTag, TagGroup, TagKind, TagTree};
use krilla::{SerializeSettings, destination::XyzDestination};

use crate::DocumentError;
use crate::color::Rgb;
use crate::font::{Fonts, Run};

/// A node of the logical structure: a paragraph, a table row, a cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Group(usize);

/// What a mark is to somebody who hears the document instead of seeing it.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Role {
    /// Content, read out as part of its group.
    Content(Group),
    /// Decoration, and what repeats on each page: not read out.
    Artifact(ArtifactType),
}

/// A rectangle in points from the top left corner of the page.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Area {
    pub(crate) x: f32,
    pub(crate) y: f32,
    pub(crate) width: f32,
    pub(crate) height: f32,
}

enum Shape {
    Text { x: f32, baseline: f32, run: Run },
    Fill { area: Area, radius: f32, color: Rgb },
    Image { area: Area, image: Image },
}

struct Mark {
    shape: Shape,
    role: Role,
}

struct Link {
    area: Area,
    target: String,
    description: String,
    group: Group,
}

#[derive(Default)]
struct PageContent {
    marks: Vec<Mark>,
    links: Vec<Link>,
}

struct Node {
    tag: TagKind,
    children: Vec<Child>,
}

enum Child {
    Group(Group),
    Content(Identifier),
}

/// The pages of a document in the making.
pub(crate) struct Canvas {
    pub(crate) width: f32,
    pub(crate) height: f32,
    pages: Vec<PageContent>,
    nodes: Vec<Node>,
    top: Vec<Group>,
}

impl Canvas {
    /// One empty page of this size.
    pub(crate) fn new(width: f32, height: f32) -> Self {
        Self { width, height, pages: vec![PageContent::default()], nodes: Vec::new(), top: Vec::new() }
    }

    pub(crate) fn add_page(&mut self) {
        self.pages.push(PageContent::default());
    }

    pub(crate) fn page_count(&self) -> usize {
        self.pages.len()
    }

    /// A structure node at the top of the document. Nodes are read in the order they are made.
    pub(crate) fn section(&mut self, tag: impl Into<TagKind>) -> Group {
        let group = self.node(tag.into());
        self.top.push(group);
        group
    }

    /// A structure node inside another.
    pub(crate) fn group(&mut self, parent: Group, tag: impl Into<TagKind>) -> Group {
        let group = self.node(tag.into());
        if let Some(node) = self.nodes.get_mut(parent.0) {
            node.children.push(Child::Group(group));
        }
        group
    }

    fn node(&mut self, tag: TagKind) -> Group {
        self.nodes.push(Node { tag, children: Vec::new() });
        Group(self.nodes.len() - 1)
    }

    fn mark(&mut self, page: usize, shape: Shape, role: Role) {
        if let Some(page) = self.pages.get_mut(page) {
            page.marks.push(Mark { shape, role });
        }
    }

    /// The index of the page being filled.
    pub(crate) fn last_page(&self) -> usize {
        self.pages.len().saturating_sub(1)
    }

    /// A shaped line.
    pub(crate) fn text_on(&mut self, page: usize, x: f32, baseline: f32, run: Run, role: Role) {
        if !run.glyphs.is_empty() {
            self.mark(page, Shape::Text { x, baseline, run }, role);
        }
    }

    /// A filled rectangle on the last page, its corners rounded when the radius is not zero.
    pub(crate) fn fill(&mut self, area: Area, radius: f32, color: Rgb) {
        self.fill_on(self.last_page(), area, radius, color);
    }

    /// A filled rectangle on any page.
    pub(crate) fn fill_on(&mut self, page: usize, area: Area, radius: f32, color: Rgb) {
        self.mark(page, Shape::Fill { area, radius, color }, Role::Artifact(ArtifactType::Layout));
    }

    /// A picture on the last page.
    pub(crate) fn image(&mut self, area: Area, image: Image, group: Group) {
        self.mark(self.last_page(), Shape::Image { area, image }, Role::Content(group));
    }

    /// An area of the last page that opens a web address.
    pub(crate) fn link(&mut self, area: Area, target: String, description: String, group: Group) {
        let page = self.last_page();
        if let Some(page) = self.pages.get_mut(page) {
            page.links.push(Link { area, target, description, group });
        }
    }

    /// Writes the file: PDF/A-2a for the archive, PDF/UA-1 for assistive technology.
    pub(crate) fn write(
        mut self,
        fonts: &Fonts,
        metadata: Metadata,
        outline: &str,
    ) -> Result<Vec<u8>, DocumentError> {
        let configuration = ConfigurationBuilder::new()
            .with_archival_validator(Archival::A2_A)
            .with_accessibility_validator(Accessibility::UA1)
            .finish()
            .map_err(|error| DocumentError::Write(format!("{error:?}")))?;
        let mut document =
            Document::new_with(SerializeSettings { configuration, ..SerializeSettings::default() });
        for page in std::mem::take(&mut self.pages) {
            self.write_page(&mut document, page, fonts)?;
        }
        let mut tree = TagTree::new();
        for group in self.top.clone() {
            if let Some(built) = self.build(group) {
                tree.push(built);
            }
        }
        let mut contents = Outline::new();
        contents.push_child(OutlineNode::new(
            outline.to_owned(),
            XyzDestination::new(0, Point::from_xy(0.0, 0.0)),
        ));
        document.set_tag_tree(tree);
        document.set_outline(contents);
        document.set_metadata(metadata);
        document.finish().map_err(|error| DocumentError::Write(format!("{error:?}")))
    }

    fn write_page(
        &mut self,
        document: &mut Document,
        content: PageContent,
        fonts: &Fonts,
    ) -> Result<(), DocumentError> {
        let settings = PageSettings::from_wh(self.width, self.height)
            .ok_or_else(|| DocumentError::Write("no such page size".to_owned()))?;
        let mut page = document.start_page_with(settings);
        let mut surface = page.surface();
        let mut placed = Vec::new();
        for mark in content.marks {
            let tag = match (mark.role, &mark.shape) {
                (Role::Artifact(kind), _) => ContentTag::Artifact(Artifact::with_kind(kind)),
                (Role::Content(_), Shape::Image { .. }) => ContentTag::Other,
                (Role::Content(_), _) => ContentTag::Span(SpanTag::empty()),
            };
            let identifier = surface.start_tagged(tag);
            draw(&mut surface, mark.shape, fonts);
            surface.end_tagged();
            if let Role::Content(group) = mark.role {
                placed.push((group, identifier));
            }
        }
        surface.finish();
        for link in content.links {
            let Some(rect) = link.area.to_krilla() else { continue };
            let target = Target::Action(Action::Link(LinkAction::new(link.target)));
            let annotation = Annotation::new_link(LinkAnnotation::new(rect, target), Some(link.description));
            placed.push((link.group, page.add_tagged_annotation(annotation)));
        }
        page.finish();
        for (group, identifier) in placed {
            if let Some(node) = self.nodes.get_mut(group.0) {
                node.children.push(Child::Content(identifier));
            }
        }
        Ok(())
    }

    /// The node with all below it, or nothing when no content came to lie in it.
    fn build(&mut self, group: Group) -> Option<TagGroup> {
        let node = self.nodes.get_mut(group.0)?;
        let mut built = TagGroup::new(node.tag.clone());
        for child in std::mem::take(&mut node.children) {
            match child {
                Child::Content(identifier) => built.push(identifier),
                Child::Group(inner) => {
                    if let Some(inner) = self.build(inner) {
                        built.push(inner);
                    }
                }
            }
        }
        (!built.children.is_empty()).then_some(built)
    }
}

impl Area {
    fn to_krilla(self) -> Option<Rect> {
        Rect::from_xywh(self.x, self.y, self.width, self.height)
    }

    /// The outline of the area, with round corners when the radius is not zero.
    fn path(self, radius: f32) -> Option<Path> {
        let mut builder = PathBuilder::new();
        if radius <= 0.0 {
            builder.push_rect(self.to_krilla()?);
            return builder.finish();
        }
        let r = radius.min(self.width / 2.0).min(self.height / 2.0);
        // How far a cubic curve's handles lie from a quarter circle's corner.
        let h = r * (1.0 - 0.552_285);
        let (left, top, right, bottom) = (self.x, self.y, self.x + self.width, self.y + self.height);
        builder.move_to(left + r, top);
        builder.line_to(right - r, top);
        builder.cubic_to(right - h, top, right, top + h, right, top + r);
        builder.line_to(right, bottom - r);
        builder.cubic_to(right, bottom - h, right - h, bottom, right - r, bottom);
        builder.line_to(left + r, bottom);
        builder.cubic_to(left + h, bottom, left, bottom - h, left, bottom - r);
        builder.line_to(left, top + r);
        builder.cubic_to(left, top + h, left + h, top, left + r, top);
        builder.close();
        builder.finish()
    }
}

fn draw(surface: &mut Surface<'_>, shape: Shape, fonts: &Fonts) {
    let paint = |color: Rgb| Some(Fill { paint: color.to_krilla().into(), ..Fill::default() });
    match shape {
        Shape::Text { x, baseline, run } => {
            surface.set_fill(paint(run.style.color));
            let font = fonts.embedded(run.style.weight);
            surface.draw_glyphs(
                Point::from_xy(x, baseline),
                &run.glyphs,
                font,
                &run.text,
                run.style.size,
                false,
            );
        }
        Shape::Fill { area, radius, color } => {
            if let Some(path) = area.path(radius) {
                surface.set_fill(paint(color));
                surface.draw_path(&path);
            }
        }
        Shape::Image { area, image } => {
            if let Some(size) = Size::from_wh(area.width, area.height) {
                surface.push_transform(&Transform::from_translate(area.x, area.y));
                surface.draw_image(image, size);
                surface.pop();
            }
        }
    }
}
