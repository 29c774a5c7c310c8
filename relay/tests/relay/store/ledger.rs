//! The ledger itself: its rows, its tree, and the checkpoints.

use futures_util::future::join_all;
use stagedoor_ledger::{Frontier, Node, Record};
use stagedoor_relay::store::{StoreError, StoredCheckpoint};

use super::{Lab, MINTED, at, intent};

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
