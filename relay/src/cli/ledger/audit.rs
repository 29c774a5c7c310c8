//! Verification as a pipeline: one task reads pages, the threads of the machine examine them, one task takes what they
//! found in order. A few pages are in memory at a time, however long the ledger is.

mod checkpoints;
mod file;
mod late;
mod lookups;

use std::{num::NonZeroUsize, sync::Arc, thread::available_parallelism};

use anyhow::{Context, ensure};
use stagedoor_ledger::{
    Frontier, Row,
    checkpoint::VerifyingKey,
    line::LineError,
    verify::{Examined, Summary, Verifier, examine},
};
use tokio::{
    sync::mpsc::{self, Receiver},
    task::{JoinHandle, spawn_blocking},
};

use super::{pages, progress::Progress};
use crate::store::Store;

pub(super) use checkpoints::Given;
use checkpoints::{Kept, expect};
pub(super) use file::verify_file;
pub(super) use lookups::Lookups;

/// What was verified, and with what.
pub(super) struct Audited {
    pub(super) summary: Summary,
    /// The first record that was read.
    pub(super) from: u64,
    /// Whether more records follow than were read, which may say more of missing openings.
    pub(super) part: bool,
    /// How many checkpoints were looked at.
    pub(super) checkpoints: u64,
    /// Whether their signatures were.
    pub(super) signatures: bool,
    /// What the look-up tables differ in.
    pub(super) lookups: Lookups,
}

impl Audited {
    /// Whether nothing was found.
    pub(super) fn is_sound(&self) -> bool {
        self.found() == 0
    }

    /// How much was found.
    pub(super) fn found(&self) -> u64 {
        self.summary.found + self.lookups.found
    }
}

/// A page that is being examined.
struct Page {
    /// The sequence after its last row.
    end: u64,
    rows: JoinHandle<Vec<Result<Examined, BadLine>>>,
}

/// A line of a file that is not a row, with its number.
struct BadLine(u64, LineError);

type Pages = Receiver<anyhow::Result<Page>>;

/// Verifies the ledger of a store from a sequence on, with the checkpoints that the store kept and those that were given.
pub(super) async fn verify_store(
    store: Arc<dyn Store>,
    from: u64,
    given: &[Given],
    keys: Vec<VerifyingKey>,
) -> anyhow::Result<(Audited, Progress)> {
    let size = store.ledger_size().await?;
    ensure!(
        from <= size,
        "--from {from}: the ledger has only {size} records, numbered from 0"
    );
    let nodes = Frontier::nodes_needed(from);
    let roots = store.nodes(&nodes).await.with_context(|| {
        format!("what comes before record {from} cannot be taken for granted; verify from 0")
    })?;
    let mut verifier = Verifier::new(Frontier::from_hashes(from, roots)?);
    for checkpoint in given {
        expect(&mut verifier, &checkpoint.text, &keys);
    }
    let signatures = !keys.is_empty();
    let mut kept = Kept::new(store.clone(), from, keys);
    let mut progress = Progress::new(Some(size - from));

    let pages = examined_from(store.clone(), from);
    take(&mut verifier, pages, Some(&mut kept), &mut progress).await?;
    kept.expect_all(&mut verifier).await?;
    // A checkpoint that was signed in the meantime covers records that were appended in the meantime.
    let rest = examined_from(store.clone(), verifier.size());
    take(&mut verifier, rest, None, &mut progress).await?;
    progress.finish();

    let mut summary = verifier.finish();
    late::forgive(&*store, size, &mut summary).await?;
    // What records say that are not sound is no measure for anything.
    let lookups = if summary.is_sound() {
        lookups::compare(&store, from..size).await?
    } else {
        Lookups::default()
    };
    let audited = Audited {
        summary,
        from,
        part: false,
        checkpoints: kept.count() + given.len() as u64,
        signatures,
        lookups,
    };
    Ok((audited, progress))
}

async fn take(
    verifier: &mut Verifier,
    mut pages: Pages,
    mut kept: Option<&mut Kept>,
    progress: &mut Progress,
) -> anyhow::Result<()> {
    while let Some(page) = pages.recv().await {
        let page = page?;
        if let Some(kept) = &mut kept {
            kept.expect_below(page.end, verifier).await?;
        }
        let rows = page
            .rows
            .await
            .context("a thread that examined records broke off")?;
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

/// Reads pages, and has each examined by a thread of its own.
fn examined_from(store: Arc<dyn Store>, from: u64) -> Pages {
    let (sender, receiver) = mpsc::channel(threads().get());
    tokio::spawn(async move {
        let mut pages = pages::read(store, from, u64::MAX);
        while let Some(page) = pages.recv().await {
            let page = page.map_err(anyhow::Error::from).map(|rows| Page {
                end: rows.last().map_or(from, |row| row.sequence.saturating_add(1)),
                rows: spawn_blocking(move || examine_all(rows)),
            });
            if sender.send(page).await.is_err() {
                return;
            }
        }
    });
    receiver
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "the thread that examined them is to free them"
)]
fn examine_all(rows: Vec<Row>) -> Vec<Result<Examined, BadLine>> {
    rows.iter().map(|row| Ok(examine(row))).collect()
}

fn threads() -> NonZeroUsize {
    available_parallelism().unwrap_or(NonZeroUsize::MIN)
}
