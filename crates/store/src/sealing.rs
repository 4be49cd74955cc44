//! Secrets at rest: AES-256-GCM, with a key per tenant that is itself sealed under the master key.
//!
//! Format: one byte of version, twelve of nonce, then ciphertext and tag. The additional data binds a
//! value to its place, so that a sealed value copied to another row or tenant does not open there.

use aws_lc_rs::{
    aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey},
    hkdf, rand,
};
use domain::ids::{Id as _, TenantId};
use secrecy::{ExposeSecret as _, SecretBox};
use zeroize::Zeroizing;

use crate::{Result, StoreError, SystemTx, TenantTx};

const VERSION: u8 = 1;
const KEY_LENGTH: usize = 32;

/// The installation's one key: whoever has it and the database can open every secret.
#[derive(Clone)]
pub struct MasterKey(std::sync::Arc<SecretBox<[u8; KEY_LENGTH]>>);

impl std::fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("MasterKey")
    }
}

impl MasterKey {
    /// Reads 64 hexadecimal digits.
    pub fn from_hex(text: &str) -> Option<Self> {
        let text = text.trim();
        if text.len() != KEY_LENGTH * 2 || !text.is_ascii() {
            return None;
        }
        let mut key = Box::new([0; KEY_LENGTH]);
        for (byte, index) in key.iter_mut().zip((0..text.len()).step_by(2)) {
            *byte = u8::from_str_radix(text.get(index..index + 2)?, 16).ok()?;
        }
        Some(Self(std::sync::Arc::new(SecretBox::new(key))))
    }

    /// Makes a new key and returns it with its hexadecimal form, for the file that keeps it.
    pub fn generate() -> Result<(Self, Zeroizing<String>)> {
        let mut key = Box::new([0; KEY_LENGTH]);
        rand::fill(key.as_mut_slice()).map_err(|_| StoreError::Sealed)?;
        let text = hex::encode(key.as_slice());
        Ok((Self(std::sync::Arc::new(SecretBox::new(key))), Zeroizing::new(text)))
    }

    /// A secret for one use, derived from this key: knowing it tells nothing of the key or of others.
    pub fn derive(&self, purpose: &str) -> Result<Zeroizing<String>> {
        let salt = hkdf::Salt::new(hkdf::HKDF_SHA256, b"bailiwick");
        let pseudo_random = salt.extract(self.0.expose_secret());
        let info = [purpose.as_bytes()];
        let output = pseudo_random.expand(&info, hkdf::HKDF_SHA256).map_err(|_| StoreError::Sealed)?;
        let mut bytes = Zeroizing::new([0; KEY_LENGTH]);
        output.fill(bytes.as_mut_slice()).map_err(|_| StoreError::Sealed)?;
        Ok(Zeroizing::new(hex::encode(bytes.as_slice())))
    }
}

/// Seals and opens values under the master key.
#[derive(Debug, Clone)]
pub struct Sealer(MasterKey);

impl Sealer {
    /// A sealer of the installation.
    pub fn new(key: MasterKey) -> Self {
        Self(key)
    }

    /// The master key, for deriving secrets.
    pub fn master_key(&self) -> &MasterKey {
        &self.0
    }

    /// Seals a value of the installation itself. `place` says where it is kept.
    pub fn seal(&self, place: &str, plain: &[u8]) -> Result<Vec<u8>> {
        seal(self.0.0.expose_secret(), place, plain)
    }

