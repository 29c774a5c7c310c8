//! What can go wrong between the relay and the broker; every message says cause and cure, never a body, key or token.

use std::time::Duration;

use crate::{egress::EgressAddress, flaw::AnswerFlaw};

/// A request to the broker that did not give what was asked for.
///
/// The messages are for the operator and the log. They hold no part of the broker's answer except names of JSON
/// fields and the origin of a refused redirect.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BrokerError {
    /// 401: the key is not one the broker knows.
    #[error(
        "the broker refused the API key (401): check that the key file holds the current key of this broker, alone, \
         and that the platform's `api` is the dialect the key was made for"
    )]
    KeyRefused,

    /// 403: the broker does not say which of its two gates is closed, so both are named.
    #[error(
        "the broker refused the request (403), for one of two reasons: the key lacks the right \"API ACCESS -> Create \
         One Time Token for Login\", or the relay's IP address is not whitelisted; grant the right, or have the \
         broker's support team whitelist {egress_address}"
    )]
    RightMissingOrAddressNotAllowed {
        /// The address to whitelist, as well as it is known here.
        egress_address: EgressAddress,
    },

    /// 403 to a look-up, for which the key needs another right than for a mint.
    #[error(
        "the broker refused the look-up (403), for one of two reasons: the key lacks the right to read accounts, which is \
         not that to create tokens, or the relay's IP address is not whitelisted; grant the right, have the broker's \
         support team whitelist {egress_address}, or switch the look-up off"
    )]
    LookUpNotAllowed {
        /// The address to whitelist, as well as it is known here.
        egress_address: EgressAddress,
    },

    /// 404 with an answer that speaks of the customer, or an empty look-up.
    #[error(
        "the broker knows no customer with this e-mail address: check that the CRM and the platform use the same one"
    )]
    CustomerUnknown,

    /// 429: more than the broker's requests a minute for this key.
    #[error("the broker's rate limit is reached (429){}", wait(.retry_after))]
    RateLimited {
        /// How long the broker asked to wait, if it said so.
        retry_after: Option<Duration>,
    },

    /// Another 4xx: the broker understood that it was asked and declined.
    #[error("the broker refused the request ({status}): {}", refusal_cure(*.status))]
    RequestRefused {
        /// The HTTP status, 400 to 499.
        status: u16,
    },

    /// The address given cannot be an e-mail address. Nothing was sent.
    #[error("this is not an e-mail address, so the broker was not asked: correct the address")]
    InvalidEmail,

    /// No connection, so nothing was asked. For a look-up or connection test also: asked, and no answer came.
    #[error("the broker cannot be reached: {cause}")]
    Unreachable {
        /// Which step failed.
        cause: UnreachableCause,
    },

    /// The broker's certificate or its TLS is not acceptable. Nothing was asked.
    #[error(
        "no trustworthy TLS connection to the broker: check base_url, the system's CA certificates and clock, and, if \
         the broker uses a private CA, the extra root certificates"
    )]
    TlsFailed,

    /// A mint may have reached the broker and its answer was lost: there may be a new token that nobody holds, and an
    /// older token of this customer may have become invalid. Asking again is a person's decision.
    #[error(
        "the mint was sent but {cause}; whether a token was made is unknown: try again only if a person asks for it"
    )]
    OutcomeUnknown {
        /// How the answer was lost.
        cause: LostAnswer,
    },

    /// 5xx: the broker, or a gateway in front of it, failed.
    #[error("the broker failed ({status}): try again later, and tell the broker's support team if it lasts")]
    BrokerFailed {
        /// The HTTP status, 500 to 599.
        status: u16,
    },

    /// An answer came and is of no use.
    #[error("the broker's answer is unusable: {what}")]
    UnusableAnswer {
        /// What is wrong with it.
        what: AnswerFlaw,
    },
}

