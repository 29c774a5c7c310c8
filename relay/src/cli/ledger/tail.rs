//! `stagedoor ledger tail`: the last records, and those to come.

use std::{
    io::{self, Write, stdout},
    path::Path,
    sync::Arc,
    time::Duration,
};

use clap::Args;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use stagedoor_ledger::{CustomerPart, Entry, StaffPart};
use tokio_util::sync::CancellationToken;

use super::{
    describe::absent,
    pages,
    recorded::{Held, Recorded},
    text,
};
use crate::{shutdown, store::Store};

/// How often the store is asked for more.
const INTERVAL: Duration = Duration::from_secs(1);

#[derive(Debug, Args)]
pub(in crate::cli) struct Tail {
    /// Wait for more, until Ctrl-C.
    #[arg(short, long)]
    follow: bool,
    /// Begin with the last so many.
    #[arg(short = 'n', long, value_name = "N", default_value_t = 10)]
    lines: u32,
    /// Print one line of JSON for each record.
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(path: &Path, tail: Tail) -> anyhow::Result<()> {
    let stop = CancellationToken::new();
    shutdown::on_signal(stop.clone())?;
    let (_, store) = super::open(path).await?;
    let size = store.ledger_size().await?;
    let mut next = size.saturating_sub(tail.lines.into());
    let mut end = size;
    loop {
        next = print(&store, next, end, tail.json).await?;
        if !tail.follow {
            return Ok(());
        }
        tokio::select! {
            () = stop.cancelled() => return Ok(()),
            () = tokio::time::sleep(INTERVAL) => {}
        }
        if is_closed() {
            return Err(io::Error::from(io::ErrorKind::BrokenPipe).into());
        }
        end = store.ledger_size().await?;
    }
}

/// Whether nobody reads standard output any more. Writing would tell, but there may be nothing to write for a long time.
fn is_closed() -> bool {
    let out = stdout();
    let mut polled = [PollFd::new(&out, PollFlags::empty())];
    poll(&mut polled, Some(&Timespec::default())).is_ok() && polled[0].revents().contains(PollFlags::ERR)
}

/// Prints records up to a size; returns the one that comes next.
async fn print(store: &Arc<dyn Store>, from: u64, to: u64, json: bool) -> anyhow::Result<u64> {
    let mut next = from;
    let mut pages = pages::read(store.clone(), from, to);
    while let Some(page) = pages.recv().await {
        let mut out = stdout().lock();
        for row in page? {
            next = row.sequence + 1;
            let recorded = Recorded::read(row)?;
            if json {
                writeln!(out, "{}", recorded.to_json())?;
            } else {
                writeln!(out, "{}", line(&recorded))?;
            }
        }
        out.flush()?;
    }
    Ok(next)
}

fn line(recorded: &Recorded) -> String {
    let says = match &recorded.record.entry {
        Entry::Intent(intent) => {
            let staff = match recorded.staff::<StaffPart>() {
                Held::There(staff) => staff.email,
                other => absent(&other),
            };
            let customer = match recorded.customer::<CustomerPart>() {
                Held::There(customer) => customer.email,
                other => absent(&other),
            };
            format!(
                "intent   {}  {staff} for {customer} on {}",
                intent.login, intent.platform
            )
        }
        Entry::Outcome(outcome) => {
            let cause = outcome.cause.as_ref().map(|cause| format!(" ({cause})"));
            format!(
                "outcome  {}  {}{}",
                outcome.login,
                outcome.outcome.as_str(),
                cause.unwrap_or_default()
            )
        }
        Entry::Report(report) => format!("report   {}  {}", report.login, report.outcome.as_str()),
        Entry::Erasure(erasure) => format!("erasure  of {} in {}", erasure.parts.as_str(), erasure.sequences),
    };
    format!(
        "{:>8}  {}  {}",
        recorded.sequence(),
        text::second(recorded.record.time),
        text::plain(&says)
    )
}
