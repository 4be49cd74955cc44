//! The brand of an MSP.

use aws_lc_rs::digest;
use domain::{brands::AssetKind, ids::AssetId};
use images::{Limits, Picture};
use serde_json::json;
use store::{
    NewEvent, StoreError, TenantTx,
    brands::{self, Brand, NewAsset},
    tenants,
};
use tokio::sync::Semaphore;

use crate::{AppError, Field, Result};

/// Changes names, colours, texts and host names.
pub async fn update(
    tx: &mut TenantTx,
    version: Option<i32>,
    brand: &Brand,
    hosts: &[String],
) -> Result<Brand> {
    let after = brands::update(tx, version, brand).await?;
    tenants::set_hosts(tx, hosts).await.map_err(|error| match error {
        StoreError::Taken(_) => AppError::Invalid(vec![Field {
            pointer: "/hosts".to_owned(),
            code: "taken",
            detail: "one of the host names belongs to somebody else".to_owned(),
        }]),
        other => other.into(),
    })?;
    let subject = format!("tenant:{}", tx.tenant());
    tx.record(NewEvent::new(
        "brand.updated",
        subject,
        json!({"display_name": after.display_name, "hosts": hosts}),
    ));
    Ok(after)
}

/// The largest file that is taken as a picture.
pub const MAX_PICTURE_BYTES: usize = 2 * 1024 * 1024;

/// A logo is drawn at most this large in documents and mails: 160 points at 4 pixels each, and to spare.
const RENDERED_SIDE: u32 = 1024;

/// The largest picture of a kind.
pub fn limits(kind: AssetKind) -> Limits {
    let (max_side, max_pixels) = match kind {
        // What the invoice's renderer takes at most.
        AssetKind::Logo => (4096, 16_000_000),
        AssetKind::Favicon => (1024, 1024 * 1024),
    };
    Limits { max_bytes: MAX_PICTURE_BYTES, max_pixels, max_side }
}

/// Checks an uploaded file and writes it anew; nothing is stored yet. A drawing is rendered as well, for what
/// takes no SVG.
pub async fn read_picture(kind: AssetKind, bytes: impl AsRef<[u8]> + Send + 'static) -> Result<NewAsset> {
    /// A picture takes some 150 MB while it is unpacked: few at a time, whoever uploads.
    static UNPACKING: Semaphore = Semaphore::const_new(2);
    let _permit = UNPACKING.acquire().await.map_err(AppError::internal)?;
    tokio::task::spawn_blocking(move || new_asset(kind, bytes.as_ref())).await.map_err(AppError::internal)?
}

fn new_asset(kind: AssetKind, bytes: &[u8]) -> Result<NewAsset> {
    let picture = images::accept(bytes, limits(kind))?;
    let is_drawing = picture.content_type == "image/svg+xml";
    let png =
        (is_drawing && kind == AssetKind::Logo).then(|| images::to_png(&picture, RENDERED_SIDE)).flatten();
    let Picture { content_type, bytes, width, height } = picture;
    Ok(NewAsset {
        content_type,
        png,
        sha256: digest::digest(&digest::SHA256, &bytes).as_ref().to_vec(),
        width: i32::try_from(width).map_err(AppError::internal)?,
        height: i32::try_from(height).map_err(AppError::internal)?,
        bytes,
    })
}

/// Puts a picture in place of the one before.
pub async fn put_asset(tx: &mut TenantTx, kind: AssetKind, asset: &NewAsset) -> Result<AssetId> {
    let id = brands::put_asset(tx, kind, asset).await?;
    let subject = format!("tenant:{}", tx.tenant());
    tx.record(NewEvent::new(
        "brand.picture_changed",
        subject,
        json!({"kind": kind, "content_type": asset.content_type, "width": asset.width, "height": asset.height}),
    ));
    Ok(id)
}

/// Takes a picture away.
pub async fn delete_asset(tx: &mut TenantTx, kind: AssetKind) -> Result<()> {
    brands::delete_asset(tx, kind).await?;
    let subject = format!("tenant:{}", tx.tenant());
    tx.record(NewEvent::new("brand.picture_removed", subject, json!({"kind": kind})));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const DRAWING: &[u8] =
        br##"<svg xmlns="http://www.w3.org/2000/svg" width="200" height="50"><rect width="200" height="50" fill="#1e3a5f"/></svg>"##;
    const LETTERING: &[u8] =
        br#"<svg xmlns="http://www.w3.org/2000/svg" width="200" height="50"><text x="5" y="30">Acme</text></svg>"#;

    #[tokio::test]
    async fn a_drawn_logo_is_rendered_once() {
        let logo = read_picture(AssetKind::Logo, DRAWING).await.unwrap();
        assert_eq!((logo.content_type, logo.width, logo.height), ("image/svg+xml", 200, 50));
        let png = logo.png.unwrap();
        assert!(png.starts_with(b"\x89PNG"));
        let again = new_asset(AssetKind::Logo, &png).unwrap();
        assert_eq!((again.content_type, again.width, again.height), ("image/png", 1024, 256));
        assert_eq!(again.png, None, "pixels need no second copy");
    }

    #[tokio::test]
    async fn only_logos_go_into_documents_and_letters_need_fonts() {
        assert_eq!(read_picture(AssetKind::Favicon, DRAWING).await.unwrap().png, None);
        assert_eq!(read_picture(AssetKind::Logo, LETTERING).await.unwrap().png, None);
    }

    #[tokio::test]
    async fn what_is_no_picture_is_refused() {
        let refused = read_picture(AssetKind::Logo, b"%PDF-1.7").await.err();
        assert!(matches!(refused, Some(AppError::Picture(images::Refused::UnknownFormat))), "{refused:?}");
        let refused = read_picture(AssetKind::Logo, vec![0; MAX_PICTURE_BYTES + 1]).await.err();
        assert!(
            matches!(refused, Some(AppError::Picture(images::Refused::TooManyBytes { .. }))),
            "{refused:?}"
        );
    }
}
