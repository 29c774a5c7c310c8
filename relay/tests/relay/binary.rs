//! The binary as an operator uses it.

use std::{fs, os::unix::fs::PermissionsExt, path::Path, process::Output, time::Duration};

use jiff::Timestamp;
use rustix::process::Signal;
use stagedoor_broker_sim::{Endpoint, Fault};
use tokio::{process::Command, time::timeout};

use crate::support::{
    API_KEY, CUSTOMER, STAFF,
    app::{login_body, new_id},
    eventually,
    installation::{BINARY, Installation, now},
    port::ClosedPort,
    records::{ended, open},
};

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[tokio::test]
async fn a_log_that_nobody_reads_stops_nothing() {
    let installation = Installation::new().await;
    let serving = installation.serve().await;
    // More than a pipe takes, which is 64 KiB.
    let client = reqwest::Client::new();
    for _ in 0..1000 {
        let request = client.get(format!("http://{}/v1/session", serving.api)).send();
        let answer = timeout(Duration::from_secs(60), request)
            .await
            .expect("it stands");
        assert_eq!(answer.unwrap().status(), 401);
    }
    serving.signal(Signal::TERM);
    let (code, log) = serving.end().await;
    assert_eq!(code, Some(0));
    assert!(log.len() > 128 * 1024, "{}", log.len());
    assert_eq!(
        log.matches(r#""route":"/v1/session""#).count(),
        1000,
        "nothing is lost on the way"
    );
    assert!(log.contains(r#""message":"stopped""#), "{log}");
}

#[tokio::test]
async fn from_invitation_to_login_to_the_end() {
    let installation = Installation::new().await;
    let mut serving = installation.serve().await;
    let invite = installation.invite().await;
    assert_eq!(invite["email"], STAFF);
    let expires_at: Timestamp = invite["expiresAt"].as_str().unwrap().parse().unwrap();
    let left = expires_at.duration_since(now()).as_secs();
    assert!((14 * 60..=15 * 60).contains(&left), "{left}");
    for page in ["healthz", "readyz"] {
        let url = format!("http://{}/{page}", serving.health);
        assert_eq!(reqwest::get(url).await.unwrap().status(), 200);
    }

    let signer = serving.enrol(&invite["code"]).await;
    let body = login_body(&new_id()).to_string();
    let answer = serving
        .send(&serving.draft(&signer, "POST", "/v1/logins", &body))
        .await;
    assert_eq!(answer.status, 201, "{}", answer.body);
    let page = reqwest::get(format!(
        "{}/?auth={}",
        installation.sim.platform_url(),
        answer.token()
    ))
    .await
    .unwrap();
    assert!(
        page.text().await.unwrap().contains(CUSTOMER),
        "the token opens the platform"
    );

    let listed = installation.run(&["staff", "list"]).await;
    let table = String::from_utf8_lossy(&listed.stdout);
    let cells: Vec<Vec<&str>> = table
        .lines()
        .map(|line| line.split_whitespace().collect())
        .collect();
    let expected = [
        ["STAFF", "NAME", "STATE", "PROFILES", "ROLES"].to_vec(),
        [STAFF, "Support", "desk", "enabled", "1"].to_vec(),
    ];
    assert_eq!(cells, expected, "{table}");
    let listed = installation.run(&["staff", "list", "--json"]).await;
    let person: serde_json::Value = serde_json::from_slice(&listed.stdout).unwrap();
    let expected = serde_json::json!({
        "number": 1, "email": STAFF, "name": "Support desk", "state": "enabled", "profiles": 1, "roles": [],
        "signInRoles": [],
    });
    assert_eq!(person, expected);
    assert!(
        installation
            .run(&["staff", "disable", STAFF])
            .await
            .status
            .success()
    );
    let refused = serving
        .send(&serving.draft(&signer, "GET", "/v1/session", ""))
        .await;
    assert_eq!(
        refused.code(),
        "staff_disabled",
        "while serving, from the next request on"
    );

    serving.signal(Signal::TERM);
    let mode = fs::metadata(installation.folder.path().join("stagedoor.db"))
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
    serving.child.wait().await.unwrap();
    let (code, log) = serving.end().await;
    assert_eq!(code, Some(0));
    assert!(log.contains(r#""message":"stopped""#), "{log}");
    for secret in [API_KEY, answer.token().as_str(), CUSTOMER, STAFF] {
        assert!(!log.contains(secret), "{secret}");
    }
}

#[tokio::test]
async fn a_kill_during_a_mint_leaves_an_intent_that_the_next_start_closes() {
    let installation = Installation::new().await;
    let serving = installation.serve().await;
    let signer = serving.enrol(&installation.invite().await["code"]).await;
    installation
        .sim
        .script(Fault::HangBeforeHeaders.on(Endpoint::Mint));
    let id = new_id();
    let draft = serving.draft(&signer, "POST", "/v1/logins", &login_body(&id).to_string());
    let api = serving.api.clone();
    let mut socket = tokio::net::TcpStream::connect(&api).await.unwrap();
    tokio::io::AsyncWriteExt::write_all(&mut socket, &draft.to_bytes())
        .await
        .unwrap();
    eventually("the mint reaches the broker", async || {
        installation.sim.journal().len() == 1
    })
    .await;

    serving.signal(Signal::KILL);
    serving.end().await;
    assert_eq!(installation.records().await.login(&id).await, open());

    let serving = installation.serve().await;
    assert_eq!(
        installation.records().await.login(&id).await,
        ended("unknown", Some("outcome_unknown"))
    );
    let again = serving.draft(&signer, "POST", "/v1/logins", &login_body(&id).to_string());
    assert_eq!(serving.send(&again).await.code(), "request_repeated");
    assert_eq!(installation.sim.journal().len(), 1);
}

#[tokio::test]
async fn faults_of_the_configuration_are_all_said_at_once_with_exit_code_78() {
    let installation = Installation::new().await;
    installation.write_key(API_KEY, 0o644);
    let folder = installation.folder.path().display();
    installation.change_config("validity_seconds = 30", "validity_seconds = 90\nvalidity = 1");
    let files = format!("tls_certificate_file = \"{folder}/c.pem\"\ntls_key_file = \"{folder}/k.pem\"");
    installation.change_config("[listen]", &format!("[listen]\n{files}"));
    installation.change_config("proxies.\naddress = \"", "proxies.\naddress = \"x");
    let roots = format!("[[platform]]\nroot_certificate_files = [\"{folder}/stagedoor.toml\"]");
    installation.change_config("[[platform]]", &roots);
    installation.change_config(
        "[ledger]",
        "[ledger]\ncheckpoint_directory = \"/nowhere/checkpoints\"",
    );
    for (arguments, folders) in [(&["serve"][..], false), (&["config", "check"], true)] {
        let output = installation.run(arguments).await;
        assert_eq!(output.status.code(), Some(78));
        let said = stderr(&output);
        for key in [
            "login.validity_seconds: ",
            "login.validity: ",
            "listen.address: ",
            "listen.tls_certificate_file: ",
            "listen.tls_key_file: ",
            "platform[0].api_key_file: ",
            "platform[0].root_certificate_files: ",
        ] {
            assert_eq!(said.matches(key).count(), 1, "{key} {said}");
        }
        assert_eq!(
            said.contains("ledger.checkpoint_directory: /nowhere/checkpoints is not a folder"),
            folders,
            "{said}"
        );
        assert!(!said.contains(API_KEY), "{said}");
    }
    let absent = Command::new(BINARY)
        .args(["--config", "/nowhere.toml", "serve"])
        .output()
        .await
        .unwrap();
    assert_eq!(absent.status.code(), Some(78));
    let usage = Command::new(BINARY).arg("--api-key").output().await.unwrap();
    assert_eq!(usage.status.code(), Some(64));
}

#[tokio::test]
async fn the_connection_test_says_cause_and_cure() {
    let installation = Installation::new().await;
    let nobody = ClosedPort::new();
    let check = async || installation.run(&["config", "check", "--connect"]).await;
    let output = check().await;
    assert!(output.status.success(), "{output:?}");
    assert!(String::from_utf8_lossy(&output.stdout).contains("platform main: the broker takes the key"));
    for (change, said) in [
        ("key", "refused the API key"),
        ("address", "203.0.113.7"),
        ("down", "cannot be reached"),
    ] {
        match change {
            "key" => installation.write_key("wrong", 0o600),
            "address" => {
                installation.write_key(API_KEY, 0o600);
                installation.sim.forbid_ip([127, 0, 0, 1]);
            }
            _ => installation.change_config(
                &installation.sim.broker_url(),
                &format!("http://{}", nobody.address),
            ),
        }
        let output = check().await;
        assert_eq!(output.status.code(), Some(1), "{change}");
        assert!(
            String::from_utf8_lossy(&output.stdout).contains(said),
            "{change}: {output:?}"
        );
    }
}

#[tokio::test]
async fn invitations_are_checked() {
    let installation = Installation::new().await;
    for (arguments, code) in [
        (&["staff", "invite", "nobody"][..], 64),
        (&["staff", "invite", STAFF, "--role", "Desk"], 64),
        (&["staff", "invite", STAFF, "--valid-for", "169h"], 1),
        (&["staff", "invite", STAFF, "--valid-for", "0s"], 1),
        (&["staff", "invite", STAFF, "--name", ""], 1),
        (&["staff", "disable", "nobody@broker.example"], 1),
        (&["staff", "roles", "nobody@broker.example", "--add", "desk"], 1),
    ] {
        let output = installation.run(arguments).await;
        assert_eq!(output.status.code(), Some(code), "{arguments:?}");
        assert!(output.stdout.is_empty());
    }
    let plain = installation
        .run(&["staff", "invite", STAFF, "--valid-for", "2h"])
        .await;
    let code = String::from_utf8(plain.stdout).unwrap();
    assert!(stagedoor_protocol::EnrolmentCode::parse(&code).is_ok(), "{code}");
}

#[tokio::test]
async fn a_second_relay_on_the_same_address_does_not_start_and_touches_nothing() {
    let installation = Installation::new().await;
    let serving = installation.serve().await;
    let signer = serving.enrol(&installation.invite().await["code"]).await;
    installation
        .sim
        .script(Fault::Delay(Duration::from_secs(2)).on(Endpoint::Mint));
    let id = new_id();
    let draft = serving.draft(&signer, "POST", "/v1/logins", &login_body(&id).to_string());
    let api = serving.api.parse().unwrap();
    let under_way = tokio::spawn(async move { draft.send(&reqwest::Client::new(), api).await });
    eventually("the mint reaches the broker", async || {
        installation.sim.journal().len() == 1
    })
    .await;

    let text = fs::read_to_string(installation.config()).unwrap();
    let second = installation.folder.path().join("second.toml");
    fs::write(
        &second,
        text.replacen(
            "address = \"127.0.0.1:0\"",
            &format!("address = \"{}\"", serving.api),
            1,
        )
        .replace(
            "authorities = [\"127.0.0.1:0\"]",
            &format!("authorities = [\"{}\"]", serving.api),
        ),
    )
    .unwrap();
    let output = run_with(&second).await;
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("cannot be listened on"), "{output:?}");
    assert_eq!(under_way.await.unwrap().status, 201);
    assert_eq!(
        installation.records().await.login(&id).await,
        ended("minted", None)
    );
}

async fn run_with(config: &Path) -> Output {
    Command::new(BINARY)
        .arg("--config")
        .arg(config)
        .arg("serve")
        .output()
        .await
        .unwrap()
}

#[tokio::test]
async fn a_checkpoint_directory_that_is_not_there_is_said_before_the_start() {
    let installation = Installation::new().await;
    let text = fs::read_to_string(installation.config()).unwrap();
    let (key, folder) = ("ledger-key", "checkpoints");
    let path = |name: &str| installation.folder.path().join(name).display().to_string();
    let name = ["--name", "relay.example/ledger", "--output", &path(key)];
    let made = installation
        .run(&[&["ledger", "keygen"], &name[..]].concat())
        .await;
    assert!(made.status.success(), "{made:?}");
    let section = format!(
        "[ledger]\nkey_file = \"{}\"\ncheckpoint_directory = \"{}\"\n",
        path(key),
        path(folder)
    );
    fs::write(installation.config(), text.replace("[ledger]\n", &section)).unwrap();
    let output = installation.run(&["config", "check"]).await;
    let said = stderr(&output);
    assert_eq!(output.status.code(), Some(78));
    assert!(said.contains("is not a folder; make it"), "{said}");
    fs::create_dir(path(folder)).unwrap();
    assert!(installation.run(&["config", "check"]).await.status.success());

    let text = fs::read_to_string(installation.config()).unwrap();
    let gone = text.replace("/stagedoor.db", "/gone/stagedoor.db");
    fs::write(installation.config(), gone).unwrap();
    let output = installation.run(&["config", "check"]).await;
    let said = stderr(&output);
    assert_eq!(output.status.code(), Some(78));
    assert!(
        said.contains("store.url: ") && said.contains("/gone is not a folder; make it"),
        "{said}"
    );
}
