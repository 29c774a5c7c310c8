//! The look-up tables beside the ledger: `list`, `show`, `prove` and `erase --customer` choose records by them, so they must
//! say what the records say. Each page of records is compared while it is examined, so that nothing is read twice.

mod across;
mod page;
#[cfg(test)]
mod tests;

use std::{ops::Range, time::Duration};

use stagedoor_ledger::{Outcome, Sequence};

use super::Shared;
use crate::{
    cli::ledger::text,
    store::{Projection, Store, StoreError, StrayRow},
};

use across::Across;
pub(super) use page::{Compared, Comparison};

/// Findings that are told; more are counted.
const TOLD: usize = 100;
/// The length of a login's id. Whoever changed a table may have put anything in its place.
const ID_CHARS: usize = 36;

/// What the comparison found.
#[derive(Debug, Default)]
pub(in crate::cli::ledger) struct Lookups {
    /// Whether the tables were compared.
    pub(in crate::cli::ledger) compared: bool,
    /// Findings, as many as are told, in the order of the records.
    pub(in crate::cli::ledger) findings: Vec<Difference>,
    /// How many there are.
    pub(in crate::cli::ledger) found: u64,
    /// How long the store took to read the tables, all threads together.
    pub(in crate::cli::ledger) took: Duration,
}

/// A row of the look-up tables that is not what the ledger says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::cli::ledger) struct Difference {
    /// The record that it is about.
    pub(in crate::cli::ledger) sequence: Option<u64>,
    /// Its stable name.
    pub(in crate::cli::ledger) code: &'static str,
    /// What differs, and of which login; nothing personal.
    pub(in crate::cli::ledger) problem: String,
}

/// The comparison of page after page, in their order.
pub(super) struct Comparing {
    store: Shared,
    /// What is verified in all.
    all: Range<Sequence>,
    across: Across,
    lookups: Lookups,
}

impl Comparing {
    pub(super) fn new(store: Shared, all: Range<Sequence>) -> Self {
        Self {
            store,
            all,
            across: Across::default(),
            lookups: Lookups::default(),
        }
    }

    /// Takes what came of a page, and how long the store took to read its tables.
    pub(super) async fn take(&mut self, page: Compared, took: Duration) -> Result<(), StoreError> {
        let Compared {
            found,
            later,
            elsewhere,
        } = page;
        self.lookups.took += took;
        self.lookups.take(found);
        let found = self
            .across
            .take(later, elsewhere, &*self.store, &self.all)
            .await?;
        self.lookups.take(found);
        Ok(())
    }

    /// All pages were taken: says what was found.
    pub(super) async fn end(self) -> Result<Lookups, StoreError> {
        let mut lookups = self.lookups;
        lookups.take(self.across.end(&*self.store, &self.all).await?);
        lookups.take_strays(&*self.store).await?;
        Ok(lookups)
    }
}

impl Lookups {
    /// Takes what was found.
    fn take(&mut self, differences: Vec<Difference>) {
        self.found += differences.len() as u64;
        let room = TOLD.saturating_sub(self.findings.len());
        self.findings.extend(differences.into_iter().take(room));
    }

    /// Adds the rows that belong to no page, because the ledger has no such records.
    async fn take_strays(&mut self, store: &dyn Store) -> Result<(), StoreError> {
        self.compared = true;
        let room = TOLD.saturating_sub(self.findings.len());
        // One is asked for in any case: with it comes how many there are.
        let strays = store
            .stray_rows(u32::try_from(room).unwrap_or(u32::MAX).max(1))
            .await?;
        self.found += strays.count;
        self.findings.sort_by_key(|difference| difference.sequence);
        self.findings
            .extend(strays.first.iter().take(room).map(Difference::stray));
        Ok(())
    }
}

impl Difference {
    /// The row of a login says otherwise than its records, in these things.
    fn differs(sequence: u64, login: &str, what: &[&str]) -> Self {
        let problem = format!(
            "the look-up tables say otherwise of its login {} than the records ({}): they were changed",
            id(login),
            what.join(", ")
        );
        Self {
            sequence: Some(sequence),
            code: "lookup_differs",
            problem,
        }
    }

    /// A record that the tables do not lead to.
    fn missing(sequence: u64, what: &str, login: &str) -> Self {
        let problem = format!(
            "the look-up tables do not lead to this {what} of login {}: a row was deleted, changed or moved",
            id(login)
        );
        Self {
            sequence: Some(sequence),
            code: "lookup_missing",
            problem,
        }
    }

    /// A row that names a record of another kind.
    fn unfounded(sequence: u64, what: &str, login: &str) -> Self {
        let problem = format!(
            "the look-up tables have it as {what} of login {}, and it is none: a row was added, changed or moved",
            id(login)
        );
        Self {
            sequence: Some(sequence),
            code: "lookup_unfounded",
            problem,
        }
    }

    fn stray(stray: &StrayRow) -> Self {
        let problem = format!(
            "the look-up tables name record {} for login {}, and there is no such record: a row was added, or records were \
             cut off",
            stray.sequence,
            id(&stray.request_id)
        );
        Self {
            sequence: None,
            code: "lookup_unfounded",
            problem,
        }
    }
}

/// Whether a row says what an outcome says.
fn has_outcome(row: &Projection, outcome: &Outcome) -> bool {
    row.request_id == outcome.login
        && row.outcome.as_deref() == Some(outcome.outcome.as_str())
        && row.cause == outcome.cause
}

fn id(login: &str) -> String {
    text::plain(&login.chars().take(ID_CHARS).collect::<String>())
}
