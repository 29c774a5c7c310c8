//! `[ledger]`: the key that signs checkpoints of the ledger, how often, and where they are sent.

use std::path::{Path, PathBuf};

use secrecy::SecretString;
use stagedoor_ledger::checkpoint::{SigningKey, VerifyingKey};
use url::Url;

use super::{Keys, api_key, platform, section::Section};
use crate::files;

const DEFAULT_RECORDS: u32 = 1000;
const MAX_RECORDS: u32 = 1_000_000;
const DEFAULT_MINUTES: u32 = 10;
/// A day: an auditor who sees none for longer must be able to tell that something is wrong.
const MAX_MINUTES: u32 = 24 * 60;

/// Checkpoints, and whose are believed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ledger {
    /// The file that holds the signing key; without one nothing is signed.
    pub key_file: Option<PathBuf>,
    /// A checkpoint is due after so many records.
    pub every_records: u32,
    /// A checkpoint is due after so many minutes, also when nothing was recorded.
    pub every_minutes: u32,
    /// A folder that takes a file for each checkpoint.
    pub directory: Option<PathBuf>,
    /// Where each checkpoint is posted.
    pub receiver: Option<Receiver>,
    /// Keys whose checkpoints are believed, besides the signing key's: former ones, and those of other relays.
    pub verifying_keys: Vec<VerifyingKey>,
}

/// A web server that takes checkpoints.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receiver {
    /// Its address.
    pub url: Url,
    /// The file that holds the token by which it knows the relay.
    pub token_file: Option<PathBuf>,
}

impl Ledger {
    pub(super) fn read(section: &mut Section<'_>, keys: Keys) -> Option<Self> {
        let key_file = section.text("key_file").map(|path| api_key::secret_path(&path));
        let every_records = section.number_or("checkpoint_every_records", DEFAULT_RECORDS, 1, MAX_RECORDS);
        let every_minutes = section.number_or("checkpoint_every_minutes", DEFAULT_MINUTES, 1, MAX_MINUTES);
        let directory = section.text("checkpoint_directory").map(PathBuf::from);
        let receiver = read_receiver(section, keys);
        let verifying_keys = section.list("verifying_keys", |text| {
            VerifyingKey::parse(text).map_err(|error| error.to_string())
        });
        match (&key_file, keys) {
            (Some(path), Keys::Check) => {
                if let Err(problem) = read_key(path) {
                    section.fault("key_file", problem);
                }
            }
            (None, _) if directory.is_some() || receiver.as_ref().is_some_and(Option::is_some) => section
                .fault(
                    "key_file",
                    "is missing: without a key there are no checkpoints to ship; make one with \
                     `stagedoor ledger keygen`, or take checkpoint_directory and checkpoint_url away",
                ),
            _ => {}
        }
        Some(Self {
            key_file,
            every_records: every_records?,
            every_minutes: every_minutes?,
            directory,
            receiver: receiver?,
            verifying_keys: verifying_keys?,
        })
    }

    /// Reads the signing key, if there is to be one. The error says cause and cure, and never shows what was read.
    pub fn signing_key(&self) -> Result<Option<SigningKey>, String> {
        self.key_file.as_deref().map(read_key).transpose()
    }
}

impl Receiver {
    /// Reads the token as it is now, so that a new one is used from the next checkpoint on.
    pub fn token(&self) -> Result<Option<SecretString>, String> {
        self.token_file.as_deref().map(read_token).transpose()
    }
}

/// The outer `None` means a fault.
#[expect(clippy::option_option, reason = "absent and faulty are different things here")]
fn read_receiver(section: &mut Section<'_>, keys: Keys) -> Option<Option<Receiver>> {
    let absent = !section.has("checkpoint_url");
    let url = section.parsed_or("checkpoint_url", None, |text| platform::parse_url(text).map(Some));
    let token_file = section
        .text("checkpoint_url_token_file")
        .map(|path| api_key::secret_path(&path));
    if let (Some(_), true) = (&token_file, absent) {
        section.fault(
            "checkpoint_url_token_file",
            "is for checkpoint_url, which is missing; write both or neither",
        );
    }
    if let (Some(path), Keys::Check) = (&token_file, keys)
        && let Err(problem) = read_token(path)
    {
        section.fault("checkpoint_url_token_file", problem);
    }
    Some(url?.map(|url| Receiver { url, token_file }))
}

fn read_key(path: &Path) -> Result<SigningKey, String> {
    let at = |problem: String| files::at(path, &problem);
    let text = api_key::read_file(path).map_err(at)?;
    SigningKey::parse(text.trim_end_matches(['\r', '\n'])).map_err(|error| at(error.to_string()))
}

