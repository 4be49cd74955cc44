//! Connecting the tenant's own account.

use connectors::stripe::{AccountStatus, NewAccount};
use serde_json::json;
use store::{
    NewEvent, Scope, brands,
    payments::{self, Account},
    tenants,
};

use crate::{
    App, AppError, Result,
    mail::link_base,
    payments::{payouts, provider, upstream},
};

/// Opens an account for the tenant where it has none, and gives the address of the provider's forms. It
/// is good for one visit within minutes.
pub async fn connect(app: &App, scope: &Scope, email: &str, country: &str) -> Result<String> {
    let provider = provider(app)?;
    if scope.is_sandbox() && !provider.is_test() {
        return Err(AppError::conflict(
            "sandbox_without_payments",
            "This installation takes real payments; a sandbox has nothing to do with them.",
        ));
    }
    let store = app.store();
    let (known, name, host) = store
        .read(scope, async |tx| {
            let host = tenants::hosts(tx).await?.into_iter().next();
            Ok::<_, AppError>((payments::account(tx).await?, brands::get(tx).await?.display_name, host))
        })
        .await?;
    let account = if let Some(account) = known {
        account.account
    } else {
        let new =
            NewAccount { tenant: scope.tenant(), name, email: email.to_owned(), country: country.to_owned() };
        let made = provider.create_account(new).await.map_err(upstream)?;
        keep(app, scope, &made).await?;
        made.account
    };
    let base = link_base(&app.config().public_url, host.as_deref());
    let back = format!("{base}/settings/payments");
    provider.onboarding_link(&account, &back, &format!("{back}?again=1")).await.map_err(upstream)
}

async fn keep(app: &App, scope: &Scope, made: &AccountStatus) -> Result<()> {
    let fee = app.config().application_fee_basis_points;
    app.store()
        .write(scope, async |tx| {
            payments::add_account(tx, &made.account, fee).await?;
            let subject = format!("tenant:{}", tx.tenant());
            tx.record(NewEvent::new("payments.account_created", subject, json!({"account": made.account})));
            Ok(())
        })
        .await
}

/// Asks the provider how the account stands and notes it.
pub async fn refresh_account(app: &App, scope: &Scope) -> Result<Option<Account>> {
    let store = app.store();
    let known = store.read(scope, async |tx| Ok::<_, AppError>(payments::account(tx).await?)).await?;
    let Some(known) = known else { return Ok(None) };
    let status = provider(app)?.account(&known.account).await.map_err(upstream)?;
    note(app, scope, &status).await?;
    store.read(scope, async |tx| Ok(payments::account(tx).await?)).await
}

pub(crate) async fn note(app: &App, scope: &Scope, status: &AccountStatus) -> Result<()> {
    app.store()
        .write(scope, async |tx| {
            let news = payments::update_account(
                tx,
                &status.account,
                status.details_submitted,
                status.charges_enabled,
                status.payouts_enabled,
            )
            .await?;
            if news {
                // An account may be older than its place here.
                if status.payouts_enabled {
                    payouts::read_soon(tx).await?;
                }
                let subject = format!("tenant:{}", tx.tenant());
                tx.record(NewEvent::new(
                    "payments.account_updated",
                    subject,
                    json!({
                        "account": status.account,
                        "charges_enabled": status.charges_enabled,
                        "payouts_enabled": status.payouts_enabled,
                    }),
                ));
            } else {
                tx.without_event();
            }
            Ok(())
        })
        .await
}
