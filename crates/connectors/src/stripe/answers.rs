//! What Stripe answered, in our words.

use super::{
    AccountStatus, Balance, Checkout, CheckoutState, CheckoutStatus, DisputeTold, Holding, MethodSetupStatus,
    PaymentState, PaymentStatus, PayoutTold, ProviderError, RefundState, RefundStatus, SavedMethod,
    errors::{failure, failure_code, rejected},
};
use chrono::DateTime;
use domain::{
    disputes::DisputeStatus,
    money::{Currency, Money},
    payouts::PayoutStatus,
};
use std::collections::BTreeMap;
use stripe::ApiErrors;
use stripe_shared::{
    Account, CheckoutSession, CheckoutSessionMode, CheckoutSessionPaymentStatus, CheckoutSessionStatus,
    Dispute, DisputeStatus as StripeDisputeStatus, PaymentIntent, PaymentIntentStatus, PaymentMethod, Payout,
    Refund, SetupIntentStatus,
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
    if session.mode == CheckoutSessionMode::Setup {
        return Err(rejected("invalid_mode", "nothing is paid on this page"));
    }
    let state = state(&session)?;
    let (Some(amount), Some(currency)) = (session.amount_total, &session.currency) else {
        return Err(incomplete("a page without an amount"));
    };
    let payment = session.payment_intent.as_ref().and_then(|payment| payment.as_object());
    let payment_state = payment.map(payment_state);
    let last_error = payment.and_then(|payment| payment.last_payment_error.as_deref()).map(failure);
    Ok(CheckoutStatus {
        session: session.id.to_string(),
        state,
        paid: session.payment_status == CheckoutSessionPaymentStatus::Paid,
        amount: money(amount, currency)?,
        payment_state,
        payment: session.payment_intent.map(|payment| payment.into_id().to_string()),
        last_error,
        metadata: session.metadata.unwrap_or_default(),
    })
}

pub(super) fn method_setup(session: CheckoutSession) -> Result<MethodSetupStatus, ProviderError> {
    if session.mode != CheckoutSessionMode::Setup {
        return Err(rejected("invalid_mode", "no payment method is saved on this page"));
    }
    let state = state(&session)?;
    let setup = session.setup_intent.as_ref().and_then(|setup| setup.as_object());
    let method = setup
        .filter(|setup| setup.status == SetupIntentStatus::Succeeded)
        .and_then(|setup| setup.payment_method.as_ref()?.as_object())
        .map(saved_method);
    Ok(MethodSetupStatus {
        session: session.id.to_string(),
        state,
        method,
        metadata: session.metadata.unwrap_or_default(),
    })
}

fn saved_method(method: &PaymentMethod) -> SavedMethod {
    let debits = [
        method.us_bank_account.as_ref().map(|debit| (debit.bank_name.clone(), debit.last4.clone())),
        method.acss_debit.as_ref().map(|debit| (debit.bank_name.clone(), debit.last4.clone())),
        method.sepa_debit.as_ref().map(|debit| (None, debit.last4.clone())),
        method.bacs_debit.as_ref().map(|debit| (None, debit.last4.clone())),
        method.au_becs_debit.as_ref().map(|debit| (None, debit.last4.clone())),
    ];
    let (brand, last4) = match &method.card {
        Some(card) => (Some(card.brand.clone()), Some(card.last4.clone())),
        None => debits.into_iter().flatten().next().unwrap_or_default(),
    };
    SavedMethod {
        method: method.id.to_string(),
        payer: method.customer.as_ref().map(|payer| payer.id().to_string()),
        kind: method.type_.as_str().to_owned(),
        brand,
        last4,
        expires: method
            .card
            .as_ref()
            .and_then(|card| Some((card.exp_year.try_into().ok()?, card.exp_month.try_into().ok()?))),
    }
}

fn state(session: &CheckoutSession) -> Result<CheckoutState, ProviderError> {
    match session.status {
        Some(CheckoutSessionStatus::Open) => Ok(CheckoutState::Open),
        Some(CheckoutSessionStatus::Complete) => Ok(CheckoutState::Complete),
        Some(CheckoutSessionStatus::Expired) => Ok(CheckoutState::Expired),
        _ => Err(incomplete("a page in an unknown state")),
    }
}

