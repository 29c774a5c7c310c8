//! `[listen.acme.external_account]`: the account at a commercial CA that pays for the certificates (RFC 8555, section 7.3.4).

use std::path::PathBuf;

use base64ct::{Base64UrlUnpadded, Encoding};
use secrecy::{ExposeSecret, SecretSlice};

use crate::config::{Keys, api_key, section::Section};

/// Least length of the secret, in bytes: less can be guessed.
const MIN_BYTES: usize = 16;

/// What binds the relay's account at the ACME server to one that the CA knows already.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExternalAccount {
    /// The CA's name for the secret.
    pub key_id: String,
    /// A file that holds the secret in base64url, and nothing else.
    pub secret_file: PathBuf,
}

impl ExternalAccount {
    pub(super) fn read(section: &mut Section<'_>, keys: Keys) -> Option<Self> {
        let key_id = section.parsed("key_id", parse_key_id);
        let secret_file = section.required_text("secret_file");
        let secret_file = api_key::secret_path(&secret_file?);
        if keys == Keys::Check {
            section.keep("secret_file", api_key::in_file(&secret_file, parse_secret));
        }
        Some(Self {
            key_id: key_id?,
            secret_file,
        })
    }

    /// Reads the secret as it is now. The error says cause and cure, and never shows what was read.
    pub(crate) fn secret(&self) -> Result<SecretSlice<u8>, String> {
        api_key::in_file(&self.secret_file, parse_secret)
    }
}

fn parse_secret(text: &str) -> Result<SecretSlice<u8>, String> {
    let text = text.trim_matches(['\r', '\n', ' ', '\t']).trim_end_matches('=');
    let secret = Base64UrlUnpadded::decode_vec(text)
        .map(SecretSlice::from)
        .ok()
        .filter(|secret| secret.expose_secret().len() >= MIN_BYTES);
    secret.ok_or_else(|| {
        format!(
            "holds no secret of an external account: it is the base64url of {MIN_BYTES} bytes or more, alone; get it from the \
             CA, where it may be called \"HMAC key\""
        )
    })
}

fn parse_key_id(text: &str) -> Result<String, String> {
    if (1..=256).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic()) {
        Ok(text.to_owned())
    } else {
        Err("must be the key id that the CA gave, without blanks".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::PermissionsExt};

    use super::*;

    #[test]
    fn a_secret_is_base64url_alone_in_a_private_file() {
        let folder = tempfile::tempdir().unwrap();
        let account = ExternalAccount {
            key_id: "kid-1".to_owned(),
            secret_file: folder.path().join("secret"),
        };
        let read = |content: &str, mode: u32| {
            fs::write(&account.secret_file, content).unwrap();
            fs::set_permissions(&account.secret_file, fs::Permissions::from_mode(mode)).unwrap();
            account.secret().map(|secret| secret.expose_secret().to_vec())
        };
        for good in ["U0VOVElORUwtU0VOVElORUwtLQ", "U0VOVElORUwtU0VOVElORUwtLQ==\r\n"] {
            assert_eq!(read(good, 0o600).unwrap(), b"SENTINEL-SENTINEL--");
        }
        for (bad, mode, says) in [
            ("", 0o600, "holds no secret"),
            ("U0VOVElORUw", 0o600, "16 bytes or more"),
            ("U0VOVElORUwtU0VOVElORUwtLQ x", 0o600, "holds no secret"),
            ("U0VOVElORUwtU0VOVElORUwtLQ", 0o604, "chmod o="),
        ] {
            let problem = read(bad, mode).unwrap_err();
            assert!(problem.contains(says), "{problem}");
            assert!(
                !problem.contains("U0VO") && !problem.contains("SENT"),
                "{problem}"
            );
        }
        fs::remove_file(&account.secret_file).unwrap();
        let problem = account.secret().unwrap_err();
        assert!(problem.contains("no such file"), "{problem}");
    }
}
