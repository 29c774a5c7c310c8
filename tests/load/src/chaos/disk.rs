//! Faults of the place where SQLite keeps its file: full, gone, locked by another process, and back again. The relay is
//! not restarted.

use std::{
    fs,
    path::PathBuf,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, ensure};
use rusqlite::Connection;
use tokio::time::sleep;

use super::{
    Run,
    crowd::Load,
    mount::SmallDisk,
    promises::{Counts, Rules},
    random::Random,
    report::Report,
    scene::{Scene, is_ready, ready_again},
};
use crate::installation::Relay;

const PEOPLE: usize = 4;
const CONNECTIONS: usize = 8;
/// How long a relay may take to serve again by itself.
const PATIENCE: Duration = Duration::from_secs(15);
/// Longer than the store waits for a lock.
const LOCKED: Duration = Duration::from_millis(3500);

const RULES: Rules = Rules {
    one_login_each: true,
    refusals: &["store_unavailable"],
};

/// What happens to the file.
#[derive(Debug, Clone, Copy)]
enum Fault {
    Full,
    Moved,
    Locked,
    Immutable,
}

/// What the faults did.
#[derive(Debug, Default)]
struct Tally {
    full: u64,
    moved: u64,
    locked: u64,
    immutable: u64,
    red: u64,
    slowest: Duration,
}

/// Lets the disk fail while logins run.
pub(super) async fn run(run: &mut Run<'_>, report: &mut Report) -> Result<()> {
    let parent = tempfile::tempdir_in(run.parent)?;
    let Some(disk) = SmallDisk::mount(parent.path())? else {
        println!("! the runs on a failing disk are left out");
        return Ok(());
    };
    report.run("faults of the disk, SQLite");
    let mut scene = Scene::set(run, &disk.folder, 1, PEOPLE).await?;
    fail_often(run, &disk, &mut scene, report).await
}

async fn fail_often(
    run: &mut Run<'_>,
    disk: &SmallDisk,
    scene: &mut Scene,
    report: &mut Report,
) -> Result<()> {
    let mut random = run.random.fork();
    let mut tally = Tally::default();
    let mut relay = scene.installation()?.start().await?;
    for round in 1..=run.options.disk_rounds {
        for fault in [Fault::Full, Fault::Moved, Fault::Locked, Fault::Immutable] {
            // A lock must be waited out, which takes its time.
            if matches!(fault, Fault::Locked) && round % 4 != 1 {
                continue;
            }
            fail_once(disk, scene, &mut relay, fault, &mut random, &mut tally)
                .await
                .with_context(|| format!("round {round} of seed {}, {fault:?}", run.options.seed))?;
        }
    }
    let store = scene.store().await?;
    let counts = scene.audit(&*store, &RULES).await?;
    let (records, roots) = scene.ledger.verify(&*store).await?;
    relay.program.stop()?;
    report.count("times the disk was full", tally.full);
    report.count("times the file was moved away and back", tally.moved);
    report.count("times another process held it locked", tally.locked);
    report.count("times the file was made immutable", tally.immutable);
    report.count("times readiness was red meanwhile", tally.red);
    let slowest = u64::try_from(tally.slowest.as_millis())?;
    report.count("ms until the relay was ready again by itself, at most", slowest);
    report.counts(&counts);
    report.count("records verified at the end", records);
    report.count("roots remembered and found again", roots);
    Ok(())
}

