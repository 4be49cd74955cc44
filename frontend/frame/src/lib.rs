//! What the two apps have around their pages: the table of pages and how they are fetched, the navigation, the
//! session, the brand, and the pages that everybody has.

mod account;
mod again;
mod app;
mod billed;
pub mod brand;
mod dunning;
mod early;
mod invoice_check;
mod lazily;
pub mod pages;
mod palette;
mod payment_methods;
mod shell;
mod sign_in;
mod support;
mod taxes;
mod test_clock;
pub mod text;
mod theme;

pub use app::{App, Audience, start};
pub use billed::{heading_row, headings, plan_names, plans_of};
pub use brand::title_page;
pub use dunning::{DunningSteps, dunning_sign};
pub use invoice_check::{InvoiceCheck, LineDerivation};
pub use lazily::Lazily;
pub use pages::{Access, NotLoadedError, Page, Place, View, use_code};
pub use payment_methods::{Adding, ChargeButton, PaymentMethods, charge_is_under_way, charge_word};
pub use sign_in::Door;
pub use taxes::{tax_note, tax_rows, tax_table_rows};
