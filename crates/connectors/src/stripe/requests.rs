//! What Stripe is asked for.

use super::{NewAccount, NewCheckout, ProviderError, errors::rejected};
use aws_lc_rs::digest::{SHA256, digest};
use domain::money::Currency;
use std::collections::HashMap;
use stripe_checkout::checkout_session::{
    CreateCheckoutSession, CreateCheckoutSessionLineItems, CreateCheckoutSessionLineItemsPriceData,
    CreateCheckoutSessionPaymentIntentData, ProductData,
};
use stripe_connect::account::{
    CreateAccount, CreateAccountBusinessProfile, CreateAccountController, CreateAccountControllerFees,
    CreateAccountControllerFeesPayer, CreateAccountControllerLosses, CreateAccountControllerLossesPayments,
    CreateAccountControllerRequirementCollection, CreateAccountControllerStripeDashboard,
    CreateAccountControllerStripeDashboardType,
};
use stripe_shared::CheckoutSessionMode;

/// The tenant and what is said about it. Stripe refuses another content under a used key for a day, and a tenant who
/// has corrected a wrong address must not have to wait that long.
pub(super) fn account_key(new: &NewAccount) -> String {
    let content = format!("{}\0{}\0{}", new.name, new.email, new.country);
    let fingerprint = hex::encode(digest(&SHA256, content.as_bytes()));
    format!("account/{}/{}", new.tenant, &fingerprint[..16])
}

/// An account whose owner deals with Stripe directly: its own dashboard, its own fees, Stripe bears the losses and asks
/// for the papers.
pub(super) fn account(new: NewAccount) -> CreateAccount {
    let mut controller = CreateAccountController::new();
    let mut fees = CreateAccountControllerFees::new();
    fees.payer = Some(CreateAccountControllerFeesPayer::Account);
    controller.fees = Some(fees);
    let mut losses = CreateAccountControllerLosses::new();
    losses.payments = Some(CreateAccountControllerLossesPayments::Stripe);
    controller.losses = Some(losses);
    controller.requirement_collection = Some(CreateAccountControllerRequirementCollection::Stripe);
    let mut dashboard = CreateAccountControllerStripeDashboard::new();
    dashboard.type_ = Some(CreateAccountControllerStripeDashboardType::Full);
    controller.stripe_dashboard = Some(dashboard);
    let mut profile = CreateAccountBusinessProfile::new();
    profile.name = Some(new.name);
    CreateAccount::new()
        .controller(controller)
        .country(new.country)
        .email(new.email)
        .business_profile(profile)
        .metadata(HashMap::from([("tenant".to_owned(), new.tenant.to_string())]))
}

/// A page for one invoice, paid to the account that the call is made on.
pub(super) fn checkout(new: NewCheckout) -> Result<CreateCheckoutSession, ProviderError> {
    let (amount, fee) = (new.amount.amount_minor(), new.fee.amount_minor());
    if amount <= 0 || fee < 0 || fee > amount || new.fee.currency() != new.amount.currency() {
        return Err(rejected("invalid_amount", "the amount is positive, and the fee a part of it"));
    }
    let mut metadata = new.metadata;
    metadata.insert("checkout".to_owned(), new.checkout.to_string());
    metadata.insert("invoice".to_owned(), new.invoice.to_string());

    let mut price = CreateCheckoutSessionLineItemsPriceData::new(currency(new.amount.currency()));
    price.unit_amount = Some(amount);
    price.product_data = Some(ProductData::new(new.description.clone()));
    let mut line = CreateCheckoutSessionLineItems::new();
    line.quantity = Some(1);
    line.price_data = Some(price);

    let mut payment = CreateCheckoutSessionPaymentIntentData::new();
    // Stripe does not take a fee of nothing.
    payment.application_fee_amount = (fee > 0).then_some(fee);
    payment.description = Some(new.description);
    // Events about the payment carry these, so that its invoice is found without asking for the page.
    payment.metadata = Some(metadata.clone());

    let request = CreateCheckoutSession::new()
        .mode(CheckoutSessionMode::Payment)
        .client_reference_id(new.checkout.to_string())
        .line_items(vec![line])
        .payment_intent_data(payment)
        .metadata(metadata)
        .success_url(new.success_url)
        .cancel_url(new.cancel_url);
    Ok(match new.customer_email {
        Some(email) => request.customer_email(email),
        None => request,
    })
}

fn currency(currency: Currency) -> stripe_types::Currency {
    let Ok(currency) = currency.code().to_ascii_lowercase().parse();
    currency
}
