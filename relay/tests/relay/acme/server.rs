//! An ACME server that does what a real one never would. It believes every signature, and asks for no proof unless a test says
//! so.

use std::{
    fs, io,
    net::{Ipv4Addr, SocketAddr},
    path::Path,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{
        HeaderMap, HeaderValue, StatusCode, Uri,
        header::{CONTENT_TYPE, RETRY_AFTER},
    },
    response::{IntoResponse, Response},
};
use base64ct::{Base64UrlUnpadded, Encoding};
use rcgen::{
    BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair, PKCS_ECDSA_P256_SHA256, PublicKeyData,
    SignatureAlgorithm,
};
use rustls::{
    ServerConfig,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
};
use serde_json::{Value, json};
use tokio::{
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};
use tokio_rustls::{TlsAcceptor, server::TlsStream};
use x509_cert::{der::Decode, request::CertReq};

use crate::support::installation::now;

const HOUR: i64 = 3600;

/// How a server says that a name is not proven.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Unproven {
    /// As it is told that the proof is there.
    AtOnce,
    /// In the authorization, once it was looked at.
    Later,
    /// Of the order alone.
    InTheOrder,
}

/// What is odd about it.
#[derive(Clone)]
pub(super) struct Mood {
    /// New orders are refused: the kind of problem, its words, and the pause that is asked for.
    pub(super) refusal: Option<(&'static str, &'static str, Option<&'static str>)>,
    /// An order gets no further, and each look at it has this pause.
    pub(super) pause: Option<&'static str>,
    /// Proofs are wanted, and not looked at.
    pub(super) hold: bool,
    /// What it says of the proofs of one name, which it takes for the others.
    pub(super) unproven: Option<(&'static str, Unproven)>,
    /// Once somebody looks at an order, it has failed, and is for this name.
    pub(super) turned: Option<&'static str>,
    /// The names to be proven, if not those that were ordered.
    pub(super) wanted: Option<&'static [&'static str]>,
    /// The names of what is issued, if not those that were ordered.
    pub(super) names: Option<&'static [&'static str]>,
    /// From when to when it is valid, in seconds from now.
    pub(super) validity: (i64, i64),
    /// It is for somebody else's key.
    pub(super) foreign_key: bool,
}

impl Default for Mood {
    fn default() -> Self {
        Self {
            refusal: None,
            pause: None,
            hold: false,
            unproven: None,
            turned: None,
            wanted: None,
            names: None,
            validity: (-HOUR, 90 * 24 * HOUR),
            foreign_key: false,
        }
    }
}

pub(super) struct Server {
    pub(super) root: CertificateDer<'static>,
    scene: Arc<Scene>,
    serving: JoinHandle<()>,
}

struct Scene {
    base: String,
    issuer: Issuer<'static, KeyPair>,
    mood: Mutex<Mood>,
    accounts: AtomicUsize,
    orders: AtomicUsize,
    looks: AtomicUsize,
    ordered: Mutex<Vec<String>>,
    issued: Mutex<Option<String>>,
}

