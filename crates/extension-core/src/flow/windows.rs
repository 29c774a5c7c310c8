//! The windows that logins opened, until they are closed, and what the relay is told of them.
//!
//! Each is noted before the relay is told, and until it has been told: a worker that is stopped in between, or a relay
//! that cannot be reached, leaves it to the next one.

use alloc::{boxed::Box, vec::Vec};

use stagedoor_protocol::{ErrorCode, Outcome, OutcomeReport, RequestId};

use super::{Core, UNDER_WAY, login::LOST_SECONDS};
use crate::{
    environment::{Area, Environment, TabId, WindowId},
    fault::Code,
    json::{ToJson, Value},
    record::{Login, Profile, Step, Window},
    request::REPORT_TIMEOUT_MILLISECONDS,
    state::{Event, advance, is_under_way},
    text::joined,
};

/// What the relay is told of a login whose worker was stopped before a window stood open.
const INTERRUPTED: &str = "interrupted";
/// A report that could not be delivered for so long is given up.
const PATIENCE_MILLISECONDS: u64 = 7 * 24 * 3_600_000;

impl<E: Environment> Core<E> {
    /// A worker begins, and has done nothing yet: notes what the one before it was stopped in, by what is kept in memory of that.
    pub async fn wake(&self, kept: &Value) {
        let Some(id) = kept.get(UNDER_WAY).number() else {
            return;
        };
        if let Ok(tab) = self.tab(id).await
            && let Some(login) = &tab.login
            && is_under_way(login.step)
        {
            self.end_lost(id, login.clone(), &self.noted_windows().await)
                .await;
        }
    }

    /// A login that is marked as under way was cut off, unless its window was noted already.
    async fn end_lost(&self, id: TabId, mut login: Login, windows: &[Window]) {
        let now = self.environment.now();
        let noted = windows
            .iter()
            .find(|window| window.request_id == login.request_id);
        if noted.is_some_and(|window| window.cause.is_none()) {
            advance(&mut login, Event::Window, now);
        } else {
            // One that was cut off while its window was being opened may have had it: nobody knows, and nothing is said.
            let doubt = login.step == Step::Opening;
            advance(&mut login, Event::Loss, now);
            if noted.is_none() && !doubt {
                let window = Window {
                    request_id: login.request_id.clone(),
                    clicked: login.clicked,
                    window: None,
                    isolated: login.isolated,
                    told: false,
                    closed: None,
                    cause: Some(INTERRUPTED.into()),
                };
                self.note_window(&window, self.sign_outs.get()).await;
            }
        }
        let step = login.step;
        // What cannot be kept is found out once more by the next worker.
        let _ = self.change_tab(id, Box::new(|tab| tab.login = Some(login))).await;
        self.mark_result(step).await;
    }

    /// Notes what became of a token, unless somebody signed out since.
    pub(super) async fn note_window(&self, window: &Window, sign_outs: u32) {
        let name = window.name();
        if self.sign_outs.get() != sign_outs {
            return;
        }
        // Without the record only the reports are lost.
        let _ = self.keep(Area::Local, &name, window).await;
        if self.sign_outs.get() != sign_outs {
            let _ = self.environment.remove(Area::Local, &name).await;
        }
    }

    /// A window was closed: if a login opened it, the relay learns of it.
    pub async fn window_removed(&self, id: WindowId) {
        let sign_outs = self.sign_outs.get();
        let windows = self.noted_windows().await;
        let mut windows = windows.into_iter();
        if let Some(window) = windows.find(|window| window.window == Some(id) && window.closed.is_none()) {
            self.note_closed(window, sign_outs).await;
            self.unmark_opened().await;
        }
        self.settle().await;
    }

    /// The browser was started: no window that a login opened is left, and one with the same number is somebody's own.
    pub(super) async fn forget_windows(&self) {
        let sign_outs = self.sign_outs.get();
        for window in self.noted_windows().await {
            if window.cause.is_none() && window.closed.is_none() {
                self.note_closed(window, sign_outs).await;
            }
        }
        self.settle().await;
    }

