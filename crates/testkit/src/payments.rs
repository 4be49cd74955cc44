//! A payment provider that says yes, unless it was told to decline.

use std::{
    collections::{BTreeMap, HashMap, HashSet, VecDeque},
    sync::{Mutex, PoisonError},
};

use chrono::{DateTime, NaiveTime, TimeDelta, Utc};
pub use connectors::stripe::{
    Balance, DisputeTold, Holding, MeterTold, NewUsage, PayoutItem, PayoutItems, PayoutTold,
};
use connectors::{
    Pending,
    stripe::{
        AccountStatus, Checkout, CheckoutState, CheckoutStatus, MethodSetupStatus, NewAccount, NewCharge,
        NewCheckout, NewMeter, NewMethodSetup, NewPayer, NewRefund, PaymentProvider, PaymentState,
        PaymentStatus, ProviderError, RefundState, RefundStatus, SavedMethod, UsageAsked, UsageHeld,
    },
};
use domain::money::Money;
use rust_decimal::Decimal;

/// Accounts are ready as soon as somebody asks how they stand; pages are paid when the test says so.
#[derive(Default)]
pub struct FakePayments(Mutex<State>);

#[derive(Default)]
struct State {
    pages: HashMap<String, NewCheckout>,
    paid: HashSet<String>,
    expired: HashSet<String>,
    /// Pages that were paid by bank debit, and why the bank has refused it.
    debits: HashMap<String, Option<String>>,
    /// How many times somebody asked for a page to be closed.
    expiries_asked: usize,
    setups: HashMap<String, NewMethodSetup>,
    /// What is charged next fails like this, or is not answered at all.
    next: Option<Refusal>,
    charges: HashMap<String, PaymentStatus>,
    /// What is refunded next ends like this.
    next_refund: Option<Refusal>,
    /// By our name for them, or by the provider's where they were made there.
    refunds: HashMap<String, RefundStatus>,
    refunds_asked: usize,
    disputes: HashMap<String, DisputeTold>,
    /// Of each account.
    balances: HashMap<String, Balance>,
    /// Of each account, the newest last.
    payouts: HashMap<String, Vec<PayoutTold>>,
    items: HashMap<String, PayoutItems>,
    payouts_asked: usize,
    /// Nobody answers who is asked for balances, payouts and meters, or to close a page.
    is_away: bool,
    /// Of each account.
    meters: HashMap<String, Vec<MeterTold>>,
    /// What meters have taken in, in the order in which it came.
    usage: Vec<NewUsage>,
    /// How many times somebody sent usage, the same or other.
    usage_sent: usize,
    /// What is sent next ends like this.
    next_usage: VecDeque<Refusal>,
    /// Names that the provider no longer knows.
    forgotten: HashSet<String>,
    /// Customers that an account does not have.
    strangers: HashSet<String>,
}

/// How a charge, or a refund, ends that does not succeed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// The bank says no, with this code.
    Declined(&'static str),
    /// The bank takes its time.
    Processing,
    /// The money is taken, and the answer is lost on the way.
    AnswerLost,
    /// The provider never hears of it.
    NotReached,
}

