//! The parts that pages are made of. They know no page and no capability; they look as the tokens say, and a brand
//! reaches in through `--brand-*` only.

pub mod banner;
pub mod brand;
pub mod button;
pub mod card;
pub mod chart;
pub mod choice;
pub mod confirm;
pub mod copy;
pub mod dialog;
pub mod faces;
pub mod field;
pub mod form;
pub mod icon;
pub mod key_values;
pub mod listing;
pub mod menu;
pub mod meter;
pub mod page_header;
pub mod period;
pub mod search;
pub mod skeleton;
pub mod states;
pub mod status;
pub mod suggest;
pub mod table;
pub mod tabs;
mod text;
pub mod toast;

pub use banner::Banner;
pub use button::{Button, ButtonKind, LinkButton};
pub use card::Card;
pub use chart::{AreaChart, Point};
pub use choice::{Choice, Choosable};
pub use confirm::{Confirm, Deed, deed};
pub use copy::Copy;
pub use dialog::Dialog;
pub use faces::faces;
pub use field::{
    CheckField, NumberField, PasswordField, SelectField, TextArea, TextField, a_number, a_number_or_none,
};
pub use form::{Field, Form, FormView, optional, required};
pub use icon::{Icon, icon};
pub use key_values::KeyValues;
pub use listing::listing;
pub use menu::{Menu, MenuItem};
pub use meter::Meter;
pub use page_header::{PageHeader, focus_heading};
pub use period::PeriodChoice;
pub use search::SearchField;
pub use skeleton::{SkeletonBlock, SkeletonRows, SkeletonText};
pub use states::{EmptyState, ErrorState};
pub use status::{Status, Tone};
pub use suggest::SuggestField;
pub use table::{Column, Table};
pub use tabs::{Tab, Tabs};
pub use toast::{Toasts, use_toasts};
