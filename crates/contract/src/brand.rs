//! What an MSP shows to its customers.

use domain::{brands::AssetKind, ids::TenantId};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

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

/// A picture that was taken in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct BrandPicture {
    /// What it is for.
    pub kind: AssetKind,
    /// Where it is; the address changes with each upload.
    pub url: String,
    /// What it was written as: `image/png`, `image/jpeg` or `image/svg+xml`.
    pub content_type: String,
    /// In pixels; of an SVG, as it would like to be shown.
    pub width: i32,
    /// In pixels; of an SVG, as it would like to be shown.
    pub height: i32,
    /// Whether documents and mails can show it. They take no SVG: of one that holds lettering or patterns, which
    /// cannot be rendered here, they show the name in its place. Letters turned into paths are fine.
    pub in_documents: bool,
}

/// Which form of a picture is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PictureFormat {
    /// PNG or JPEG, whatever was uploaded; 404 where an SVG has no rendering.
    Pixels,
}

/// Which picture is wanted.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub struct ShowPicture {
    /// The picture's id, as in `logo_url`. The answer is that of the newest picture in any case; with its id, it may
    /// be kept for ever.
    #[param(max_length = 100)]
    pub v: Option<String>,
    /// The form; as uploaded where it is not given.
    pub format: Option<PictureFormat>,
}
