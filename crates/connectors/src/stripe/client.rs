//! The provider, on Stripe's API. Request and answer types are those of `async-stripe`, whose version pins the API's.

use super::{
    AccountStatus, Balance, Checkout, CheckoutState, CheckoutStatus, DisputeTold, MeterTold,
    MethodSetupStatus, NewAccount, NewCharge, NewCheckout, NewMeter, NewMethodSetup, NewPayer, NewRefund,
    NewUsage, PaymentProvider, PaymentStatus, PayoutItems, PayoutTold, ProviderError, RefundStatus,
    StripeSettings, UsageAsked, UsageHeld, answers,
    errors::{rejected, sort},
    ids,
    meters::{CreateMeter, CreateMeterEvent, ListMeters, ListSummaries, Meter, is_known_already},
    movements::OfPayout,
    requests::{self, OfMethod},
};
use crate::Pending;
use secrecy::{ExposeSecret, SecretString};
use std::time::Duration;
use stripe::{AccountId, Client, ClientBuilder, IdempotencyKey, RequestStrategy, StripeError, StripeRequest};
use stripe_checkout::checkout_session::{ExpireCheckoutSession, RetrieveCheckoutSession};
use stripe_connect::{
    account::RetrieveAccount,
    account_link::{CreateAccountLink, CreateAccountLinkType},
};
use stripe_core::{
    balance::RetrieveForMyAccountBalance,
    customer::{RetrieveCustomer, RetrieveCustomerReturned},
    dispute::RetrieveDispute,
    payment_intent::RetrievePaymentIntent,
    payout::{ListPayout, RetrievePayout},
    refund::{ListRefund, RetrieveRefund},
};

/// Stripe's own limit for an answer is 80 seconds; nobody waits that long for a page.
const TIMEOUT: Duration = Duration::from_secs(30);

/// How many times Stripe is asked what is in a payout: a hundred movements at once.
const PAGES: usize = 10;

/// Stripe, with the platform's key.
#[derive(Debug)]
pub struct StripeProvider {
    client: Client,
    secret_key: SecretString,
}

/// On whose account a call acts, and under which idempotency key.
#[derive(Default)]
struct Manner<'a> {
    account: Option<&'a str>,
    key: Option<IdempotencyKey>,
}

impl<'a> Manner<'a> {
    fn on(account: &'a str) -> Result<Self, ProviderError> {
        Ok(Self { account: Some(ids::check(account, "acct_")?), key: None })
    }

    fn once(self, key: String) -> Result<Self, ProviderError> {
        let key = IdempotencyKey::new(key).map_err(|error| rejected("invalid_id", &error.to_string()))?;
        Ok(Self { key: Some(key), ..self })
    }
}

impl StripeProvider {
    /// Checks the settings; nothing is sent yet.
    pub fn new(settings: &StripeSettings) -> Result<Self, ProviderError> {
        let key = settings.secret_key.expose_secret();
        if !["sk_", "rk_"].iter().any(|prefix| key.starts_with(prefix))
            || !key.bytes().all(|byte| byte.is_ascii_graphic())
        {
            return Err(ProviderError::Misconfigured("the secret key begins with sk_ or rk_".to_owned()));
        }
        let mut client = ClientBuilder::new(key).timeout(TIMEOUT).app_info(
            "Bailiwick",
            Some(env!("CARGO_PKG_VERSION").to_owned()),
            None,
        );
        if let Some(base) = &settings.api_base {
            client = client.url(base_url(base, key.contains("_live_"))?);
        }
        let client = client.build().map_err(|error| sort(error, key))?;
        Ok(Self { client, secret_key: settings.secret_key.clone() })
    }

