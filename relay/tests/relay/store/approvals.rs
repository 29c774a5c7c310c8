//! Requests for approval, and logins by them, on one store and across two connections to it.

use std::sync::Arc;

use futures_util::future::join_all;
use stagedoor_protocol::{ApprovalId, ApprovalState, CustomerEmail, Decision, PlatformId};
use stagedoor_relay::{
    config::Named,
    store::{
        ApprovalAnswer, ApprovalFault, ApprovalUse, Intent, IntentAnswer, NewApproval, StaffMember, Store,
        Verdict, VerdictAnswer, Withdrawal,
    },
};

use super::{Lab, MINTED, at, completion, intent, nonce};
use crate::support::app::new_id;

const CUSTOMER: &str = "jane@customers.example";

/// Changes what is about to be recorded.
type Spoil = fn(&mut Intent);

/// What Maria asks for: the login that `intent` makes.
fn asked(staff: &StaffMember, customer: &str) -> NewApproval {
    let intent = intent(staff, customer, 0);
    NewApproval {
        id: ApprovalId::parse(&new_id()).unwrap(),
        staff: staff.id,
        platform: intent.platform,
        customer: intent.customer_email,
        reason: intent.reason,
        ticket: intent.ticket,
        page: intent.page,
        requested_at: at(0),
        ends_at: at(600),
    }
}

fn verdict(id: &ApprovalId, approver: &StaffMember, decision: Decision) -> Verdict {
    Verdict {
        id: id.clone(),
        key_id: super::key_of(approver),
        approvers: Named::All,
        terms: Arc::default(),
        decision,
        word: None,
        at: at(1),
        ends_at: at(301),
    }
}

/// A login by an approval at some second.
fn by(approval: &ApprovalId, staff: &StaffMember, second: i64) -> Intent {
    Intent {
        approval: Some(ApprovalUse {
            id: approval.clone(),
            approvers: Named::All,
        }),
        ..intent(staff, CUSTOMER, second)
    }
}

async fn ask(store: &dyn Store, new: &NewApproval) -> ApprovalId {
    assert_eq!(store.ask_approval(new).await.unwrap(), ApprovalAnswer::Waits);
    new.id.clone()
}

async fn approved(lab: &Lab) -> ApprovalId {
    let id = ask(&*lab.store, &asked(&lab.maria, CUSTOMER)).await;
    let answer = lab
        .store
        .decide_approval(&verdict(&id, &lab.tom, Decision::Approve))
        .await;
    assert!(matches!(answer, Ok(VerdictAnswer::Stands(_))));
    id
}

#[tokio::test]
async fn a_request_is_kept_as_it_was_made() {
    let lab = Lab::new().await;
    let mut new = asked(&lab.maria, "Jané.Roe@customers.example");
    new.ticket = Some("SUP-1".to_owned());
    let id = ask(&*lab.store, &new).await;
    let kept = lab.store.approval(&id).await.unwrap().unwrap();
    assert_eq!(kept.staff_name, "Maria");
    assert_eq!(kept.asked.customer.as_str(), "Jané.Roe@customers.example");
    assert_eq!(
        (&kept.asked.reason, &kept.asked.ticket),
        (&new.reason, &new.ticket)
    );
    assert_eq!(kept.asked.page, new.page);
    assert_eq!((kept.asked.requested_at, kept.asked.ends_at), (at(0), at(600)));
    assert_eq!(kept.state(at(599)), ApprovalState::Waiting);
    assert_eq!(kept.state(at(600)), ApprovalState::Expired);
    assert!(kept.decided.is_none());
    for (approver, second, platforms, waiting) in [
        (&lab.tom, 5, &["main"][..], 1),
        (&lab.tom, 5, &["other", "main"], 1),
        (&lab.tom, 5, &["other"], 0),
        (&lab.tom, 5, &[], 0),
        (&lab.maria, 5, &["main"], 0),
        (&lab.tom, 600, &["main"], 0),
    ] {
        let platforms: Vec<_> = platforms
            .iter()
            .map(|id| PlatformId::parse(id).unwrap())
            .collect();
        let found = lab
            .store
            .waiting_approvals(approver, &platforms, at(second), 10)
            .await;
        assert_eq!(found.unwrap().len(), waiting, "{platforms:?} {second}");
    }
}

