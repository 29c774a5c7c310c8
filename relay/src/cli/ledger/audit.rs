//! Verification as a pipeline: one task reads pages, the threads of the machine examine them, one task takes what they
//! found in order. A few pages are in memory at a time, however long the ledger is.

mod checkpoints;
mod file;
mod late;
mod lookups;
#[cfg(test)]
mod samples;
mod state;

use std::{num::NonZeroUsize, ops::Range, sync::Arc, thread::available_parallelism, time::Duration};

use anyhow::{Context, bail, ensure};
use stagedoor_ledger::{
    Frontier, Row,
    line::LineError,
    verify::{Examined, Fault, Summary, Verifier, examine, examine_and},
};
use tokio::{
    sync::mpsc::{self, Receiver},
    task::{JoinHandle, spawn_blocking},
};

use super::{keys::Configured, pages, progress::Progress};
use crate::{
    clock::{Clock, SystemClock},
    store::Store,
};

pub(super) use checkpoints::Given;
use checkpoints::{Kept, ensure_compared, expect, needs_unread_key};
pub(super) use file::verify_file;
pub(super) use lookups::Lookups;
use lookups::{Compared, Comparing, Comparison};
pub(super) use state::State;

/// What was verified, and with what.
pub(super) struct Audited {
    pub(super) summary: Summary,
    /// The first record that was read.
    pub(super) from: u64,
    /// Whether more records follow than were read, which may say more of missing openings.
    pub(super) part: bool,
    /// How many checkpoints were looked at.
    pub(super) checkpoints: u64,
    /// How many could not be, because the relay's own key cannot be read.
    pub(super) unchecked: u64,
    /// Whether it cannot.
    pub(super) unread_key: bool,
    /// How many of them were given.
    pub(super) given: u64,
    /// Whether their signatures were looked at.
    pub(super) signatures: bool,
    /// Whether it was a store, and no export.
    pub(super) of_store: bool,
    /// What the look-up tables differ in.
    pub(super) lookups: Lookups,
    /// What is wrong about the store around its records.
    pub(super) state: State,
    /// Whether the look-up tables were left out because that was asked for.
    pub(super) records_only: bool,
}

impl Audited {
    /// Whether nothing was found.
    pub(super) fn is_sound(&self) -> bool {
        self.found() == 0
    }

    /// Whether a checkpoint agrees that was verified with a key: without one, whoever rewrites everything is not found.
    pub(super) fn is_trusted(&self) -> bool {
        self.signatures && self.summary.confirmed > 0
    }

    /// Whether it was to be held to a checkpoint, and could not be.
    pub(super) fn is_undecided(&self) -> bool {
        self.is_sound() && (self.lacks_key() || self.given > 0 && !self.is_trusted())
    }

    /// Whether there are checkpoints that only a key can tell the worth of which cannot be read.
    pub(super) fn lacks_key(&self) -> bool {
        let none_checked = self.unread_key && !self.signatures && self.checkpoints > 0;
        none_checked || self.unchecked > 0
    }

    /// How much was found.
    pub(super) fn found(&self) -> u64 {
        self.summary.found + self.lookups.found + self.state.found
    }
}

/// A store that several threads use.
type Shared = Arc<dyn Store>;

/// A page that is being examined.
struct Page {
    /// The sequence after its last row.
    end: u64,
    examined: JoinHandle<anyhow::Result<ExaminedPage>>,
}

/// A page that was examined.
#[derive(Default)]
struct ExaminedPage {
    rows: Vec<Result<Examined, BadLine>>,
    /// What the look-up tables differ in, and what is to be compared on later pages.
    compared: Compared,
    /// How long the store took to read these tables.
    took: Duration,
}

/// A line of a file that is not a row, with its number.
struct BadLine(u64, LineError);

type Pages = Receiver<anyhow::Result<Page>>;

