//! `/v1/account_links` and the onboarding they lead to.

use super::{
    call::{Answer, Call, check_url},
    errors::ApiError,
    world::{World, blank, set},
};
use crate::ids;
use serde::{Deserialize, Serialize};
use serde_json::json;

const LINK_SECONDS: i64 = 300;
const VISIT_SECONDS: i64 = 3600;

/// One account link, and the visit it was exchanged for.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Onboarding {
    pub(crate) account: String,
    pub(crate) return_url: String,
    pub(crate) refresh_url: String,
    pub(crate) expires_at: i64,
    /// Opened: the link is spent, and only the holder of this secret goes on.
    pub(crate) visit: Option<String>,
}

/// What opening a link gives.
pub(crate) enum Opened {
    /// The link was fresh; go on with this secret.
    Visit(String, Onboarding),
    /// The link is spent or too old: its maker gives a new one at this address.
    Refresh(String),
    /// There never was such a link, or its account is gone.
    Unknown,
}

pub(crate) fn create(call: &mut Call<'_, '_>) -> Answer {
    let params = &call.params;
    params
        .check(&["account", "type", "refresh_url", "return_url", "collect", "collection_options[**]"], &[])?;
    let account = params.required("account")?.to_owned();
    params.required("type")?;
    params.one_of("type", &["account_onboarding", "account_update"])?;
    params.one_of("collect", &["currently_due", "eventually_due"])?;
    for url in ["refresh_url", "return_url"] {
        params.required(url)?;
        check_url(params, url)?;
    }
    if call.scope.is_some() || call.world.find(None, "account", &account).is_none() {
        return Err(ApiError::account_invalid(&call.key, &account));
    }
    let token = ids::random("", 32);
    let link = Onboarding {
        account,
        return_url: params.required("return_url")?.to_owned(),
        refresh_url: params.required("refresh_url")?.to_owned(),
        expires_at: call.world.now + LINK_SECONDS,
        visit: None,
    };
    let mut answer = blank!("account_link");
    set(
        &mut answer,
        json!({
            "created": call.world.now, "expires_at": link.expires_at,
            "url": format!("{}/connect/onboarding/{token}", call.world.public_url),
        }),
    );
    call.world.state.onboarding.insert(token, link);
    call.world.state.dirty = true;
    Ok(answer)
}

/// Opens a link: that spends it.
pub(crate) fn open(world: &mut World<'_>, token: &str) -> Opened {
    let now = world.now;
    let Some(link) = world.state.onboarding.get_mut(token) else { return Opened::Unknown };
    if !world.state.objects.contains_key(&link.account) {
        return Opened::Unknown;
    }
    if link.visit.is_some() || link.expires_at <= now {
        return Opened::Refresh(link.refresh_url.clone());
    }
    let visit = ids::random("", 32);
    link.visit = Some(visit.clone());
    link.expires_at = now + VISIT_SECONDS;
    world.state.dirty = true;
    Opened::Visit(visit, link.clone())
}

/// The onboarding that a visitor holds the secret of.
pub(crate) fn visited(world: &World<'_>, token: &str, visit: &str) -> Option<Onboarding> {
    let link = world.state.onboarding.get(token)?;
    (link.visit.as_deref() == Some(visit) && link.expires_at > world.now).then(|| link.clone())
}
