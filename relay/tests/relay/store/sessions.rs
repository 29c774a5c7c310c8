//! What a sign-in brings to a profile: roles that are the session's, beside those that the administrator gave the person.

use std::{collections::BTreeSet, sync::Arc};

use stagedoor_protocol::{ApprovalId, CustomerEmail, Decision};
use stagedoor_relay::{
    config::Named,
    store::{
        ApprovalFault, ApprovalUse, Intent, IntentAnswer, MappedRole, NewApproval, Profile, Role, RoleChange,
        SignIn, SignInClient, SignInTerms, SignedOut, StaffMember, Store, Verdict, VerdictAnswer,
    },
};

use super::{Lab, at, identities, intent, key_of};
use crate::support::app::new_id;

const CUSTOMER: &str = "jane@customers.example";
const MARIA: &str = "maria@broker.example";
const LEAD: [&str; 2] = ["team-lead", "grp-lead"];
const SUPPORT: [&str; 2] = ["support", "grp-support"];

fn mapped(pairs: &[[&str; 2]]) -> BTreeSet<MappedRole> {
    let mapped = |[role, value]: &[&str; 2]| identities::mapped(role, value);
    pairs.iter().map(mapped).collect()
}

fn terms(pairs: &[[&str; 2]]) -> Arc<SignInTerms> {
    Arc::new(SignInTerms {
        mapping: mapped(pairs),
        ..(*identities::terms()).clone()
    })
}

/// Maria signs in with a key of this number.
fn sign_in(key: u8, pairs: &[[&str; 2]]) -> SignIn {
    SignIn {
        roles: mapped(pairs),
        ..identities::sign_in("u-1", MARIA, key)
    }
}

fn roles(names: &[&str]) -> BTreeSet<Role> {
    names.iter().map(|name| name.parse().unwrap()).collect()
}

async fn profile(store: &dyn Store, sign_in: &SignIn) -> Profile {
    store.profile(&sign_in.key_id).await.unwrap().unwrap()
}

#[tokio::test]
async fn roles_of_a_sign_in_are_its_sessions_and_those_of_the_administrator_stay() {
    let lab = Lab::new().await;
    let store = &*lab.store;
    let given = RoleChange::Set(roles(&["auditor", "team-lead"]));
    store.change_roles(&lab.maria.email, &given).await.unwrap();
    let all = terms(&[LEAD, SUPPORT]);
    let (one, other) = (sign_in(11, &[LEAD, SUPPORT]), sign_in(12, &[SUPPORT]));
    let answer = store.sign_in(&one, at(1)).await.unwrap().unwrap();
    assert!(answer.roles_changed);
    assert_eq!(answer.staff.roles, roles(&["auditor", "team-lead"]));
    let brought = profile(store, &one).await;
    assert_eq!(brought.roles(&all), roles(&["auditor", "support", "team-lead"]));
    // A profile that a code enrolled has nothing of it.
    let by_code = store.profile(&key_of(&lab.maria)).await.unwrap().unwrap();
    assert_eq!(by_code.roles(&all), roles(&["auditor", "team-lead"]));
    let again = store.sign_in(&one, at(2)).await.unwrap().unwrap();
    assert!(!again.roles_changed, "the same as before");

    // What counts is what the mapping in use gives, by the very value that gave it.
    for (mapping, expected) in [
        (terms(&[SUPPORT]), roles(&["auditor", "support", "team-lead"])),
        (
            terms(&[["support", "grp-other"]]),
            roles(&["auditor", "team-lead"]),
        ),
        (identities::terms(), roles(&["auditor", "team-lead"])),
    ] {
        assert_eq!(brought.roles(&mapping), expected);
    }

    // The provider says less: that holds for the other session too, and takes nothing that the administrator gave.
    store
        .change_roles(&lab.maria.email, &RoleChange::Set(roles(&["auditor"])))
        .await
        .unwrap();
    assert!(store.sign_in(&other, at(3)).await.unwrap().unwrap().roles_changed);
    for key in [&one, &other] {
        assert_eq!(
            profile(store, key).await.roles(&all),
            roles(&["auditor", "support"])
        );
    }
    // It says more: to the session that is signed in.
    assert!(!store.sign_in(&other, at(4)).await.unwrap().unwrap().roles_changed);
    store
        .sign_in(&sign_in(12, &[LEAD, SUPPORT]), at(5))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        profile(store, &one).await.roles(&all),
        roles(&["auditor", "support"])
    );
    assert_eq!(
        profile(store, &other).await.roles(&all),
        roles(&["auditor", "support", "team-lead"])
    );
    let listed = store.list_staff().await.unwrap();
    let maria = listed.iter().find(|row| row.member.id == lab.maria.id).unwrap();
    assert_eq!(maria.sign_in_roles(&all, at(6)), roles(&["support", "team-lead"]));
    assert_eq!(maria.sign_in_roles(&terms(&[LEAD]), at(6)), roles(&["team-lead"]));
    assert_eq!(
        maria.sign_in_roles(&all, at(100)),
        roles(&[]),
        "the sessions have ended"
    );
}

