//! `stagedoor policy test` and what `config check` says of the policy.

use std::{fs, os::unix::fs::PermissionsExt, process::Output};

use serde_json::Value;
use stagedoor_protocol::CustomerEmail;
use stagedoor_relay::store::{self, RoleChange};

use super::POLICY;
use crate::support::{STAFF, database::Database, installation::Installation};

/// An installation with a policy, and a file of customers whom nobody opens.
async fn installation() -> Installation {
    let installation = Installation::new().await;
    let list = installation.folder.path().join("denied");
    fs::write(&list, "left@customers.example\n").unwrap();
    let text = fs::read_to_string(installation.config()).unwrap();
    let policy = POLICY.replace(
        "[policy.deny]",
        &format!("[policy.deny]\nfiles = [\"{}\"]", list.display()),
    );
    fs::write(installation.config(), format!("{text}\n{policy}")).unwrap();
    installation
}

async fn test(installation: &Installation, arguments: &[&str]) -> (i32, Value, Output) {
    let mut all = vec!["policy", "test", "--json"];
    all.extend(arguments);
    let output = installation.run(&all).await;
    let said = serde_json::from_slice(&output.stdout).unwrap_or_default();
    (output.status.code().unwrap(), said, output)
}

#[tokio::test]
async fn a_decision_without_the_store() {
    let installation = installation().await;
    let who = ["--staff", STAFF, "--customer", "jane.roe@customers.example"];
    let case = async |more: &[&str]| {
        let (code, said, _) = test(&installation, &[&who, more].concat()).await;
        (code, said["decision"].clone(), said["rule"].clone())
    };
    for (more, code, decision, rule) in [
        (&["--role", "lead"][..], 0, "allowed", Value::Null),
        (&["--role", "sales"], 1, "refused", "policy.grant".into()),
        (
            &["--role", "lead", "--customer", "left@customers.example"],
            1,
            "refused",
            "policy.deny".into(),
        ),
        (
            &[
                "--role",
                "support",
                "--at",
                "2026-11-24T22:30:00Z",
                "--reason",
                "long enough it is",
            ],
            1,
            "refused",
            "policy.grant[0].ticket".into(),
        ),
        (
            &["--role", "support", "--at", "2026-11-25T22:30:00Z"],
            1,
            "refused",
            "policy.grant[0].hours".into(),
        ),
        (
            &["--role", "lead", "--platform", "other"],
            1,
            "refused",
            "platform".into(),
        ),
    ] {
        // The last of two customers would be a fault of the command line.
        let found = if more.contains(&"--customer") {
            let (code, said, _) = test(&installation, &[&["--staff", STAFF], more].concat()).await;
            (code, said["decision"].clone(), said["rule"].clone())
        } else {
            case(more).await
        };
        assert_eq!(found, (code, decision.into(), rule), "{more:?}");
    }
    assert!(
        !installation.folder.path().join("stagedoor.db").exists(),
        "the store was neither asked nor made"
    );
}

#[tokio::test]
async fn a_decision_by_the_store() {
    let installation = installation().await;
    let who = ["--staff", STAFF, "--customer", "jane.roe@customers.example"];
    let (code, _, output) = test(&installation, &who).await;
    assert_eq!(code, 2, "there is no store: {output:?}");

    installation.invite().await;
    let (code, said, _) = test(&installation, &who).await;
    assert_eq!((code, &said["rule"]), (1, &"policy.grant".into()));

    let store = store::open(&Database::sqlite(installation.folder.path()).url())
        .await
        .unwrap();
    let email = CustomerEmail::parse(STAFF).unwrap();
    let lead = RoleChange::Set(["lead".parse().unwrap()].into());
    store.change_roles(&email, &lead).await.unwrap();
    let (code, said, _) = test(&installation, &who).await;
    assert_eq!((code, &said["decision"]), (0, &"allowed".into()), "{said}");
    assert_eq!(said["rules"][0]["rule"], "staff.disabled");

    let stranger = [
        "--staff",
        "nobody@broker.example",
        "--customer",
        "jane.roe@customers.example",
    ];
    let (code, _, output) = test(&installation, &stranger).await;
    assert_eq!(code, 2);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("nobody is enrolled under the address"), "{said}");

    let disabled = installation.run(&["staff", "disable", STAFF]).await;
    assert!(disabled.status.success(), "{disabled:?}");
    let (code, said, _) = test(&installation, &who).await;
    assert_eq!((code, &said["rule"]), (1, &"staff.disabled".into()), "{said}");
}

#[tokio::test]
async fn what_cannot_be_decided_is_not_taken_for_refused() {
    let installation = installation().await;
    let text = fs::read_to_string(installation.config()).unwrap();
    let who = [
        "--staff",
        STAFF,
        "--customer",
        "jane.roe@customers.example",
        "--role",
        "lead",
    ];
    let run = async |text: &str| {
        fs::write(installation.config(), text).unwrap();
        let (code, said, output) = test(&installation, &who).await;
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        (code, said, stderr)
    };
    let (code, said, _) =
        run(&text.replace("\nvip = true", "\nvip = true\nnetworks = [\"10.0.0.0/8\"]")).await;
    assert_eq!(
        (code, &said["decision"], &said["rule"]),
        (2, &"undecided".into(), &"policy.grant[1].networks".into())
    );
    let platform = text
        .split("[[platform]]")
        .nth(1)
        .unwrap()
        .split("[log]")
        .next()
        .unwrap();
    let second = platform.replace("\"main\"", "\"other\"");
    let (code, _, said) = run(&format!("{text}\n[[platform]]{second}")).await;
    assert_eq!(code, 2);
    assert!(said.contains("--platform"), "{said}");
    let (code, _, said) = run(&text.replace("\"lead\"", "\"Lead\"")).await;
    assert_eq!(code, 78);
    assert!(said.contains("policy.grant[1].roles"), "{said}");
    fs::write(installation.config(), &text).unwrap();
    let list = installation.folder.path().join("denied");
    fs::set_permissions(&list, fs::Permissions::from_mode(0o646)).unwrap();
    let (code, _, output) = test(&installation, &who).await;
    assert_eq!(code, 78, "{output:?}");
}

#[tokio::test]
async fn config_check_says_what_applies() {
    let open = Installation::new().await;
    let said = String::from_utf8(open.run(&["config", "check"]).await.stdout).unwrap();
    assert!(
        said.contains("every enrolled person may open customers on every platform"),
        "{said}"
    );
    let installation = installation().await;
    let said = String::from_utf8(installation.run(&["config", "check"]).await.stdout).unwrap();
    for line in [
        "policy: whoever has no grant is refused",
        "policy.grant[0]: support on main; narrowed by reason, ticket, ticket_pattern, validity_seconds, hours tue from 22:00 \
         to 23:00 (UTC)",
        "policy.grant[1]: lead on every platform, VIP customers too",
        "policy.deny: 1 address, 1 domain, opened by nobody",
        "policy.vip: 1 address, 0 domains, opened by grants with vip = true",
    ] {
        assert!(said.contains(&format!("{line}\n")), "{line}\n{said}");
    }
    // The staff's commands neither need the lists nor read them.
    fs::remove_file(installation.folder.path().join("denied")).unwrap();
    let invited = installation.run(&["staff", "invite", "tom@broker.example"]).await;
    assert!(invited.status.success(), "{invited:?}");
}
