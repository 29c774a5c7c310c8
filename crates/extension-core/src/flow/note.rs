//! The note of a login in its tab: what a popup or another worker shows of it.

use alloc::boxed::Box;

use super::Core;
use crate::{
    environment::{Environment, TabId},
    fault::Fault,
    record::{Login, Step},
};

/// How often is looked whether a login was noted, and how long is waited in between: 25 seconds in all, which is longer than it
/// takes to read the page once more and to close windows.
const NOTE_CHECKS: u32 = 500;
const NOTE_PAUSE_MILLISECONDS: u32 = 50;

impl<E: Environment> Core<E> {
    /// Keeps how a login stands. An approval is used up by one that opened a window.
    pub(super) async fn note_login(&self, id: TabId, login: &Login) -> Result<(), Box<Fault>> {
        self.change_tab(
            id,
            Box::new(|tab| {
                if login.step == Step::Opened {
                    tab.approval = tab.approval.take().filter(|asked| !asked.is_for(login));
                }
                tab.login = Some(login.clone());
            }),
        )
        .await
    }

    /// Waits until a login that somebody began from a tab is noted there, or over: until then it would look as if there were none.
    /// Not for ever: then the tab shows what is known of it.
    pub(super) async fn until_noted(&self, id: TabId) {
        for _ in 0..NOTE_CHECKS {
            if self.running.get() != Some(id) || self.noted.get() {
                return;
            }
            self.environment.sleep(NOTE_PAUSE_MILLISECONDS).await;
        }
    }
}
