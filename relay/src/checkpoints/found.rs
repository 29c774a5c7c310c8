//! What was found in the folder of checkpoints. Nothing takes its place before the ledger was looked at: a folder that was away
//! at the start may hold the only proof that the store has lost records.

use std::sync::Arc;

use stagedoor_ledger::checkpoint::Checkpoint;
use tokio::sync::watch;

use super::Signed;

/// The folder's newest checkpoint, between the task that ships there and the one that reads the ledger.
pub(super) struct Found(watch::Sender<State>);

#[derive(Clone, Default)]
enum State {
    #[default]
    Nothing,
    /// The ledger was not looked at yet, or could not be read.
    Unchecked(Arc<Signed>),
    /// The ledger does not contain it.
    Missing,
    /// The ledger contains what this note says.
    Contained(String),
}

impl Default for Found {
    fn default() -> Self {
        Self(watch::Sender::new(State::default()))
    }
}

impl Found {
    /// The note that may be replaced.
    pub(super) fn contained(&self) -> Option<String> {
        match &*self.0.borrow() {
            State::Contained(note) => Some(note.clone()),
            _ => None,
        }
    }

    /// Has the ledger looked at.
    pub(super) fn check(&self, signed: Arc<Signed>) {
        self.0.send_replace(State::Unchecked(signed));
    }

    /// What that came to; it lasts as long as the store cannot be read.
    pub(super) async fn is_contained(&self) -> bool {
        let mut state = self.0.subscribe();
        let decided = state.wait_for(|state| !matches!(state, State::Unchecked(_)));
        // The sender is this one.
        decided
            .await
            .is_ok_and(|state| matches!(&*state, State::Contained(_)))
    }

    /// What the ledger has still to be looked at for.
    pub(super) fn wanted(&self) -> Option<Checkpoint> {
        match &*self.0.borrow() {
            State::Unchecked(signed) => Some(signed.checkpoint.clone()),
            State::Nothing | State::Missing | State::Contained(_) => None,
        }
    }

    /// The ledger was looked at for this checkpoint. Another one may have been found meanwhile.
    pub(super) fn looked(&self, wanted: &Checkpoint, is_contained: bool) {
        self.0.send_if_modified(|state| {
            let decided = match &*state {
                State::Unchecked(signed) if signed.checkpoint == *wanted => match is_contained {
                    true => State::Contained(signed.note.clone()),
                    false => State::Missing,
                },
                _ => return false,
            };
            *state = decided;
            true
        });
    }

    /// The folder's newest is this one, which was signed or found by this process.
    pub(super) fn lies_there(&self, note: String) {
        self.0.send_if_modified(|state| {
            let settled = matches!(state, State::Nothing | State::Contained(_));
            if settled {
                *state = State::Contained(note);
            }
            settled
        });
    }
}
