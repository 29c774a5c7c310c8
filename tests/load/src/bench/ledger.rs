//! The store alone: durable writes of intents and outcomes by 1, 8 and 64 writers at a time.

use std::{
    cell::RefCell,
    fs,
    path::PathBuf,
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, bail};
use clap::Args;
use futures_util::future::join_all;
use hdrhistogram::Histogram;
use jiff::{SignedDuration, Timestamp};
use ring::rand::{SecureRandom as _, SystemRandom};
use stagedoor_load::{Customers, run::histogram};
use stagedoor_protocol::{CustomerEmail, KeyId, Nonce, PageReference, PlatformId, RequestId};
use stagedoor_relay::{
    config::{Config, EXAMPLE, Keys},
    store::{self, Completion, Intent, IntentAnswer, MintOutcome, NewInvite, StaffMember, Store},
};

use super::{broker::CUSTOMER_DOMAIN, disk, machine, table::microseconds};

const WRITERS: [usize; 3] = [1, 8, 64];
const WARM_UP: Duration = Duration::from_secs(1);
const DISK: Duration = Duration::from_millis(1500);
/// How long a token holds its customer.
const VALIDITY: SignedDuration = SignedDuration::from_secs(30);

#[derive(Args)]
pub(crate) struct Arguments {
    /// A folder on a real disk.
    #[arg(long)]
    folder: PathBuf,
    /// How long each number of writers is measured.
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..))]
    seconds: u64,
    /// The store, instead of a SQLite file in the folder.
    #[arg(long)]
    store_url: Option<String>,
}

/// Measures and prints.
pub(crate) async fn run(arguments: &Arguments) -> Result<()> {
    fs::create_dir_all(&arguments.folder)?;
    let folder = tempfile::tempdir_in(&arguments.folder)?;
    println!("machine: {}", machine::describe());
    println!("folder: {}", machine::file_system(folder.path())?);
    machine::warn_if_busy();
    let file = format!("sqlite://{}", folder.path().join("stagedoor.db").display());
    let url = arguments.store_url.as_deref().unwrap_or(&file);
    let kind = url.split_once(':').map_or(url, |(kind, _)| kind);
    let ledger = Ledger::open(url).await?;
    let before = disk::fdatasync(folder.path(), DISK)?;
    println!(
        "\n{:<18}{:>12}{:>12}{:>12}{:>12}",
        kind, "writes/s", "logins/s", "p50 µs", "p99 µs"
    );
    for writers in WRITERS {
        ledger.write(writers, WARM_UP).await?;
        let written = ledger
            .write(writers, Duration::from_secs(arguments.seconds))
            .await?;
        let plural = if writers == 1 { "" } else { "s" };
        println!(
            "{:<18}{:>12.0}{:>12.0}{:>12}{:>12}",
            format!("{writers} writer{plural}"),
            written.rate(),
            written.rate() / 2.0,
            written.quantile(0.5),
            written.quantile(0.99)
        );
    }
    let records = ledger.store.ledger_size().await?;
    ledger.store.unregister_relay().await?;
    let mut disk = before;
    disk.add(disk::fdatasync(folder.path(), DISK)?)?;
    let fdatasync = |share| microseconds(Duration::from_nanos(disk.value_at_quantile(share)));
    println!(
        "\n{records} records at the end. fdatasync in this folder: p50 {} µs, p99 {} µs",
        fdatasync(0.5),
        fdatasync(0.99)
    );
    Ok(())
}

/// An open store with somebody to log customers in.
struct Ledger {
    store: Arc<dyn Store>,
    staff: StaffMember,
    customers: Customers,
    platform: PlatformId,
    random: SystemRandom,
}

/// What came of some writing.
struct Written {
    latency: Histogram<u64>,
    elapsed: Duration,
}

