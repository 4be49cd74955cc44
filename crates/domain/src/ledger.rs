//! Double entry: what happens to money, as debits and credits that add up to zero.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::{
    credits::CreditSource,
    money::{Currency, Money, MoneyError},
    permissions::named_enum,
};

named_enum! {
    /// An account of the ledger.
    Account {
        /// What customers owe.
        Receivable = "receivable",
        /// What was earned.
        Revenue = "revenue",
        /// What was billed in advance and is yet to be earned.
        DeferredRevenue = "deferred_revenue",
        /// Tax that was billed and is owed to the state.
        TaxPayable = "tax_payable",
        /// Money that has come in.
        Cash = "cash",
        /// What payment providers and the platform keep of it.
        Fees = "fees",
        /// What is owed to customers.
        Credits = "credits",
        /// What is on its way back to payers; what has gone back before anything was credited for it; and what is disputed.
        Refunds = "refunds",
        /// What will not be paid.
        BadDebt = "bad_debt",
        /// What was given to customers as credit.
        Promotions = "promotions",
        /// What customers had paid ahead, and let expire.
        Breakage = "breakage",
    }
}

named_enum! {
    /// What a transaction books.
    BookingKind {
        /// An invoice was issued.
        Invoice = "invoice",
        /// A payment was received.
        Payment = "payment",
        /// A credit note was issued.
        CreditNote = "credit_note",
        /// A customer's credit was used for an invoice.
        CreditApplied = "credit_applied",
        /// An invoice was taken back whole.
        Void = "void",
        /// What is left of an invoice was given up.
        WriteOff = "write_off",
        /// A refund was begun: what the customer has as credit is set aside for it.
        Refund = "refund",
        /// A refund was paid.
        RefundPaid = "refund_paid",
        /// A refund did not reach the payer.
        RefundFailed = "refund_failed",
        /// A payer's bank has taken a payment back, until it has decided.
        Dispute = "dispute",
        /// It has given the payment back, or some of it.
        DisputeWon = "dispute_won",
        /// It keeps it.
        DisputeLost = "dispute_lost",
        /// A customer was granted credit.
        CreditGranted = "credit_granted",
        /// What was left of a grant has expired.
        CreditExpired = "credit_expired",
        /// What was left of a grant was taken back.
        CreditRevoked = "credit_revoked",
        /// What was billed in advance was earned as its days passed; less than nothing where that was taken back.
        Recognition = "recognition",
    }
}

/// What of an amount that becomes the customer's had gone back to it before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GoneBack {
    /// By refunds that nothing was credited for.
    pub refunded: Money,
    /// By disputes that were lost, and are a loss until then.
    pub lost: Money,
}

impl GoneBack {
    /// Nothing had.
    pub fn none(currency: Currency) -> Self {
        Self { refunded: Money::zero(currency), lost: Money::zero(currency) }
    }

    /// What is the customer's: what has gone back to it already is settled, the rest becomes its credit.
    fn credited(self, amount: Money) -> [(Account, Result<Money, MoneyError>); 3] {
        let rest = amount.checked_sub(self.refunded).and_then(|rest| rest.checked_sub(self.lost));
        [
            (Account::Refunds, self.refunded.checked_neg()),
            (Account::BadDebt, self.lost.checked_neg()),
            (Account::Credits, rest.and_then(Money::checked_neg)),
        ]
    }
}

/// What a dispute has moved since it was booked last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DisputeMove {
    /// More that is with the payer's bank; less, where money has come back.
    pub gone: Money,
    /// More that the provider keeps for it.
    pub fee: Money,
    /// More of it that is lost; less, where money has come back that was given up.
    pub lost: Money,
    /// What of a new loss the customer has as credit: the payer has it twice otherwise.
    pub from_credit: Money,
    /// What of a loss that is none any more had not been credited.
    pub recovered: Money,
    /// What of the rest, which is the customer's, had gone back to it before.
    pub back: GoneBack,
}

