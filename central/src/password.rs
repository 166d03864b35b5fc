//! Passwords: argon2id, and a random one for the first user.

use argon2::Argon2;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use thiserror::Error;

/// Shortest password that a person may choose.
pub const SHORTEST: usize = 8;
/// Longest password: hashing must not be made slow by its length.
pub const LONGEST: usize = 256;

/// A name or password that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Unusable {
    /// Too short or too long.
    #[error("a password has {SHORTEST} to {LONGEST} characters")]
    Length,
    /// Not a name.
    #[error("`{0}` cannot be a user name: use 1 to 64 letters, digits, `-`, `_` and `.`")]
    Name(String),
    /// The hash could not be made.
    #[error("the password cannot be hashed: {0}")]
    Hash(String),
}

/// Checks a user's name. Letters of any script: people are called 王芳 too.
pub fn check_name(name: &str) -> Result<(), Unusable> {
    let fits = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.');
    if (1..=64).contains(&name.chars().count()) && name.chars().all(fits) {
        Ok(())
    } else {
        Err(Unusable::Name(name.chars().filter(|c| !c.is_control()).take(80).collect()))
    }
}

/// The hash to store. Slow by intent: call it where blocking is allowed.
pub fn hash(password: &str) -> Result<String, Unusable> {
    if !(SHORTEST..=LONGEST).contains(&password.chars().count()) {
        return Err(Unusable::Length);
    }
    let hash = Argon2::default()
        .hash_password(password.as_bytes())
        .map_err(|error| Unusable::Hash(error.to_string()))?;
    Ok(hash.to_string())
}

/// Whether this is the password. Slow by intent: call it where blocking is allowed.
pub fn fits(password: &str, hash: &str) -> bool {
    if password.chars().count() > LONGEST {
        return false;
    }
    PasswordVerifier::<str>::verify_password(&Argon2::default(), password.as_bytes(), hash).is_ok()
}

/// A hash that no password fits, so that an unknown name takes as long as a wrong password.
pub fn nobody() -> String {
    let random = hex::encode(rand::random::<[u8; 16]>());
    hash(&random).unwrap_or_default()
}

/// A random password of 20 characters that can be read out: about 99 bits, no 0/O, 1/l/I.
pub fn random() -> String {
    const LETTERS: &[u8] = b"abcdefghjkmnpqrstuvwxyz23456789";
    let letter = || char::from(LETTERS[rand::random_range(0..LETTERS.len())]);
    let group = || -> String { (0..5).map(|_| letter()).collect() };
    [group(), group(), group(), group()].join("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_password_fits_its_hash() {
        let hash = hash("correct horse").unwrap();
        assert!(hash.starts_with("$argon2id$"));
        assert!(fits("correct horse", &hash));
        assert!(!fits("correct hors", &hash));
        assert!(!fits("", &hash));
        assert!(!fits("x", "not a hash"));
    }

    #[test]
    fn a_password_has_a_length() {
        assert_eq!(super::hash("1234567"), Err(Unusable::Length));
        assert_eq!(super::hash(&"x".repeat(257)), Err(Unusable::Length));
        assert!(super::hash("一二三四五六七八").is_ok());
    }

    #[test]
    fn random_passwords_differ() {
        assert_ne!(random(), random());
        assert_eq!(random().len(), 23);
    }

    #[test]
    fn names_are_plain() {
        for good in ["admin", "王芳", "a.b-c_1"] {
            assert_eq!(check_name(good), Ok(()));
        }
        for bad in ["", "a b", "a/b", "a\nb", &"x".repeat(65)] {
            assert!(check_name(bad).is_err(), "{bad:?}");
        }
    }
}
