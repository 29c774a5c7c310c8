//! Looking after staff with the binary, beside relays that run: one on SQLite, two on PostgreSQL.

use std::{io::Write, process::Output, sync::Arc};

use serde_json::Value;

use crate::support::{
    Answer, STAFF, Signer,
    app::{login_body, new_id},
    database::on_postgres,
    installation::{Installation, Serving},
    terminal::terminal,
};

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

async fn done(installation: &Installation, arguments: &[&str]) -> Output {
    let output = installation.run(arguments).await;
    assert!(output.status.success(), "{arguments:?}: {}", text(&output.stderr));
    output
}

async fn json(installation: &Installation, arguments: &[&str]) -> Value {
    serde_json::from_slice(&done(installation, arguments).await.stdout).unwrap()
}

/// The one line of the log that a command wrote.
fn logged(output: &Output) -> Value {
    let said = text(&output.stderr);
    let lines: Vec<_> = said.lines().filter(|line| line.starts_with('{')).collect();
    assert_eq!(lines.len(), 1, "{said}");
    assert!(!lines[0].contains('@'), "an address is in the log: {said}");
    serde_json::from_str(lines[0]).unwrap()
}

/// As many relays as the engine serves.
async fn relays(installation: &Installation) -> Vec<Serving> {
    let mut relays = vec![installation.serve().await];
    if on_postgres() {
        relays.push(installation.serve().await);
    }
    relays
}

async fn login(relay: &Serving, signer: &Arc<Signer>) -> Answer {
    let body = login_body(&new_id()).to_string();
    relay
        .send(&relay.draft(signer, "POST", "/v1/logins", &body))
        .await
}

async fn session(relay: &Serving, signer: &Arc<Signer>) -> Answer {
    relay.send(&relay.draft(signer, "GET", "/v1/session", "")).await
}

