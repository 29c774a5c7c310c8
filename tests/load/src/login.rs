//! Logins as bytes that are ready to be sent, signed on every core before a clock starts.

use std::thread;

use anyhow::{Context as _, Result, anyhow};
use jiff::Timestamp;
use serde_json::json;
use stagedoor_protocol::RequestId;

use crate::{customers::Customers, installation::PLATFORM, profile::Profile};

/// One `POST /v1/logins`.
#[derive(Debug, Clone)]
pub struct Login {
    /// Its request id, under which the relay records it.
    pub request_id: RequestId,
    /// Whom it opens.
    pub customer: String,
    /// The whole request.
    pub bytes: Vec<u8>,
}

impl Login {
    /// A login under a new request id, signed now.
    ///
    /// # Errors
    /// When the machine has no randomness.
    pub fn new(profile: &Profile, customer: String) -> Result<Self> {
        let milliseconds =
            u64::try_from(Timestamp::now().as_millisecond()).context("the clock is before 1970")?;
        let request_id = RequestId::from_parts(milliseconds, &profile.random()?);
        Self::signed(profile, request_id, customer, None)
    }

    /// A login that takes the customer from another one's, knowingly.
    ///
    /// # Errors
    /// When the machine has no randomness.
    pub fn overriding(profile: &Profile, customer: String, other: &str) -> Result<Self> {
        let id = Self::new(profile, customer.clone())?.request_id;
        Self::signed(profile, id, customer, Some(other))
    }

    /// The same login, signed anew.
    ///
    /// # Errors
    /// When the machine has no randomness.
    pub fn again(&self, profile: &Profile) -> Result<Self> {
        Self::signed(profile, self.request_id.clone(), self.customer.clone(), None)
    }

    fn signed(
        profile: &Profile,
        request_id: RequestId,
        customer: String,
        overrides: Option<&str>,
    ) -> Result<Self> {
        let mut body = json!({
            "requestId": request_id,
            "platform": PLATFORM,
            "customerEmail": customer,
            "reason": "Cannot find the withdrawal form",
            "ticket": "SUP-1042",
            "page": {"origin": "https://crm.example", "recordId": "c-1001"},
            "extensionVersion": "0.1.0",
        });
        if let Some(other) = overrides {
            body["overrides"] = other.into();
        }
        let bytes = profile.request("POST", "/v1/logins", &body.to_string())?;
        Ok(Self {
            request_id,
            customer,
            bytes,
        })
    }
}

impl AsRef<[u8]> for Login {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

/// So many logins, by these profiles in turn, each of another customer.
///
/// # Errors
/// When the machine has no randomness.
pub fn sign_logins(profiles: &[Profile], customers: &Customers, count: usize) -> Result<Vec<Login>> {
    let threads = thread::available_parallelism().map_or(1, Into::into);
    let sign_every = |first: usize| {
        let numbers = (first..count).step_by(threads);
        let logins = numbers.map(|number| {
            let profile = profiles.get(number % profiles.len().max(1));
            Login::new(profile.context("no profile to sign with")?, customers.next())
        });
        logins.collect::<Result<Vec<_>>>()
    };
    thread::scope(|scope| {
        let workers: Vec<_> = (0..threads)
            .map(|first| scope.spawn(move || sign_every(first)))
            .collect();
        let mut logins = Vec::with_capacity(count);
        for worker in workers {
            let signed = worker
                .join()
                .map_err(|_| anyhow!("a thread that signs panicked"))?;
            logins.extend(signed?);
        }
        Ok(logins)
    })
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::profile::Key;

    #[test]
    fn no_two_logins_share_an_id_or_a_customer() {
        let profiles = [
            Profile::new(Key::P256).unwrap(),
            Profile::new(Key::Ed25519).unwrap(),
        ];
        let logins = sign_logins(&profiles, &Customers::of("many.example"), 31).unwrap();
        let ids: HashSet<_> = logins.iter().map(|login| login.request_id.clone()).collect();
        let customers: HashSet<_> = logins.iter().map(|login| login.customer.clone()).collect();
        assert_eq!((ids.len(), customers.len()), (31, 31));
        let by = |profile: &Profile| {
            let id = format!("keyid=\"{}\"", profile.id());
            let signed = |login: &&Login| String::from_utf8_lossy(&login.bytes).contains(&id);
            logins.iter().filter(signed).count()
        };
        assert_eq!((by(&profiles[0]), by(&profiles[1])), (16, 15));
    }
}
