//! The three things that are asked of a broker.

use std::{fmt, time::Duration};

use reqwest::{
    RequestBuilder, StatusCode,
    header::{AUTHORIZATION, CONTENT_TYPE},
};
use secrecy::SecretString;
use serde::Serialize;
use url::Url;

use crate::{
    account::{Account, account_in},
    config::{BrokerConfig, ConfigError, Dialect},
    endpoints::Endpoints,
    error::BrokerError,
    flaw::AnswerFlaw,
    key::ApiKey,
    mint_answer::token_in,
    token::OneTimeToken,
    transport::{Effect, Transport},
};

/// The client of one broker. Share it behind an `Arc`.
pub struct BrokerClient {
    transport: Transport,
    endpoints: Endpoints,
    dialect: Dialect,
    key: ApiKey,
}

impl BrokerClient {
    /// Checks the configuration and reads the certificates; sends nothing.
    pub fn new(config: BrokerConfig) -> Result<Self, ConfigError> {
        config.check()?;
        Ok(Self {
            transport: Transport::new(&config)?,
            endpoints: Endpoints::new(config.base_url, config.dialect),
            dialect: config.dialect,
            key: ApiKey::new(config.api_key)?,
        })
    }

    /// Makes a one-time token for the customer, valid for `validity` in whole seconds (a fraction is cut off; at
    /// least 1). The customer's older tokens become invalid.
    ///
    /// The request is sent at most once. A caller that drops the future, or gets an error for which
    /// [`BrokerError::may_have_minted`] holds, cannot know whether a token was made.
    pub async fn mint(&self, email: &str, validity: Duration) -> Result<OneTimeToken, BrokerError> {
        check_email(email)?;
        let body = MintBody {
            email,
            validity_time: validity.as_secs().max(1),
        };
        let body = serde_json::to_vec(&body).expect("text and a number always make JSON");
        let request = self
            .authorized(self.transport.client().post(self.endpoints.one_time_token()))
            .header(CONTENT_TYPE, "application/json")
            .body(body);
        let response = self.transport.send(request, Effect::Mint).await?;
        let answer = self.transport.body(response, Effect::Mint).await?;
        Ok(token_in(&answer)?)
    }

    /// Looks the customer up by e-mail address, ignoring case.
    pub async fn look_up(&self, email: &str) -> Result<Account, BrokerError> {
        check_email(email)?;
        let answer = self.get(self.endpoints.account_by_email(email)).await;
        let response = answer.map_err(|error| match error {
            BrokerError::RightMissingOrAddressNotAllowed { egress_address } => {
                BrokerError::LookUpNotAllowed { egress_address }
            }
            other => other,
        })?;
        if response.status() == StatusCode::NO_CONTENT {
            return Err(BrokerError::CustomerUnknown);
        }
        let answer = self.transport.body(response, Effect::Read).await?;
        account_in(&answer, email)
    }

    /// Whether the broker can be reached and takes the key: `v1/offers`, or `service-info` where there are no offers.
    pub async fn test_connection(&self) -> Result<(), BrokerError> {
        let response = match self.get(self.endpoints.offers()).await {
            Err(error) if is_not_there(&error) => match self.get(self.endpoints.service_info()).await {
                Err(error) if is_not_there(&error) => return Err(AnswerFlaw::NoKnownEndpoint.into()),
                answer => answer?,
            },
            answer => answer?,
        };
        self.transport.refuse_html(response).await
    }

    /// Uses another API key from the next request on. A text that cannot be a key is refused, and the old key stays.
    pub fn replace_api_key(&self, key: SecretString) -> Result<(), ConfigError> {
        self.key.replace(key)
    }

    async fn get(&self, url: Url) -> Result<reqwest::Response, BrokerError> {
        let request = self.authorized(self.transport.client().get(url));
        self.transport.send(request, Effect::Read).await
    }

    fn authorized(&self, request: RequestBuilder) -> RequestBuilder {
        request.header(AUTHORIZATION, self.key.header(self.dialect))
    }
}

impl fmt::Debug for BrokerClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BrokerClient")
            .field("dialect", &self.dialect)
            .finish_non_exhaustive()
    }
}

/// The body of a mint. The order of the fields is the order on the wire.
#[derive(Serialize)]
struct MintBody<'a> {
    email: &'a str,
    #[serde(rename = "validityTime")]
    validity_time: u64,
}

/// Whether the path does not exist, however the 404 words it: nobody was asked about a customer.
fn is_not_there(error: &BrokerError) -> bool {
    matches!(
        error,
        BrokerError::CustomerUnknown
            | BrokerError::UnusableAnswer {
                what: AnswerFlaw::UnclearNotFound
            }
    )
}

/// The caller's address is parsed already; this only keeps a mistake there from becoming a strange request.
fn check_email(email: &str) -> Result<(), BrokerError> {
    let plausible = email.len() <= 254 && email.contains('@') && !email.chars().any(char::is_control);
    if plausible {
        Ok(())
    } else {
        Err(BrokerError::InvalidEmail)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_body_has_its_fixed_shape() {
        let body = MintBody {
            email: "ann+\"vip\"@x.example",
            validity_time: 30,
        };
        let json = serde_json::to_string(&body).unwrap();
        assert_eq!(json, r#"{"email":"ann+\"vip\"@x.example","validityTime":30}"#);
    }

    #[test]
    fn what_cannot_be_an_address() {
        for bad in [
            "",
            "ann",
            "..",
            "a@x\r\n",
            "a\0@x",
            &format!("{}@x", "a".repeat(254)),
        ] {
            assert!(
                matches!(check_email(bad), Err(BrokerError::InvalidEmail)),
                "{bad:?}"
            );
        }
        assert!(check_email("ann+vip@x.example").is_ok());
    }
}
