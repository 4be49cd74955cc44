//! What people read of payouts.

use client::texts;
use domain::payouts::{PayoutItemKind, PayoutStatus};

pub use super::super::text::clear;

texts! {
    amount = "Amount";
    any_status = "Any state";
    arrives = "At the bank";
    arrives_from = "At the bank from";
    arrives_until = "Up to";
    ask = "Ask Stripe now";
    available(currency) = "Available in {currency}";
    available_means = "what the next payout takes";
    balance = "Balance at Stripe";
    balance_note = "what was paid and has not gone to the bank yet";
    below_zero = "refunds and disputes took more than there was";
    canceled_means = "It was taken back before it left. The money is in the balance again, and part of the next payout.";
    contents = "What is in it";
    each = "One by one";
    earlier_payout = "The earlier payout";
    failed_means = "The bank did not take it. The money is in the balance again. Correct the bank account at Stripe: Stripe pays nothing out until then.";
    in_payout = "In the payout";
    kept = "Fees";
    kind_dispute = "Dispute";
    kind_other = "Other";
    kind_payment = "Payment";
    kind_payout = "Payout asked for";
    kind_payout_returned = "Payout that came back";
    kind_platform_fee_refund = "Platform's share, given back";
    kind_provider_fee = "Fee of Stripe";
    kind_refund = "Refund";
    kind_refund_failed = "Refund that came back";
    made = "Made";
    made_of = "What it is made of";
    method = "How";
    no_payouts = "No payouts yet";
    no_payouts_detail = "When Stripe pays out what your customers paid, it shows here, with what is in it.";
    none_found = "No payout is like this";
    none_found_detail = "Choose another state or other days.";
    not_connected = "No payment account yet";
    not_connected_detail = "When your account at Stripe is connected, what it has shows here, and how it reaches your bank.";
    not_itemised = "Somebody asked for this payout at Stripe. What is in it is known only of payouts that Stripe makes by its schedule.";
    nothing_held = "The account has nothing.";
    of_amount(count, amount) = "{count}, of {amount} in all";
    other_currencies(codes) = "The account has something in currencies that are not billed in here, too: {codes}. Stripe's dashboard says how much.";
    payment_account = "Payment account";
    payout = "Payout";
    payout_of(amount) = "Payout of {amount}";
    payouts = "Payouts";
    payouts_note = "what went to the bank";
    pending(currency) = "Pending in {currency}";
    pending_means = "paid, and not available yet";
    read_at(when) = "As Stripe said on {when}";
    reference = "Reference at Stripe";
    shares(provider, platform) = "fees: Stripe {provider}, platform {platform}";
    state = "State";
    statement_says = "Bank statement";
    status_canceled = "Cancelled";
    status_failed = "Failed";
    status_in_transit = "On its way";
    status_paid = "Paid out";
    status_pending = "To be sent";
    unexplained(amount) = "{amount} of this payout are not listed: only its newest 1,000 parts are.";
    what = "What";
    why = "Why";
}

/// Where a payout stands.
pub fn status(status: PayoutStatus) -> &'static str {
    match status {
        PayoutStatus::Pending => status_pending(),
        PayoutStatus::InTransit => status_in_transit(),
        PayoutStatus::Paid => status_paid(),
        PayoutStatus::Failed => status_failed(),
        PayoutStatus::Canceled => status_canceled(),
    }
}

/// What a part of a payout is.
pub fn kind(kind: PayoutItemKind) -> &'static str {
    match kind {
        PayoutItemKind::Payment => kind_payment(),
        PayoutItemKind::Refund => kind_refund(),
        PayoutItemKind::RefundFailed => kind_refund_failed(),
        PayoutItemKind::Dispute => kind_dispute(),
        PayoutItemKind::PlatformFeeRefund => kind_platform_fee_refund(),
        PayoutItemKind::ProviderFee => kind_provider_fee(),
        PayoutItemKind::Payout => kind_payout(),
        PayoutItemKind::PayoutReturned => kind_payout_returned(),
        PayoutItemKind::Other => kind_other(),
    }
}
