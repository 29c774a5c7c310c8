//! Roles that the provider gives and takes, and people whom nobody had to add.

use serde_json::{Value, json};
use stagedoor_protocol::CustomerEmail;
use stagedoor_relay::{
    clock::Clock,
    config::Named,
    store::{MOST_ROLES, Role, RoleChange, Store},
};

use super::{Lab, logged, sign_in_config};
use crate::support::{CUSTOMER, Profile, STAFF, http::problem};

const MAPPING: &str = "[[sign_in.role]]\nclaim_value = \"grp-support\"\nrole = \"support\"\n\
                       [[sign_in.role]]\nclaim_value = \"grp-lead\"\nrole = \"team-lead\"";

/// What the relay's own sessions say of the roles that signing in gives a person: those that count now.
async fn brought(lab: &Lab, lines: &str, email: &str) -> Vec<String> {
    let terms = sign_in_config(&lab.provider.issuer, "/nowhere", lines).terms;
    let everybody = lab.app.store.list_staff().await.unwrap();
    let found = everybody
        .into_iter()
        .find(|row| row.member.email.as_str() == email)
        .unwrap();
    let roles = found.sign_in_roles(&terms, lab.app.clock.now());
    roles.iter().map(|role| role.as_str().to_owned()).collect()
}

async fn given(lab: &Lab) -> Vec<String> {
    let everybody = lab.app.store.list_staff().await.unwrap();
    let roles = everybody[0].member.roles.iter();
    roles.map(|role| role.as_str().to_owned()).collect()
}

#[tokio::test]
async fn each_sign_in_replaces_what_the_one_before_gave_and_leaves_what_the_administrator_gave() {
    let lab = Lab::start_with(MAPPING).await;
    let profile = lab.app.profile();
    let by_hand: Role = "auditor".parse().unwrap();
    let lead: Role = "team-lead".parse().unwrap();
    let set = RoleChange::Set([by_hand, lead].into());
    lab.app
        .store
        .change_roles(&CustomerEmail::parse(STAFF).unwrap(), &set)
        .await
        .unwrap();
    for (groups, expected, changed) in [
        (json!(["grp-support", "grp-other"]), vec!["support"], true),
        (
            json!(["grp-lead", "grp-support"]),
            vec!["support", "team-lead"],
            true,
        ),
        (
            json!(["grp-support", "grp-lead"]),
            vec!["support", "team-lead"],
            false,
        ),
        (json!("grp-lead"), vec!["team-lead"], true),
        (json!(["GRP-LEAD", 7, null]), vec![], true),
        (json!(["grp-support"]), vec!["support"], true),
        (Value::Null, vec![], true),
    ] {
        let (answer, log) = logged(lab.sign_in(&profile, |claims| claims["groups"] = groups.clone())).await;
        assert_eq!(answer.status, 201, "{}", answer.body);
        assert_eq!(brought(&lab, MAPPING, STAFF).await, expected, "{groups}");
        assert_eq!(given(&lab).await, ["auditor", "team-lead"], "{groups}");
        assert_eq!(log.contains("staff.roles_changed"), changed, "{groups}: {log}");
    }
}

#[tokio::test]
async fn a_role_of_a_sign_in_opens_what_it_is_for_in_its_session_alone() {
    let lab = Lab::start_as(&format!("session_hours = 1\n{MAPPING}"), |config| {
        config.policy.grants[0].roles = Named::These(["support".parse().unwrap()].into());
        config.policy.grants[0].implied = false;
        config.platforms[0].preview = true;
    })
    .await;
    let (signed_in, by_code) = (lab.app.profile(), lab.app.enrolled(STAFF).await);
    let with_group = |claims: &mut Value| claims["groups"] = json!(["grp-support"]);
    assert_eq!(lab.sign_in(&signed_in, with_group).await.status, 201);
    let (login, id) = signed_in.login();
    assert_eq!(lab.app.send(&login).await.status, 201);
    let intent = lab.app.records.intent(&id).await;
    assert_eq!(
        (&intent["record"]["grants"], &intent["staff"]["roles"]),
        (&json!("policy.grant"), &json!("support"))
    );
    let answer = lab.app.send(&by_code.login().0).await;
    assert_eq!(answer.outcome(), problem(403, "not_permitted"));
    for (profile, status) in [(&signed_in, 200), (&by_code, 403)] {
        let asked = json!({"platform": "main", "customerEmail": CUSTOMER});
        let looked = profile.at(&lab.app).post("/v1/previews", &asked);
        assert_eq!(lab.app.send(&looked).await.status, status);
    }
    let platforms = async |profile: &Profile| {
        let session = lab.app.send(&profile.at(&lab.app).get("/v1/session")).await;
        session.json()["platforms"].as_array().unwrap().len()
    };
    assert!(platforms(&signed_in).await > 0);
    assert_eq!(platforms(&by_code).await, 0);
    // In another browser the provider says that the group is lost: the relay remembers the first one with it.
    assert_eq!(lab.sign_in(&lab.app.profile(), |_| ()).await.status, 201);
    let answer = lab.app.send(&signed_in.at(&lab.app).login().0).await;
    assert_eq!(answer.outcome(), problem(403, "not_permitted"));
    assert_eq!(platforms(&signed_in).await, 0);
}

