//! The API key: checked once, kept behind a lock so that it can be rotated, turned into a header only when sending.

use std::sync::{PoisonError, RwLock};

use reqwest::header::HeaderValue;
use secrecy::{ExposeSecret, SecretString};
use zeroize::Zeroizing;

use crate::config::{ConfigError, Dialect};

/// The current API key of one broker.
pub(crate) struct ApiKey {
    current: RwLock<SecretString>,
}

impl ApiKey {
    /// Refuses what cannot be a key; a line end or a `Bearer` prefix is a mistake in the file, not part of the key.
    pub(crate) fn new(key: SecretString) -> Result<Self, ConfigError> {
        check(&key)?;
        Ok(Self {
            current: RwLock::new(key),
        })
    }

    /// Uses `key` from the next request on, unless it cannot be a key; then the old one stays.
    pub(crate) fn replace(&self, key: SecretString) -> Result<(), ConfigError> {
        check(&key)?;
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = key;
        Ok(())
    }

    /// The `Authorization` header, marked as sensitive so that no HTTP library shows it.
    pub(crate) fn header(&self, dialect: Dialect) -> HeaderValue {
        let key = self.current.read().unwrap_or_else(PoisonError::into_inner);
        let text = Zeroizing::new(match dialect {
            Dialect::V1 | Dialect::Crm => key.expose_secret().to_owned(),
            Dialect::V2 => format!("Bearer {}", key.expose_secret()),
        });
        let mut header = HeaderValue::from_str(&text).expect("a checked key is visible ASCII");
        header.set_sensitive(true);
        header
    }
}

fn check(key: &SecretString) -> Result<(), ConfigError> {
    let key = key.expose_secret();
    let visible = key.bytes().all(|byte| byte.is_ascii_graphic());
    if (1..=8192).contains(&key.len()) && visible {
        Ok(())
    } else {
        Err(ConfigError::ApiKey)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_dialect_has_its_header() {
        let key = ApiKey::new("k-1".into()).unwrap();
        for (dialect, expected) in [
            (Dialect::V1, "k-1"),
            (Dialect::V2, "Bearer k-1"),
            (Dialect::Crm, "k-1"),
        ] {
            let header = key.header(dialect);
            assert_eq!(header.to_str().unwrap(), expected);
            assert!(header.is_sensitive());
            assert_eq!(format!("{header:?}"), "Sensitive");
        }
    }

    #[test]
    fn a_bad_new_key_leaves_the_old_one_in_use() {
        let key = ApiKey::new("old".into()).unwrap();
        for bad in [
            "",
            "Bearer new",
            "new\n",
            "new\r\nX-Evil: 1",
            "n\u{e9}w",
            &"k".repeat(8193),
        ] {
            assert_eq!(key.replace(bad.into()), Err(ConfigError::ApiKey), "{bad:?}");
            assert_eq!(key.header(Dialect::V1), "old");
        }
        key.replace("new".into()).unwrap();
        assert_eq!(key.header(Dialect::V1), "new");
    }
}
