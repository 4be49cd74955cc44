//! What an MSP shows to its customers.

use domain::ids::TenantId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The brand, as it is edited.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BrandSettings {
    /// The name that customers know; up to 100 characters.
    pub display_name: String,
    /// What the portal calls itself.
    #[serde(default)]
    pub portal_name: Option<String>,
    /// `#rrggbb`.
    pub primary_color: String,
    /// `#rrggbb`.
    pub accent_color: String,
    /// A word of welcome on the sign-in page.
    #[serde(default)]
    pub login_message: Option<String>,
    /// Where customers find help.
    #[serde(default)]
    pub support_email: Option<String>,
    /// Where customers find help.
    #[serde(default)]
    pub support_phone: Option<String>,
    /// Where customers find help; `https://` only.
    #[serde(default)]
    pub support_url: Option<String>,
    /// The issuer's name on invoices, where it differs.
    #[serde(default)]
    pub legal_name: Option<String>,
    /// The issuer's postal address on invoices.
    #[serde(default)]
    pub address: Option<String>,
    /// The issuer's tax number on invoices.
    #[serde(default)]
    pub tax_id: Option<String>,
    /// The last words of an invoice.
    #[serde(default)]
    pub invoice_footer: Option<String>,
    /// The sender's name of mails, where it differs.
    #[serde(default)]
    pub mail_from_name: Option<String>,
    /// Where answers to mails go.
    #[serde(default)]
    pub mail_reply_to: Option<String>,
    /// The last words of a mail.
    #[serde(default)]
    pub mail_footer: Option<String>,
    /// The host names that show this brand. At most 20.
    #[serde(default)]
    pub hosts: Vec<String>,
}

/// The brand with its pictures and version.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Brand {
    /// What can be edited.
    pub settings: BrandSettings,
    /// Where the logo is.
    pub logo_url: Option<String>,
    /// Where the favicon is.
    pub favicon_url: Option<String>,
    /// How well white text reads on the primary colour (WCAG contrast ratio, 1 to 21; 4.5 is enough).
    pub contrast_on_primary: f64,
    /// Counts its changes; the same as the `ETag`.
    pub version: i32,
}

/// What anybody may see of the brand of the host that the request was sent to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PublicBrand {
    /// The tenant; absent where the host belongs to none.
    pub tenant_id: Option<TenantId>,
    /// The name that customers know.
    pub display_name: String,
    /// What the portal calls itself.
    pub portal_name: Option<String>,
    /// `#rrggbb`.
    pub primary_color: String,
    /// `#rrggbb`.
    pub accent_color: String,
    /// A word of welcome on the sign-in page.
    pub login_message: Option<String>,
    /// Where customers find help.
    pub support_email: Option<String>,
    /// Where customers find help.
    pub support_phone: Option<String>,
    /// Where customers find help.
    pub support_url: Option<String>,
    /// Where the logo is.
    pub logo_url: Option<String>,
    /// Where the favicon is.
    pub favicon_url: Option<String>,
}
