//! The relay beside the broker alone and beside plain proxies, in one run on one machine.

use std::{
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, bail, ensure};
use clap::Args;
use hdrhistogram::Histogram;
use ring::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};
use stagedoor_load::{Customers, Key, Load, Measured, Profile, Program, run, sign_logins};

use super::{
    broker::{Broker, CUSTOMER_DOMAIN, mints},
    cores::Confined,
    disk,
    engine::{Engine, Stores},
    machine,
    peers::Peer,
    table::{Cell, Row, microseconds, table},
};

/// How many connections are kept busy, one table each.
const CONNECTIONS: [usize; 2] = [1, 64];
/// How many people log customers in.
const PROFILES: usize = 8;
/// A server's first requests are slower; these tell how many to prepare, too.
const WARM_UP: Duration = Duration::from_secs(1);
const WARM_UP_REQUESTS: usize = 15_000;
/// How long the disk is measured, before the relay and after it.
const DISK: Duration = Duration::from_millis(1500);
const OURS: &str = "stagedoor";
const OURS_ON_POSTGRES: &str = "stagedoor on PG";

#[derive(Args)]
pub(crate) struct Arguments {
    /// The relay's binary, built in release mode.
    #[arg(long)]
    relay: PathBuf,
    /// The simulator's binary, built in release mode.
    #[arg(long)]
    broker_sim: PathBuf,
    /// A folder on a real disk.
    #[arg(long)]
    folder: PathBuf,
    /// How long each server is measured at each number of connections. Signatures are good for 60 seconds, so at most 40.
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=40))]
    seconds: u64,
    #[command(flatten)]
    stores: Stores,
    #[arg(long)]
    nginx: Option<PathBuf>,
    #[arg(long)]
    haproxy: Option<PathBuf>,
    #[arg(long)]
    caddy: Option<PathBuf>,
    #[arg(long)]
    envoy: Option<PathBuf>,
}

/// What is fixed during a run.
struct Bench<'a> {
    arguments: &'a Arguments,
    broker: Broker,
    customers: Customers,
    folder: &'a Path,
}

/// Measures everything and prints it.
pub(crate) async fn run(arguments: &Arguments) -> Result<()> {
    fs::create_dir_all(&arguments.folder)?;
    let folder = tempfile::tempdir_in(&arguments.folder)?;
    println!("machine: {}", machine::describe());
    println!("data in: {}", machine::file_system(folder.path())?);
    machine::warn_if_busy();
    let bench = Bench {
        arguments,
        broker: Broker::start(&arguments.broker_sim, folder.path()).await?,
        customers: Customers::of(CUSTOMER_DOMAIN),
        folder: folder.path(),
    };
    let mut rows = vec![bench.direct().await?];
    let mut disk = disk::fdatasync(folder.path(), DISK)?;
    let mut verification = Duration::ZERO;
    let mut settings = vec![format!(
        "{OURS}: signature, policy, records on disk before and after the mint; log to a pipe"
    )];
    for engine in arguments.stores.engine.iter().copied() {
        let ours;
        (ours, verification) = bench.ours(engine).await?;
        rows.push(ours);
        disk.add(disk::fdatasync(folder.path(), DISK)?)?;
        if engine == Engine::Postgres {
            settings.push(format!(
                "{OURS_ON_POSTGRES}: the same; its server is confined to nothing, and its processor time is not counted"
            ));
        }
    }
    for (peer, binary) in bench.peers() {
        rows.push(bench.peer(peer, binary).await?);
        settings.push(format!(
            "{} {}: {}",
            peer.name(),
            peer.version(binary)?,
            peer.settings()
        ));
    }
    report(&rows, &disk, verification, &settings);
    Ok(())
}

