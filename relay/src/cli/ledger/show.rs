//! `stagedoor ledger show`: one record, or one login with all that is recorded of it.

use std::{
    io::{Write, stdout},
    path::Path,
};

use anyhow::{Context, bail};
use clap::Args;
use stagedoor_ledger::{Entry, Parts, Record};

use super::{
    describe, pages,
    recorded::{self, Recorded},
    target::Target,
    text,
};
use crate::store::Store;

/// How many records after an erased one are searched for the erasure.
const SEARCHED: u64 = 1_000_000;

#[derive(Debug, Args)]
pub(in crate::cli) struct Show {
    /// A record's number, or a login's request id.
    #[arg(value_name = "SEQ|REQUEST_ID")]
    target: Target,
    /// Print one line of JSON.
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(path: &Path, show: Show) -> anyhow::Result<()> {
    let (_, store) = super::open(path).await?;
    let (text, json, erased) = match &show.target {
        Target::Record(sequence) => {
            let recorded = Recorded::read(row(&*store, *sequence).await?)?;
            let title = format!("Record {sequence}, {}", kind(&recorded));
            let text = format!("{title}\n{}", text::align(&describe::record(&recorded)));
            (text, recorded.to_json(), missing(&recorded).into_iter().collect())
        }
        Target::Login(id) => {
            let Some(found) = store.login(id).await? else {
                bail!("no login has the id {id}; `stagedoor ledger list` shows those there are");
            };
            let mut logins = recorded::logins(&*store, vec![found]).await?;
            let login = logins.pop().context("the login is not there any more")?;
            let text = format!("Login {id}\n{}", text::align(&describe::login(&login)));
            let records = std::iter::once(&login.intent).chain(&login.reports);
            let erased: Vec<_> = records.filter_map(missing).collect();
            (text, login.to_json(), erased)
        }
    };
    let mut out = stdout().lock();
    if show.json {
        return Ok(writeln!(out, "{json}")?);
    }
    write!(out, "{text}")?;
    out.flush()?;
    for (sequence, staff) in erased {
        let line = match erasure(store.clone(), sequence, staff).await? {
            Some(by) => format!("What is erased of record {sequence} was erased by record {by}."),
            None => format!(
                "No erasure of record {sequence} is recorded in what was searched; `stagedoor ledger verify` tells whether \
                 it is missing rightly."
            ),
        };
        writeln!(out, "{line}")?;
    }
    Ok(())
}

/// One row that must be there.
pub(super) async fn row(store: &dyn Store, sequence: u64) -> anyhow::Result<stagedoor_ledger::Row> {
    let rows = store.rows_from(sequence, 1).await?;
    match rows.into_iter().next() {
        Some(row) if row.sequence == sequence => Ok(row),
        Some(_) => bail!("record {sequence} is missing; `stagedoor ledger verify` says what else is wrong"),
        None => {
            let size = store.ledger_size().await?;
            bail!("there is no record {sequence}: the ledger has {size}, numbered from 0")
        }
    }
}

fn kind(recorded: &Recorded) -> &'static str {
    match recorded.record.entry {
        Entry::Intent(_) => "the intent of a login",
        Entry::Outcome(_) => "the outcome of a login",
        Entry::Report(_) => "what the extension reported of a login",
        Entry::Erasure(_) => "an erasure of personal data",
    }
}

/// The record if a part of it is gone, and whether it is the staff part.
fn missing(recorded: &Recorded) -> Option<(u64, bool)> {
    let erased = recorded.erased();
    (!erased.is_empty()).then(|| (recorded.sequence(), erased.contains(&"staff")))
}

/// The record of the erasure; the store keeps no index of it, so those that follow are searched.
async fn erasure(
    store: std::sync::Arc<dyn Store>,
    sequence: u64,
    staff: bool,
) -> anyhow::Result<Option<u64>> {
    let mut pages = pages::read(store, sequence + 1, sequence.saturating_add(SEARCHED));
    while let Some(page) = pages.recv().await {
        for row in page? {
            // Only few are looked at closely: erasures are rare, and members are in the order of their names.
            if !row.record.windows(16).any(|part| part == br#""kind":"erasure""#) {
                continue;
            }
            if let Ok(Record {
                entry: Entry::Erasure(erasure),
                ..
            }) = Record::decode(&row.record)
                && erasure.sequences.contains(sequence)
                && (!staff || erasure.parts == Parts::CustomerAndStaff)
            {
                return Ok(Some(row.sequence));
            }
        }
    }
    Ok(None)
}
