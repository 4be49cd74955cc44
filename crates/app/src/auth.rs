//! Who is asking: passwords, tokens, sessions, invitations.

mod authenticate;
mod invitation;
mod password;
mod reset;
mod session;
pub(crate) mod throttle;
mod tokens;

pub(crate) use authenticate::API_KEY_PREFIX;
pub use authenticate::PrincipalCache;
pub use invitation::{AcceptInvitation, InvitationPreview, accept_invitation, preview_invitation};
pub use password::{check_password_strength, hash_password};
pub use reset::{request_password_reset, reset_password};
pub use session::{
    Device, IssuedTokens, SESSION_DAYS, change_password, end_session, refresh, sign_in, sign_out,
    switch_tenant,
};
pub use tokens::Tokens;

use aws_lc_rs::{digest, rand};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

use crate::{AppError, Result};

/// A secret that nobody can guess: 256 bits, in characters that fit into a link.
pub(crate) fn random_token(prefix: &str) -> Result<String> {
    let mut bytes = [0; 32];
    rand::fill(&mut bytes).map_err(|_| AppError::internal("no randomness"))?;
    Ok(format!("{prefix}{}", URL_SAFE_NO_PAD.encode(bytes)))
}

/// SHA-256.
pub fn digest(bytes: &[u8]) -> Vec<u8> {
    digest::digest(&digest::SHA256, bytes).as_ref().to_vec()
}

/// What is kept of a random token. It has 256 bits of its own, so a plain digest is enough.
pub(crate) fn token_hash(token: &str) -> Vec<u8> {
    digest(token.as_bytes())
}
