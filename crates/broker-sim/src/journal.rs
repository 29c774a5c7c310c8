//! What the broker API received, request by request.

use std::net::IpAddr;

use jiff::Timestamp;

/// One request to the broker API, recorded when its answer was decided, before the answer was sent.
#[derive(Clone, Debug)]
pub struct JournalEntry {
    /// The simulation's time of arrival.
    pub at: Timestamp,
    /// The address the request came from.
    pub peer_ip: IpAddr,
    /// The method.
    pub method: String,
    /// Path and query exactly as received, percent-encoding kept.
    pub path: String,
    /// All headers in the order received, names in lower case. They include the API key.
    pub headers: Vec<(String, String)>,
    /// The body, with bytes that are not UTF-8 replaced.
    pub body: String,
    /// The status sent, or `None` when a fault kept every byte of the answer back.
    pub status: Option<u16>,
    /// The token minted for this request, whether or not the caller ever received it.
    pub token: Option<String>,
}

impl JournalEntry {
    /// The first value of a header, looked up by its lower-case name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }

    /// The body as JSON, or `None` when it is not.
    pub fn json(&self) -> Option<serde_json::Value> {
        serde_json::from_str(&self.body).ok()
    }
}
