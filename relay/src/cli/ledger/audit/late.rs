//! Erasures that came while the ledger was verified: parts that were read before they were erased are not still there.

use stagedoor_ledger::{
    Entry, Erasure, Record,
    verify::{Fault, Finding, PartName, Summary},
};

use super::pages;
use crate::store::{Store, StoreError};

/// Takes away the findings about parts that are gone by now, of erasure records at or after this sequence.
pub(super) async fn forgive(
    store: &dyn Store,
    began_at: u64,
    summary: &mut Summary,
) -> Result<(), StoreError> {
    let mut findings = Vec::with_capacity(summary.findings.len());
    for finding in std::mem::take(&mut summary.findings) {
        if is_over(store, began_at, &finding).await? {
            summary.found -= 1;
        } else {
            findings.push(finding);
        }
    }
    summary.findings = findings;
    Ok(())
}

async fn is_over(store: &dyn Store, began_at: u64, finding: &Finding) -> Result<bool, StoreError> {
    let (Some(sequence), Fault::Kept { part, .. }) = (finding.sequence, finding.fault) else {
        return Ok(false);
    };
    if sequence < began_at {
        return Ok(false);
    }
    let rows = store.rows_from(sequence, 1).await?;
    let Some(Ok(Record {
        entry: Entry::Erasure(Erasure { sequences, .. }),
        ..
    })) = rows.first().map(|row| Record::decode(&row.record))
    else {
        return Ok(false);
    };
    // An erasure record of the store names few; a forged one may name any.
    let wanted: Vec<u64> = sequences
        .ranges()
        .flatten()
        .take(pages::PAGE as usize + 1)
        .collect();
    if wanted.len() > pages::PAGE as usize {
        return Ok(false);
    }
    let rows = pages::rows_at(store, wanted).await?;
    Ok(rows.values().all(|row| match part {
        PartName::Customer => row.customer.is_none(),
        PartName::Staff => row.staff.is_none(),
    }))
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use stagedoor_protocol::CustomerEmail;

    use super::*;
    use crate::{
        cli::ledger::audit::samples::record,
        store::{Completion, ErasureOrder, ErasureScope, MintOutcome, SqliteStore},
    };

    /// What a verification found that had read Jane's record before it was erased, and Joe's, which is still there.
    fn summary() -> Summary {
        let kept = |sequence| Finding {
            sequence: Some(sequence),
            fault: Fault::Kept {
                part: PartName::Customer,
                count: 1,
            },
        };
        Summary {
            findings: vec![kept(3), kept(1)],
            found: 2,
            ..Summary::default()
        }
    }

    #[tokio::test]
    async fn only_what_is_gone_by_now_and_was_erased_meanwhile_is_forgiven() {
        let folder = tempfile::tempdir().unwrap();
        let store = SqliteStore::open(&folder.path().join("store.db")).await.unwrap();
        let jane = record(&store, "jane@customers.example", 1).await;
        record(&store, "joe@customers.example", 2).await;
        let ended = Completion {
            outcome: MintOutcome::Minted(None),
            duration_ms: None,
            at: Timestamp::UNIX_EPOCH,
            claimed_until: Timestamp::UNIX_EPOCH,
        };
        store.record_outcome(&jane, &ended).await.unwrap();
        let order = ErasureOrder {
            scope: ErasureScope::Customer(CustomerEmail::parse("jane@customers.example").unwrap()),
            operator: "o".to_owned(),
            reason: "r".to_owned(),
            at: Timestamp::UNIX_EPOCH,
        };
        assert_eq!(store.erase(&order).await.unwrap().records, 1);

        let mut began_before = summary();
        forgive(&store, 3, &mut began_before).await.unwrap();
        assert_eq!((began_before.found, began_before.findings.len()), (1, 1));
        assert_eq!(began_before.findings[0].sequence, Some(1), "no erasure record");
        let mut began_after = summary();
        forgive(&store, 4, &mut began_after).await.unwrap();
        assert_eq!(began_after.found, 2);
        let mut still_there = Summary {
            findings: vec![Finding {
                sequence: Some(3),
                fault: Fault::Kept {
                    part: PartName::Staff,
                    count: 1,
                },
            }],
            found: 1,
            ..Summary::default()
        };
        forgive(&store, 3, &mut still_there).await.unwrap();
        assert_eq!(still_there.found, 1);
    }
}
