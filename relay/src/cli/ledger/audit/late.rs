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