/// Verifies the ledger of a store from a sequence on, with the checkpoints that the store kept and those that were given.
pub(super) async fn verify_store(
    store: Arc<dyn Store>,
    from: u64,
    given: &[Given],
    keys: Configured,
    records_only: bool,
) -> anyhow::Result<(Audited, Progress)> {
    let mut state = State::default();
    state.look(&*store).await?;
    if state.tableless {
        let problems: Vec<_> = state.flaws.iter().map(|flaw| flaw.problem.as_str()).collect();
        bail!(
            "nothing was read, because tables are missing ({}). Put the schema back, from a backup or by hand, and find out who \
             changed it",
            problems.join("; ")
        );
    }
    let verified = verify_records(store, from, given, keys, records_only).await;
    // What is wrong about the store may be why it cannot be read.
    let (mut audited, progress) = match (verified, state.flaws.first()) {
        (Err(error), Some(flaw)) => return Err(error.context(flaw.problem.clone())),
        (verified, _) => verified?,
    };
    audited.state.prepend(state);
    Ok((audited, progress))
}

async fn verify_records(
    store: Shared,
    from: u64,
    given: &[Given],
    keys: Configured,
    records_only: bool,
) -> anyhow::Result<(Audited, Progress)> {
    let size = store.ledger_size().await?;
    ensure!(
        from <= size,
        "--from {from}: the ledger has only {size} records, numbered from 0"
    );
    ensure_compared(given, from, &keys.keys)?;
    let nodes = Frontier::nodes_needed(from);
    let roots = store.nodes(&nodes).await.with_context(|| {
        format!("what comes before record {from} cannot be taken for granted; verify from 0")
    })?;
    let mut verifier = Verifier::new(Frontier::from_hashes(from, roots)?);
    let (unchecked, checked): (Vec<_>, Vec<_>) = given
        .iter()
        .partition(|checkpoint| needs_unread_key(&checkpoint.text, &keys));
    for checkpoint in &checked {
        expect(&mut verifier, &checkpoint.text, &keys.keys);
    }
    let (signatures, unread_key) = (!keys.keys.is_empty(), keys.unread);
    let mut kept = Kept::new(store.clone(), from, keys);
    let mut progress = Progress::new(Some(size - from));

    let compared = if records_only { 0..0 } else { from..size };
    let mut comparing = Comparing::new(store.clone(), compared.clone());
    let pages = examined_from(store.clone(), from, compared);
    let with = (Some(&mut kept), Some(&mut comparing));
    take(&mut verifier, pages, with, &mut progress).await?;
    kept.expect_all(&mut verifier).await?;
    // A checkpoint that was signed in the meantime covers records that were appended in the meantime.
    let rest = examined_from(store.clone(), verifier.size(), 0..0);
    take(&mut verifier, rest, (None, None), &mut progress).await?;
    let mut lookups = if records_only {
        Lookups::default()
    } else {
        comparing.end().await?
    };
    let state = kept.take_state();
    progress.finish();

    let mut summary = verifier.finish();
    late::forgive(&*store, size, &mut summary).await?;
    // What records say that are not sound is no measure for anything.
    let mut told = summary.findings.iter();
    if told.any(|finding| puts_records_in_doubt(&finding.fault))
        || summary.found > summary.findings.len() as u64
    {
        lookups = Lookups::default();
    }
    let audited = Audited {
        summary,
        from,
        part: false,
        checkpoints: kept.count() + checked.len() as u64,
        unchecked: kept.unchecked() + unchecked.len() as u64,
        unread_key,
        given: given.iter().filter(|given| given.named).count() as u64,
        signatures,
        of_store: true,
        lookups,
        state,
        records_only,
    };
    Ok((audited, progress))
}

/// Whether what the records say cannot be relied on. A checkpoint that is none changes nothing about them, and must not keep
/// the look-up tables from being compared for ever.
fn puts_records_in_doubt(fault: &Fault) -> bool {
    !matches!(fault, Fault::Checkpoint(_))
}

