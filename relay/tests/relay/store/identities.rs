//! Who somebody is at the firm's provider, and how long they are signed in.

use std::{collections::BTreeSet, sync::Arc};

use futures_util::future::join;
use stagedoor_protocol::{CustomerEmail, KeyId, PublicKeyBytes};
use stagedoor_relay::store::{
    Admission, Intent, IntentAnswer, MOST_ROLES, MappedRole, NewStaff, Role, RoleChange, SignIn,
    SignInClient, SignInRefusal, SignInTerms, VerifyingKey,
};

use super::{Lab, at, intent};

const ISSUER: &str = "https://login.broker.example";

pub(super) fn sign_in(subject: &str, email: &str, key: u8) -> SignIn {
    SignIn {
        client: SignInClient {
            issuer: ISSUER.to_owned(),
            client_id: "relay".to_owned(),
        },
        subject: subject.to_owned(),
        email: CustomerEmail::parse(email).unwrap(),
        name: Some("From the provider".to_owned()),
        admission: Admission::Known,
        roles: BTreeSet::new(),
        key_id: KeyId::from_thumbprint(&[key; 32]),
        key: VerifyingKey(PublicKeyBytes::Ed25519([7; 32])),
        extension_version: "0.2.0".to_owned(),
        session_ends_at: at(100),
    }
}

fn added(subject: &str, email: &str, key: u8) -> SignIn {
    SignIn {
        admission: Admission::Add,
        ..sign_in(subject, email, key)
    }
}

/// The `[sign_in]` of these sign-ins, without a mapping.
pub(super) fn terms() -> Arc<SignInTerms> {
    Arc::new(SignInTerms {
        client: Some(sign_in("", "maria@broker.example", 0).client),
        ..SignInTerms::default()
    })
}

pub(crate) fn mapped(role: &str, value: &str) -> MappedRole {
    MappedRole {
        role: role.parse().unwrap(),
        claim: "groups".to_owned(),
        value: value.to_owned(),
    }
}

fn roles(names: &str) -> BTreeSet<Role> {
    names
        .split_whitespace()
        .map(|name| name.parse().unwrap())
        .collect()
}

#[tokio::test]
async fn whether_a_session_has_ended_is_decided_with_the_record() {
    let lab = Lab::new().await;
    // Maria's key was enrolled by a code; by signing in, it gets an end.
    let key = intent(&lab.maria, "a@customers.example", 0).key_id;
    let mut order = sign_in("u-1", "maria@broker.example", 0);
    order.key_id = key;
    let signed_in = lab.store.sign_in(&order, at(10)).await.unwrap().unwrap();
    assert_eq!(
        signed_in.staff, lab.maria,
        "the name that the operator gave stays"
    );

    let terms = terms();
    let in_session = |customer, second| Intent {
        terms: terms.clone(),
        ..intent(&lab.maria, customer, second)
    };
    let last = in_session("a@customers.example", 99);
    assert_eq!(
        lab.store.record_intent(&last).await.unwrap(),
        IntentAnswer::Recorded
    );
    let late = in_session("b@customers.example", 100);
    assert_eq!(
        lab.store.record_intent(&late).await.unwrap(),
        IntentAnswer::ProfileChanged
    );
    assert_eq!(lab.store.ledger_size().await.unwrap(), 1);
    // Its nonce was left to it: renewed, the same request passes.
    order.session_ends_at = at(200);
    lab.store.sign_in(&order, at(100)).await.unwrap().unwrap();
    assert_eq!(
        lab.store.record_intent(&late).await.unwrap(),
        IntentAnswer::Recorded
    );
    let profiles = lab.store.list_profiles(Some(&lab.maria.email)).await.unwrap();
    assert_eq!(profiles.len(), 1);
    assert_eq!(profiles[0].signed_in.as_ref().unwrap().ends_at, at(200));
    assert_eq!(
        (profiles[0].enrolled_at, profiles[0].extension_version.as_str()),
        (at(0), "0.2.0")
    );
}

#[tokio::test]
async fn of_two_who_want_one_identity_at_the_same_time_one_gets_it() {
    let lab = Lab::new().await;
    let other = lab.second_store().await;
    // Two subjects with one address.
    let (one, two) = (
        sign_in("u-1", "maria@broker.example", 11),
        sign_in("u-2", "maria@broker.example", 12),
    );
    let (one, two) = join(lab.store.sign_in(&one, at(1)), other.sign_in(&two, at(1))).await;
    let (one, two) = (one.unwrap(), two.unwrap());
    assert!(one.is_ok() != two.is_ok(), "{one:?} {two:?}");
    assert_eq!(one.and(two), Err(SignInRefusal::AddressBound(lab.maria.id)));
    // One subject with two addresses.
    let (one, two) = (
        added("u-3", "x@broker.example", 13),
        added("u-3", "y@broker.example", 14),
    );
    let (one, two) = join(lab.store.sign_in(&one, at(1)), other.sign_in(&two, at(1))).await;
    let (one, two) = (one.unwrap(), two.unwrap());
    assert!(one.is_ok() != two.is_ok(), "{one:?} {two:?}");
    assert!(matches!(one.and(two), Err(SignInRefusal::SubjectBound(_))));
    // One new person with two browsers.
    let (one, two) = (
        added("u-4", "new@broker.example", 15),
        added("u-4", "NEW@broker.example", 16),
    );
    let (one, two) = join(lab.store.sign_in(&one, at(1)), other.sign_in(&two, at(1))).await;
    assert_eq!(one.unwrap().unwrap().staff.id, two.unwrap().unwrap().staff.id);
    assert_eq!(lab.database.count("identities").await, 3);
    assert_eq!(lab.database.count("staff").await, 4);
}

