//! Who may use the relay: roles, disabling and enabling, profiles.

use std::collections::BTreeSet;

use futures_util::future::join;
use stagedoor_protocol::{CustomerEmail, KeyId};
use stagedoor_relay::store::{
    IntentAnswer, MOST_ROLES, NewInvite, NewStaff, OpenInvite, Role, RoleChange, RolesAnswer, StaffDisabled,
};

use super::{Lab, MINTED, at, enrol, intent};

const CUSTOMER: &str = "jane@customers.example";

fn roles(names: &str) -> BTreeSet<Role> {
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
    now.roles = changed.roles.clone();
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
        let staff = lab
            .store
            .invite(&invite, at(second))
            .await
            .unwrap()
            .unwrap()
            .staff;
        assert_eq!((staff.id, staff.roles), (lab.maria.id, roles(expected)));
    }
}

fn invite(email: &CustomerEmail, code: u8, until: i64) -> NewInvite {
    NewInvite {
        email: email.clone(),
        name: None,
        roles: None,
        code_sha256: [code; 32],
        expires_at: at(until),
    }
}

#[tokio::test]
async fn all_about_a_person() {
    let lab = Lab::new().await;
    let maria = &lab.maria;
    lab.login(&intent(maria, CUSTOMER, 0), MINTED).await;
    lab.login(&intent(&lab.tom, "other@customers.example", 0), MINTED)
        .await;
    for (code, until) in [(1, 500), (2, 400)] {
        lab.store
            .invite(&invite(&maria.email, code, until), at(5))
            .await
            .unwrap()
            .unwrap();
    }
    // Asked in another spelling. Of the codes the last one alone is good.
    let spelled = CustomerEmail::parse("MARIA@Broker.example").unwrap();
    let details = async |second| {
        let details = lab.store.staff_details(&spelled, at(second)).await.unwrap();
        details.unwrap()
    };
    let found = details(10).await;
    assert_eq!((&found.member, found.created_at), (maria, at(0)));
    assert_eq!((found.disabled_at, found.logins), (None, 1));
    let open = OpenInvite {
        created_at: at(5),
        expires_at: at(400),
    };
    assert_eq!(found.invites, [open]);
    assert_eq!(details(400).await.invites, [], "its time is over");
    let [profile] = found.profiles.as_slice() else {
        panic!("{:?}", found.profiles)
    };
    assert_eq!(
        (profile.email.as_str(), profile.extension_version.as_str()),
        ("maria@broker.example", "0.1.0")
    );
    assert_eq!((profile.enrolled_at, profile.revoked_at), (at(0), None));

    let disabled = lab.store.disable_staff(&spelled, at(20)).await.unwrap();
    assert_eq!(disabled.unwrap().id, maria.id);
    let found = details(20).await;
    assert!(found.member.disabled && found.invites.is_empty());
    assert_eq!(found.disabled_at, Some(at(20)));
    assert_eq!(found.profiles[0].revoked_at, Some(at(20)));

    let nobody = CustomerEmail::parse("nobody@broker.example").unwrap();
    assert!(lab.store.staff_details(&nobody, at(0)).await.unwrap().is_none());
}

#[tokio::test]
async fn whoever_is_enabled_again_has_their_roles_and_no_profile() {
    let lab = Lab::new().await;
    let email = &lab.maria.email;
    assert!(
        lab.store.enable_staff(email).await.unwrap().is_none(),
        "not disabled"
    );
    lab.store.change_roles(email, &alter("desk", "")).await.unwrap();
    lab.store
        .invite(&invite(email, 1, 900), at(1))
        .await
        .unwrap()
        .unwrap();
    lab.store.disable_staff(email, at(2)).await.unwrap().unwrap();
    let staff = lab.store.enable_staff(email).await.unwrap().unwrap();
    assert_eq!((staff.disabled, &staff.roles), (false, &roles("desk")));
    let answer = lab.store.record_intent(&intent(&staff, CUSTOMER, 3)).await;
    assert_eq!(answer.unwrap(), IntentAnswer::ProfileChanged);
    assert!(
        !lab.store.is_code_good(&[1; 32], at(3)).await.unwrap(),
        "a code of before is void"
    );
    lab.store
        .invite(&invite(email, 2, 900), at(4))
        .await
        .unwrap()
        .unwrap();
    assert!(lab.store.is_code_good(&[2; 32], at(4)).await.unwrap());
}

