//! A web server that takes messages, or does with them what a test says.

use std::{
    collections::VecDeque,
    net::SocketAddr,
    path::Path,
    sync::{Arc, Mutex},
};

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};
use base64ct::{Base64, Encoding};
use ring::digest::{SHA256, digest};
use serde_json::Value;
use stagedoor_relay::{
    config::{SecretSource, WebhookConfig},
    events::EventKind,
};
use tokio::task::JoinHandle;

use super::{certificate::write_secret, port::ClosedPort};

/// Searched for wherever it must not be. What is encoded is no sentinel: the key itself must not be seen either.
pub(crate) const SECRET: &str = "whsec_U0VOVElORUwtV0VCSE9PSy1TRUNSRVQtNTVjMw==";
pub(crate) const SECRET_KEY: &[u8] = b"SENTINEL-WEBHOOK-SECRET-55c3";

/// What becomes of a message.
#[derive(Debug, Clone)]
pub(crate) enum Deal {
    Answer(u16),
    /// With these headers.
    With(u16, Vec<(&'static str, String)>),
    /// It is never answered.
    Hang,
}

/// A message as it arrived.
#[derive(Debug, Clone)]
pub(crate) struct Received {
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

#[derive(Clone, Default)]
struct Scene {
    received: Arc<Mutex<Vec<Received>>>,
    deals: Arc<Mutex<VecDeque<Deal>>>,
}

pub(crate) struct Receiver {
    pub(crate) address: SocketAddr,
    scene: Scene,
    /// While it is down.
    port: Option<ClosedPort>,
    /// While it is up.
    serving: Option<JoinHandle<()>>,
}

impl Receiver {
    pub(crate) async fn start() -> Self {
        let mut receiver = Self::down();
        receiver.come_up();
        receiver
    }

    /// One that is down as yet.
    pub(crate) fn down() -> Self {
        let port = ClosedPort::new();
        Self {
            address: port.address,
            scene: Scene::default(),
            port: Some(port),
            serving: None,
        }
    }

    pub(crate) fn come_up(&mut self) {
        let listener = self.port.take().expect("it is down").open();
        let router = Router::new().fallback(receive).with_state(self.scene.clone());
        let serving = async move { axum::serve(listener, router).await.unwrap() };
        self.serving = Some(tokio::spawn(serving));
    }

    /// Deals with the next messages so; afterwards each is answered by 204.
    pub(crate) fn deal(&self, deals: impl IntoIterator<Item = Deal>) {
        self.scene.deals.lock().unwrap().extend(deals);
    }

    pub(crate) fn received(&self) -> Vec<Received> {
        self.scene.received.lock().unwrap().clone()
    }

    /// The types of the messages, in the order of their arrival.
    pub(crate) fn types(&self) -> Vec<String> {
        self.received().iter().map(Received::kind).collect()
    }

    /// A webhook that leads here, with its secret in a file of this folder.
    pub(crate) fn webhook(&self, folder: &Path, name: &str, events: &[EventKind]) -> WebhookConfig {
        let path = folder.join(format!("{name}-secret"));
        write_secret(&path, SECRET);
        WebhookConfig {
            name: name.to_owned(),
            url: format!("http://{}/hook-SENTINEL-PATH", self.address)
                .parse()
                .unwrap(),
            secret: SecretSource::File(path),
            previous_secret: None,
            events: events.iter().copied().collect(),
        }
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        if let Some(serving) = &self.serving {
            serving.abort();
        }
    }
}

async fn receive(State(scene): State<Scene>, headers: HeaderMap, body: Bytes) -> Response {
    let body = String::from_utf8(body.to_vec()).unwrap();
    scene.received.lock().unwrap().push(Received { headers, body });
    let deal = scene.deals.lock().unwrap().pop_front();
    match deal.unwrap_or(Deal::Answer(204)) {
        Deal::Answer(status) => StatusCode::from_u16(status).unwrap().into_response(),
        Deal::With(status, headers) => {
            let mut response = StatusCode::from_u16(status).unwrap().into_response();
            for (name, value) in headers {
                response.headers_mut().insert(name, value.parse().unwrap());
            }
            response
        }
        Deal::Hang => std::future::pending().await,
    }
}

impl Received {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers[name].to_str().unwrap()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }

    pub(crate) fn kind(&self) -> String {
        self.json()["type"].as_str().unwrap().to_owned()
    }

    pub(crate) fn data(&self) -> Value {
        self.json()["data"].clone()
    }

    /// Whether one of its signatures is that of a key, by the specification.
    pub(crate) fn is_signed_with(&self, key: &[u8]) -> bool {
        let signed = format!(
            "{}.{}.{}",
            self.header("webhook-id"),
            self.header("webhook-timestamp"),
            self.body
        );
        let expected = format!("v1,{}", Base64::encode_string(&hmac(key, signed.as_bytes())));
        self.header("webhook-signature")
            .split(' ')
            .any(|signature| signature == expected)
    }
}

/// HMAC-SHA256 as RFC 2104 defines it, from the hash alone.
pub(crate) fn hmac(key: &[u8], text: &[u8]) -> Vec<u8> {
    let mut block = [0_u8; 64];
    block[..key.len()].copy_from_slice(key);
    let hash = |pad: u8, text: &[u8]| {
        let padded: Vec<u8> = block.iter().map(|byte| byte ^ pad).collect();
        digest(&SHA256, &[&padded, text].concat()).as_ref().to_vec()
    };
    hash(0x5c, &hash(0x36, text))
}

/// With the vector with which the specification's reference libraries test themselves.
#[test]
fn the_independent_computation_is_the_specifications() {
    let key = Base64::decode_vec("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
    let text = br#"msg_p5jXN8AQM9LWM0D4loKWxJek.1614265330.{"test": 2432232314}"#;
    let expected = "g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
    assert_eq!(Base64::encode_string(&hmac(&key, text)), expected);
}