/// Debits (positive) and credits (negative) that add up to zero. There is no other way to make one than to name both
/// sides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Posting {
    currency: Currency,
    entries: Vec<(Account, i64)>,
}

impl Posting {
    /// An issued invoice: the customer owes what was earned, what is yet to be earned, and the tax on both. `None` where there
    /// is nothing to book.
    pub fn invoice(total: Money, tax: Money, deferred: Money) -> Result<Option<Self>, MoneyError> {
        let earned = total.checked_sub(tax)?.checked_sub(deferred)?;
        Self::of(
            total.currency(),
            [
                (Account::Receivable, Ok(total)),
                (Account::Revenue, earned.checked_neg()),
                (Account::DeferredRevenue, deferred.checked_neg()),
                (Account::TaxPayable, tax.checked_neg()),
            ],
        )
    }

    /// A payment: what came in, without what was kept of it on the way. What it covers of an invoice goes against the
    /// account that has the invoice, the rest is the customer's.
    pub fn payment(
        amount: Money,
        fee: Money,
        against: Account,
        covered: Money,
        back: GoneBack,
    ) -> Result<Option<Self>, MoneyError> {
        let received = amount.checked_sub(fee)?;
        let [refunds, bad_debt, credits] = back.credited(amount.checked_sub(covered)?);
        Self::of(
            amount.currency(),
            [
                (Account::Cash, Ok(received)),
                (Account::Fees, Ok(fee)),
                (against, covered.checked_neg()),
                refunds,
                bad_debt,
                credits,
            ],
        )
    }

    /// What was billed in advance is earned: that of one month. Less than nothing where it was taken back.
    pub fn recognition(amount: Money) -> Result<Option<Self>, MoneyError> {
        Self::of(
            amount.currency(),
            [(Account::DeferredRevenue, Ok(amount)), (Account::Revenue, amount.checked_neg())],
        )
    }

    /// A credit note: less was earned or is yet to be (`deferred`), and less tax is owed. What it covers of the invoice's rest
    /// goes against the account that has the invoice; the customer has paid what is beyond that.
    pub fn credit_note(
        total: Money,
        tax: Money,
        deferred: Money,
        against: Account,
        covered: Money,
        back: GoneBack,
    ) -> Result<Option<Self>, MoneyError> {
        let [refunds, bad_debt, credits] = back.credited(total.checked_sub(covered)?);
        Self::of(
            total.currency(),
            [
                (Account::Revenue, total.checked_sub(tax)?.checked_sub(deferred)),
                (Account::DeferredRevenue, Ok(deferred)),
                (Account::TaxPayable, Ok(tax)),
                (against, covered.checked_neg()),
                refunds,
                bad_debt,
                credits,
            ],
        )
    }

    /// A refund that is begun: this much of the customer's credit is set aside for it.
    pub fn refund(from_credit: Money) -> Result<Option<Self>, MoneyError> {
        Self::of(
            from_credit.currency(),
            [(Account::Credits, Ok(from_credit)), (Account::Refunds, from_credit.checked_neg())],
        )
    }

    /// A refund that has gone out.
    pub fn refund_paid(amount: Money) -> Result<Option<Self>, MoneyError> {
        Self::of(amount.currency(), [(Account::Refunds, Ok(amount)), (Account::Cash, amount.checked_neg())])
    }

    /// A refund that did not reach the payer. Where it had gone out, the money is back. What was credited for it is the
    /// customer's again.
    pub fn refund_failed(
        amount: Money,
        uncredited: Money,
        had_gone_out: bool,
        back: GoneBack,
    ) -> Result<Option<Self>, MoneyError> {
        let nothing = Money::zero(amount.currency());
        let credited = amount.checked_sub(uncredited)?;
        // Only what was credited had been set aside.
        let (cash, aside) =
            if had_gone_out { (amount, uncredited.checked_neg()) } else { (nothing, Ok(credited)) };
        let [refunds, bad_debt, credits] = back.credited(credited);
        Self::of(
            amount.currency(),
            [(Account::Cash, Ok(cash)), (Account::Refunds, aside), refunds, bad_debt, credits],
        )
    }

