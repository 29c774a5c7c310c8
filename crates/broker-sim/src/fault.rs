//! What can go wrong on purpose, and to which requests.

use std::time::Duration;

/// The length of the body [`Fault::HugeBody`] sends to a caller that reads all of it.
pub const HUGE_BODY_BYTES: u64 = 64 * 1024 * 1024;

/// One way in which an answer goes wrong.
///
/// Two kinds matter to a caller that must not mint twice. The first kind happens *after* the broker has done its work:
/// a token may exist although nobody received it. The second kind happens *instead of* the work: nothing is minted.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Fault {
    /// After the work: the answer is right but late.
    Delay(Duration),
    /// After the work: the answer is right, but arrives one byte per interval.
    Drip(Duration),
    /// After the work: the answer is right, and is kept back until [`crate::Sim::release`].
    Hold,
    /// After the work: nothing is ever sent, and the connection stays open.
    HangBeforeHeaders,
    /// After the work: status and headers are sent, the body never begins.
    HangAfterHeaders,
    /// After the work: the connection is reset (TCP RST) before a byte of the answer.
    Reset,
    /// After the work: the connection is reset in the middle of the body.
    ResetInBody,
    /// After the work: the connection is closed in order, half of the promised body sent.
    ClosedInBody,
    /// After the work: HTTP is in order, but the JSON is cut in half.
    TruncatedJson,
    /// After the work: the right body, declared as `application/octet-stream`.
    WrongContentType,
    /// Instead of the work: this status with this kind of body.
    Status(u16, BodyKind),
    /// Instead of the work: 429, with this `Retry-After` (seconds, an HTTP date, or rubbish).
    RateLimited(Option<String>),
    /// Instead of the work: 200 with a gateway's HTML page.
    Html,
    /// Instead of the work: 200 with [`HUGE_BODY_BYTES`] of JSON.
    HugeBody,
    /// Instead of the work: 307 to this address; a caller that follows it carries its key there.
    Redirect(String),
}

/// The body that goes with [`Fault::Status`].
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum BodyKind {
    /// The broker's own error: `status`, `title`, `detail`, `path`, `timestamp`.
    Problem,
    /// The framework's error: `timestamp`, `status`, `error`, `message`, `path`.
    Framework,
    /// A gateway's HTML page.
    Html,
    /// One line of plain text.
    Text,
    /// No body.
    Empty,
}

/// The broker's endpoints, as far as a script tells them apart.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Endpoint {
    /// `POST /v1/one-time-token`.
    Mint,
    /// The dialect's look-up by e-mail.
    LookUp,
    /// `GET /v1/offers` or `GET /service-info`.
    ConnectionTest,
}

/// A fault, the requests it applies to, and how many of them. A plain [`Fault`] converts to "the next request, whatever
/// it is".
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Script {
    /// What goes wrong.
    pub fault: Fault,
    /// The only endpoint concerned, or all of them.
    pub endpoint: Option<Endpoint>,
    /// How many matching requests are left.
    pub times: u32,
}

impl Fault {
    /// This fault, for the next request to one endpoint.
    pub fn on(self, endpoint: Endpoint) -> Script {
        Script::from(self).on(endpoint)
    }

    /// This fault, for the next `times` requests.
    pub fn times(self, times: u32) -> Script {
        Script::from(self).times(times)
    }
}

impl Script {
    /// Limits the fault to one endpoint.
    pub fn on(self, endpoint: Endpoint) -> Self {
        Self {
            endpoint: Some(endpoint),
            ..self
        }
    }

    /// Sets how many matching requests go wrong.
    pub fn times(self, times: u32) -> Self {
        Self { times, ..self }
    }
}

impl From<Fault> for Script {
    fn from(fault: Fault) -> Self {
        Self {
            fault,
            endpoint: None,
            times: 1,
        }
    }
}

impl Endpoint {
    /// The endpoint a path belongs to. The method plays no part: a wrong method is still a call to that endpoint.
    pub(crate) fn of(path: &str) -> Option<Self> {
        match path {
            "/v1/one-time-token" => Some(Self::Mint),
            "/v1/offers" | "/service-info" => Some(Self::ConnectionTest),
            _ if path.starts_with("/v1/accounts/by-email/") => Some(Self::LookUp),
            _ if path.starts_with("/v1/user-accounts/email/") => Some(Self::LookUp),
            _ => None,
        }
    }
}

/// The scripts still to be played, oldest first.
#[derive(Debug, Default)]
pub(crate) struct Scripts(Vec<Script>);

impl Scripts {
    pub(crate) fn add(&mut self, script: Script) {
        self.0.push(script);
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    /// Takes the fault of the oldest script that matches a request to `endpoint`.
    pub(crate) fn next(&mut self, endpoint: Option<Endpoint>) -> Option<Fault> {
        self.0.retain(|script| script.times > 0);
        let matching = self
            .0
            .iter_mut()
            .find(|script| script.endpoint.is_none() || script.endpoint == endpoint)?;
        matching.times -= 1;
        Some(matching.fault.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_waits_for_its_endpoint_and_runs_out() {
        let mut scripts = Scripts::default();
        scripts.add(Fault::Reset.on(Endpoint::Mint).times(2));
        scripts.add(Fault::Html.into());
        assert_eq!(scripts.next(Some(Endpoint::LookUp)), Some(Fault::Html));
        assert_eq!(scripts.next(Some(Endpoint::LookUp)), None);
        assert_eq!(scripts.next(Some(Endpoint::Mint)), Some(Fault::Reset));
        assert_eq!(scripts.next(Some(Endpoint::Mint)), Some(Fault::Reset));
        assert_eq!(scripts.next(Some(Endpoint::Mint)), None);
    }

    #[test]
    fn a_script_for_no_requests_does_nothing() {
        let mut scripts = Scripts::default();
        scripts.add(Fault::Reset.times(0));
        assert_eq!(scripts.next(None), None);
    }
}
