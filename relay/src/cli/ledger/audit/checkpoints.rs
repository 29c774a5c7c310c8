//! The checkpoints that a ledger is held to: those that were given, and those that the store kept.

use std::{collections::VecDeque, fs::File, io::Read, path::Path, sync::Arc};

use anyhow::{Context, bail, ensure};
use stagedoor_ledger::{
    checkpoint::{Checkpoint, CheckpointError, MAX_CHECKPOINT_BYTES, SignedCheckpoint, VerifyingKey},
    verify::Verifier,
};
use tokio::task::spawn_blocking;

use super::{State, threads};
use crate::checkpoints::LATEST;
use crate::cli::ledger::keys::Configured;
use crate::store::{Store, StoreError, StoredCheckpoint};

/// Checkpoints read at once.
const PAGE: u32 = 1024;

/// A checkpoint from a file.
#[derive(Debug)]
pub(in crate::cli::ledger) struct Given {
    pub(in crate::cli::ledger) text: String,
    /// Whether it was named, and not only found in the relay's folder.
    pub(in crate::cli::ledger) named: bool,
}

impl Given {
    /// Reads a file with one signed checkpoint. One that cannot be parsed is no reason to stop: it is a finding.
    pub(in crate::cli::ledger) fn read(path: &Path) -> anyhow::Result<Self> {
        let mut bytes = Vec::new();
        File::open(path)
            .and_then(|file| file.take(MAX_CHECKPOINT_BYTES as u64 + 1).read_to_end(&mut bytes))
            .with_context(|| format!("the checkpoint {} cannot be read", path.display()))?;
        ensure!(!bytes.is_empty(), "the checkpoint {} is empty", path.display());
        // What is no text is no checkpoint either way.
        let text = String::from_utf8_lossy(&bytes).into_owned();
        Ok(Self { text, named: true })
    }

    /// The newest in the relay's folder of checkpoints. `None`: there is none in it, and nothing to be held to it in the store,
    /// which has records or checkpoints if it `began`.
    pub(in crate::cli::ledger) fn newest(directory: &Path, began: bool) -> anyhow::Result<Option<Self>> {
        let latest = directory.join(LATEST);
        let found = match latest.try_exists() {
            Ok(false) if began || has_checkpoints(directory) => bail!(
                "the ledger has to be held to ledger.checkpoint_directory, and {} is not there; is the folder mounted? The relay \
                 writes it when it starts",
                latest.display()
            ),
            Ok(false) => return Ok(None),
            Ok(true) | Err(_) => Self::read(&latest).context(
                "the ledger has to be held to ledger.checkpoint_directory; run this as a user who can read there",
            )?,
        };
        Ok(Some(Self {
            named: false,
            ..found
        }))
    }
}

/// Whether a folder has any, or cannot be looked into.
fn has_checkpoints(directory: &Path) -> bool {
    let Ok(entries) = directory.read_dir() else {
        return true;
    };
    entries.flatten().any(|entry| {
        let path = entry.path();
        path.extension()
            .is_some_and(|extension| extension == "checkpoint")
    })
}

/// Holds the ledger to a checkpoint. Without keys, to what it says: the signature is not checked then.
pub(super) fn expect(verifier: &mut Verifier, text: &str, keys: &[VerifyingKey]) {
    match read(text, keys) {
        Ok(checkpoint) => verifier.expect(&checkpoint),
        // Makes the finding of the error.
        Err(_) => verifier.expect_signed(text, keys),
    }
}

/// Whether it cannot be told what a checkpoint is worth: none of the keys made it, and there is one that could not be read.
pub(super) fn needs_unread_key(text: &str, keys: &Configured) -> bool {
    keys.unread
        && !keys.keys.is_empty()
        && matches!(read(text, &keys.keys), Err(CheckpointError::OtherKey(_)))
}

/// Refuses to begin behind a checkpoint that was given: the root that it signed could not be computed, and others that agree
/// would pass for it.
pub(super) fn ensure_compared(given: &[Given], from: u64, keys: &[VerifyingKey]) -> anyhow::Result<()> {
    for one in given {
        // What is no checkpoint is a finding, wherever it begins.
        let Ok(Checkpoint { size, .. }) = read(&one.text, keys) else {
            continue;
        };
        let which = if one.named {
            "a checkpoint that was given"
        } else {
            "the newest checkpoint in ledger.checkpoint_directory"
        };
        ensure!(
            from <= size,
            "--from {from}: {which} covers the first {size} records, and cannot be compared by what comes after them; begin with \
             record {size} or an earlier one"
        );
    }
    Ok(())
}

