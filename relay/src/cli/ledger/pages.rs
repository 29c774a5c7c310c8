//! Reading the ledger's rows: in pages ahead of what works on them, or only some of them.

use std::{collections::HashMap, sync::Arc};

use stagedoor_ledger::Row;
use tokio::sync::mpsc::{self, Receiver};

use crate::store::{Store, StoreError};

/// Rows read at once. Enough that turning to the database costs little, few enough that a page is still in the processor's
/// cache when it is examined: a row has about a kilobyte.
pub(super) const PAGE: u32 = 1024;
/// Pages read ahead.
const AHEAD: usize = 4;
/// Rows that are read along rather than asked for separately.
const NEAR: u64 = 64;

/// Reads from a sequence to the end, or to a sequence that is not read any more. Ends with an empty channel, or with the
/// error.
pub(super) fn read(store: Arc<dyn Store>, from: u64, to: u64) -> Receiver<Result<Vec<Row>, StoreError>> {
    let (sender, receiver) = mpsc::channel(AHEAD);
    tokio::spawn(async move {
        let mut next = from;
        while next < to {
            let limit = u32::try_from(to - next).unwrap_or(PAGE).min(PAGE);
            let mut page = store.rows_from(next, limit).await;
            if let Ok(rows) = &mut page {
                // Where rows are missing, the last ones may be past the end.
                rows.retain(|row| row.sequence < to);
                match rows.last() {
                    Some(last) => next = last.sequence.saturating_add(1),
                    None => return,
                }
            }
            let failed = page.is_err();
            if sender.send(page).await.is_err() || failed {
                return;
            }
        }
    });
    receiver
}

/// The rows of these sequences, as far as they are there.
pub(super) async fn rows_at(
    store: &dyn Store,
    sequences: impl IntoIterator<Item = u64>,
) -> Result<HashMap<u64, Row>, StoreError> {
    let mut wanted: Vec<u64> = sequences.into_iter().collect();
    wanted.sort_unstable();
    wanted.dedup();
    let mut found = HashMap::with_capacity(wanted.len());
    for group in wanted.chunk_by(|before, after| after - before <= NEAR) {
        let mut rest = group;
        while let (Some(&first), Some(&last)) = (rest.first(), rest.last()) {
            let limit = u32::try_from(last - first + 1).unwrap_or(PAGE).min(PAGE);
            let rows = store.rows_from(first, limit).await?;
            let Some(end) = rows.last().map(|row| row.sequence) else {
                break;
            };
            found.extend(
                rows.into_iter()
                    .filter(|row| rest.binary_search(&row.sequence).is_ok())
                    .map(|row| (row.sequence, row)),
            );
            rest = &rest[rest.partition_point(|&sequence| sequence <= end)..];
        }
    }
    Ok(found)
}
