//! However the records are cut into pages, the same is found.

use std::{collections::BTreeSet, path::Path, sync::Arc};

use jiff::Timestamp;
use stagedoor_ledger::verify::examine_and;
use stagedoor_protocol::ErrorCode;
use tempfile::TempDir;

use super::{super::samples::record, *};
use crate::store::{Completion, MintOutcome, SqliteStore};

/// Three logins at once: intents 0 to 2, then their outcomes in another order, of which one is missing.
async fn store(folder: &TempDir) -> Shared {
    let store = SqliteStore::open(&folder.path().join("store.db")).await.unwrap();
    let mut logins = Vec::new();
    for (number, customer) in [(1, "jane"), (2, "joe"), (3, "kim")] {
        let address = format!("{customer}@customers.example");
        logins.push(record(&store, &address, number).await);
    }
    for (login, outcome) in [
        (1, MintOutcome::Failed(ErrorCode::CustomerUnknown)),
        (0, MintOutcome::Minted(None)),
    ] {
        let completion = Completion {
            outcome,
            duration_ms: Some(120),
            at: Timestamp::UNIX_EPOCH,
            claimed_until: Timestamp::UNIX_EPOCH,
        };
        store.record_outcome(&logins[login], &completion).await.unwrap();
    }
    Arc::new(store)
}

fn tamper(folder: &Path, statements: &str) {
    let connection = rusqlite::Connection::open(folder.join("store.db")).unwrap();
    connection
        .execute_batch(&format!("PRAGMA foreign_keys = OFF; {statements}"))
        .unwrap();
}

async fn compare(store: &Shared, page: u64) -> BTreeSet<(&'static str, Option<u64>)> {
    let all = 0..store.ledger_size().await.unwrap();
    let mut comparing = Comparing::new(store.clone(), all.clone());
    let mut start = 0;
    while start < all.end {
        let range = start..all.end.min(start + page);
        let rows = store
            .rows_from(start, u32::try_from(range.end - start).unwrap())
            .await
            .unwrap();
        let mut comparison = Comparison::begin(&**store, range.clone()).await.unwrap();
        for row in &rows {
            examine_and(row, |record, named| comparison.see(row, record, &named));
        }
        let compared = comparison.end(&**store, &all).await.unwrap();
        comparing.take(compared, Duration::ZERO).await.unwrap();
        start = range.end;
    }
    let lookups = comparing.end().await.unwrap();
    let findings = lookups.findings.iter();
    findings.map(|found| (found.code, found.sequence)).collect()
}

#[tokio::test]
async fn pages_of_any_size_find_the_same() {
    for (statements, expected) in [
        ("SELECT 1", vec![]),
        (
            "UPDATE logins SET outcome = 'unknown' WHERE intent_seq = 0",
            vec![("lookup_differs", Some(0))],
        ),
        (
            "UPDATE logins SET outcome = NULL, cause = NULL, outcome_seq = NULL WHERE intent_seq = 1",
            vec![("lookup_missing", Some(3))],
        ),
        (
            "UPDATE logins SET outcome_seq = 7 - outcome_seq WHERE intent_seq < 2",
            vec![
                ("lookup_differs", Some(0)),
                ("lookup_differs", Some(1)),
                ("lookup_missing", Some(3)),
                ("lookup_missing", Some(4)),
            ],
        ),
        (
            "UPDATE logins SET outcome = 'failed', outcome_seq = 3 WHERE intent_seq = 2",
            vec![("lookup_differs", Some(2))],
        ),
        (
            "DELETE FROM logins WHERE intent_seq = 1",
            vec![("lookup_missing", Some(1))],
        ),
        (
            "UPDATE logins SET platform = 'x', cause = 'x' WHERE intent_seq = 1",
            vec![("lookup_differs", Some(1))],
        ),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let store = store(&folder).await;
        tamper(folder.path(), statements);
        let expected: BTreeSet<_> = expected.into_iter().collect();
        for page in 1..=6 {
            assert_eq!(
                compare(&store, page).await,
                expected,
                "{statements} in pages of {page}"
            );
        }
    }
}
