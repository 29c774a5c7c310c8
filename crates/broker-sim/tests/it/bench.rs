//! A running simulation and a client that speaks to it, written out request by request.

use std::net::{IpAddr, Ipv4Addr};

use reqwest::{Client, RequestBuilder, Response, StatusCode, redirect};
use serde_json::{Value, json};
use stagedoor_broker_sim::{DEFAULT_API_KEY, Dialect, Sim, SimConfig};

pub(crate) const JANE: &str = "jane+vip@customer.example";
pub(crate) const KEY_WITHOUT_RIGHT: &str = "key-without-right";

pub(crate) struct Bench {
    pub(crate) sim: Sim,
    pub(crate) http: Client,
    pub(crate) authorization: String,
}

impl Bench {
    pub(crate) async fn start(config: SimConfig) -> Self {
        let authorization = match config.dialect {
            Dialect::V1 | Dialect::Crm => DEFAULT_API_KEY.to_owned(),
            Dialect::V2 => format!("Bearer {DEFAULT_API_KEY}"),
        };
        let sim = Sim::start(config).await.unwrap();
        sim.add_account(JANE, "Jane Roe");
        sim.add_key(KEY_WITHOUT_RIGHT, false);
        Self {
            sim,
            http: client_from(Ipv4Addr::LOCALHOST),
            authorization,
        }
    }

    pub(crate) async fn v1() -> Self {
        Self::start(SimConfig::default()).await
    }

    /// A request without a key.
    pub(crate) fn bare_get(&self, path: &str) -> RequestBuilder {
        self.http.get(format!("{}{path}", self.sim.broker_url()))
    }

    pub(crate) async fn get(&self, path: &str) -> Response {
        self.bare_get(path)
            .header("authorization", &self.authorization)
            .send()
            .await
            .unwrap()
    }

    /// A mint without a key.
    pub(crate) fn bare_mint(&self, email: &str, seconds: u64) -> RequestBuilder {
        let url = format!("{}/v1/one-time-token", self.sim.broker_url());
        self.http
            .post(url)
            .json(&json!({ "email": email, "validityTime": seconds }))
    }

    pub(crate) fn mint_request(&self, email: &str, seconds: u64) -> RequestBuilder {
        self.bare_mint(email, seconds)
            .header("authorization", &self.authorization)
    }

    pub(crate) async fn mint_answer(&self) -> Response {
        self.mint_request(JANE, 30).send().await.unwrap()
    }

    /// The token of a mint that must succeed in the shape `{"oneTimeToken"}`.
    pub(crate) async fn mint(&self, email: &str, seconds: u64) -> String {
        let answer = self.mint_request(email, seconds).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK);
        let body: Value = answer.json().await.unwrap();
        body["oneTimeToken"].as_str().unwrap().to_owned()
    }

    /// The status of a mint with this `Authorization`.
    pub(crate) async fn status_with(&self, authorization: &str) -> u16 {
        let request = self.bare_mint(JANE, 30).header("authorization", authorization);
        request.send().await.unwrap().status().as_u16()
    }

    /// The platform's page for a login URL.
    pub(crate) async fn open(&self, token: &str) -> Response {
        self.http
            .get(format!("{}/?auth={token}", self.sim.platform_url()))
            .send()
            .await
            .unwrap()
    }
}

/// A client that connects from one of the loopback addresses, follows nothing and retries nothing.
pub(crate) fn client_from(ip: impl Into<IpAddr>) -> Client {
    // Every test of this process installs it; only the first can succeed.
    let _ = rustls::crypto::ring::default_provider().install_default();
    Client::builder()
        .local_address(Some(ip.into()))
        .redirect(redirect::Policy::none())
        .retry(reqwest::retry::never())
        .no_proxy()
        .build()
        .unwrap()
}
