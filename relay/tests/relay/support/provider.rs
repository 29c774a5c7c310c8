//! A small OpenID provider that says and signs whatever a test wants, over real HTTP, with keys made at run time.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use axum::{
    Router,
    body::{Body, Bytes},
    extract::State,
    http::{HeaderMap, StatusCode, Uri},
    response::{IntoResponse, Response},
};
use base64ct::{Base64UrlUnpadded, Encoding};
use ring::{
    hmac,
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair},
};
use serde_json::{Value, json};
use tokio::{net::TcpListener, task::JoinHandle};

use super::signer::random;

/// A running provider. It ends with this value.
pub(crate) struct Provider {
    pub(crate) issuer: String,
    shared: Arc<Mutex<Shared>>,
    running: JoinHandle<()>,
}

struct Shared {
    issuer: String,
    key: Arc<Key>,
    published: Vec<Value>,
    discovery: Reply,
    key_set: Reply,
    token: Reply,
    asked: Vec<Asked>,
}

/// A request that it got.
#[derive(Clone)]
pub(crate) struct Asked {
    pub(crate) path: String,
    pub(crate) authorization: String,
    pub(crate) form: Vec<(String, String)>,
}

/// What it answers.
#[derive(Clone)]
pub(crate) enum Reply {
    /// What an honest provider would.
    Usual,
    /// This ID token.
    Token(String),
    /// This status and body.
    Raw(u16, String),
    /// A redirect to this address.
    Redirect(String),
    /// Nothing, ever.
    Hang,
    /// A body that does not end.
    Endless,
}

/// A key to sign with.
pub(crate) struct Key {
    pair: EcdsaKeyPair,
    pub(crate) id: String,
}

impl Key {
    pub(crate) fn new() -> Arc<Self> {
        Self::named(&Base64UrlUnpadded::encode_string(&random::<8>()))
    }

    /// One of this name, which another may have, too.
    pub(crate) fn named(id: &str) -> Arc<Self> {
        let (rng, algorithm) = (SystemRandom::new(), &ECDSA_P256_SHA256_FIXED_SIGNING);
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(algorithm, &rng).unwrap();
        Arc::new(Self {
            pair: EcdsaKeyPair::from_pkcs8(algorithm, pkcs8.as_ref(), &rng).unwrap(),
            id: id.to_owned(),
        })
    }

    pub(crate) fn jwk(&self) -> Value {
        let point = self.pair.public_key().as_ref();
        let encode = Base64UrlUnpadded::encode_string;
        json!({"kty": "EC", "crv": "P-256", "use": "sig", "kid": self.id, "x": encode(&point[1..33]), "y": encode(&point[33..])})
    }

    /// The public key, as somebody would use it who signs with it as a secret.
    pub(crate) fn public(&self) -> &[u8] {
        self.pair.public_key().as_ref()
    }

    /// A token of this header and these claims, signed as the header says: ES256, HS256 with the public key, or not.
    pub(crate) fn sign(&self, header: &Value, claims: &Value) -> String {
        let encode = |value: &Value| Base64UrlUnpadded::encode_string(value.to_string().as_bytes());
        let message = format!("{}.{}", encode(header), encode(claims));
        let signature = match header["alg"].as_str() {
            Some("HS256") => {
                let key = hmac::Key::new(hmac::HMAC_SHA256, self.public());
                hmac::sign(&key, message.as_bytes()).as_ref().to_vec()
            }
            Some("none") => Vec::new(),
            _ => {
                let rng = SystemRandom::new();
                self.pair
                    .sign(&rng, message.as_bytes())
                    .unwrap()
                    .as_ref()
                    .to_vec()
            }
        };
        format!("{message}.{}", Base64UrlUnpadded::encode_string(&signature))
    }
}

