//! Why there is no certificate, with what to do about it.

use std::path::Path;

use instant_acme::{Error, Problem};

use super::http::Unanswered;
use crate::visible;

/// Most characters of a server's own words.
const MAX_CHARS: usize = 300;

const PREFIX: &str = "urn:ietf:params:acme:error:";

/// Why an attempt failed.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failure {
    /// No answer, or a gateway's.
    #[error(
        "the ACME server cannot be asked ({0}); let this machine reach it by https, and if it is your own, name its root in \
         listen.acme.root_certificate_file"
    )]
    Unanswered(String),
    /// The server could not validate that these names lead here, each with its cause.
    #[error(
        "the ACME server could not validate {0}; let each name that stands here lead to this relay in the DNS, and port 443 of it \
         to listen.address, with nothing between that ends TLS"
    )]
    NotValidated(String),
    /// The server does not offer the one kind that there is.
    #[error(
        "the ACME server offers no tls-alpn-01 challenge for {0}; use another server, or files from another ACME client"
    )]
    NoChallenge(String),
    /// Too much was asked of it.
    #[error(
        "the ACME server says that this relay asked for too much ({0}); wait: it is asked again by itself"
    )]
    TooMuch(String),
    /// The account is not known to it any more.
    #[error("the ACME server does not know the account any more ({0}); a new one is made by itself")]
    AccountUnknown(String),
    /// It does not let the account order, and perhaps will not any more.
    #[error(
        "the ACME server does not let the account order ({cause}); if the account was deactivated there, remove {file}: another \
         one is then made by itself; if not, let it order there for the names in listen.acme.domains"
    )]
    AccountRefused { cause: String, file: String },
    /// It wants something that there is not.
    #[error(
        "the ACME server wants an external account; name the one that you have there in [listen.acme.external_account]"
    )]
    ExternalAccount,
    /// It refuses, in its own words.
    #[error("the ACME server refuses ({0}); look at [listen.acme], and at the DNS records of the names")]
    Refused(String),
    /// It is not done in time.
    #[error("the ACME server was not done in time; it is asked again by itself")]
    TooSlow,
    /// It has not come to an end with these names.
    #[error("the ACME server was not done in time with {0}; it is asked again by itself")]
    NotYet(String),
    /// It wants a proof of something else than what was ordered.
    #[error("the ACME server wants {0} to be proven, for which no certificate was asked; use another server")]
    NotAskedFor(String),
    /// What was issued is not for use.
    #[error("what was issued cannot be used ({0}); look at this machine's clock, and at the ACME server")]
    Unusable(String),
    /// What was issued is for something else.
    #[error(
        "what was issued is not for {0}, and so is not used; look at the ACME server: a profile or a template of it may leave \
         out names that are asked for"
    )]
    OtherNames(String),
    /// It was interrupted by a panic.
    #[error("the attempt broke off by a mistake of the relay; tell the makers what the log says of it")]
    Broken,
    /// What binds the account.
    #[error("listen.acme.external_account.secret_file: {0}")]
    Secret(String),
    /// The folder.
    #[error("listen.acme.cache_directory: {0}")]
    Cache(String),
    /// A key could not be made.
    #[error("a key or certificate could not be made ({0}); tell the makers")]
    Crypto(String),
}

impl Failure {
    /// No answer of use to a request.
    pub(super) fn unanswered(unanswered: &Unanswered) -> Self {
        // The names in a certificate that is not trusted are the server's words, too.
        Self::Unanswered(tame(&unanswered.to_string()))
    }

    /// Each name, and what the server says of it.
    pub(super) fn not_validated<'a>(names: impl IntoIterator<Item = (&'a str, Option<&'a Problem>)>) -> Self {
        let names = names.into_iter().map(|(name, problem)| {
            let cause = problem.map_or_else(|| "it does not say why".to_owned(), words);
            format!("{name} ({cause})")
        });
        Self::NotValidated(names.collect::<Vec<_>>().join(", "))
    }

    /// Of the server's answer about one name.
    pub(super) fn of_name(error: Error, name: &str) -> Self {
        match error {
            Error::Api(problem) if is_of_validation(&problem) => {
                Self::not_validated([(name, Some(&problem))])
            }
            error => match error.into() {
                Self::Refused(words) => Self::Refused(format!("{name}: {words}")),
                Self::TooMuch(words) => Self::TooMuch(format!("{name}: {words}")),
                failure => failure,
            },
        }
    }

    /// Of a refused order. An account that was deactivated is "unauthorized" from then on (RFC 8555 section 7.3.6).
    pub(super) fn of_order(error: Error, account: &Path) -> Self {
        match error {
            Error::Api(problem) if kind(&problem) == Some("unauthorized") => Self::AccountRefused {
                cause: words(&problem),
                file: account.display().to_string(),
            },
            error => error.into(),
        }
    }
}

