//! The look-up tables beside the ledger: `list`, `show`, `prove` and `erase --customer` choose records by them, so they must
//! say what the records say. They are compared after the records were found sound.

use std::{collections::HashMap, num::NonZeroUsize, ops::Range, sync::Arc, time::Duration};

use anyhow::Context;
use futures_util::{StreamExt, TryStreamExt, stream};
use stagedoor_ledger::{CustomerPart, Entry, Opening, Part, Record, Row, StaffPart};
use stagedoor_protocol::CustomerEmail;

use super::threads;
use crate::cli::ledger::{pages, progress::Progress};
use crate::store::{Projection, ProjectionCounts, Store, StoreError};

/// Findings that are told; more are counted.
const TOLD: usize = 100;

/// What the comparison found.
#[derive(Debug, Default)]
pub(in crate::cli::ledger) struct Lookups {
    /// Whether the tables were compared.
    pub(in crate::cli::ledger) compared: bool,
    /// The first findings, in the order of the records.
    pub(in crate::cli::ledger) findings: Vec<Difference>,
    /// How many there are.
    pub(in crate::cli::ledger) found: u64,
    /// How long it took.
    pub(in crate::cli::ledger) took: Duration,
}

/// A row of the look-up tables that is not what the ledger says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::cli::ledger) struct Difference {
    /// The record that it is about.
    pub(in crate::cli::ledger) sequence: Option<u64>,
    /// Its stable name.
    pub(in crate::cli::ledger) code: &'static str,
    /// What differs; no value of it, for it may be personal.
    pub(in crate::cli::ledger) problem: String,
}

/// What one page of records comes to.
#[derive(Default)]
struct Page {
    records: u64,
    differences: Vec<Difference>,
    logins: u64,
    outcomes: u64,
    reports: u64,
    /// Reports that the logins lead to.
    reached: u64,
}

/// Compares the tables with the records of a range, which are sound.
pub(super) async fn compare(store: &Arc<dyn Store>, range: Range<u64>) -> anyhow::Result<Lookups> {
    let starts = range.clone().step_by(pages::PAGE as usize);
    let pages = starts.map(|start| {
        let (store, end) = (store.clone(), range.end);
        let page = start..end.min(start + u64::from(pages::PAGE));
        async move {
            tokio::spawn(async move { compare_page(&*store, page, end).await })
                .await
                .context("a task that compares the look-up tables broke off")?
                .map_err(anyhow::Error::from)
        }
    });
    let mut lookups = Lookups {
        compared: true,
        ..Lookups::default()
    };
    let mut counts = ProjectionCounts {
        logins: 0,
        outcomes: 0,
        reports: 0,
        beyond: 0,
    };
    let mut reached = 0;
    let mut progress = Progress::new(Some(range.end - range.start));
    let mut pages = stream::iter(pages).buffered(NonZeroUsize::get(threads()) + 1);
    while let Some(page) = pages.try_next().await? {
        progress.advance(page.records);
        counts.logins += page.logins;
        counts.outcomes += page.outcomes;
        counts.reports += page.reports;
        reached += page.reached;
        page.differences
            .into_iter()
            .for_each(|difference| lookups.add(difference));
    }
    let (before, all) = (
        store.projection_counts(range.start).await?,
        store.projection_counts(range.end).await?,
    );
    for (what, before, all, counted) in [
        ("logins", before.logins, all.logins, counts.logins),
        ("outcomes", before.outcomes, all.outcomes, counts.outcomes),
        ("reports", before.reports, all.reports, counts.reports),
        ("logins past the ledger's end", 0, all.beyond, counts.beyond),
    ] {
        let stored = all.saturating_sub(before);
        if stored != counted {
            let problem = format!(
                "the look-up tables have {stored} {what}, and the records {counted}: rows were added or deleted"
            );
            lookups.add(Difference::of(None, "lookup_count_differs", problem));
        }
    }
    // A report that was moved to a login that is not there is counted all the same, and yet nobody finds it. In a part of
    // the ledger, reports belong to earlier logins too.
    if range.start == 0 && all.reports == counts.reports && reached != counts.reports {
        let problem = format!(
            "logins lead to {reached} reports, and the ledger has {}: reports were moved to other logins",
            counts.reports
        );
        lookups.add(Difference::of(None, "lookup_count_differs", problem));
    }
    progress.finish();
    lookups.took = progress.elapsed();
    Ok(lookups)
}

impl Lookups {
    fn add(&mut self, difference: Difference) {
        self.found += 1;
        if self.findings.len() < TOLD {
            self.findings.push(difference);
        }
    }
}

impl Difference {
    fn of(sequence: impl Into<Option<u64>>, code: &'static str, problem: String) -> Self {
        Self {
            sequence: sequence.into(),
            code,
            problem,
        }
    }
}

/// A page that differs is looked at once more: an erasure or an outcome may have come between reading the one table and
/// the other.
async fn compare_page(store: &dyn Store, page: Range<u64>, end: u64) -> Result<Page, StoreError> {
    let first = look(store, page.clone(), end).await?;
    if first.differences.is_empty() {
        Ok(first)
    } else {
        look(store, page, end).await
    }
}

