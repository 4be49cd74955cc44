//! The platform's MSPs: taken on, renamed, suspended, resumed.

use chrono::TimeDelta;
use chrono_tz::Tz;
use domain::{
    brands::{DEFAULT_ACCENT_COLOR, DEFAULT_PRIMARY_COLOR},
    customers::CustomerStatus,
    ids::TenantId,
    limits::Limits,
    money::Currency,
    permissions::{Role, TenantKind},
};
use serde_json::json;
use store::{
    NewEvent, Principal, Reason, RequestInfo, StoreError, SystemTx,
    customers::{self, Details, NewCustomer},
    invitations::{self, NewInvitation},
    tenants::{self, NewTenant},
};

use crate::{
    App, AppError, Field, Result,
    auth::{random_token, token_hash},
    mail::{self, Recipient, Template},
};

/// An MSP to be taken on.
#[derive(Debug, Clone)]
pub struct CreateMsp {
    /// The company.
    pub name: String,
    /// Its name in addresses.
    pub slug: String,
    /// Its first administrator.
    pub admin_email: String,
    /// Where its billing days begin.
    pub time_zone: Tz,
    /// Its own currency.
    pub currency: Currency,
    /// What its invoice numbers begin with.
    pub invoice_prefix: String,
}

/// Takes an MSP on: its tenant, the customer that it is to the platform, and an invitation to its
/// first administrator.
///
/// Asked twice for the same slug it says so: the slug is what makes it happen once.
pub async fn create(
    app: &App,
    principal: &Principal,
    request: &RequestInfo,
    new: &CreateMsp,
) -> Result<TenantId> {
    let store = app.store();
    let (tenant, scope) = store
        .system(Reason::Provision, async |tx| {
            let tenant = provision(tx, principal.tenant(), new).await?;
            let event = NewEvent::new(
                "msp.created",
                format!("tenant:{tenant}"),
                json!({"name": new.name, "slug": new.slug, "admin_email": new.admin_email}),
            );
            tx.record(principal.tenant(), principal.actor(), request, &event).await?;
            let scope = tx.tenant_scope(tenant).await?;
            Ok::<_, AppError>((tenant, scope))
        })
        .await?;
    let token = random_token("bwi_")?;
    store
        .write(&scope, async |tx| {
            let expires_at = tx.now() + TimeDelta::days(7);
            let invitation = invitations::create(
                tx,
                &NewInvitation {
                    email: new.admin_email.clone(),
                    role: Role::MspAdmin,
                    customer: None,
                    only_customers: None,
                    token_hash: token_hash(&token),
                    expires_at,
                },
            )
            .await?;
            let template = Template::Invitation {
                token: &token,
                inviter: principal.actor().name(),
                role: Role::MspAdmin,
                customer_name: None,
            };
            let to = Recipient { address: new.admin_email.clone(), name: None, customer: None };
            mail::queue(app, tx, &template, &to).await?;
            tx.record(NewEvent::new(
                "invitation.created",
                format!("invitation:{}", invitation.id),
                json!({"email": new.admin_email, "role": Role::MspAdmin}),
            ));
            Ok::<_, AppError>(())
        })
        .await?;
    Ok(tenant)
}

/// Makes the tenant of an MSP and the customer that it is to the platform.
pub async fn provision(tx: &mut SystemTx, parent: TenantId, new: &CreateMsp) -> Result<TenantId> {
    let tenant = tenants::create(
        tx,
        &NewTenant {
            parent: Some(parent),
            kind: TenantKind::Msp,
            name: new.name.clone(),
            slug: new.slug.clone(),
            time_zone: new.time_zone,
            currency: new.currency,
            invoice_prefix: new.invoice_prefix.clone(),
            primary_color: DEFAULT_PRIMARY_COLOR.to_owned(),
            accent_color: DEFAULT_ACCENT_COLOR.to_owned(),
        },
    )
    .await
    .map_err(taken)?;
    customers::create_downstream(
        tx,
        parent,
        tenant,
        &NewCustomer {
            code: new.slug.to_ascii_uppercase().chars().take(32).collect(),
            details: Details {
                company_name: new.name.clone(),
                contact_email: Some(new.admin_email.clone()),
                feature_flags: json!({}),
                ..Details::default()
            },
            status: CustomerStatus::Active,
            limits: Limits::default(),
        },
    )
    .await
    .map_err(taken)?;
    Ok(tenant)
}

fn taken(error: StoreError) -> AppError {
    match error {
        StoreError::Taken(_) => AppError::Invalid(vec![Field {
            pointer: "/slug".to_owned(),
            code: "taken",
            detail: "is already in use".to_owned(),
        }]),
        other => other.into(),
    }
}

/// Renames an MSP.
pub async fn rename(
    app: &App,
    principal: &Principal,
    request: &RequestInfo,
    id: TenantId,
    version: Option<i32>,
    name: &str,
) -> Result<()> {
    app.store()
        .system(Reason::Platform, async |tx| {
            let before = own_msp(tx, principal, id).await?;
            tenants::rename(tx, id, name, version).await?;
            let event = NewEvent::new(
                "msp.renamed",
                format!("tenant:{id}"),
                json!({"from": before.name, "to": name}),
            );
            tx.record(principal.tenant(), principal.actor(), request, &event).await?;
            Ok(())
        })
        .await
}

/// Shuts an MSP out with all of its customers, or lets it in again; effective within a second.
pub async fn set_suspended(
    app: &App,
    principal: &Principal,
    request: &RequestInfo,
    id: TenantId,
    suspended: bool,
) -> Result<()> {
    app.store()
        .system(Reason::Platform, async |tx| {
            let before = own_msp(tx, principal, id).await?;
            if before.suspended == suspended {
                return Ok(());
            }
            tenants::set_suspended(tx, id, suspended).await?;
            let kind = if suspended { "msp.suspended" } else { "msp.resumed" };
            let event = NewEvent::new(kind, format!("tenant:{id}"), json!({"name": before.name}));
            tx.record(principal.tenant(), principal.actor(), request, &event).await?;
            Ok(())
        })
        .await
}

async fn own_msp(tx: &mut SystemTx, principal: &Principal, id: TenantId) -> Result<tenants::Tenant> {
    let tenant = tenants::get(tx, id).await?;
    if tenant.parent == Some(principal.tenant()) { Ok(tenant) } else { Err(StoreError::NotFound.into()) }
}
