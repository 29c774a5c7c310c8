//! Signing in with the real binary: its commands, its configuration, and a secret that changes while it runs.

use std::{process::Output, sync::Arc};

use base64ct::{Base64, Encoding};
use rustix::process::Signal;
use serde_json::{Value, json};

use super::{CODE, REDIRECT, VERIFIER, salt, secret_file};
use crate::support::{
    Answer, Signer,
    certificate::write_secret,
    eventually,
    http::problem,
    installation::{Installation, Serving, now},
    provider::{Provider, Reply},
    receiver::{Receiver, SECRET},
    signer::sha256,
};

const MARIA: &str = "maria@broker.example";

/// An installation whose configuration has a provider.
async fn installation() -> (Installation, Provider) {
    let installation = Installation::on_engine().await;
    let provider = Provider::start().await;
    let secret = secret_file(&installation.folder, "first-secret");
    let section = format!(
        "[sign_in]\nissuer = \"{}\"\nclient_id = \"relay\"\nclient_secret_file = \"{secret}\"\n",
        provider.issuer
    );
    installation.change_config("[log]\n", &format!("{section}[log]\n"));
    (installation, provider)
}

/// Lets a receiver be told of an event.
async fn tell(installation: &Installation, event: &str) -> Receiver {
    let receiver = Receiver::start().await;
    let secret = installation.folder.path().join("webhook-secret");
    write_secret(&secret, SECRET);
    let section = format!(
        "[[webhook]]\nname = \"soc\"\nurl = \"http://{}/hook\"\nsecret_file = \"{}\"\nevents = [\"{event}\"]\n",
        receiver.address,
        secret.display()
    );
    installation.change_config("[log]\n", &format!("{section}[log]\n"));
    receiver
}

async fn sign_in(serving: &Serving, provider: &Provider, signer: &Arc<Signer>, email: &str) -> Answer {
    sign_in_as(serving, provider, signer, email, json!({})).await
}

/// With these claims besides.
async fn sign_in_as(
    serving: &Serving,
    provider: &Provider,
    signer: &Arc<Signer>,
    email: &str,
    more: Value,
) -> Answer {
    let (salt, now, key) = (salt(), now().as_second(), provider.key());
    let input = stagedoor_protocol::sign_in_nonce_input(&signer.key_id(), &salt);
    let nonce = base64ct::Base64UrlUnpadded::encode_string(&sha256(input.as_bytes()));
    let mut claims = json!({
        "iss": provider.issuer, "aud": "relay", "sub": "u-1", "iat": now, "exp": now + 300, "nonce": nonce,
        "email": email, "email_verified": true,
    });
    for (name, value) in more.as_object().unwrap() {
        claims[name] = value.clone();
    }
    let token = key.sign(&json!({"alg": "ES256", "kid": key.id}), &claims);
    provider.answer_code(Reply::Token(token));
    let body = json!({
        "code": CODE, "codeVerifier": VERIFIER, "redirectUri": REDIRECT, "nonceSalt": salt,
        "publicKey": signer.jwk(), "extensionVersion": "0.1.0",
    });
    serving
        .send(&serving.draft(signer, "POST", "/v1/sign-ins", &body.to_string()))
        .await
}

fn text(output: &Output) -> (String, String) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (text(&output.stdout), text(&output.stderr))
}