pub(super) fn refund(refund: Refund) -> Result<RefundStatus, ProviderError> {
    let state = match refund.status.as_deref() {
        Some("succeeded") => RefundState::Succeeded,
        Some("failed" | "canceled") => RefundState::Failed,
        // Stripe's own words for one that is not done: `pending`, `requires_action`.
        _ => RefundState::Pending,
    };
    Ok(RefundStatus {
        refund: refund.id.to_string(),
        payment: refund.payment_intent.map(|payment| payment.into_id().to_string()),
        state,
        amount: money(refund.amount, &refund.currency)?,
        failure: refund.failure_reason,
        metadata: refund.metadata.unwrap_or_default(),
    })
}

pub(super) fn dispute(dispute: Dispute) -> Result<DisputeTold, ProviderError> {
    let status = match &dispute.status {
        StripeDisputeStatus::NeedsResponse | StripeDisputeStatus::WarningNeedsResponse => {
            DisputeStatus::NeedsResponse
        }
        StripeDisputeStatus::UnderReview | StripeDisputeStatus::WarningUnderReview => {
            DisputeStatus::UnderReview
        }
        StripeDisputeStatus::Won => DisputeStatus::Won,
        StripeDisputeStatus::Lost => DisputeStatus::Lost,
        StripeDisputeStatus::WarningClosed | StripeDisputeStatus::Prevented => DisputeStatus::Closed,
        _ => return Err(incomplete("a dispute in an unknown state")),
    };
    // The money goes, and comes back. Where the account is in another currency than the payment, what it loses is not known
    // in that of the payment: the dispute is told without it.
    let own = dispute.balance_transactions.iter().all(|moved| moved.currency == dispute.currency);
    let sum = |back: bool| {
        let moved =
            dispute.balance_transactions.iter().filter(move |moved| own && (moved.amount > 0) == back);
        moved.fold((0i64, 0i64), |(amount, fee), moved| {
            (amount.saturating_add(moved.amount), fee.saturating_add(moved.fee))
        })
    };
    let pair =
        |(amount, fee): (i64, i64)| Ok((money(amount, &dispute.currency)?, money(fee, &dispute.currency)?));
    let (taken, returned) = (sum(false), sum(true));
    let due = dispute.evidence_details.due_by.and_then(|due| DateTime::from_timestamp(due, 0));
    Ok(DisputeTold {
        dispute: dispute.id.to_string(),
        payment: dispute.payment_intent.as_ref().map(|payment| payment.id().to_string()),
        status,
        amount: money(dispute.amount, &dispute.currency)?,
        reason: dispute.reason,
        taken: pair((taken.0.saturating_neg(), taken.1))?,
        returned: pair((returned.0, returned.1.saturating_neg()))?,
        evidence_due_by: due,
        opened_at: DateTime::from_timestamp(dispute.created, 0)
            .ok_or_else(|| incomplete("a time that is none"))?,
    })
}

pub(super) fn balance(balance: &stripe_core::Balance) -> Result<Balance, ProviderError> {
    let mut told = Balance::default();
    let mut sums: BTreeMap<Currency, (i64, i64)> = BTreeMap::new();
    let available = balance.available.iter().map(|one| (one, true));
    for (one, is_available) in available.chain(balance.pending.iter().map(|one| (one, false))) {
        let Ok(amount) = money(one.amount, &one.currency) else {
            let code = one.currency.to_string().to_ascii_uppercase();
            if one.amount != 0 && !told.other_currencies.contains(&code) {
                told.other_currencies.push(code);
            }
            continue;
        };
        let (available, pending) = sums.entry(amount.currency()).or_default();
        let sum = if is_available { available } else { pending };
        *sum = sum.checked_add(amount.amount_minor()).ok_or_else(|| incomplete("an amount that is none"))?;
    }
    told.holdings = sums
        .into_iter()
        .map(|(currency, (available, pending))| Holding {
            currency,
            available: Money::new(available, currency),
            pending: Money::new(pending, currency),
        })
        .collect();
    Ok(told)
}