/// What kind of problem it is, if it is one of ACME's.
fn kind(problem: &Problem) -> Option<&str> {
    problem.r#type.as_deref()?.strip_prefix(PREFIX)
}

/// Whether a problem is one that validation meets (RFC 8555 section 6.7).
pub(super) fn is_of_validation(problem: &Problem) -> bool {
    const KINDS: [&str; 6] = [
        "unauthorized",
        "connection",
        "dns",
        "tls",
        "incorrectResponse",
        "caa",
    ];
    kind(problem).is_some_and(|kind| KINDS.contains(&kind))
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        match error {
            Error::Api(problem) => match kind(&problem) {
                Some("accountDoesNotExist") => Self::AccountUnknown(words(&problem)),
                Some("externalAccountRequired") => Self::ExternalAccount,
                Some("rateLimited") => Self::TooMuch(words(&problem)),
                _ => Self::Refused(words(&problem)),
            },
            Error::Timeout(_) => Self::TooSlow,
            // The names in a certificate that is not trusted are the server's words, too.
            Error::Other(error) if error.is::<Unanswered>() => Self::Unanswered(tame(&error.to_string())),
            Error::Json(_) => Self::Unanswered("its answer is not an ACME server's".to_owned()),
            Error::Crypto | Error::KeyRejected => Self::Crypto(error.to_string()),
            error => Self::Unanswered(tame(&error.to_string())),
        }
    }
}

impl From<rcgen::Error> for Failure {
    fn from(error: rcgen::Error) -> Self {
        Self::Crypto(error.to_string())
    }
}

/// A server's own words, for a line of the log.
fn words(problem: &Problem) -> String {
    let kind = problem.r#type.as_deref().unwrap_or_default();
    let kind = kind.strip_prefix(PREFIX).unwrap_or(kind);
    let parts = problem.subproblems.iter().map(ToString::to_string);
    let detail = problem.detail.clone().unwrap_or_default();
    let all = [kind.to_owned(), detail].into_iter().chain(parts);
    tame(&all.filter(|part| !part.is_empty()).collect::<Vec<_>>().join(": "))
}

/// Short, in one line, and without characters that do more than be seen.
pub(super) fn tame(text: &str) -> String {
    let text = text.replace(char::is_whitespace, " ");
    visible::seen(&text).chars().take(MAX_CHARS).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(kind: &str, detail: &str) -> Error {
        let kind = format!("{PREFIX}{kind}");
        let text = serde_json::json!({"type": kind, "detail": detail}).to_string();
        Error::Api(serde_json::from_str(&text).unwrap())
    }

    #[test]
    fn each_kind_of_refusal_has_its_cure() {
        for (kind, says) in [
            ("rateLimited", "wait: it is asked again"),
            ("externalAccountRequired", "wants an external account"),
            ("accountDoesNotExist", "a new one is made"),
            ("rejectedIdentifier", "look at [listen.acme]"),
        ] {
            let failure = Failure::from(problem(kind, "words of theirs"));
            assert!(failure.to_string().contains(says), "{failure}");
        }
    }

    #[test]
    fn the_words_of_a_server_are_bounded_and_fit_into_a_line() {
        let long = format!(
            "one\n\u{2028}two\u{1b}[31m \u{202E}bill\u{200B} {}",
            "x".repeat(10_000)
        );
        let said = Failure::from(problem("caa", &long)).to_string();
        assert!(
            said.contains(r"caa: one  two\u{1b}[31m \u{202e}bill\u{200b} xx"),
            "{said}"
        );
        assert!(
            said.len() < 500 && !said.contains(|c| visible::is_odd(c) || c == '\u{2028}'),
            "{said}"
        );
    }
}