async fn look(store: &dyn Store, page: Range<u64>, end: u64) -> Result<Page, StoreError> {
    let limit = u32::try_from(page.end - page.start).unwrap_or(pages::PAGE);
    let rows = store.rows_from(page.start, limit).await?;
    let projections = store.projections(page.clone()).await?;
    let by_intent: HashMap<u64, &Projection> = projections.iter().map(|it| (it.intent, it)).collect();
    let mut result = Page {
        records: rows.len() as u64,
        ..Page::default()
    };
    let mut intents = Vec::new();
    let mut read = Read::with_capacity(rows.len());
    for row in rows {
        let Ok(record) = Record::decode(&row.record) else {
            continue;
        };
        match &record.entry {
            Entry::Intent(_) => {
                result.logins += 1;
                intents.push(row.sequence);
            }
            Entry::Outcome(_) => result.outcomes += 1,
            Entry::Report(_) => result.reports += 1,
            Entry::Erasure(_) => {}
        }
        read.insert(row.sequence, (record, row));
    }
    read_along(store, &projections, end, &mut read).await?;
    for intent in intents {
        let problem = match (by_intent.get(&intent), read.get(&intent)) {
            (Some(projection), Some((record, row))) => intent_differs(row, record, projection, &read),
            _ => Some("its login is not in the look-up tables: the row was deleted, or moved".to_owned()),
        };
        let difference = problem.map(|problem| Difference::of(intent, "lookup_differs", problem));
        result.differences.extend(difference);
    }
    // What came since the verification began is not compared, but it must be there.
    let size = store.ledger_size().await?;
    for projection in &projections {
        let reports = projection.reports.iter();
        result.reached += reports.filter(|(_, sequence)| *sequence < end).count() as u64;
        result.differences.extend(
            ends_differ(projection, end, size, &read)
                .map(|problem| Difference::of(projection.intent, "lookup_differs", problem)),
        );
    }
    result.differences.sort_by_key(|difference| difference.sequence);
    Ok(result)
}

/// Records that can be read, with their rows.
type Read = HashMap<u64, (Record, Row)>;

/// Reads the outcomes and reports that these rows name and that are not on the page.
async fn read_along(
    store: &dyn Store,
    projections: &[Projection],
    end: u64,
    read: &mut Read,
) -> Result<(), StoreError> {
    let named = projections.iter().flat_map(|projection| {
        let reports = projection.reports.iter().map(|(_, sequence)| *sequence);
        projection.outcome_seq.into_iter().chain(reports)
    });
    let elsewhere: Vec<u64> = named
        .filter(|sequence| *sequence < end && !read.contains_key(sequence))
        .collect();
    for (sequence, row) in pages::rows_at(store, elsewhere).await? {
        if let Ok(record) = Record::decode(&row.record) {
            read.insert(sequence, (record, row));
        }
    }
    Ok(())
}

fn intent_differs(row: &Row, record: &Record, projection: &Projection, read: &Read) -> Option<String> {
    let Entry::Intent(intent) = &record.entry else {
        return None;
    };
    let customer = opened::<CustomerPart>(row.customer.as_deref());
    let staff = opened::<StaffPart>(row.staff.as_deref());
    let folded = |email: &str| {
        CustomerEmail::parse(email)
            .ok()
            .map(|email| email.folded().to_string())
    };
    let customer_fits = match &customer {
        Some(customer) => projection.customer_folded == folded(&customer.email),
        // The address goes with the last part: what a report said may still be there, and is found by it.
        None => {
            let mut reports = projection.reports.iter();
            projection.customer_folded.is_none()
                || reports
                    .any(|(_, sequence)| read.get(sequence).is_some_and(|(_, row)| row.customer.is_some()))
        }
    };
    let staff_fits = staff.is_none_or(|staff| {
        projection.staff_id == staff.id && projection.staff_folded == folded(&staff.email)
    });
    let differing = [
        ("id", projection.request_id == intent.login),
        ("platform", projection.platform == intent.platform),
        ("time", projection.requested_at == record.time.as_millisecond()),
        ("customer", customer_fits),
        ("staff member", staff_fits),
    ];
    describe(&differing)
}

/// The outcome and the reports that a row names must be records of its login.
fn ends_differ(projection: &Projection, end: u64, size: u64, read: &Read) -> Option<String> {
    let outcome_fits = match projection.outcome_seq {
        Some(sequence) if sequence < end => matches!(
            read.get(&sequence).map(|(record, _)| &record.entry),
            Some(Entry::Outcome(outcome)) if outcome.intent == projection.intent
                && outcome.login == projection.request_id
                && projection.outcome.as_deref() == Some(outcome.outcome.as_str())
                && projection.cause == outcome.cause
        ),
        // It came after the verification began.
        Some(sequence) => sequence < size,
        None => projection.outcome.is_none() && projection.cause.is_none(),
    };
    let reports_fit = projection.reports.iter().all(|(kind, sequence)| {
        (end..size).contains(sequence)
            || matches!(
                read.get(sequence).map(|(record, _)| &record.entry),
                Some(Entry::Report(report)) if report.intent == projection.intent
                    && report.login == projection.request_id
                    && report.outcome.as_str() == kind
            )
    });
    describe(&[("outcome", outcome_fits), ("reports", reports_fit)])
}

fn describe(fits: &[(&str, bool)]) -> Option<String> {
    let differing: Vec<&str> = fits
        .iter()
        .filter(|(_, fits)| !fits)
        .map(|(name, _)| *name)
        .collect();
    let names = differing.join(", ");
    (!differing.is_empty()).then(|| {
        format!("the look-up tables say otherwise of its login than the records ({names}): they were changed")
    })
}

fn opened<P: Part>(bytes: Option<&[u8]>) -> Option<P> {
    Opening::from_bytes(bytes?).ok()?.read().ok()
}
