//! The task that signs: it looks again and again whether a checkpoint is due, and never signs what contradicts an earlier
//! one.

use std::{panic::AssertUnwindSafe, path::Path, sync::Arc, time::Duration};

use futures_util::FutureExt;
use jiff::{SignedDuration, Timestamp};
use stagedoor_ledger::checkpoint::{Checkpoint, CheckpointError, SignedCheckpoint, VerifyingKey, sign};
use tokio::{
    select,
    task::JoinSet,
    time::{MissedTickBehavior, interval, timeout},
};
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};

use super::{
    Context, Part, Signed, Signing, directory, order,
    shipping::ship,
    tree::{Evidence, TreeFault, checked_root},
};
use crate::store::{StoreError, StoredCheckpoint};

/// How long the end of the process waits for the last checkpoint, and then for its shipping.
const LAST: Duration = Duration::from_secs(10);

/// How long the start waits for the folder of checkpoints, which may be on a network that is not there.
const RECALL: Duration = Duration::from_secs(3);

/// What the signing task remembers.
#[derive(Default)]
pub(crate) struct Keeper {
    /// The note that the store had last, and what it was found to be.
    stored: Option<(StoredCheckpoint, Checkpoint)>,
    /// The largest ledger that this process knows of: a verified checkpoint, wherever it found it, or what it has seen
    /// itself since.
    largest: Option<Checkpoint>,
    /// What the folder has and the ledger lacked.
    missing: Option<Checkpoint>,
    /// The newest checkpoint that the store has or had.
    newest: Option<Newest>,
}

/// How old a checkpoint is, by the clock that never goes backwards.
struct Newest {
    size: u64,
    /// How old it was when it was first seen.
    age: Duration,
    /// When that was.
    seen: Duration,
}

/// Why a look is taken.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Occasion {
    /// The start, before the first login: the ledger is checked, due or not.
    Start,
    /// It is time to look again.
    Tick,
    /// The process ends: this checkpoint says that it ended well.
    End,
}

/// Why no checkpoint was signed that should have been.
enum Failure {
    Rewritten(Evidence),
    Store(StoreError),
    Stranger(String),
    Sign(CheckpointError),
}

impl Keeper {
    /// Looks at the ledger before anything is added to it.
    pub(crate) async fn begin(context: &Context) -> Self {
        let mut keeper = Self::recalled(context).await;
        if let Some(signing) = &context.checkpoints.signing {
            keeper.look(context, signing, Occasion::Start).await;
        }
        keeper
    }

    /// Knows of the ledger what the folder of checkpoints says.
    pub(crate) async fn recalled(context: &Context) -> Self {
        let mut keeper = Self::default();
        if let Some(signing) = &context.checkpoints.signing
            && let Some(directory) = &signing.directory
        {
            keeper.recall(context, directory, &signing.trusted).await;
        }
        keeper
    }

    /// Takes up what a former process shipped: the store may have lost it since. It is published, so that nothing older
    /// takes its place anywhere.
    async fn recall(&mut self, context: &Context, directory: &Path, trusted: &[VerifyingKey]) {
        let Ok(Ok(Some(note))) = timeout(RECALL, directory::latest(directory)).await else {
            // A folder that cannot be read will be found to be unwritable too, and that is said then. Before anything is
            // written there, what lies there is looked for in the ledger.
            return;
        };
        match Signed::read(note, trusted) {
            Ok(signed) => {
                let signed = Arc::new(signed);
                self.remember(signed.checkpoint.clone());
                context.checkpoints.found.check(signed.clone());
                context.checkpoints.publish(signed);
            }
            Err(problem) => {
                warn!(%problem, "latest.checkpoint in the checkpoint directory is not believed, and will be replaced");
            }
        }
    }