#[tokio::test]
async fn a_customer_is_the_same_in_whatever_spelling() {
    let lab = Lab::new().await;
    let id = ask(&*lab.store, &asked(&lab.maria, "Eve@münchen.example")).await;
    let approve = verdict(&id, &lab.tom, Decision::Approve);
    lab.store.decide_approval(&approve).await.unwrap();
    let mut login = by(&id, &lab.maria, 5);
    login.customer_email = CustomerEmail::parse("eve@xn--mnchen-3ya.example").unwrap();
    assert_eq!(
        lab.store.record_intent(&login).await.unwrap(),
        IntentAnswer::Recorded
    );
}

#[tokio::test]
async fn nothing_is_used_up_by_an_intent_that_is_not_recorded() {
    let lab = Lab::new().await;
    let id = approved(&lab).await;
    let size = lab.store.ledger_size().await.unwrap();
    let cases: [(Spoil, ApprovalFault); 6] = [
        (|intent| intent.reason = None, ApprovalFault::Mismatch),
        (
            |intent| intent.ticket = Some("T".to_owned()),
            ApprovalFault::Mismatch,
        ),
        (
            |intent| intent.platform = PlatformId::parse("other").unwrap(),
            ApprovalFault::Mismatch,
        ),
        (
            |intent| intent.customer_email = CustomerEmail::parse("j@customers.example").unwrap(),
            ApprovalFault::Mismatch,
        ),
        (
            |intent| intent.approval.as_mut().unwrap().approvers = Named::nobody(),
            ApprovalFault::ApproverLost,
        ),
        (|intent| intent.requested_at = at(301), ApprovalFault::Expired),
    ];
    for (spoil, fault) in cases {
        let mut intent = by(&id, &lab.maria, 2);
        spoil(&mut intent);
        let answer = lab.store.record_intent(&intent).await.unwrap();
        assert_eq!(answer, IntentAnswer::NotApproved(fault));
        // The nonce is spent, as by every refusal.
        assert!(
            !lab.store
                .claim_nonce(&intent.key_id, &intent.nonce, at(900))
                .await
                .unwrap()
        );
    }
    let theirs = lab.store.record_intent(&by(&id, &lab.tom, 2)).await.unwrap();
    assert_eq!(theirs, IntentAnswer::NotApproved(ApprovalFault::Unknown));
    // Under way, and held by a colleague.
    let open = intent(&lab.maria, CUSTOMER, 2);
    lab.store.record_intent(&open).await.unwrap();
    let answer = lab.store.record_intent(&by(&id, &lab.maria, 3)).await.unwrap();
    assert!(matches!(answer, IntentAnswer::UnderWay(_)), "{answer:?}");
    lab.store
        .record_outcome(&open.request_id, &completion(MINTED, 4))
        .await
        .unwrap();
    assert_eq!(lab.store.ledger_size().await.unwrap(), size + 2);
    lab.login(&by(&id, &lab.maria, 5), MINTED).await;
    let answer = lab.store.record_intent(&by(&id, &lab.maria, 6)).await.unwrap();
    assert_eq!(answer, IntentAnswer::NotApproved(ApprovalFault::Used));
    // One id is one login: a repeated request is that before anything else.
    let mut repeated = by(&id, &lab.maria, 7);
    (repeated.request_id, repeated.nonce) = (open.request_id, nonce());
    assert_eq!(
        lab.store.record_intent(&repeated).await.unwrap(),
        IntentAnswer::Repeated
    );
}

