//! `[[webhook]]`: who is told of events, and with which secret messages are signed.

use std::{collections::BTreeSet, path::PathBuf};

use base64ct::{Base64, Encoding};
use secrecy::{ExposeSecret, SecretSlice};
use url::Url;

use super::{Keys, api_key, platform, section::Section};
use crate::events::EventKind;

/// What secrets begin with.
const PREFIX: &str = "whsec_";
/// Bytes of a secret, by the Standard Webhooks specification.
const LENGTHS: std::ops::RangeInclusive<usize> = 24..=64;
/// More than anybody tells.
const MOST: usize = 16;

/// A receiver of events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebhookConfig {
    /// What it is called in the log, on the readiness page and in the store. The address is not shown: it may be a secret.
    pub name: String,
    /// Where messages are posted.
    pub url: Url,
    /// What they are signed with.
    pub secret: SecretSource,
    /// The secret before a rotation: messages are signed with it, too.
    pub previous_secret: Option<SecretSource>,
    /// Which events are told.
    pub events: BTreeSet<EventKind>,
}

/// Where a secret is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SecretSource {
    /// A file that holds nothing else.
    File(PathBuf),
    /// The name of an environment variable.
    Environment(String),
}

impl WebhookConfig {
    pub(super) fn read(section: &mut Section<'_>, keys: Keys) -> Option<Self> {
        let name = section.parsed("name", parse_name);
        let url = section.parsed("url", platform::parse_url);
        let secret = read_source(section, "secret_file", "secret_env", keys, true);
        let previous = read_source(
            section,
            "previous_secret_file",
            "previous_secret_env",
            keys,
            false,
        );
        let named = section.has("events");
        let events = section.list("events", EventKind::parse);
        if named && events.as_ref().is_some_and(Vec::is_empty) {
            section.fault(
                "events",
                "names none, so nothing would ever be sent; name some, or leave the key out for all alerts",
            );
            return None;
        }
        let alerts = || {
            EventKind::ALL
                .into_iter()
                .filter(|kind| kind.is_alert())
                .collect()
        };
        Some(Self {
            name: name?,
            url: url?,
            secret: secret??,
            previous_secret: previous?,
            events: if named {
                events?.into_iter().collect()
            } else {
                alerts()
            },
        })
    }
}

/// Refuses two of one name, by which their messages are kept apart.
pub(super) fn distinct(webhooks: Vec<WebhookConfig>, root: &mut Section<'_>) -> Vec<WebhookConfig> {
    let names: BTreeSet<_> = webhooks.iter().map(|webhook| &webhook.name).collect();
    if names.len() < webhooks.len() {
        root.fault("webhook", "two have the same name; give each one of its own");
    }
    if webhooks.len() > MOST {
        root.fault(
            "webhook",
            format!("there are more than {MOST}; let one receiver pass messages on"),
        );
    }
    webhooks
}

impl SecretSource {
    /// Reads the secret as it is now. The error says cause and cure, and never shows what was read.
    pub fn read(&self) -> Result<SecretSlice<u8>, String> {
        match self {
            Self::File(path) => api_key::in_file(path, parse_secret),
            Self::Environment(name) => api_key::in_variable(name, "the webhook's secret", parse_secret),
        }
    }
}

fn parse_secret(text: &str) -> Result<SecretSlice<u8>, String> {
    let form = || {
        format!(
            "holds no secret of a webhook: it is {PREFIX} and the base64 of {} to {} random bytes; get it from the receiver, \
             or make one: echo {PREFIX}$(openssl rand -base64 32)",
            LENGTHS.start(),
            LENGTHS.end()
        )
    };
    let text = text.trim_matches(['\r', '\n', ' ', '\t']);
    let encoded = text.strip_prefix(PREFIX).ok_or_else(form)?;
    let secret = SecretSlice::from(Base64::decode_vec(encoded).map_err(|_| form())?);
    if LENGTHS.contains(&secret.expose_secret().len()) {
        Ok(secret)
    } else {
        Err(form())
    }
}

/// The outer `None` means a fault.
#[expect(clippy::option_option, reason = "absent and faulty are different things here")]
fn read_source(
    section: &mut Section<'_>,
    file: &'static str,
    variable: &'static str,
    keys: Keys,
    needed: bool,
) -> Option<Option<SecretSource>> {
    let (has_file, has_variable) = (section.has(file), section.has(variable));
    let path = section.text(file);
    let name = section.text(variable);
    let (key, source) = match (path, name) {
        (Some(_), Some(_)) => {
            section.fault(file, format!("stands beside {variable}; keep one of the two"));
            return None;
        }
        (Some(path), None) => (file, SecretSource::File(api_key::secret_path(&path))),
        (None, Some(name)) => (variable, SecretSource::Environment(name)),
        (None, None) if has_file || has_variable => return None,
        (None, None) if needed => {
            section.fault(
                file,
                format!("is missing; name the file that holds the webhook's secret, or {variable}"),
            );
            return None;
        }
        (None, None) => return Some(None),
    };
    if let (Keys::Check, Err(problem)) = (keys, source.read()) {
        section.fault(key, problem);
    }
    Some(Some(source))
}