#[tokio::test]
async fn a_refusal_says_about_whom_and_leaves_nothing_behind() {
    let lab = Lab::new().await;
    let (maria, tom) = (lab.maria.id, lab.tom.id);
    lab.store
        .sign_in(&sign_in("u-1", "maria@broker.example", 21), at(1))
        .await
        .unwrap()
        .unwrap();
    lab.store
        .revoke_profile(&KeyId::from_thumbprint(&[21; 32]), at(2))
        .await
        .unwrap();
    let many = (0..MOST_ROLES).map(|n| format!("r{n} ")).collect::<String>();
    lab.store
        .change_roles(&lab.tom.email, &RoleChange::Set(roles(&many)))
        .await
        .unwrap();
    let one_more = SignIn {
        roles: [mapped("one-more", "grp-1")].into(),
        ..sign_in("u-2", "tom@broker.example", 22)
    };
    let before = [
        lab.database.count("identities").await,
        lab.database.count("profiles").await,
    ];
    for (order, refusal) in [
        (
            sign_in("u-9", "nobody@broker.example", 22),
            SignInRefusal::Unknown,
        ),
        (
            sign_in("u-9", "maria@broker.example", 22),
            SignInRefusal::AddressBound(maria),
        ),
        (
            sign_in("u-1", "tom@broker.example", 22),
            SignInRefusal::SubjectBound(maria),
        ),
        (
            added("u-1", "new@broker.example", 22),
            SignInRefusal::SubjectBound(maria),
        ),
        (
            sign_in("u-1", "maria@broker.example", 21),
            SignInRefusal::ProfileRevoked(maria),
        ),
        (
            added("u-9", "new@broker.example", 21),
            SignInRefusal::ProfileRevoked(maria),
        ),
        // The key of Tom's profile.
        (
            SignIn {
                key_id: intent(&lab.tom, "a@customers.example", 0).key_id,
                ..added("u-9", "new@broker.example", 0)
            },
            SignInRefusal::ProfileOfAnother(tom),
        ),
        (one_more, SignInRefusal::TooManyRoles(tom)),
    ] {
        assert_eq!(lab.store.sign_in(&order, at(3)).await.unwrap(), Err(refusal));
    }
    lab.store.disable_staff(&lab.tom.email, at(4)).await.unwrap();
    let disabled = lab
        .store
        .sign_in(&sign_in("u-2", "tom@broker.example", 22), at(5))
        .await;
    assert_eq!(disabled.unwrap(), Err(SignInRefusal::Disabled(tom)));
    let after = [
        lab.database.count("identities").await,
        lab.database.count("profiles").await,
    ];
    assert_eq!(before, after);
    assert_eq!(lab.database.count("staff").await, 2);
}

#[tokio::test]
async fn people_are_added_and_unlinked_and_shown_with_who_they_are() {
    let lab = Lab::new().await;
    let new = NewStaff {
        email: CustomerEmail::parse("Ops@broker.example").unwrap(),
        name: None,
        roles: Some(roles("desk")),
    };
    let ops = lab.store.add_staff(&new, at(1)).await.unwrap().unwrap();
    assert_eq!((ops.name.as_str(), &ops.roles), ("Ops", &roles("desk")));
    // Added again, they keep what is not said otherwise.
    let again = NewStaff {
        name: Some("Operations".to_owned()),
        roles: None,
        ..new
    };
    let ops = lab.store.add_staff(&again, at(3)).await.unwrap().unwrap();
    assert_eq!((ops.name.as_str(), &ops.roles), ("Operations", &roles("desk")));

    lab.store
        .sign_in(&sign_in("u-5", "ops@broker.example", 31), at(4))
        .await
        .unwrap()
        .unwrap();
    let elsewhere = SignIn {
        client: SignInClient {
            issuer: "https://other.example".to_owned(),
            client_id: "relay".to_owned(),
        },
        ..sign_in("u-5", "ops@broker.example", 31)
    };
    lab.store.sign_in(&elsewhere, at(5)).await.unwrap().unwrap();
    let details = lab.store.staff_details(&ops.email, at(6)).await.unwrap().unwrap();
    let identities = details
        .identities
        .iter()
        .map(|one| (one.issuer.as_str(), one.subject.as_str(), one.bound_at));
    assert_eq!(
        identities.collect::<Vec<_>>(),
        [(ISSUER, "u-5", at(4)), ("https://other.example", "u-5", at(5))]
    );

    let unlinked = lab.store.unlink_staff(&ops.email).await.unwrap();
    assert_eq!(
        unlinked.map(|(staff, count)| (staff.id, count)),
        Some((ops.id, 2))
    );
    let nobody = CustomerEmail::parse("nobody@broker.example").unwrap();
    assert!(lab.store.unlink_staff(&nobody).await.unwrap().is_none());
    lab.store
        .sign_in(&sign_in("u-6", "ops@broker.example", 31), at(7))
        .await
        .unwrap()
        .unwrap();
}
