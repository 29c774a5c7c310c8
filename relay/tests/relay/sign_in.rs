//! Signing in at the firm's provider: who gets in, for how long, and what the relay asks the provider for.

mod away;
mod binary;
mod people;
mod provider;
mod real;
mod roles;
mod secrets;
mod tokens;

use std::{fs, os::unix::fs::PermissionsExt, time::Duration};

use base64ct::{Base64UrlUnpadded, Encoding};
use serde_json::{Value, json};
use stagedoor_protocol::{CustomerEmail, sign_in_nonce_input};
use stagedoor_relay::{
    clock::Clock,
    config::{Config, EXAMPLE, Keys, SignIn},
    store::{IdentityStore, NewStaff},
};
use tempfile::TempDir;

use crate::support::{
    Answer, Draft, Profile, STAFF, TestApp,
    database::on_postgres,
    http::problem,
    log,
    provider::{Provider, Reply},
    signer::{random, sha256},
};

const CLIENT_SECRET: &str = "SENTINEL-CLIENT-SECRET-5c2a";
const CODE: &str = "SENTINEL-CODE-91d3";
const VERIFIER: &str = "SENTINEL-VERIFIER-0123456789-0123456789-0123";
const REDIRECT: &str = "https://jomfnokbjcodmeceeekpoggolchicolf.chromiumapp.org/sign-in";

/// Longer than any honest provider takes, however busy the machine is.
const LONG: Duration = Duration::from_secs(20);
/// Enough for an honest provider as a rule: for tests of one that hangs, which wait for so long.
const SHORT: Duration = Duration::from_secs(3);

/// A relay, with a provider that does as it is told.
struct Lab {
    app: TestApp,
    provider: Provider,
    _folder: TempDir,
}

/// What `[sign_in]` says, with these lines besides.
fn sign_in_config(issuer: &str, secret_file: &str, lines: &str) -> SignIn {
    let section = format!(
        "[sign_in]\nissuer = \"{issuer}\"\nclient_id = \"relay\"\nclient_secret_file = \"{secret_file}\"\n{lines}\n"
    );
    let config = Config::parse(&format!("{EXAMPLE}\n{section}"), Keys::Skip).unwrap();
    config.sign_in.unwrap()
}

fn secret_file(folder: &TempDir, secret: &str) -> String {
    let path = folder.path().join("client-secret");
    fs::write(&path, secret).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    path.display().to_string()
}

impl Lab {
    async fn start() -> Self {
        Self::start_with("").await
    }

    /// With these lines in `[sign_in]`.
    async fn start_with(lines: &str) -> Self {
        Self::start_as(lines, |_| ()).await
    }

    /// With these lines in `[sign_in]`, and what else a test changes.
    async fn start_as(lines: &str, change: impl Fn(&mut Config) + Send + Sync + 'static) -> Self {
        Self::start_waiting(LONG, lines, change).await
    }

    /// For tests of a provider that hangs.
    async fn start_hasty() -> Self {
        Self::start_waiting(SHORT, "", |_| ()).await
    }

    /// With a relay that waits so long for the provider.
    async fn start_waiting(
        patience: Duration,
        lines: &str,
        change: impl Fn(&mut Config) + Send + Sync + 'static,
    ) -> Self {
        let provider = Provider::start().await;
        let folder = tempfile::tempdir().unwrap();
        let sign_in = sign_in_config(&provider.issuer, &secret_file(&folder, CLIENT_SECRET), lines);
        let app = TestApp::start_with(move |config, limits| {
            config.sign_in = Some(sign_in.clone());
            change(config);
            limits.provider = patience;
            limits.answer = LONG * 3;
        })
        .await;
        let lab = Self {
            app,
            provider,
            _folder: folder,
        };
        lab.add(STAFF).await;
        lab
    }

    async fn add(&self, email: &str) {
        let new = NewStaff {
            email: CustomerEmail::parse(email).unwrap(),
            name: Some("Support desk".to_owned()),
            roles: None,
        };
        self.app
            .store
            .add_staff(&new, self.app.clock.now())
            .await
            .unwrap()
            .unwrap();
    }

    /// Claims of a token that is right in every respect.
    fn claims(&self, profile: &Profile, salt: &str) -> Value {
        let now = self.app.clock.seconds();
        json!({
            "iss": self.provider.issuer, "aud": "relay", "sub": "u-1", "iat": now, "exp": now + 300,
            "nonce": nonce(profile, salt), "email": STAFF, "email_verified": true, "name": "Maria Silva",
        })
    }

    /// Signs in with whatever comes of the claims of a good token.
    async fn sign_in(&self, profile: &Profile, change: impl FnOnce(&mut Value)) -> Answer {
        let salt = salt();
        let mut claims = self.claims(profile, &salt);
        change(&mut claims);
        let key = self.provider.key();
        let token = key.sign(&json!({"alg": "ES256", "kid": key.id}), &claims);
        self.sign_in_with(profile, &salt, token).await
    }