fn read_token(path: &Path) -> Result<SecretString, String> {
    let at = |problem: &str| files::at(path, problem);
    let text = api_key::read_file(path).map_err(|problem| at(&problem))?;
    let token = text.trim_end_matches(['\r', '\n']);
    if token.is_empty() || !token.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(at(
            "must hold the receiver's token and nothing else: no blanks, no \"Bearer\"",
        ));
    }
    Ok(SecretString::from(token))
}

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::PermissionsExt};

    use secrecy::ExposeSecret;

    use super::*;
    use crate::config::section::Faults;

    fn parse(section: &str, keys: Keys) -> Result<Ledger, String> {
        let table = format!("[ledger]\n{section}").parse().unwrap();
        let mut faults = Faults::default();
        let ledger =
            Section::root(table, &mut faults).section("ledger", |section| Ledger::read(section, keys));
        let faults = faults.into_vec();
        let texts: Vec<String> = faults.iter().map(ToString::to_string).collect();
        ledger
            .filter(|_| faults.is_empty())
            .ok_or_else(|| texts.join("\n"))
    }

    fn secret(content: &str, mode: u32) -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret");
        fs::write(&path, content).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        (folder, path)
    }

    fn key() -> SigningKey {
        SigningKey::generate("relay.example/ledger", [7; 32]).unwrap()
    }

    #[test]
    fn all_of_it_is_optional() {
        let ledger = parse("", Keys::Check).unwrap();
        assert_eq!((ledger.every_records, ledger.every_minutes), (1000, 10));
        assert!(ledger.key_file.is_none() && ledger.directory.is_none() && ledger.receiver.is_none());
        assert!(ledger.signing_key().unwrap().is_none());
    }

    #[test]
    fn all_of_it_can_be_said() {
        let vkey = key().verifying_key();
        let section = format!(
            "key_file = \"/etc/key\"\ncheckpoint_every_records = 7\ncheckpoint_every_minutes = 3\n\
             checkpoint_directory = \"/var/checkpoints\"\ncheckpoint_url = \"https://auditor.example/in\"\n\
             checkpoint_url_token_file = \"/etc/token\"\nverifying_keys = [\"{}\"]",
            vkey.to_text()
        );
        let ledger = parse(&section, Keys::Skip).unwrap();
        assert_eq!((ledger.every_records, ledger.every_minutes), (7, 3));
        assert_eq!(ledger.verifying_keys, [vkey]);
        assert_eq!(ledger.directory, Some("/var/checkpoints".into()));
        let receiver = ledger.receiver.unwrap();
        assert_eq!(receiver.url.as_str(), "https://auditor.example/in");
        assert_eq!(receiver.token_file, Some("/etc/token".into()));
    }

    #[test]
    fn keys_are_read_and_their_faults_named_without_them() {
        let text = key().expose_text();
        let (_folder, path) = secret(&format!("{}\n", *text), 0o640);
        let section = format!("key_file = \"{}\"", path.display());
        let read = parse(&section, Keys::Check).unwrap().signing_key().unwrap();
        assert_eq!(read.unwrap().verifying_key(), key().verifying_key());

        let sentinel = text.rsplit('+').next().unwrap();
        let changed = text.replace("PRIVATE+KEY", "PRIVATE-KEY");
        for (content, mode, expected) in [
            (
                text.as_str(),
                0o644,
                "every user of this machine; take that right away",
            ),
            (&changed, 0o600, "it is not a signing key"),
            ("", 0o600, "it is not a signing key"),
        ] {
            let (_folder, path) = secret(content, mode);
            let section = format!("key_file = \"{}\"", path.display());
            let fault = parse(&section, Keys::Check).unwrap_err();
            assert!(
                fault.starts_with("ledger.key_file: /") && fault.contains(expected),
                "{fault}"
            );
            assert!(!fault.contains(sentinel), "{fault}");
        }
    }

    #[test]
    fn tokens_are_read_and_their_faults_named_without_them() {
        let (_folder, path) = secret("SENTINEL-TOKEN\n", 0o600);
        let receiver = Receiver {
            url: "https://auditor.example".parse().unwrap(),
            token_file: Some(path),
        };
        assert_eq!(
            receiver.token().unwrap().unwrap().expose_secret(),
            "SENTINEL-TOKEN"
        );
        for (content, mode, expected) in [
            ("SENTINEL-TOKEN", 0o604, "every user"),
            ("Bearer SENTINEL-TOKEN", 0o600, "nothing else"),
            ("\n", 0o600, "nothing else"),
        ] {
            let (_folder, path) = secret(content, mode);
            let section = format!(
                "key_file = \"/nowhere/key\"\ncheckpoint_url = \"https://auditor.example/\"\n\
                 checkpoint_url_token_file = \"{}\"",
                path.display()
            );
            let fault = parse(&section, Keys::Check).unwrap_err();
            assert!(
                fault.contains("ledger.checkpoint_url_token_file: ") && fault.contains(expected),
                "{fault}"
            );
            assert!(!fault.contains("SENTINEL"), "{fault}");
        }
    }

    #[test]
    fn faults_are_named() {
        for (section, expected) in [
            (
                "checkpoint_every_records = 0",
                "ledger.checkpoint_every_records: must be 1 to 1000000",
            ),
            (
                "checkpoint_every_minutes = 1441",
                "ledger.checkpoint_every_minutes: must be 1 to 1440",
            ),
            (
                "checkpoint_directory = \"/x\"",
                "ledger.key_file: is missing: without a key",
            ),
            (
                "checkpoint_url = \"https://a.example\"",
                "ledger.key_file: is missing: without a key",
            ),
            (
                "key_file = \"/k\"\ncheckpoint_url = \"http://a.example\"",
                "ledger.checkpoint_url: must be https",
            ),
            (
                "key_file = \"/k\"\ncheckpoint_url = \"https://u:p@a.example\"",
                "no user name",
            ),
            ("checkpoint_url_token_file = \"/t\"", "which is missing"),
            (
                "verifying_keys = [\"x\"]",
                "ledger.verifying_keys: it is not an Ed25519 verifying key",
            ),
            (
                "checkpoint_dir = \"/x\"",
                "ledger.checkpoint_dir: is not a key that the relay knows",
            ),
        ] {
            let fault = parse(section, Keys::Skip).unwrap_err();
            assert!(fault.contains(expected), "{fault}");
        }
        assert!(
            parse(
                "key_file = \"/k\"\ncheckpoint_url = \"http://[::1]:8080/in\"",
                Keys::Skip
            )
            .is_ok()
        );
    }
}