    /// Signs if that is due. What goes wrong ends in the status.
    async fn look(&mut self, context: &Context, signing: &Signing, occasion: Occasion) {
        let status = &context.checkpoints.status;
        let looked = AssertUnwindSafe(self.try_look(context, signing, occasion))
            .catch_unwind()
            .await;
        let now = context.clock.now();
        match looked {
            Ok(Ok(Looked::Nothing)) => {}
            Ok(Ok(Looked::Checked)) => status.well(Part::Signing),
            Ok(Err(Failure::Rewritten(evidence))) => status.rewritten(now, &evidence),
            Ok(Err(Failure::Store(problem))) => status.failing(Part::Signing, now, &problem),
            Ok(Err(Failure::Stranger(problem))) => status.failing(Part::Signing, now, &problem),
            Ok(Err(Failure::Sign(problem))) => status.failing(Part::Signing, now, &problem),
            Err(_) => status.failing(
                Part::Signing,
                now,
                &"a part of the relay panicked; the log says where",
            ),
        }
    }

    async fn try_look(
        &mut self,
        context: &Context,
        signing: &Signing,
        occasion: Occasion,
    ) -> Result<Looked, Failure> {
        // In this order: what is signed is never larger than the ledger that is read after it.
        let found = context.checkpoints.found.wanted();
        let stored = context.store.last_checkpoint().await?;
        let size = context.store.ledger_size().await?;
        let noticed = match self.notice(context, signing, stored) {
            Err(Failure::Rewritten(evidence)) => return Err(evidence.into()),
            noticed => noticed,
        };
        let elapsed = context.clock.elapsed();
        let due = occasion == Occasion::End
            || self
                .newest
                .as_ref()
                .is_none_or(|newest| newest.is_old(signing, size, elapsed));
        if !due && found.is_none() && occasion == Occasion::Tick && context.checkpoints.status.lets_sign() {
            return Ok(Looked::Nothing);
        }
        let known: Vec<&Checkpoint> = self
            .stored
            .iter()
            .map(|(_, it)| it)
            .chain(&self.largest)
            .chain(&self.missing)
            .chain(&found)
            .collect();
        let root = checked_root(&*context.store, size, &known).await;
        if let Some(found) = &found
            && !matches!(root, Err(TreeFault::Store(_)))
        {
            context.checkpoints.found.looked(found, root.is_ok());
            self.missing = root.is_err().then(|| found.clone());
        }
        let root = root?;
        self.missing = None;
        context.checkpoints.status.intact();
        let checkpoint = Checkpoint {
            origin: signing.key.name().to_owned(),
            size,
            root,
            time: whole_milliseconds(context.clock.now()),
        };
        self.remember(checkpoint.clone());
        // Only now: a stranger's checkpoint must not keep the ledger from being checked.
        noticed?;
        if due {
            self.sign(context, signing, checkpoint).await?;
        }
        Ok(Looked::Checked)
    }

    /// Looks at what the store has as its last checkpoint, which may be another relay's.
    fn notice(
        &mut self,
        context: &Context,
        signing: &Signing,
        stored: Option<StoredCheckpoint>,
    ) -> Result<(), Failure> {
        let Some(stored) = stored else { return Ok(()) };
        if self.stored.as_ref().is_some_and(|(known, _)| *known == stored) {
            return Ok(());
        }
        let checkpoint = read(&stored, &signing.trusted)?;
        self.accept(context, stored, checkpoint);
        Ok(())
    }

    async fn sign(
        &mut self,
        context: &Context,
        signing: &Signing,
        checkpoint: Checkpoint,
    ) -> Result<(), Failure> {
        let note = sign(&checkpoint, &signing.key).map_err(Failure::Sign)?;
        let stored = StoredCheckpoint {
            size: checkpoint.size,
            note,
        };
        context.store.add_checkpoint(&stored).await?;
        info!(size = checkpoint.size, root = %checkpoint.root, "checkpoint");
        context.checkpoints.status.signed();
        self.accept(context, stored, checkpoint);
        Ok(())
    }

    /// Takes a verified checkpoint of the store for the newest, and has it shipped.
    fn accept(&mut self, context: &Context, stored: StoredCheckpoint, checkpoint: Checkpoint) {
        let age = context.clock.now().duration_since(checkpoint.time);
        self.newest = Some(Newest {
            size: checkpoint.size,
            // One from the future, by a clock that goes wrong, is as good as new.
            age: Duration::try_from(age.max(SignedDuration::ZERO)).unwrap_or_default(),
            seen: context.clock.elapsed(),
        });
        self.remember(checkpoint.clone());
        context.checkpoints.status.newest(&checkpoint);
        context.checkpoints.publish(Arc::new(Signed {
            checkpoint: checkpoint.clone(),
            note: stored.note.clone(),
        }));
        self.stored = Some((stored, checkpoint));
    }

