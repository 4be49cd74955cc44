//! What people read of the ledger.

use client::texts;
use domain::ledger::{Account, Age, BookingKind};

pub use crate::text::*;

texts! {
    account = "Account";
    account_bad_debt = "Bad debt";
    account_breakage = "Expired credit";
    account_cash = "Cash";
    account_credits = "Customer credits";
    account_deferred_revenue = "Deferred revenue";
    account_fees = "Payment fees";
    account_promotions = "Credit given away";
    account_receivable = "Accounts receivable";
    account_refunds = "Refunds and disputes";
    account_revenue = "Revenue";
    account_tax_payable = "Tax payable";
    accounts = "Balances";
    age_current = "Not due yet";
    age_days_30 = "1–30 days";
    age_days_60 = "31–60 days";
    age_days_90 = "61–90 days";
    age_older = "Over 90 days";
    all_in(currency) = "All in {currency}";
    any_account = "Any account";
    any_customer = "Any customer";
    as_of = "As of the end of";
    balance = "Balance";
    balances = "Trial balance";
    balances_note = "debits and credits of a currency come to the same";
    booked = "What was booked";
    booked_on = "Day";
    change = "Change";
    clear = "Clear filters";
    closing = "Balance after the last day";
    credit = "Credit";
    credit_of(amount) = "Credit {amount}";
    day_missing = "Choose a day.";
    debit = "Debit";
    debit_of(amount) = "Debit {amount}";
    export = "Export journal…";
    export_do = "Export CSV";
    export_means = "Every debit and credit of these days, as CSV for your accountant. At most 400 days at once.";
    export_title = "Export the journal";
    first_day = "First day";
    kind_credit_applied = "Credit used";
    kind_credit_expired = "Credit expired";
    kind_credit_granted = "Credit granted";
    kind_credit_note = "Credit note issued";
    kind_credit_revoked = "Credit taken back";
    kind_dispute = "Payment disputed";
    kind_dispute_lost = "Dispute lost";
    kind_dispute_won = "Dispute won";
    kind_invoice = "Invoice issued";
    kind_payment = "Payment received";
    kind_recognition = "Deferred revenue earned";
    kind_refund = "Refund begun";
    kind_refund_failed = "Refund came back";
    kind_refund_paid = "Refund paid";
    kind_void = "Invoice voided";
    kind_write_off = "Written off";
    last_before_first = "Choose a day that is not before the first one.";
    last_day = "Last day";
    ledger = "Ledger";
    nothing_booked = "Nothing is booked yet";
    nothing_booked_detail = "Each invoice that is issued and each payment that comes in is booked here, as debit and credit.";
    nothing_booked_then = "Nothing had been booked by then";
    nothing_booked_then_detail = "Choose a later day.";
    nothing_found = "Nothing was booked like this";
    nothing_found_detail = "Choose another account, customer or other days.";
    nothing_owed = "Nobody owes anything";
    nothing_owed_detail = "At the end of this day every invoice that was issued was paid.";
    meters = "Usage at Stripe";
    opening = "Balance before the first day";
    overdue_of(amount) = "{amount} overdue";
    parts = "Parts of the ledger";
    payouts = "Balance and payouts";
    receivables = "Receivables";
    receivables_note = "what customers owe, by how long it has been due";
    statement = "Statement";
    statement_in(currency) = "Statement in {currency}";
    statement_none = "Nothing was booked in these days";
    statement_none_detail = "Invoices and payments of this customer show here, with what is owed after each. Choose other days.";
    too_many_days = "Choose at most 400 days at once.";
    total_owed = "Owed";
    transaction = "Transaction";
    transactions = "Transactions";
}

/// What an account is called.
pub fn account_name(account: Account) -> &'static str {
    match account {
        Account::Receivable => account_receivable(),
        Account::Revenue => account_revenue(),
        Account::DeferredRevenue => account_deferred_revenue(),
        Account::TaxPayable => account_tax_payable(),
        Account::Cash => account_cash(),
        Account::Fees => account_fees(),
        Account::Credits => account_credits(),
        Account::Refunds => account_refunds(),
        Account::BadDebt => account_bad_debt(),
        Account::Promotions => account_promotions(),
        Account::Breakage => account_breakage(),
    }
}

/// What was booked.
pub fn kind(kind: BookingKind) -> &'static str {
    match kind {
        BookingKind::Invoice => kind_invoice(),
        BookingKind::Payment => kind_payment(),
        BookingKind::CreditNote => kind_credit_note(),
        BookingKind::CreditApplied => kind_credit_applied(),
        BookingKind::Void => kind_void(),
        BookingKind::WriteOff => kind_write_off(),
        BookingKind::Dispute => kind_dispute(),
        BookingKind::DisputeLost => kind_dispute_lost(),
        BookingKind::DisputeWon => kind_dispute_won(),
        BookingKind::Refund => kind_refund(),
        BookingKind::RefundPaid => kind_refund_paid(),
        BookingKind::RefundFailed => kind_refund_failed(),
        BookingKind::CreditGranted => kind_credit_granted(),
        BookingKind::CreditExpired => kind_credit_expired(),
        BookingKind::CreditRevoked => kind_credit_revoked(),
        BookingKind::Recognition => kind_recognition(),
    }
}

/// For how long something has been due.
pub fn age(age: Age) -> &'static str {
    match age {
        Age::Current => age_current(),
        Age::Days30 => age_days_30(),
        Age::Days60 => age_days_60(),
        Age::Days90 => age_days_90(),
        Age::Older => age_older(),
    }
}
