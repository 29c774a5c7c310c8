//! The life of a login as a table: which step follows which event, and when a login counts as lost.

use crate::record::{Login, Step};

/// A login that has not moved for so long is lost: the relay is given ten seconds, and the browser fewer to open a
/// window.
pub const STALE_MILLISECONDS: u64 = 15_000;

/// What happens to a login.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// The person clicked.
    Click,
    /// The relay answered with a token.
    Token,
    /// The window is open and is as it must be.
    Window,
    /// Something went wrong.
    Fault,
    /// Nobody is working on it any more.
    Loss,
}

/// The step after an event, or `None` where the event cannot happen. A click starts anew unless a login is under way,
/// and no other event makes a second request.
pub fn next(step: Option<Step>, event: Event) -> Option<Step> {
    use Step::{Asking, Failed, Interrupted, Opened, Opening};
    match (step, event) {
        (None | Some(Opened | Failed | Interrupted), Event::Click) => Some(Asking),
        (Some(Asking), Event::Token) => Some(Opening),
        (Some(Opening), Event::Window) => Some(Opened),
        (Some(Asking | Opening), Event::Fault) => Some(Failed),
        (Some(Asking | Opening), Event::Loss) => Some(Interrupted),
        _ => None,
    }
}

/// Moves a login. An event that cannot happen changes nothing and says so.
pub fn advance(login: &mut Login, event: Event, now: u64) -> bool {
    match next(Some(login.step), event) {
        Some(step) => {
            login.step = step;
            login.since = now;
            true
        }
        None => false,
    }
}

/// Whether a login is under way.
pub fn is_under_way(step: Step) -> bool {
    matches!(step, Step::Asking | Step::Opening)
}

/// Whether a login under way is lost: this worker is not the one that works on it, so that one was stopped; or it has
/// not moved for too long.
pub fn is_lost(login: &Login, worked_on_here: bool, now: u64) -> bool {
    let stale = now.saturating_sub(login.since) > STALE_MILLISECONDS;
    is_under_way(login.step) && (!worked_on_here || stale)
}