fn read(text: &str, keys: &[VerifyingKey]) -> Result<Checkpoint, CheckpointError> {
    let signed = SignedCheckpoint::parse(text)?;
    if keys.is_empty() {
        Ok(signed.unverified().clone())
    } else {
        signed.verify_any(keys)
    }
}

/// A checkpoint of the store, whose signature was looked at.
struct Looked {
    stored: StoredCheckpoint,
    read: Result<Checkpoint, CheckpointError>,
}

/// The store's checkpoints in the order of their sizes, read as the verification comes to them.
pub(super) struct Kept {
    store: Arc<dyn Store>,
    keys: Arc<[VerifyingKey]>,
    /// Whether a key could not be read.
    unread: bool,
    /// Those of this size and above are still to be read.
    next: Option<u64>,
    ahead: VecDeque<Looked>,
    count: u64,
    /// How many could not be looked at, for want of that key.
    unchecked: u64,
    /// What is wrong about their rows.
    state: State,
}

impl Kept {
    pub(super) fn new(store: Arc<dyn Store>, from: u64, keys: Configured) -> Self {
        Self {
            store,
            keys: keys.keys.into(),
            unread: keys.unread,
            next: Some(from),
            ahead: VecDeque::new(),
            count: 0,
            unchecked: 0,
            state: State::default(),
        }
    }

    /// What was found to be wrong about their rows.
    pub(super) fn take_state(&mut self) -> State {
        std::mem::take(&mut self.state)
    }

    /// How many were looked at.
    pub(super) fn count(&self) -> u64 {
        self.count
    }

    /// How many could not be, because a key could not be read.
    pub(super) fn unchecked(&self) -> u64 {
        self.unchecked
    }

    /// Names those up to a size, before the records that they cover.
    pub(super) async fn expect_below(&mut self, size: u64, verifier: &mut Verifier) -> anyhow::Result<()> {
        loop {
            while let Some(looked) = self.ahead.pop_front_if(|looked| looked.stored.size <= size) {
                if self.unread && matches!(looked.read, Err(CheckpointError::OtherKey(_))) {
                    self.unchecked += 1;
                    continue;
                }
                self.count += 1;
                match looked.read {
                    Ok(checkpoint) => {
                        if checkpoint.size != looked.stored.size {
                            self.state.misfiled(looked.stored.size, checkpoint.size);
                        }
                        verifier.expect(&checkpoint);
                    }
                    Err(_) => verifier.expect_signed(&looked.stored.note, &self.keys),
                }
            }
            if !self.ahead.is_empty() || !self.read_on().await? {
                return Ok(());
            }
        }
    }

    /// Names all that are left.
    pub(super) async fn expect_all(&mut self, verifier: &mut Verifier) -> anyhow::Result<()> {
        self.expect_below(u64::MAX, verifier).await
    }

    /// Reads the next page. `false`: there is none.
    async fn read_on(&mut self) -> anyhow::Result<bool> {
        let Some(next) = self.next else { return Ok(false) };
        let (page, more) = self.page(next).await?;
        self.next = more;
        let some = !page.is_empty();
        let share = page.len().div_ceil(threads().get()).max(1);
        let mut shares = Vec::new();
        let mut page = page.into_iter();
        loop {
            let share: Vec<_> = page.by_ref().take(share).collect();
            if share.is_empty() {
                break;
            }
            let keys = self.keys.clone();
            shares.push(spawn_blocking(move || look_at(share, &keys)));
        }
        for share in shares {
            self.ahead.extend(
                share
                    .await
                    .context("a thread that checked signatures broke off")?,
            );
        }
        Ok(some)
    }

    /// All checkpoints of some sizes, beginning with one, and where the next page begins.
    async fn page(&self, from: u64) -> Result<(Vec<StoredCheckpoint>, Option<u64>), StoreError> {
        let mut limit = PAGE;
        loop {
            let mut page = self.store.checkpoints_from(from, limit).await?;
            if page.len() < limit as usize {
                return Ok((page, None));
            }
            // The last size may go on in the next page, so it is left to that.
            let last = page.last().map_or(from, |checkpoint| checkpoint.size);
            page.retain(|checkpoint| checkpoint.size < last);
            if !page.is_empty() {
                return Ok((page, Some(last)));
            }
            // A quiet ledger's checkpoints all have one size.
            limit = limit.saturating_mul(8);
        }
    }
}

fn look_at(share: Vec<StoredCheckpoint>, keys: &[VerifyingKey]) -> Vec<Looked> {
    share
        .into_iter()
        .map(|stored| Looked {
            read: read(&stored.note, keys),
            stored,
        })
        .collect()
}