    /// What a dispute has moved since it was booked last: money to the payer's bank and back, and what is lost of it.
    pub fn dispute(moved: DisputeMove) -> Result<Option<Self>, MoneyError> {
        let DisputeMove { gone, fee, lost, from_credit, recovered, back } = moved;
        let nothing = Money::zero(gone.currency());
        // What is lost was held before. What comes back of a loss is the customer's, as far as it had been credited.
        let (loss, from_credit, credited) = if lost.amount_minor() < 0 {
            let loss = recovered.checked_neg()?;
            (loss, nothing, loss.checked_sub(lost)?)
        } else {
            (lost.checked_sub(from_credit)?, from_credit, nothing)
        };
        let held = gone.checked_sub(lost)?;
        let [refunds, bad_debt, credits] = back.credited(credited);
        Self::of(
            gone.currency(),
            [
                (Account::Refunds, Ok(held)),
                (Account::Fees, Ok(fee)),
                (Account::Cash, gone.checked_add(fee)?.checked_neg()),
                (Account::BadDebt, Ok(loss)),
                (Account::Credits, Ok(from_credit)),
                refunds,
                bad_debt,
                credits,
            ],
        )
    }

    /// A customer's credit that is used for an invoice.
    pub fn credit_applied(amount: Money) -> Result<Option<Self>, MoneyError> {
        Self::of(
            amount.currency(),
            [(Account::Credits, Ok(amount)), (Account::Receivable, amount.checked_neg())],
        )
    }

    /// Credit that a customer is granted: for money that has come in, or for nothing.
    pub fn credit_granted(amount: Money, source: CreditSource) -> Result<Option<Self>, MoneyError> {
        Self::of(
            amount.currency(),
            [(Self::origin(source), Ok(amount)), (Account::Credits, amount.checked_neg())],
        )
    }

    /// What was left of a grant and has expired. What was paid for is earned; what was given was not given after all.
    pub fn credit_expired(left: Money, source: CreditSource) -> Result<Option<Self>, MoneyError> {
        let to = match source {
            CreditSource::Paid => Account::Breakage,
            CreditSource::Promotional => Account::Promotions,
        };
        Self::of(left.currency(), [(Account::Credits, Ok(left)), (to, left.checked_neg())])
    }

    /// What was left of a grant and is taken back: it goes back where it came from.
    pub fn credit_revoked(left: Money, source: CreditSource) -> Result<Option<Self>, MoneyError> {
        Self::of(left.currency(), [(Account::Credits, Ok(left)), (Self::origin(source), left.checked_neg())])
    }

    /// Where granted credit comes from.
    fn origin(source: CreditSource) -> Account {
        match source {
            CreditSource::Paid => Account::Cash,
            CreditSource::Promotional => Account::Promotions,
        }
    }

    /// An invoice that is taken back: nothing was earned or is yet to be (`deferred`), nothing is owed, no tax either, and the
    /// credit that was used for it is the customer's again.
    pub fn void(
        total: Money,
        tax: Money,
        deferred: Money,
        credit_used: Money,
        back: GoneBack,
    ) -> Result<Option<Self>, MoneyError> {
        let owed = total.checked_sub(credit_used)?;
        let [refunds, bad_debt, credits] = back.credited(credit_used);
        Self::of(
            total.currency(),
            [
                (Account::Revenue, total.checked_sub(tax)?.checked_sub(deferred)),
                (Account::DeferredRevenue, Ok(deferred)),
                (Account::TaxPayable, Ok(tax)),
                (Account::Receivable, owed.checked_neg()),
                refunds,
                bad_debt,
                credits,
            ],
        )
    }

    /// What is left of an invoice and given up.
    pub fn write_off(left: Money) -> Result<Option<Self>, MoneyError> {
        Self::of(left.currency(), [(Account::BadDebt, Ok(left)), (Account::Receivable, left.checked_neg())])
    }