#[tokio::test]
async fn a_sign_in_that_is_refused_for_lost_groups_takes_all_that_was_brought() {
    let lab = Lab::new().await;
    let store = &*lab.store;
    let (one, other) = (sign_in(11, &[LEAD]), sign_in(12, &[LEAD]));
    for order in [&one, &other] {
        store.sign_in(order, at(1)).await.unwrap().unwrap();
    }
    let all = terms(&[LEAD]);
    let toms = identities::sign_in("u-2", "tom@broker.example", 13);
    store
        .sign_in(
            &SignIn {
                roles: mapped(&[LEAD]),
                ..toms.clone()
            },
            at(1),
        )
        .await
        .unwrap()
        .unwrap();
    let nobody = store
        .withdraw_sign_in(&one.client.issuer, "u-9", at(2))
        .await
        .unwrap();
    assert_eq!(nobody, None);
    let withdrawn = store
        .withdraw_sign_in(&one.client.issuer, "u-1", at(2))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        (withdrawn.staff, withdrawn.sessions, withdrawn.had_roles),
        (lab.maria.id, 2, true)
    );
    for order in [&one, &other] {
        let profile = profile(store, order).await;
        assert!(profile.has_run_out(&all, at(2)));
        assert_eq!(profile.roles(&all), roles(&[]));
    }
    let again = store
        .withdraw_sign_in(&one.client.issuer, "u-1", at(3))
        .await
        .unwrap()
        .unwrap();
    assert_eq!((again.sessions, again.had_roles), (0, false));
    // Others keep theirs, and so does what a code enrolled.
    assert!(!profile(store, &toms).await.has_run_out(&all, at(2)));
    let login = intent(&lab.maria, CUSTOMER, 3);
    assert_eq!(store.record_intent(&login).await.unwrap(), IntentAnswer::Recorded);
}

/// A login by the profile that was signed in.
fn by(sign_in: &SignIn, staff: &StaffMember, terms: &Arc<SignInTerms>, profile: &Profile) -> Intent {
    Intent {
        key_id: sign_in.key_id.clone(),
        roles: profile.roles(terms),
        terms: terms.clone(),
        ..intent(staff, CUSTOMER, 5)
    }
}

#[tokio::test]
async fn which_roles_a_session_has_is_decided_with_the_record() {
    let lab = Lab::new().await;
    let (store, elsewhere) = (&*lab.store, lab.second_store().await);
    let order = sign_in(11, &[LEAD]);
    let staff = store.sign_in(&order, at(1)).await.unwrap().unwrap().staff;
    let mapping = terms(&[LEAD]);
    let login = by(&order, &staff, &mapping, &profile(store, &order).await);
    assert_eq!(login.roles, roles(&["team-lead"]));
    // Another relay learns that the person is no lead any more.
    elsewhere
        .sign_in(&sign_in(12, &[]), at(2))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        store.record_intent(&login).await.unwrap(),
        IntentAnswer::ProfileChanged
    );
    let mut without = login.clone();
    without.roles = roles(&[]);
    assert_eq!(
        store.record_intent(&without).await.unwrap(),
        IntentAnswer::Recorded
    );
    assert_eq!(store.ledger_size().await.unwrap(), 1);
}

