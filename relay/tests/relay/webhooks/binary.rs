//! The binary with webhooks.

use std::fs;

use rustix::process::Signal;

use super::*;
use crate::support::installation::Installation;

/// Adds a section that leads to an address.
pub(super) fn add(installation: &Installation, name: &str, address: &str, events: &str) {
    let secret = installation.folder.path().join("webhook-secret");
    write_secret(&secret, SECRET);
    let section = format!(
        "\n[[webhook]]\nname = \"{name}\"\nurl = \"http://{address}/hook-SENTINEL-PATH\"\nsecret_file = \"{}\"\n{events}\n",
        secret.display()
    );
    let text = fs::read_to_string(installation.config()).unwrap();
    fs::write(installation.config(), text + &section).unwrap();
}

/// The receiver is down while the login is made, so the message is in the store and nowhere else when the relay is killed.
#[tokio::test]
async fn a_kill_between_commit_and_delivery_loses_nothing() {
    let mut receiver = Receiver::down();
    let address = receiver.address.to_string();
    let installation = Installation::on_engine().await;
    add(&installation, "soc", &address, "events = [\"login.minted\"]");
    let mut serving = installation.serve().await;
    let signer = serving.enrol(&installation.invite().await["code"]).await;
    let id = new_id();
    let draft = serving.draft(&signer, "POST", "/v1/logins", &login_body(&id).to_string());
    assert_eq!(serving.send(&draft).await.status, 201);
    let line = serving.logs("a message could not be delivered").await;
    assert!(!line.contains("SENTINEL"), "{line}");
    serving.signal(Signal::KILL);
    serving.end().await;

    receiver.come_up();
    let serving = installation.serve().await;
    // It is due 5 seconds after the attempt that failed.
    let mut ticks = tokio::time::interval(Duration::from_millis(50));
    while receiver.received().is_empty() {
        ticks.tick().await;
    }
    assert_eq!(receiver.received()[0].data()["login"], id);
    assert!(receiver.received()[0].is_signed_with(SECRET_KEY));
    eventually("it is well", async || serving.ready("webhooks").await == "ok").await;
    let records = installation.records().await;
    eventually("it is forgotten", async || records.count("outbox").await == 0).await;
    assert_eq!(receiver.received().len(), 1);
}

#[tokio::test]
async fn commands_leave_messages_that_the_relay_delivers() {
    let receiver = Receiver::start().await;
    let installation = Installation::on_engine().await;
    let events =
        "events = [\"staff.invited\", \"staff.roles_changed\", \"staff.disabled\", \"staff.enabled\"]";
    add(&installation, "soc", &receiver.address.to_string(), events);
    installation.invite().await;
    for arguments in [
        &["staff", "roles", STAFF, "--add", "desk"][..],
        &["staff", "disable", STAFF],
        &["staff", "enable", STAFF],
    ] {
        let output = installation.run(arguments).await;
        assert!(output.status.success(), "{output:?}");
    }
    let _serving = installation.serve().await;
    eventually("they are there", async || receiver.received().len() == 4).await;
    let mut types = receiver.types();
    types.sort();
    let expected = [
        "staff.disabled",
        "staff.enabled",
        "staff.invited",
        "staff.roles_changed",
    ];
    assert_eq!(types, expected);
    for message in receiver.received() {
        let data = match message.kind() {
            kind if kind == "staff.roles_changed" => {
                serde_json::json!({"staff": 1, "by": "administrator"})
            }
            _ => serde_json::json!({"staff": 1}),
        };
        assert_eq!(message.data(), data);
    }
}

#[tokio::test]
async fn the_test_command_says_what_came_back() {
    let (well, ill) = (Receiver::start().await, Receiver::start().await);
    let installation = Installation::new().await;
    let none = installation.run(&["webhook", "test"]).await;
    assert!(none.status.success());
    assert!(String::from_utf8_lossy(&none.stdout).contains("there is no [[webhook]]"));

    add(&installation, "soc", &well.address.to_string(), "");
    let output = installation.run(&["webhook", "test"]).await;
    assert!(output.status.success(), "{output:?}");
    assert_eq!(
        String::from_utf8_lossy(&output.stdout),
        "webhook soc: 127.0.0.1: it answers 204\n"
    );
    let message = &well.received()[0];
    assert_eq!(
        (message.kind().as_str(), message.data()),
        ("webhook.test", serde_json::json!({"webhook": "soc"}))
    );
    assert!(message.is_signed_with(SECRET_KEY));

    add(&installation, "audit", &ill.address.to_string(), "");
    ill.deal([Deal::Answer(503)]);
    let output = installation.run(&["webhook", "test"]).await;
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        said.contains("webhook audit: 127.0.0.1: it answers 503; it must answer 200 to 299"),
        "{said}"
    );
    assert!(!said.contains("SENTINEL"), "{said}");

    installation.change_config("webhook-secret", "no-secret");
    let output = installation.run(&["webhook", "test"]).await;
    assert_eq!(output.status.code(), Some(78));
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        said.contains("webhook[0].secret_file: ") && said.contains("webhook[1].secret_file: "),
        "{said}"
    );
}

#[tokio::test]
async fn a_reload_takes_webhooks_over_and_forgives_one_that_was_gone() {
    let (first, second) = (Receiver::start().await, Receiver::start().await);
    let installation = Installation::new().await;
    add(
        &installation,
        "soc",
        &first.address.to_string(),
        "events = [\"login.minted\"]",
    );
    first.deal([Deal::Answer(410)]);
    let mut serving = installation.serve().await;
    let signer = serving.enrol(&installation.invite().await["code"]).await;
    let login = async |serving: &crate::support::installation::Serving| {
        let body = login_body(&new_id()).to_string();
        let draft = serving.draft(&signer, "POST", "/v1/logins", &body);
        assert_eq!(serving.send(&draft).await.status, 201);
    };
    login(&serving).await;
    serving.logs("the receiver answered 410").await;
    login(&serving).await;
    add(
        &installation,
        "audit",
        &second.address.to_string(),
        "events = [\"login.minted\"]",
    );
    serving.signal(Signal::HUP);
    serving.logs("the configuration was read again").await;
    login(&serving).await;
    eventually("both are told", async || {
        (first.received().len(), second.received().len()) == (3, 1)
    })
    .await;
    assert_eq!(serving.ready("webhooks").await, "ok");
}
