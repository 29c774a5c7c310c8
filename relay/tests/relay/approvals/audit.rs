//! What an auditor sees of an approval: in the ledger's records, in the commands that show them, and in the log.

use std::{fs, path::Path, sync::Arc};

use serde_json::{Value, json};
use stagedoor_ledger::{Frontier, line, verify::Verifier};
use tokio::process::Command;

use super::{LEAD, POLICY, Scene, unchanged};
use crate::support::{
    CUSTOMER, STAFF, Signer,
    app::login_body,
    app::new_id,
    http::problem,
    installation::{Installation, Serving},
    log,
};

const VERIFIER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/verifier/verify_ledger.py");

#[tokio::test]
async fn both_verifiers_accept_an_approved_login_and_no_second_use() {
    let scene = Scene::new().await;
    let id = scene.approved().await;
    let (opened, _) = scene.login_by(&id, unchanged).await;
    assert_eq!(opened.status, 201);
    let rows = scene.records.rows().await;
    let mut verifier = Verifier::new(Frontier::empty());
    rows.iter().for_each(|row| verifier.check(row));
    let summary = verifier.finish();
    assert!(summary.is_sound(), "{summary:?}");

    let lines: Vec<_> = rows
        .iter()
        .map(|row| String::from_utf8(line::encode(row).unwrap()).unwrap())
        .collect();
    let folder = tempfile::tempdir().unwrap();
    let (code, said) = verify(folder.path(), &lines).await;
    assert_eq!(code, Some(0), "{said}");
    // The same approval under another login's name.
    let mut again: Value = serde_json::from_str(&lines[0]).unwrap();
    again["record"]["login"] = json!(new_id());
    again["record"]["seq"] = json!(2);
    let (code, said) = verify(folder.path(), &[&lines[..], &[again.to_string()]].concat()).await;
    assert_eq!(code, Some(1));
    assert!(
        said.contains("record 2: another record used the same approval"),
        "{said}"
    );
    let mut half: Value = serde_json::from_str(&lines[0]).unwrap();
    half["record"].as_object_mut().unwrap().remove("approved");
    let (_, said) = verify(folder.path(), &[half.to_string(), lines[1].clone()]).await;
    assert!(
        said.contains("record 0: names an approval without its time"),
        "{said}"
    );
}

async fn verify(folder: &Path, lines: &[String]) -> (Option<i32>, String) {
    let file = folder.join("export.jsonl");
    fs::write(&file, lines.join("\n") + "\n").unwrap();
    let output = Command::new("python3")
        .args([Path::new(VERIFIER), &file])
        .output()
        .await
        .unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    (output.status.code(), said)
}

#[tokio::test]
async fn the_log_tells_what_was_asked_and_decided_and_nobodys_address() {
    let scene = Scene::new().await;
    let id = scene.approved().await;
    let withdrawn = scene.ask().await;
    scene.withdraw(&scene.desk, &withdrawn).await;
    let lines = log::mine();
    for (id, message) in [
        (&id, "approval asked for"),
        (&id, "approval decided"),
        (&withdrawn, "approval withdrawn"),
    ] {
        let about = lines.lines().filter(|line| line.contains(id.as_str()));
        let mut about = about.filter(|line| line.contains(message));
        let line = about.next().unwrap_or_else(|| panic!("{message}"));
        assert!(line.contains("\"staff\":"), "{line}");
        for personal in [CUSTOMER, LEAD, "withdrawal form"] {
            assert!(!line.contains(personal), "{line}");
        }
    }
}

/// The installed program, with somebody who asks and somebody who approves.
async fn approved_login() -> (Installation, String, String) {
    let installation = Installation::new().await;
    let config = fs::read_to_string(installation.config()).unwrap();
    fs::write(installation.config(), format!("{config}\n{POLICY}")).unwrap();
    let serving = installation.serve().await;
    let desk = person(&installation, &serving, STAFF, "Support desk", "support").await;
    let lead = person(&installation, &serving, LEAD, "Team lead", "team-lead").await;
    let post = async |who: &Arc<Signer>, path: &str, body: &Value| {
        let draft = serving.draft(who, "POST", path, &body.to_string());
        serving.send(&draft).await
    };
    let asked = post(&desk, "/v1/approvals", &super::request()).await;
    assert_eq!(asked.status, 201, "{}", asked.body);
    let id = asked.json()["id"].as_str().unwrap().to_owned();
    let decision = format!("/v1/approvals/{id}/decision");
    assert_eq!(
        post(&lead, &decision, &json!({"decision": "approve"}))
            .await
            .status,
        200
    );
    let login = new_id();
    let mut body = login_body(&login);
    body["approval"] = json!(id);
    assert_eq!(post(&desk, "/v1/logins", &body).await.status, 201);
    serving.signal(rustix::process::Signal::TERM);
    assert_eq!(serving.end().await.0, Some(0));
    (installation, login, id)
}

async fn person(
    installation: &Installation,
    serving: &Serving,
    email: &str,
    name: &str,
    role: &str,
) -> Arc<Signer> {
    let invite = ["staff", "invite", email, "--name", name, "--role", role, "--json"];
    let output = installation.run(&invite).await;
    assert!(output.status.success(), "{output:?}");
    let invited: Value = serde_json::from_slice(&output.stdout).unwrap();
    serving.enrol(&invited["code"]).await
}

