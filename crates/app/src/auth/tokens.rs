//! Access tokens: JWT signed with Ed25519, short-lived, good for one tenant.

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use chrono::{DateTime, Utc};
use domain::ids::{SessionId, TenantId, UserId};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};
use store::{Reason, Store, sessions};

use crate::{AppError, Result, auth::random_token};

// A customer can read the token of her own session, and is not to find the name of this product in it.
const ISSUER: &str = "control-plane";
const AUDIENCE: &str = "control-plane-api";

/// What an access token says.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Claims {
    iss: String,
    aud: String,
    /// The account.
    pub(crate) sub: UserId,
    /// The session: what makes the token good or not.
    pub(crate) sid: SessionId,
    /// The tenant.
    pub(crate) tid: TenantId,
    iat: i64,
    exp: i64,
}

/// Signs and reads access tokens.
pub struct Tokens {
    kid: String,
    signer: EncodingKey,
    readers: Vec<(String, DecodingKey)>,
}

impl Tokens {
    /// Loads the signing keys; makes the first where there is none.
    pub async fn load(store: &Store) -> Result<Self> {
        let load =
            async || store.system(Reason::Maintenance, async |tx| sessions::signing_keys(tx).await).await;
        let mut keys = load().await?;
        if keys.is_empty() {
            let key = new_key(store)?;
            store
                .system(Reason::Maintenance, async |tx| sessions::add_first_signing_key(tx, &key).await)
                .await?;
            keys = load().await?;
        }
        let newest = keys.first().ok_or_else(|| AppError::internal("no signing key"))?;
        let private = store.sealer().open(&place(&newest.kid), &newest.sealed_key)?;
        Ok(Self {
            kid: newest.kid.clone(),
            signer: EncodingKey::from_ed_der(&private),
            readers: keys
                .iter()
                .map(|key| (key.kid.clone(), DecodingKey::from_ed_der(&key.public_key)))
                .collect(),
        })
    }

    pub(crate) fn issue(
        &self,
        user: UserId,
        session: SessionId,
        tenant: TenantId,
        now: DateTime<Utc>,
        seconds: i64,
    ) -> Result<String> {
        let header = Header { kid: Some(self.kid.clone()), ..Header::new(Algorithm::EdDSA) };
        let claims = Claims {
            iss: ISSUER.to_owned(),
            aud: AUDIENCE.to_owned(),
            sub: user,
            sid: session,
            tid: tenant,
            iat: now.timestamp(),
            exp: now.timestamp() + seconds,
        };
        jsonwebtoken::encode(&header, &claims, &self.signer).map_err(AppError::internal)
    }

    /// The claims of a token that we signed and that has not ended; `None` for any other text.
    pub(crate) fn read(&self, token: &str, now: DateTime<Utc>) -> Option<Claims> {
        let header = jsonwebtoken::decode_header(token).ok()?;
        let kid = header.kid?;
        let (_, key) = self.readers.iter().find(|(known, _)| *known == kid)?;
        let mut validation = Validation::new(Algorithm::EdDSA);
        validation.set_issuer(&[ISSUER]);
        validation.set_audience(&[AUDIENCE]);
        // The library would ask the machine's clock; the installation's own counts.
        validation.validate_exp = false;
        let claims = jsonwebtoken::decode::<Claims>(token, key, &validation).ok()?.claims;
        (claims.exp > now.timestamp()).then_some(claims)
    }
}

fn place(kid: &str) -> String {
    format!("signing_keys/{kid}")
}

fn new_key(store: &Store) -> Result<sessions::SigningKey> {
    let pair = Ed25519KeyPair::generate().map_err(AppError::internal)?;
    let private = pair.to_pkcs8().map_err(AppError::internal)?;
    let kid = random_token("")?.chars().take(12).collect::<String>();
    Ok(sessions::SigningKey {
        sealed_key: store.sealer().seal(&place(&kid), private.as_ref())?,
        public_key: pair.public_key().as_ref().to_vec(),
        kid,
    })
}
