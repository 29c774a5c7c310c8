//! The store alone: durable writes by 1, 8 and 64 writers at a time, into ledgers of several sizes, on both engines; and
//! how fast such a ledger is verified.

pub(crate) mod fill;
mod office;
mod opened;
mod table;
mod verify;

use std::{
    cell::RefCell,
    fs,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use anyhow::Result;
use clap::Args;
use futures_util::future::join_all;
use hdrhistogram::Histogram;
use jiff::SignedDuration;
use stagedoor_load::run::histogram;
use stagedoor_relay::store::MintOutcome;

use self::{
    fill::Filled,
    office::Office,
    opened::Opened,
    table::{Written, disk_line, grouped, heading, parse_count, writers_line},
};
use super::{
    disk,
    engine::{Engine, Stores},
    machine,
};

const WRITERS: [usize; 3] = [1, 8, 64];
const WARM_UP: Duration = Duration::from_secs(1);
/// With so many records a store is settled for the first time: a server's planner goes by what it last counted, and reads
/// tables that were empty then from end to end.
const EARLY: u64 = 20_000;
const DISK: Duration = Duration::from_millis(1500);
/// How long a token holds its customer.
const VALIDITY: SignedDuration = SignedDuration::from_secs(30);

#[derive(Args)]
pub(crate) struct Arguments {
    /// The relay's binary, built in release mode: it verifies what was written.
    #[arg(long)]
    relay: PathBuf,
    /// A folder on a real disk.
    #[arg(long)]
    folder: PathBuf,
    /// How long each number of writers is measured.
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..))]
    seconds: u64,
    /// How many records the ledger has when it is measured.
    #[arg(long, value_delimiter = ',', value_parser = parse_count, default_value = "0,1M")]
    records: Vec<u64>,
    /// How long an engine may take to be filled to the next size; otherwise that size is left out, which is said.
    #[arg(long, default_value_t = 30)]
    fill_minutes: u64,
    #[command(flatten)]
    stores: Stores,
}

/// Measures and prints.
pub(crate) async fn run(arguments: &Arguments) -> Result<()> {
    fs::create_dir_all(&arguments.folder)?;
    let folder = tempfile::tempdir_in(&arguments.folder)?;
    println!("machine: {}", machine::describe());
    println!("folder: {}", machine::file_system(folder.path())?);
    machine::warn_if_busy();
    let mut sizes = arguments.records.clone();
    sizes.sort_unstable();
    sizes.dedup();
    for engine in arguments.stores.engine.iter().copied() {
        if arguments.stores.store_url.is_none() || engine == Engine::Sqlite {
            engine.ensure_room(&arguments.folder, sizes.last().copied().unwrap_or_default())?;
        }
        println!();
        let opened = Opened::open(engine, arguments, folder.path()).await?;
        println!("{}", heading(engine.name()));
        let mut filled: Option<Filled> = None;
        for size in &sizes {
            if let Some(filled) = &filled
                && let Some(refusal) = arguments.refusal(filled, &opened.office, *size).await?
            {
                println!("! {refusal}");
                break;
            }
            for size in [EARLY.min(*size), *size] {
                filled = Some(fill::fill(&opened.office, size).await?);
                opened.settle().await?;
            }
            measure(&opened, arguments, folder.path()).await?;
        }
        opened.office.store.unregister_relay().await?;
    }
    println!(
        "\nwrites/s: durable appends; a login is two of them. fdatasync: a small write made durable in the same folder, \
         just before the lines below it."
    );
    machine::warn_if_busy();
    Ok(())
}

impl Arguments {
    /// Why the ledger is not filled to a size, going by how long the last one took.
    async fn refusal(&self, filled: &Filled, office: &Office, size: u64) -> Result<Option<String>> {
        let missing = size.saturating_sub(office.store.ledger_size().await?);
        let minutes = filled.time_for(missing).as_secs().div_ceil(60);
        Ok((minutes > self.fill_minutes).then(|| {
            format!(
                "NOT MEASURED with {} records: filling takes about {minutes} minutes more, and --fill-minutes allows {}",
                grouped(size),
                self.fill_minutes
            )
        }))
    }
}

/// All numbers of writers, at the size that the ledger has now.
async fn measure(opened: &Opened, arguments: &Arguments, folder: &Path) -> Result<()> {
    let office = &opened.office;
    let records = office.store.ledger_size().await?;
    let disk = Written {
        latency: disk::fdatasync(folder, DISK)?,
        elapsed: DISK,
    };
    println!("{}", disk_line(records, &disk));
    for writers in WRITERS {
        let length = Duration::from_secs(arguments.seconds);
        write(office, writers, WARM_UP).await?;
        let records = office.store.ledger_size().await?;
        let written = write(office, writers, length).await?;
        println!("{}", writers_line(writers, records, &written, &disk));
    }
    if let Some(bytes) = opened.bytes()? {
        let records = office.store.ledger_size().await?;
        println!(
            "on disk: {} MB for {} records",
            grouped(bytes / 1_000_000),
            grouped(records)
        );
    }
    println!("{}", verify::verify(&opened.installed.installation)?);
    Ok(())
}

/// Keeps so many writers busy for so long; each writes one login after the other, an intent and its outcome.
async fn write(office: &Office, writers: usize, length: Duration) -> Result<Written> {
    let latency = RefCell::new(histogram()?);
    let started = Instant::now();
    let writer = async |_| {
        while started.elapsed() < length {
            login(office, &latency).await?;
        }
        anyhow::Ok(())
    };
    for ended in join_all((0..writers).map(writer)).await {
        ended?;
    }
    Ok(Written {
        latency: latency.into_inner(),
        elapsed: started.elapsed(),
    })
}

async fn login(office: &Office, latency: &RefCell<Histogram<u64>>) -> Result<()> {
    let record = |since: Instant| {
        let nanoseconds = u64::try_from(since.elapsed().as_nanos()).unwrap_or(u64::MAX);
        latency.borrow_mut().saturating_record(nanoseconds);
    };
    let intent = office.intent(VALIDITY)?;
    let before = Instant::now();
    office.begin(&intent).await?;
    record(before);
    let before = Instant::now();
    office.end(&intent, MintOutcome::Minted(None)).await?;
    record(before);
    Ok(())
}
