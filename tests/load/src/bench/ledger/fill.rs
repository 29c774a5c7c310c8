//! Fills a store through its own writer with an honest ledger, many logins at a time.

use std::{
    io::{IsTerminal as _, stderr},
    path::PathBuf,
    time::{Duration, Instant},
};

use anyhow::Result;
use clap::Args;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use jiff::Timestamp;
use stagedoor_relay::{config::StoreUrl, store};

use super::{
    office::Office,
    table::{grouped, parse_count},
};

/// Logins under way at once: enough for full batches, and fewer than may wait.
const AT_ONCE: usize = 1024;
/// After so many logins the store forgets what is stale, as a relay has it do every minute.
const CHUNK: u64 = 10_000;
/// An intent, an outcome and a report.
const RECORDS_PER_LOGIN: u64 = 3;
/// The time of the first login that `fill` makes, so that every run makes an old ledger.
const BEGINNING: i64 = 1_600_000_000;
/// How often a line is written where there is no terminal.
const INTERVAL: Duration = Duration::from_secs(10);

#[derive(Args)]
pub(crate) struct Arguments {
    /// The SQLite file; made when it is not there, and filled further when it is.
    file: PathBuf,
    /// How many records it is to have at least.
    #[arg(value_parser = parse_count)]
    records: u64,
}

/// Fills a SQLite file, to measure and try things with.
pub(crate) async fn run(arguments: &Arguments) -> Result<()> {
    let store = store::open(&StoreUrl::Sqlite(arguments.file.clone())).await?;
    let office = Office::open(store, Some(Timestamp::from_second(BEGINNING)?)).await?;
    fill(&office, arguments.records).await?;
    println!("{} records", office.store.ledger_size().await?);
    Ok(office.store.unregister_relay().await?)
}

/// What filling took.
pub(super) struct Filled {
    records: u64,
    elapsed: Duration,
}

impl Filled {
    /// How long so many records take at the same rate; nothing, if there was none.
    pub(super) fn time_for(&self, records: u64) -> Duration {
        if self.records == 0 {
            return Duration::ZERO;
        }
        #[expect(clippy::cast_precision_loss, reason = "an estimate")]
        let times = records as f64 / self.records as f64;
        self.elapsed.mul_f64(times)
    }
}

/// Adds logins until there are so many records. Says how far it is.
pub(super) async fn fill(office: &Office, records: u64) -> Result<Filled> {
    let first = office.store.ledger_size().await?;
    let mut progress = Progress::new(records.saturating_sub(first));
    let mut size = first;
    while size < records {
        let logins = (records - size).div_ceil(RECORDS_PER_LOGIN).min(CHUNK);
        let mut done = stream::iter(0..logins)
            .map(|_| office.log_in())
            .buffer_unordered(AT_ONCE);
        while let Some(()) = done.try_next().await? {
            progress.advance(RECORDS_PER_LOGIN);
        }
        office.store.forget_stale(Timestamp::now()).await?;
        size = office.store.ledger_size().await?;
    }
    Ok(progress.finish(size - first))
}

/// A bar on a terminal, otherwise a line every few seconds.
struct Progress {
    bar: Option<ProgressBar>,
    started: Instant,
    told: Instant,
    done: u64,
    total: u64,
}

impl Progress {
    fn new(total: u64) -> Self {
        let bar = (total > 0 && stderr().is_terminal()).then(|| {
            let template = "filling {wide_bar} {human_pos}/{human_len} records, {per_sec}, {eta} left";
            let style = ProgressStyle::with_template(template);
            let target = ProgressDrawTarget::stderr_with_hz(10);
            ProgressBar::with_draw_target(Some(total), target)
                .with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
        });
        let started = Instant::now();
        Self {
            bar,
            started,
            told: started,
            done: 0,
            total,
        }
    }

    fn advance(&mut self, records: u64) {
        self.done += records;
        if let Some(bar) = &self.bar {
            bar.inc(records);
        } else if self.told.elapsed() > INTERVAL {
            self.told = Instant::now();
            self.tell(self.done);
        }
    }

    fn finish(self, records: u64) -> Filled {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
        if records > 0 {
            self.tell(records);
        }
        Filled {
            records,
            elapsed: self.started.elapsed(),
        }
    }

    fn tell(&self, records: u64) {
        let seconds = self.started.elapsed().as_secs_f64();
        #[expect(
            clippy::cast_precision_loss,
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a rate for people"
        )]
        let rate = (records as f64 / seconds) as u64;
        println!(
            "filling: {} of {} records in {seconds:.0} s, {} a second",
            grouped(records),
            grouped(self.total),
            grouped(rate)
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_for_more_records_follows_from_the_rate() {
        let filled = |records| Filled {
            records,
            elapsed: Duration::from_secs(200),
        };
        assert_eq!(filled(1_000_000).time_for(9_000_000), Duration::from_secs(1800));
        assert_eq!(filled(1_000_000).time_for(0), Duration::ZERO);
        assert_eq!(filled(0).time_for(1_000_000), Duration::ZERO);
    }
}
