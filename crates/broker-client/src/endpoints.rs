//! The URLs of one broker's API.

use url::Url;

use crate::config::Dialect;

/// Builds URLs below one base URL, whose trailing slashes do not matter.
pub(crate) struct Endpoints {
    base: Url,
    dialect: Dialect,
}

impl Endpoints {
    pub(crate) fn new(base: Url, dialect: Dialect) -> Self {
        Self { base, dialect }
    }

    pub(crate) fn one_time_token(&self) -> Url {
        self.below("v1/one-time-token")
    }

    /// Where one customer is looked up. v2 has its own path; the CRM API's is not documented and taken to be v1's.
    pub(crate) fn account_by_email(&self, email: &str) -> Url {
        let folder = match self.dialect {
            Dialect::V1 | Dialect::Crm => "v1/accounts/by-email",
            Dialect::V2 => "v1/user-accounts/email",
        };
        self.below(&format!("{folder}/{}", percent_encoded(email)))
    }

    /// The connection test of newer brokers.
    pub(crate) fn offers(&self) -> Url {
        self.below("v1/offers")
    }

    /// The connection test of older brokers.
    pub(crate) fn service_info(&self) -> Url {
        self.below("service-info")
    }

    fn below(&self, path: &str) -> Url {
        let mut url = self.base.clone();
        url.set_path(&format!("{}/{path}", self.base.path().trim_end_matches('/')));
        url
    }
}

/// Encodes everything but RFC 3986 `unreserved`: `+` would be read as a blank by some servers, `/` as a separator.
fn percent_encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn endpoints(base: &str) -> Endpoints {
        Endpoints::new(base.parse().unwrap(), Dialect::V1)
    }

    #[test]
    fn trailing_slashes_do_not_matter() {
        for (base, expected) in [
            ("https://b.example", "https://b.example/v1/one-time-token"),
            ("https://b.example/", "https://b.example/v1/one-time-token"),
            ("https://b.example//", "https://b.example/v1/one-time-token"),
            ("https://b.example/api", "https://b.example/api/v1/one-time-token"),
            (
                "https://b.example:8443/a/b/",
                "https://b.example:8443/a/b/v1/one-time-token",
            ),
        ] {
            assert_eq!(endpoints(base).one_time_token().as_str(), expected);
        }
        assert_eq!(
            endpoints("https://b.example/x/").offers().as_str(),
            "https://b.example/x/v1/offers"
        );
        assert_eq!(
            endpoints("https://b.example/x/").service_info().as_str(),
            "https://b.example/x/service-info"
        );
    }

    #[test]
    fn the_address_is_one_encoded_segment() {
        let by_email = |email| {
            endpoints("https://b.example")
                .account_by_email(email)
                .path()
                .to_owned()
        };
        assert_eq!(
            by_email("ann+vip@x.example"),
            "/v1/accounts/by-email/ann%2Bvip%40x.example"
        );
        assert_eq!(
            by_email("a/../b?c#d@x"),
            "/v1/accounts/by-email/a%2F..%2Fb%3Fc%23d%40x"
        );
        assert_eq!(by_email("100%@x"), "/v1/accounts/by-email/100%25%40x");
        assert_eq!(by_email("zoë@x"), "/v1/accounts/by-email/zo%C3%AB%40x");
        let v2 = Endpoints::new("https://b.example/".parse().unwrap(), Dialect::V2);
        assert_eq!(v2.account_by_email("a@x").path(), "/v1/user-accounts/email/a%40x");
    }

    proptest! {
        #[test]
        fn no_address_leaves_its_segment(local in "\\PC{0,40}", domain in "\\PC{0,20}") {
            let url = endpoints("https://b.example/api/").account_by_email(&format!("{local}@{domain}"));
            prop_assert_eq!(url.path_segments().unwrap().count(), 5);
            prop_assert_eq!(url.host_str(), Some("b.example"));
            prop_assert!(url.query().is_none() && url.fragment().is_none());
            prop_assert!(url.path().starts_with("/api/v1/accounts/by-email/"));
        }
    }
}
