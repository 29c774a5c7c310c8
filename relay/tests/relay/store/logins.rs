//! Intents, outcomes, reports and claims.

use futures_util::future::join_all;
use stagedoor_protocol::{Outcome, OutcomeReport, PlatformId};
use stagedoor_relay::store::{Claim, IntentAnswer, LoginFilter, LoginRecords, StoreError};

use super::{FAILED, Lab, MINTED, UNKNOWN, at, completion, intent, nonce};

const CUSTOMER: &str = "jane@customers.example";

fn report(outcome: Outcome) -> OutcomeReport {
    OutcomeReport {
        outcome,
        duration_milliseconds: Some(310),
        cause: None,
    }
}

#[tokio::test]
async fn an_id_is_recorded_once_and_a_nonce_is_good_once() {
    let lab = Lab::new().await;
    let first = intent(&lab.maria, CUSTOMER, 0);
    assert_eq!(
        lab.store.record_intent(&first).await.unwrap(),
        IntentAnswer::Recorded
    );
    let mut repeated = first.clone();
    repeated.nonce = nonce();
    assert_eq!(
        lab.store.record_intent(&repeated).await.unwrap(),
        IntentAnswer::Repeated
    );
    let mut replayed = intent(&lab.maria, CUSTOMER, 0);
    replayed.nonce = first.nonce.clone();
    assert_eq!(
        lab.store.record_intent(&replayed).await.unwrap(),
        IntentAnswer::Replayed
    );
    // The nonce of the repetition is spent too, by itself as well.
    for spent in [&first.nonce, &repeated.nonce] {
        let claimed = lab.store.claim_nonce(&first.key_id, spent, at(900)).await;
        assert!(!claimed.unwrap());
    }
    assert_eq!(lab.store.ledger_size().await.unwrap(), 1);
}

#[tokio::test]
async fn of_many_at_once_one_is_recorded() {
    let lab = Lab::new().await;
    let stores = [lab.store.clone(), lab.second_store().await];
    let first = intent(&lab.maria, CUSTOMER, 0);
    let attempts = (0..32).map(|number| {
        let store = stores[number % 2].clone();
        let mut intent = first.clone();
        intent.nonce = nonce();
        tokio::spawn(async move { store.record_intent(&intent).await.unwrap() })
    });
    let answers = join_all(attempts).await.into_iter().map(Result::unwrap);
    let (recorded, other): (Vec<_>, Vec<_>) = answers.partition(|answer| *answer == IntentAnswer::Recorded);
    assert_eq!(recorded.len(), 1);
    assert!(
        other.iter().all(|answer| *answer == IntentAnswer::Repeated),
        "{other:?}"
    );
    assert_eq!(lab.store.ledger_size().await.unwrap(), 1);
}

#[tokio::test]
async fn an_outcome_is_recorded_once() {
    let lab = Lab::new().await;
    let first = intent(&lab.maria, CUSTOMER, 0);
    let id = &first.request_id;
    let early = lab.store.record_outcome(id, &completion(MINTED, 1)).await;
    assert!(matches!(early, Err(StoreError::Inconsistent(_))), "{early:?}");
    lab.store.record_intent(&first).await.unwrap();
    lab.store
        .record_outcome(id, &completion(MINTED, 1))
        .await
        .unwrap();
    // The answer to the first attempt may have been lost.
    lab.store
        .record_outcome(id, &completion(MINTED, 2))
        .await
        .unwrap();
    let other = lab.store.record_outcome(id, &completion(UNKNOWN, 3)).await;
    assert!(matches!(other, Err(StoreError::Inconsistent(_))), "{other:?}");
    assert_eq!(
        lab.store.login(id).await.unwrap(),
        Some(LoginRecords {
            request_id: id.clone(),
            intent: 0,
            outcome: Some(1),
            reports: Vec::new(),
        })
    );
    assert_eq!(lab.store.ledger_size().await.unwrap(), 2);
}

#[tokio::test]
async fn reports_count_once_each_and_for_the_one_who_got_the_token() {
    let lab = Lab::new().await;
    let (minted, failed) = (
        intent(&lab.maria, CUSTOMER, 0),
        intent(&lab.maria, "x@y.example", 0),
    );
    lab.login(&minted, MINTED).await;
    lab.login(&failed, FAILED).await;
    let said = async |staff, id, outcome| {
        lab.store
            .report_outcome(staff, id, &report(outcome), at(5))
            .await
            .unwrap()
    };
    let (maria, tom) = (lab.maria.id, lab.tom.id);
    assert!(said(maria, &minted.request_id, Outcome::Opened).await);
    assert!(said(maria, &minted.request_id, Outcome::Opened).await);
    assert!(said(maria, &minted.request_id, Outcome::Closed).await);
    assert!(!said(tom, &minted.request_id, Outcome::Opened).await);
    assert!(!said(maria, &failed.request_id, Outcome::Opened).await);
    let stored = lab.store.login(&minted.request_id).await.unwrap().unwrap();
    assert_eq!(stored.reports, [4, 5]);
    assert_eq!(lab.store.ledger_size().await.unwrap(), 6);
}

