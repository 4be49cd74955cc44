//! How often a thing may be tried, per account and per address, over all instances.

use std::net::{IpAddr, Ipv6Addr};

use chrono::TimeDelta;
use store::{Reason, Store, rate_limits};

use crate::{AppError, Result, auth::token_hash};

/// A bound on tries.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limit {
    name: &'static str,
    per_account: i32,
    per_address: i32,
    window: TimeDelta,
}

/// Ten wrong passwords are a person who has forgotten; fifty from one place are somebody else.
pub(crate) const SIGN_IN: Limit =
    Limit { name: "sign_in", per_account: 10, per_address: 50, window: TimeDelta::minutes(15) };
/// Mails to one address are few, whoever asks for them.
pub(crate) const RESET: Limit =
    Limit { name: "reset", per_account: 3, per_address: 20, window: TimeDelta::minutes(60) };
/// See [`RESET`].
pub(crate) const INVITE: Limit =
    Limit { name: "invite", per_account: 5, per_address: 100, window: TimeDelta::minutes(60) };
/// Guesses at an invitation's or a reset's token.
pub(crate) const TOKEN: Limit =
    Limit { name: "token", per_account: 10, per_address: 50, window: TimeDelta::minutes(15) };

/// Counts a try, and refuses it when there were too many. The account's name is not kept, its digest is.
pub(crate) async fn check(store: &Store, limit: Limit, account: &str, address: Option<&str>) -> Result<()> {
    let (account_key, address_key) = keys(limit, account, address);
    let exceeded = store
        .system(Reason::SignIn, async |tx| {
            let by_account = rate_limits::hit(tx, &account_key, limit.window).await?;
            let by_address = match &address_key {
                Some(key) => rate_limits::hit(tx, key, limit.window).await?,
                None => 0,
            };
            Ok::<_, AppError>(by_account > limit.per_account || by_address > limit.per_address)
        })
        .await?;
    if !exceeded {
        return Ok(());
    }
    let now = store.clock().now();
    let end = rate_limits::window_start(now, limit.window) + limit.window;
    Err(AppError::TooMany { retry_after: (end - now).num_seconds().max(1) })
}

/// Takes a try back, for it was a good one: only the others count.
pub(crate) async fn forgive(store: &Store, limit: Limit, account: &str, address: Option<&str>) -> Result<()> {
    let (account_key, address_key) = keys(limit, account, address);
    store
        .system(Reason::SignIn, async |tx| {
            rate_limits::take_back(tx, &account_key, limit.window).await?;
            if let Some(key) = &address_key {
                rate_limits::take_back(tx, key, limit.window).await?;
            }
            Ok(())
        })
        .await
}

fn keys(limit: Limit, account: &str, address: Option<&str>) -> (String, Option<String>) {
    let digest = hex::encode(token_hash(account));
    let by_account = format!("{}/account/{digest}", limit.name);
    (by_account, address.map(|address| format!("{}/address/{}", limit.name, place(address))))
}

/// What counts as one place: an IPv4 address; of IPv6, the /64 network, which is what one subscriber has.
fn place(address: &str) -> String {
    match address.parse::<IpAddr>().map(|address| address.to_canonical()) {
        Ok(IpAddr::V6(address)) => {
            let [a, b, c, d, ..] = address.segments();
            format!("{}/64", Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
        Ok(address) => address.to_string(),
        Err(_) => address.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_subscriber_is_one_place() {
        assert_eq!(place("192.0.2.1"), "192.0.2.1");
        assert_eq!(place("::ffff:192.0.2.1"), "192.0.2.1");
        assert_eq!(place("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::/64");
        assert_eq!(place("2001:db8:1:2:ffff::1"), place("2001:db8:1:2::"));
        assert_ne!(place("2001:db8:1:2::1"), place("2001:db8:1:3::1"));
    }
}