fn parse_name(text: &str) -> Result<String, String> {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    if (1..=32).contains(&text.len()) && text.bytes().all(plain) {
        Ok(text.to_owned())
    } else {
        Err("must be 1 to 32 lower-case letters, digits and hyphens, e.g. \"soc\"".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::PermissionsExt};

    use super::*;
    use crate::config::section::Faults;

    fn parse(text: &str, keys: Keys) -> Result<Vec<WebhookConfig>, String> {
        let mut faults = Faults::default();
        let mut root = Section::root(text.parse().unwrap(), &mut faults);
        let webhooks = root.sections_if_any("webhook", |section| WebhookConfig::read(section, keys));
        let webhooks = distinct(webhooks, &mut root);
        root.finish();
        let texts: Vec<String> = faults.into_vec().iter().map(ToString::to_string).collect();
        if texts.is_empty() {
            Ok(webhooks)
        } else {
            Err(texts.join("\n"))
        }
    }

    const ONE: &str =
        "[[webhook]]\nname = \"soc\"\nurl = \"https://soc.example/hook\"\nsecret_file = \"/s\"\n";

    #[test]
    fn alerts_are_told_unless_events_are_named() {
        let webhooks = parse(ONE, Keys::Skip).unwrap();
        let alerts = [EventKind::CanaryRequested, EventKind::LimitReached];
        assert_eq!(webhooks[0].events, alerts.into());
        let named = format!("{ONE}events = [\"login.minted\"]\nprevious_secret_env = \"OLD\"");
        let webhooks = parse(&named, Keys::Skip).unwrap();
        assert_eq!(webhooks[0].events, [EventKind::LoginMinted].into());
        assert_eq!(
            webhooks[0].previous_secret,
            Some(SecretSource::Environment("OLD".to_owned()))
        );
        assert_eq!(parse("", Keys::Check).unwrap(), []);
    }

    #[test]
    fn faults_name_cause_and_cure() {
        for (text, expected) in [
            (ONE.replace("https", "http"), "webhook[0].url: must be https"),
            (
                ONE.replace("\"soc\"", "\"S OC\""),
                "webhook[0].name: must be 1 to 32 lower-case",
            ),
            (
                ONE.replace("secret_file = \"/s\"\n", ""),
                "webhook[0].secret_file: is missing",
            ),
            (
                format!("{ONE}secret_env = \"X\""),
                "webhook[0].secret_file: stands beside secret_env",
            ),
            (
                format!("{ONE}events = [\"login\"]"),
                "webhook[0].events: each must be the name of an event",
            ),
            (format!("{ONE}events = []"), "webhook[0].events: names none"),
            (format!("{ONE}event = \"x\""), "webhook[0].event: is not a key"),
            (format!("{ONE}{ONE}"), "webhook: two have the same name"),
        ] {
            let fault = parse(&text, Keys::Skip).unwrap_err();
            assert!(fault.contains(expected), "{fault}");
        }
    }

    #[test]
    fn a_secret_in_the_place_of_its_source_is_not_shown() {
        for source in [
            "secret_file = \"whsec_SENTINEL\"",
            "secret_env = \"whsec_SENTINEL\"",
        ] {
            let text = ONE.replace("secret_file = \"/s\"", source);
            let previous = format!("{ONE}previous_{source}");
            for text in [text, previous] {
                let fault = parse(&text, Keys::Check).unwrap_err();
                assert!(!fault.contains("SENTINEL"), "{fault}");
                assert!(
                    fault.contains("no such file") || fault.contains("no variable"),
                    "{fault}"
                );
            }
        }
    }

    #[test]
    fn secrets_are_read_and_their_faults_named_without_them() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret");
        let section = ONE.replace("/s", &path.display().to_string());
        let good = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
        for (content, mode, expected) in [
            (good, 0o600, None),
            (&format!("{good}\n"), 0o640, None),
            (good, 0o644, Some("every user")),
            ("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", 0o600, Some("holds no secret")),
            (
                "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2La",
                0o600,
                Some("holds no secret"),
            ),
            (
                "whsec_MfKQ9r8GKYqrTwj PD8ILPZIo2LaLaSw",
                0o600,
                Some("openssl rand"),
            ),
            (
                &format!("whsec_{}", "MfKQ".repeat(22)),
                0o600,
                Some("holds no secret"),
            ),
            ("", 0o600, Some("holds no secret")),
        ] {
            fs::write(&path, content).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            match (parse(&section, Keys::Check), expected) {
                (Ok(webhooks), None) => {
                    let secret = webhooks[0].secret.read().unwrap();
                    assert_eq!(secret.expose_secret().len(), 24);
                    assert!(!format!("{secret:?} {webhooks:?}").contains("MfKQ"));
                }
                (Err(fault), Some(expected)) => {
                    assert!(
                        fault.contains(&format!("webhook[0].secret_file: {}: ", path.display()))
                            && fault.contains(expected),
                        "{fault}"
                    );
                    assert!(!fault.contains("MfKQ"), "{fault}");
                }
                (parsed, _) => panic!("{content}: {parsed:?}"),
            }
        }
    }
}
