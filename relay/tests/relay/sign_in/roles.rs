//! Roles that the provider gives and takes, and people whom nobody had to add.

use serde_json::{Value, json};
use stagedoor_protocol::CustomerEmail;
use stagedoor_relay::store::{Role, RoleChange, Store};

use super::{Lab, logged};
use crate::support::{STAFF, http::problem};

const MAPPING: &str = "[[sign_in.role]]\nclaim_value = \"grp-support\"\nrole = \"support\"\n\
                       [[sign_in.role]]\nclaim_value = \"grp-lead\"\nrole = \"team-lead\"";

async fn roles(lab: &Lab, email: &str) -> Vec<String> {
    let everybody = lab.app.store.list_staff().await.unwrap();
    let found = everybody
        .into_iter()
        .find(|row| row.member.email.as_str() == email)
        .unwrap();
    found
        .member
        .roles
        .iter()
        .map(|role| role.as_str().to_owned())
        .collect()
}

#[tokio::test]
async fn each_sign_in_gives_and_takes_what_the_mapping_names_and_leaves_the_rest() {
    let lab = Lab::start_with(MAPPING).await;
    let profile = lab.app.profile();
    let by_hand: Role = "auditor".parse().unwrap();
    let lead: Role = "team-lead".parse().unwrap();
    let given = RoleChange::Set([by_hand, lead].into());
    lab.app
        .store
        .change_roles(&CustomerEmail::parse(STAFF).unwrap(), &given)
        .await
        .unwrap();
    for (groups, expected) in [
        (json!(["grp-support", "grp-other"]), vec!["auditor", "support"]),
        (
            json!(["grp-lead", "grp-support"]),
            vec!["auditor", "support", "team-lead"],
        ),
        (json!("grp-lead"), vec!["auditor", "team-lead"]),
        (json!(["GRP-LEAD", 7, null]), vec!["auditor"]),
        (json!(["grp-support"]), vec!["auditor", "support"]),
        (Value::Null, vec!["auditor"]),
    ] {
        let answer = lab
            .sign_in(&profile, |claims| claims["groups"] = groups.clone())
            .await;
        assert_eq!(answer.status, 201, "{}", answer.body);
        assert_eq!(roles(&lab, STAFF).await, expected, "{groups}");
    }
}

#[tokio::test]
async fn groups_that_did_not_fit_into_the_token_are_not_taken_for_none() {
    let lab = Lab::start_with(MAPPING).await;
    let profile = lab.app.profile();
    let answer = lab
        .sign_in(&profile, |claims| claims["groups"] = json!(["grp-support"]))
        .await;
    assert_eq!(answer.status, 201);
    let overage = |claims: &mut Value| claims["_claim_names"] = json!({"groups": "src1"});
    let (answer, log) = logged(lab.sign_in(&profile, overage)).await;
    assert_eq!(answer.outcome(), problem(403, "sign_in_refused"));
    assert!(
        log.contains("more groups than the provider puts into an ID token"),
        "{log}"
    );
    assert_eq!(roles(&lab, STAFF).await, ["support"]);
}

#[tokio::test]
async fn whoever_has_a_mapped_role_is_made_a_staff_member_and_nobody_else_is_let_in() {
    let lines = format!("admit = \"mapped\"\nroles_claim = \"realm_access.roles\"\n{MAPPING}");
    let lab = Lab::start_with(&lines).await;
    let new = |roles: Value, email: &'static str| {
        move |claims: &mut Value| {
            claims["realm_access"] = json!({"roles": roles});
            claims["email"] = json!(email);
            claims["sub"] = json!(email);
        }
    };
    let profile = lab.app.profile();
    let answer = lab
        .sign_in(&profile, new(json!(["grp-lead"]), "maria@broker.example"))
        .await;
    assert_eq!(answer.status, 201, "{}", answer.body);
    assert_eq!(answer.json()["staff"]["name"], "Maria Silva");
    assert_eq!(roles(&lab, "maria@broker.example").await, ["team-lead"]);

    let (answer, log) = logged(lab.sign_in(&profile, new(json!([]), "maria@broker.example"))).await;
    assert_eq!(
        answer.outcome(),
        problem(403, "sign_in_refused"),
        "not even somebody who is known"
    );
    assert!(log.contains("gives the person a role"), "{log}");
    // Under no domain of the firm's: nobody makes a customer's address a staff member's by it.
    let customer = new(json!(["grp-lead"]), "jane@customers.example");
    let (answer, log) = logged(lab.sign_in(&lab.app.profile(), customer)).await;
    assert_eq!(answer.outcome(), problem(403, "sign_in_refused"));
    assert!(log.contains("only under staff.domains"), "{log}");
    assert_eq!(lab.app.records.count("staff").await, 2);
}

#[tokio::test]
async fn everybody_of_the_firm_may_be_let_in() {
    let lab = Lab::start_with("admit = \"everybody\"").await;
    let tom = |claims: &mut Value| {
        claims["email"] = json!("tom@broker.example");
        claims["sub"] = json!("u-7");
        claims["name"] = json!("To\u{202e}m");
    };
    let answer = lab.sign_in(&lab.app.profile(), tom).await;
    let staff = json!({"email": "tom@broker.example", "name": "tom"});
    assert_eq!(
        answer.json()["staff"],
        staff,
        "a name that does not show as it is written is none"
    );
    let stranger = |claims: &mut Value| {
        claims["email"] = json!("x@elsewhere.example");
        claims["sub"] = json!("u-8");
    };
    let answer = lab.sign_in(&lab.app.profile(), stranger).await;
    assert_eq!(answer.outcome(), problem(403, "sign_in_refused"));
}
