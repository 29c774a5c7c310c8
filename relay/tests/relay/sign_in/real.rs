//! The whole way with a real provider, Node's `oidc-provider`: its page, its code, its RS256.

use std::{env, path::PathBuf, process::Stdio, sync::Arc, time::Duration};

use base64ct::{Base64UrlUnpadded, Encoding};
use serde_json::{Value, json};
use stagedoor_protocol::CustomerEmail;
use stagedoor_relay::{
    clock::{Clock, SystemClock},
    store::{IdentityStore, NewStaff, Store},
};
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
};
use url::Url;

use super::{REDIRECT, nonce, salt, secret_file, sign_in_config};
use crate::support::{Answer, Profile, TestApp, http::problem, signer::sha256};

/// It ends with its standard input.
struct Real {
    issuer: String,
    secret: String,
    _child: Child,
}

impl Real {
    async fn start() -> Self {
        let folder = env::var_os("STAGEDOOR_PROVIDER_DIR").map_or_else(
            || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../target/provider")),
            PathBuf::from,
        );
        let mut child = Command::new("node")
            .arg(folder.join("provider.mjs"))
            .arg(REDIRECT)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .expect("node is needed: `cargo xtask doctor`");
        let line = BufReader::new(child.stdout.take().unwrap())
            .lines()
            .next_line()
            .await
            .unwrap();
        let line = line.expect("the provider is not installed: `cargo xtask test native` does");
        let ready: Value = serde_json::from_str(&line).unwrap();
        let text = |name: &str| ready[name].as_str().unwrap().to_owned();
        Self {
            issuer: text("issuer"),
            secret: text("clientSecret"),
            _child: child,
        }
    }

    /// What a person does in the browser; the code that the extension gets.
    async fn code(&self, account: &str, nonce: &str, verifier: &str) -> String {
        let browser = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .unwrap();
        let mut cookies: Vec<String> = Vec::new();
        let challenge = Base64UrlUnpadded::encode_string(&sha256(verifier.as_bytes()));
        let mut url = Url::parse(&format!("{}/auth", self.issuer)).unwrap();
        url.query_pairs_mut().extend_pairs([
            ("response_type", "code"),
            ("client_id", "stagedoor"),
            ("redirect_uri", REDIRECT),
            ("scope", "openid email profile"),
            ("state", "s1"),
            ("nonce", nonce),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
            ("prompt", "select_account"),
        ]);
        let mut form = None;
        for _ in 0..5 {
            let mut request = match form.take() {
                Some(form) => browser
                    .post(url.clone())
                    .header("content-type", "application/x-www-form-urlencoded")
                    .body::<String>(form),
                None => browser.get(url.clone()),
            };
            request = request.header("cookie", cookies.join("; "));
            let response = request.send().await.unwrap();
            for cookie in response.headers().get_all("set-cookie") {
                let pair = cookie.to_str().unwrap().split(';').next().unwrap().to_owned();
                let name = pair.split('=').next().unwrap().to_owned() + "=";
                cookies.retain(|known| !known.starts_with(&name));
                cookies.push(pair);
            }
            let next = response.headers()["location"].to_str().unwrap();
            url = url.join(next).unwrap();
            if url.path().starts_with("/interaction/") {
                form = Some(format!("login={account}&answer=login"));
            }
            if url.as_str().starts_with(REDIRECT) {
                let code = url.query_pairs().find(|(name, _)| name == "code");
                return code.unwrap_or_else(|| panic!("no code in {url}")).1.into_owned();
            }
        }
        panic!("the provider leads nowhere: {url}")
    }
}

/// From the provider's page to the relay's answer.
async fn sign_in(app: &TestApp, real: &Real, profile: &Profile, account: &str) -> Answer {
    let (salt, verifier) = (
        salt(),
        Base64UrlUnpadded::encode_string(&sha256(salt().as_bytes())),
    );
    let code = real.code(account, &nonce(profile, &salt), &verifier).await;
    let body = json!({
        "code": code, "codeVerifier": verifier, "redirectUri": REDIRECT, "nonceSalt": salt,
        "publicKey": profile.signer.jwk(), "extensionVersion": "0.1.0",
    });
    app.send(&profile.at(app).post("/v1/sign-ins", &body)).await
}

#[tokio::test]
async fn people_sign_in_at_a_real_provider() {
    let real = Real::start().await;
    let folder = tempfile::tempdir().unwrap();
    let mapping = "[[sign_in.role]]\nclaim_value = \"support\"\nrole = \"support\"";
    let mut config = sign_in_config(&real.issuer, &secret_file(&folder, &real.secret), mapping);
    "stagedoor".clone_into(&mut config.client_id);
    let mut terms = (*config.terms).clone();
    terms
        .client
        .as_mut()
        .unwrap()
        .client_id
        .clone_from(&config.client_id);
    config.terms = Arc::new(terms.clone());
    let app = TestApp::start_with(move |all, limits| {
        all.sign_in = Some(config.clone());
        limits.provider = Duration::from_secs(60);
        limits.answer = Duration::from_secs(180);
    })
    .await;
    // The provider has the machine's time.
    let behind = SystemClock::new().now().as_second() - app.clock.seconds();
    app.clock.advance(u64::try_from(behind).unwrap());
    for email in ["maria@broker.example", "jane@broker.example"] {
        let new = NewStaff {
            email: CustomerEmail::parse(email).unwrap(),
            name: None,
            roles: None,
        };
        app.store.add_staff(&new, app.clock.now()).await.unwrap().unwrap();
    }
    let profile = app.profile();
    let answer = sign_in(&app, &real, &profile, "maria").await;
    assert_eq!(answer.status, 201, "{}", answer.body);
    assert_eq!(answer.json()["staff"]["email"], "maria@broker.example");
    let maria = app.store.list_staff().await.unwrap().pop().unwrap();
    let brought = maria.sign_in_roles(&terms, app.clock.now());
    assert!(brought.iter().any(|role| role.as_str() == "support"), "{maria:?}");
    assert_eq!(app.send(&profile.at(&app).login().0).await.status, 201);
    assert_eq!(
        sign_in(&app, &real, &profile, "maria").await.status,
        201,
        "it can be renewed"
    );
    for account in ["second-maria", "unverified", "nobody"] {
        let answer = sign_in(&app, &real, &app.profile(), account).await;
        assert_eq!(answer.outcome(), problem(403, "sign_in_refused"), "{account}");
    }
}
