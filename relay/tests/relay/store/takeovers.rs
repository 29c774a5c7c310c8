//! Taking a customer over from a login that is under way.

use futures_util::future::join_all;
use stagedoor_relay::store::IntentAnswer;

use super::{FAILED, Lab, MINTED, UNKNOWN, at, completion, intent, nonce};

const CUSTOMER: &str = "jane@customers.example";

#[tokio::test]
async fn a_customer_is_not_taken_from_a_login_that_is_under_way() {
    let lab = Lab::new().await;
    for (number, outcome) in [MINTED, UNKNOWN, FAILED].into_iter().enumerate() {
        let customer = format!("{number}@customers.example");
        let earlier = intent(&lab.maria, &customer, 0);
        lab.store.record_intent(&earlier).await.unwrap();
        let own = intent(&lab.maria, &customer, 1);
        let mut other = intent(&lab.tom, &customer, 1);
        other.overrides = Some(earlier.request_id.clone());
        let size = lab.store.ledger_size().await.unwrap();
        let nonces = lab.database.count("nonces").await;
        // More than once: whoever was told so comes again with the same nonce.
        for _ in 0..2 {
            for intent in [&own, &other] {
                let answer = lab.store.record_intent(intent).await.unwrap();
                let IntentAnswer::UnderWay(claim) = answer else {
                    panic!("{answer:?}")
                };
                assert_eq!(
                    (claim.request_id, claim.since),
                    (earlier.request_id.clone(), at(0))
                );
                assert_eq!(lab.store.login(&intent.request_id).await.unwrap(), None);
            }
        }
        assert_eq!(lab.store.ledger_size().await.unwrap(), size);
        assert_eq!(lab.database.count("nonces").await, nonces);
        // What was used up before is said first.
        let mut replayed = own.clone();
        replayed.nonce = earlier.nonce.clone();
        let answer = lab.store.record_intent(&replayed).await.unwrap();
        assert_eq!(answer, IntentAnswer::Replayed);
        let mut repeated = other.clone();
        (repeated.request_id, repeated.nonce) = (earlier.request_id.clone(), nonce());
        let answer = lab.store.record_intent(&repeated).await.unwrap();
        assert_eq!(answer, IntentAnswer::Repeated);

        lab.store
            .record_outcome(&earlier.request_id, &completion(outcome, 2))
            .await
            .unwrap();
        lab.login(&other, MINTED).await;
        let spent = lab.store.claim_nonce(&other.key_id, &other.nonce, at(900)).await;
        assert!(!spent.unwrap());
        let intent = lab.store.login(&other.request_id).await.unwrap().unwrap().intent;
        let row = lab.store.rows_from(intent, 1).await.unwrap().remove(0);
        let record: serde_json::Value = serde_json::from_slice(&row.record).unwrap();
        let overridden = (outcome != FAILED).then_some(size - 1);
        assert_eq!(record["overrides"].as_u64(), overridden, "{outcome:?}");
    }
}

#[tokio::test]
async fn a_login_without_outcome_holds_its_customer_whatever_a_clock_says() {
    let lab = Lab::new().await;
    let first = intent(&lab.maria, CUSTOMER, 0);
    lab.store.record_intent(&first).await.unwrap();
    // Another relay's clock is a day ahead, or this one has stood still for so long.
    for second in [-100_000, 29, 30, 31, 100_000] {
        lab.store.forget_stale(at(second)).await.unwrap();
        let colleague = intent(&lab.tom, CUSTOMER, second);
        let answer = lab.store.record_intent(&colleague).await.unwrap();
        assert!(
            matches!(answer, IntentAnswer::Claimed(_)),
            "{second} s: {answer:?}"
        );
        let mut overriding = intent(&lab.tom, CUSTOMER, second);
        overriding.overrides = Some(first.request_id.clone());
        for intent in [overriding, intent(&lab.maria, CUSTOMER, second)] {
            let answer = lab.store.record_intent(&intent).await.unwrap();
            assert!(
                matches!(answer, IntentAnswer::UnderWay(_)),
                "{second} s: {answer:?}"
            );
        }
    }
    // From its outcome on, the time counts.
    lab.store
        .record_outcome(&first.request_id, &completion(MINTED, 100_000))
        .await
        .unwrap();
    lab.store.forget_stale(at(100_029)).await.unwrap();
    let early = lab
        .store
        .record_intent(&intent(&lab.tom, CUSTOMER, 100_029))
        .await;
    assert!(matches!(early.unwrap(), IntentAnswer::Claimed(_)));
    let last = intent(&lab.tom, CUSTOMER, 100_030);
    assert_eq!(
        lab.store.record_intent(&last).await.unwrap(),
        IntentAnswer::Recorded
    );
}

