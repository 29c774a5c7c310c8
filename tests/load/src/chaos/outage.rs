//! PostgreSQL goes away under two relays, connections are cut, and one relay is killed while the other goes on.

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, bail, ensure};
use stagedoor_ledger::MintOutcome;
use tokio::time::sleep;

use super::{
    Run,
    crowd::Load,
    promises::{Counts, Rules},
    random::Random,
    report::Report,
    scene::{Scene, ready_again},
    witness::Said,
};
use crate::{database::Database, installation::Relay};

const PEOPLE: usize = 6;
const CONNECTIONS: usize = 16;
/// How long a relay may take to serve again by itself.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long intents may stay open: a relay looks for those of relays that are gone once a minute.
const SETTLE: Duration = Duration::from_secs(100);

const RULES: Rules = Rules {
    one_login_each: true,
    refusals: &["store_unavailable", "overloaded"],
};

/// What happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    Stop,
    Crash,
    Cut,
    /// A relay, and whether the other must find out by itself.
    Kill {
        wait: bool,
    },
}

/// What the faults did.
#[derive(Debug, Default)]
struct Tally {
    stops: u64,
    crashes: u64,
    cuts: u64,
    kills: u64,
    found_out: u64,
    closed: u64,
    ready: Duration,
    settled: Duration,
}

/// Lets the database and the relays fail in turn.
pub(super) async fn run(run: &mut Run<'_>, database: &mut Database, report: &mut Report) -> Result<()> {
    let mut scene = Scene::set(run, run.parent, 2, PEOPLE).await?;
    report.run("faults of the server and of one of two relays, PostgreSQL");
    match fail_often(run, database, &mut scene, report).await {
        Ok(()) => Ok(()),
        Err(error) => Err(error.context(format!("the relays' folders are kept: {}", scene.keep()))),
    }
}

async fn fail_often(
    run: &mut Run<'_>,
    database: &mut Database,
    scene: &mut Scene,
    report: &mut Report,
) -> Result<()> {
    let mut random = run.random.fork();
    let mut tally = Tally::default();
    let mut relays = Vec::new();
    for installation in &scene.installations {
        relays.push(installation.start().await?);
    }
    for round in 1..=run.options.outages {
        // A relay that must find out by itself takes up to a minute.
        let kill = Fault::Kill {
            wait: round % 10 == 1,
        };
        for fault in [Fault::Stop, Fault::Crash, Fault::Cut, kill] {
            fail_once(scene, database, &mut relays, fault, &mut random, &mut tally)
                .await
                .with_context(|| format!("round {round} of seed {}, {fault:?}", run.options.seed))?;
        }
        if round % 5 == 0 {
            println!("  {round} rounds, {} records, all well", scene.ledger.size());
        }
    }
    let store = scene.store().await?;
    let counts = scene.audit(&*store, &RULES).await?;
    let (records, roots) = scene.ledger.verify(&*store).await?;
    for relay in relays {
        relay.program.stop()?;
    }
    report.count("times the server was stopped", tally.stops);
    report.count("times it crashed", tally.crashes);
    report.count("connections cut", tally.cuts);
    report.count("relays killed while the other went on", tally.kills);
    report.count(
        "  of these found out by the other, without a start",
        tally.found_out,
    );
    report.count(
        "intents of killed relays that were closed as unknown",
        tally.closed,
    );
    let milliseconds = |time: Duration| u64::try_from(time.as_millis());
    report.count(
        "ms until both relays were ready again by themselves, at most",
        milliseconds(tally.ready)?,
    );
    report.count(
        "ms until no intent was open, at most",
        milliseconds(tally.settled)?,
    );
    report.counts(&counts);
    report.count("records verified at the end", records);
    report.count("roots remembered and found again", roots);
    Ok(())
}

async fn fail_once(
    scene: &mut Scene,
    database: &mut Database,
    relays: &mut Vec<Relay>,
    fault: Fault,
    random: &mut Random,
    tally: &mut Tally,
) -> Result<()> {
    let before = counts(scene).await?;
    scene.broker.answer_after(random.microseconds(1_000..40_000));
    let since = scene.crowd.witness.tick();
    let addresses: Vec<_> = relays.iter().map(|relay| relay.api).collect();
    let load = Load::begin(&scene.crowd, &addresses, CONNECTIONS);
    sleep(random.microseconds(50_000..300_000)).await;
    let pause = random.microseconds(20_000..300_000);
    let mut survivor = None;
    match fault {
        Fault::Stop => {
            database.stop()?;
            sleep(pause).await;
            database.resume()?;
            tally.stops += 1;
        }
        Fault::Crash => {
            database.crash()?;
            sleep(pause).await;
            database.resume()?;
            tally.crashes += 1;
        }
        Fault::Cut => {
            for _ in 0..random.within(2..12) {
                tally.cuts += database.cut(50).await?;
                sleep(random.microseconds(1_000..60_000)).await;
            }
        }
        Fault::Kill { .. } => {
            let killed = relays.swap_remove(random.index(relays.len()));
            survivor = relays.first().map(|relay| relay.api);
            killed.program.kill()?;
            sleep(pause).await;
            tally.kills += 1;
        }
    }
    for relay in &*relays {
        tally.ready = tally.ready.max(ready_again(relay, PATIENCE).await?);
    }
    sleep(Duration::from_millis(100)).await;
    load.end().await?;
    for relay in &mut *relays {
        ensure!(
            relay.program.is_running()?,
            "a relay ended: {}",
            relay.program.output()
        );
    }
    if let Some(survivor) = survivor {
        after_kill(scene, relays, fault, survivor, since, tally).await?;
    } else {
        let store = scene.store().await?;
        tally.settled = tally.settled.max(scene.settle(&*store, SETTLE).await?);
    }
    let after = counts(scene).await?;
    ensure!(
        after.tokens > before.tokens,
        "no login was served before or after"
    );
    let store = scene.store().await?;
    scene.ledger.verify(&*store).await?;
    Ok(())
}

/// The survivor closes what the dead one left open, and nothing of its own; then there are two relays again.
async fn after_kill(
    scene: &mut Scene,
    relays: &mut Vec<Relay>,
    fault: Fault,
    survivor: SocketAddr,
    since: u64,
    tally: &mut Tally,
) -> Result<()> {
    let store = scene.store().await?;
    scene.ledger.read_on(&*store).await?;
    let open: Vec<_> = scene.ledger.open.iter().copied().collect();
    let started = Instant::now();
    if fault == (Fault::Kill { wait: true }) {
        scene.settle(&*store, SETTLE).await?;
        tally.found_out += 1;
    }
    // The installation of the killed one; which of the two it is makes no difference.
    relays.push(scene.installation()?.start().await?);
    scene.settle(&*store, SETTLE).await?;
    tally.settled = tally.settled.max(started.elapsed());
    for intent in open {
        let login = scene.ledger.login_of(intent).context("an intent went away")?;
        let outcome = login.outcome.as_ref().map(|ended| ended.outcome);
        ensure!(
            outcome == Some(MintOutcome::Unknown),
            "intent {intent} was open when its relay was dead, and is {:?} now",
            login.outcome
        );
        tally.closed += 1;
    }
    for (id, seen) in &*scene.crowd.witness.seen() {
        if seen.sent < since || seen.to != survivor {
            continue;
        }
        let Said::Token(_) = seen.said else {
            bail!(
                "login {id} at the relay that lived on was answered with {:?}",
                seen.said
            );
        };
    }
    Ok(())
}

async fn counts(scene: &mut Scene) -> Result<Counts> {
    let store = scene.store().await?;
    scene.audit(&*store, &RULES).await
}