    fn of<const N: usize>(
        currency: Currency,
        entries: [(Account, Result<Money, MoneyError>); N],
    ) -> Result<Option<Self>, MoneyError> {
        let mut sums: Vec<(Account, i64)> = Vec::with_capacity(N);
        for (account, amount) in entries {
            let minor = amount?.amount_minor();
            match sums.iter_mut().find(|(known, _)| *known == account) {
                Some((_, sum)) => *sum = sum.checked_add(minor).ok_or(MoneyError::Overflow)?,
                None => sums.push((account, minor)),
            }
        }
        if sums.iter().map(|(_, amount)| i128::from(*amount)).sum::<i128>() != 0 {
            return Err(MoneyError::Unbalanced);
        }
        let entries: Vec<_> = sums.into_iter().filter(|(_, amount)| *amount != 0).collect();
        Ok((!entries.is_empty()).then_some(Self { currency, entries }))
    }

    /// The currency of all its entries.
    pub fn currency(&self) -> Currency {
        self.currency
    }

    /// The entries, in minor units.
    pub fn entries(&self) -> &[(Account, i64)] {
        &self.entries
    }
}

/// How long an amount has been due.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Age {
    /// Not due yet, or due today.
    Current,
    /// 1 to 30 days.
    Days30,
    /// 31 to 60 days.
    Days60,
    /// 61 to 90 days.
    Days90,
    /// More.
    Older,
}

