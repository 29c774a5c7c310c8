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

#[cfg(test)]
#[cfg(not(target_arch = "wasm32"))]
mod tests {
    use stagedoor_protocol::{CustomerEmail, RequestId};

    use super::*;
    use crate::testing::session;

    const STEPS: [Option<Step>; 6] = [
        None,
        Some(Step::Asking),
        Some(Step::Opening),
        Some(Step::Opened),
        Some(Step::Failed),
        Some(Step::Interrupted),
    ];

    fn login(step: Step, since: u64) -> Login {
        Login {
            request_id: RequestId::from_parts(since, &[0; 10]),
            step,
            since,
            clicked: since,
            email: CustomerEmail::parse("anna@example.com").unwrap(),
            platform: session().platforms[0].clone(),
            reason: None,
            ticket: None,
            isolated: true,
            code: None,
            detail: None,
            retry_after: None,
            claim: None,
            approver_roles: Vec::new(),
            seen: false,
        }
    }

    #[test]
    fn the_whole_table() {
        use Step::{Asking, Failed, Interrupted, Opened, Opening};
        for (event, expected) in [
            (
                Event::Click,
                [Some(Asking), None, None, Some(Asking), Some(Asking), Some(Asking)],
            ),
            (Event::Token, [None, Some(Opening), None, None, None, None]),
            (Event::Window, [None, None, Some(Opened), None, None, None]),
            (Event::Fault, [None, Some(Failed), Some(Failed), None, None, None]),
            (
                Event::Loss,
                [None, Some(Interrupted), Some(Interrupted), None, None, None],
            ),
        ] {
            assert_eq!(STEPS.map(|step| next(step, event)), expected, "{event:?}");
        }
    }

    #[test]
    fn only_a_click_leads_to_a_request() {
        for step in STEPS {
            for event in [Event::Token, Event::Window, Event::Fault, Event::Loss] {
                assert_ne!(next(step, event), Some(Step::Asking));
            }
        }
    }

    #[test]
    fn moving_notes_the_time_and_an_impossible_event_changes_nothing() {
        let mut moved = login(Step::Asking, 1_000);
        assert!(advance(&mut moved, Event::Token, 2_000));
        assert_eq!(
            (moved.step, moved.since, moved.clicked),
            (Step::Opening, 2_000, 1_000)
        );
        assert!(!advance(&mut moved, Event::Token, 3_000));
        assert_eq!((moved.step, moved.since), (Step::Opening, 2_000));
    }

    #[test]
    fn a_login_is_lost_with_its_worker_or_after_fifteen_seconds() {
        for step in [Step::Asking, Step::Opening] {
            let login = login(step, 100_000);
            assert!(!is_lost(&login, true, 100_000));
            assert!(!is_lost(&login, true, 115_000));
            assert!(is_lost(&login, true, 115_001));
            assert!(is_lost(&login, false, 100_001));
            assert!(!is_lost(&login, true, 0), "the clock was set back");
        }
        for step in [Step::Opened, Step::Failed, Step::Interrupted] {
            assert!(!is_lost(&login(step, 0), false, u64::MAX));
        }
    }
}
