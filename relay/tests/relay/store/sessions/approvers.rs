//! Approvals that somebody gave by a role of their session.

use std::sync::Arc;

use stagedoor_protocol::{ApprovalId, Decision, KeyId};
use stagedoor_relay::{
    config::Named,
    store::{
        ApprovalFault, ApprovalUse, Intent, IntentAnswer, NewApproval, NewInvite, NewStaff, RoleChange,
        RolesAnswer, SignIn, Store, Verdict, VerdictAnswer,
    },
};

use super::{LEAD, MARIA, SUPPORT, mapped, profile, roles, sign_in, terms};
use crate::{
    store::{Lab, at, enrol_key, intent, key_of},
    support::app::new_id,
};

/// What happens to the approver's session between the approval and the login.
#[derive(Debug, Clone, Copy)]
enum Since {
    Nothing,
    Revoked,
    RevokedAndBack,
    LostGroup,
    LostGroupAndBack,
    LostGroupElsewhereAndBack,
    Renewed,
    RunOut,
    RunOutAndBack,
    MappingGone,
    AnotherClient,
    AnotherClientAndBack,
    SignedOut,
    SignedOutAndBack,
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
        (Since::LostGroupAndBack, lost.clone()),
        (Since::LostGroupElsewhereAndBack, lost.clone()),
        (Since::Renewed, IntentAnswer::Recorded),
        (Since::RunOut, lost.clone()),
        (Since::RunOutAndBack, lost.clone()),
        (Since::MappingGone, lost.clone()),
        (Since::AnotherClient, lost.clone()),
        (Since::AnotherClientAndBack, lost.clone()),
        (Since::SignedOut, lost.clone()),
        (Since::SignedOutAndBack, lost.clone()),
        (Since::Disabled, lost),
    ]
    .into_iter()
    .enumerate()
    {
        let order = sign_in(u8::try_from(20 + number).unwrap(), &[LEAD]);
        let lead = lab.store.sign_in(&order, at(1)).await.unwrap().unwrap().staff;
        let customer = format!("c{number}@customers.example");
        assert!(
            decided(&lab, &customer, key_of(&lead)).await.is_none(),
            "that profile brought no role"
        );
        let mut login = decided(&lab, &customer, order.key_id.clone()).await.unwrap();
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
            enrol_key(store, MARIA, order.key_id.clone(), at(4)).await;
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
        Since::LostGroupAndBack => {
            for pairs in [&[SUPPORT][..], &[LEAD]] {
                let order = SignIn {
                    roles: mapped(pairs),
                    ..order.clone()
                };
                store.sign_in(&order, at(4)).await.unwrap().unwrap();
            }
            back(store, order, login, 5).await;
        }
        Since::LostGroupElsewhereAndBack => {
            let elsewhere = sign_in(19, &[SUPPORT]);
            store.sign_in(&elsewhere, at(4)).await.unwrap().unwrap();
            back(store, order, login, 5).await;
        }
        Since::Renewed => back(store, order, login, 99).await,
        Since::RunOut => login.requested_at = at(100),
        Since::RunOutAndBack => back(store, order, login, 100).await,
        Since::MappingGone => login.terms = terms(&[["team-lead", "grp-other"]]),
        Since::AnotherClient => {
            let mut other = (*login.terms).clone();
            other.client.as_mut().unwrap().client_id = "other".to_owned();
            login.terms = Arc::new(other);
        }
        Since::AnotherClientAndBack => {
            let mut other = order.clone();
            other.client.client_id = "other".to_owned();
            store.sign_in(&other, at(4)).await.unwrap().unwrap();
            back(store, order, login, 5).await;
        }
        Since::SignedOut => {
            let email = Some(&lab.maria.email);
            assert!(store.sign_out(email, at(4)).await.unwrap().is_some());
        }
        Since::SignedOutAndBack => {
            let email = Some(&lab.maria.email);
            assert!(store.sign_out(email, at(4)).await.unwrap().is_some());
            back(store, order, login, 5).await;
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

/// The approver signs in with the same key as before at some second, and has the role; the login is one second later.
async fn back(store: &dyn Store, order: &SignIn, login: &mut Intent, second: i64) {
    let order = SignIn {
        session_ends_at: at(second + 60),
        ..order.clone()
    };
    store.sign_in(&order, at(second)).await.unwrap().unwrap();
    let profile = profile(store, &order).await;
    assert_eq!(profile.roles(&login.terms), roles(&["team-lead"]));
    login.requested_at = at(second + 1);
    assert!(!profile.has_run_out(&login.terms, login.requested_at));
}

/// A role of the administrator's: taken away by each command that can, and given back.
#[tokio::test]
async fn an_approval_does_not_count_again_with_a_role_that_was_taken_away() {
    let lab = Lab::new().await;
    let (store, email) = (&*lab.store, &lab.maria.email);
    let lead = RoleChange::Set(roles(&["support", "team-lead"]));
    for (number, (how, expected)) in [
        ("nothing", IntentAnswer::Recorded),
        ("another role is added", IntentAnswer::Recorded),
        ("roles", IntentAnswer::NotApproved(ApprovalFault::ApproverLost)),
        ("invite", IntentAnswer::NotApproved(ApprovalFault::ApproverLost)),
        ("add", IntentAnswer::NotApproved(ApprovalFault::ApproverLost)),
    ]
    .into_iter()
    .enumerate()
    {
        store.change_roles(email, &lead).await.unwrap();
        let customer = format!("c{number}@customers.example");
        let login = decided(&lab, &customer, key_of(&lab.maria)).await.unwrap();
        let only_support = Some(roles(&["support"]));
        match how {
            "nothing" => {}
            "another role is added" => {
                let more = RoleChange::Set(roles(&["audit", "support", "team-lead"]));
                store.change_roles(email, &more).await.unwrap();
            }
            "roles" => {
                let fewer = RoleChange::Set(roles(&["support"]));
                store.change_roles(email, &fewer).await.unwrap();
            }
            "invite" => {
                let invite = NewInvite {
                    email: email.clone(),
                    name: None,
                    roles: only_support,
                    code_sha256: [9; 32],
                    expires_at: at(900),
                };
                store.invite(&invite, at(4)).await.unwrap().unwrap();
            }
            _ => {
                let add = NewStaff {
                    email: email.clone(),
                    name: None,
                    roles: only_support,
                };
                store.add_staff(&add, at(4)).await.unwrap().unwrap();
            }
        }
        let back = RoleChange::Set(roles(&["audit", "support", "team-lead"]));
        let back = store.change_roles(email, &back).await.unwrap();
        assert!(matches!(back, RolesAnswer::Are(staff) if staff.roles.len() == 3));
        assert_eq!(store.record_intent(&login).await.unwrap(), expected, "{how}");
    }
}

/// Which of two came first is not decided by the clocks of two relays.
#[tokio::test]
async fn no_clock_decides_whether_an_approval_is_of_the_profile_as_it_is_now() {
    let lab = Lab::new().await;
    let (store, elsewhere) = (&*lab.store, lab.second_store().await);
    let given = RoleChange::Set(roles(&["team-lead"]));
    store.change_roles(&lab.maria.email, &given).await.unwrap();
    // At a relay whose clock is ahead.
    let key = sign_in(11, &[]).key_id;
    enrol_key(&*elsewhere, MARIA, key.clone(), at(100)).await;
    let login = decided(&lab, "jane@customers.example", key).await.unwrap();
    assert_eq!(store.record_intent(&login).await.unwrap(), IntentAnswer::Recorded);

    // Signed out by a command whose clock is ahead, and in again before a relay's clock comes to that time.
    let order = sign_in(12, &[]);
    store.sign_in(&order, at(1)).await.unwrap().unwrap();
    let mut login = decided(&lab, "joe@customers.example", order.key_id.clone())
        .await
        .unwrap();
    elsewhere.sign_out(None, at(200)).await.unwrap().unwrap();
    back(store, &order, &mut login, 4).await;
    let lost = IntentAnswer::NotApproved(ApprovalFault::ApproverLost);
    assert_eq!(store.record_intent(&login).await.unwrap(), lost);
}

/// Tom's login for a customer, with an approval that this profile gives at the third second, if it may.
async fn decided(lab: &Lab, customer: &str, key_id: KeyId) -> Option<Intent> {
    let asked = intent(&lab.tom, customer, 2);
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
        key_id,
        approvers: approvers.clone(),
        terms: terms(&[LEAD]),
        decision: Decision::Approve,
        word: None,
        at: at(3),
        ends_at: at(300),
    };
    let answer = lab.store.decide_approval(&verdict).await.unwrap();
    matches!(answer, VerdictAnswer::Stands(_)).then_some(Intent {
        approval: Some(ApprovalUse { id, approvers }),
        terms: terms(&[LEAD]),
        ..asked
    })
}
