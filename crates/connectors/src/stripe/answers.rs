//! What Stripe answered, in our words.

use super::{
    AccountStatus, Checkout, CheckoutState, CheckoutStatus, PaymentState, PaymentStatus, ProviderError,
    errors::{failure, rejected},
};
use chrono::DateTime;
use domain::money::Money;
use stripe_shared::{
    Account, CheckoutSession, CheckoutSessionPaymentStatus, CheckoutSessionStatus, PaymentIntent,
    PaymentIntentStatus,
};

pub(super) fn account(account: &Account) -> AccountStatus {
    AccountStatus {
        account: account.id.to_string(),
        details_submitted: account.details_submitted.unwrap_or(false),
        charges_enabled: account.charges_enabled.unwrap_or(false),
        payouts_enabled: account.payouts_enabled.unwrap_or(false),
    }
}

pub(super) fn new_checkout(session: CheckoutSession) -> Result<Checkout, ProviderError> {
    let expires_at =
        DateTime::from_timestamp(session.expires_at, 0).ok_or_else(|| incomplete("a time that is none"))?;
    // A repeated call gets the first answer again, with the page as it was when it was made.
    let url = session.url.ok_or_else(|| incomplete("a page without an address"))?;
    Ok(Checkout { session: session.id.to_string(), url, expires_at })
}

pub(super) fn checkout(session: CheckoutSession) -> Result<CheckoutStatus, ProviderError> {
    let state = match session.status {
        Some(CheckoutSessionStatus::Open) => CheckoutState::Open,
        Some(CheckoutSessionStatus::Complete) => CheckoutState::Complete,
        Some(CheckoutSessionStatus::Expired) => CheckoutState::Expired,
        _ => return Err(incomplete("a page in an unknown state")),
    };
    let (Some(amount), Some(currency)) = (session.amount_total, &session.currency) else {
        return Err(incomplete("a page without an amount"));
    };
    let last_error = session
        .payment_intent
        .as_ref()
        .and_then(|payment| payment.as_object())
        .and_then(|payment| payment.last_payment_error.as_deref())
        .map(failure);
    Ok(CheckoutStatus {
        session: session.id.to_string(),
        state,
        paid: session.payment_status == CheckoutSessionPaymentStatus::Paid,
        amount: money(amount, currency)?,
        payment: session.payment_intent.map(|payment| payment.into_id().to_string()),
        last_error,
        metadata: session.metadata.unwrap_or_default(),
    })
}

pub(super) fn payment(payment: PaymentIntent) -> Result<PaymentStatus, ProviderError> {
    let failed = payment.last_payment_error.is_some();
    let state = match payment.status {
        PaymentIntentStatus::Succeeded => PaymentState::Succeeded,
        PaymentIntentStatus::Processing => PaymentState::Processing,
        PaymentIntentStatus::Canceled => PaymentState::Canceled,
        // Stripe has no state for failure: the payment waits for another means of payment.
        PaymentIntentStatus::RequiresPaymentMethod if failed => PaymentState::Failed,
        _ => PaymentState::Open,
    };
    let amount = if state == PaymentState::Succeeded { payment.amount_received } else { payment.amount };
    Ok(PaymentStatus {
        payment: payment.id.to_string(),
        state,
        amount: money(amount, &payment.currency)?,
        fee: payment.application_fee_amount.map(|fee| money(fee, &payment.currency)).transpose()?,
        failure: payment.last_payment_error.as_deref().map(failure),
        metadata: payment.metadata,
    })
}

fn money(amount: i64, currency: &stripe_types::Currency) -> Result<Money, ProviderError> {
    let code = currency.to_string().to_ascii_uppercase();
    let currency = code
        .parse()
        .map_err(|_| rejected("unsupported_currency", "an amount in a currency that is not billed in"))?;
    Ok(Money::new(amount, currency))
}

/// An answer that breaks Stripe's own rules; what it will be next time, nobody knows.
fn incomplete(what: &str) -> ProviderError {
    ProviderError::Unavailable(format!("the answer is {what}"))
}
