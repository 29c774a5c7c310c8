//! `stagedoor policy test` and what `config check` says of the policy.

use std::{fs, os::unix::fs::PermissionsExt, process::Output, time::Duration};

use serde_json::Value;
use stagedoor_protocol::{CustomerEmail, KeyId, PublicKeyBytes};
use stagedoor_relay::store::{self, Admission, RoleChange, SignIn, SignInClient, VerifyingKey};

use super::POLICY;
use crate::{
    store::enrol_key,
    support::{
        STAFF,
        database::Database,
        installation::{Installation, now},
    },
};

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

/// A sign-in for an hour that brings a role.
fn lead() -> SignIn {
    SignIn {
        client: SignInClient {
            issuer: "https://login.broker.example".to_owned(),
            client_id: "relay".to_owned(),
        },
        subject: "u-1".to_owned(),
        email: CustomerEmail::parse(STAFF).unwrap(),
        name: None,
        admission: Admission::Known,
        roles: [crate::store::mapped("lead", "grp-lead")].into(),
        key_id: KeyId::from_thumbprint(&[11; 32]),
        key: VerifyingKey(PublicKeyBytes::Ed25519([7; 32])),
        extension_version: "0.1.0".to_owned(),
        session_ends_at: now() + Duration::from_secs(3600),
    }
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
    let mistyped = [&who[..], &["--role", "lead", "--platform", "other"]].concat();
    let (_, said, _) = test(&installation, &mistyped).await;
    assert_eq!(
        said["detail"],
        "No [[platform]] has the id other. There are: main."
    );
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
    // Nobody who is only invited can log in.
    let (code, said, _) = test(&installation, &who).await;
    assert_eq!(
        (code, &said["decision"], &said["rule"]),
        (2, &"undecided".into(), &"staff.profile".into()),
        "{said}"
    );
    enrol_key(&*store, STAFF, KeyId::from_thumbprint(&[12; 32]), now()).await;
    let (code, said, _) = test(&installation, &who).await;
    assert_eq!((code, &said["decision"]), (0, &"allowed".into()), "{said}");
    assert_eq!(said["rules"][0]["rule"], "staff.disabled");
    assert_eq!(said["sessionsNotOpen"], 0);

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

/// A real login is by one profile, and what a sign-in brings is that profile's alone, while its session lasts.
#[tokio::test]
async fn roles_of_a_sign_in_are_not_taken_for_those_of_every_profile() {
    let installation = installation().await;
    let section = "[sign_in]\nissuer = \"https://login.broker.example\"\nclient_id = \"relay\"\n\
                   [[sign_in.role]]\nclaim_value = \"grp-lead\"\nrole = \"lead\"\n\n[log]\n";
    installation.change_config("[log]\n", section);
    installation.invite().await;
    let store = store::open(&Database::sqlite(installation.folder.path()).url())
        .await
        .unwrap();
    let sign_in = lead();
    store.sign_in(&sign_in, now()).await.unwrap().unwrap();
    let who = ["--staff", STAFF, "--customer", "jane.roe@customers.example"];
    let (code, said, _) = test(&installation, &who).await;
    assert_eq!((code, &said["decision"]), (0, &"allowed".into()), "{said}");
    let tomorrow = (now() + Duration::from_secs(24 * 3600)).to_string();
    let (code, said, _) = test(&installation, &[&who[..], &["--at", &tomorrow]].concat()).await;
    assert_eq!((code, &said["rule"]), (1, &"policy.grant".into()), "{said}");
    // What the administrator gave stays, but there is no session to log in with.
    let lead = RoleChange::Set(["lead".parse().unwrap()].into());
    store.change_roles(&sign_in.email, &lead).await.unwrap();
    let later = [&who[..], &["--at", &tomorrow]].concat();
    let (code, said, _) = test(&installation, &later).await;
    assert_eq!((code, &said["rule"]), (2, &"staff.profile".into()), "{said}");
    assert_eq!(said["sessionsNotOpen"], 1);
    let output = installation
        .run(&[&["policy", "test"], &later[..]].concat())
        .await;
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(
        text.contains("open      staff.profile") && text.contains("\nUNDECIDED by staff.profile"),
        "{text}"
    );
    let none = RoleChange::Set([].into());
    store.change_roles(&sign_in.email, &none).await.unwrap();

    let second = KeyId::from_thumbprint(&[12; 32]);
    enrol_key(&*store, STAFF, second, now()).await;
    let (code, said, _) = test(&installation, &who).await;
    assert_eq!((code, &said["decision"]), (2, &"undecided".into()), "{said}");
    let profiles = said["profiles"].as_array().unwrap().iter();
    let profiles: Vec<_> = profiles
        .map(|profile| (profile["roles"].clone(), profile["decision"].clone()))
        .collect();
    let each = [
        (serde_json::json!([]), "refused".into()),
        (serde_json::json!(["lead"]), "allowed".into()),
    ];
    assert_eq!(profiles, each);
    let output = installation.run(&[&["policy", "test"], &who[..]].concat()).await;
    let text = String::from_utf8(output.stdout).unwrap();
    for part in [
        "Profiles of theirs that have no role:\n",
        "REFUSED by policy.grant",
        "Profiles of theirs that have lead:\n",
        "ALLOWED: ",
        "\nUNDECIDED: it depends on the browser profile",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
}

/// One profile needs the approval of a second person, another does not: a program must not take the first for the whole.
#[tokio::test]
async fn profiles_that_open_under_other_terms_do_not_agree() {
    let installation = Installation::new().await;
    let policy = "[sign_in]\nissuer = \"https://login.broker.example\"\nclient_id = \"relay\"\n\
                  [[sign_in.role]]\nclaim_value = \"grp-lead\"\nrole = \"lead\"\n\
                  [[policy.grant]]\nroles = [\"support\"]\nplatforms = \"*\"\n\
                  [[policy.grant]]\nroles = [\"lead\"]\nplatforms = \"*\"\nvalidity_seconds = 20\n[log]\n";
    installation.change_config("[log]\n", policy);
    installation.invite().await;
    let store = store::open(&Database::sqlite(installation.folder.path()).url())
        .await
        .unwrap();
    let sign_in = lead();
    store.sign_in(&sign_in, now()).await.unwrap().unwrap();
    let support = RoleChange::Set(["support".parse().unwrap()].into());
    store.change_roles(&sign_in.email, &support).await.unwrap();
    enrol_key(&*store, STAFF, KeyId::from_thumbprint(&[12; 32]), now()).await;
    let who = ["--staff", STAFF, "--customer", "jane.roe@customers.example"];
    let (code, said, _) = test(&installation, &who).await;
    assert_eq!((code, &said["decision"]), (2, &"undecided".into()), "{said}");
    let profiles = said["profiles"].as_array().unwrap().iter();
    let profiles: Vec<_> = profiles
        .map(|profile| (&profile["decision"], &profile["validitySeconds"]))
        .collect();
    let allowed = Value::from("allowed");
    assert_eq!(profiles, [(&allowed, &20.into()), (&allowed, &30.into())]);
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
    assert!(said.contains("name one with --platform: main, other"), "{said}");
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
