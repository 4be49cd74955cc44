//! Passwords, by argon2id.

use argon2::{
    Argon2,
    password_hash::{PasswordHasher as _, PasswordVerifier as _, phc::PasswordHash},
};

use crate::{AppError, Result};

/// The shortest password that is taken: NIST SP 800-63B asks for 8, and length is what counts.
const MIN_LENGTH: usize = 10;
/// The longest: hashing must not become a way to keep the server busy.
const MAX_LENGTH: usize = 256;

/// Refuses passwords that are too short, too long, or nothing but the account's own address.
pub fn check_password_strength(pointer: &str, password: &str, email: &str) -> Result<()> {
    let length = password.chars().count();
    if !(MIN_LENGTH..=MAX_LENGTH).contains(&length) {
        return Err(AppError::field(pointer, format!("must have {MIN_LENGTH} to {MAX_LENGTH} characters")));
    }
    let mut letters = password.chars();
    let first = letters.next();
    if letters.all(|letter| Some(letter) == first) || password.eq_ignore_ascii_case(email) {
        return Err(AppError::field(pointer, "is too easy to guess"));
    }
    Ok(())
}

/// Hashes a password, on a thread where it keeps nobody waiting.
pub async fn hash_password(password: &str) -> Result<String> {
    let password = password.to_owned();
    tokio::task::spawn_blocking(move || {
        Argon2::default().hash_password(password.as_bytes()).map(|hash| hash.to_string())
    })
    .await
    .map_err(AppError::internal)?
    .map_err(AppError::internal)
}

/// Whether a password is the one that was hashed. Without a hash it takes as long and says no, so that
/// the time of an answer does not tell whether an account exists.
pub(crate) async fn verify_password(password: &str, hash: Option<&str>) -> Result<bool> {
    /// A hash of nothing that anybody types, with the parameters of the real ones.
    const NOBODY: &str =
        "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5bm9ib2R5bm9ib2R5$MZ5hHqxFVdPo+1RqS3lZlpW7K4lpKMZf2MZdrS4Gx9Q";
    if password.len() > MAX_LENGTH * 4 {
        return Ok(false);
    }
    let known = hash.is_some();
    let (password, hash) = (password.to_owned(), hash.unwrap_or(NOBODY).to_owned());
    tokio::task::spawn_blocking(move || {
        PasswordHash::new(&hash)
            .is_ok_and(|hash| Argon2::default().verify_password(password.as_bytes(), &hash).is_ok())
    })
    .await
    .map(|matches| matches && known)
    .map_err(AppError::internal)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_the_password_itself_matches() {
        let hash = hash_password("correct horse battery").await.unwrap();
        assert!(hash.starts_with("$argon2id$"));
        assert!(verify_password("correct horse battery", Some(&hash)).await.unwrap());
        assert!(!verify_password("correct horse batterz", Some(&hash)).await.unwrap());
        assert!(!verify_password("correct horse battery", None).await.unwrap());
    }

    #[test]
    fn the_hash_of_nobody_is_one_that_takes_time() {
        let hash = PasswordHash::new(
            "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5bm9ib2R5bm9ib2R5$MZ5hHqxFVdPo+1RqS3lZlpW7K4lpKMZf2MZdrS4Gx9Q",
        );
        assert!(hash.is_ok());
    }

    #[test]
    fn weak_passwords_are_refused() {
        for password in ["short", &"x".repeat(300), "aaaaaaaaaaaa", "Someone@Example.com"] {
            assert!(
                check_password_strength("/password", password, "someone@example.com").is_err(),
                "{password}"
            );
        }
        assert!(check_password_strength("/password", "a longer sentence", "someone@example.com").is_ok());
    }
}