impl Server {
    /// In the place of the real one, with the certificate for its own TLS that is in this folder.
    pub(super) async fn start(ip: Ipv4Addr, folder: &Path) -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let root = params.self_signed(&key).unwrap().der().clone();
        let scene = Arc::new(Scene {
            base: format!("https://{ip}:14000"),
            issuer: Issuer::new(params, key),
            mood: Mutex::default(),
            accounts: AtomicUsize::default(),
            orders: AtomicUsize::default(),
            looks: AtomicUsize::default(),
            ordered: Mutex::default(),
            issued: Mutex::default(),
        });
        let listener = Tls::listen((ip, 14000).into(), folder).await;
        let router = Router::new().fallback(answer).with_state(scene.clone());
        let serving = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { root, scene, serving }
    }

    /// From now on.
    pub(super) fn be(&self, mood: Mood) {
        *self.scene.mood.lock().unwrap() = mood;
    }

    /// How many accounts were made.
    pub(super) fn accounts(&self) -> usize {
        self.scene.accounts.load(Ordering::SeqCst)
    }

    /// How many orders were asked for, refused ones too.
    pub(super) fn orders(&self) -> usize {
        self.scene.orders.load(Ordering::SeqCst)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn answer(State(scene): State<Arc<Scene>>, uri: Uri, body: Bytes) -> Response {
    let mood = scene.mood.lock().unwrap().clone();
    let at = |path: &str| format!("{}{path}", scene.base);
    let mut response = match uri.path() {
        "/dir" => axum::Json(json!({
            "newNonce": at("/nonce"), "newAccount": at("/account"), "newOrder": at("/order"),
            "revokeCert": at("/revoke"), "keyChange": at("/key"),
        }))
        .into_response(),
        "/nonce" => StatusCode::OK.into_response(),
        "/account" => {
            let number = scene.accounts.fetch_add(1, Ordering::SeqCst);
            let location = [("location", at(&format!("/account/{number}")))];
            (
                StatusCode::CREATED,
                location,
                axum::Json(json!({"status": "valid"})),
            )
                .into_response()
        }
        "/order" => new_order(&scene, &mood, &payload(&body)),
        "/order/1" => {
            let mut headers = HeaderMap::new();
            headers.extend(
                mood.pause
                    .map(|pause| (RETRY_AFTER, HeaderValue::from_static(pause))),
            );
            scene.looks.fetch_add(1, Ordering::SeqCst);
            (headers, axum::Json(scene.order(&mood))).into_response()
        }
        "/finalize" => {
            scene.issue(&mood, payload(&body)["csr"].as_str().unwrap());
            axum::Json(scene.order(&mood)).into_response()
        }
        "/certificate" => scene.issued.lock().unwrap().clone().unwrap().into_response(),
        path => match path.rsplit_once('/') {
            Some(("/challenge", name)) => {
                let refused = mood
                    .unproven
                    .is_some_and(|unproven| unproven == (name, Unproven::AtOnce));
                axum::Json(challenge(&scene, name, refused)).into_response()
            }
            Some(("/authorization", name)) => axum::Json(authorization(&scene, &mood, name)).into_response(),
            _ => StatusCode::NOT_FOUND.into_response(),
        },
    };
    response
        .headers_mut()
        .insert("replay-nonce", HeaderValue::from_static("nonce"));
    response
}

fn new_order(scene: &Scene, mood: &Mood, payload: &Value) -> Response {
    scene.orders.fetch_add(1, Ordering::SeqCst);
    if let Some((kind, detail, pause)) = mood.refusal {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        headers.extend(pause.map(|pause| (RETRY_AFTER, HeaderValue::from_static(pause))));
        let problem = json!({"type": format!("urn:ietf:params:acme:error:{kind}"), "detail": detail});
        return (StatusCode::TOO_MANY_REQUESTS, headers, problem.to_string()).into_response();
    }
    let names = payload["identifiers"].as_array().unwrap();
    let names = names
        .iter()
        .map(|name| name["value"].as_str().unwrap().to_owned());
    *scene.ordered.lock().unwrap() = names.collect();
    *scene.issued.lock().unwrap() = None;
    scene.looks.store(0, Ordering::SeqCst);
    let location = [("location", format!("{}/order/1", scene.base))];
    (StatusCode::CREATED, location, axum::Json(scene.order(mood))).into_response()
}

fn authorization(scene: &Scene, mood: &Mood, name: &str) -> Value {
    let looked = scene.looks.load(Ordering::SeqCst) > 0;
    let unproven = mood.unproven.filter(|(unproven, _)| *unproven == name);
    let refused = looked && unproven.is_some_and(|(_, how)| how == Unproven::Later);
    let wanted = mood.hold || mood.wanted.is_some() || unproven.is_some();
    let (name, status) = match mood.turned.filter(|_| looked) {
        Some(other) => (other, "invalid"),
        None if refused => (name, "invalid"),
        None => (name, if wanted { "pending" } else { "valid" }),
    };
    json!({
        "status": status,
        "identifier": {"type": "dns", "value": name},
        "challenges": [challenge(scene, name, refused)],
    })
}

fn challenge(scene: &Scene, name: &str, refused: bool) -> Value {
    json!({
        "type": "tls-alpn-01",
        "url": format!("{}/challenge/{name}", scene.base),
        "token": "token",
        "status": if refused { "invalid" } else { "pending" },
        "error": refused.then(not_found),
    })
}

/// What it says of a name that it does not find.
fn not_found() -> Value {
    json!({"type": "urn:ietf:params:acme:error:dns", "detail": "no such name"})
}

/// What a signed request says.
fn payload(body: &[u8]) -> Value {
    let body: Value = serde_json::from_slice(body).unwrap();
    let payload = Base64UrlUnpadded::decode_vec(body["payload"].as_str().unwrap()).unwrap();
    serde_json::from_slice(&payload).unwrap()
}

impl Scene {
    fn order(&self, mood: &Mood) -> Value {
        let issued = self.issued.lock().unwrap().is_some();
        let status = match issued {
            true => "valid",
            false
                if (mood.turned.is_some() || mood.unproven.is_some())
                    && self.looks.load(Ordering::SeqCst) > 0 =>
            {
                "invalid"
            }
            false if mood.hold => "pending",
            false if mood.pause.is_some() => "processing",
            false => "ready",
        };
        let in_the_order = mood.unproven.is_some_and(|(_, how)| how == Unproven::InTheOrder);
        let ordered = self.ordered.lock().unwrap().clone();
        let wanted = mood
            .wanted
            .map_or(ordered, |wanted| wanted.iter().map(ToString::to_string).collect());
        let authorizations = wanted
            .iter()
            .map(|name| format!("{}/authorization/{name}", self.base));
        json!({
            "status": status,
            "error": (status == "invalid" && in_the_order).then(not_found),
            "authorizations": authorizations.collect::<Vec<_>>(),
            "finalize": format!("{}/finalize", self.base),
            "certificate": issued.then(|| format!("{}/certificate", self.base)),
        })
    }

    fn issue(&self, mood: &Mood, request: &str) {
        let request = Base64UrlUnpadded::decode_vec(request).unwrap();
        let request = CertReq::from_der(&request).unwrap();
        let key = request.info.public_key.subject_public_key.raw_bytes().to_vec();
        let ordered = self.ordered.lock().unwrap().clone();
        let names = mood
            .names
            .map_or(ordered, |names| names.iter().map(ToString::to_string).collect());
        let mut params = CertificateParams::new(names).unwrap();
        let after = |seconds: i64| {
            let second = u64::try_from(now().as_second() + seconds).unwrap();
            rcgen::date_time_ymd(1970, 1, 1) + Duration::from_secs(second)
        };
        (params.not_before, params.not_after) = (after(mood.validity.0), after(mood.validity.1));
        let certificate = if mood.foreign_key {
            params.signed_by(&KeyPair::generate().unwrap(), &self.issuer)
        } else {
            params.signed_by(&Requested(key), &self.issuer)
        };
        *self.issued.lock().unwrap() = Some(certificate.unwrap().pem());
    }
}

/// A key that a certificate was asked for.
struct Requested(Vec<u8>);

impl PublicKeyData for Requested {
    fn der_bytes(&self) -> &[u8] {
        &self.0
    }

    fn algorithm(&self) -> &'static SignatureAlgorithm {
        &PKCS_ECDSA_P256_SHA256
    }
}

struct Tls {
    listener: TcpListener,
    acceptor: TlsAcceptor,
}

impl Tls {
    async fn listen(address: SocketAddr, folder: &Path) -> Self {
        let read = |name: &str| fs::read(folder.join(name)).unwrap();
        let certificate = CertificateDer::from_pem_slice(&read("certificate.pem")).unwrap();
        let key = PrivateKeyDer::from_pem_slice(&read("key.pem")).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate], key)
            .unwrap();
        Self {
            listener: TcpListener::bind(address).await.unwrap(),
            acceptor: Arc::new(config).into(),
        }
    }
}

impl axum::serve::Listener for Tls {
    type Io = TlsStream<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        loop {
            if let Ok((stream, address)) = self.listener.accept().await
                && let Ok(stream) = self.acceptor.accept(stream).await
            {
                return (stream, address);
            }
        }
    }

    fn local_addr(&self) -> io::Result<Self::Addr> {
        self.listener.local_addr()
    }
}
