//! Requests under construction, and answers.

use std::{net::SocketAddr, sync::Arc};

use serde_json::Value;
use stagedoor_protocol::SignedRequest;

use super::{
    documented,
    signer::{Signer, body_digest},
};

/// A request that a test may still spoil. It is signed as it stands when [`Draft::signed`] is called; what is changed
/// afterwards no longer fits the signature.
#[derive(Clone)]
pub(crate) struct Draft {
    pub(crate) method: &'static str,
    pub(crate) authority: String,
    pub(crate) path: String,
    pub(crate) body: Vec<u8>,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) signer: Arc<Signer>,
    pub(crate) created: i64,
}

impl Draft {
    /// Sets or replaces a header.
    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.retain(|(known, _)| known != name);
        self.and_header(name, value)
    }

    /// Adds a header beside those of the same name.
    pub(crate) fn and_header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn without(mut self, name: &str) -> Self {
        self.headers.retain(|(known, _)| known != name);
        self
    }

    pub(crate) fn value(&self, name: &str) -> &str {
        &self.headers.iter().find(|(known, _)| known == name).unwrap().1
    }

    pub(crate) fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    pub(crate) fn created(mut self, created: i64) -> Self {
        self.created = created;
        self
    }

    pub(crate) fn signer(mut self, signer: Arc<Signer>) -> Self {
        self.signer = signer;
        self
    }

    /// Signs it as it stands, with a nonce of its own.
    pub(crate) fn signed(self) -> Self {
        let input = self.signer.input(self.created);
        self.signed_with(&input)
    }

    /// Signs it with given parameters.
    pub(crate) fn signed_with(mut self, input: &stagedoor_protocol::SignatureInput) -> Self {
        let digest = body_digest(&self.body);
        let request = SignedRequest {
            method: self.method,
            authority: &self.authority,
            path: &self.path,
            content_digest: &digest,
        };
        for (name, value) in self.signer.clone().sign(input, &request) {
            self = self.header(name, &value);
        }
        self
    }

    /// The request as bytes, for tests that write to the socket themselves.
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let mut text = format!(
            "{} {} HTTP/1.1\r\nhost: {}\r\n",
            self.method, self.path, self.authority
        );
        for (name, value) in &self.headers {
            text += &format!("{name}: {value}\r\n");
        }
        text += &format!("content-length: {}\r\n\r\n", self.body.len());
        [text.as_bytes(), &self.body].concat()
    }

    /// Sends it to where the relay is, whatever host it names.
    pub(crate) async fn send(&self, client: &reqwest::Client, relay: SocketAddr) -> Answer {
        self.send_to(client, &format!("http://{relay}")).await
    }

    /// The same, to a relay whose address begins so.
    pub(crate) async fn send_to(&self, client: &reqwest::Client, base: &str) -> Answer {
        let method = self.method.parse::<reqwest::Method>().unwrap();
        let mut request = client.request(method, format!("{base}{}", self.path));
        request = request.header("host", &self.authority);
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        let response = request.body(self.body.clone()).send().await.unwrap();
        let answer = Answer {
            status: response.status().as_u16(),
            headers: response.headers().clone(),
            body: String::from_utf8(response.bytes().await.unwrap().to_vec()).unwrap(),
        };
        documented::check(self.method, &self.path, &answer);
        answer
    }
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: reqwest::header::HeaderMap,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or(Value::Null)
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// The code of a problem document; empty for anything else, and for a document that contradicts its own status.
    pub(crate) fn code(&self) -> String {
        let problem = self.json();
        let whole = self.header("content-type") == "application/problem+json"
            && problem["status"] == self.status
            && problem["detail"].as_str().is_some_and(|detail| detail.len() > 20)
            && problem["type"] == format!("/problems/{}", problem["code"].as_str().unwrap_or_default());
        if whole {
            problem["code"].as_str().unwrap().to_owned()
        } else {
            String::new()
        }
    }

    /// Status and code together, which is what most tests compare.
    pub(crate) fn outcome(&self) -> (u16, String) {
        (self.status, self.code())
    }

    pub(crate) fn token(&self) -> String {
        self.json()["oneTimeToken"]
            .as_str()
            .unwrap_or_default()
            .to_owned()
    }
}

/// The expectation that goes with [`Answer::outcome`].
pub(crate) fn problem(status: u16, code: &str) -> (u16, String) {
    (status, code.to_owned())
}