/// What happens to the approver's session between the approval and the login.
#[derive(Debug, Clone, Copy)]
enum Since {
    Nothing,
    Revoked,
    RevokedAndBack,
    LostGroup,
    RunOut,
    MappingGone,
    AnotherClient,
    SignedOut,
    Disabled,
}

#[tokio::test]
async fn an_approval_counts_while_the_session_that_gave_it_has_the_role() {
    let lab = Lab::new().await;
    let lost = IntentAnswer::NotApproved(ApprovalFault::ApproverLost);
    for (number, (since, expected)) in [
        (Since::Nothing, IntentAnswer::Recorded),
        (Since::Revoked, lost.clone()),
        (Since::RevokedAndBack, lost.clone()),
        (Since::LostGroup, lost.clone()),
        (Since::RunOut, lost.clone()),
        (Since::MappingGone, lost.clone()),
        (Since::AnotherClient, lost.clone()),
        (Since::SignedOut, lost.clone()),
        (Since::Disabled, lost),
    ]
    .into_iter()
    .enumerate()
    {
        let order = sign_in(u8::try_from(20 + number).unwrap(), &[LEAD]);
        let lead = lab.store.sign_in(&order, at(1)).await.unwrap().unwrap().staff;
        let customer = format!("c{number}@customers.example");
        let asked = intent(&lab.tom, &customer, 2);
        let id = ApprovalId::parse(&new_id()).unwrap();
        let new = NewApproval {
            id: id.clone(),
            staff: lab.tom.id,
            platform: asked.platform.clone(),
            customer: asked.customer_email.clone(),
            reason: asked.reason.clone(),
            ticket: None,
            page: asked.page.clone(),
            requested_at: at(2),
            ends_at: at(600),
        };
        lab.store.ask_approval(&new).await.unwrap();
        let approvers = Named::These(roles(&["team-lead"]));
        let verdict = Verdict {
            id: id.clone(),
            key_id: order.key_id.clone(),
            approvers: approvers.clone(),
            terms: terms(&[LEAD]),
            decision: Decision::Approve,
            word: None,
            at: at(3),
            ends_at: at(300),
        };
        let by_code = Verdict {
            key_id: key_of(&lead),
            ..verdict.clone()
        };
        let answer = lab.store.decide_approval(&by_code).await.unwrap();
        assert!(
            matches!(answer, VerdictAnswer::NotPermitted),
            "that profile brought no role"
        );
        let answer = lab.store.decide_approval(&verdict).await.unwrap();
        assert!(matches!(answer, VerdictAnswer::Stands(_)), "{since:?}");
        let mut login = Intent {
            approval: Some(ApprovalUse { id, approvers }),
            terms: terms(&[LEAD]),
            ..asked
        };
        happen(&lab, since, &order, &mut login).await;
        assert_eq!(
            lab.store.record_intent(&login).await.unwrap(),
            expected,
            "{since:?}"
        );
        let none = RoleChange::Set(roles(&[]));
        lab.store.change_roles(&lab.maria.email, &none).await.unwrap();
    }
}

async fn happen(lab: &Lab, since: Since, order: &SignIn, login: &mut Intent) {
    let store = &*lab.store;
    match since {
        Since::Nothing => {}
        Since::Revoked => {
            store.revoke_profile(&order.key_id, at(4)).await.unwrap().unwrap();
        }
        Since::RevokedAndBack => {
            store.revoke_profile(&order.key_id, at(4)).await.unwrap().unwrap();
            let given = RoleChange::Set(roles(&["team-lead"]));
            store.change_roles(&lab.maria.email, &given).await.unwrap();
            super::enrol_key(store, MARIA, order.key_id.clone(), at(4)).await;
            let profile = profile(store, order).await;
            assert!(!profile.revoked && profile.roles(&login.terms) == roles(&["team-lead"]));
        }
        Since::LostGroup => {
            store
                .sign_in(&sign_in(19, &[SUPPORT]), at(4))
                .await
                .unwrap()
                .unwrap();
        }
        Since::RunOut => login.requested_at = at(100),
        Since::MappingGone => login.terms = terms(&[["team-lead", "grp-other"]]),
        Since::AnotherClient => {
            let mut other = (*login.terms).clone();
            other.client.as_mut().unwrap().client_id = "other".to_owned();
            login.terms = Arc::new(other);
        }
        Since::SignedOut => {
            let email = Some(&lab.maria.email);
            assert!(store.sign_out(email, at(4)).await.unwrap().is_some());
        }
        Since::Disabled => {
            store
                .disable_staff(&lab.maria.email, at(4))
                .await
                .unwrap()
                .unwrap();
        }
    }
}

