//! Messages to webhooks as the store keeps them.

use std::sync::Arc;

use futures_util::future::join_all;
use serde_json::Value;
use stagedoor_relay::{
    events::EventKind,
    store::{Delivery, IntentAnswer, Limit, LimitUse, Store, Subscribers},
};

use super::{FAILED, Lab, MINTED, at, completion, intent};

async fn lab() -> Lab {
    let lab = Lab::new().await;
    let all = EventKind::ALL.into_iter().collect();
    lab.store.announce_to(Subscribers(vec![
        ("all".to_owned(), all),
        ("canaries".to_owned(), [EventKind::CanaryRequested].into()),
    ]));
    lab
}

async fn take(store: &Arc<dyn Store>, webhook: &str, second: i64) -> Vec<Delivery> {
    store
        .take_deliveries(webhook, 8, at(second), at(second + 30))
        .await
        .unwrap()
}

fn kinds(taken: &[Delivery]) -> Vec<String> {
    let kind =
        |delivery: &Delivery| serde_json::from_str::<Value>(&delivery.body).unwrap()["type"].to_string();
    taken
        .iter()
        .map(|delivery| kind(delivery).replace('"', ""))
        .collect()
}

#[tokio::test]
async fn a_login_and_its_messages_are_written_together() {
    let lab = lab().await;
    let mut canary = intent(&lab.maria, "mary.major@customers.example", 0);
    canary.canary = true;
    lab.login(&canary, MINTED).await;
    lab.login(&intent(&lab.maria, "joe@customers.example", 0), FAILED)
        .await;
    // Saying an outcome again tells nobody again.
    lab.store
        .record_outcome(&canary.request_id, &completion(MINTED, 2))
        .await
        .unwrap();
    let taken = take(&lab.store, "all", 5).await;
    assert_eq!(
        kinds(&taken),
        ["canary.requested", "login.minted", "login.failed"]
    );
    assert_eq!(
        kinds(&take(&lab.store, "canaries", 5).await),
        ["canary.requested"]
    );
    let message: Value = serde_json::from_str(&taken[0].body).unwrap();
    let expected = serde_json::json!({
        "type": "canary.requested",
        "timestamp": "2023-11-14T22:13:20Z",
        "data": {
            "login": canary.request_id.as_str(), "staff": 1, "profile": canary.key_id.as_str(),
            "platform": "main", "decision": "allowed",
        },
    });
    assert_eq!(message, expected);
    // What is refused leaves none.
    let mut refused = intent(&lab.tom, "mary.major@customers.example", 5);
    refused.canary = true;
    let answer = lab.store.record_intent(&refused).await.unwrap();
    assert!(matches!(answer, IntentAnswer::Claimed(_)), "{answer:?}");
    assert_eq!(lab.database.count("outbox").await, 4);
}

#[tokio::test]
async fn a_limit_is_told_once_and_the_end_of_a_login_that_was_left_too() {
    let lab = lab().await;
    for second in [0, 1, 2, 59, 61, 62] {
        let mut login = intent(&lab.maria, &format!("{second}@y.example"), second);
        login.limits.uses = vec![LimitUse {
            limit: Limit::StaffPerMinute,
            key: "1".to_owned(),
            most: 1,
        }];
        lab.store.record_intent(&login).await.unwrap();
    }
    let taken = take(&lab.store, "all", 100).await;
    assert_eq!(kinds(&taken), ["limit.reached", "limit.reached"]);
    lab.store.unregister_relay().await.unwrap();
    let next = lab.second_store().await;
    next.announce_to(Subscribers(vec![(
        "all".to_owned(),
        EventKind::ALL.into_iter().collect(),
    )]));
    next.register_relay().await.unwrap();
    let closed = next.close_abandoned_intents(at(101)).await.unwrap();
    assert_eq!(closed, 2);
    let taken = take(&next, "all", 102).await;
    assert_eq!(kinds(&taken), ["login.failed"; 2]);
    assert!(
        taken[0].body.contains("\"outcome\":\"unknown\""),
        "{}",
        taken[0].body
    );
}

#[tokio::test]
async fn a_message_is_one_relays_until_it_has_ended_or_time_is_up() {
    let lab = lab().await;
    for number in 0..40 {
        lab.login(&intent(&lab.maria, &format!("{number}@y.example"), 0), FAILED)
            .await;
    }
    let stores = [lab.store.clone(), lab.second_store().await];
    let takes = (0..10).map(|number| {
        let store = stores[number % 2].clone();
        tokio::spawn(async move { take(&store, "all", 5).await })
    });
    let taken: Vec<_> = join_all(takes)
        .await
        .into_iter()
        .flat_map(Result::unwrap)
        .collect();
    let ids: std::collections::BTreeSet<_> = taken.iter().map(|delivery| delivery.id.clone()).collect();
    assert_eq!((taken.len(), ids.len()), (40, 40), "each once");
    assert_eq!(take(&stores[1], "all", 34).await, []);

    // One was delivered, one has failed; of the others nothing was heard.
    stores[0].end_delivery("all", &taken[0].id, None).await.unwrap();
    stores[0]
        .end_delivery("all", &taken[1].id, Some(at(300)))
        .await
        .unwrap();
    let mut again = Vec::new();
    loop {
        let more = stores[1]
            .take_deliveries("all", 8, at(35), at(500))
            .await
            .unwrap();
        if more.is_empty() {
            break;
        }
        again.extend(more);
    }
    assert_eq!(again.len(), 38);
    let failed = take(&stores[1], "all", 300).await;
    assert_eq!(
        (failed[0].id.as_str(), failed[0].attempts),
        (taken[1].id.as_str(), 1)
    );
    assert_eq!(failed[0].body, taken[1].body);
}

#[tokio::test]
async fn messages_that_are_too_old_are_dropped_and_counted() {
    let lab = lab().await;
    let mut canary = intent(&lab.maria, "mary.major@customers.example", 0);
    canary.canary = true;
    lab.login(&canary, MINTED).await;
    let days = |days: i64| at(days * 24 * 3600);
    assert_eq!(lab.store.drop_deliveries(days(4)).await.unwrap(), []);
    let dropped = lab
        .store
        .drop_deliveries(days(4) + std::time::Duration::from_secs(2))
        .await
        .unwrap();
    assert_eq!(dropped, [("all".to_owned(), 2), ("canaries".to_owned(), 1)]);
    assert_eq!(lab.database.count("outbox").await, 0);
}

/// The table is filled from outside: so many logins would take long.
#[tokio::test]
async fn messages_that_are_too_many_are_dropped_and_alerts_last() {
    let lab = lab().await;
    let (series, no, yes) = match crate::support::database::on_postgres() {
        true => ("generate_series(1, 20010) AS n (n)", "false", "true"),
        false => (
            "(WITH RECURSIVE n (n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM n WHERE n < 20010) SELECT n FROM n)",
            "0",
            "1",
        ),
    };
    let fill = format!(
        "INSERT INTO outbox (id, webhook, alert, body, created_at, due_at) \
         SELECT 'a' || n, 'all', {yes}, '', 1700000000000, 0 FROM {series} WHERE n <= 5; \
         INSERT INTO outbox (id, webhook, alert, body, created_at, due_at) \
         SELECT 'b' || n, 'all', {no}, '', 1700000000000, 0 FROM {series}"
    );
    lab.database.execute(&fill).await;
    let dropped = lab.store.drop_deliveries(at(60)).await.unwrap();
    assert_eq!(dropped, [("all".to_owned(), 10)]);
    assert_eq!(lab.database.count("outbox").await, 20_005);
}