#[tokio::test]
async fn a_profile_is_revoked_alone_and_once() {
    let lab = Lab::new().await;
    let (login, other) = (
        intent(&lab.maria, CUSTOMER, 1),
        intent(&lab.tom, "other@customers.example", 1),
    );
    let profiles = lab.store.list_profiles(None).await.unwrap();
    let addresses: Vec<_> = profiles.iter().map(|profile| profile.email.as_str()).collect();
    assert_eq!(addresses, ["maria@broker.example", "tom@broker.example"]);
    let toms = lab.store.list_profiles(Some(&lab.tom.email)).await.unwrap();
    assert_eq!(toms, profiles[1..]);
    // In whatever spelling of the domain.
    enrol(&*lab.store, "lead@m\u{fc}nchen.example", "Lead").await;
    for spelling in ["lead@m\u{fc}nchen.example", "lead@xn--mnchen-3ya.example"] {
        let email = CustomerEmail::parse(spelling).unwrap();
        let found = lab.store.list_profiles(Some(&email)).await.unwrap();
        assert_eq!(found.len(), 1, "{spelling}");
    }

    let elsewhere = lab.second_store().await;
    let owner = elsewhere.revoke_profile(&login.key_id, at(0)).await.unwrap();
    assert_eq!(owner.as_ref(), Some(&lab.maria), "the person is as before");
    let answer = lab.store.record_intent(&login).await.unwrap();
    assert_eq!(answer, IntentAnswer::ProfileChanged);
    let answer = lab.store.record_intent(&other).await.unwrap();
    assert_eq!(answer, IntentAnswer::Recorded);
    let revoked = lab.store.list_profiles(Some(&lab.maria.email)).await.unwrap();
    assert_eq!(revoked[0].revoked_at, Some(at(0)));
    for key in [login.key_id, KeyId::from_thumbprint(&[99; 32])] {
        assert_eq!(lab.store.revoke_profile(&key, at(2)).await.unwrap(), None);
    }
}

#[tokio::test]
async fn a_new_code_voids_the_older_ones_of_that_person_whatever_the_clocks_say() {
    let lab = Lab::new().await;
    let email = &lab.maria.email;
    let invited = async |email: &CustomerEmail, code, second| {
        let answer = lab.store.invite(&invite(email, code, 900), at(second)).await;
        answer.unwrap().unwrap().voided
    };
    assert_eq!(invited(email, 1, 10).await, 0, "the code of before is used");
    assert_eq!(invited(&lab.tom.email, 2, 10).await, 0);
    assert_eq!(invited(email, 3, 20).await, 1);
    assert_eq!(invited(email, 4, 30).await, 1, "what is void is not voided again");
    let good = async |code, second| lab.store.is_code_good(&[code; 32], at(second)).await.unwrap();
    for second in [31, 25, 10, 0] {
        assert_eq!(
            [good(1, second).await, good(3, second).await],
            [false, false],
            "{second}"
        );
        assert_eq!(
            [good(2, second).await, good(4, second).await],
            [true, true],
            "{second}"
        );
    }
    // Two at once: one of the two codes is good.
    let elsewhere = lab.second_store().await;
    let (one, other) = (invite(email, 5, 900), invite(email, 6, 900));
    let (one, other) = join(lab.store.invite(&one, at(40)), elsewhere.invite(&other, at(40))).await;
    let voided = [one, other].map(|answer| answer.unwrap().unwrap().voided);
    assert_eq!(voided, [1, 1]);
    assert!(!good(4, 41).await && good(5, 41).await != good(6, 41).await);
}

#[tokio::test]
async fn nobody_is_enabled_by_an_invitation_or_by_being_added() {
    let lab = Lab::new().await;
    let email = &lab.maria.email;
    lab.store.disable_staff(email, at(1)).await.unwrap().unwrap();
    let refused = StaffDisabled(lab.maria.id);
    let mut new = invite(email, 1, 900);
    new.name = Some("Another".to_owned());
    new.roles = Some(roles("vip"));
    assert_eq!(lab.store.invite(&new, at(2)).await.unwrap(), Err(refused));
    let added = NewStaff {
        email: email.clone(),
        name: new.name,
        roles: new.roles,
    };
    assert_eq!(lab.store.add_staff(&added, at(2)).await.unwrap(), Err(refused));
    assert!(!lab.store.is_code_good(&[1; 32], at(3)).await.unwrap());
    let details = lab.store.staff_details(email, at(3)).await.unwrap().unwrap();
    assert_eq!((details.disabled_at, details.invites.len()), (Some(at(1)), 0));
    assert_eq!(
        (details.member.name.as_str(), &details.member.roles),
        ("Maria", &roles(""))
    );
    // Enabled in so many words, they are invited as everybody is.
    lab.store.enable_staff(email).await.unwrap().unwrap();
    assert!(
        lab.store
            .invite(&invite(email, 1, 900), at(4))
            .await
            .unwrap()
            .is_ok()
    );
    assert!(lab.store.is_code_good(&[1; 32], at(5)).await.unwrap());
}

/// Records name people by numbers and nobody is deleted, so a missing number would be a question.
#[tokio::test]
async fn who_is_known_already_uses_up_no_number() {
    let lab = Lab::new().await;
    let add = async |email: &str| {
        let new = NewStaff {
            email: CustomerEmail::parse(email).unwrap(),
            name: None,
            roles: None,
        };
        lab.store.add_staff(&new, at(0)).await.unwrap()
    };
    let last = add("first@broker.example").await.unwrap();
    for code in 1..4 {
        let again = invite(&last.email, code, 900);
        let invited = lab.store.invite(&again, at(1)).await.unwrap().unwrap();
        assert_eq!(invited.staff.id, last.id);
        assert_eq!(add("first@broker.example").await.unwrap().id, last.id);
    }
    lab.store.disable_staff(&last.email, at(2)).await.unwrap();
    assert_eq!(add("first@broker.example").await, Err(StaffDisabled(last.id)));
    let next = add("second@broker.example").await.unwrap();
    assert_eq!(next.id.0, last.id.0 + 1);
}
