//! `config check` about what is no fault, and yet hardly meant.

use std::{
    fs,
    process::{self, Stdio},
};

use serde_json::Value;
use tokio::io::{AsyncBufReadExt, BufReader};

use crate::support::{
    STAFF,
    certificate::set_mode,
    installation::{Installation, Serving},
    port::ClosedPort,
};

/// The warnings of a check that finds no fault.
async fn warnings(installation: &Installation, arguments: &[&str]) -> Vec<String> {
    let output = installation
        .run(&[&["config", "check"], arguments].concat())
        .await;
    assert!(output.status.success(), "{output:?}");
    let said = String::from_utf8(output.stderr).unwrap();
    let lines = said.lines().map(|line| line.strip_prefix("warning: ").unwrap());
    lines.map(str::to_owned).collect()
}

/// The warnings that the log has before the relay listens.
async fn logged_at_the_start(installation: &Installation) -> Vec<String> {
    let mut command = installation.command(&["serve"]);
    let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
    let mut log = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut told = Vec::new();
    loop {
        let line: Value = serde_json::from_str(&log.next_line().await.unwrap().unwrap()).unwrap();
        if line["message"] == "listening" {
            break;
        }
        if line["level"] == "WARN" {
            told.push(line["message"].as_str().unwrap().to_owned());
        }
    }
    child.kill().await.unwrap();
    told
}

async fn stop(serving: Serving) {
    serving.signal(rustix::process::Signal::TERM);
    assert_eq!(serving.end().await.0, Some(0));
}