#[tokio::test]
async fn the_commands_tell_who_approved() {
    let (installation, login, id) = approved_login().await;
    let run = async |arguments: &[&str]| {
        let output = installation.run(arguments).await;
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    let shown = run(&["ledger", "show", &login]).await;
    let line = shown.lines().find(|line| line.contains("approved by")).unwrap();
    assert!(
        line.contains("Team lead <lead@broker.example>, staff number 2, with the profile ")
            && line.contains(&id),
        "{line}"
    );
    assert!(shown.contains(", policy.grant[0] of the rules "), "{shown}");
    let json: Value = serde_json::from_str(&run(&["ledger", "show", &login, "--json"]).await).unwrap();
    assert_eq!(json["intent"]["record"]["approval"], id.as_str());
    assert_eq!(json["intent"]["staff"]["approverName"], "Team lead");
    let key = json["intent"]["staff"]["approverKey"]
        .as_str()
        .unwrap()
        .to_owned();
    let profiles = run(&["profile", "list", "--staff", LEAD]).await;
    assert!(profiles.contains(&key), "{profiles}");
    let table = run(&["ledger", "export", "--format", "csv"]).await;
    let mut lines = table.lines();
    let place = |name: &str| {
        table
            .lines()
            .next()
            .unwrap()
            .split(',')
            .position(|column| column == name)
    };
    let columns: Vec<_> = {
        lines.next();
        lines.next().unwrap().split(',').collect()
    };
    for (name, value) in [
        ("approval", id.as_str()),
        ("staff_roles", "support"),
        ("grants", "policy.grant[0]"),
        ("approver_email", LEAD),
        ("approver_name", "Team lead"),
        ("approver_id", "2"),
        ("approver_key", key.as_str()),
    ] {
        // One key in 64 begins with `-`, before which the table puts an apostrophe so that it is no formula.
        let told = columns[place(name).unwrap()].trim_start_matches('\'');
        assert_eq!(told, value, "{name}");
    }
    run(&["ledger", "verify"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn erasing_a_customer_deletes_the_requests_that_wait_for_them() {
    let installation = Installation::new().await;
    let config = fs::read_to_string(installation.config()).unwrap();
    fs::write(installation.config(), format!("{config}\n{POLICY}")).unwrap();
    let serving = installation.serve().await;
    let desk = person(&installation, &serving, STAFF, "Support desk", "support").await;
    let asked = serving.draft(&desk, "POST", "/v1/approvals", &super::request().to_string());
    let id = serving.send(&asked).await.json()["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let erase = [
        "ledger",
        "erase",
        "--customer",
        CUSTOMER,
        "--operator",
        "A. Officer",
        "--reason",
        "17",
        "--yes",
    ];
    for expected in [
        "Deleted of this customer: 1 request for approval.",
        "Nothing is recorded",
    ] {
        let output = installation.run(&erase).await;
        let told = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.success() && told.contains(expected), "{told}");
    }
    let looked = serving.draft(&desk, "GET", &format!("/v1/approvals/{id}"), "");
    assert_eq!(
        serving.send(&looked).await.outcome(),
        problem(404, "approval_unknown")
    );
}

#[tokio::test]
async fn a_policy_is_tried_out_and_summed_up_with_its_approvals() {
    let installation = Installation::new().await;
    let config = fs::read_to_string(installation.config()).unwrap();
    fs::write(installation.config(), format!("{config}\n{POLICY}")).unwrap();
    let test = async |customer: &str, more: &[&str]| {
        let mut arguments = vec!["policy", "test", "--staff", STAFF, "--customer", customer];
        arguments.extend(["--role", "support", "--reason", "Cannot find the form"]);
        arguments.extend(more);
        let output = installation.run(&arguments).await;
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    let said = test(CUSTOMER, &[]).await;
    assert!(
        said.contains("It needs approval by one of the roles team-lead"),
        "{said}"
    );
    let said: Value = serde_json::from_str(&test(CUSTOMER, &["--json"]).await).unwrap();
    assert_eq!(said["approverRoles"], json!(["team-lead"]));
    let said = test("plain@customers.example", &[]).await;
    assert!(!said.contains("needs approval"), "{said}");
    let checked = installation.run(&["config", "check"]).await;
    let said = String::from_utf8(checked.stdout).unwrap();
    assert!(
        said.contains(
            "policy.approval: VIP customers, 0 addresses, 0 domains; approved by the roles team-lead"
        ),
        "{said}"
    );
}

#[tokio::test]
async fn whoever_asks_for_a_canary_raises_the_alert_as_if_they_opened_it() {
    let scene = Scene::new().await;
    let mut asked = super::request();
    asked["customerEmail"] = "canary@vip.example".into();
    let answer = scene.post(&scene.desk, "/v1/approvals", &asked).await;
    assert_eq!(answer.status, 201);
    let id = answer.json()["id"].as_str().unwrap().to_owned();
    let alerts = log::lines_about(&id)
        .iter()
        .filter(|line| line.contains("\"canary.requested\"") && line.contains("\"alert\":true"))
        .count();
    assert_eq!(alerts, 1);
}