impl FakePayments {
    fn state<T>(&self, work: impl FnOnce(&mut State) -> T) -> T {
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Pays a page, as a customer would; says whether it could be paid.
    pub fn pay(&self, session: &str) -> bool {
        self.state(|state| !state.expired.contains(session) && state.paid.insert(session.to_owned()))
    }

    /// Pays a page by bank debit, as a customer would: the bank takes its time.
    pub fn debit(&self, session: &str) {
        self.state(|state| state.debits.insert(session.to_owned(), None));
    }

    /// The bank has come to an end with a debit: it is paid, or refused.
    pub fn end_debit(&self, session: &str, refusal: Option<&str>) {
        self.state(|state| match refusal {
            None => drop((state.debits.remove(session), state.paid.insert(session.to_owned()))),
            Some(why) => drop(state.debits.insert(session.to_owned(), Some(why.to_owned()))),
        });
    }

    /// How many times somebody asked for a page to be closed.
    pub fn expiries_asked(&self) -> usize {
        self.state(|state| state.expiries_asked)
    }

    /// The next charge ends like this; what was begun keeps its outcome.
    pub fn refuse_next(&self, refusal: Refusal) {
        self.state(|state| state.next = Some(refusal));
    }

    /// The bank has come to an end with what it was at work on.
    pub fn finish(&self, payment: &str) {
        self.state(|state| {
            let charge = state.charges.values_mut().find(|charge| charge.payment == payment);
            charge.expect("a charge").state = PaymentState::Succeeded;
        });
    }

    /// How many times money was asked for.
    pub fn charged(&self) -> usize {
        self.state(|state| state.charges.len())
    }

    /// The next refund ends like this.
    pub fn refuse_next_refund(&self, refusal: Refusal) {
        self.state(|state| state.next_refund = Some(refusal));
    }

    /// A refund has gone out; or has come back, where it says why.
    pub fn move_refund(&self, refund: &str, came_back: Option<&str>) {
        self.state(|state| {
            let refund = state.refunds.values_mut().find(|made| made.refund == refund).expect("a refund");
            refund.state = if came_back.is_some() { RefundState::Failed } else { RefundState::Succeeded };
            refund.failure = came_back.map(str::to_owned);
        });
    }

    /// Refunds a payment as the account's owner does at the provider; gives the refund's name there.
    pub fn refund_there(&self, payment: &str, amount: Money) -> String {
        self.state(|state| {
            let refund = format!("re_there{}", state.refunds.len());
            let made = RefundStatus {
                refund: refund.clone(),
                payment: Some(payment.to_owned()),
                state: RefundState::Succeeded,
                amount,
                failure: None,
                metadata: HashMap::new(),
            };
            state.refunds.insert(refund.clone(), made);
            refund
        })
    }

    /// The payer's bank disputes a payment, or moves on with it.
    pub fn dispute(&self, told: DisputeTold) {
        self.state(|state| drop(state.disputes.insert(told.dispute.clone(), told)));
    }

    /// What an account has from now on.
    pub fn hold(&self, account: &str, balance: Balance) {
        self.state(|state| drop(state.balances.insert(account.to_owned(), balance)));
    }

    /// An account is paid out, or its payout moves on.
    pub fn pay_out(&self, account: &str, told: PayoutTold) {
        self.state(|state| {
            let all = state.payouts.entry(account.to_owned()).or_default();
            match all.iter_mut().find(|known| known.payout == told.payout) {
                Some(known) => *known = told,
                None => all.push(told),
            }
        });
    }

    /// What is in a payout.
    pub fn fill_payout(&self, payout: &str, items: PayoutItems) {
        self.state(|state| drop(state.items.insert(payout.to_owned(), items)));
    }

    /// Nobody answers any more who is asked for balances and payouts, or to close a page; or somebody does again.
    pub fn be_away(&self, is_away: bool) {
        self.state(|state| state.is_away = is_away);
    }

    /// What meters have taken in.
    pub fn usage(&self) -> Vec<NewUsage> {
        self.state(|state| state.usage.clone())
    }

    /// How many times somebody sent usage, the same or other.
    pub fn usage_sent(&self) -> usize {
        self.state(|state| state.usage_sent)
    }

    /// Usage that is sent next ends like this.
    pub fn refuse_next_usage(&self, refusal: Refusal) {
        self.state(|state| state.next_usage.push_back(refusal));
    }

    /// More than a day has passed: the names of what was sent are forgotten.
    pub fn forget_names(&self) {
        self.state(|state| {
            let names: Vec<_> = state.usage.iter().map(|usage| usage.identifier.clone()).collect();
            state.forgotten.extend(names);
        });
    }

    /// Somebody takes away what a meter has taken in, or adds to it.
    pub fn change_usage(&self, work: impl FnOnce(&mut Vec<NewUsage>)) {
        self.state(|state| work(&mut state.usage));
    }

    /// An account has a meter, before anybody asks for it.
    pub fn put_meter(&self, account: &str, meter: MeterTold) {
        self.state(|state| state.meters.entry(account.to_owned()).or_default().push(meter));
    }

    /// No account has this customer.
    pub fn does_not_know(&self, payer: &str) {
        self.state(|state| state.strangers.insert(payer.to_owned()));
    }

    /// How many times somebody asked for the last payouts of an account.
    pub fn payouts_asked(&self) -> usize {
        self.state(|state| state.payouts_asked)
    }

    fn asked<T>(
        &self,
        work: impl FnOnce(&mut State) -> Result<T, ProviderError>,
    ) -> Result<T, ProviderError> {
        self.state(|state| {
            if state.is_away {
                return Err(ProviderError::Unavailable("no connection".to_owned()));
            }
            work(state)
        })
    }

    /// How many times somebody asked for a refund, for the same one or another.
    pub fn refunds_asked(&self) -> usize {
        self.state(|state| state.refunds_asked)
    }

    /// How many times money was paid back.
    pub fn refunded(&self) -> usize {
        self.state(|state| state.refunds.len())
    }

    fn status(&self, session: &str) -> Result<CheckoutStatus, ProviderError> {
        self.state(|state| {
            let page = state.pages.get(session).ok_or_else(missing)?;
            let paid = state.paid.contains(session);
            let expired = state.expired.contains(session);
            let debit = state.debits.get(session);
            let payment_state = match debit {
                _ if paid => Some(PaymentState::Succeeded),
                Some(Some(_)) => Some(PaymentState::Failed),
                Some(None) => Some(PaymentState::Processing),
                None => None,
            };
            let mut metadata = page.metadata.clone();
            metadata.insert("checkout".to_owned(), page.checkout.to_string());
            Ok(CheckoutStatus {
                session: session.to_owned(),
                state: match (payment_state, expired) {
                    (Some(_), _) => CheckoutState::Complete,
                    (None, true) => CheckoutState::Expired,
                    (None, false) => CheckoutState::Open,
                },
                paid,
                payment: payment_state.map(|_| payment_of(session)),
                payment_state,
                amount: page.amount,
                last_error: debit.cloned().flatten(),
                metadata,
            })
        })
    }
}

fn payment_of(session: &str) -> String {
    session.replace("cs_", "pi_")
}

fn missing() -> ProviderError {
    ProviderError::Rejected { code: "resource_missing".to_owned(), message: "No such object".to_owned() }
}

fn done<'a, T: Send + 'a>(outcome: Result<T, ProviderError>) -> Pending<'a, Result<T, ProviderError>> {
    Box::pin(std::future::ready(outcome))
}

