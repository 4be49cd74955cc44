//! Brands and their pictures.

use domain::{
    brands::AssetKind,
    ids::{AssetId, Id as _, TenantId},
};
use sqlx::PgConnection;

use crate::{Result, StoreError, SystemTx, TenantTx};

/// What an MSP shows to its customers.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Brand {
    /// The name that customers know.
    pub display_name: String,
    /// What the portal calls itself.
    pub portal_name: Option<String>,
    /// Colours as `#rrggbb`.
    pub primary_color: String,
    /// See above.
    pub accent_color: String,
    /// A word of welcome on the sign-in page.
    pub login_message: Option<String>,
    /// Where customers find help.
    pub support_email: Option<String>,
    /// See above.
    pub support_phone: Option<String>,
    /// See above.
    pub support_url: Option<String>,
    /// The issuer's name on invoices, where it differs.
    pub legal_name: Option<String>,
    /// The issuer's postal address.
    pub address: Option<String>,
    /// The issuer's tax number.
    pub tax_id: Option<String>,
    /// The last words of an invoice.
    pub invoice_footer: Option<String>,
    /// The sender's name of mails, where it differs.
    pub mail_from_name: Option<String>,
    /// Where answers to mails go.
    pub mail_reply_to: Option<String>,
    /// The last words of a mail.
    pub mail_footer: Option<String>,
    /// Counts its changes.
    pub version: i32,
}

/// The transaction's own brand.
pub async fn get(tx: &mut TenantTx) -> Result<Brand> {
    let tenant = tx.tenant();
    Ok(sqlx::query_as!(
        Brand,
        "select display_name, portal_name, primary_color, accent_color, login_message, support_email,
                support_phone, support_url, legal_name, address, tax_id, invoice_footer, mail_from_name,
                mail_reply_to, mail_footer, version
         from brands where tenant_id = $1",
        tenant.uuid()
    )
    .fetch_one(tx.conn()?)
    .await?)
}

/// A tenant's brand for whoever opens its pages, signed in or not.
pub async fn public(tx: &mut SystemTx, tenant: TenantId) -> Result<Brand> {
    Ok(sqlx::query_as!(
        Brand,
        "select display_name, portal_name, primary_color, accent_color, login_message, support_email,
                support_phone, support_url, legal_name, address, tax_id, invoice_footer, mail_from_name,
                mail_reply_to, mail_footer, version
         from brands where tenant_id = $1",
        tenant.uuid()
    )
    .fetch_one(tx.conn()?)
    .await?)
}

/// Changes the brand, if it is still the version that the caller read.
pub async fn update(tx: &mut TenantTx, version: Option<i32>, brand: &Brand) -> Result<Brand> {
    let (tenant, now) = (tx.tenant(), tx.now());
    let changed = sqlx::query!(
        "update brands
         set display_name = $3, portal_name = $4, primary_color = $5, accent_color = $6, login_message = $7,
             support_email = $8, support_phone = $9, support_url = $10, legal_name = $11, address = $12,
             tax_id = $13, invoice_footer = $14, mail_from_name = $15, mail_reply_to = $16, mail_footer = $17,
             version = version + 1, updated_at = $18
         where tenant_id = $1 and ($2::integer is null or version = $2)",
        tenant.uuid(),
        version,
        brand.display_name,
        brand.portal_name,
        brand.primary_color,
        brand.accent_color,
        brand.login_message,
        brand.support_email,
        brand.support_phone,
        brand.support_url,
        brand.legal_name,
        brand.address,
        brand.tax_id,
        brand.invoice_footer,
        brand.mail_from_name,
        brand.mail_reply_to,
        brand.mail_footer,
        now,
    )
    .execute(tx.conn()?)
    .await?;
    if changed.rows_affected() == 0 { Err(StoreError::Stale) } else { get(tx).await }
}

/// What is known of a brand's picture without its file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AssetInfo {
    /// What it is for.
    pub kind: AssetKind,
    /// Changes with each upload, so that it can stand in an address that is cached for ever.
    pub id: AssetId,
    /// Its media type.
    pub content_type: String,
    /// In pixels.
    pub width: i32,
    /// In pixels.
    pub height: i32,
    /// Whether there are pixels of it, for what takes no SVG.
    pub has_pixels: bool,
}

/// A picture's file.
#[derive(Debug, Clone)]
pub struct AssetFile {
    /// Its media type.
    pub content_type: String,
    /// The file.
    pub bytes: Vec<u8>,
}

/// A picture to be kept.
#[derive(Debug, Clone)]
pub struct NewAsset {
    /// Its media type.
    pub content_type: &'static str,
    /// The file.
    pub bytes: Vec<u8>,
    /// A drawing as pixels, where it is one that can be rendered.
    pub png: Option<Vec<u8>>,
    /// SHA-256 of the file.
    pub sha256: Vec<u8>,
    /// In pixels.
    pub width: i32,
    /// In pixels.
    pub height: i32,
}