async fn done(installation: &Installation, arguments: &[&str]) -> (String, String) {
    let output = installation.run(arguments).await;
    let (said, told) = text(&output);
    assert!(output.status.success(), "{arguments:?}: {said} {told}");
    (said, told)
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_added_signs_in_and_is_shown_with_it_until_unlinked() {
    let (installation, provider) = installation().await;
    let receiver = tell(&installation, "staff.unlinked").await;
    let serving = installation.serve().await;
    let signer = Arc::new(Signer::p256());
    let answer = sign_in(&serving, &provider, &signer, MARIA).await;
    assert_eq!(answer.outcome(), problem(403, "sign_in_refused"));
    let add = [
        "staff",
        "add",
        MARIA,
        "--name",
        "Maria Silva",
        "--role",
        "desk",
        "--operator",
        "A. Admin",
    ];
    let (_, told) = done(&installation, &add).await;
    assert!(
        told.contains("\"action\":\"add\"") && told.contains("\"roles\":\"desk\""),
        "{told}"
    );
    let log = told.lines().find(|line| line.starts_with('{')).unwrap();
    assert!(!log.contains('@'), "{log}");
    let answer = sign_in(&serving, &provider, &signer, MARIA).await;
    assert_eq!(answer.status, 201, "{}", answer.body);

    let (shown, _) = done(&installation, &["staff", "show", MARIA]).await;
    assert!(
        shown.contains(&format!("u-1 at {}, since ", provider.issuer)),
        "{shown}"
    );
    assert!(
        shown.contains("with extension 0.1.0, signed in until "),
        "{shown}"
    );
    let (shown, _) = done(&installation, &["staff", "show", MARIA, "--json"]).await;
    let shown: Value = serde_json::from_str(&shown).unwrap();
    assert_eq!(shown["identities"][0]["subject"], "u-1");
    assert_eq!(shown["profiles"][0]["method"], "sign-in");
    let until: jiff::Timestamp = shown["profiles"][0]["signedInUntil"]
        .as_str()
        .unwrap()
        .parse()
        .unwrap();
    assert_eq!(until.as_second(), answer.json()["expiresAt"]);
    let (listed, _) = done(&installation, &["profile", "list"]).await;
    assert!(
        listed.contains("sign-in") && listed.contains("good until"),
        "{listed}"
    );

    let (_, told) = done(&installation, &["staff", "unlink", MARIA]).await;
    assert!(
        told.contains("\"action\":\"unlink\"") && told.contains("Unlinked"),
        "{told}"
    );
    let (_, told) = done(&installation, &["staff", "unlink", MARIA]).await;
    assert!(
        told.contains("nothing was changed") && !told.contains("\"action\""),
        "{told}"
    );
    let unknown = installation
        .run(&["staff", "unlink", "nobody@broker.example"])
        .await;
    assert!(!unknown.status.success());
    eventually("it is told", async || !receiver.received().is_empty()).await;
    assert_eq!(receiver.types(), ["staff.unlinked"]);
    assert_eq!(receiver.received()[0].data(), json!({"staff": 1}));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_ends_with_its_section_its_client_and_by_command() {
    let (installation, provider) = installation().await;
    let mapping = "[[sign_in.role]]\nclaim_value = \"grp\"\nrole = \"desk\"\n";
    installation.change_config("[log]\n", &format!("{mapping}[log]\n"));
    let mut serving = installation.serve().await;
    done(&installation, &["staff", "add", MARIA, "--role", "auditor"]).await;
    let signer = Arc::new(Signer::p256());
    let claims = json!({"groups": ["grp"]});
    assert_eq!(
        sign_in_as(&serving, &provider, &signer, MARIA, claims.clone())
            .await
            .status,
        201
    );
    let session = async |serving: &Serving| {
        let answer = serving
            .send(&serving.draft(&signer, "GET", "/v1/session", ""))
            .await;
        (
            answer.status,
            answer.status == 401 && answer.code() == "session_expired",
        )
    };
    assert_eq!(session(&serving).await, (200, false));

    // The roles' sources are told, and the administrator's command does not take a sign-in's silently.
    let (shown, _) = done(&installation, &["staff", "show", MARIA]).await;
    assert!(shown.contains("desk, by \"grp\" in groups\n"), "{shown}");
    let (listed, _) = done(&installation, &["staff", "list"]).await;
    assert!(listed.contains("auditor, desk (sign-in)"), "{listed}");
    let refused = installation
        .run(&["staff", "roles", MARIA, "--remove", "desk"])
        .await;
    let (_, told) = text(&refused);
    assert!(
        !refused.status.success() && told.contains("nothing was changed: desk came from signing in"),
        "{told}"
    );
    let (said, told) = done(&installation, &["staff", "roles", MARIA, "--set", "vip"]).await;
    assert!(
        said == "vip\n" && told.contains("they also have desk, from signing in"),
        "{said} {told}"
    );

    let (_, told) = done(&installation, &["staff", "sign-out", MARIA]).await;
    assert!(
        told.contains("\"action\":\"sign-out\"") && told.contains("Ended: 1 session."),
        "{told}"
    );
    assert_eq!(session(&serving).await, (401, true));
    assert_eq!(
        sign_in_as(&serving, &provider, &signer, MARIA, claims.clone())
            .await
            .status,
        201
    );
    let (_, told) = done(&installation, &["staff", "sign-out", "--all", "--yes"]).await;
    assert!(told.contains("Ended: 1 session."), "{told}");
    assert_eq!(session(&serving).await, (401, true));
    let (_, told) = done(&installation, &["staff", "sign-out", "--all", "--yes"]).await;
    assert!(
        told.contains("No session") && !told.contains("\"action\""),
        "{told}"
    );
    let unasked = installation.run(&["staff", "sign-out", "--all"]).await;
    assert!(
        !unasked.status.success(),
        "where nobody can be asked it is not done"
    );

    // Another client at the same provider is another relay to it.
    assert_eq!(
        sign_in_as(&serving, &provider, &signer, MARIA, claims)
            .await
            .status,
        201
    );
    installation.change_config("client_id = \"relay\"", "client_id = \"other\"");
    serving.signal(Signal::HUP);
    serving
        .logs("the configuration was read again and is in use")
        .await;
    assert_eq!(session(&serving).await, (401, true));
    let (listed, _) = done(&installation, &["profile", "list"]).await;
    assert!(listed.contains("signed out: not of this [sign_in]"), "{listed}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_secret_is_read_again_with_the_configuration() {
    let (installation, provider) = installation().await;
    let mut serving = installation.serve().await;
    done(&installation, &["staff", "add", MARIA]).await;
    let signer = Arc::new(Signer::p256());
    let basic = |secret: &str| {
        format!(
            "Basic {}",
            Base64::encode_string(format!("relay:{secret}").as_bytes())
        )
    };
    let used = || provider.asked("/token").pop().unwrap().authorization;
    assert_eq!(sign_in(&serving, &provider, &signer, MARIA).await.status, 201);
    assert_eq!(used(), basic("first-secret"));
    secret_file(&installation.folder, "second-secret");
    serving.signal(Signal::HUP);
    serving
        .logs("the configuration was read again and is in use")
        .await;
    assert_eq!(sign_in(&serving, &provider, &signer, MARIA).await.status, 201);
    assert_eq!(used(), basic("second-secret"));
    // A bad one keeps the old one in use, and holds nothing else back.
    secret_file(&installation.folder, "two words");
    serving.signal(Signal::HUP);
    let fault = serving.logs("what is on disk cannot be used").await;
    assert!(
        fault.contains("sign_in.client_secret_file") && !fault.contains("words"),
        "{fault}"
    );
    assert_eq!(sign_in(&serving, &provider, &signer, MARIA).await.status, 201);
    assert_eq!(used(), basic("second-secret"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_check_asks_the_provider_and_prints_what_to_register_there() {
    let (installation, provider) = installation().await;
    let (said, _) = done(&installation, &["config", "check"]).await;
    assert!(
        said.contains(&format!("redirect URI to register at the provider: {REDIRECT}")),
        "{said}"
    );
    assert!(said.contains(".extensions.allizom.org/sign-in"), "{said}");
    assert!(provider.asked("").is_empty(), "nothing is sent unasked");
    let (said, _) = done(&installation, &["config", "check", "--connect"]).await;
    assert!(said.contains("sign-in: the provider answers"), "{said}");

    let mut odd = provider.description();
    odd["id_token_signing_alg_values_supported"] = json!(["HS256"]);
    odd["code_challenge_methods_supported"] = json!(["plain"]);
    let mut foreign = provider.description();
    foreign["issuer"] = json!("https://evil.example");
    let no_keys = json!({"keys": []}).to_string();
    for (discovery, keys, expected) in [
        (
            Reply::Raw(200, odd.to_string()),
            Reply::Usual,
            "signs ID tokens with HS256",
        ),
        (
            Reply::Raw(200, odd.to_string()),
            Reply::Usual,
            "does not take code_challenge_method=S256",
        ),
        (
            Reply::Raw(200, foreign.to_string()),
            Reply::Usual,
            "calls itself \"https://evil.example\"",
        ),
        (
            Reply::Raw(404, String::new()),
            Reply::Usual,
            "the provider answered 404",
        ),
        (
            Reply::Usual,
            Reply::Raw(200, no_keys),
            "publishes no key that could be used",
        ),
    ] {
        provider.answer_discovery(discovery);
        provider.answer_key_set(keys);
        let output = installation.run(&["config", "check", "--connect"]).await;
        let (said, _) = text(&output);
        assert!(
            !output.status.success() && said.contains(expected),
            "{expected}: {said}"
        );
    }
}