    async fn send<R>(&self, request: &R, manner: Manner<'_>) -> Result<R::Output, ProviderError>
    where
        R: StripeRequest,
        R::Output: miniserde::Deserialize,
    {
        self.ask(request, manner).await.map_err(|error| self.sort(error))
    }

    fn sort(&self, error: StripeError) -> ProviderError {
        sort(error, self.secret_key.expose_secret())
    }

    async fn ask<R>(&self, request: &R, manner: Manner<'_>) -> Result<R::Output, StripeError>
    where
        R: StripeRequest,
        R::Output: miniserde::Deserialize,
    {
        let mut call = request.customize();
        if let Some(account) = manner.account {
            call = call.account_id(AccountId::from(account));
        }
        if let Some(key) = manner.key {
            call = call.request_strategy(RequestStrategy::Idempotent(key));
        }
        call.send(&self.client).await
    }

    async fn session(&self, account: &str, session: &str) -> Result<CheckoutStatus, ProviderError> {
        // Why a payment failed is known to the payment alone.
        let request = RetrieveCheckoutSession::new(ids::check(session, "cs_")?)
            .expand(vec!["payment_intent".to_owned()]);
        answers::checkout(self.send(&request, Manner::on(account)?).await?)
    }
}

impl PaymentProvider for StripeProvider {
    fn is_test(&self) -> bool {
        self.secret_key.expose_secret().contains("_test_")
    }

    fn create_account(&self, new: NewAccount) -> Pending<'_, Result<AccountStatus, ProviderError>> {
        Box::pin(async move {
            let manner = Manner::default().once(requests::account_key(&new))?;
            Ok(answers::account(&self.send(&requests::account(new), manner).await?))
        })
    }

    fn account<'a>(&'a self, account: &'a str) -> Pending<'a, Result<AccountStatus, ProviderError>> {
        Box::pin(async move {
            let request = RetrieveAccount::new(ids::check(account, "acct_")?);
            Ok(answers::account(&self.send(&request, Manner::default()).await?))
        })
    }

    fn onboarding_link<'a>(
        &'a self,
        account: &'a str,
        return_url: &'a str,
        refresh_url: &'a str,
    ) -> Pending<'a, Result<String, ProviderError>> {
        Box::pin(async move {
            let account = ids::check(account, "acct_")?;
            let request = CreateAccountLink::new(account, CreateAccountLinkType::AccountOnboarding)
                .return_url(return_url)
                .refresh_url(refresh_url);
            Ok(self.send(&request, Manner::default()).await?.url)
        })
    }

    fn create_checkout(&self, new: NewCheckout) -> Pending<'_, Result<Checkout, ProviderError>> {
        Box::pin(async move {
            let account = new.account.clone();
            let manner = Manner::on(&account)?.once(format!("checkout/{}", new.checkout))?;
            answers::new_checkout(self.send(&requests::checkout(new)?, manner).await?)
        })
    }

    fn checkout<'a>(
        &'a self,
        account: &'a str,
        session: &'a str,
    ) -> Pending<'a, Result<CheckoutStatus, ProviderError>> {
        Box::pin(self.session(account, session))
    }

    fn payment<'a>(
        &'a self,
        account: &'a str,
        payment: &'a str,
    ) -> Pending<'a, Result<PaymentStatus, ProviderError>> {
        Box::pin(async move {
            let request = RetrievePaymentIntent::new(ids::check(payment, "pi_")?);
            answers::payment(self.send(&request, Manner::on(account)?).await?)
        })
    }

    fn expire_checkout<'a>(
        &'a self,
        account: &'a str,
        session: &'a str,
    ) -> Pending<'a, Result<CheckoutStatus, ProviderError>> {
        Box::pin(async move {
            let request = ExpireCheckoutSession::new(ids::check(session, "cs_")?);
            // A page that is not open any more is refused, which is as good: what counts is where it stands now.
            let refusal = self.send(&request, Manner::on(account)?).await.err();
            let status = self.session(account, session).await?;
            match (status.state, refusal) {
                (CheckoutState::Open, Some(refusal)) => Err(refusal),
                _ => Ok(status),
            }
        })
    }

    fn create_payer(&self, new: NewPayer) -> Pending<'_, Result<String, ProviderError>> {
        Box::pin(async move {
            let account = new.account.clone();
            let manner = Manner::on(&account)?.once(requests::payer_key(&new))?;
            Ok(self.send(&requests::payer(new), manner).await?.id.to_string())
        })
    }

    fn has_payer<'a>(&'a self, account: &'a str, payer: &'a str) -> Pending<'a, Result<bool, ProviderError>> {
        Box::pin(async move {
            let request = RetrieveCustomer::new(ids::check(payer, "cus_")?);
            match self.send(&request, Manner::on(account)?).await {
                Ok(RetrieveCustomerReturned::Customer(_)) => Ok(true),
                Ok(RetrieveCustomerReturned::DeletedCustomer(_)) => Ok(false),
                Err(ProviderError::Rejected { code, .. }) if code == "resource_missing" => Ok(false),
                Err(error) => Err(error),
            }
        })
    }

    fn create_method_setup(&self, new: NewMethodSetup) -> Pending<'_, Result<Checkout, ProviderError>> {
        Box::pin(async move {
            let account = new.account.clone();
            let manner = Manner::on(&account)?.once(format!("setup/{}", new.setup))?;
            answers::new_checkout(self.send(&requests::method_setup(new)?, manner).await?)
        })
    }

    fn method_setup<'a>(
        &'a self,
        account: &'a str,
        session: &'a str,
    ) -> Pending<'a, Result<MethodSetupStatus, ProviderError>> {
        Box::pin(async move {
            let request = RetrieveCheckoutSession::new(ids::check(session, "cs_")?)
                .expand(vec!["setup_intent.payment_method".to_owned()]);
            answers::method_setup(self.send(&request, Manner::on(account)?).await?)
        })
    }

    fn detach_method<'a>(
        &'a self,
        account: &'a str,
        method: &'a str,
    ) -> Pending<'a, Result<(), ProviderError>> {
        Box::pin(async move {
            let refusal = match self.send(&OfMethod::detach(method)?, Manner::on(account)?).await {
                Ok(_) => return Ok(()),
                Err(refusal @ ProviderError::Rejected { .. }) => refusal,
                Err(error) => return Err(error),
            };
            // Stripe has no code for a method that is nobody's already.
            match self.send(&OfMethod::retrieve(method)?, Manner::on(account)?).await {
                Ok(method) if method.customer.is_some() => Err(refusal),
                Ok(_) => Ok(()),
                Err(ProviderError::Rejected { code, .. }) if code == "resource_missing" => Ok(()),
                Err(error) => Err(error),
            }
        })
    }

    fn charge(&self, new: NewCharge) -> Pending<'_, Result<PaymentStatus, ProviderError>> {
        Box::pin(async move {
            let account = new.account.clone();
            let manner = Manner::on(&account)?.once(format!("charge/{}", new.charge))?;
            match self.ask(&requests::charge(new)?, manner).await {
                Ok(payment) => answers::payment(payment),
                // What the bank refuses comes as an error with the payment inside.
                Err(StripeError::Stripe(mut error, 402)) => match error.payment_intent.take() {
                    Some(payment) => answers::refused(payment, &error),
                    None => Err(self.sort(StripeError::Stripe(error, 402))),
                },
                Err(error) => Err(self.sort(error)),
            }
        })
    }

    fn refund(&self, new: NewRefund) -> Pending<'_, Result<RefundStatus, ProviderError>> {
        Box::pin(async move {
            let manner = Manner::on(&new.account)?.once(format!("refund/{}", new.refund))?;
            answers::refund(self.send(&requests::refund(&new)?, manner).await?)
        })
    }

    fn refund_status<'a>(
        &'a self,
        account: &'a str,
        refund: &'a str,
    ) -> Pending<'a, Result<RefundStatus, ProviderError>> {
        Box::pin(async move {
            // Of some kinds of payment, a refund's name begins otherwise: `pyr_…`.
            let request = RetrieveRefund::new(ids::check(refund, "")?);
            answers::refund(self.send(&request, Manner::on(account)?).await?)
        })
    }

    fn refunds_of<'a>(
        &'a self,
        account: &'a str,
        payment: &'a str,
    ) -> Pending<'a, Result<Vec<RefundStatus>, ProviderError>> {
        Box::pin(async move {
            let request = ListRefund::new().payment_intent(ids::check(payment, "pi_")?).limit(100);
            let found = self.send(&request, Manner::on(account)?).await?;
            found.data.into_iter().map(answers::refund).collect()
        })
    }

    fn dispute<'a>(
        &'a self,
        account: &'a str,
        dispute: &'a str,
    ) -> Pending<'a, Result<DisputeTold, ProviderError>> {
        Box::pin(async move {
            let request = RetrieveDispute::new(ids::check(dispute, "")?);
            answers::dispute(self.send(&request, Manner::on(account)?).await?)
        })
    }

    fn balance<'a>(&'a self, account: &'a str) -> Pending<'a, Result<Balance, ProviderError>> {
        Box::pin(async move {
            let request = RetrieveForMyAccountBalance::new();
            answers::balance(&self.send(&request, Manner::on(account)?).await?)
        })
    }

    fn payouts<'a>(&'a self, account: &'a str) -> Pending<'a, Result<Vec<PayoutTold>, ProviderError>> {
        Box::pin(async move {
            let found = self.send(&ListPayout::new().limit(100), Manner::on(account)?).await?;
            let known = found.data.into_iter().filter(|payout| answers::is_billable(&payout.currency));
            known.map(answers::payout).collect()
        })
    }

    fn payout<'a>(
        &'a self,
        account: &'a str,
        payout: &'a str,
    ) -> Pending<'a, Result<PayoutTold, ProviderError>> {
        Box::pin(async move {
            let request = RetrievePayout::new(ids::check(payout, "po_")?);
            answers::payout(self.send(&request, Manner::on(account)?).await?)
        })
    }

    fn payout_items<'a>(
        &'a self,
        account: &'a str,
        payout: &'a str,
    ) -> Pending<'a, Result<PayoutItems, ProviderError>> {
        Box::pin(async move {
            let mut items = Vec::new();
            let mut last: Option<String> = None;
            for _ in 0..PAGES {
                let request = OfPayout::new(payout, last.as_deref())?;
                let page = self.send(&request, Manner::on(account)?).await?;
                last = page.data.last().map(|movement| movement.id.clone());
                for movement in page.data {
                    if !movement.is_of(payout) {
                        items.push(movement.told()?);
                    }
                }
                if !page.has_more || last.is_none() {
                    return Ok(PayoutItems { items, more: false });
                }
            }
            Ok(PayoutItems { items, more: true })
        })
    }

    fn meters<'a>(&'a self, account: &'a str) -> Pending<'a, Result<Vec<MeterTold>, ProviderError>> {
        Box::pin(async move {
            let mut meters = Vec::new();
            let mut last: Option<String> = None;
            for _ in 0..PAGES {
                let page = self.send(&ListMeters::after(last.as_deref()), Manner::on(account)?).await?;
                last = page.data.last().map(|meter| meter.id.clone());
                meters.extend(page.data.into_iter().map(Meter::told));
                if !page.has_more || last.is_none() {
                    break;
                }
            }
            Ok(meters)
        })
    }

    fn create_meter(&self, new: NewMeter) -> Pending<'_, Result<MeterTold, ProviderError>> {
        Box::pin(async move {
            let manner = Manner::on(&new.account)?.once(requests::meter_key(&new))?;
            Ok(self.send(&CreateMeter::new(&new), manner).await?.told())
        })
    }

    fn send_usage(&self, new: NewUsage) -> Pending<'_, Result<(), ProviderError>> {
        Box::pin(async move {
            match self.send(&CreateMeterEvent::new(&new)?, Manner::on(&new.account)?).await {
                Ok(event) => event.check(&new),
                Err(error) if is_known_already(&error) => Ok(()),
                Err(error) => Err(error),
            }
        })
    }

    fn usage_held(&self, asked: UsageAsked) -> Pending<'_, Result<Vec<UsageHeld>, ProviderError>> {
        Box::pin(async move {
            let mut held = Vec::new();
            let mut last: Option<String> = None;
            for _ in 0..PAGES {
                let request = ListSummaries::new(&asked, last.as_deref())?;
                let page = self.send(&request, Manner::on(&asked.account)?).await?;
                for summary in &page.data {
                    held.push(summary.held()?);
                }
                last = page.data.last().map(|summary| summary.id.clone());
                if !page.has_more || last.is_none() {
                    break;
                }
            }
            Ok(held)
        })
    }
}

/// The address of another API: TLS, unless it is a simulator's. A live key never leaves in the clear.
fn base_url(base: &str, live: bool) -> Result<String, ProviderError> {
    let wrong = |text: &str| Err(ProviderError::Misconfigured(text.to_owned()));
    if live && base.starts_with("http://") {
        return wrong("a live key is not sent over an unprotected connection");
    }
    let Some(rest) = base.strip_prefix("https://").or_else(|| base.strip_prefix("http://")) else {
        return wrong("the API address begins with https:// or http://");
    };
    if rest.is_empty() || rest.contains(['?', '#', '@']) {
        return wrong("the API address is scheme, host and port alone");
    }
    // The client puts the path right behind it.
    Ok(format!("{}/", base.trim_end_matches('/')))
}