impl Ledger {
    async fn open(url: &str) -> Result<Self> {
        // The settings of a store belong to a configuration; all others are the example's.
        let line = |line: &str| match line.strip_prefix("url = ") {
            Some(_) => format!("url = \"{url}\"\n"),
            None => format!("{line}\n"),
        };
        let config: String = EXAMPLE.lines().map(line).collect();
        let config = Config::parse(&config, Keys::Skip)?;
        let store = store::open(&config.store).await?;
        store.register_relay().await?;
        let random = SystemRandom::new();
        let now = Timestamp::now();
        let invite = NewInvite {
            email: CustomerEmail::parse("person@broker.example")?,
            name: Some("Support desk".to_owned()),
            code_sha256: bytes(&random)?,
            expires_at: now.checked_add(VALIDITY)?,
        };
        Ok(Self {
            staff: store.invite(&invite, now).await?,
            store,
            customers: Customers::of(CUSTOMER_DOMAIN),
            platform: PlatformId::parse("main")?,
            random,
        })
    }

    /// Keeps so many writers busy for so long; each writes one login after the other, an intent and its outcome.
    async fn write(&self, writers: usize, length: Duration) -> Result<Written> {
        let latency = RefCell::new(histogram()?);
        let started = Instant::now();
        let writer = async |_| {
            while started.elapsed() < length {
                self.login(&latency).await?;
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

    async fn login(&self, latency: &RefCell<Histogram<u64>>) -> Result<()> {
        let record = |since: Instant| {
            let nanoseconds = u64::try_from(since.elapsed().as_nanos()).unwrap_or(u64::MAX);
            latency.borrow_mut().saturating_record(nanoseconds);
        };
        let intent = self.intent()?;
        let before = Instant::now();
        let answer = self.store.record_intent(&intent).await?;
        record(before);
        if answer != IntentAnswer::Recorded {
            bail!("an intent was not recorded: {answer:?}");
        }
        let now = Timestamp::now();
        let completion = Completion {
            outcome: MintOutcome::Minted(None),
            duration_ms: Some(1),
            at: now,
            claimed_until: now.checked_add(VALIDITY)?,
        };
        let before = Instant::now();
        self.store.record_outcome(&intent.request_id, &completion).await?;
        record(before);
        Ok(())
    }

    /// A login like that of the relay's benchmark.
    fn intent(&self) -> Result<Intent> {
        let now = Timestamp::now();
        let milliseconds = u64::try_from(now.as_millisecond()).context("the clock is before 1970")?;
        let until = now.checked_add(VALIDITY)?;
        Ok(Intent {
            request_id: RequestId::from_parts(milliseconds, &bytes(&self.random)?),
            staff: self.staff.clone(),
            key_id: KeyId::from_thumbprint(&[7; 32]),
            nonce: Nonce::from_random(&bytes(&self.random)?),
            nonce_expires_at: until,
            client_address: [127, 0, 0, 1].into(),
            extension_version: "0.1.0".to_owned(),
            platform: self.platform.clone(),
            customer_email: CustomerEmail::parse(&self.customers.next())?,
            reason: Some("Cannot find the withdrawal form".to_owned()),
            ticket: Some("SUP-1042".to_owned()),
            page: Some(PageReference {
                origin: "https://crm.example".to_owned(),
                record_id: Some("c-1001".to_owned()),
            }),
            overrides: None,
            policy_version: "benchmark".to_owned(),
            validity_seconds: 30,
            requested_at: now,
            claimed_until: until,
        })
    }
}

impl Written {
    /// Durable writes a second.
    fn rate(&self) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "nobody counts to 2^53 writes")]
        let writes = self.latency.len() as f64;
        writes / self.elapsed.as_secs_f64()
    }

    fn quantile(&self, share: f64) -> String {
        microseconds(Duration::from_nanos(self.latency.value_at_quantile(share)))
    }
}

fn bytes<const N: usize>(random: &SystemRandom) -> Result<[u8; N]> {
    let mut bytes = [0; N];
    random.fill(&mut bytes).ok().context("no randomness")?;
    Ok(bytes)
}