    /// Signs in; the provider answers with this ID token.
    async fn sign_in_with(&self, profile: &Profile, salt: &str, token: String) -> Answer {
        self.provider.answer_code(Reply::Token(token));
        self.app.send(&self.request(profile, salt)).await
    }

    fn request(&self, profile: &Profile, salt: &str) -> Draft {
        profile.at(&self.app).post("/v1/sign-ins", &body(profile, salt))
    }

    /// What refused attempts count against their address ends after a minute.
    fn wait_a_minute(&self) {
        self.app.clock.advance(60);
    }
}

fn body(profile: &Profile, salt: &str) -> Value {
    json!({
        "code": CODE, "codeVerifier": VERIFIER, "redirectUri": REDIRECT, "nonceSalt": salt,
        "publicKey": profile.signer.jwk(), "extensionVersion": "0.1.0",
    })
}

fn salt() -> String {
    Base64UrlUnpadded::encode_string(&random::<16>())
}

/// What the extension puts into the authorization request.
fn nonce(profile: &Profile, salt: &str) -> String {
    Base64UrlUnpadded::encode_string(&sha256(sign_in_nonce_input(&profile.key_id(), salt).as_bytes()))
}

/// What this test's relays log while something is done.
async fn logged(doing: impl Future<Output = Answer>) -> (Answer, String) {
    let before = log::mark();
    let answer = doing.await;
    (answer, log::since(before))
}

#[tokio::test]
async fn without_a_provider_there_is_nothing_to_sign_in_at() {
    let app = TestApp::start().await;
    let profile = app.profile();
    let ask = Draft {
        method: "GET",
        ..profile.get("/v1/sign-in")
    };
    let unsigned = ask
        .without("signature")
        .without("signature-input")
        .without("content-digest");
    assert_eq!(
        app.send(&unsigned).await.outcome(),
        problem(404, "sign_in_not_offered")
    );
    let draft = profile.post("/v1/sign-ins", &body(&profile, &salt()));
    assert_eq!(
        app.send(&draft).await.outcome(),
        problem(404, "sign_in_not_offered")
    );
}

#[tokio::test]
async fn anybody_is_told_where_to_sign_in_and_the_provider_is_asked_once_an_hour() {
    let lab = Lab::start().await;
    let profile = lab.app.profile();
    let ask = || {
        profile
            .get("/v1/sign-in")
            .without("signature")
            .without("signature-input")
            .without("content-digest")
    };
    for _ in 0..5 {
        let answer = lab.app.send(&ask()).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        let endpoint = format!("{}/authorize", lab.provider.issuer);
        assert_eq!(
            answer.json(),
            json!({
                "issuer": lab.provider.issuer, "authorizationEndpoint": endpoint, "clientId": "relay",
                "scopes": ["openid", "email", "profile"],
            })
        );
    }
    assert_eq!(lab.provider.asked("openid-configuration").len(), 1);
    lab.app.clock.advance(3600);
    lab.app.send(&ask()).await;
    assert_eq!(lab.provider.asked("openid-configuration").len(), 2);
}

#[tokio::test]
async fn whoever_signs_in_can_log_in_until_the_session_ends_and_renew_it() {
    let lab = Lab::start().await;
    let profile = lab.app.profile();
    let began = lab.app.clock.seconds();
    let answer = lab.sign_in(&profile, |_| ()).await;
    assert_eq!(answer.status, 201, "{}", answer.body);
    let end = began + 10 * 3600;
    let staff = json!({"email": STAFF, "name": "Support desk"});
    let expected = json!({"keyId": profile.key_id().as_str(), "staff": staff, "expiresAt": end});
    assert_eq!(answer.json(), expected);

    let (login, id) = profile.login();
    assert_eq!(lab.app.send(&login).await.status, 201);
    assert_eq!(
        lab.app.records.intent(&id).await["record"]["method"],
        "sign_in_signature"
    );

    lab.app.clock.advance(10 * 3600 - 1);
    let session = lab.app.send(&profile.at(&lab.app).get("/v1/session")).await;
    assert_eq!(session.json()["signedInUntil"], end);
    assert_eq!(lab.app.send(&profile.at(&lab.app).login().0).await.status, 201);

    // At the second, whatever is asked: also what the relay remembers the profile for.
    lab.app.clock.advance(1);
    let mints = lab.app.mints();
    let late = profile.at(&lab.app);
    for draft in [late.login().0, late.get("/v1/session")] {
        assert_eq!(
            lab.app.send(&draft).await.outcome(),
            problem(401, "session_expired")
        );
    }
    assert_eq!(lab.app.mints(), mints);

    let renewed = lab.sign_in(&profile, |_| ()).await;
    assert_eq!(renewed.status, 201, "{}", renewed.body);
    assert_eq!(renewed.json()["expiresAt"], end + 10 * 3600);
    assert_eq!(lab.app.send(&late.login().0).await.status, 201);
    assert_eq!(lab.app.records.count("profiles").await, 1);
}