#[tokio::test]
async fn a_session_holds_only_for_the_provider_and_client_that_gave_it() {
    let lab = Lab::new().await;
    let order = sign_in(11, &[]);
    let staff = lab.store.sign_in(&order, at(1)).await.unwrap().unwrap().staff;
    let other = |issuer: &str, client_id: &str| {
        Arc::new(SignInTerms {
            client: Some(SignInClient {
                issuer: issuer.to_owned(),
                client_id: client_id.to_owned(),
            }),
            ..SignInTerms::default()
        })
    };
    let issuer = order.client.issuer.as_str();
    let session = profile(&*lab.store, &order).await;
    for (terms, expected) in [
        (Arc::default(), IntentAnswer::ProfileChanged),
        (
            other("https://other.example", "relay"),
            IntentAnswer::ProfileChanged,
        ),
        (other(issuer, "other"), IntentAnswer::ProfileChanged),
        (other(issuer, "relay"), IntentAnswer::Recorded),
    ] {
        assert_eq!(
            session.has_run_out(&terms, at(5)),
            expected != IntentAnswer::Recorded
        );
        let login = by(&order, &staff, &terms, &session);
        assert_eq!(
            lab.store.record_intent(&login).await.unwrap(),
            expected,
            "{terms:?}"
        );
    }
}

#[tokio::test]
async fn signing_out_ends_the_sessions_of_one_or_of_all_at_every_relay_whatever_its_clock() {
    let lab = Lab::new().await;
    let (store, elsewhere) = (&*lab.store, lab.second_store().await);
    let (one, other) = (sign_in(11, &[LEAD]), sign_in(12, &[LEAD]));
    let toms = identities::sign_in("u-2", "tom@broker.example", 13);
    for order in [&one, &other, &toms] {
        store.sign_in(order, at(1)).await.unwrap().unwrap();
    }
    let terms = terms(&[LEAD]);
    let ended = async |order| {
        // A relay's clock may be behind.
        profile(store, order).await.has_run_out(&terms, at(0))
    };
    let nobody = CustomerEmail::parse("nobody@broker.example").unwrap();
    assert_eq!(elsewhere.sign_out(Some(&nobody), at(5)).await.unwrap(), None);
    let signed_out = elsewhere.sign_out(Some(&lab.maria.email), at(5)).await.unwrap();
    let of = |staff: &StaffMember, sessions| SignedOut {
        staff: staff.id,
        sessions,
    };
    assert_eq!(signed_out, Some(vec![of(&lab.maria, 2)]));
    assert_eq!(
        [ended(&one).await, ended(&other).await, ended(&toms).await],
        [true, true, false]
    );
    let by_code = store.profile(&key_of(&lab.maria)).await.unwrap().unwrap();
    assert!(!by_code.has_run_out(&terms, at(5)), "a code's profile goes on");
    // Whoever signs in again is in again, with the same roles as before.
    let again = store.sign_in(&one, at(6)).await.unwrap().unwrap();
    assert!(!again.roles_changed && !ended(&one).await);
    let all = elsewhere.sign_out(None, at(7)).await.unwrap();
    assert_eq!(all, Some(vec![of(&lab.maria, 1), of(&lab.tom, 1)]));
    assert!(ended(&one).await && ended(&toms).await);
    assert_eq!(elsewhere.sign_out(None, at(8)).await.unwrap(), Some(vec![]));
}