#[tokio::test]
async fn a_colleague_is_told_who_holds_the_customer_and_may_override_that_claim_and_no_other() {
    let lab = Lab::new().await;
    let first = intent(&lab.maria, CUSTOMER, 0);
    lab.login(&first, MINTED).await;
    let claim = Claim {
        request_id: first.request_id.clone(),
        staff: lab.maria.id,
        staff_name: "Maria".to_owned(),
        since: at(0),
        until: at(31),
    };

    let mut second = intent(&lab.tom, "Jane@Customers.Example", 12);
    assert_eq!(
        lab.store.record_intent(&second).await.unwrap(),
        IntentAnswer::Claimed(claim.clone())
    );
    second.nonce = nonce();
    second.overrides = Some(intent(&lab.maria, CUSTOMER, 0).request_id);
    assert_eq!(
        lab.store.record_intent(&second).await.unwrap(),
        IntentAnswer::Claimed(claim)
    );
    second.nonce = nonce();
    second.overrides = Some(first.request_id.clone());
    lab.login(&second, MINTED).await;

    // Now Tom holds it, and Maria is told so; his own new click is not held up.
    let third = intent(&lab.maria, CUSTOMER, 13);
    let answer = lab.store.record_intent(&third).await.unwrap();
    let IntentAnswer::Claimed(holder) = answer else {
        panic!("{answer:?}")
    };
    assert_eq!((holder.staff, holder.request_id), (lab.tom.id, second.request_id));
    let again = intent(&lab.tom, CUSTOMER, 14);
    assert_eq!(
        lab.store.record_intent(&again).await.unwrap(),
        IntentAnswer::Recorded
    );

    let rows = lab.store.rows_from(0, 100).await.unwrap();
    let overrides: Vec<_> = rows
        .iter()
        .map(|row| serde_json::from_slice::<serde_json::Value>(&row.record).unwrap())
        .filter(|record| record["kind"] == "intent")
        .map(|record| record["overrides"].as_u64())
        .collect();
    assert_eq!(overrides, [None, Some(0), None]);
}

#[tokio::test]
async fn a_claim_ends_with_its_token() {
    let lab = Lab::new().await;
    let recorded = async |second: i64| {
        let answer = lab
            .store
            .record_intent(&intent(&lab.tom, CUSTOMER, second))
            .await
            .unwrap();
        answer == IntentAnswer::Recorded
    };
    // While it is under way, as long as the intent says; of unknown outcome, as long as the token could live.
    let first = intent(&lab.maria, CUSTOMER, 0);
    lab.store.record_intent(&first).await.unwrap();
    assert!(!recorded(29).await);
    lab.store
        .record_outcome(&first.request_id, &completion(UNKNOWN, 20))
        .await
        .unwrap();
    assert!(!recorded(49).await);
    assert!(recorded(50).await);

    // No token, no claim; another broker has another token, and another platform of the same one has not.
    let other = "joe@customers.example";
    lab.login(&intent(&lab.maria, other, 0), FAILED).await;
    let mut elsewhere = intent(&lab.tom, other, 1);
    lab.login(&elsewhere.clone(), MINTED).await;
    elsewhere = intent(&lab.maria, other, 2);
    elsewhere.platform = PlatformId::parse("practice").unwrap();
    let refused = lab.store.record_intent(&elsewhere).await.unwrap();
    assert!(matches!(refused, IntentAnswer::Claimed(_)), "{refused:?}");
    elsewhere.nonce = nonce();
    elsewhere.token_scope = "https://practice.example".to_owned();
    lab.login(&elsewhere, MINTED).await;
    lab.store
        .report_outcome(
            lab.maria.id,
            &elsewhere.request_id,
            &report(Outcome::Closed),
            at(3),
        )
        .await
        .unwrap();
    assert_eq!(
        lab.database.count("claims").await,
        2,
        "it ends its own claim alone"
    );

    // A window that was closed, or never opened, needs its token no more.
    let third = "ann@customers.example";
    for (second, outcome) in [(0, Outcome::Closed), (2, Outcome::Failed)] {
        let theirs = intent(&lab.maria, third, second);
        lab.login(&theirs, MINTED).await;
        lab.store
            .report_outcome(lab.maria.id, &theirs.request_id, &report(outcome), at(second + 1))
            .await
            .unwrap();
        lab.login(&intent(&lab.tom, third, second + 1), FAILED).await;
    }
}

