//! Who is signed in.

use contract::auth::{Me, SignIn, SwitchTenant};
use domain::{ids::TenantId, permissions::Permission};
use leptos::prelude::*;

use crate::{Client, Failure, format};

/// Who is signed in.
#[derive(Debug, Clone)]
pub enum SessionState {
    /// Not asked yet.
    Unknown,
    /// Nobody.
    SignedOut,
    /// Somebody.
    SignedIn(Me),
    /// Somebody was; the page stays as it is until they are again.
    Ended(Me),
}

impl SessionState {
    /// The server does not know the session any more.
    pub fn end(&mut self) {
        *self = match std::mem::replace(self, Self::SignedOut) {
            Self::SignedIn(me) | Self::Ended(me) => Self::Ended(me),
            Self::Unknown | Self::SignedOut => Self::SignedOut,
        };
    }

    /// Who is, or was until now, signed in.
    pub fn me(&self) -> Option<&Me> {
        match self {
            Self::SignedIn(me) | Self::Ended(me) => Some(me),
            Self::Unknown | Self::SignedOut => None,
        }
    }

    /// Whether the person may do this.
    pub fn may(&self, permission: Permission) -> bool {
        self.me().is_some_and(|me| me.permissions.contains(&permission))
    }
}

impl Client {
    /// Asks the server who is signed in.
    pub async fn find_session(self) -> Result<(), Failure> {
        // Who never signed in here is not asked about: the browser would report the refusal as an error.
        if !hint::may_be_signed_in() {
            self.session.set(SessionState::SignedOut);
            return Ok(());
        }
        match self.get::<Me>("/auth/me", None).await {
            Ok(me) => {
                self.signed_in(me);
                Ok(())
            }
            Err(Failure::SessionEnded) => {
                hint::set(false);
                Ok(())
            }
            Err(failure) => Err(failure),
        }
    }

    /// Opens a session. True where it belongs to somebody else than the one before.
    pub async fn sign_in(self, email: &str, password: &str) -> Result<bool, Failure> {
        let before = self.session.with_untracked(|session| session.me().map(|me| (me.user_id, me.tenant_id)));
        let (email, password) = (email.to_owned(), password.to_owned());
        let body = SignIn { email, password, tenant_id: None, cookie: true };
        self.post("/auth/sign-in").body(&body).quietly().await?;
        let me = self.get::<Me>("/auth/me", None).await?;
        let other = before.is_some_and(|before| before != (me.user_id, me.tenant_id));
        if other {
            self.forget();
        }
        hint::set(true);
        self.signed_in(me);
        Ok(other)
    }

    fn signed_in(self, me: Me) {
        format::set_clock(me.clock);
        self.session.set(SessionState::SignedIn(me));
    }

    /// Goes on as somebody of another tenant. Nothing of the page is true any more then: it is to be loaded anew.
    pub async fn switch_tenant(self, tenant_id: TenantId) -> Result<(), Failure> {
        self.post("/auth/switch-tenant").body(&SwitchTenant { tenant_id }).quietly().await?;
        self.forget();
        hint::set(true);
        Ok(())
    }

    /// Ends the session here and on the server.
    pub async fn sign_out(self) -> Result<(), Failure> {
        self.post("/auth/sign-out").quietly().await?;
        self.forget();
        hint::set(false);
        self.session.set(SessionState::SignedOut);
        Ok(())
    }
}

/// Names what the home page reads first, for the script that starts the app: it asks for it at the next visit, while the
/// program is on its way.
pub fn home_reads(path: &str) {
    hint::name(path);
}

/// Whether somebody signed in with this browser, and what their home page reads. The session itself is in a cookie that no
/// script can see.
mod hint {
    const KEY: &str = "signed-in";

    fn storage() -> Option<web_sys::Storage> {
        web_sys::window()?.local_storage().ok().flatten()
    }

    /// Where nothing can be kept, it may be.
    pub fn may_be_signed_in() -> bool {
        storage().is_none_or(|storage| storage.get_item(KEY).ok().flatten().is_some())
    }

    pub fn name(path: &str) {
        if let Some(storage) = storage() {
            // Where nothing can be kept, it is read a little later.
            let _ = storage.set_item(KEY, path);
        }
    }

    /// A browser that keeps nothing is asked each time.
    pub fn set(signed_in: bool) {
        let Some(storage) = storage() else { return };
        let _ = if signed_in { storage.set_item(KEY, "1") } else { storage.remove_item(KEY) };
    }
}
