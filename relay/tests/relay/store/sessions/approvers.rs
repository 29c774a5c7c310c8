//! Approvals that somebody gave by a role of their session.

use std::sync::Arc;

use stagedoor_protocol::{ApprovalId, Decision};
use stagedoor_relay::{
    config::Named,
    store::{
        ApprovalFault, ApprovalUse, Intent, IntentAnswer, NewApproval, RoleChange, SignIn, Verdict,
        VerdictAnswer,
    },
};

use super::{LEAD, MARIA, SUPPORT, profile, roles, sign_in, terms};
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
    RunOut,
    MappingGone,
    AnotherClient,
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
        (Since::RunOut, lost.clone()),
        (Since::MappingGone, lost.clone()),
        (Since::AnotherClient, lost.clone()),
        (Since::SignedOut, lost.clone()),
        (
            Since::SignedOutAndBack,
            IntentAnswer::NotApproved(ApprovalFault::Expired),
        ),
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
        Since::SignedOutAndBack => {
            let email = Some(&lab.maria.email);
            assert!(store.sign_out(email, at(4)).await.unwrap().is_some());
            store.sign_in(order, at(5)).await.unwrap().unwrap();
            assert_eq!(
                profile(store, order).await.roles(&login.terms),
                roles(&["team-lead"])
            );
            login.requested_at = at(6);
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