impl NewAsset {
    /// Whether there are pixels of it, for what takes no SVG.
    pub fn has_pixels(&self) -> bool {
        self.png.is_some() || self.content_type != "image/svg+xml"
    }
}

/// Puts a picture in place of the one before.
pub async fn put_asset(tx: &mut TenantTx, kind: AssetKind, new: &NewAsset) -> Result<AssetId> {
    let (tenant, id, now) = (tx.tenant(), tx.new_id::<AssetId>(), tx.now());
    sqlx::query!(
        "insert into brand_assets (tenant_id, kind, id, content_type, bytes, png, sha256, width, height,
                                   created_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
         on conflict (tenant_id, kind) do update
         set id = excluded.id, content_type = excluded.content_type, bytes = excluded.bytes,
             png = excluded.png, sha256 = excluded.sha256, width = excluded.width, height = excluded.height,
             created_at = excluded.created_at",
        tenant.uuid(),
        kind.as_str(),
        id.uuid(),
        new.content_type,
        new.bytes,
        new.png,
        new.sha256,
        new.width,
        new.height,
        now,
    )
    .execute(tx.conn()?)
    .await?;
    Ok(id)
}

/// Takes a picture away.
pub async fn delete_asset(tx: &mut TenantTx, kind: AssetKind) -> Result<()> {
    let tenant = tx.tenant();
    let done = sqlx::query!(
        "delete from brand_assets where tenant_id = $1 and kind = $2",
        tenant.uuid(),
        kind.as_str()
    )
    .execute(tx.conn()?)
    .await?;
    if done.rows_affected() == 0 { Err(StoreError::NotFound) } else { Ok(()) }
}

/// The pictures of the transaction's tenant, without their files.
pub async fn assets(tx: &mut TenantTx) -> Result<Vec<AssetInfo>> {
    let tenant = tx.tenant();
    infos(tx.conn()?, tenant).await
}

/// The pictures of a tenant, without their files, for whoever opens its pages.
pub async fn public_assets(tx: &mut SystemTx, tenant: TenantId) -> Result<Vec<AssetInfo>> {
    infos(tx.conn()?, tenant).await
}

async fn infos(connection: &mut PgConnection, tenant: TenantId) -> Result<Vec<AssetInfo>> {
    let rows = sqlx::query!(
        r#"select kind, id, content_type, width, height,
                  (png is not null or content_type <> 'image/svg+xml') as "has_pixels!"
           from brand_assets where tenant_id = $1 order by kind"#,
        tenant.uuid()
    )
    .fetch_all(connection)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(AssetInfo {
                kind: crate::error::parse(&row.kind, "brand_assets.kind")?,
                id: row.id.into(),
                content_type: row.content_type,
                width: row.width,
                height: row.height,
                has_pixels: row.has_pixels,
            })
        })
        .collect()
}

/// A picture of the transaction's tenant as pixels, for documents; `None` where there is none.
pub async fn pixels(tx: &mut TenantTx, kind: AssetKind) -> Result<Option<AssetFile>> {
    let tenant = tx.tenant();
    pixels_of(tx.conn()?, tenant, kind).await
}

/// A picture of a tenant as pixels, for mails; `None` where there is none.
pub async fn public_pixels(
    tx: &mut SystemTx,
    tenant: TenantId,
    kind: AssetKind,
) -> Result<Option<AssetFile>> {
    pixels_of(tx.conn()?, tenant, kind).await
}

async fn pixels_of(
    connection: &mut PgConnection,
    tenant: TenantId,
    kind: AssetKind,
) -> Result<Option<AssetFile>> {
    let file = sqlx::query_as!(
        AssetFile,
        r#"select case when png is null then content_type else 'image/png' end as "content_type!",
                  coalesce(png, bytes) as "bytes!"
           from brand_assets
           where tenant_id = $1 and kind = $2 and (png is not null or content_type <> 'image/svg+xml')"#,
        tenant.uuid(),
        kind.as_str()
    )
    .fetch_optional(connection)
    .await?;
    Ok(file)
}

/// A picture of a tenant as it was uploaded, for whoever opens its pages.
pub async fn public_asset(tx: &mut SystemTx, tenant: TenantId, kind: AssetKind) -> Result<Option<AssetFile>> {
    let file = sqlx::query_as!(
        AssetFile,
        "select content_type, bytes from brand_assets where tenant_id = $1 and kind = $2",
        tenant.uuid(),
        kind.as_str()
    )
    .fetch_optional(tx.conn()?)
    .await?;
    Ok(file)
}
