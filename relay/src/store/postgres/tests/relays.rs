//! Several relays on one database.

use std::{sync::Arc, time::Duration};

use futures_util::future::join_all;
use tokio::time::{sleep, timeout};

use super::lab::{Lab, at, check_tree, failed, intent, maria, minted};
use crate::store::{IntentAnswer, MintOutcome, PostgresStore, Store, StoreError};

async fn relay(lab: &Lab) -> Arc<PostgresStore> {
    let store = lab.store().await;
    store.register_relay().await.unwrap();
    store
}

#[tokio::test]
async fn relays_append_to_one_ledger() {
    let lab = Lab::new().await;
    let stores = [relay(&lab).await, relay(&lab).await, relay(&lab).await];
    let maria = maria(&*stores[0]).await;
    let logins = (0..150).map(|number| {
        let store = stores[number % 3].clone();
        let other = stores[(number + 1) % 3].clone();
        let intent = intent(&maria);
        tokio::spawn(async move {
            assert_eq!(
                store.record_intent(&intent).await.unwrap(),
                IntentAnswer::Recorded
            );
            let mut again = intent.clone();
            again.nonce = super::lab::intent(&intent.staff).nonce;
            assert_eq!(other.record_intent(&again).await.unwrap(), IntentAnswer::Repeated);
            store.record_outcome(&intent.request_id, &minted()).await.unwrap();
        })
    });
    for done in join_all(logins).await {
        done.unwrap();
    }
    assert_eq!(check_tree(&*stores[0]).await, 300);
}

#[tokio::test]
async fn only_what_a_relay_left_behind_is_closed() {
    let lab = Lab::new().await;
    let (living, dying) = (relay(&lab).await, relay(&lab).await);
    let maria = maria(&*living).await;
    let (kept, lost) = (intent(&maria), intent(&maria));
    living.record_intent(&kept).await.unwrap();
    dying.record_intent(&lost).await.unwrap();
    let third = relay(&lab).await;
    assert_eq!(third.close_abandoned_intents(at(2)).await.unwrap(), 0);

    dying.unregister_relay().await.unwrap();
    // Beginning again does not make it the owner of what it left.
    dying.register_relay().await.unwrap();
    assert_eq!(third.close_abandoned_intents(at(3)).await.unwrap(), 1);
    assert_eq!(living.close_abandoned_intents(at(3)).await.unwrap(), 0);
    let closed = third.login(&lost.request_id).await.unwrap().unwrap();
    assert_eq!(closed.outcome, Some(2));
    // Too late: whoever comes back with a token learns that it must be dropped.
    let late = dying
        .record_outcome(&lost.request_id, &minted())
        .await
        .unwrap_err();
    assert!(matches!(late, StoreError::Inconsistent(_)), "{late}");
    living.record_outcome(&kept.request_id, &minted()).await.unwrap();
    assert_eq!(check_tree(&*third).await, 4);
}

#[tokio::test]
async fn each_relay_looks_after_its_own_open_logins() {
    let lab = Lab::new().await;
    let (one, other) = (relay(&lab).await, relay(&lab).await);
    let maria = maria(&*one).await;
    let (first, second, theirs) = (intent(&maria), intent(&maria), intent(&maria));
    one.record_intent(&first).await.unwrap();
    other.record_intent(&theirs).await.unwrap();
    one.record_intent(&second).await.unwrap();
    let ids = [first.request_id.clone(), second.request_id.clone()];
    assert_eq!(one.open_logins(10).await.unwrap(), ids);
    assert_eq!(one.open_logins(1).await.unwrap(), ids[..1]);
    assert_eq!(other.open_logins(10).await.unwrap(), [theirs.request_id]);
    one.record_outcome(&ids[0], &failed()).await.unwrap();
    assert_eq!(one.open_logins(10).await.unwrap(), ids[1..]);
}

#[tokio::test]
async fn a_relay_that_vanishes_without_a_word_is_noticed() {
    let lab = Lab::new().await;
    let dying = relay(&lab).await;
    let maria = maria(&*dying).await;
    dying.record_intent(&intent(&maria)).await.unwrap();
    drop(dying);
    let next = relay(&lab).await;
    // The server frees the lock when it sees the closed connection.
    let closed = timeout(Duration::from_secs(20), async {
        loop {
            match next.close_abandoned_intents(at(2)).await.unwrap() {
                0 => sleep(Duration::from_millis(5)).await,
                closed => return closed,
            }
        }
    });
    assert_eq!(closed.await.unwrap(), 1);
}

#[tokio::test]
async fn a_relay_whose_connections_are_cut_shows_its_presence_again() {
    let lab = Lab::new().await;
    let (relay, other) = (relay(&lab).await, relay(&lab).await);
    let maria = maria(&*relay).await;
    let login = intent(&maria);
    relay.record_intent(&login).await.unwrap();
    let admin = lab.admin().await;
    let held = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' \
                AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";
    let cut = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity \
               WHERE datname = current_database() AND pid <> pg_backend_pid()";
    admin.query(cut, &[]).await.unwrap();
    let back = timeout(Duration::from_secs(20), async {
        while admin.query_one(held, &[]).await.unwrap().get::<_, i64>(0) < 2 {
            sleep(Duration::from_millis(5)).await;
        }
    });
    back.await.unwrap();
    assert_eq!(other.close_abandoned_intents(at(2)).await.unwrap(), 0);
    // The cut was noticed, so nobody who writes or reads now sees an error.
    relay.record_outcome(&login.request_id, &failed()).await.unwrap();
    assert_eq!(check_tree(&*relay).await, 2);
}

#[tokio::test]
async fn many_logins_left_behind_are_closed_in_several_steps() {
    let lab = Lab::new().await;
    let dying = lab.store().await;
    let maria = maria(&*dying).await;
    let intents: Vec<_> = (0..300).map(|_| intent(&maria)).collect();
    for answer in join_all(intents.iter().map(|intent| dying.record_intent(intent))).await {
        assert_eq!(answer.unwrap(), IntentAnswer::Recorded);
    }
    let store = lab.store().await;
    let unregistered = store.close_abandoned_intents(at(2)).await.unwrap_err();
    assert!(matches!(unregistered, StoreError::Inconsistent(_)));
    store.register_relay().await.unwrap();
    assert_eq!(store.close_abandoned_intents(at(2)).await.unwrap(), 300);
    assert_eq!(check_tree(&*store).await, 600);
    let unknown = crate::store::Completion {
        outcome: MintOutcome::Unknown(stagedoor_protocol::ErrorCode::OutcomeUnknown),
        ..minted()
    };
    // Saying the same again is no error, and no record.
    store
        .record_outcome(&intents[0].request_id, &unknown)
        .await
        .unwrap();
    assert_eq!(store.ledger_size().await.unwrap(), 600);
}
