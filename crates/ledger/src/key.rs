//! The keys that sign checkpoints: Ed25519, named, in the text forms of signed notes (<https://c2sp.org/signed-note>
//! and Go's `sumdb/note`).

use std::fmt;

use base64ct::{Base64, Encoding};
use signed_note::{is_key_name_valid, key_id, new_ed25519_verifier_key};
use zeroize::{Zeroize, Zeroizing};

/// What a signing key's text begins with.
const PREFIX: &str = "PRIVATE+KEY+";
/// The signature type of Ed25519.
const ED25519: u8 = 1;
/// Longest name of a key, in bytes.
const MAX_NAME_BYTES: usize = 255;

/// Text that is not a key, or a name that no key can have. Says nothing of the text: it may be secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// The name has characters that a note's format needs for itself.
    #[error(
        "a key's name has 1 to {MAX_NAME_BYTES} bytes, and no blanks, control characters, or `+`: choose one like `relay.example.com/ledger`"
    )]
    Name,
    /// Not a signing key.
    #[error("it is not a signing key (`PRIVATE+KEY+name+id+key`): copy the whole line of the key file")]
    Signing,
    /// Not a verifying key.
    #[error(
        "it is not an Ed25519 verifying key (`name+id+key`): copy the whole line, and not that of the signing key"
    )]
    Verifying,
}

/// Signs checkpoints. Zeroed when dropped.
pub struct SigningKey {
    name: String,
    key: ed25519_dalek::SigningKey,
}

impl SigningKey {
    /// Makes a key from 32 random bytes. The name is the ledger's origin.
    ///
    /// # Errors
    ///
    /// When no key can have that name.
    pub fn generate(name: &str, mut seed: [u8; 32]) -> Result<Self, KeyError> {
        let key = ed25519_dalek::SigningKey::from_bytes(&seed);
        seed.zeroize();
        Ok(Self {
            name: checked_name(name)?.into(),
            key,
        })
    }

    /// Reads what [`Self::expose_text`] writes.
    ///
    /// # Errors
    ///
    /// For everything else.
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        let rest = text.strip_prefix(PREFIX).ok_or(KeyError::Signing)?;
        let (name, rest) = rest.split_once('+').ok_or(KeyError::Signing)?;
        let (_, encoded) = rest.split_once('+').ok_or(KeyError::Signing)?;
        let mut bytes = Zeroizing::new([0; 33]);
        let decoded = Base64::decode(encoded, &mut *bytes).map_err(|_| KeyError::Signing)?;
        let Some((&ED25519, seed)) = decoded.split_first() else {
            return Err(KeyError::Signing);
        };
        let seed = seed.try_into().map_err(|_| KeyError::Signing)?;
        let key = Self::generate(name, seed)?;
        // The id is compared with the rest of the text: what a key is written as, it is read from, and nothing else.
        if *key.expose_text() == text {
            Ok(key)
        } else {
            Err(KeyError::Signing)
        }
    }

    /// The key's secret text, for the key file and for nothing else.
    pub fn expose_text(&self) -> Zeroizing<String> {
        let mut bytes = Zeroizing::new([ED25519; 33]);
        bytes[1..].copy_from_slice(&*Zeroizing::new(self.key.to_bytes()));
        let encoded = Zeroizing::new(Base64::encode_string(&*bytes));
        Zeroizing::new(format!("{PREFIX}{}+{:08x}+{}", self.name, self.id(), *encoded))
    }

    /// The key that verifies what this one signs.
    pub fn verifying_key(&self) -> VerifyingKey {
        VerifyingKey {
            name: self.name.clone(),
            id: self.id(),
            key: self.key.verifying_key(),
        }
    }

    /// The key's name, which is the ledger's origin.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The first four bytes of the hash over name and verifying key.
    pub fn id(&self) -> u32 {
        key_id(&self.name, &typed(&self.key.verifying_key()))
    }
}

/// Shows which key it is, and nothing of it.
impl fmt::Debug for SigningKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "SigningKey({}+{:08x}, ..)", self.name, self.id())
    }
}

impl signed_note::Signer for SigningKey {
    fn name(&self) -> &str {
        &self.name
    }

    fn key_id(&self) -> u32 {
        self.id()
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, ed25519_dalek::SignatureError> {
        Ok(ed25519_dalek::Signer::try_sign(&self.key, message)?.to_vec())
    }
}

/// Verifies checkpoints. Public; an auditor gets it from the operator, not from the ledger.
#[derive(Clone, PartialEq, Eq)]
pub struct VerifyingKey {
    name: String,
    id: u32,
    key: ed25519_dalek::VerifyingKey,
}

impl VerifyingKey {
    /// Reads what [`Self::to_text`] writes.
    ///
    /// # Errors
    ///
    /// For everything else, and for the few keys under which anybody can sign.
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        // Base64 may contain `+`, a name may not.
        let mut parts = text.splitn(3, '+');
        let (Some(name), Some(_), Some(encoded)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(KeyError::Verifying);
        };
        let mut bytes = [0; 33];
        let decoded = Base64::decode(encoded, &mut bytes).map_err(|_| KeyError::Verifying)?;
        let Some((&ED25519, bytes)) = decoded.split_first() else {
            return Err(KeyError::Verifying);
        };
        let key = ed25519_dalek::VerifyingKey::try_from(bytes)
            .ok()
            .filter(|key| !key.is_weak())
            .ok_or(KeyError::Verifying)?;
        let key = Self {
            name: checked_name(name)?.into(),
            id: key_id(name, &typed(&key)),
            key,
        };
        if key.to_text() == text {
            Ok(key)
        } else {
            Err(KeyError::Verifying)
        }
    }