async fn take(
    verifier: &mut Verifier,
    mut pages: Pages,
    (mut kept, mut comparing): (Option<&mut Kept>, Option<&mut Comparing>),
    progress: &mut Progress,
) -> anyhow::Result<()> {
    while let Some(page) = pages.recv().await {
        let page = page?;
        if let Some(kept) = &mut kept {
            kept.expect_below(page.end, verifier).await?;
        }
        let ExaminedPage { rows, compared, took } = page
            .examined
            .await
            .context("a thread that examined records broke off")??;
        if let Some(comparing) = &mut comparing {
            comparing.take(compared, took).await?;
        }
        progress.advance(rows.len() as u64);
        for row in rows {
            match row {
                Ok(examined) => verifier.accept(examined),
                Err(BadLine(number, error)) => verifier.unreadable_line(number, error),
            }
        }
    }
    Ok(())
}

/// Reads pages, and has each examined by a thread of its own. Those of some records are compared with the look-up tables.
fn examined_from(store: Shared, from: u64, compared: Range<u64>) -> Pages {
    let (sender, receiver) = mpsc::channel(4 * threads().get());
    tokio::spawn(async move {
        let mut pages = pages::read(store.clone(), from, u64::MAX);
        let mut start = from;
        while let Some(page) = pages.recv().await {
            let page = page.map_err(anyhow::Error::from).map(|rows| {
                let end = rows.last().map_or(start, |row| row.sequence.saturating_add(1));
                let compared = compared.clone();
                // Where records are missing, what the tables say of them is not read: it may be any amount, and records that
                // are not sound are no measure for it.
                let whole = end - start == rows.len() as u64;
                let range = if whole { start..end.min(compared.end) } else { 0..0 };
                start = end;
                let examined = tokio::spawn(examine_page(store.clone(), rows, range, compared));
                Page { end, examined }
            });
            if sender.send(page).await.is_err() {
                return;
            }
        }
    });
    receiver
}

/// Examines the rows of a page, and compares those of a range with the look-up tables.
async fn examine_page(
    store: Shared,
    rows: Vec<Row>,
    range: Range<u64>,
    compared: Range<u64>,
) -> anyhow::Result<ExaminedPage> {
    if range.is_empty() {
        let examine_all = move || rows.iter().map(|row| Ok(examine(row))).collect();
        return Ok(ExaminedPage {
            rows: spawn_blocking(examine_all).await?,
            ..ExaminedPage::default()
        });
    }
    let clock = SystemClock::new();
    let mut comparison = Comparison::begin(&*store, range.clone()).await?;
    let mut took = clock.elapsed();
    let examining = spawn_blocking(move || {
        let examine = |row| {
            Ok(examine_and(row, |record, named| {
                comparison.see(row, record, &named)
            }))
        };
        let rows = rows.iter().map(examine).collect();
        (rows, comparison)
    });
    let (rows, comparison) = examining.await?;
    let began = clock.elapsed();
    let mut found = comparison.end(&*store, &compared).await?;
    if !found.found.is_empty() {
        // An erasure or an outcome may have come between reading the records and the tables.
        found = look_again(&store, range, &compared).await?;
    }
    took += clock.elapsed().saturating_sub(began);
    Ok(ExaminedPage {
        rows,
        compared: found,
        took,
    })
}

async fn look_again(store: &Shared, range: Range<u64>, compared: &Range<u64>) -> anyhow::Result<Compared> {
    // However many records are missing on it.
    let limit = u32::try_from(range.end - range.start).map_or(pages::PAGE, |rows| rows.min(pages::PAGE));
    let rows = store.rows_from(range.start, limit).await?;
    let mut comparison = Comparison::begin(&**store, range).await?;
    for row in &rows {
        examine_and(row, |record, named| comparison.see(row, record, &named));
    }
    Ok(comparison.end(&**store, compared).await?)
}

fn threads() -> NonZeroUsize {
    available_parallelism().unwrap_or(NonZeroUsize::MIN)
}