/// Which step failed before a request could be answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UnreachableCause {
    /// The name did not resolve.
    #[error("its host name does not resolve; check base_url and the relay's DNS")]
    NameNotResolved,
    /// Nobody listens there, or a firewall rejects.
    #[error("the connection was refused; check base_url, its port and the firewall")]
    ConnectionRefused,
    /// The connect timeout passed.
    #[error("connecting took too long; check base_url, the firewall and the route")]
    ConnectTimedOut,
    /// The configured local address is not one of this machine's.
    #[error("the configured local address is not one of this machine's; correct local_address")]
    LocalAddressNotAvailable,
    /// Connecting failed otherwise.
    #[error("connecting failed; check base_url, the proxy if one is configured, and the route")]
    ConnectFailed,
    /// 407: a proxy on the way wants to know who asks, so it passed nothing on. A broker never says that.
    #[error("the proxy refused to pass the request on (407); put its user name and password into `proxy`")]
    ProxyRefused,
    /// Connected, asked, and no complete answer came. Only for requests that change nothing at the broker.
    #[error("it was asked but {0}; try again")]
    NoAnswer(LostAnswer),
}

/// How the answer to a request that may have been sent was lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LostAnswer {
    /// The request timeout passed.
    #[error("no complete answer came in time")]
    TimedOut,
    /// The connection broke, or what came was not HTTP.
    #[error("the connection broke before a complete answer")]
    ConnectionLost,
}

impl BrokerError {
    /// A short, stable name for audit records and metrics.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::KeyRefused => "key_refused",
            Self::RightMissingOrAddressNotAllowed { .. } => "right_missing_or_address_not_allowed",
            Self::LookUpNotAllowed { .. } => "look_up_not_allowed",
            Self::CustomerUnknown => "customer_unknown",
            Self::RateLimited { .. } => "rate_limited",
            Self::RequestRefused { .. } => "request_refused",
            Self::InvalidEmail => "invalid_email",
            Self::Unreachable { .. } => "unreachable",
            Self::TlsFailed => "tls_failed",
            Self::OutcomeUnknown { .. } => "outcome_unknown",
            Self::BrokerFailed { .. } => "broker_failed",
            Self::UnusableAnswer { .. } => "unusable_answer",
        }
    }

    /// Whether, after a mint, the broker may hold a new token for the customer although none was received.
    pub fn may_have_minted(&self) -> bool {
        match self {
            Self::OutcomeUnknown { .. } | Self::BrokerFailed { .. } => true,
            Self::UnusableAnswer { what } => what.came_with_success(),
            _ => false,
        }
    }
}

impl From<AnswerFlaw> for BrokerError {
    fn from(what: AnswerFlaw) -> Self {
        Self::UnusableAnswer { what }
    }
}

fn wait(retry_after: &Option<Duration>) -> String {
    match retry_after {
        Some(time) => format!(": try again in {} seconds", time.as_secs()),
        None => ": try again in a minute".to_owned(),
    }
}

fn refusal_cure(status: u16) -> &'static str {
    match status {
        404 | 405 => "check base_url and the platform's `api`",
        _ => "check the e-mail address, the validity in seconds, and the platform's `api`",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_name_cause_and_cure() {
        let forbidden = BrokerError::RightMissingOrAddressNotAllowed {
            egress_address: EgressAddress::Configured([203, 0, 113, 7].into()),
        };
        let text = forbidden.to_string();
        assert!(text.contains("Create One Time Token for Login"), "{text}");
        assert!(text.contains("whitelist 203.0.113.7"), "{text}");

        let limited = BrokerError::RateLimited {
            retry_after: Some(Duration::from_secs(17)),
        };
        assert_eq!(
            limited.to_string(),
            "the broker's rate limit is reached (429): try again in 17 seconds"
        );
        let limited = BrokerError::RateLimited { retry_after: None };
        assert_eq!(
            limited.to_string(),
            "the broker's rate limit is reached (429): try again in a minute"
        );
    }

    #[test]
    fn only_answers_after_which_a_token_may_exist_count_as_perhaps_minted() {
        let unknown = BrokerError::OutcomeUnknown {
            cause: LostAnswer::TimedOut,
        };
        assert!(unknown.may_have_minted());
        assert!(BrokerError::BrokerFailed { status: 504 }.may_have_minted());
        assert!(BrokerError::from(AnswerFlaw::Html).may_have_minted());
        assert!(
            !BrokerError::from(AnswerFlaw::Redirect {
                status: 302,
                origin: None
            })
            .may_have_minted()
        );
        assert!(!BrokerError::KeyRefused.may_have_minted());
        let cause = UnreachableCause::ConnectionRefused;
        assert!(!BrokerError::Unreachable { cause }.may_have_minted());
    }
}