pub(super) fn payout(payout: Payout) -> Result<PayoutTold, ProviderError> {
    let status: PayoutStatus =
        payout.status.parse().map_err(|_| incomplete("a payout in an unknown state"))?;
    let time =
        |seconds| DateTime::from_timestamp(seconds, 0).ok_or_else(|| incomplete("a time that is none"));
    Ok(PayoutTold {
        payout: payout.id.to_string(),
        amount: money(payout.amount, &payout.currency)?,
        status,
        automatic: payout.automatic,
        method: payout.method,
        statement_descriptor: payout.statement_descriptor,
        // Stripe's days begin at midnight UTC.
        arrives_on: time(payout.arrival_date)?.date_naive(),
        failure_code: payout.failure_code,
        failure: payout.failure_message,
        made_at: time(payout.created)?,
    })
}

fn payment_state(payment: &PaymentIntent) -> PaymentState {
    let failed = payment.last_payment_error.is_some();
    match payment.status {
        PaymentIntentStatus::Succeeded => PaymentState::Succeeded,
        PaymentIntentStatus::Processing => PaymentState::Processing,
        PaymentIntentStatus::Canceled => PaymentState::Canceled,
        // Stripe has no state for failure: the payment waits for another means of payment.
        PaymentIntentStatus::RequiresPaymentMethod if failed => PaymentState::Failed,
        _ => PaymentState::Open,
    }
}

pub(super) fn payment(payment: PaymentIntent) -> Result<PaymentStatus, ProviderError> {
    let state = payment_state(&payment);
    let amount = if state == PaymentState::Succeeded { payment.amount_received } else { payment.amount };
    Ok(PaymentStatus {
        payment: payment.id.to_string(),
        state,
        amount: money(amount, &payment.currency)?,
        fee: payment.application_fee_amount.map(|fee| money(fee, &payment.currency)).transpose()?,
        failure: payment.last_payment_error.as_deref().map(failure),
        failure_code: payment.last_payment_error.as_deref().and_then(failure_code),
        metadata: payment.metadata,
    })
}

/// A payment that came inside the error which says why the bank refused it.
pub(super) fn refused(refused: PaymentIntent, error: &ApiErrors) -> Result<PaymentStatus, ProviderError> {
    let status = payment(refused)?;
    Ok(PaymentStatus {
        // The last word on a charge for which nobody is there to try again.
        state: if status.state == PaymentState::Open { PaymentState::Failed } else { status.state },
        failure: Some(status.failure.unwrap_or_else(|| failure(error))),
        failure_code: status.failure_code.or_else(|| failure_code(error)),
        ..status
    })
}

/// Whether amounts of this currency can be told at all.
pub(super) fn is_billable(currency: &stripe_types::Currency) -> bool {
    money(0, currency).is_ok()
}

pub(super) fn money(amount: i64, currency: &stripe_types::Currency) -> Result<Money, ProviderError> {
    let code = currency.to_string().to_ascii_uppercase();
    let currency = code
        .parse()
        .map_err(|_| rejected("unsupported_currency", "an amount in a currency that is not billed in"))?;
    Ok(Money::new(amount, currency))
}

/// An answer that breaks Stripe's own rules; what it will be next time, nobody knows.
pub(super) fn incomplete(what: &str) -> ProviderError {
    ProviderError::Unavailable(format!("the answer is {what}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_debit_is_known_by_its_bank() {
        for (kind, details, brand) in [
            (
                "us_bank_account",
                r#"{"bank_name":"STRIPE TEST BANK","last4":"6789"}"#,
                Some("STRIPE TEST BANK"),
            ),
            ("sepa_debit", r#"{"bank_code":"37040044","last4":"6789"}"#, None),
        ] {
            let method = format!(
                r#"{{"id":"pm_1","object":"payment_method","type":"{kind}","{kind}":{details},"customer":null,
                "created":1,"livemode":false,"metadata":{{}},"billing_details":{{}}}}"#
            );
            let method: PaymentMethod = miniserde::json::from_str(&method).unwrap();
            let expected = SavedMethod {
                method: "pm_1".to_owned(),
                payer: None,
                kind: kind.to_owned(),
                brand: brand.map(str::to_owned),
                last4: Some("6789".to_owned()),
                expires: None,
            };
            assert_eq!(saved_method(&method), expected);
        }
    }
}
