//! Room for an isolated session: no other private window may be open, because all of them share one.

use alloc::{boxed::Box, vec::Vec};

use stagedoor_protocol::Isolation;

use super::Core;
use crate::{
    environment::{Environment, WindowId},
    fault::{Code, Fault},
    isolation::{Plan, plan},
    join::first,
    message::Message,
};

/// How often is looked whether the private windows are gone, and how long is waited in between.
const CLOSING_CHECKS: u32 = 60;
const CLOSING_PAUSE_MILLISECONDS: u32 = 50;
/// How long the browser's word is waited for that one was closed.
const CLOSING_MILLISECONDS: u32 = 1_000;

impl<E: Environment> Core<E> {
    /// Sees to it that an isolated session can be had, closing the private windows that are in its way if that is wanted.
    pub(super) async fn make_room(&self, policy: Isolation, message: &Message) -> Result<Plan, Box<Fault>> {
        let environment = &self.environment;
        let allowed = environment.incognito_allowed().await;
        let open = match policy {
            Isolation::Off => Vec::new(),
            _ if !allowed => Vec::new(),
            _ => self.private_windows().await?,
        };
        // Others may have been opened since the person was told of these.
        let told = open.iter().all(|window| message.replaces.contains(window));
        let plan = plan(policy, allowed, open.len(), told)?;
        if plan.close_others {
            for window in open {
                self.close(window).await;
            }
            for _ in 0..CLOSING_CHECKS {
                if self.private_windows().await?.is_empty() {
                    return Ok(plan);
                }
                environment.sleep(CLOSING_PAUSE_MILLISECONDS).await;
            }
            // Its page asks whether to leave, perhaps, and only a person can answer that.
            let mut left: Box<Fault> = Code::IsolationBusy.into();
            left.cure = Some("session_left_text");
            return Err(left);
        }
        Ok(plan)
    }

    /// Closes a window. Firefox does not answer for one whose page asks before it is left.
    pub(super) async fn close(&self, window: WindowId) {
        let closed = self.environment.close_window(window);
        first(closed, self.environment.sleep(CLOSING_MILLISECONDS)).await;
    }

    pub(super) async fn private_windows(&self) -> Result<Vec<WindowId>, Box<Fault>> {
        let windows = self.environment.windows().await.map_err(|_| Code::WindowFailed)?;
        let private = windows.iter().filter(|window| window.incognito);
        Ok(private.map(|window| window.id).collect())
    }
}
