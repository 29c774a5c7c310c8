//! Who logs in, and whether whom they open is a customer, is decided in the transaction that records the login.

use futures_util::future::join;
use stagedoor_protocol::{CustomerEmail, KeyId};
use stagedoor_relay::store::{IntentAnswer, MOST_ROLES, NewInvite, Role, RoleChange, RolesAnswer};

use super::{Lab, at, enrol, intent};

const CUSTOMER: &str = "jane@customers.example";

#[tokio::test]
async fn whose_profile_it_is_is_decided_with_the_record() {
    let lab = Lab::new().await;
    let changed = |intent| {
        let store = lab.store.clone();
        async move { store.record_intent(&intent).await.unwrap() }
    };
    let good = intent(&lab.maria, CUSTOMER, 0);
    let mut unknown = good.clone();
    unknown.key_id = KeyId::from_thumbprint(&[99; 32]);
    assert_eq!(changed(unknown).await, IntentAnswer::ProfileChanged);
    let mut of_another = good.clone();
    of_another.staff = lab.tom.clone();
    assert_eq!(changed(of_another).await, IntentAnswer::ProfileChanged);
    let renamed = enrol(&*lab.store, "maria@broker.example", "Maria Smith").await;
    assert_eq!(changed(good.clone()).await, IntentAnswer::ProfileChanged);
    assert_eq!(lab.store.ledger_size().await.unwrap(), 0);
    // Its nonce was left to it: the same request passes in the present name.
    let mut corrected = good.clone();
    corrected.staff = renamed.clone();
    assert_eq!(changed(corrected.clone()).await, IntentAnswer::Recorded);

    let disabled = lab.store.disable_staff(&renamed.email, at(1)).await;
    assert!(disabled.unwrap());
    let late = intent(&renamed, "other@customers.example", 2);
    assert_eq!(changed(late.clone()).await, IntentAnswer::ProfileChanged);
    // Invited again, the person may work, but the old profile may not.
    let back = NewInvite {
        email: renamed.email.clone(),
        name: None,
        roles: None,
        code_sha256: [1; 32],
        expires_at: at(900),
    };
    lab.store.invite(&back, at(3)).await.unwrap();
    assert_eq!(changed(late).await, IntentAnswer::ProfileChanged);
    assert_eq!(lab.store.ledger_size().await.unwrap(), 1);
}

#[tokio::test]
async fn nobody_opens_a_staff_member() {
    let lab = Lab::new().await;
    let tom = lab.tom.email.clone();
    for (disable, second) in [(false, 0), (true, 1)] {
        if disable {
            assert!(lab.store.disable_staff(&tom, at(second)).await.unwrap());
        }
        let intent = intent(&lab.maria, "TOM@Broker.example", second);
        let answer = lab.store.record_intent(&intent).await.unwrap();
        assert_eq!(answer, IntentAnswer::CustomerIsStaff);
        let spent = lab
            .store
            .claim_nonce(&intent.key_id, &intent.nonce, at(900))
            .await;
        assert!(!spent.unwrap(), "its nonce was left");
    }
    assert_eq!(lab.store.ledger_size().await.unwrap(), 0);
}

fn roles(names: &str) -> std::collections::BTreeSet<Role> {
    names
        .split_whitespace()
        .map(|name| name.parse().unwrap())
        .collect()
}

fn alter(add: &str, remove: &str) -> RoleChange {
    RoleChange::Alter {
        add: roles(add),
        remove: roles(remove),
    }
}

#[tokio::test]
async fn a_change_of_roles_is_a_change_of_the_person() {
    let lab = Lab::new().await;
    let maria = &lab.maria;
    assert_eq!(maria.roles, roles(""));
    let before = intent(maria, CUSTOMER, 0);
    // Another process changes them: the relay is not told.
    let elsewhere = lab.second_store().await;
    let RolesAnswer::Are(changed) = elsewhere
        .change_roles(&maria.email, &alter("vip desk", ""))
        .await
        .unwrap()
    else {
        panic!("not changed")
    };
    assert_eq!(changed.roles, roles("desk vip"));
    let answer = lab.store.record_intent(&before).await.unwrap();
    assert_eq!(answer, IntentAnswer::ProfileChanged);
    let profile = lab.store.profile(&before.key_id).await.unwrap().unwrap();
    assert_eq!(profile.staff, changed);
    let mut now = before.clone();
    now.staff = profile.staff;
    let answer = lab.store.record_intent(&now).await.unwrap();
    assert_eq!(answer, IntentAnswer::Recorded);

    let taken = elsewhere.change_roles(&maria.email, &alter("", "vip")).await;
    assert!(matches!(taken.unwrap(), RolesAnswer::Are(staff) if staff.roles == roles("desk")));
    let late = intent(&changed, "other@customers.example", 1);
    let answer = lab.store.record_intent(&late).await.unwrap();
    assert_eq!(
        answer,
        IntentAnswer::ProfileChanged,
        "a role that was lost counts no more"
    );
    let listed = lab.store.list_staff().await.unwrap();
    let listed: Vec<_> = listed.into_iter().map(|row| row.member.roles).collect();
    assert_eq!(listed, [roles("desk"), roles("")]);
}

#[tokio::test]
async fn roles_are_bounded_and_nobodys_are_not_changed() {
    let lab = Lab::new().await;
    let all = (0..MOST_ROLES).map(|n| format!("r{n:02} ")).collect::<String>();
    // Two at once: each change is made to what the other left.
    let (first, second) = all.split_at(all.len() / 2);
    let (first, second) = (alter(first, ""), alter(second, ""));
    let (one, other) = join(
        lab.store.change_roles(&lab.tom.email, &first),
        lab.store.change_roles(&lab.tom.email, &second),
    )
    .await;
    assert!(matches!(
        (one, other),
        (Ok(RolesAnswer::Are(_)), Ok(RolesAnswer::Are(_)))
    ));
    let more = lab.store.change_roles(&lab.tom.email, &alter("more", "")).await;
    assert_eq!(more.unwrap(), RolesAnswer::TooMany);
    let listed = lab.store.list_staff().await.unwrap();
    assert_eq!(listed[1].member.roles, roles(&all));
    let nobody = CustomerEmail::parse("nobody@broker.example").unwrap();
    let answer = lab
        .store
        .change_roles(&nobody, &RoleChange::Set(roles("desk")))
        .await;
    assert_eq!(answer.unwrap(), RolesAnswer::Nobody);
}

#[tokio::test]
async fn an_invitation_gives_the_roles_that_it_names_and_else_leaves_them() {
    let lab = Lab::new().await;
    for (second, given, expected) in [
        (1, Some("desk vip"), "desk vip"),
        (2, None, "desk vip"),
        (3, Some("lead"), "lead"),
    ] {
        let invite = NewInvite {
            email: lab.maria.email.clone(),
            name: None,
            roles: given.map(roles),
            code_sha256: [u8::try_from(second).unwrap(); 32],
            expires_at: at(900),
        };
        let staff = lab.store.invite(&invite, at(second)).await.unwrap();
        assert_eq!((staff.id, staff.roles), (lab.maria.id, roles(expected)));
    }
}
