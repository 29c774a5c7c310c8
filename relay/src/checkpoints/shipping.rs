//! Brings the newest checkpoint to one place, for as long as that takes. A newer one takes the place of one that still
//! waits: it proves all that the older one does, and nothing piles up.

use std::{path::Path, pin::pin, sync::Arc, time::Duration};

use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

use super::{
    Context, LATEST, Part, Signed, Signing,
    directory::{self, Put},
};

/// The first pause after a failure; each further one is twice as long.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
/// The longest.
const LONGEST_PAUSE: Duration = Duration::from_secs(5 * 60);
/// A delivery that takes longer has failed, as far as health pages are concerned.
const SLOW: Duration = Duration::from_secs(10);

/// Ships until `closed`; then tries once more what is still owed.
pub(super) async fn ship(context: Context, part: Part, closed: CancellationToken) {
    let mut newest = context.checkpoints.newest.subscribe();
    // One may have been there before.
    newest.mark_changed();
    let mut pause = None;
    loop {
        let woken = async {
            match pause {
                Some(pause) => sleep(pause).await,
                // The sender is the context's, which is held here.
                None => drop(newest.changed().await),
            }
        };
        let last = closed.run_until_cancelled(woken).await.is_none();
        if last && pause.is_none() && !newest.has_changed().unwrap_or_default() {
            return;
        }
        let signed = newest.borrow_and_update().clone();
        let shipped = match signed {
            Some(signed) => deliver(&context, part, &signed).await,
            None => true,
        };
        if last {
            return;
        }
        pause = (!shipped).then(|| longer(pause));
    }
}

/// The pause after a failure that came after this pause.
fn longer(pause: Option<Duration>) -> Duration {
    pause.map_or(FIRST_PAUSE, |pause| LONGEST_PAUSE.min(pause * 2))
}

async fn deliver(context: &Context, part: Part, signed: &Signed) -> bool {
    let status = &context.checkpoints.status;
    let mut delivery = pin!(async {
        match &context.checkpoints.signing {
            Some(signing) => deliver_to(context, signing, part, signed).await,
            None => Ok(()),
        }
    });
    let delivered = match timeout(SLOW, &mut delivery).await {
        Ok(delivered) => delivered,
        Err(_) => {
            status.failing(
                part,
                context.clock.now(),
                &"it takes too long; is the network or the disk gone?",
            );
            delivery.await
        }
    };
    match &delivered {
        Ok(()) => status.well(part),
        Err(problem) => status.failing(part, context.clock.now(), problem),
    }
    delivered.is_ok()
}

async fn deliver_to(context: &Context, signing: &Signing, part: Part, signed: &Signed) -> Result<(), String> {
    match (part, &signing.directory, &signing.receiver) {
        (Part::Directory, Some(directory), _) => put(context, signing, directory, signed).await,
        (Part::Receiver, _, Some(receiver)) => receiver.deliver(signed, context.limits.files).await,
        _ => Ok(()),
    }
}

/// What lies in the folder is looked for in the ledger before anything takes its place.
async fn put(context: &Context, signing: &Signing, directory: &Path, signed: &Signed) -> Result<(), String> {
    let found = &context.checkpoints.found;
    loop {
        match directory::put(directory, signed, &signing.trusted, found.contained()).await? {
            Put::There(note) => {
                found.lies_there(note);
                return Ok(());
            }
            Put::Unknown(latest) => {
                found.check(Arc::new(latest));
                if !found.is_contained().await {
                    return Err(format!(
                        "{}: the ledger does not contain what its {LATEST} says, which is the proof of it; nothing is \
                         written there",
                        directory.display()
                    ));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_from_a_second_to_five_minutes() {
        let pauses = std::iter::successors(Some(longer(None)), |pause| Some(longer(Some(*pause))));
        let seconds: Vec<u64> = pauses.take(11).map(|pause| pause.as_secs()).collect();
        assert_eq!(seconds, [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]);
    }
}
