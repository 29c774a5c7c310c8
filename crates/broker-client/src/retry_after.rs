//! The `Retry-After` header (RFC 9110, section 10.2.3): seconds, or a date.

use std::time::{Duration, SystemTime};

use reqwest::header::{DATE, HeaderMap, RETRY_AFTER};

/// Nobody is served by a longer wait, and a mistaken date should not stop a relay for a year.
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

/// How long to wait, if the answer says so in a readable way; at most a day.
///
/// A date is compared with the answer's own `Date` where there is one, so that a wrong clock on either side does not
/// matter, and with `now` otherwise.
pub(crate) fn retry_after(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let value = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) {
        let seconds = value.parse().unwrap_or(u64::MAX);
        return Some(Duration::from_secs(seconds).min(LONGEST));
    }
    let date = |value: &str| httpdate::parse_http_date(value).ok();
    let until = date(value)?;
    let from = headers
        .get(DATE)
        .and_then(|value| date(value.to_str().ok()?))
        .unwrap_or(now);
    Some(until.duration_since(from).unwrap_or_default().min(LONGEST))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// 2026-11-25T00:00:00Z.
    fn now() -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_564_800)
    }

    fn check(value: &str, date: Option<&str>, expected: Option<u64>) {
        let mut headers = HeaderMap::new();
        headers.insert(RETRY_AFTER, value.parse().unwrap());
        if let Some(date) = date {
            headers.insert(DATE, date.parse().unwrap());
        }
        assert_eq!(
            retry_after(&headers, now()),
            expected.map(Duration::from_secs),
            "{value:?} {date:?}"
        );
    }

    #[test]
    fn seconds() {
        check("0", None, Some(0));
        check(" 17 ", None, Some(17));
        check("99999999999999999999999", None, Some(86_400));
        check("1.5", None, None);
        check("-1", None, None);
        check("", None, None);
        check("soon", None, None);
        assert_eq!(retry_after(&HeaderMap::new(), now()), None);
    }

    #[test]
    fn dates() {
        check("Wed, 25 Nov 2026 00:00:30 GMT", None, Some(30));
        check(
            "Wed, 25 Nov 2026 00:00:30 GMT",
            Some("Wed, 25 Nov 2026 00:00:10 GMT"),
            Some(20),
        );
        check("Wed, 25 Nov 2026 00:00:30 GMT", Some("nonsense"), Some(30));
        check("Tue, 24 Nov 2026 23:59:00 GMT", None, Some(0));
        check("Wed, 25 Nov 2099 00:00:30 GMT", None, Some(86_400));
    }

    proptest! {
        #[test]
        fn never_longer_than_a_day(value in "[ -~]{0,40}") {
            let mut headers = HeaderMap::new();
            headers.insert(RETRY_AFTER, value.parse().unwrap());
            prop_assert!(retry_after(&headers, now()).is_none_or(|wait| wait <= LONGEST));
        }
    }
}