    fn remember(&mut self, checkpoint: Checkpoint) {
        if self
            .largest
            .as_ref()
            .is_none_or(|largest| order(largest, &checkpoint).is_lt())
        {
            self.largest = Some(checkpoint);
        }
    }
}

/// What a look came to.
enum Looked {
    Nothing,
    Checked,
}

impl Newest {
    fn is_old(&self, signing: &Signing, size: u64, elapsed: Duration) -> bool {
        // A ledger that has become smaller is looked at at once.
        size < self.size
            || size - self.size >= signing.every_records
            || self.age + elapsed.saturating_sub(self.seen) >= signing.every
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<Evidence> for Failure {
    fn from(evidence: Evidence) -> Self {
        Self::Rewritten(evidence)
    }
}

impl From<TreeFault> for Failure {
    fn from(fault: TreeFault) -> Self {
        match fault {
            TreeFault::Rewritten(evidence) => Self::Rewritten(evidence),
            TreeFault::Store(error) => Self::Store(error),
        }
    }
}

/// Believes a stored note only if a trusted key signed it. One of a stranger is a reason not to sign, but none to refuse
/// logins: it may be another relay's, whose key nobody has told this one yet.
fn read(stored: &StoredCheckpoint, trusted: &[VerifyingKey]) -> Result<Checkpoint, Failure> {
    let forged = |problem: String| Failure::Rewritten(Evidence::Note(problem));
    let note = SignedCheckpoint::parse(&stored.note).map_err(|error| forged(error.to_string()))?;
    let checkpoint = match note.verify_any(trusted) {
        Ok(checkpoint) => checkpoint,
        Err(CheckpointError::OtherKey(_)) => {
            let name = &note.unverified().origin;
            return Err(Failure::Stranger(format!(
                "the last checkpoint in the store is signed by a key named {name} that is not known here; if it is another \
                 relay's or a former one, put its verifying key into ledger.verifying_keys"
            )));
        }
        Err(error) => return Err(forged(error.to_string())),
    };
    if checkpoint.size == stored.size {
        Ok(checkpoint)
    } else {
        Err(forged("it is filed under another size".to_owned()))
    }
}

fn whole_milliseconds(time: Timestamp) -> Timestamp {
    Timestamp::from_millisecond(time.as_millisecond()).unwrap_or(time)
}

/// Signs and ships until `closed`, then signs the last one and tries to ship it.
pub(crate) async fn keep(context: Context, mut keeper: Keeper, closed: CancellationToken) {
    let Some(signing) = &context.checkpoints.signing else {
        return;
    };
    let shipping_ends = CancellationToken::new();
    let mut shippers = JoinSet::new();
    for (part, wanted) in [
        (Part::Directory, signing.directory.is_some()),
        (Part::Receiver, signing.receiver.is_some()),
    ] {
        if wanted {
            shippers.spawn(ship(context.clone(), part, shipping_ends.clone()));
        }
    }
    let mut ticks = interval(context.limits.checkpoint_pause);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    while closed.run_until_cancelled(ticks.tick()).await.is_some() {
        let look = keeper.look(&context, signing, Occasion::Tick);
        closed.run_until_cancelled(look).await;
    }
    if timeout(LAST, keeper.look(&context, signing, Occasion::End))
        .await
        .is_err()
    {
        error!("the last checkpoint could not be signed in time; the next start signs one");
    }
    shipping_ends.cancel();
    let all = async { while shippers.join_next().await.is_some() {} };
    // What they find in the folder is still looked for.
    let looks = async {
        loop {
            ticks.tick().await;
            keeper.look(&context, signing, Occasion::Tick).await;
        }
    };
    let shipped = async {
        select! {
            () = all => {}
            () = looks => {}
        }
    };
    if timeout(LAST, shipped).await.is_err() {
        warn!("the last checkpoint could not be shipped in time; the next start ships it");
    }
}