#[tokio::test]
async fn of_logins_by_one_approval_on_two_relays_one_is_recorded() {
    let lab = Lab::new().await;
    let stores = [lab.store.clone(), lab.second_store().await];
    for _ in 0..10 {
        let id = approved(&lab).await;
        let attempts = (0..8_usize).map(|number| {
            let store: Arc<dyn Store> = stores[number % 2].clone();
            let intent = by(&id, &lab.maria, 2);
            async move { (store.record_intent(&intent).await.unwrap(), intent) }
        });
        let answers = join_all(attempts).await;
        let (recorded, refused): (Vec<_>, Vec<_>) = answers
            .into_iter()
            .partition(|(answer, _)| *answer == IntentAnswer::Recorded);
        assert_eq!(recorded.len(), 1);
        for (answer, _) in refused {
            assert_eq!(answer, IntentAnswer::NotApproved(ApprovalFault::Used));
        }
        let end = completion(MINTED, 3);
        let intent = &recorded[0].1;
        lab.store.record_outcome(&intent.request_id, &end).await.unwrap();
    }
}

#[tokio::test]
async fn decisions_withdrawals_and_uses_on_two_relays_come_one_after_the_other() {
    let lab = Lab::new().await;
    let other = lab.second_store().await;
    let lead = super::enrol(&*lab.store, "lead@broker.example", "Lead").await;
    let mut seen = [0; 2];
    for round in 0..20 {
        let id = ask(&*lab.store, &asked(&lab.maria, CUSTOMER)).await;
        let approve = verdict(&id, &lab.tom, Decision::Approve);
        let decline = verdict(&id, &lead, Decision::Decline);
        let login = by(&id, &lab.maria, 2);
        let (one, two, used, withdrawn) = tokio::join!(
            lab.store.decide_approval(&approve),
            other.decide_approval(&decline),
            other.record_intent(&login),
            async {
                match round % 2 {
                    0 => Some(lab.store.withdraw_approval(&id, lab.maria.id).await.unwrap()),
                    _ => None,
                }
            },
        );
        let stands = |answer: &VerdictAnswer| matches!(answer, VerdictAnswer::Stands(_));
        let (one, two, used) = (one.unwrap(), two.unwrap(), used.unwrap());
        assert!(!(stands(&one) && stands(&two)));
        if used == IntentAnswer::Recorded {
            assert!(stands(&one) && withdrawn != Some(Withdrawal::Withdrawn));
            seen[0] += 1;
        } else {
            assert!(matches!(used, IntentAnswer::NotApproved(_)), "{used:?}");
            seen[1] += 1;
        }
        if used == IntentAnswer::Recorded {
            let end = completion(MINTED, 3);
            lab.store.record_outcome(&login.request_id, &end).await.unwrap();
        }
    }
    assert_eq!(seen.iter().sum::<i32>(), 20);
}

#[tokio::test]
async fn requests_of_one_person_are_counted_across_relays() {
    let lab = Lab::new().await;
    let stores = [lab.store.clone(), lab.second_store().await];
    let asking = (0..16_usize).map(|number| {
        let new = asked(&lab.maria, &format!("c{number}@customers.example"));
        let store = stores[number % 2].clone();
        async move { store.ask_approval(&new).await.unwrap() }
    });
    let answers = join_all(asking).await;
    let waits = answers.iter().filter(|answer| **answer == ApprovalAnswer::Waits);
    assert_eq!(waits.count(), 10);
    assert_eq!(lab.database.count("approvals").await, 10);
    // The same customer many times over is one request.
    let asking = (0..8_usize).map(|number| {
        let new = asked(&lab.tom, CUSTOMER);
        let store = stores[number % 2].clone();
        async move { store.ask_approval(&new).await.unwrap() }
    });
    let answers = join_all(asking).await;
    assert!(answers.iter().all(|answer| *answer == ApprovalAnswer::Waits));
    assert_eq!(lab.database.count("approvals").await, 11);
}

#[tokio::test]
async fn ended_requests_are_forgotten_and_no_others() {
    let lab = Lab::new().await;
    let id = ask(&*lab.store, &asked(&lab.maria, CUSTOMER)).await;
    lab.store.forget_stale(at(600 + 599)).await.unwrap();
    assert!(lab.store.approval(&id).await.unwrap().is_some());
    assert_eq!(lab.store.forget_stale(at(600 + 600)).await.unwrap(), 1);
    assert!(lab.store.approval(&id).await.unwrap().is_none());
    assert_eq!(lab.database.count("approvals").await, 0);
}
