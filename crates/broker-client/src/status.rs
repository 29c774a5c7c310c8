//! From an HTTP status other than success to the error it means.

use std::time::SystemTime;

use reqwest::header::{HeaderMap, LOCATION};
use url::Url;

use crate::{
    egress::EgressAddress,
    error::{BrokerError, UnreachableCause},
    flaw::AnswerFlaw,
    not_found,
    retry_after::retry_after,
};

/// An answer that is not a 2xx.
pub(crate) struct Refusal<'a> {
    pub(crate) status: u16,
    pub(crate) headers: &'a HeaderMap,
    /// As much of the body as was read; asked only for a 404.
    pub(crate) body: &'a [u8],
    pub(crate) egress_address: EgressAddress,
}

impl Refusal<'_> {
    pub(crate) fn into_error(self, now: SystemTime) -> BrokerError {
        let Self {
            status,
            headers,
            body,
            egress_address,
        } = self;
        match status {
            300..=399 => AnswerFlaw::Redirect {
                status,
                origin: target_origin(headers),
            }
            .into(),
            401 => BrokerError::KeyRefused,
            403 => BrokerError::RightMissingOrAddressNotAllowed { egress_address },
            404 if not_found::speaks_of_customer(body) => BrokerError::CustomerUnknown,
            404 => AnswerFlaw::UnclearNotFound.into(),
            407 => BrokerError::Unreachable {
                cause: UnreachableCause::ProxyRefused,
            },
            429 => BrokerError::RateLimited {
                retry_after: retry_after(headers, now),
            },
            // A gateway may say 408 after it has passed the request on.
            408 | 500..=599 => BrokerError::BrokerFailed { status },
            400..=499 => BrokerError::RequestRefused { status },
            _ => AnswerFlaw::UnexpectedStatus(status).into(),
        }
    }
}

/// Scheme, host and port of a redirect's target: enough to correct base_url, and free of paths and queries, which
/// may hold secrets.
fn target_origin(headers: &HeaderMap) -> Option<String> {
    let target = Url::parse(headers.get(LOCATION)?.to_str().ok()?).ok()?;
    let origin = target.origin();
    let text = origin.ascii_serialization();
    (origin.is_tuple() && text.len() <= 200).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(status: u16, headers: &HeaderMap, body: &str) -> BrokerError {
        let egress_address = EgressAddress::Local([10, 0, 0, 2].into());
        Refusal {
            status,
            headers,
            body: body.as_bytes(),
            egress_address,
        }
        .into_error(SystemTime::UNIX_EPOCH)
    }

    #[test]
    fn each_status_has_its_error() {
        let about_customer = r#"{"status":404,"detail":"User not found"}"#;
        for (status, body, kind) in [
            (301, "", "unusable_answer"),
            (400, "", "request_refused"),
            (401, "", "key_refused"),
            (403, "<html>", "right_missing_or_address_not_allowed"),
            (404, "", "unusable_answer"),
            (404, "<html>user not found</html>", "unusable_answer"),
            (404, about_customer, "customer_unknown"),
            (405, about_customer, "request_refused"),
            (407, "", "unreachable"),
            (408, "", "broker_failed"),
            (409, "", "request_refused"),
            (422, about_customer, "request_refused"),
            (429, "", "rate_limited"),
            (500, about_customer, "broker_failed"),
            (503, "", "broker_failed"),
            (600, "", "unusable_answer"),
        ] {
            assert_eq!(
                error(status, &HeaderMap::new(), body).kind(),
                kind,
                "{status} {body}"
            );
        }
    }

    #[test]
    fn a_redirect_is_told_with_its_origin_only() {
        for (location, expected) in [
            (
                "https://user:SENTINEL@www.broker.example:8443/SENTINEL?auth=SENTINEL",
                Some("https://www.broker.example:8443"),
            ),
            ("/relative?auth=SENTINEL", None),
            ("data:text/plain,SENTINEL", None),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(LOCATION, location.parse().unwrap());
            let text = error(302, &headers, "").to_string();
            assert!(
                text.contains("redirects are refused") && !text.contains("SENTINEL"),
                "{text}"
            );
            if let Some(origin) = expected {
                assert!(
                    text.contains(&format!("(302 to {origin})")) || text.contains(origin),
                    "{text}"
                );
            }
        }
    }
}