#[tokio::test]
async fn a_profile_that_a_code_enrolled_can_be_signed_in_and_then_has_an_end() {
    let lab = Lab::start().await;
    let profile = lab.app.enrolled(STAFF).await;
    let session = lab.app.send(&profile.get("/v1/session")).await;
    assert_eq!(session.json()["signedInUntil"], Value::Null);
    assert_eq!(lab.sign_in(&profile, |_| ()).await.status, 201);
    let session = lab.app.send(&profile.get("/v1/session")).await;
    assert!(session.json()["signedInUntil"].is_u64(), "{}", session.body);
}

#[tokio::test]
async fn the_code_is_redeemed_with_its_verifier_and_the_clients_secret() {
    let lab = Lab::start().await;
    lab.sign_in(&lab.app.profile(), |_| ()).await;
    let asked = lab.provider.asked("/token");
    assert_eq!(asked.len(), 1);
    let pair = base64ct::Base64::encode_string(format!("relay:{CLIENT_SECRET}").as_bytes());
    assert_eq!(asked[0].authorization, format!("Basic {pair}"));
    let form = [
        ("grant_type", "authorization_code"),
        ("code", CODE),
        ("redirect_uri", REDIRECT),
        ("code_verifier", VERIFIER),
    ];
    let form = form.map(|(name, value)| (name.to_owned(), value.to_owned()));
    assert_eq!(asked[0].form, form);
}

#[tokio::test]
async fn a_request_that_is_not_right_costs_the_provider_nothing() {
    let lab = Lab::start().await;
    let profile = lab.app.profile();
    let wrong = [
        ("code", json!("")),
        ("code", json!("a\u{7f}b")),
        ("codeVerifier", json!("too-short")),
        ("codeVerifier", json!("ä".repeat(43))),
        ("nonceSalt", json!("short")),
        ("nonceSalt", json!("=".repeat(22))),
        ("extensionVersion", json!("")),
        ("more", json!(1)),
    ];
    for (field, value) in wrong {
        let mut body = body(&profile, &salt());
        body[field] = value;
        let answer = lab
            .app
            .send(&profile.at(&lab.app).post("/v1/sign-ins", &body))
            .await;
        assert_eq!(answer.outcome(), problem(400, "malformed_request"), "{field}");
        lab.wait_a_minute();
    }
    let mut elsewhere = body(&profile, &salt());
    elsewhere["redirectUri"] = json!("https://evil.example/sign-in");
    let answer = lab
        .app
        .send(&profile.at(&lab.app).post("/v1/sign-ins", &elsewhere))
        .await;
    assert_eq!(answer.outcome(), problem(403, "sign_in_refused"));
    // Signed by another key than it names.
    let thief = lab.app.profile();
    let draft = thief.at(&lab.app).post("/v1/sign-ins", &body(&profile, &salt()));
    assert_eq!(
        lab.app.send(&draft).await.outcome(),
        problem(401, "signature_invalid")
    );
    assert!(lab.provider.asked("/token").is_empty());
}

#[tokio::test]
async fn attempts_are_bounded_like_those_at_codes() {
    let lab = Lab::start().await;
    let profile = lab.app.profile();
    for _ in 0..10 {
        let answer = lab.app.send(&lab.request(&profile, &salt())).await;
        assert_eq!(answer.outcome(), problem(403, "sign_in_refused"));
    }
    let answer = lab.app.send(&lab.request(&profile, &salt())).await;
    assert_eq!(answer.outcome(), problem(429, "too_many_requests"));
    assert_eq!(lab.provider.asked("/token").len(), 10);
    lab.wait_a_minute();
    for _ in 0..12 {
        assert_eq!(
            lab.sign_in(&profile, |_| ()).await.status,
            201,
            "those that succeed do not count"
        );
    }
}

#[tokio::test]
async fn a_session_that_is_renewed_at_one_relay_goes_on_at_the_others() {
    let lab = Lab::start().await;
    let profile = lab.app.profile();
    // SQLite serves one relay: then this is the same one twice.
    let second = match on_postgres() {
        true => Some(lab.app.start_again().await),
        false => None,
    };
    let other = second.as_ref().unwrap_or(&lab.app);
    assert_eq!(lab.sign_in(&profile, |_| ()).await.status, 201);
    // The other one remembers the profile, with the end of this session.
    let at_the_other = || profile.at(other);
    assert_eq!(other.send(&at_the_other().login().0).await.status, 201);
    lab.app.clock.advance(10 * 3600);
    let late = other.send(&at_the_other().login().0).await;
    assert_eq!(late.outcome(), problem(401, "session_expired"));
    assert_eq!(lab.sign_in(&profile, |_| ()).await.status, 201);
    assert_eq!(other.send(&at_the_other().login().0).await.status, 201);
}
