//! What Stripe is asked for.

use super::{
    NewAccount, NewCharge, NewCheckout, NewMeter, NewMethodSetup, NewPayer, NewRefund, ProviderError,
    errors::rejected, ids,
};
use aws_lc_rs::digest::{SHA256, digest};
use domain::money::{Currency, Money};
use std::collections::HashMap;
use stripe::StripeRequest;
use stripe_checkout::checkout_session::{
    CreateCheckoutSession, CreateCheckoutSessionLineItems, CreateCheckoutSessionLineItemsPriceData,
    CreateCheckoutSessionPaymentIntentData, CreateCheckoutSessionSetupIntentData, ProductData,
};
use stripe_client_core::{RequestBuilder, StripeMethod};
use stripe_connect::account::{
    CreateAccount, CreateAccountBusinessProfile, CreateAccountController, CreateAccountControllerFees,
    CreateAccountControllerFeesPayer, CreateAccountControllerLosses, CreateAccountControllerLossesPayments,
    CreateAccountControllerRequirementCollection, CreateAccountControllerStripeDashboard,
    CreateAccountControllerStripeDashboardType,
};
use stripe_core::{
    customer::CreateCustomer,
    payment_intent::{
        CreatePaymentIntent, CreatePaymentIntentAutomaticPaymentMethods,
        CreatePaymentIntentAutomaticPaymentMethodsAllowRedirects, CreatePaymentIntentOffSession,
    },
    refund::CreateRefund,
};
use stripe_shared::{CheckoutSessionMode, PaymentMethod};

/// The tenant and what is said about it. Stripe refuses another content under a used key for a day, and a tenant who
/// has corrected a wrong address must not have to wait that long.
pub(super) fn account_key(new: &NewAccount) -> String {
    format!("account/{}/{}", new.tenant, fingerprint(&[&new.name, &new.email, &new.country]))
}

fn fingerprint(content: &[&str]) -> String {
    let digest = digest(&SHA256, content.join("\0").as_bytes());
    hex::encode(&digest.as_ref()[..8])
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
    let (amount, fee) = amounts(new.amount, new.fee)?;
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
    payment.application_fee_amount = fee;
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

/// The amount, and the fee if there is one: Stripe does not take a fee of nothing.
fn amounts(amount: Money, fee: Money) -> Result<(i64, Option<i64>), ProviderError> {
    let one_currency = amount.currency() == fee.currency();
    let (amount, fee) = (amount.amount_minor(), fee.amount_minor());
    if amount <= 0 || fee < 0 || fee > amount || !one_currency {
        return Err(rejected("invalid_amount", "the amount is positive, and the fee a part of it"));
    }
    Ok((amount, (fee > 0).then_some(fee)))
}

/// As for an account: what is corrected is another call.
pub(super) fn payer_key(new: &NewPayer) -> String {
    let email = new.email.as_deref().unwrap_or_default();
    format!("payer/{}/{}", new.customer, fingerprint(&[&new.name, email]))
}

/// A meter that was deleted, or made under another name, is another one.
pub(super) fn meter_key(new: &NewMeter) -> String {
    format!("meter/{}", fingerprint(&[&new.event_name, &new.display_name]))
}

pub(super) fn payer(new: NewPayer) -> CreateCustomer {
    let request = CreateCustomer::new()
        .name(new.name)
        .metadata(HashMap::from([("customer".to_owned(), new.customer.to_string())]));
    match new.email {
        Some(email) => request.email(email),
        None => request,
    }
}

/// A page that charges nothing. What is saved on it is for use off-session, as is Stripe's custom for such pages.
pub(super) fn method_setup(new: NewMethodSetup) -> Result<CreateCheckoutSession, ProviderError> {
    let metadata = HashMap::from([("setup".to_owned(), new.setup.to_string())]);
    let mut setup = CreateCheckoutSessionSetupIntentData::new();
    setup.metadata = Some(metadata.clone());
    Ok(CreateCheckoutSession::new()
        .mode(CheckoutSessionMode::Setup)
        .client_reference_id(new.setup.to_string())
        .customer(ids::check(&new.payer, "cus_")?)
        // The page offers what the account takes in this currency.
        .currency(currency(new.currency))
        .setup_intent_data(setup)
        .metadata(metadata)
        .success_url(new.success_url)
        .cancel_url(new.cancel_url))
}

/// A payment that is tried at once, without the payer.
pub(super) fn charge(new: NewCharge) -> Result<CreatePaymentIntent, ProviderError> {
    let (amount, fee) = amounts(new.amount, new.fee)?;
    let mut metadata = new.metadata;
    metadata.insert("charge".to_owned(), new.charge.to_string());
    metadata.insert("invoice".to_owned(), new.invoice.to_string());
    // Nobody is there to be sent to another page; without this, Stripe asks for the address to come back to.
    let mut methods = CreatePaymentIntentAutomaticPaymentMethods::new(true);
    methods.allow_redirects = Some(CreatePaymentIntentAutomaticPaymentMethodsAllowRedirects::Never);
    let request = CreatePaymentIntent::new(amount, currency(new.amount.currency()))
        .automatic_payment_methods(methods)
        .confirm(true)
        .off_session(CreatePaymentIntentOffSession::Bool(true))
        .customer(ids::check(&new.payer, "cus_")?)
        .payment_method(ids::check(&new.method, "pm_")?)
        .description(new.description)
        .metadata(metadata);
    Ok(match fee {
        Some(fee) => request.application_fee_amount(fee),
        None => request,
    })
}

/// Some of a payment, back to where it came from.
pub(super) fn refund(new: &NewRefund) -> Result<CreateRefund, ProviderError> {
    let amount = new.amount.amount_minor();
    if amount <= 0 {
        return Err(rejected("invalid_amount", "the amount is positive"));
    }
    Ok(CreateRefund::new()
        .payment_intent(ids::check(&new.payment, "pi_")?)
        .amount(amount)
        .metadata(HashMap::from([("refund".to_owned(), new.refund.to_string())])))
}

/// One call about a payment method. `async-stripe` has these in a crate of its own, which is large.
pub(super) struct OfMethod {
    method: StripeMethod,
    path: String,
}

impl OfMethod {
    pub(super) fn retrieve(method: &str) -> Result<Self, ProviderError> {
        Ok(Self { method: StripeMethod::Get, path: path(method)? })
    }

    pub(super) fn detach(method: &str) -> Result<Self, ProviderError> {
        Ok(Self { method: StripeMethod::Post, path: format!("{}/detach", path(method)?) })
    }
}

fn path(method: &str) -> Result<String, ProviderError> {
    Ok(format!("/payment_methods/{}", ids::check(method, "pm_")?))
}

impl StripeRequest for OfMethod {
    type Output = PaymentMethod;

    fn build(&self) -> RequestBuilder {
        RequestBuilder::new(self.method, self.path.as_str())
    }
}

fn currency(currency: Currency) -> stripe_types::Currency {
    let Ok(currency) = currency.code().to_ascii_lowercase().parse();
    currency
}
