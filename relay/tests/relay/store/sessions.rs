//! What a sign-in brings to a profile: roles that are the session's, beside those that the administrator gave the person.

mod approvers;

use std::{collections::BTreeSet, sync::Arc};

use stagedoor_protocol::CustomerEmail;
use stagedoor_relay::store::{
    Intent, IntentAnswer, MappedRole, Profile, Role, RoleChange, SignIn, SignInClient, SignInTerms,
    SignedOut, StaffMember, Store,
};

use super::{Lab, at, identities, intent, key_of};

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