    /// The key's text, `name+id+key`, for auditors.
    pub fn to_text(&self) -> String {
        new_ed25519_verifier_key(&self.name, &self.key)
    }

    /// The key's name, which is the ledger's origin.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The first four bytes of the hash over name and key.
    pub fn id(&self) -> u32 {
        self.id
    }
}

/// Shows the key's text.
impl fmt::Debug for VerifyingKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "VerifyingKey({})", self.to_text())
    }
}

impl signed_note::Verifier for VerifyingKey {
    fn name(&self) -> &str {
        &self.name
    }

    fn key_id(&self) -> u32 {
        self.id
    }

    fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
        ed25519_dalek::Signature::from_slice(signature)
            .is_ok_and(|signature| self.key.verify_strict(message, &signature).is_ok())
    }
}

/// A key as its id is made from it.
fn typed(key: &ed25519_dalek::VerifyingKey) -> [u8; 33] {
    let mut bytes = [ED25519; 33];
    bytes[1..].copy_from_slice(key.as_bytes());
    bytes
}

fn checked_name(name: &str) -> Result<&str, KeyError> {
    let fits = is_key_name_valid(name) && name.len() <= MAX_NAME_BYTES && !name.chars().any(char::is_control);
    fits.then_some(name).ok_or(KeyError::Name)
}

#[cfg(test)]
mod tests {
    use signed_note::StandardVerifier;

    use super::*;

    /// The key of the example in <https://c2sp.org/signed-note>'s Go implementation.
    const PUBLIC: &str = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
    const SECRET: &str = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz";

    #[test]
    fn keys_of_the_published_example() {
        let signing = SigningKey::parse(SECRET).unwrap();
        assert_eq!(*signing.expose_text(), SECRET);
        assert_eq!(signing.verifying_key().to_text(), PUBLIC);
        assert_eq!(VerifyingKey::parse(PUBLIC), Ok(signing.verifying_key()));
        assert_eq!(format!("{signing:?}"), "SigningKey(PeterNeumann+c74f20a3, ..)");
    }

    #[test]
    fn other_texts_are_refused() {
        for (from, to) in [
            ("c74f20a3", "C74F20A3"),
            ("c74f20a3", "c74f20a4"),
            ("c74f20a3", "0c74f20a3"),
            ("Neumann", "Newman"),
            ("PeterNeumann", ""),
            ("Neumann+", "Neumann++"),
            ("A", ""),
            ("+A", "+B"),
            ("PeterNeumann", "Peter\u{7f}Neumann"),
            ("PeterNeumann", "Peter Neumann"),
        ] {
            let (public, secret) = (PUBLIC.replace(from, to), SECRET.replace(from, to));
            assert!(VerifyingKey::parse(&public).is_err(), "{public}");
            assert!(SigningKey::parse(&secret).is_err(), "{secret}");
        }
        for other in [
            "",
            "+",
            "++",
            "a+b+c",
            "PRIVATE+KEY+",
            "PRIVATE+KEY+a+b",
            "PRIVATE+KEY+a+b+c",
        ] {
            assert!(VerifyingKey::parse(other).is_err(), "{other}");
            assert!(SigningKey::parse(other).is_err(), "{other}");
        }
        assert_eq!(VerifyingKey::parse(SECRET), Err(KeyError::Verifying));
        assert!(VerifyingKey::parse(&format!("{PUBLIC}\n")).is_err());
    }

    #[test]
    fn keys_under_which_anybody_can_sign_are_refused() {
        // The neutral point: a signature of zeros and this point verifies for every message.
        let mut neutral = [0; 33];
        (neutral[0], neutral[1]) = (1, 1);
        let text = format!(
            "a+{:08x}+{}",
            key_id("a", &neutral),
            Base64::encode_string(&neutral)
        );
        assert!(StandardVerifier::new(&text).is_ok());
        assert_eq!(VerifyingKey::parse(&text), Err(KeyError::Verifying));
    }

    #[test]
    fn names() {
        for name in ["", "a b", "a+b", "a\nb", "a\u{1}", &"x".repeat(256)] {
            assert_eq!(
                SigningKey::generate(name, [1; 32]).err(),
                Some(KeyError::Name),
                "{name:?}"
            );
        }
        let key = SigningKey::generate("relay.example.com/ledger", [1; 32]).unwrap();
        assert_eq!(key.name(), "relay.example.com/ledger");
        assert_eq!(key.id(), key.verifying_key().id());
    }
}
