//! The brand of an MSP.

use domain::brands::AssetKind;
use serde_json::json;
use store::{
    NewEvent, StoreError, TenantTx,
    brands::{self, Brand, NewAsset},
    tenants,
};

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

/// Puts a picture in place of the one before.
pub async fn put_asset(tx: &mut TenantTx, kind: AssetKind, asset: &NewAsset) -> Result<()> {
    brands::put_asset(tx, kind, asset).await?;
    let subject = format!("tenant:{}", tx.tenant());
    tx.record(NewEvent::new(
        "brand.picture_changed",
        subject,
        json!({"kind": kind, "content_type": asset.content_type, "width": asset.width, "height": asset.height}),
    ));
    Ok(())
}

/// Takes a picture away.
pub async fn delete_asset(tx: &mut TenantTx, kind: AssetKind) -> Result<()> {
    brands::delete_asset(tx, kind).await?;
    let subject = format!("tenant:{}", tx.tenant());
    tx.record(NewEvent::new("brand.picture_removed", subject, json!({"kind": kind})));
    Ok(())
}