#[tokio::test]
async fn groups_that_did_not_fit_into_the_token_are_not_taken_for_none() {
    let lab = Lab::start_with(MAPPING).await;
    let profile = lab.app.profile();
    let answer = lab
        .sign_in(&profile, |claims| claims["groups"] = json!(["grp-support"]))
        .await;
    assert_eq!(answer.status, 201);
    let elsewhere = |claims: &mut Value| claims["_claim_names"] = json!({"groups": "src1"});
    let left_out = |claims: &mut Value| claims["hasgroups"] = json!(true);
    for overage in [&elsewhere as &dyn Fn(&mut Value), &left_out] {
        let (answer, log) = logged(lab.sign_in(&profile, overage)).await;
        assert_eq!(answer.outcome(), problem(403, "sign_in_refused"));
        assert!(
            log.contains("more groups than the provider puts into an ID token"),
            "{log}"
        );
    }
    assert_eq!(brought(&lab, MAPPING, STAFF).await, ["support"]);
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
    assert_eq!(brought(&lab, &lines, "maria@broker.example").await, ["team-lead"]);
    assert_eq!(
        lab.app
            .send(&profile.at(&lab.app).get("/v1/session"))
            .await
            .status,
        200
    );

    let (answer, log) = logged(lab.sign_in(&profile, new(json!([]), "maria@broker.example"))).await;
    assert_eq!(
        answer.outcome(),
        problem(403, "sign_in_refused"),
        "not even somebody who is known"
    );
    assert!(log.contains("gives the person a role"), "{log}");
    assert!(
        log.contains("sessions ended") && log.contains("staff.roles_changed"),
        "{log}"
    );
    assert_eq!(
        brought(&lab, &lines, "maria@broker.example").await,
        Vec::<String>::new()
    );
    let session = lab.app.send(&profile.at(&lab.app).get("/v1/session")).await;
    assert_eq!(session.outcome(), problem(401, "session_expired"));
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

/// What the provider says now cannot be given, and what it said before may not hold any more.
#[tokio::test]
async fn whoever_has_too_many_roles_is_refused_and_keeps_none_of_earlier_sign_ins() {
    let lab = Lab::start_with(MAPPING).await;
    let (first, second) = (lab.app.profile(), lab.app.profile());
    let with_groups = |groups: Value| move |claims: &mut Value| claims["groups"] = groups.clone();
    let answer = lab.sign_in(&first, with_groups(json!(["grp-lead"]))).await;
    assert_eq!(answer.status, 201, "{}", answer.body);
    let by_hand = (0..MOST_ROLES).map(|number| format!("r{number}").parse().unwrap());
    let set = RoleChange::Set(by_hand.collect());
    let desk = CustomerEmail::parse(STAFF).unwrap();
    lab.app.store.change_roles(&desk, &set).await.unwrap();

    // The lead is one no more.
    let (answer, log) = logged(lab.sign_in(&second, with_groups(json!(["grp-support"])))).await;
    assert_eq!(answer.outcome(), problem(403, "sign_in_refused"));
    assert!(
        log.contains("would have more than 16 roles")
            && log.contains("sessions ended, because the provider gives the person more roles")
            && log.contains("staff.roles_changed"),
        "{log}"
    );
    let nothing: [&str; 0] = [];
    assert_eq!(brought(&lab, MAPPING, STAFF).await, nothing);
    let session = lab.app.send(&first.at(&lab.app).get("/v1/session")).await;
    assert_eq!(session.outcome(), problem(401, "session_expired"));

    // Of a profile that was revoked no other pays.
    let set = RoleChange::Set([].into());
    lab.app.store.change_roles(&desk, &set).await.unwrap();
    for profile in [&first, &second] {
        let answer = lab.sign_in(profile, with_groups(json!(["grp-lead"]))).await;
        assert_eq!(answer.status, 201, "{}", answer.body);
    }
    let now = lab.app.clock.now();
    let revoked = lab.app.store.revoke_profile(&first.key_id(), now).await;
    assert!(revoked.unwrap().is_some());
    let answer = lab.sign_in(&first, with_groups(json!(["grp-support"]))).await;
    assert_eq!(answer.outcome(), problem(403, "sign_in_refused"));
    let session = lab.app.send(&second.at(&lab.app).get("/v1/session")).await;
    assert_eq!(session.status, 200, "{}", session.body);
    assert_eq!(brought(&lab, MAPPING, STAFF).await, ["team-lead"]);
}