impl Provider {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address: SocketAddr = listener.local_addr().unwrap();
        let issuer = format!("http://{address}");
        let key = Key::new();
        let shared = Arc::new(Mutex::new(Shared {
            issuer: issuer.clone(),
            published: vec![key.jwk()],
            key,
            discovery: Reply::Usual,
            key_set: Reply::Usual,
            token: Reply::Usual,
            asked: Vec::new(),
        }));
        let router = Router::new().fallback(answer).with_state(shared.clone());
        let running = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self {
            issuer,
            shared,
            running,
        }
    }

    /// The key that it signs with.
    pub(crate) fn key(&self) -> Arc<Key> {
        self.shared.lock().unwrap().key.clone()
    }

    /// Signs with another key from now on, and publishes these.
    pub(crate) fn rotate(&self, key: Arc<Key>, published: Vec<Value>) {
        let mut shared = self.shared.lock().unwrap();
        shared.key = key;
        shared.published = published;
    }

    pub(crate) fn answer_discovery(&self, reply: Reply) {
        self.shared.lock().unwrap().discovery = reply;
    }

    pub(crate) fn answer_key_set(&self, reply: Reply) {
        self.shared.lock().unwrap().key_set = reply;
    }

    pub(crate) fn answer_code(&self, reply: Reply) {
        self.shared.lock().unwrap().token = reply;
    }

    /// What its discovery document says.
    pub(crate) fn description(&self) -> Value {
        description(&self.issuer)
    }

    /// What it was asked under a path that ends so.
    pub(crate) fn asked(&self, path: &str) -> Vec<Asked> {
        let shared = self.shared.lock().unwrap();
        shared
            .asked
            .iter()
            .filter(|asked| asked.path.ends_with(path))
            .cloned()
            .collect()
    }
}

impl Drop for Provider {
    fn drop(&mut self) {
        self.running.abort();
    }
}

fn description(issuer: &str) -> Value {
    json!({
        "issuer": issuer,
        "authorization_endpoint": format!("{issuer}/authorize"),
        "token_endpoint": format!("{issuer}/token"),
        "jwks_uri": format!("{issuer}/keys"),
        "id_token_signing_alg_values_supported": ["ES256"],
        "code_challenge_methods_supported": ["S256"],
    })
}

async fn answer(
    State(shared): State<Arc<Mutex<Shared>>>,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let (reply, usual) = {
        let mut shared = shared.lock().unwrap();
        let authorization = headers
            .get("authorization")
            .map(|value| value.to_str().unwrap().to_owned());
        shared.asked.push(Asked {
            path: uri.path().to_owned(),
            authorization: authorization.unwrap_or_default(),
            form: url::form_urlencoded::parse(&body).into_owned().collect(),
        });
        match uri.path() {
            "/.well-known/openid-configuration" => (shared.discovery.clone(), description(&shared.issuer)),
            "/keys" => (shared.key_set.clone(), json!({"keys": shared.published})),
            "/token" => (shared.token.clone(), json!({"error": "invalid_grant"})),
            _ => (Reply::Raw(404, String::new()), Value::Null),
        }
    };
    match reply {
        Reply::Usual if uri.path() == "/token" => {
            (StatusCode::BAD_REQUEST, usual.to_string()).into_response()
        }
        Reply::Usual => usual.to_string().into_response(),
        Reply::Token(token) => {
            json!({"access_token": "SENTINEL-ACCESS", "token_type": "Bearer", "id_token": token})
                .to_string()
                .into_response()
        }
        Reply::Raw(status, body) => (StatusCode::from_u16(status).unwrap(), body).into_response(),
        Reply::Redirect(to) => (StatusCode::FOUND, [("location", to)]).into_response(),
        Reply::Hang => std::future::pending().await,
        Reply::Endless => {
            let chunks =
                futures_util::stream::repeat_with(|| Ok::<_, std::io::Error>(Bytes::from(vec![b' '; 4096])));
            Body::from_stream(chunks).into_response()
        }
    }
}
