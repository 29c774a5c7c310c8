//! `stagedoor ledger export`: the ledger in JSON Lines, without loss, or a table of logins for a spreadsheet.

use std::{
    io::Write,
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::{Context, bail, ensure};
use clap::{Args, ValueEnum};
use stagedoor_ledger::{Entry, Record, Row, line};
use tokio::task::spawn_blocking;
use tokio_util::sync::CancellationToken;

use super::{
    output::Output,
    pages,
    progress::Progress,
    recorded,
    selection::{self, Selection},
    table::Table,
};
use crate::{
    shutdown,
    store::{LoginFilter, Store},
};

#[derive(Debug, Args)]
pub(in crate::cli) struct Export {
    /// jsonl: a row of the ledger in each line, without loss, for `verify --file`. csv: a login in each line, for a
    /// spreadsheet.
    #[arg(long)]
    format: Format,
    #[command(flatten)]
    selection: Selection,
    /// jsonl: begin with this record.
    #[arg(long, value_name = "SEQ", value_parser = clap::value_parser!(u64).range(..=stagedoor_ledger::MAX_INTEGER))]
    from_seq: Option<u64>,
    /// jsonl: end with this record.
    #[arg(long, value_name = "SEQ", value_parser = clap::value_parser!(u64).range(..stagedoor_ledger::MAX_INTEGER))]
    to_seq: Option<u64>,
    /// A file to be made, readable by its owner only. Default: standard output.
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Jsonl,
    Csv,
}

impl Export {
    /// The first record, and the one after the last.
    fn records(&self) -> (u64, u64) {
        (
            self.from_seq.unwrap_or(0),
            self.to_seq.map_or(u64::MAX, |last| last + 1),
        )
    }
}

pub(super) async fn run(path: &Path, export: Export) -> anyhow::Result<()> {
    let by_sequence = export.from_seq.is_some() || export.to_seq.is_some();
    if by_sequence && export.format == Format::Csv {
        bail!("--from-seq and --to-seq are for --format jsonl; for csv, choose logins by --from and --to");
    }
    if by_sequence && !export.selection.is_everything() {
        bail!("choose either logins or, with --from-seq and --to-seq, records");
    }
    let (from, to) = export.records();
    ensure!(from < to, "--from-seq must not be after --to-seq");
    let filter = export.selection.filter()?;
    let (_, store) = super::open(path).await?;
    let size = store.ledger_size().await?;
    ensure!(
        export.from_seq.is_none_or(|from| from < size),
        "--from-seq {from}: the ledger has only {size} records, numbered from 0"
    );
    // A file that is not whole is taken away again, also at Ctrl-C: it holds personal data.
    let stop = CancellationToken::new();
    shutdown::on_signal(stop.clone())?;
    tokio::select! {
        written = write(store, &export, filter, size) => written,
        () = stop.cancelled() => bail!("stopped; nothing was exported"),
    }
}

async fn write(store: Arc<dyn Store>, export: &Export, filter: LoginFilter, size: u64) -> anyhow::Result<()> {
    let mut output = Output::open(export.output.as_deref())?;
    let (from, to) = export.records();
    match export.format {
        Format::Csv => logins(&*store, filter, &mut output).await?,
        Format::Jsonl if export.selection.is_everything() => {
            // On a screen a bar and lines would get in each other's way.
            let mut progress = output.is_file().then(|| Progress::new(Some(size.min(to) - from)));
            lines(store.clone(), from, to, &mut output, progress.as_mut()).await?;
            if let Some(mut progress) = progress {
                progress.finish();
            }
        }
        Format::Jsonl => some_lines(&*store, filter, &mut output).await?,
    }
    refuse_erased_meanwhile(store, size).await?;
    output.finish()
}

/// All rows from a sequence to another, or the end. While one page is written, the next is encoded.
async fn lines(
    store: Arc<dyn Store>,
    from: u64,
    to: u64,
    output: &mut Output,
    mut progress: Option<&mut Progress>,
) -> anyhow::Result<()> {
    let mut pages = pages::read(store, from, to);
    let mut encoding: Option<tokio::task::JoinHandle<_>> = None;
    loop {
        let page = pages.recv().await.transpose()?;
        let before = encoding.take();
        encoding = page.map(|rows| {
            spawn_blocking(move || {
                let lines = rows.iter().map(encode).collect::<anyhow::Result<Vec<_>>>();
                lines.map(|lines| (rows.len() as u64, lines.concat()))
            })
        });
        if let Some(before) = before {
            let (count, lines) = before
                .await
                .context("a thread that encoded records broke off")??;
            output.write_all(&lines)?;
            if let Some(progress) = &mut progress {
                progress.advance(count);
            }
        }
        if encoding.is_none() {
            return Ok(());
        }
    }
}

/// The rows of the logins that fit, in the ledger's order.
async fn some_lines(store: &dyn Store, mut filter: LoginFilter, output: &mut Output) -> anyhow::Result<()> {
    let mut sequences = Vec::new();
    while let Some(found) = selection::next(store, &mut filter).await? {
        sequences.extend(found.iter().flat_map(recorded::sequences));
    }
    sequences.sort_unstable();
    for some in sequences.chunks(pages::PAGE as usize) {
        let rows = pages::rows_at(store, some.iter().copied()).await?;
        for sequence in some {
            let Some(row) = rows.get(sequence) else {
                bail!("record {sequence} is missing; `stagedoor ledger verify` says what else is wrong");
            };
            output.write_all(&encode(row)?)?;
        }
    }
    Ok(())
}

async fn logins(store: &dyn Store, mut filter: LoginFilter, output: &mut Output) -> anyhow::Result<()> {
    let mut table = Table::new(output)?;
    while let Some(found) = selection::next(store, &mut filter).await? {
        for login in recorded::logins(store, found).await? {
            table.add(&login)?;
        }
    }
    table.finish()
}

fn encode(row: &Row) -> anyhow::Result<Vec<u8>> {
    let mut line = line::encode(row).with_context(|| {
        let sequence = row.sequence;
        format!("record {sequence} cannot be exported; `stagedoor ledger verify` says what else is wrong")
    })?;
    line.push(b'\n');
    Ok(line)
}

/// What was erased while the export was under way may be in it: then it holds data that must be gone.
async fn refuse_erased_meanwhile(store: Arc<dyn Store>, size: u64) -> anyhow::Result<()> {
    let mut pages = pages::read(store, size, u64::MAX);
    while let Some(page) = pages.recv().await {
        for row in page? {
            let record = Record::decode(&row.record);
            if record.is_ok_and(|record| matches!(record.entry, Entry::Erasure(_))) {
                bail!(
                    "personal data was erased during the export, which may still hold it; throw it away and export again"
                );
            }
        }
    }
    Ok(())
}
