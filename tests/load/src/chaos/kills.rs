//! SIGKILL at any moment: while logins run, between intent and outcome, and while the relay starts.

use std::{collections::BTreeSet, time::Duration};

use anyhow::{Context as _, Result, bail, ensure};
use stagedoor_ledger::MintOutcome;
use tokio::time::sleep;

use super::{
    Run,
    crowd::Load,
    promises::Rules,
    random::Random,
    report::Report,
    scene::{Scene, last_words},
    witness::Said,
};
use crate::{
    client::Connection,
    installation::{Place, Relay},
    program::Program,
};

const PEOPLE: usize = 6;
const CONNECTIONS: usize = 16;
/// Lost logins that are sent again after a kill.
const REPEATED: usize = 6;
/// How often the whole ledger is verified on the way.
const VERIFY_EVERY: u64 = 25;
/// How long another process may take to notice that a relay of its store is gone.
const PATIENCE: Duration = Duration::from_secs(90);

const RULES: Rules = Rules {
    one_login_each: true,
    refusals: &[],
};

/// What is done around one kill.
#[derive(Debug)]
struct Plan {
    /// From the first request to the kill.
    after: Duration,
    /// How long the broker's answers take, so that kills fall between intent and outcome.
    broker: Duration,
    /// How long requests to the broker take at most, so that they arrive after the kill.
    road: Duration,
    /// Size and root are remembered just before.
    mark: bool,
    /// The ledger is also read before the relay starts again. With SQLite that means that this process recovers the
    /// file, and not the relay.
    read_between: bool,
    /// A start that is killed, too.
    start: Option<Duration>,
}

impl Plan {
    fn new(random: &mut Random, place: &Place) -> Self {
        let after = match random.within(0..4) {
            0 => 1_000..10_000,
            1 => 10_000..60_000,
            2 => 60_000..200_000,
            _ => 200_000..500_000,
        };
        Self {
            after: random.microseconds(after),
            broker: if random.percent(50) {
                random.microseconds(2_000..60_000)
            } else {
                Duration::ZERO
            },
            road: if random.percent(30) {
                random.microseconds(1_000..30_000)
            } else {
                Duration::ZERO
            },
            mark: random.percent(50),
            read_between: matches!(place, Place::Postgres { .. }) || random.percent(25),
            start: random.percent(15).then(|| random.microseconds(1_000..120_000)),
        }
    }
}

/// What the kills did, beside what the promises count.
#[derive(Debug, Default)]
struct Tally {
    kills: u64,
    starts: u64,
    closed: u64,
    open_seen: u64,
    repeats: u64,
    replays: u64,
    taken: u64,
}

/// Kills the relay again and again.
pub(super) async fn run(run: &mut Run<'_>, engine: &str, report: &mut Report) -> Result<()> {
    let mut scene = Scene::set(run, run.parent, 1, PEOPLE).await?;
    report.run(format!("kill -9 under load, {engine}"));
    match kill_often(run, &mut scene, report).await {
        Ok(()) => {
            println!(
                "This shows that what was committed is whole and complete after the process died. It does not show what \
                 a power failure leaves: the operating system lived on. That commits reach the disk is asserted by tests \
                 of the store's settings; no run puts a failing or lying disk below the store."
            );
            Ok(())
        }
        Err(error) => Err(error.context(format!("the relay's folder is kept: {}", scene.keep()))),
    }
}

async fn kill_often(run: &mut Run<'_>, scene: &mut Scene, report: &mut Report) -> Result<()> {
    let mut random = run.random.fork();
    let mut tally = Tally::default();
    let mut relay = scene.installation()?.start().await?;
    for number in 1..=run.options.kills {
        let plan = Plan::new(&mut random, &run.place);
        relay = kill_once(scene, relay, &plan, &mut random, &mut tally)
            .await
            .with_context(|| format!("kill {number} of seed {}, {plan:?}", run.options.seed))?;
        if number % VERIFY_EVERY == 0 {
            let store = scene.store().await?;
            scene.ledger.verify(&*store).await?;
            println!(
                "  killed {number} times, {} records, all well",
                scene.ledger.size()
            );
        }
    }
    scene.broker.answer_after(Duration::ZERO);
    scene.broker.road.takes_up_to(Duration::ZERO);
    relay.program.stop()?;
    let store = scene.store().await?;
    let counts = scene.audit(&*store, &RULES).await?;
    ensure!(
        counts.open == 0,
        "a relay that ended in order left {} intents open",
        counts.open
    );
    let (records, roots) = scene.ledger.verify(&*store).await?;
    report.count("kills under load", tally.kills);
    report.count("kills during the start", tally.starts);
    report.counts(&counts);
    report.count(
        "intents seen open while no relay ran, each unknown after the start",
        tally.open_seen,
    );
    report.count("intents that a start closed as unknown", tally.closed);
    report.count("lost logins sent again with a new signature", tally.repeats);
    report.count("lost logins sent again byte for byte", tally.replays);
    report.count(
        "  of both taken, because the first attempt had not been recorded",
        tally.taken,
    );
    report.count("records verified at the end", records);
    report.count("roots remembered and found again", roots);
    Ok(())
}

