//! Logins whose intents and outcomes are on different pages: their rows are held until the outcome comes by.

use std::{
    collections::{BTreeMap, HashMap},
    mem::take,
    ops::Range,
};

use stagedoor_ledger::{Entry, Outcome, Record, Sequence};

use super::{Difference, has_outcome};
use crate::{
    cli::ledger::pages,
    store::{Projection, Store, StoreError},
};

/// What pages leave to later ones. They are given to it in their order.
#[derive(Default)]
pub(super) struct Across {
    /// Rows by their intents, until their outcomes come.
    open: HashMap<Sequence, Projection>,
    /// Outcomes that did not fit a row that was held. They are looked at anew: the row may have changed meanwhile.
    doubtful: Vec<(Sequence, Outcome)>,
}

impl Across {
    /// Takes what a page left over, and says what differs for certain.
    pub(super) async fn take(
        &mut self,
        later: Vec<Projection>,
        elsewhere: Vec<(Sequence, Outcome)>,
        store: &dyn Store,
        all: &Range<Sequence>,
    ) -> Result<Vec<Difference>, StoreError> {
        for (sequence, outcome) in elsewhere {
            let fits = self
                .open
                .get(&outcome.intent)
                .is_some_and(|row| row.outcome_seq == Some(sequence) && has_outcome(row, &outcome));
            if fits {
                self.open.remove(&outcome.intent);
            } else {
                self.doubtful.push((sequence, outcome));
            }
        }
        self.open.extend(later.into_iter().map(|row| (row.intent, row)));
        if self.doubtful.len() < pages::PAGE as usize {
            return Ok(Vec::new());
        }
        self.look_at_doubtful(store, all).await
    }

    /// All pages were taken. Says what else differs.
    pub(super) async fn end(
        mut self,
        store: &dyn Store,
        all: &Range<Sequence>,
    ) -> Result<Vec<Difference>, StoreError> {
        let mut found = self.look_at_doubtful(store, all).await?;
        let open: Vec<String> = take(&mut self.open)
            .into_values()
            .map(|row| row.request_id)
            .collect();
        for ids in open.chunks(pages::PAGE as usize) {
            let rows = store.projections_of(ids).await?;
            let mut awaited: BTreeMap<Sequence, Projection> = BTreeMap::new();
            for row in rows {
                match row.outcome_seq {
                    Some(sequence) if !awaited.contains_key(&sequence) => {
                        awaited.insert(sequence, row);
                    }
                    // An outcome was there before.
                    _ => found.push(Difference::differs(row.intent, &row.request_id, &["outcome"])),
                }
            }
            let records = pages::rows_at(store, awaited.keys().copied()).await?;
            for (sequence, row) in awaited {
                let record = records
                    .get(&sequence)
                    .and_then(|found| Record::decode(&found.record).ok());
                let fits = matches!(record.map(|record| record.entry), Some(Entry::Outcome(outcome))
                    if outcome.intent == row.intent && has_outcome(&row, &outcome));
                if !fits {
                    found.push(Difference::differs(row.intent, &row.request_id, &["outcome"]));
                }
            }
        }
        Ok(found)
    }

    /// The rows of these outcomes must lead to them. What else the rows say is compared where their intents are.
    async fn look_at_doubtful(
        &mut self,
        store: &dyn Store,
        all: &Range<Sequence>,
    ) -> Result<Vec<Difference>, StoreError> {
        let doubtful = take(&mut self.doubtful);
        let ids: Vec<String> = doubtful
            .iter()
            .map(|(_, outcome)| outcome.login.clone())
            .collect();
        let rows = store.projections_of(&ids).await?;
        let rows: HashMap<&str, &Projection> =
            rows.iter().map(|row| (row.request_id.as_str(), row)).collect();
        let mut found = Vec::new();
        for (sequence, outcome) in &doubtful {
            let before = outcome.intent < all.start;
            let leads_here = match rows.get(outcome.login.as_str()) {
                Some(row) if row.intent == outcome.intent => {
                    row.outcome_seq == Some(*sequence) && (!before || has_outcome(row, outcome))
                }
                // The intent is a finding, if it was looked at.
                _ => !before,
            };
            if !leads_here {
                found.push(Difference::missing(*sequence, "outcome", &outcome.login));
            }
        }
        Ok(found)
    }
}
