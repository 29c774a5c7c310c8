//! One thing that cannot be used holds nothing else back.

use super::*;
use crate::support::certificate::set_mode;

fn deny_customers(installation: &Installation) {
    let section = "[policy.deny]\ndomains = [\"customers.example\"]\n\n[staff]";
    installation.change_config("[staff]", section);
}

#[tokio::test]
async fn a_bad_api_key_does_not_hold_back_a_customer_whom_nobody_opens() {
    let (installation, mut serving, signer) = desk().await;
    installation.write_key("SENTINEL-WRONG-KEY", 0o600);
    deny_customers(&installation);
    serving.signal(Signal::HUP);
    logs(&mut serving, "the configuration was read again and is in use").await;
    assert_eq!(login(&serving, &signer).await, 403);
    let keys = serving.ready("api_keys").await;
    assert!(keys.ends_with("the old one is in use: main"), "{keys}");
    assert_eq!(serving.ready("configuration").await, "ok");
}

#[tokio::test]
async fn an_expired_certificate_does_not_hold_back_a_customer_whom_nobody_opens() {
    let installation = Installation::new().await;
    let folder = installation.folder.path();
    let pair = Pair::new();
    let files = pair.write(folder);
    let lines = format!(
        "[listen]\ntls_certificate_file = {:?}\ntls_key_file = {:?}",
        files.certificate, files.key
    );
    installation.change_config("[listen]", &lines);
    let mut serving = installation.serve().await;
    Pair::with(|params| params.not_after = rcgen::date_time_ymd(2001, 1, 1)).write(folder);
    installation.change_config("Main platform", "Other platform");
    serving.signal(Signal::HUP);
    let line = logs(&mut serving, "the old certificate stays in use").await;
    assert!(line.contains("expired at 2001"), "{line}");
    logs(&mut serving, "the configuration was read again and is in use").await;
    open(serving.api.parse().unwrap(), &pair, &TLS13, &[])
        .await
        .unwrap();
    let status = serving.ready("certificate").await;
    assert!(
        status.starts_with("the old certificate is in use") && status.contains("tls_certificate_file"),
        "{status}"
    );
}

#[tokio::test]
async fn bad_secrets_do_not_hold_back_a_customer_whom_nobody_opens() {
    let installation = Installation::new().await;
    let (hook, client) = (
        installation.folder.path().join("webhook-secret"),
        installation.folder.path().join("client-secret"),
    );
    let good = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    write_secret(&hook, good);
    write_secret(&client, "SENTINEL-CLIENT-SECRET");
    let sections = format!(
        "[[webhook]]\nname = \"soc\"\nurl = \"https://127.0.0.1:9/hook\"\nsecret_file = {hook:?}\n\
         [sign_in]\nissuer = \"https://login.broker.example\"\nclient_id = \"relay\"\nclient_secret_file = {client:?}\n\
         [log]\n"
    );
    installation.change_config("[log]\n", &sections);
    let mut serving = installation.serve().await;
    let signer = serving.enrol(&installation.invite().await["code"]).await;
    set_mode(&hook, 0o644);
    fs::write(&client, "two words\n").unwrap();
    deny_customers(&installation);
    serving.signal(Signal::HUP);
    for key in ["webhook[0].secret_file", "sign_in.client_secret_file"] {
        let line = logs(&mut serving, key).await;
        assert!(!line.contains("SENTINEL") && !line.contains("MfKQ"), "{line}");
    }
    logs(&mut serving, "the configuration was read again and is in use").await;
    assert_eq!(login(&serving, &signer).await, 403);
    let note = serving.ready("configuration").await;
    assert_eq!(
        note,
        "what is on disk cannot be used, and the old one is in use: sign_in.client_secret_file"
    );
    let webhooks = serving.ready("webhooks").await;
    assert!(
        webhooks.starts_with("soc: failing since ") && webhooks.ends_with(" (its secret cannot be used)"),
        "{webhooks}"
    );

    // Where there is no old one, it is a fault as any other.
    installation.change_config("client_id = \"relay\"", "client_id = \"other\"");
    serving.signal(Signal::HUP);
    let line = logs(&mut serving, "all of the old one stays in use").await;
    assert!(line.contains("sign_in.client_secret_file"), "{line}");
    installation.change_config("client_id = \"other\"", "client_id = \"relay\"");
    installation.change_config("/hook", "/other");
    serving.signal(Signal::HUP);
    let line = logs(&mut serving, "all of the old one stays in use").await;
    assert!(line.contains("webhook[0].secret_file"), "{line}");

    set_mode(&hook, 0o600);
    write_secret(&client, "SENTINEL-CLIENT-SECRET");
    serving.signal(Signal::HUP);
    logs(&mut serving, "the configuration was read again and is in use").await;
    eventually("all is well", async || {
        serving.ready("configuration").await == "ok" && serving.ready("webhooks").await == "ok"
    })
    .await;
}

