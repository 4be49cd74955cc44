//! A payment provider that says yes.

use std::{
    collections::{HashMap, HashSet},
    sync::{Mutex, PoisonError},
};

use chrono::{DateTime, TimeDelta, Utc};
use connectors::{
    Pending,
    stripe::{
        AccountStatus, Checkout, CheckoutState, CheckoutStatus, NewAccount, NewCheckout, PaymentProvider,
        PaymentState, PaymentStatus, ProviderError,
    },
};
use domain::money::Money;

/// Accounts are ready as soon as somebody asks how they stand; pages are paid when the test says so.
#[derive(Default)]
pub struct FakePayments(Mutex<State>);

#[derive(Default)]
struct State {
    pages: HashMap<String, NewCheckout>,
    paid: HashSet<String>,
}

impl FakePayments {
    fn state<T>(&self, work: impl FnOnce(&mut State) -> T) -> T {
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Pays a page, as a customer would.
    pub fn pay(&self, session: &str) {
        self.state(|state| state.paid.insert(session.to_owned()));
    }

    fn status(&self, session: &str) -> Result<CheckoutStatus, ProviderError> {
        self.state(|state| {
            let page = state.pages.get(session).ok_or_else(missing)?;
            let paid = state.paid.contains(session);
            Ok(CheckoutStatus {
                session: session.to_owned(),
                state: if paid { CheckoutState::Complete } else { CheckoutState::Open },
                paid,
                payment: paid.then(|| payment_of(session)),
                amount: page.amount,
                last_error: None,
                metadata: page.metadata.clone(),
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
            state: if page.paid { PaymentState::Succeeded } else { PaymentState::Open },
            amount: page.amount,
            fee: None::<Money>,
            failure: None,
            metadata: page.metadata,
        });
        done(status)
    }

    fn expire_checkout<'a>(
        &'a self,
        _: &'a str,
        session: &'a str,
    ) -> Pending<'a, Result<CheckoutStatus, ProviderError>> {
        done(self.status(session))
    }
}