#[tokio::test]
async fn stale_nonces_and_claims_are_forgotten() {
    let lab = Lab::new().await;
    lab.login(&intent(&lab.maria, CUSTOMER, 0), MINTED).await;
    assert_eq!(lab.database.count("nonces").await, 1);
    assert_eq!(lab.database.count("claims").await, 1);
    assert_eq!(lab.store.forget_stale(at(31)).await.unwrap(), 1);
    assert_eq!(lab.store.forget_stale(at(601)).await.unwrap(), 1);
    assert_eq!(lab.database.count("nonces").await, 0);
    assert_eq!(lab.database.count("claims").await, 0);
}

#[tokio::test]
async fn what_a_relay_that_is_gone_left_open_is_closed_as_unknown() {
    let lab = Lab::new().await;
    let left = intent(&lab.maria, CUSTOMER, 0);
    lab.store.record_intent(&left).await.unwrap();
    lab.store.unregister_relay().await.unwrap();

    let next = lab.second_store().await;
    next.register_relay().await.unwrap();
    let own = intent(&lab.tom, "own@customers.example", 1);
    next.record_intent(&own).await.unwrap();
    assert_eq!(next.close_abandoned_intents(at(2)).await.unwrap(), 1);
    assert_eq!(next.close_abandoned_intents(at(3)).await.unwrap(), 0);

    let closed = next.login(&left.request_id).await.unwrap().unwrap();
    assert_eq!(closed.outcome, Some(2));
    assert_eq!(next.login(&own.request_id).await.unwrap().unwrap().outcome, None);
    // Saying so once more is no contradiction; saying otherwise is.
    next.record_outcome(&left.request_id, &completion(UNKNOWN, 3))
        .await
        .unwrap();
    let late = next
        .record_outcome(&left.request_id, &completion(MINTED, 3))
        .await;
    assert!(matches!(late, Err(StoreError::Inconsistent(_))), "{late:?}");
}

#[tokio::test]
async fn logins_are_found_by_who_whom_where_when_and_what_came_of_it() {
    let lab = Lab::new().await;
    let logins = [
        intent(&lab.maria, CUSTOMER, 0),
        intent(&lab.tom, "joe@customers.example", 100),
        intent(&lab.maria, "joe@customers.example", 200),
    ];
    lab.login(&logins[0], MINTED).await;
    lab.login(&logins[1], FAILED).await;
    lab.store.record_intent(&logins[2]).await.unwrap();
    let all = LoginFilter::default;
    let address = |text: &str| Some(stagedoor_protocol::CustomerEmail::parse(text).unwrap());
    for (what, filter, expected) in [
        ("all", all(), vec![0, 2, 4]),
        (
            "staff",
            LoginFilter {
                staff: address("MARIA@broker.example"),
                ..all()
            },
            vec![0, 4],
        ),
        (
            "nobody",
            LoginFilter {
                staff: address("nobody@broker.example"),
                ..all()
            },
            vec![],
        ),
        (
            "customer",
            LoginFilter {
                customer: address("Joe@customers.example"),
                ..all()
            },
            vec![2, 4],
        ),
        (
            "platform",
            LoginFilter {
                platform: Some(PlatformId::parse("main").unwrap()),
                ..all()
            },
            vec![0, 2, 4],
        ),
        (
            "no platform",
            LoginFilter {
                platform: Some(PlatformId::parse("other").unwrap()),
                ..all()
            },
            vec![],
        ),
        (
            "failed",
            LoginFilter {
                outcome: Some("failed".to_owned()),
                ..all()
            },
            vec![2],
        ),
        (
            "open",
            LoginFilter {
                outcome: Some("open".to_owned()),
                ..all()
            },
            vec![4],
        ),
        (
            "from",
            LoginFilter {
                from: Some(at(100)),
                ..all()
            },
            vec![2, 4],
        ),
        (
            "to",
            LoginFilter {
                to: Some(at(100)),
                ..all()
            },
            vec![0],
        ),
        (
            "after",
            LoginFilter {
                after: Some(0),
                ..all()
            },
            vec![2, 4],
        ),
    ] {
        let found = lab.store.find_logins(&filter, 10).await.unwrap();
        let intents: Vec<_> = found.iter().map(|login| login.intent).collect();
        assert_eq!(intents, expected, "{what}");
    }
    assert_eq!(lab.store.find_logins(&all(), 2).await.unwrap().len(), 2);
}
