//! The ledger itself: its rows, its tree, and the checkpoints.

use futures_util::future::join_all;
use stagedoor_ledger::{Frontier, Node, Record, Row};
use stagedoor_relay::store::{Intent, StoreError, StoredCheckpoint};

use super::{FAILED, Lab, MINTED, at, completion, intent};

#[tokio::test]
async fn rows_come_in_order_with_the_trees_hashes_however_many_write_at_once() {
    let lab = Lab::new().await;
    let stores = [lab.store.clone(), lab.second_store().await];
    let writes = (0..40).map(|number| {
        let store = stores[number % 2].clone();
        let intent = intent(&lab.maria, &format!("c{number}@customers.example"), 0);
        tokio::spawn(async move { store.record_intent(&intent).await.unwrap() })
    });
    for written in join_all(writes).await {
        written.unwrap();
    }
    assert_eq!(lab.store.ledger_size().await.unwrap(), 40);

    let mut frontier = Frontier::empty();
    let mut pages = Vec::new();
    while pages.len() < 40 {
        let page = lab.store.rows_from(pages.len() as u64, 7).await.unwrap();
        assert!(!page.is_empty() && page.len() <= 7);
        pages.extend(page);
    }
    for (sequence, row) in pages.iter().enumerate() {
        assert_eq!(row.sequence, sequence as u64);
        assert_eq!(Record::decode(&row.record).unwrap().sequence, row.sequence);
        let hashes = frontier.append(Record::leaf_hash(&row.record));
        let hashes: Vec<u8> = hashes.iter().flat_map(|hash| hash.0).collect();
        assert_eq!(row.hashes, hashes, "{sequence}");
        assert!(row.customer.is_some() && row.staff.is_some());
    }
    assert!(lab.store.rows_from(40, 7).await.unwrap().is_empty());

    let nodes = Frontier::nodes_needed(40);
    let hashes = lab.store.nodes(&nodes).await.unwrap();
    assert_eq!(Frontier::from_hashes(40, hashes).unwrap(), frontier);
    let absent = lab.store.nodes(&[Node { level: 0, index: 40 }]).await;
    assert!(matches!(absent, Err(StoreError::Inconsistent(_))), "{absent:?}");
}

#[tokio::test]
async fn the_tree_goes_on_after_the_store_was_opened_again() {
    let lab = Lab::new().await;
    for number in 0..5 {
        lab.login(
            &intent(&lab.maria, &format!("c{number}@customers.example"), 0),
            MINTED,
        )
        .await;
        // A second process appends in between, so that neither can rely on what it knew.
        let other = lab.second_store().await;
        let open = intent(&lab.tom, &format!("d{number}@customers.example"), 0);
        other.record_intent(&open).await.unwrap();
    }
    let mut frontier = Frontier::empty();
    for row in lab.store.rows_from(0, 100).await.unwrap() {
        let hashes = frontier.append(Record::leaf_hash(&row.record));
        assert_eq!(row.hashes.len(), hashes.len() * 32);
        assert_eq!(row.hashes[row.hashes.len() - 32..], hashes.last().unwrap().0);
    }
    assert_eq!(frontier.size(), 15);
}

#[tokio::test]
async fn nothing_is_added_to_a_ledger_that_has_lost_what_this_process_saw_of_it() {
    let lab = Lab::new().await;
    let login = |number| intent(&lab.maria, &format!("c{number}@customers.example"), 0);
    // Seen, though another process wrote it.
    let other = lab.second_store().await;
    let open: Vec<_> = (0..5).map(login).collect();
    for intent in &open {
        other.record_intent(intent).await.unwrap();
    }
    lab.login(&login(5), MINTED).await;
    let whole = lab.store.rows_from(0, 100).await.unwrap();
    lab.store.check(at(1)).await.unwrap();

    lab.database.rewrite(&whole[..5]).await;
    refuses(&lab, &login(6)).await;
    assert_eq!(lab.store.ledger_size().await.unwrap(), 5);
    // Somebody who does not know what is missing goes on with it.
    let stranger = lab.second_store().await;
    for intent in &open {
        stranger
            .record_outcome(&intent.request_id, &completion(FAILED, 1))
            .await
            .unwrap();
    }
    refuses(&lab, &login(6)).await;
    assert_eq!(lab.store.ledger_size().await.unwrap(), 10);
    assert_eq!(lab.store.last_checkpoint().await.unwrap(), None);

    lab.database.rewrite(&whole).await;
    lab.store.check(at(2)).await.unwrap();
    lab.login(&login(6), MINTED).await;
    assert_eq!(lab.store.ledger_size().await.unwrap(), 9);
}

#[tokio::test]
async fn another_ledger_of_the_same_size_is_not_gone_on_with() {
    let lab = Lab::new().await;
    let login = |number| intent(&lab.maria, &format!("c{number}@customers.example"), 0);
    lab.login(&login(0), MINTED).await;
    lab.login(&login(1), MINTED).await;
    let whole = lab.store.rows_from(0, 100).await.unwrap();
    let mut tree = Frontier::empty();
    let others = whole.iter().map(|row| {
        let record = String::from_utf8(row.record.clone()).unwrap();
        let record = record.replace("main", "fake").into_bytes();
        let hashes = tree.append(Record::leaf_hash(&record));
        Row {
            record,
            hashes: hashes.iter().flat_map(|hash| hash.0).collect(),
            ..row.clone()
        }
    });
    let others: Vec<_> = others.collect();
    lab.database.rewrite(&others).await;
    refuses(&lab, &login(2)).await;
    assert_eq!(lab.store.ledger_size().await.unwrap(), 4);
    lab.database.rewrite(&whole).await;
    lab.login(&login(2), MINTED).await;
}

/// Intents, checkpoints and readiness are refused, with cause and cure.
async fn refuses(lab: &Lab, intent: &Intent) {
    let checkpoint = StoredCheckpoint {
        size: 3,
        note: "n".to_owned(),
    };
    let refused = [
        lab.store.record_intent(intent).await.map(|_| ()),
        lab.store.add_checkpoint(&checkpoint).await,
        lab.store.check(at(1)).await,
    ];
    for refused in refused {
        let text = refused.unwrap_err().to_string();
        assert!(
            text.contains("no longer holds the records") && text.contains("put the newest state back"),
            "{text}"
        );
    }
}

#[tokio::test]
async fn checkpoints_are_kept_in_order() {
    let lab = Lab::new().await;
    assert_eq!(lab.store.last_checkpoint().await.unwrap(), None);
    let checkpoint = |size, note: &str| StoredCheckpoint {
        size,
        note: note.to_owned(),
    };
    // Signed again when nothing happened.
    let kept = [checkpoint(2, "a"), checkpoint(5, "b"), checkpoint(5, "c")];
    for checkpoint in &kept {
        lab.store.add_checkpoint(checkpoint).await.unwrap();
    }
    assert_eq!(lab.store.last_checkpoint().await.unwrap().as_ref(), kept.last());
    assert_eq!(lab.store.checkpoints_from(0, 10).await.unwrap(), kept);
    assert_eq!(lab.store.checkpoints_from(3, 1).await.unwrap(), kept[1..2]);
    assert!(lab.store.checkpoints_from(6, 10).await.unwrap().is_empty());
}

#[tokio::test]
async fn readiness_writes() {
    let lab = Lab::new().await;
    lab.store.check(at(1)).await.unwrap();
    lab.store.check(at(2)).await.unwrap();
    assert_eq!(lab.database.count("probe").await, 1);
}