    pub(super) async fn note_closed(&self, mut window: Window, sign_outs: u32) {
        window.closed = Some(self.environment.now());
        self.note_window(&window, sign_outs).await;
        self.forget_customer(&window).await;
    }

    /// Tells the relay what it does not know yet. Who asks for it while that is being done has it done once more.
    pub async fn settle(&self) {
        self.unsettled.set(true);
        if self.settling.replace(true) {
            return;
        }
        while self.unsettled.replace(false) {
            self.settle_all().await;
        }
        self.settling.set(false);
    }

    async fn settle_all(&self) {
        let sign_outs = self.sign_outs.get();
        let windows = self.noted_windows().await;
        if !windows.is_empty()
            && let Ok(profile) = self.profile().await
        {
            self.tell(&profile, None, windows, sign_outs).await;
        }
    }

    /// Tells the relay of windows; with a key that is not kept any more, where somebody leaves.
    pub(super) async fn tell(
        &self,
        profile: &Profile,
        key: Option<&E::Key>,
        windows: Vec<Window>,
        sign_outs: u32,
    ) {
        // What is open is looked up after what was noted, so that a window is there before it is missed.
        let Ok(open) = self.environment.windows().await else {
            return;
        };
        for mut window in windows {
            if window.cause.is_none() && window.closed.is_none() && !window.is_among(&open) {
                window.closed = Some(self.environment.now());
                self.note_window(&window, sign_outs).await;
            }
            if window.cause.is_none() && !window.told {
                if !self.report(profile, key, &window, Outcome::Opened).await {
                    continue;
                }
                window.told = true;
                self.note_window(&window, sign_outs).await;
            }
            let last = match (&window.cause, window.closed) {
                (Some(_), _) => Outcome::Failed,
                (None, Some(_)) => Outcome::Closed,
                (None, None) => continue,
            };
            if self.report(profile, key, &window, last).await {
                let _ = self.environment.remove(Area::Local, &window.name()).await;
            }
        }
    }

    /// Reports what became of a token, and says whether that need not be tried again.
    async fn report(
        &self,
        profile: &Profile,
        key: Option<&E::Key>,
        window: &Window,
        outcome: Outcome,
    ) -> bool {
        let now = self.environment.now();
        let since = window.closed.unwrap_or(window.clicked);
        let is_given_up = now.saturating_sub(since) > PATIENCE_MILLISECONDS;
        // Whoever is not connected any more may be so again.
        if profile.lapsed.is_some() {
            return is_given_up;
        }
        let ended = window
            .closed
            .filter(|_| outcome == Outcome::Closed)
            .unwrap_or(now);
        let report = OutcomeReport {
            outcome,
            duration_milliseconds: Some(ended.saturating_sub(window.clicked)),
            cause: window.cause.clone(),
        };
        let path = joined(&["/v1/logins/", window.request_id.as_str(), "/outcome"]);
        let answer = self
            .call(
                profile,
                key,
                "POST",
                &path,
                &report.to_json(),
                REPORT_TIMEOUT_MILLISECONDS,
            )
            .await;
        // The relay takes a report once it is done with the login, which whoever had no answer from it does not know.
        let done =
            window.cause.is_none() || now.saturating_sub(window.clicked) >= u64::from(LOST_SECONDS) * 1000;
        let refused = |code| match code {
            Code::Relay(ErrorCode::LoginUnknown) => done,
            Code::Relay(ErrorCode::MalformedRequest | ErrorCode::NotFound) => true,
            _ => false,
        };
        match answer {
            Ok(_) => true,
            Err(fault) => refused(fault.code) || is_given_up,
        }
    }

    /// Whether the window of a login is open.
    pub(super) async fn is_open(&self, id: &RequestId) -> bool {
        let windows = self.noted_windows().await;
        let noted = windows.iter().find(|window| window.request_id == *id);
        let open = self.environment.windows().await.unwrap_or_default();
        noted.is_some_and(|window| window.is_among(&open))
    }

    /// What is kept of windows.
    pub(super) async fn noted_windows(&self) -> Vec<Window> {
        let kept = self.kept(Area::Local, None).await;
        kept.map_or_else(|_| Vec::new(), |kept| Window::all(&kept))
    }
}