fn account(account: &str, ready: bool) -> AccountStatus {
    AccountStatus {
        account: account.to_owned(),
        details_submitted: ready,
        charges_enabled: ready,
        payouts_enabled: ready,
    }
}

impl PaymentProvider for FakePayments {
    fn is_test(&self) -> bool {
        true
    }

    fn create_account(&self, new: NewAccount) -> Pending<'_, Result<AccountStatus, ProviderError>> {
        done(Ok(account(&format!("acct_{}", new.tenant), false)))
    }

    fn account<'a>(&'a self, id: &'a str) -> Pending<'a, Result<AccountStatus, ProviderError>> {
        done(Ok(account(id, true)))
    }

    fn onboarding_link<'a>(
        &'a self,
        account: &'a str,
        _: &'a str,
        _: &'a str,
    ) -> Pending<'a, Result<String, ProviderError>> {
        done(Ok(format!("https://provider.example.com/setup/{account}")))
    }

    fn create_checkout(&self, new: NewCheckout) -> Pending<'_, Result<Checkout, ProviderError>> {
        let session = format!("cs_{}", new.checkout);
        let url = format!("https://provider.example.com/pay/{session}");
        self.state(|state| state.pages.insert(session.clone(), new));
        // Far from any test's clock.
        let expires_at = DateTime::<Utc>::UNIX_EPOCH + TimeDelta::days(365 * 100);
        done(Ok(Checkout { session, url, expires_at }))
    }

    fn checkout<'a>(
        &'a self,
        _: &'a str,
        session: &'a str,
    ) -> Pending<'a, Result<CheckoutStatus, ProviderError>> {
        done(self.status(session))
    }

    fn payment<'a>(
        &'a self,
        _: &'a str,
        payment: &'a str,
    ) -> Pending<'a, Result<PaymentStatus, ProviderError>> {
        let status = self.status(&payment.replace("pi_", "cs_")).map(|page| PaymentStatus {
            payment: payment.to_owned(),
            state: page.payment_state.unwrap_or(PaymentState::Open),
            amount: page.amount,
            fee: None::<Money>,
            failure: page.last_error,
            failure_code: None,
            metadata: page.metadata,
        });
        let charged =
            self.state(|state| state.charges.values().find(|charge| charge.payment == payment).cloned());
        done(charged.map_or(status, Ok))
    }

    fn expire_checkout<'a>(
        &'a self,
        _: &'a str,
        session: &'a str,
    ) -> Pending<'a, Result<CheckoutStatus, ProviderError>> {
        let asked = self.asked(|state| {
            state.expiries_asked += 1;
            if !state.paid.contains(session) && !state.debits.contains_key(session) {
                state.expired.insert(session.to_owned());
            }
            Ok(())
        });
        done(asked.and_then(|()| self.status(session)))
    }

    fn create_payer(&self, new: NewPayer) -> Pending<'_, Result<String, ProviderError>> {
        done(Ok(format!("cus_{}", new.customer)))
    }

    fn create_method_setup(&self, new: NewMethodSetup) -> Pending<'_, Result<Checkout, ProviderError>> {
        let session = format!("cs_{}", new.setup);
        let url = format!("https://provider.example.com/save/{session}");
        self.state(|state| state.setups.insert(session.clone(), new));
        let expires_at = DateTime::<Utc>::UNIX_EPOCH + TimeDelta::days(365 * 100);
        done(Ok(Checkout { session, url, expires_at }))
    }

    /// Everybody has saved a card.
    fn method_setup<'a>(
        &'a self,
        _: &'a str,
        session: &'a str,
    ) -> Pending<'a, Result<MethodSetupStatus, ProviderError>> {
        let setup = self.state(|state| state.setups.get(session).cloned()).ok_or_else(missing);
        done(setup.map(|setup| MethodSetupStatus {
            session: session.to_owned(),
            state: CheckoutState::Complete,
            method: Some(SavedMethod {
                method: session.replace("cs_", "pm_"),
                payer: Some(setup.payer),
                kind: "card".to_owned(),
                brand: Some("visa".to_owned()),
                last4: Some("4242".to_owned()),
                expires: Some((2030, 4)),
            }),
            metadata: HashMap::from([("setup".to_owned(), setup.setup.to_string())]),
        }))
    }

    fn detach_method<'a>(&'a self, _: &'a str, _: &'a str) -> Pending<'a, Result<(), ProviderError>> {
        done(Ok(()))
    }

    fn charge(&self, new: NewCharge) -> Pending<'_, Result<PaymentStatus, ProviderError>> {
        done(self.state(|state| {
            let known = state.charges.get(&new.charge.to_string());
            if let Some(known) = known {
                return Ok(known.clone());
            }
            let refusal = state.next.take();
            if refusal == Some(Refusal::NotReached) {
                return Err(ProviderError::Unavailable("no connection".to_owned()));
            }
            let (outcome, code) = match refusal {
                None | Some(Refusal::NotReached | Refusal::AnswerLost) => (PaymentState::Succeeded, None),
                Some(Refusal::Processing) => (PaymentState::Processing, None),
                Some(Refusal::Declined(code)) => (PaymentState::Failed, Some(code.to_owned())),
            };
            let status = PaymentStatus {
                payment: format!("pi_{}", new.charge),
                state: outcome,
                amount: new.amount,
                fee: Some(new.fee),
                failure: code.as_ref().map(|_| "Your card was declined.".to_owned()),
                failure_code: code,
                metadata: HashMap::from([("charge".to_owned(), new.charge.to_string())]),
            };
            state.charges.insert(new.charge.to_string(), status.clone());
            match refusal {
                Some(Refusal::AnswerLost) => Err(ProviderError::Unavailable("no answer in time".to_owned())),
                _ => Ok(status),
            }
        }))
    }

    fn refund(&self, new: NewRefund) -> Pending<'_, Result<RefundStatus, ProviderError>> {
        done(self.state(|state| {
            state.refunds_asked += 1;
            let key = new.refund.to_string();
            if let Some(known) = state.refunds.get(&key) {
                return Ok(known.clone());
            }
            let refusal = state.next_refund.take();
            if let Some(Refusal::Declined(code)) = refusal {
                let message = "The refund was refused.".to_owned();
                return Err(ProviderError::Rejected { code: code.to_owned(), message });
            }
            if refusal == Some(Refusal::NotReached) {
                return Err(ProviderError::Unavailable("no connection".to_owned()));
            }
            let pending = refusal == Some(Refusal::Processing);
            let status = RefundStatus {
                refund: format!("re_{key}"),
                payment: Some(new.payment),
                state: if pending { RefundState::Pending } else { RefundState::Succeeded },
                amount: new.amount,
                failure: None,
                metadata: HashMap::from([("refund".to_owned(), key.clone())]),
            };
            state.refunds.insert(key, status.clone());
            match refusal {
                Some(Refusal::AnswerLost) => Err(ProviderError::Unavailable("no answer in time".to_owned())),
                _ => Ok(status),
            }
        }))
    }

    fn refund_status<'a>(
        &'a self,
        _: &'a str,
        refund: &'a str,
    ) -> Pending<'a, Result<RefundStatus, ProviderError>> {
        done(self.state(|state| {
            let found = state.refunds.values().find(|made| made.refund == refund).cloned();
            found.ok_or_else(missing)
        }))
    }

    fn refunds_of<'a>(
        &'a self,
        _: &'a str,
        payment: &'a str,
    ) -> Pending<'a, Result<Vec<RefundStatus>, ProviderError>> {
        done(Ok(self.state(|state| {
            let of = state.refunds.values().filter(|made| made.payment.as_deref() == Some(payment));
            of.cloned().collect()
        })))
    }

    fn dispute<'a>(
        &'a self,
        _: &'a str,
        dispute: &'a str,
    ) -> Pending<'a, Result<DisputeTold, ProviderError>> {
        done(self.state(|state| state.disputes.get(dispute).cloned().ok_or_else(missing)))
    }

    fn balance<'a>(&'a self, account: &'a str) -> Pending<'a, Result<Balance, ProviderError>> {
        done(self.asked(|state| Ok(state.balances.get(account).cloned().unwrap_or_default())))
    }

    fn payouts<'a>(&'a self, account: &'a str) -> Pending<'a, Result<Vec<PayoutTold>, ProviderError>> {
        done(self.asked(|state| {
            state.payouts_asked += 1;
            let all = state.payouts.get(account).into_iter().flatten();
            Ok(all.rev().take(100).cloned().collect())
        }))
    }

    fn payout<'a>(
        &'a self,
        account: &'a str,
        payout: &'a str,
    ) -> Pending<'a, Result<PayoutTold, ProviderError>> {
        done(self.asked(|state| {
            let mut all = state.payouts.get(account).into_iter().flatten();
            all.find(|known| known.payout == payout).cloned().ok_or_else(missing)
        }))
    }

    fn payout_items<'a>(
        &'a self,
        account: &'a str,
        payout: &'a str,
    ) -> Pending<'a, Result<PayoutItems, ProviderError>> {
        done(self.asked(|state| {
            let mut all = state.payouts.get(account).into_iter().flatten();
            all.find(|known| known.payout == payout).ok_or_else(missing)?;
            state.items.get(payout).cloned().ok_or_else(missing)
        }))
    }

    fn has_payer<'a>(&'a self, _: &'a str, payer: &'a str) -> Pending<'a, Result<bool, ProviderError>> {
        done(self.asked(|state| Ok(payer.starts_with("cus_") && !state.strangers.contains(payer))))
    }

    fn meters<'a>(&'a self, account: &'a str) -> Pending<'a, Result<Vec<MeterTold>, ProviderError>> {
        done(self.asked(|state| Ok(state.meters.get(account).cloned().unwrap_or_default())))
    }

    fn create_meter(&self, new: NewMeter) -> Pending<'_, Result<MeterTold, ProviderError>> {
        done(self.asked(|state| {
            let all = state.meters.entry(new.account).or_default();
            let meter = format!("mtr_{}", all.len());
            let told = MeterTold { meter, event_name: new.event_name, misfit: None };
            all.push(told.clone());
            Ok(told)
        }))
    }

    fn send_usage(&self, new: NewUsage) -> Pending<'_, Result<(), ProviderError>> {
        done(self.asked(|state| {
            state.usage_sent += 1;
            let refusal = state.next_usage.pop_front();
            if refusal == Some(Refusal::NotReached) {
                return Err(ProviderError::Unavailable("no connection".to_owned()));
            }
            let is_known = !state.forgotten.contains(&new.identifier)
                && state.usage.iter().any(|known| known.identifier == new.identifier);
            if let (false, Some(Refusal::Declined(code))) = (is_known, refusal) {
                let message = "The meter takes nothing in.".to_owned();
                return Err(ProviderError::Rejected { code: code.to_owned(), message });
            }
            if !is_known {
                state.usage.push(new);
            }
            match refusal {
                Some(Refusal::AnswerLost) => Err(ProviderError::Unavailable("no answer in time".to_owned())),
                _ => Ok(()),
            }
        }))
    }

    fn usage_held(&self, asked: UsageAsked) -> Pending<'_, Result<Vec<UsageHeld>, ProviderError>> {
        done(self.asked(|state| {
            let meters = state.meters.get(&asked.account).into_iter().flatten();
            let names: Vec<_> =
                meters.filter(|it| it.meter == asked.meter).map(|it| &it.event_name).collect();
            let mut held: BTreeMap<DateTime<Utc>, Decimal> = BTreeMap::new();
            for usage in &state.usage {
                let is_in = (asked.from..asked.until).contains(&usage.happened_at);
                if is_in && usage.payer == asked.payer && names.contains(&&usage.event_name) {
                    let day = usage.happened_at.date_naive().and_time(NaiveTime::MIN).and_utc();
                    *held.entry(if asked.by_day { day } else { asked.from }).or_default() += usage.value;
                }
            }
            Ok(held.into_iter().map(|(from, value)| UsageHeld { from, value }).collect())
        }))
    }
}