#[tokio::test]
async fn another_broker_must_take_its_key_and_what_cannot_be_reached_is_named() {
    let (installation, mut serving, signer) = desk().await;
    let broker = installation.sim.broker_url();
    installation.change_config(&broker, "http://127.0.0.1:9");
    serving.signal(Signal::HUP);
    let line = logs(&mut serving, "all of the old one stays in use").await;
    assert!(line.contains("platform[0].base_url"), "{line}");
    let proxied = format!("{broker}\"\nproxy = \"http://127.0.0.1:9");
    installation.change_config("http://127.0.0.1:9", &proxied);
    serving.signal(Signal::HUP);
    let line = logs(&mut serving, "all of the old one stays in use").await;
    assert!(
        line.contains("platform[0].proxy") && line.contains("check proxy first"),
        "{line}"
    );
    assert_eq!(login(&serving, &signer).await, 201);
}

/// The old address is still listened on, so what belongs to the new one must not be done there.
#[tokio::test]
async fn a_new_address_waits_for_a_restart_with_all_that_belongs_to_it() {
    let installation = Installation::new().await;
    let pair = Pair::new();
    let files = pair.write(installation.folder.path());
    let lines = format!(
        "tls_certificate_file = {:?}\ntls_key_file = {:?}\n",
        files.certificate, files.key
    );
    installation.change_config("[listen]\n", &format!("[listen]\n{lines}"));
    let mut serving = installation.serve().await;
    installation.change_config(&lines, "");
    let text = fs::read_to_string(installation.config()).unwrap();
    let moved = text.replacen("address = \"127.0.0.1:0\"", "address = \"127.0.0.2:0\"", 1);
    fs::write(installation.config(), moved).unwrap();
    installation.change_config("Main platform", "Other platform");
    serving.signal(Signal::HUP);
    logs(&mut serving, "needs a restart: listen;").await;
    open(serving.api.parse().unwrap(), &pair, &TLS13, &[])
        .await
        .unwrap();
    let plain = reqwest::get(format!("http://{}/v1/session", serving.api)).await;
    assert!(plain.is_err());
}

#[tokio::test]
async fn people_are_disabled_whatever_else_is_wrong_with_the_file() {
    let (installation, serving, signer) = desk().await;
    installation.change_config("validity_seconds = 30", "validity_seconds = 900");
    installation.change_config("api = \"v1\"", "api = \"v9\"");
    let disabled = installation.run(&["staff", "disable", STAFF]).await;
    let said = String::from_utf8(disabled.stderr).unwrap();
    assert_eq!(disabled.status.code(), Some(0), "{said}");
    assert!(
        said.contains("warning: login.validity_seconds: ") && said.contains("warning: platform[0].api: "),
        "{said}"
    );
    let answer = serving
        .send(&serving.draft(&signer, "GET", "/v1/session", ""))
        .await;
    assert_eq!(answer.code(), "staff_disabled");
    let listed = installation.run(&["profile", "list"]).await;
    assert_eq!(listed.status.code(), Some(0), "{listed:?}");

    let again = installation.run(&["staff", "disable", STAFF]).await;
    let said = String::from_utf8(again.stderr).unwrap();
    assert_eq!(again.status.code(), Some(0), "{said}");
    assert!(said.contains("is disabled already"), "{said}");

    installation.change_config("url = \"sqlite://", "url = \"nowhere://");
    let lost = installation.run(&["staff", "disable", STAFF]).await;
    assert_eq!(lost.status.code(), Some(78), "{lost:?}");
    let said = String::from_utf8(lost.stderr).unwrap();
    assert!(said.contains("store.url: "), "{said}");
}
