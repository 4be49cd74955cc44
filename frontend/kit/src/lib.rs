//! The parts that pages are made of. They know no page and no capability; they look as the tokens say, and a brand
//! reaches in through `--brand-*` only.

pub mod banner;
pub mod brand;
pub mod button;
pub mod card;
pub mod chart;
pub mod choice;
pub mod color;
pub mod confirm;
pub mod copy;
pub mod dialog;
pub mod download;
pub mod drawer;
pub mod faces;
pub mod field;
pub mod file_drop;
pub mod form;
pub mod grid;
pub mod here;
pub mod icon;
pub mod key_values;
pub mod listing;
pub mod marked;
pub mod menu;
pub mod meter;
pub mod page_header;
pub mod period;
pub mod popover;
pub mod radio_cards;
pub mod search;
pub mod skeleton;
pub mod states;
pub mod status;
pub mod stepper;
pub mod suggest;
pub mod table;
pub mod tabs;
mod text;
pub mod timeline;
pub mod toast;

pub use banner::Banner;
pub use button::{Button, ButtonKind, LinkButton};
pub use card::Card;
pub use chart::{AreaChart, Point};
pub use choice::{Choice, Choosable};
pub use color::ColorField;
pub use confirm::{Confirm, Deed, deed};
pub use copy::Copy;
pub use dialog::Dialog;
pub use download::{csv, download};
pub use drawer::Drawer;
pub use faces::faces;
pub use field::{
    CheckField, NumberField, PasswordField, SelectField, TextArea, TextField, a_number, a_number_or_none,
};
pub use file_drop::FileDrop;
pub use form::{Field, Form, FormView, focus_wrong, optional, required};
pub use grid::{
    BulkDeed, Grid, GridColumn, GridExport, GridRow, GridRows, GridSpec, GridTools, address_with, filtered,
};
pub use icon::{Icon, icon};
pub use key_values::KeyValues;
pub use listing::listing;
pub use marked::Marked;
pub use menu::{Menu, MenuItem};
pub use meter::Meter;
pub use page_header::{PageHeader, focus_heading, focus_on};
pub use period::PeriodChoice;
pub use popover::Popover;
pub use radio_cards::{RadioCard, RadioCards};
pub use search::SearchField;
pub use skeleton::{SkeletonBlock, SkeletonRows, SkeletonText};
pub use states::{EmptyState, ErrorState};
pub use status::{Status, Tone};
pub use stepper::{Step, Stepper};
pub use suggest::SuggestField;
pub use table::{Column, Table};
pub use tabs::{Tab, Tabs};
pub use timeline::{Happening, Timeline};
pub use toast::{Toasts, use_toasts};
