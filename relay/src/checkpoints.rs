//! Signed checkpoints of the ledger: who else has one can tell when the ledger is rewritten or cut short. Each relay signs
//! one when enough was recorded or enough time has passed, keeps it in the store, and ships it to where the operator says.
//!
//! Nothing is signed that does not contain what was signed before. A ledger that does not is *rewritten*: the relay is not
//! ready then, and refuses logins, because "record first" means nothing on a record that somebody changes. (Stopping the
//! desk that way is no new power: who can write to the store could always have deleted it.) Looked at are the tree's nodes
//! and the records since the last checkpoint. That older records still fit their nodes is for `stagedoor ledger verify` to
//! find, which reads them all.
//!
//! A failure to sign or ship stops nothing; health pages and the log name it.

mod directory;
mod found;
mod keeper;
mod receiver;
mod shipping;
mod status;
mod tree;

use std::{cmp::Ordering, path::PathBuf, sync::Arc, time::Duration};

use stagedoor_ledger::checkpoint::{Checkpoint, CheckpointError, SignedCheckpoint, SigningKey, VerifyingKey};
use tokio::sync::watch;
use tracing::{info, warn};

use crate::{
    app::{App, Limits},
    clock::Clock,
    config::{ConfigFaults, Ledger},
    store::Store,
};

pub(crate) use directory::LATEST;
pub(crate) use keeper::{Keeper, keep};
pub use status::{Facts, Part};

use found::Found;
use receiver::Post;
use status::Status;

/// What a login is told when the ledger was rewritten.
pub(crate) const REFUSAL: &str = "the relay refuses logins because its ledger no longer contains what was signed before; \
     the relay's log tells its operator what to do";

/// Everything about checkpoints that is shared.
pub struct Checkpoints {
    signing: Option<Signing>,
    status: Status,
    /// The newest checkpoint, for each place that it is shipped to.
    newest: watch::Sender<Option<Arc<Signed>>>,
    found: Found,
}

/// What signing and shipping work with.
#[derive(Clone)]
pub(crate) struct Context {
    pub(crate) checkpoints: Arc<Checkpoints>,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) limits: Limits,
}

impl Context {
    /// The relay's.
    pub(crate) fn of(app: &App) -> Self {
        Self {
            checkpoints: app.checkpoints.clone(),
            store: app.store.clone(),
            clock: app.clock.clone(),
            limits: app.limits.clone(),
        }
    }
}

/// What a relay with a key does.
struct Signing {
    key: SigningKey,
    /// Whose checkpoints are believed; the own key's among them.
    trusted: Vec<VerifyingKey>,
    every_records: u64,
    every: Duration,
    directory: Option<PathBuf>,
    receiver: Option<Post>,
}

/// A verified checkpoint with its note.
#[derive(Debug)]
struct Signed {
    checkpoint: Checkpoint,
    note: String,
}

impl Checkpoints {
    /// Reads the key and makes the client; sends nothing.
    pub fn open(config: &Ledger, answer: Duration) -> Result<Self, ConfigFaults> {
        let key = config
            .signing_key()
            .map_err(|problem| ConfigFaults::one("ledger.key_file", problem))?;
        let receiver = match &config.receiver {
            Some(receiver) => Some(
                Post::new(receiver.clone(), answer)
                    .map_err(|problem| ConfigFaults::one("ledger.checkpoint_url", problem))?,
            ),
            None => None,
        };
        let signing = key.map(|key| Signing {
            trusted: [&[key.verifying_key()], &*config.verifying_keys].concat(),
            key,
            every_records: config.every_records.into(),
            every: Duration::from_secs(60 * u64::from(config.every_minutes)),
            directory: config.directory.clone(),
            receiver,
        });
        tell(signing.as_ref());
        Ok(Self {
            signing,
            status: Status::default(),
            newest: watch::Sender::new(None),
            found: Found::default(),
        })
    }

    /// Whether the ledger was found not to contain what was signed.
    pub fn is_rewritten(&self) -> bool {
        self.status.facts().rewritten_since.is_some()
    }

    /// How it stands with signing and shipping; `None` for a relay without a key.
    pub fn facts(&self) -> Option<Facts> {
        self.signing.as_ref().map(|_| self.status.facts())
    }

    /// Hands a checkpoint to whoever ships, unless they have a newer one: with several relays, an older one may come later.
    fn publish(&self, signed: Arc<Signed>) {
        self.newest.send_if_modified(|newest| {
            let newer = newest
                .as_ref()
                .is_none_or(|newest| order(&newest.checkpoint, &signed.checkpoint) == Ordering::Less);
            if newer {
                *newest = Some(signed);
            }
            newer
        });
    }
}

impl Signed {
    /// Reads a note that one of these keys must have signed.
    fn read(note: String, trusted: &[VerifyingKey]) -> Result<Self, CheckpointError> {
        let checkpoint = SignedCheckpoint::parse(&note)?.verify_any(trusted)?;
        Ok(Self { checkpoint, note })
    }
}

/// The larger one says more; of two that are as large, the later.
fn order(one: &Checkpoint, other: &Checkpoint) -> Ordering {
    (one.size, one.time).cmp(&(other.size, other.time))
}

fn tell(signing: Option<&Signing>) {
    let Some(signing) = signing else {
        warn!(
            "ledger.key_file is not set, so no checkpoints are signed: whoever can write to the store can change or delete \
             what was recorded, and nobody can tell; make a key with `stagedoor ledger keygen`"
        );
        return;
    };
    let verifying_key = signing.key.verifying_key().to_text();
    info!(verifying_key, "checkpoints of the ledger are signed");
    if signing.directory.is_none() && signing.receiver.is_none() {
        warn!(
            "checkpoints are kept in the store only: whoever rewrites the ledger can delete them with it; name \
             ledger.checkpoint_directory or ledger.checkpoint_url"
        );
    }
}
