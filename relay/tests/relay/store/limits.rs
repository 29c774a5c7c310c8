//! Limits as the store counts them.

use std::time::Duration;

use futures_util::future::join_all;
use stagedoor_relay::store::{
    Intent, IntentAnswer, Limit, LimitReached, LimitUse, LimitUses, StaffMember, Turn,
};

use super::{Lab, MINTED, at, intent, nonce};

/// An intent that is counted in these.
fn counted(staff: &StaffMember, customer: &str, second: i64, limits: &[(Limit, u32)]) -> Intent {
    let wanted = |(limit, most): &(Limit, u32)| LimitUse {
        limit: *limit,
        key: match limit {
            Limit::BrokerPerMinute => "https://broker.example".to_owned(),
            Limit::CustomerPerHour => customer.to_owned(),
            _ => staff.id.to_string(),
        },
        most: *most,
    };
    let mut intent = intent(staff, customer, second);
    intent.limits = LimitUses {
        uses: limits.iter().map(wanted).collect(),
        turn: Turn::Now,
    };
    intent
}

#[tokio::test]
async fn two_relays_hold_one_limit_together() {
    let lab = Lab::new().await;
    let stores = [lab.store.clone(), lab.second_store().await];
    let attempts = (0..60).map(|number| {
        let store = stores[number % 2].clone();
        let customer = format!("c{number}@customers.example");
        let intent = counted(
            &lab.maria,
            &customer,
            0,
            &[(Limit::StaffPerMinute, 17), (Limit::StaffPerDay, 40)],
        );
        tokio::spawn(async move { store.record_intent(&intent).await.unwrap() })
    });
    let answers: Vec<_> = join_all(attempts).await.into_iter().map(Result::unwrap).collect();
    let recorded = answers
        .iter()
        .filter(|answer| **answer == IntentAnswer::Recorded)
        .count();
    assert_eq!(recorded, 17);
    let first =
        |answer: &&IntentAnswer| matches!(answer, IntentAnswer::Limited(LimitReached { first: true, .. }));
    assert_eq!(answers.iter().filter(first).count(), 1, "it is told once");
    assert_eq!(lab.store.ledger_size().await.unwrap(), 17);
    let next = counted(
        &lab.maria,
        "next@customers.example",
        60,
        &[(Limit::StaffPerDay, 18)],
    );
    assert_eq!(
        stores[1].record_intent(&next).await.unwrap(),
        IntentAnswer::Recorded
    );
    let next = counted(
        &lab.maria,
        "last@customers.example",
        61,
        &[(Limit::StaffPerDay, 18)],
    );
    let refused = stores[0].record_intent(&next).await.unwrap();
    assert!(matches!(refused, IntentAnswer::Limited(_)), "{refused:?}");
}

#[tokio::test]
async fn a_refusal_writes_nothing_but_the_nonce() {
    let lab = Lab::new().await;
    let limits = [(Limit::CustomerPerHour, 1), (Limit::StaffPerMinute, 5)];
    let customer = "jane@customers.example";
    let first = counted(&lab.maria, customer, 0, &limits);
    lab.login(&first, MINTED).await;
    let second = counted(&lab.maria, customer, 36, &limits);
    let answer = lab.store.record_intent(&second).await.unwrap();
    let expected = LimitReached {
        limit: Limit::CustomerPerHour,
        most: 1,
        wait: Duration::from_secs(3600 - 36),
        first: true,
    };
    assert_eq!(answer, IntentAnswer::Limited(expected));
    assert_eq!(lab.store.ledger_size().await.unwrap(), 2);
    assert_eq!(lab.store.login(&second.request_id).await.unwrap(), None);
    let spent = lab
        .store
        .claim_nonce(&second.key_id, &second.nonce, at(900))
        .await
        .unwrap();
    assert!(!spent);
    // Four are left to the person, who has made one.
    let others = (0..9).map(|number| counted(&lab.maria, &format!("{number}@y.example"), 36, &limits[1..]));
    let mut passed = 0;
    for other in others {
        passed += i32::from(lab.store.record_intent(&other).await.unwrap() == IntentAnswer::Recorded);
    }
    // One came back in 36 seconds: a fifth of a minute is 12 seconds.
    assert_eq!(passed, 5);
}

#[tokio::test]
async fn whoever_would_rather_wait_keeps_the_nonce() {
    let lab = Lab::new().await;
    let limits = [(Limit::BrokerPerMinute, 10)];
    let first = counted(&lab.maria, "jane@customers.example", 0, &limits);
    assert_eq!(
        lab.store.record_intent(&first).await.unwrap(),
        IntentAnswer::Recorded
    );
    let mut second = counted(&lab.tom, "joe@customers.example", 0, &limits);
    second.limits.turn = Turn::Wait;
    for _ in 0..2 {
        let busy = IntentAnswer::Busy(Duration::from_millis(6667));
        assert_eq!(lab.store.record_intent(&second).await.unwrap(), busy);
    }
    second.requested_at = at(7);
    assert_eq!(
        lab.store.record_intent(&second).await.unwrap(),
        IntentAnswer::Recorded
    );
    assert_eq!(lab.database.count("nonces").await, 2);
}

#[tokio::test]
async fn what_other_rules_refuse_is_not_counted() {
    let lab = Lab::new().await;
    let limits = [(Limit::StaffPerMinute, 2)];
    let customer = "jane@customers.example";
    let first = counted(&lab.maria, customer, 0, &limits);
    lab.login(&first, MINTED).await;
    for _ in 0..3 {
        let claimed = lab
            .store
            .record_intent(&counted(&lab.tom, customer, 5, &limits))
            .await
            .unwrap();
        assert!(matches!(claimed, IntentAnswer::Claimed(_)), "{claimed:?}");
        let mut repeated = counted(&lab.tom, "joe@customers.example", 5, &limits);
        repeated.request_id = first.request_id.clone();
        repeated.nonce = nonce();
        assert_eq!(
            lab.store.record_intent(&repeated).await.unwrap(),
            IntentAnswer::Repeated
        );
    }
    for number in 0..2 {
        let passes = counted(&lab.tom, &format!("{number}@y.example"), 5, &limits);
        assert_eq!(
            lab.store.record_intent(&passes).await.unwrap(),
            IntentAnswer::Recorded
        );
    }
}

#[tokio::test]
async fn rows_that_do_not_matter_any_more_are_forgotten() {
    let lab = Lab::new().await;
    let limits = [
        (Limit::StaffPerMinute, 2),
        (Limit::CustomerPerHour, 60),
        (Limit::StaffPerDay, 9),
    ];
    let login = counted(&lab.maria, "jane@customers.example", 0, &limits);
    lab.store.record_intent(&login).await.unwrap();
    // 30 seconds for one of two a minute, 60 for one of sixty an hour; the day ends at midnight.
    for (second, left) in [(29, 3), (30, 2), (60, 1), (6399, 1), (6400, 0)] {
        lab.store.forget_stale(at(second)).await.unwrap();
        assert_eq!(lab.database.count("limits").await, left, "{second}");
    }
}