#[tokio::test]
async fn a_login_that_is_closed_as_unknown_holds_its_customer_no_longer() {
    let lab = Lab::new().await;
    lab.store
        .record_intent(&intent(&lab.maria, CUSTOMER, 0))
        .await
        .unwrap();
    lab.store.unregister_relay().await.unwrap();
    let next = lab.second_store().await;
    next.register_relay().await.unwrap();
    let colleague = intent(&lab.tom, CUSTOMER, 5);
    let answer = next.record_intent(&colleague).await.unwrap();
    assert!(matches!(answer, IntentAnswer::Claimed(_)), "{answer:?}");
    assert_eq!(next.close_abandoned_intents(at(5)).await.unwrap(), 1);
    let after = intent(&lab.tom, CUSTOMER, 5);
    assert_eq!(next.record_intent(&after).await.unwrap(), IntentAnswer::Recorded);
}

#[tokio::test]
async fn of_many_who_take_over_at_once_each_follows_the_one_before() {
    let lab = Lab::new().await;
    let first = intent(&lab.maria, CUSTOMER, 0);
    lab.store.record_intent(&first).await.unwrap();
    // They share transactions with the outcome that they wait for, and with each other.
    let logins = (0..24).map(|_| {
        let store = lab.store.clone();
        let intent = intent(&lab.maria, CUSTOMER, 1);
        tokio::spawn(async move {
            while store.record_intent(&intent).await.unwrap() != IntentAnswer::Recorded {}
            let id = &intent.request_id;
            store.record_outcome(id, &completion(MINTED, 2)).await.unwrap();
        })
    });
    let logins: Vec<_> = logins.collect();
    lab.store
        .record_outcome(&first.request_id, &completion(MINTED, 1))
        .await
        .unwrap();
    for login in join_all(logins).await {
        login.unwrap();
    }

    let rows = lab.store.rows_from(0, 100).await.unwrap();
    let kinds = rows.iter().map(|row| {
        let record: serde_json::Value = serde_json::from_slice(&row.record).unwrap();
        record["kind"].as_str().unwrap().to_owned()
    });
    let kinds: Vec<_> = kinds.collect();
    assert_eq!(kinds, ["intent", "outcome"].repeat(25));
    assert_eq!(lab.database.count("nonces").await, 25);
}

#[tokio::test]
async fn a_nonce_that_was_given_back_is_good_once_in_the_same_transaction_too() {
    let lab = Lab::new().await;
    let first = intent(&lab.maria, CUSTOMER, 0);
    lab.store.record_intent(&first).await.unwrap();
    let next = intent(&lab.maria, CUSTOMER, 1);
    let mut last = next.clone();
    last.request_id = intent(&lab.maria, CUSTOMER, 1).request_id;
    // They are performed in this order. The first of them keeps the writer busy, so that the others gather.
    let other = intent(&lab.tom, "joe@customers.example", 1);
    let ended = completion(MINTED, 1);
    let (_, early, ended, late, replayed) = tokio::join!(
        lab.store.record_intent(&other),
        lab.store.record_intent(&next),
        lab.store.record_outcome(&first.request_id, &ended),
        lab.store.record_intent(&next),
        lab.store.record_intent(&last),
    );
    assert!(matches!(early.unwrap(), IntentAnswer::UnderWay(_)));
    ended.unwrap();
    assert_eq!(late.unwrap(), IntentAnswer::Recorded);
    assert_eq!(replayed.unwrap(), IntentAnswer::Replayed);
    let spent = lab.store.claim_nonce(&next.key_id, &next.nonce, at(900)).await;
    assert!(!spent.unwrap());
    assert_eq!(lab.database.count("nonces").await, 3);
}
