//! The windows of logins that are open now: whose, and how they are closed.

use alloc::{boxed::Box, string::String, vec::Vec};

use super::Core;
use crate::{
    environment::{Area, Environment},
    fault::{Code, Fault},
    json::Object,
    record::{Login, Window},
    view::{SessionsView, View},
};

/// What is kept in memory of the private window that was opened last: the login's id, for whom, and where. On disk nothing says whom.
const LAST_WINDOW: &str = "lastWindow";
const LAST_CUSTOMER: &str = "lastCustomer";
const LAST_PLATFORM: &str = "lastPlatform";

impl<E: Environment> Core<E> {
    /// Remembers whose window stands open, unless somebody signed out since.
    pub(super) async fn remember_customer(&self, login: &Login, sign_outs: u32) {
        if !login.isolated || self.sign_outs.get() != sign_outs {
            return;
        }
        let mut members = String::new();
        Object::begin(&mut members)
            .with(LAST_WINDOW, login.request_id.as_str())
            .with(LAST_CUSTOMER, login.email.as_str())
            .with(LAST_PLATFORM, login.platform.id.as_str())
            .end();
        // Without it, only the words on whose window stands in the way are lost.
        let _ = self.environment.save(Area::Session, &members).await;
        if self.sign_outs.get() != sign_outs {
            self.forget_customer().await;
        }
    }

    /// Forgets that, once the window is closed.
    pub(super) async fn forget_customer(&self) {
        for name in [LAST_WINDOW, LAST_CUSTOMER, LAST_PLATFORM] {
            let _ = self.environment.remove(Area::Session, name).await;
        }
    }

    /// The windows of logins that are open, for the button that closes them, and the private ones that are a person's own.
    pub(super) async fn sessions(&self) -> Result<View, Box<Fault>> {
        let (own, others) = self.open_windows().await?;
        // Read by whoever would open another one, so what cannot be read is left out.
        let memory = self.kept(Area::Session, None).await.unwrap_or_default();
        let id = memory.get(LAST_WINDOW);
        let last = own
            .iter()
            .find(|window| id.text() == Some(window.request_id.as_str()));
        Ok(View::Sessions(SessionsView {
            open: own.len(),
            others,
            window: last.and_then(|window| window.window),
            customer: last.and_then(|_| memory.get(LAST_CUSTOMER).string()),
            platform: last.and_then(|_| memory.get(LAST_PLATFORM).string()),
        }))
    }

    /// Closes the windows of logins. Private windows share one session: while another one is open it lives on there.
    pub(super) async fn end_sessions(&self) -> Result<View, Box<Fault>> {
        let (own, _) = self.open_windows().await?;
        for window in &own {
            if let Some(id) = window.window {
                self.environment.close_window(id).await;
            }
        }
        let (left, others) = self.open_windows().await?;
        for window in own {
            if !left.contains(&window) {
                self.note_closed(window).await;
            }
        }
        self.unmark_opened().await;
        Ok(View::Sessions(SessionsView {
            open: left.len(),
            others,
            ..SessionsView::default()
        }))
    }

    /// The windows of logins that are open, and how many private windows there are beside them.
    async fn open_windows(&self) -> Result<(Vec<Window>, usize), Box<Fault>> {
        let mut own = self.noted_windows().await;
        let open = self.environment.windows().await.map_err(|_| Code::Internal)?;
        own.retain(|window| window.is_among(&open));
        let private = open.iter().filter(|window| window.incognito).count();
        let others = private - own.iter().filter(|window| window.isolated).count();
        Ok((own, others))
    }
}
