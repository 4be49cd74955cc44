//! The parts that pages are made of. They know no page and no capability; they look as the tokens say, and a brand
//! reaches in through `--brand-*` only.

pub mod banner;
pub mod brand;
pub mod button;
pub mod card;
pub mod chart;
pub mod choice;
pub mod confirm;
pub mod dialog;
pub mod faces;
pub mod field;
pub mod form;
pub mod grid;
pub mod icon;
pub mod key_values;
pub mod listing;
pub mod marked;
pub mod menu;
pub mod meter;
pub mod page_header;
pub mod period;
pub mod radio_cards;
pub mod save;
pub mod search;
pub mod skeleton;
pub mod states;
pub mod status;
pub mod stepper;
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
pub use confirm::{Confirm, Deed, deed};
pub use dialog::Dialog;
pub use faces::faces;
pub use field::{
    CheckField, NumberField, PasswordField, SelectField, TextArea, TextField, a_number, a_number_or_none,
};
pub use form::{Field, Form, FormView, focus_wrong, optional, required};
pub use grid::{Grid, GridColumn, csv};
pub use icon::{Icon, icon};
pub use key_values::KeyValues;
pub use listing::{list_faces, listing};
pub use marked::Marked;
pub use menu::{Menu, MenuItem};
pub use meter::Meter;
pub use page_header::{PageHeader, focus_heading, focus_on};
pub use period::PeriodChoice;
pub use radio_cards::{RadioCard, RadioCards};
pub use save::save_file;
pub use search::SearchField;
pub use skeleton::{SkeletonBlock, SkeletonRows, SkeletonText};
pub use states::{EmptyState, ErrorState};
pub use status::{Status, Tone};
pub use stepper::{Step, Stepper};
pub use table::{Column, Table};
pub use tabs::{Tab, Tabs};
pub use timeline::{Happening, Timeline};
pub use toast::{Toasts, use_toasts};