    /// Opens what [`Self::seal`] sealed for the same place.
    pub fn open(&self, place: &str, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>> {
        open(self.0.0.expose_secret(), place, sealed)
    }

    /// A fresh data key for a tenant, sealed.
    pub(crate) fn new_tenant_key(&self, tenant: TenantId) -> Result<Vec<u8>> {
        let mut key = Zeroizing::new([0; KEY_LENGTH]);
        rand::fill(key.as_mut_slice()).map_err(|_| StoreError::Sealed)?;
        self.seal(&tenant_key_place(tenant), key.as_slice())
    }
}

fn tenant_key_place(tenant: TenantId) -> String {
    format!("tenant_keys/{tenant}")
}

fn seal(key: &[u8], place: &str, plain: &[u8]) -> Result<Vec<u8>> {
    let key = UnboundKey::new(&AES_256_GCM, key).map(LessSafeKey::new).map_err(|_| StoreError::Sealed)?;
    let mut nonce = [0; NONCE_LEN];
    rand::fill(&mut nonce).map_err(|_| StoreError::Sealed)?;
    let mut sealed = plain.to_vec();
    key.seal_in_place_append_tag(
        Nonce::assume_unique_for_key(nonce),
        Aad::from(place.as_bytes()),
        &mut sealed,
    )
    .map_err(|_| StoreError::Sealed)?;
    Ok([&[VERSION], nonce.as_slice(), sealed.as_slice()].concat())
}

fn open(key: &[u8], place: &str, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>> {
    let key = UnboundKey::new(&AES_256_GCM, key).map(LessSafeKey::new).map_err(|_| StoreError::Sealed)?;
    let (version, rest) = sealed.split_first().ok_or(StoreError::Sealed)?;
    if *version != VERSION || rest.len() < NONCE_LEN {
        return Err(StoreError::Sealed);
    }
    let (nonce, body) = rest.split_at(NONCE_LEN);
    let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| StoreError::Sealed)?;
    let mut buffer = Zeroizing::new(body.to_vec());
    let length = key
        .open_in_place(nonce, Aad::from(place.as_bytes()), &mut buffer)
        .map_err(|_| StoreError::Sealed)?
        .len();
    buffer.truncate(length);
    Ok(buffer)
}

/// Seals a secret of the transaction's tenant with the tenant's own key.
pub async fn seal_for_tenant(tx: &mut TenantTx, place: &str, plain: &[u8]) -> Result<Vec<u8>> {
    let key = tenant_key(tx).await?;
    seal(&key, place, plain)
}

/// Opens a secret of the transaction's tenant.
pub async fn open_for_tenant(tx: &mut TenantTx, place: &str, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>> {
    let key = tenant_key(tx).await?;
    open(&key, place, sealed)
}

async fn tenant_key(tx: &mut TenantTx) -> Result<Zeroizing<Vec<u8>>> {
    let tenant = tx.tenant();
    let sealed = sqlx::query_scalar!(
        "select sealed_key from tenant_keys where tenant_id = $1 order by generation desc limit 1",
        tenant.uuid()
    )
    .fetch_one(tx.conn()?)
    .await?;
    tx.store().sealer().open(&tenant_key_place(tenant), &sealed)
}

pub(crate) async fn insert_tenant_key(tx: &mut SystemTx, tenant: TenantId) -> Result<()> {
    let sealed = tx.store().sealer().new_tenant_key(tenant)?;
    let now = tx.now();
    sqlx::query!(
        "insert into tenant_keys (tenant_id, generation, sealed_key, created_at) values ($1, 1, $2, $3)",
        tenant.uuid(),
        sealed,
        now
    )
    .execute(tx.conn()?)
    .await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sealer() -> Sealer {
        Sealer::new(MasterKey::from_hex(&"0f".repeat(32)).unwrap())
    }

    #[test]
    fn opens_only_in_its_place_and_only_unchanged() {
        let sealed = sealer().seal("here", b"secret").unwrap();
        assert_eq!(sealer().open("here", &sealed).unwrap().as_slice(), b"secret");
        assert!(sealer().open("there", &sealed).is_err());
        for index in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[index] ^= 1;
            assert!(sealer().open("here", &changed).is_err(), "byte {index}");
        }
        assert!(sealer().open("here", &[]).is_err());
    }

    #[test]
    fn never_prints() {
        let key = MasterKey::from_hex(&"0f".repeat(32)).unwrap();
        assert_eq!(format!("{key:?} {:?}", Sealer::new(key.clone())), "MasterKey Sealer(MasterKey)");
    }

    #[test]
    fn derived_secrets_differ_by_purpose() {
        let key = MasterKey::from_hex(&"0f".repeat(32)).unwrap();
        assert_eq!(key.derive("a").unwrap(), key.derive("a").unwrap());
        assert_ne!(key.derive("a").unwrap(), key.derive("b").unwrap());
    }

    #[test]
    fn malformed_master_keys_are_refused() {
        for text in ["", "0f", &"zz".repeat(32), &"é".repeat(32), &"0f".repeat(33)] {
            assert!(MasterKey::from_hex(text).is_none());
        }
    }
}