async fn kill_once(
    scene: &mut Scene,
    relay: Relay,
    plan: &Plan,
    random: &mut Random,
    tally: &mut Tally,
) -> Result<Relay> {
    scene.broker.answer_after(plan.broker);
    scene.broker.road.takes_up_to(plan.road);
    let since = scene.crowd.witness.tick();
    let load = Load::begin(&scene.crowd, &[relay.api], CONNECTIONS);
    sleep(plan.after).await;
    if plan.mark {
        let store = scene.store().await?;
        scene.ledger.mark(&*store).await?;
    }
    let said = last_words(&relay);
    relay.program.kill()?;
    load.end().await?;
    tally.kills += 1;
    kept(scene, plan, since, random, tally)
        .await
        .with_context(|| format!("the killed relay said last:\n{said}"))
}

/// Starts anew, and looks whether everything is there.
async fn kept(
    scene: &mut Scene,
    plan: &Plan,
    since: u64,
    random: &mut Random,
    tally: &mut Tally,
) -> Result<Relay> {
    let mut open = BTreeSet::new();
    if plan.read_between {
        let store = scene.store().await?;
        scene.audit(&*store, &RULES).await?;
        open.clone_from(&scene.ledger.open);
        tally.open_seen += open.len() as u64;
    }
    if let Some(after) = plan.start {
        let starting = Program::start("the relay", scene.installation()?.command().arg("serve"))?;
        sleep(after).await;
        starting.kill()?;
        tally.starts += 1;
    }
    let before = unknown(scene);
    let relay = scene.installation()?.start().await?;
    let store = scene.store().await?;
    scene.settle(&*store, PATIENCE).await?;
    scene.audit(&*store, &RULES).await?;
    for intent in open {
        let login = scene.ledger.login_of(intent).context("an intent went away")?;
        let outcome = login.outcome.as_ref().map(|ended| ended.outcome);
        ensure!(
            outcome == Some(MintOutcome::Unknown),
            "intent {intent} was open when its relay was dead, and is {:?} now",
            login.outcome
        );
    }
    tally.closed += unknown(scene) - before;
    repeat(scene, &relay, since, random, tally).await?;
    Ok(relay)
}

fn unknown(scene: &Scene) -> u64 {
    let outcomes = scene
        .ledger
        .logins
        .values()
        .filter_map(|login| login.outcome.as_ref());
    outcomes
        .filter(|ended| ended.outcome == MintOutcome::Unknown)
        .count() as u64
}

/// Sends what was lost again. What was recorded must be refused; what was not must be taken.
async fn repeat(
    scene: &Scene,
    relay: &Relay,
    since: u64,
    random: &mut Random,
    tally: &mut Tally,
) -> Result<()> {
    let mut connection = Connection::open(relay.api).await?;
    for lost in scene.crowd.witness.lost(since).iter().take(REPEATED) {
        let anew = random.percent(50);
        let id = lost.login.request_id.to_string();
        let recorded = scene.ledger.logins.contains_key(&id);
        match (scene.crowd.repeat(&mut connection, lost, anew).await?, recorded) {
            (Said::Token(_), false) => tally.taken += 1,
            (Said::Refused(code), true) if anew && code == "request_repeated" => {}
            (Said::Refused(code), true) if !anew && code == "signature_replayed" => {}
            (said, _) => bail!(
                "login {id} was sent again {}, {} recorded before, and was answered with {said:?}",
                if anew {
                    "with a new signature"
                } else {
                    "byte for byte"
                },
                if recorded { "was" } else { "was not" }
            ),
        }
        *(if anew {
            &mut tally.repeats
        } else {
            &mut tally.replays
        }) += 1;
    }
    Ok(())
}