#[tokio::test]
async fn what_others_can_change_or_read_is_told_with_the_command_that_closes_it() {
    let installation = Installation::new().await;
    let path = |name: &str| installation.folder.path().join(name);
    let text = |name: &str| path(name).display().to_string();
    let keygen = ["--name", "relay.example/ledger", "--output", &text("ledger-key")];
    let made = installation
        .run(&[&["ledger", "keygen"], &keygen[..]].concat())
        .await;
    assert!(made.status.success(), "{made:?}");
    fs::create_dir(path("check points")).unwrap();
    installation.change_config(
        "[ledger]\n",
        &format!(
            "[ledger]\nkey_file = {:?}\ncheckpoint_directory = {:?}\n",
            path("ledger-key"),
            path("check points")
        ),
    );
    stop(installation.serve().await).await;
    set_mode(&path("stagedoor.toml"), 0o644);
    set_mode(&path("check points"), 0o755);
    assert_eq!(warnings(&installation, &[]).await, [""; 0]);
    assert_eq!(logged_at_the_start(&installation).await, [""; 0]);

    let modes = [
        ("stagedoor.toml", 0o646, "can change it", "chmod o-w"),
        ("stagedoor.db", 0o644, "can read the records", "chmod o="),
        ("check points", 0o777, "can put something into", "chmod o-w"),
    ];
    for (name, mode, ..) in modes {
        set_mode(&path(name), mode);
    }
    let told = warnings(&installation, &[]).await;
    assert_eq!(told.len(), modes.len(), "{told:?}");
    for ((name, _, says, command), told) in modes.iter().zip(&told) {
        assert!(
            told.contains(says) && told.contains(command) && told.contains(&text(name)),
            "{told}"
        );
    }
    // Once, at the start. What a relay that was killed left beside the database may be among it by then.
    let logged = logged_at_the_start(&installation).await;
    let keys = |told: &[String]| {
        told.iter()
            .map(|told| told.split('`').next().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(keys(&logged), keys(&told));

    set_mode(&path("stagedoor.db"), 0o602);
    let worse = warnings(&installation, &[]).await;
    assert!(
        worse[1].contains("every user of this machine can change the records"),
        "{worse:?}"
    );
    for told in &worse {
        let command = told.split('`').nth(1).unwrap();
        let done = process::Command::new("sh").args(["-c", command]).status();
        assert!(done.unwrap().success(), "{command}");
    }
    assert_eq!(warnings(&installation, &[]).await, [""; 0]);
}

const POLICY: &str = r#"
[[policy.grant]]
roles = ["suport", "dealing"]
platforms = "*"
[[policy.grant]]
roles = ["support", "nobodys"]
platforms = "*"
[policy.approval]
roles = ["lead"]
addresses = ["jane@customers.example"]
[staff]
"#;

#[tokio::test]
async fn grants_and_approvals_for_roles_that_nobody_has_are_told() {
    let installation = Installation::on_engine().await;
    installation.change_config("[staff]\n", POLICY);
    // A server is asked only where others are.
    let check = async || warnings(&installation, &["--connect"]).await;
    assert_eq!(check().await, [""; 0], "nobody at all is known yet");

    let invited = ["staff", "invite", STAFF, "--role", "support"];
    assert!(installation.run(&invited).await.status.success());
    let told = check().await;
    assert_eq!(told.len(), 2, "{told:?}");
    for (told, says) in told.iter().zip([
        "policy.grant[0].roles: nobody who is enabled has dealing, suport, so nobody opens a customer by it; ",
        "policy.approval.roles: nobody who is enabled has lead, so nobody can approve; ",
    ]) {
        assert!(told.starts_with(says) && told.contains("`stagedoor staff roles ADDRESS --add ROLE`"), "{told}");
    }

    // Whoever is disabled counts for nobody.
    let lead = "lead@broker.example";
    let invited = ["staff", "invite", lead, "--role", "lead,dealing"];
    let done = installation.run(&invited).await;
    assert!(done.status.success(), "{done:?}");
    assert_eq!(check().await, [""; 0]);
    assert!(
        installation
            .run(&["staff", "disable", lead])
            .await
            .status
            .success()
    );
    assert_eq!(check().await, told);
}

/// Who signs in next may bring the role.
#[tokio::test]
async fn a_role_that_signing_in_gives_is_somebodys() {
    let installation = Installation::new().await;
    let provider = "[sign_in]\nissuer = \"https://login.broker.example\"\nclient_id = \"stagedoor\"\n";
    let mapped = ["lead", "dealing"]
        .map(|role| format!("[[sign_in.role]]\nrole = \"{role}\"\nclaim_value = \"{role}s\"\n"));
    installation.change_config("[staff]\n", &format!("{provider}{}{POLICY}", mapped.concat()));
    let invited = ["staff", "invite", STAFF, "--role", "support"];
    assert!(installation.run(&invited).await.status.success());
    assert_eq!(warnings(&installation, &[]).await, [""; 0]);
}

#[tokio::test]
async fn a_check_makes_no_store_and_needs_none() {
    let installation = Installation::new().await;
    installation.change_config("[staff]\n", POLICY);
    assert_eq!(warnings(&installation, &[]).await, [""; 0]);
    assert!(!installation.folder.path().join("stagedoor.db").exists());
    fs::write(installation.folder.path().join("stagedoor.db"), "no database").unwrap();
    set_mode(&installation.folder.path().join("stagedoor.db"), 0o600);
    assert_eq!(warnings(&installation, &[]).await, [""; 0]);
}

#[tokio::test]
async fn what_the_start_would_refuse_and_what_protects_nobody_are_told() {
    let installation = Installation::new().await;
    let path = installation.folder.path().join("stagedoor.toml");
    let text = fs::read_to_string(&path).unwrap();
    let domains = text.lines().find(|line| line.starts_with("domains = ")).unwrap();
    installation.change_config(domains, "domains = []");
    let told = warnings(&installation, &[]).await;
    assert!(told[0].starts_with("staff.domains: names no domain"), "{told:?}");
    assert_eq!(told.len(), 1, "{told:?}");
    fs::create_dir(installation.folder.path().join("stagedoor.db")).unwrap();
    let refused = installation.run(&["config", "check"]).await;
    let said = String::from_utf8(refused.stderr).unwrap();
    assert_eq!(refused.status.code(), Some(78));
    assert!(said.contains("is a folder; name a file in it"), "{said}");
}

/// Whoever reads that the broker refused would look in the wrong place.
#[tokio::test]
async fn a_proxy_that_is_away_is_named() {
    let installation = Installation::new().await;
    let nobody = ClosedPort::new();
    let proxy = format!("http://{}", nobody.address);
    installation.change_config("[[platform]]\n", &format!("[[platform]]\nproxy = {proxy:?}\n"));
    let refused = installation.run(&["config", "check", "--connect"]).await;
    let said = String::from_utf8(refused.stdout).unwrap();
    assert!(said.contains("through the proxy: check proxy first"), "{said}");
}

#[tokio::test]
async fn a_database_server_that_is_away_is_told() {
    let installation = Installation::new().await;
    let text = fs::read_to_string(installation.config()).unwrap();
    let url = text.lines().find(|line| line.starts_with("url = ")).unwrap();
    let nobody = ClosedPort::new();
    let address = nobody.address;
    installation.change_config(url, &format!("url = \"postgres://relay@{address}/relay\""));
    let alone = installation.run(&["config", "check"]).await;
    assert!(alone.status.success(), "{alone:?}");
    let refused = installation.run(&["config", "check", "--connect"]).await;
    let said = String::from_utf8(refused.stdout).unwrap();
    assert_eq!(refused.status.code(), Some(1), "{said}");
    let line = said.lines().find(|line| line.starts_with("store: ")).unwrap();
    assert!(line.contains(&address.to_string()), "{line}");
}