async fn fail_once(
    disk: &SmallDisk,
    scene: &mut Scene,
    relay: &mut Relay,
    fault: Fault,
    random: &mut Random,
    tally: &mut Tally,
) -> Result<()> {
    let before = counts(scene).await?;
    // Long enough that the fault falls between many an intent and its outcome.
    scene.broker.answer_after(random.microseconds(1_000..40_000));
    let load = Load::begin(&scene.crowd, &[relay.api], CONNECTIONS);
    sleep(random.microseconds(20_000..150_000)).await;
    let database = scene.installation()?.folder().join("stagedoor.db");
    let refused = load.refused();
    let undo = Undo::begin(fault, disk, &database)?;
    let red = turns_red(relay).await?;
    // On a busy machine everybody may still wait for an answer from before.
    let patient = Instant::now();
    while load.refused() == refused && patient.elapsed() < PATIENCE {
        sleep(Duration::from_millis(5)).await;
    }
    sleep(random.microseconds(20_000..100_000)).await;
    if matches!(fault, Fault::Locked) {
        sleep(LOCKED).await;
    }
    let still_red = !is_ready(relay.health).await?;
    undo.end()?;
    let took = ready_again(relay, PATIENCE).await?;
    // Some load comes after the cure too, so that what follows it is judged with the rest.
    sleep(Duration::from_millis(100)).await;
    load.end().await?;

    ensure!(relay.program.is_running()?, "the relay ended");
    ensure!(red, "readiness stayed green for {PATIENCE:?}");
    // On a full disk the store finds room of its own now and then: it takes its write-ahead log into the database.
    let may_be_green = matches!(fault, Fault::Full);
    ensure!(
        still_red || may_be_green,
        "readiness turned green while the fault lasted"
    );
    tally.red += 1;
    tally.slowest = tally.slowest.max(took);
    *match fault {
        Fault::Full => &mut tally.full,
        Fault::Moved => &mut tally.moved,
        Fault::Locked => &mut tally.locked,
        Fault::Immutable => &mut tally.immutable,
    } += 1;
    let store = scene.store().await?;
    scene.settle(&*store, PATIENCE).await?;
    let after = counts(scene).await?;
    ensure!(after.refused > before.refused, "no login was refused");
    ensure!(
        after.tokens > before.tokens,
        "no login was served before or after"
    );
    scene.ledger.verify(&*store).await?;
    Ok(())
}

async fn counts(scene: &mut Scene) -> Result<Counts> {
    let store = scene.store().await?;
    scene.audit(&*store, &RULES).await
}

/// Whether readiness turns red in good time. On a full disk writes go on for as long as they fit into what files have.
async fn turns_red(relay: &Relay) -> Result<bool> {
    let started = Instant::now();
    while started.elapsed() < PATIENCE {
        if !is_ready(relay.health).await? {
            return Ok(true);
        }
        sleep(Duration::from_millis(20)).await;
    }
    Ok(false)
}

/// A fault, until it is undone.
enum Undo<'a> {
    MakeRoom(&'a SmallDisk),
    MoveBack { from: PathBuf, to: PathBuf },
    Unlock(Connection),
    Thaw(Vec<PathBuf>),
}

impl<'a> Undo<'a> {
    fn begin(fault: Fault, disk: &'a SmallDisk, database: &PathBuf) -> Result<Self> {
        match fault {
            Fault::Full => {
                disk.fill()?;
                Ok(Self::MakeRoom(disk))
            }
            Fault::Moved => {
                let away = database.with_extension("away");
                fs::rename(database, &away)?;
                let to = database.clone();
                Ok(Self::MoveBack { from: away, to })
            }
            Fault::Locked => {
                let connection = Connection::open(database)?;
                connection.busy_timeout(Duration::from_secs(5))?;
                connection.execute_batch("BEGIN EXCLUSIVE")?;
                Ok(Self::Unlock(connection))
            }
            Fault::Immutable => {
                let files = ["stagedoor.db", "stagedoor.db-wal"].map(|name| database.with_file_name(name));
                let files: Vec<_> = files.into_iter().filter(|file| file.exists()).collect();
                change_attribute("+i", &files)?;
                Ok(Self::Thaw(files))
            }
        }
    }

    fn end(self) -> Result<()> {
        match self {
            Self::MakeRoom(disk) => disk.empty(),
            Self::MoveBack { from, to } => Ok(fs::rename(from, to)?),
            Self::Unlock(connection) => Ok(connection.execute_batch("ROLLBACK")?),
            Self::Thaw(files) => change_attribute("-i", &files),
        }
    }
}

fn change_attribute(change: &str, files: &[PathBuf]) -> Result<()> {
    super::mount::command("chattr", |chattr| chattr.arg(change).args(files))
}