impl Age {
    /// Of an amount that was due so many days ago.
    pub fn of(days_overdue: i64) -> Self {
        match days_overdue {
            ..=0 => Self::Current,
            1..=30 => Self::Days30,
            31..=60 => Self::Days60,
            61..=90 => Self::Days90,
            91.. => Self::Older,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn usd(minor: i64) -> Money {
        Money::new(minor, Currency::USD)
    }

    fn gone(refunded: i64, lost: i64) -> GoneBack {
        GoneBack { refunded: usd(refunded), lost: usd(lost) }
    }

    #[test]
    fn a_payment_is_split_into_what_came_in_what_was_kept_and_what_was_too_much() {
        let payment = |amount, fee, covered| {
            Posting::payment(usd(amount), usd(fee), Account::Receivable, usd(covered), gone(0, 0))
                .unwrap()
                .unwrap()
        };
        assert_eq!(
            payment(10_000, 250, 10_000).entries(),
            [(Account::Cash, 9_750), (Account::Fees, 250), (Account::Receivable, -10_000)]
        );
        assert_eq!(
            payment(100, 0, 70).entries(),
            [(Account::Cash, 100), (Account::Receivable, -70), (Account::Credits, -30)]
        );
        assert_eq!(Posting::invoice(usd(0), usd(0), usd(0)), Ok(None));
        assert_eq!(
            Posting::invoice(usd(119), usd(19), usd(0)).unwrap().unwrap().entries(),
            [(Account::Receivable, 119), (Account::Revenue, -100), (Account::TaxPayable, -19)]
        );
        let euro = Money::zero("EUR".parse().unwrap());
        let mixed = Posting::payment(usd(1), euro, Account::Receivable, usd(1), gone(0, 0));
        assert_eq!(mixed, Err(MoneyError::CurrencyMismatch));
    }

    #[test]
    fn what_is_taken_back_is_booked_back() {
        let note = Posting::credit_note(usd(30), usd(5), usd(0), Account::Receivable, usd(10), gone(8, 3))
            .unwrap()
            .unwrap();
        assert_eq!(
            note.entries(),
            [
                (Account::Revenue, 25),
                (Account::TaxPayable, 5),
                (Account::Receivable, -10),
                (Account::Refunds, -8),
                (Account::BadDebt, -3),
                (Account::Credits, -9)
            ]
        );
        let void = Posting::void(usd(100), usd(0), usd(60), usd(0), gone(0, 0)).unwrap().unwrap();
        assert_eq!(
            void.entries(),
            [(Account::Revenue, 40), (Account::DeferredRevenue, 60), (Account::Receivable, -100)]
        );
        let void = Posting::void(usd(100), usd(0), usd(0), usd(15), gone(0, 0)).unwrap().unwrap();
        assert_eq!(
            void.entries(),
            [(Account::Revenue, 100), (Account::Receivable, -85), (Account::Credits, -15)]
        );
        let given_up = Posting::write_off(usd(100)).unwrap().unwrap();
        assert_eq!(given_up.entries(), [(Account::BadDebt, 100), (Account::Receivable, -100)]);
        let used = Posting::credit_applied(usd(15)).unwrap().unwrap();
        assert_eq!(used.entries(), [(Account::Credits, 15), (Account::Receivable, -15)]);
    }

    #[test]
    fn granted_credit_comes_from_somewhere_and_goes_somewhere() {
        let entries = |posting: Result<Option<Posting>, _>| posting.unwrap().unwrap().entries().to_vec();
        let (paid, given) = (CreditSource::Paid, CreditSource::Promotional);
        let both = |account, amount: i64| vec![(account, amount), (Account::Credits, -amount)];
        assert_eq!(entries(Posting::credit_granted(usd(50), paid)), both(Account::Cash, 50));
        assert_eq!(entries(Posting::credit_granted(usd(50), given)), both(Account::Promotions, 50));
        let back = |account, amount: i64| vec![(Account::Credits, amount), (account, -amount)];
        assert_eq!(entries(Posting::credit_expired(usd(20), paid)), back(Account::Breakage, 20));
        assert_eq!(entries(Posting::credit_expired(usd(20), given)), back(Account::Promotions, 20));
        assert_eq!(entries(Posting::credit_revoked(usd(20), paid)), back(Account::Cash, 20));
        assert_eq!(entries(Posting::credit_revoked(usd(20), given)), back(Account::Promotions, 20));
    }

    #[test]
    fn a_refund_leaves_no_trace_but_cash_and_credit() {
        // 100 go back, 70 of them out of credit; a credit note of 50 comes later, for the 30 and 20 more.
        let sums = |postings: &[Posting]| {
            let mut sums = std::collections::BTreeMap::new();
            for (account, amount) in postings.iter().flat_map(Posting::entries) {
                *sums.entry(account.as_str()).or_insert(0) += amount;
            }
            sums.retain(|_, sum| *sum != 0);
            sums.into_iter().collect::<Vec<_>>()
        };
        let begun = Posting::refund(usd(70)).unwrap().unwrap();
        let paid = Posting::refund_paid(usd(100)).unwrap().unwrap();
        let before = [begun.clone(), paid.clone()];
        assert_eq!(sums(&before), [("cash", -100), ("credits", 70), ("refunds", 30)]);
        let note = Posting::credit_note(usd(50), usd(0), usd(0), Account::Receivable, usd(0), gone(30, 0));
        let note = note.unwrap().unwrap();
        let all = [begun.clone(), paid.clone(), note.clone()];
        assert_eq!(sums(&all), [("cash", -100), ("credits", 50), ("revenue", 50)]);
        let back = Posting::refund_failed(usd(100), usd(0), true, gone(0, 0)).unwrap().unwrap();
        assert_eq!(sums(&[begun.clone(), paid.clone(), note, back]), [("credits", -50), ("revenue", 50)]);
        let back = Posting::refund_failed(usd(100), usd(30), true, gone(0, 0)).unwrap().unwrap();
        assert_eq!(sums(&[begun.clone(), paid, back]), []);
        // What comes back settles another that was never credited.
        let settles = Posting::refund_failed(usd(100), usd(0), true, gone(20, 0)).unwrap().unwrap();
        assert_eq!(sums(&[settles]), [("cash", 100), ("credits", -80), ("refunds", -20)]);
        let never = Posting::refund_failed(usd(100), usd(30), false, gone(0, 0)).unwrap().unwrap();
        assert_eq!(sums(&[begun, never]), []);
    }

    #[test]
    fn a_dispute_is_booked_by_what_is_new() {
        let none = DisputeMove {
            gone: usd(0),
            fee: usd(0),
            lost: usd(0),
            from_credit: usd(0),
            recovered: usd(0),
            back: gone(0, 0),
        };
        let booked = |moved| Posting::dispute(moved).unwrap().map(|posting| posting.entries().to_vec());
        assert_eq!(booked(none), None);
        let taken = DisputeMove { gone: usd(90), fee: usd(15), ..none };
        let entries = vec![(Account::Refunds, 90), (Account::Fees, 15), (Account::Cash, -105)];
        assert_eq!(booked(taken), Some(entries));
        // Of 90 that are lost, the customer had 30 as credit.
        let lost = DisputeMove { lost: usd(90), from_credit: usd(30), ..none };
        let entries = vec![(Account::Refunds, -90), (Account::BadDebt, 60), (Account::Credits, 30)];
        assert_eq!(booked(lost), Some(entries));
        // Won after all, when 40 of the loss of 90 had been credited: they are the customer's again.
        let won = DisputeMove { gone: usd(-90), lost: usd(-90), recovered: usd(50), ..none };
        let entries = vec![(Account::Cash, 90), (Account::BadDebt, -50), (Account::Credits, -40)];
        assert_eq!(booked(won), Some(entries));
    }

    #[test]
    fn ages_have_the_usual_bounds() {
        for (days, age) in [
            (-5, Age::Current),
            (0, Age::Current),
            (1, Age::Days30),
            (30, Age::Days30),
            (31, Age::Days60),
            (60, Age::Days60),
            (61, Age::Days90),
            (90, Age::Days90),
            (91, Age::Older),
        ] {
            assert_eq!(Age::of(days), age, "{days}");
        }
    }

    proptest! {
        #[test]
        fn every_posting_adds_up_to_zero(amount: i64, part: i64) {
            let (amount, part) = (usd(amount), usd(part));
            let postings = [
                Posting::invoice(amount, part, part),
                Posting::recognition(part),
                Posting::payment(amount, part, Account::Receivable, amount, GoneBack { refunded: part, lost: amount }),
                Posting::payment(amount, part, Account::BadDebt, part, GoneBack { refunded: amount, lost: part }),
                Posting::credit_note(amount, part, part, Account::Receivable, part, GoneBack { refunded: part, lost: amount }),
                Posting::credit_note(amount, part, amount, Account::BadDebt, part, GoneBack { refunded: amount, lost: part }),
                Posting::dispute(DisputeMove {
                    gone: amount,
                    fee: part,
                    lost: part,
                    from_credit: part,
                    recovered: part,
                    back: GoneBack { refunded: amount, lost: part },
                }),
                Posting::refund(part),
                Posting::refund_paid(amount),
                Posting::refund_failed(amount, part, true, GoneBack { refunded: part, lost: amount }),
                Posting::refund_failed(amount, part, false, GoneBack { refunded: amount, lost: part }),
                Posting::credit_applied(amount),
                Posting::void(amount, part, amount, part, GoneBack { refunded: part, lost: part }),
                Posting::write_off(amount),
                Posting::credit_granted(amount, CreditSource::Paid),
                Posting::credit_granted(amount, CreditSource::Promotional),
                Posting::credit_expired(amount, CreditSource::Paid),
                Posting::credit_expired(amount, CreditSource::Promotional),
                Posting::credit_revoked(amount, CreditSource::Paid),
                Posting::credit_revoked(amount, CreditSource::Promotional),
            ];
            prop_assert!(!postings.contains(&Err(MoneyError::Unbalanced)));
            for posting in postings.into_iter().flatten().flatten() {
                prop_assert_eq!(posting.entries().iter().map(|(_, amount)| i128::from(*amount)).sum::<i128>(), 0);
                prop_assert!(posting.entries().iter().all(|(_, amount)| *amount != 0));
            }
        }
    }
}