fn mints(installation: &Installation) -> usize {
    let journal = installation.sim.journal();
    let mints = journal.iter().filter(|entry| entry.path == "/v1/one-time-token");
    mints.count()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revocation_counts_on_the_next_request_at_every_relay() {
    let installation = Installation::on_engine().await;
    let relays = relays(&installation).await;
    let mut profiles = Vec::new();
    for _ in 0..2 {
        profiles.push(relays[0].enrol(&installation.invite().await["code"]).await);
    }
    let [lost, kept] = profiles.as_slice() else {
        panic!("two profiles")
    };
    // Every relay remembers both.
    for relay in &relays {
        for profile in [lost, kept] {
            let answer = login(relay, profile).await;
            assert_eq!(answer.status, 201, "{}", answer.body);
        }
    }
    let before = mints(&installation);

    let key = lost.key_id();
    let unasked = installation.run(&["profile", "revoke", "--", key.as_str()]).await;
    assert_eq!(unasked.status.code(), Some(1));
    assert!(
        text(&unasked.stderr).contains("nothing was revoked: without a terminal to ask on, add --yes"),
        "{unasked:?}"
    );
    // The beginning is enough, as long as it is the other's no more.
    let shared = key
        .as_str()
        .bytes()
        .zip(kept.key_id().as_str().bytes())
        .take_while(|(a, b)| a == b)
        .count();
    let beginning: String = key.as_str().chars().take(shared + 1).collect();
    let revoke = [
        "profile",
        "revoke",
        "--yes",
        "--operator",
        "A. Admin",
        "--",
        &beginning,
    ];
    let line = logged(&done(&installation, &revoke).await);
    assert_eq!(
        [&line["operator"], &line["action"], &line["profile"]],
        ["A. Admin", "revoke", key.as_str()]
    );
    for relay in &relays {
        assert_eq!(login(relay, lost).await.code(), "profile_unknown");
        assert_eq!(session(relay, lost).await.code(), "profile_unknown");
        assert_eq!(session(relay, kept).await.status, 200);
    }
    assert_eq!(mints(&installation), before);

    let again = done(&installation, &revoke).await;
    assert!(text(&again.stderr).contains("is revoked already"), "{again:?}");
    let ambiguous = installation.run(&["profile", "revoke", "--yes", ""]).await;
    assert!(text(&ambiguous.stderr).contains("no profile's id begins with"));
    let listed = text(&done(&installation, &["profile", "list", "--json"]).await.stdout);
    let listed: Vec<Value> = listed
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    for profile in listed {
        assert_eq!(profile["staff"], STAFF);
        assert_eq!(profile["revokedAt"].is_string(), profile["keyId"] == key.as_str());
    }
    let table = text(
        &done(&installation, &["profile", "list", "--staff", STAFF])
            .await
            .stdout,
    );
    assert_eq!(table.lines().count(), 3, "{table}");
    let none = done(
        &installation,
        &["profile", "list", "--staff", "tom@broker.example"],
    )
    .await;
    assert!(none.stdout.is_empty() && text(&none.stderr).contains("No profile"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_changed_about_a_person_counts_at_every_relay_and_is_shown() {
    let installation = Installation::on_engine().await;
    let relays = relays(&installation).await;
    let signer = relays[0].enrol(&installation.invite().await["code"]).await;
    for relay in &relays {
        assert_eq!(login(relay, &signer).await.status, 201);
    }
    let changed = done(
        &installation,
        &[
            "staff",
            "roles",
            STAFF,
            "--add",
            "vip, desk",
            "--operator",
            "A. Admin",
        ],
    )
    .await;
    assert_eq!(text(&changed.stdout), "desk, vip\n");
    let line = logged(&changed);
    assert_eq!(
        [&line["operator"], &line["action"], &line["roles"]],
        ["A. Admin", "roles", "desk,vip"]
    );
    // Whom the relays remember has other roles: that is no reason to be refused.
    for relay in &relays {
        assert_eq!(login(relay, &signer).await.status, 201);
    }
    let shown = json(&installation, &["staff", "show", STAFF, "--json"]).await;
    assert_eq!(shown["roles"], serde_json::json!(["desk", "vip"]));
    assert_eq!(shown["logins"], 2 * relays.len());
    assert_eq!(shown["profiles"][0]["keyId"], signer.key_id().as_str());
    assert_eq!(shown["profiles"][0]["extensionVersion"], "0.1.0");
    let set = installation
        .run(&["staff", "roles", STAFF, "--set", "a", "--add", "b"])
        .await;
    assert_eq!(set.status.code(), Some(64), "one or the other");

    done(&installation, &["staff", "invite", STAFF, "--role", "lead"]).await;
    let described = text(&done(&installation, &["staff", "show", STAFF]).await.stdout);
    for part in [
        "Support desk <desk@broker.example>",
        "lead",
        "open code",
        "enabled",
    ] {
        assert!(described.contains(part), "{part}: {described}");
    }

    let disabled = logged(&done(&installation, &["staff", "disable", STAFF]).await);
    assert_eq!([&disabled["action"], &disabled["staff"]], ["disable", "1"]);
    for relay in &relays {
        assert_eq!(login(relay, &signer).await.code(), "staff_disabled");
        assert_eq!(session(relay, &signer).await.code(), "staff_disabled");
    }
    for command in ["invite", "add"] {
        let refused = installation.run(&["staff", command, STAFF]).await;
        let said = text(&refused.stderr);
        assert!(
            !refused.status.success() && said.contains(&format!("stagedoor staff enable {STAFF}")),
            "{said}"
        );
    }
    let enabled = logged(&done(&installation, &["staff", "enable", STAFF]).await);
    assert_eq!(enabled["action"], "enable");
    let twice = installation.run(&["staff", "enable", STAFF]).await;
    let said = String::from_utf8_lossy(&twice.stderr);
    assert!(
        twice.status.success() && said.contains("is enabled already"),
        "{said}"
    );
    for relay in &relays {
        assert_eq!(session(relay, &signer).await.code(), "profile_unknown");
    }
    let shown = json(&installation, &["staff", "show", STAFF, "--json"]).await;
    assert_eq!(shown["invites"], serde_json::json!([]), "its code was void");
    assert_eq!(shown["roles"], serde_json::json!(["lead"]));
    let void = installation.invite().await;
    assert_eq!(void["voided"], 0);
    let told = text(&done(&installation, &["staff", "invite", STAFF]).await.stderr);
    assert!(
        told.contains("Worthless from now on: 1 earlier code of theirs"),
        "{told}"
    );
    let invite = installation.invite().await;
    assert_eq!(invite["voided"], 1);
    let again = relays[0].enrol(&invite["code"]).await;
    for relay in &relays {
        assert_eq!(session(relay, &again).await.status, 200);
    }
}

#[tokio::test]
async fn whoever_ordered_a_change_is_named_in_the_log() {
    let installation = Installation::on_engine().await;
    for (variable, option, operator) in [("maria", None, "maria"), ("maria", Some("A. Admin"), "A. Admin")] {
        let mut command = installation.command(&["staff", "invite", STAFF]);
        command.env("SUDO_USER", variable);
        if let Some(name) = option {
            command.args(["--operator", name]);
        }
        let output = command.output().await.unwrap();
        let line = logged(&output);
        assert_eq!([&line["operator"], &line["action"]], [operator, "invite"]);
        let code = text(&output.stdout);
        assert!(
            !text(&output.stderr).contains(code.trim()),
            "the code is in the log"
        );
    }
    let mut command = installation.command(&["staff", "disable", STAFF]);
    let user = command.env_remove("SUDO_USER").output().await.unwrap();
    let name = tokio::process::Command::new("id")
        .arg("-un")
        .output()
        .await
        .unwrap();
    assert_eq!(logged(&user)["operator"], text(&name.stdout).trim());
    let unnamed = installation
        .run(&["staff", "enable", STAFF, "--operator", " "])
        .await;
    assert_eq!(unnamed.status.code(), Some(64));
}

#[tokio::test(flavor = "multi_thread")]
async fn on_a_terminal_a_revocation_is_asked_for() {
    let installation = Installation::on_engine().await;
    let relay = installation.serve().await;
    let signer = relay.enrol(&installation.invite().await["code"]).await;
    let key = signer.key_id();
    for (answer, code, session_status) in [("yes", 1, 200), ("revoke", 0, 401)] {
        let (mut typed, other_end) = terminal();
        let child = installation
            .command(&["profile", "revoke", "--", key.as_str()])
            .stdin(other_end.try_clone().unwrap())
            .stderr(other_end)
            .spawn()
            .unwrap();
        // A terminal keeps what is typed until it is read.
        typed.write_all(format!("{answer}\n").as_bytes()).unwrap();
        let status = child.wait_with_output().await.unwrap().status;
        assert_eq!(status.code(), Some(code), "{answer}");
        assert_eq!(session(&relay, &signer).await.status, session_status, "{answer}");
    }
}

/// A slip in an address makes a stranger one of the staff; somebody without a role of the policy's waits for nothing.
#[tokio::test]
async fn who_is_not_of_the_firm_or_can_open_nobody_is_told_of() {
    let installation = Installation::on_engine().await;
    let warnings = async |arguments: &[&str]| {
        let output = done(&installation, &[&["staff"], arguments].concat()).await;
        let said = text(&output.stderr);
        let lines = said.lines().filter_map(|line| line.strip_prefix("warning: "));
        lines.map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(warnings(&["invite", STAFF]).await, [""; 0]);
    let outside = "tom@brokr.example is under none of staff.domains. They may use the relay all the same, and from now on nobody \
                   opens them as a customer; if it was a slip: stagedoor staff disable tom@brokr.example";
    assert_eq!(warnings(&["invite", "tom@brokr.example"]).await, [outside]);
    assert_eq!(warnings(&["add", "tom@brokr.example"]).await, [outside]);

    installation.change_config(
        "[staff]\n",
        "[[policy.grant]]\nroles = [\"desk\", \"support\"]\nplatforms = \"*\"\nvip = true\n[policy.approval]\nroles = [\"lead\"]\nvip = true\n\
         [policy.vip]\ndomains = [\"vip.example\"]\n[staff]\n",
    );
    let idle = format!(
        "they have no role that a [[policy.grant]] is for, so they can open nobody; give them one of desk, support: stagedoor \
         staff roles {STAFF} --add ROLE"
    );
    assert_eq!(warnings(&["invite", STAFF]).await, [idle.as_str()]);
    assert_eq!(
        warnings(&["add", STAFF, "--role", "sales"]).await,
        [idle.as_str()]
    );
    assert_eq!(warnings(&["invite", STAFF, "--role", "lead"]).await, [""; 0]);
    assert_eq!(warnings(&["invite", STAFF, "--role", "desk"]).await, [""; 0]);
}