impl Bench<'_> {
    async fn direct(&self) -> Result<Row> {
        let key = Some(self.broker.upstream.api_key.as_str());
        let prepare = |count| Ok(mints(&self.customers, count, key));
        Ok(Row {
            name: "broker directly",
            cells: self
                .measure("broker directly", self.broker.address, None, prepare)
                .await?,
            memory: None,
        })
    }

    async fn peer(&self, peer: Peer, binary: &Path) -> Result<Row> {
        let (program, address) = {
            let _confined = Confined::to_one()?;
            peer.start(binary, self.folder, &self.broker).await?
        };
        let prepare = |count| Ok(mints(&self.customers, count, None));
        let measured = self.measure(peer.name(), address, Some(&program), prepare).await;
        finish(peer.name(), program, measured)
    }

    /// The relay's row, and what one verification of its signatures costs.
    async fn ours(&self, engine: Engine) -> Result<(Row, Duration)> {
        let Arguments {
            stores,
            relay,
            folder,
            ..
        } = self.arguments;
        let upstream = &self.broker.upstream;
        // The server, if one is started, ends with this.
        let installed = stores
            .install(engine, relay, folder, self.folder, upstream)
            .await?;
        let installation = &installed.installation;
        let relay = {
            let _confined = Confined::to_one()?;
            installation.start().await?
        };
        let name = match engine {
            Engine::Sqlite => OURS,
            Engine::Postgres => OURS_ON_POSTGRES,
        };
        let profiles = installation.enrol(&relay, PROFILES, Key::P256).await?;
        let prepare = |count| sign_logins(&profiles, &self.customers, count);
        let measured = self.measure(name, relay.api, Some(&relay.program), prepare).await;
        let row = finish(name, relay.program, measured)?;
        let profile = profiles.first().context("no profile")?;
        Ok((row, verification(profile)?))
    }

    /// Warms the server up and measures it, at each number of connections.
    async fn measure<R: AsRef<[u8]>>(
        &self,
        name: &str,
        address: SocketAddr,
        program: Option<&Program>,
        prepare: impl Fn(usize) -> Result<Vec<R>>,
    ) -> Result<Vec<Cell>> {
        let mut cells = Vec::new();
        for connections in CONNECTIONS {
            let send = async |requests: &[R], length| {
                let load = Load {
                    address,
                    connections,
                    requests,
                    length,
                };
                let measured = run::run(&load, |_, _| ()).await?;
                all_well(name, connections, measured)
            };
            let warm = send(&prepare(WARM_UP_REQUESTS)?, WARM_UP).await?;
            let length = Duration::from_secs(self.arguments.seconds);
            // A run that runs out of requests ends early and is as good.
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "a positive guess"
            )]
            let enough = (warm.rate() * 1.5 * length.as_secs_f64()) as usize + 1000;
            let requests = prepare(enough)?;
            let before = program.map(Program::processor_time).transpose()?;
            let measured = send(&requests, length).await?;
            let after = program.map(Program::processor_time).transpose()?;
            println!("  {name}, {connections} connections: {:.0}/s", measured.rate());
            cells.push(Cell {
                measured,
                processor: after
                    .zip(before)
                    .map(|(after, before)| after.saturating_sub(before)),
            });
        }
        Ok(cells)
    }

    fn peers(&self) -> impl Iterator<Item = (Peer, &Path)> {
        let arguments = self.arguments;
        [
            (Peer::Nginx, &arguments.nginx),
            (Peer::Haproxy, &arguments.haproxy),
            (Peer::Caddy, &arguments.caddy),
            (Peer::Envoy, &arguments.envoy),
        ]
        .into_iter()
        .filter_map(|(peer, binary)| Some((peer, binary.as_deref()?)))
    }
}

/// An answer that is no success makes the figures those of something else.
fn all_well(name: &str, connections: usize, measured: Measured) -> Result<Measured> {
    if measured.failures > 0 {
        bail!(
            "{name} failed {} of {} requests over {connections} connections, the first with: {}",
            measured.failures,
            measured.answers,
            measured.first_failure.unwrap_or_default()
        );
    }
    ensure!(measured.answers > 0, "{name} answered nothing");
    Ok(measured)
}

/// Reads the memory, ends the program, and puts what it said beside what went wrong.
fn finish(name: &'static str, program: Program, cells: Result<Vec<Cell>>) -> Result<Row> {
    let cells = cells.with_context(|| format!("{name} said last:\n{}", program.output()))?;
    let memory = Some(program.peak_memory()?);
    program.stop()?;
    Ok(Row { name, cells, memory })
}

/// What one verification costs, by the library that the relay uses: the median of many.
fn verification(profile: &Profile) -> Result<Duration> {
    let message = [0x61; 300];
    let signature = profile.sign(&message)?;
    let key = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, profile.public_key());
    let mut latency = run::histogram()?;
    for _ in 0..5000 {
        let before = Instant::now();
        let verified = key.verify(&message, &signature);
        latency.saturating_record(u64::try_from(before.elapsed().as_nanos())?);
        ensure!(verified.is_ok(), "a signature just made does not verify");
    }
    Ok(Duration::from_nanos(latency.value_at_quantile(0.5)))
}

fn report(rows: &[Row], disk: &Histogram<u64>, verification: Duration, settings: &[String]) {
    for (which, connections) in CONNECTIONS.iter().enumerate() {
        let plural = if *connections == 1 { "" } else { "s" };
        println!("\n{connections} connection{plural}\n{}", table(rows, which, OURS));
    }
    println!(
        "Every server but the broker is confined to one processor. Generator and broker share the machine with it, the \
         same for all."
    );
    for line in settings {
        println!("  {line}");
    }
    let fdatasync = |share| Duration::from_nanos(disk.value_at_quantile(share));
    println!(
        "\nfdatasync p50 {} µs, p99 {} µs ({} writes); one signature verification {} µs (P-256)",
        microseconds(fdatasync(0.5)),
        microseconds(fdatasync(0.99)),
        disk.len(),
        microseconds(verification)
    );
    let p50 = |name: &str| {
        let row = rows.iter().find(|row| row.name == name)?;
        Some(row.cells.first()?.measured.quantile(0.5))
    };
    if let (Some(ours), Some(direct)) = (p50(OURS), p50("broker directly")) {
        let bound = (2 * fdatasync(0.5) + verification + direct).mul_f64(1.2);
        let verdict = if ours <= bound { "within" } else { "ABOVE" };
        println!(
            "p50 at one connection: {} µs, {verdict} 1.2 x (2 fdatasync + verification + broker) = {} µs",
            microseconds(ours),
            microseconds(bound)
        );
    }
}
