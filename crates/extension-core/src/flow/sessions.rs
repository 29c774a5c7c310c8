//! The windows of logins that are open now: whose, and how they are closed.

use alloc::{boxed::Box, string::String, vec::Vec};

use super::Core;
use crate::{
    environment::{Area, Environment, WindowId},
    fault::{Code, Fault},
    json::{Object, ToJson},
    record::{Login, Window},
    view::{SessionsView, View},
};

/// Under which name is kept in memory of which login the private window is that was opened last. On disk nothing says whose.
const LAST_WINDOW: &str = "lastWindow";

/// Which login that is, for whom, and where.
struct LastWindow<'a>(&'a Login);

impl ToJson for LastWindow<'_> {
    fn write(&self, target: &mut String) {
        let Self(login) = self;
        Object::begin(target)
            .with("login", login.request_id.as_str())
            .with("customer", login.email.as_str())
            .with("platform", login.platform.id.as_str())
            .end();
    }
}

impl<E: Environment> Core<E> {
    /// Remembers whose window stands open, unless somebody signed out since.
    pub(super) async fn remember_customer(&self, login: &Login, sign_outs: u32) {
        if !login.isolated || self.sign_outs.get() != sign_outs {
            return;
        }
        // Without it, only the words on whose window stands in the way are lost.
        let _ = self.keep(Area::Session, LAST_WINDOW, &LastWindow(login)).await;
        if self.sign_outs.get() != sign_outs {
            let _ = self.environment.remove(Area::Session, LAST_WINDOW).await;
        }
    }

    /// Forgets that, once the window is closed.
    pub(super) async fn forget_customer(&self, closed: &Window) {
        let memory = self
            .kept(Area::Session, Some(LAST_WINDOW))
            .await
            .unwrap_or_default();
        if memory.get(LAST_WINDOW).get("login").text() == Some(closed.request_id.as_str()) {
            let _ = self.environment.remove(Area::Session, LAST_WINDOW).await;
        }
    }

    /// The windows of logins that are open, for the button that closes them, and the private ones that are a person's own.
    pub(super) async fn sessions(&self) -> Result<View, Box<Fault>> {
        let (own, private) = self.open_windows().await?;
        // Read by whoever would open another one, so what cannot be read is left out.
        let memory = self
            .kept(Area::Session, Some(LAST_WINDOW))
            .await
            .unwrap_or_default();
        let kept = memory.get(LAST_WINDOW);
        let id = kept.get("login").text();
        let last = own.iter().find(|window| id == Some(window.request_id.as_str()));
        Ok(View::Sessions(SessionsView {
            open: own.len(),
            others: others(&own, &private),
            private_windows: private,
            window: last.and_then(|window| window.window),
            customer: last.and_then(|_| kept.get("customer").string()),
            platform: last.and_then(|_| kept.get("platform").string()),
        }))
    }

    /// Closes the windows of logins. Private windows share one session: while another one is open it lives on there.
    pub(super) async fn end_sessions(&self) -> Result<View, Box<Fault>> {
        let sign_outs = self.sign_outs.get();
        let (own, _) = self.open_windows().await?;
        for window in &own {
            if let Some(id) = window.window {
                self.close(id).await;
            }
        }
        let (left, private) = self.open_windows().await?;
        for window in own {
            if !left.contains(&window) {
                self.note_closed(window, sign_outs).await;
            }
        }
        self.unmark_opened().await;
        Ok(View::Sessions(SessionsView {
            open: left.len(),
            others: others(&left, &private),
            private_windows: private,
            ..SessionsView::default()
        }))
    }

    /// The windows of logins that are open, and all private windows.
    async fn open_windows(&self) -> Result<(Vec<Window>, Vec<WindowId>), Box<Fault>> {
        let mut own = self.noted_windows().await;
        let open = self.environment.windows().await.map_err(|_| Code::Internal)?;
        own.retain(|window| window.is_among(&open));
        let private = open.iter().filter(|window| window.incognito);
        Ok((own, private.map(|window| window.id).collect()))
    }
}

/// How many private windows there are beside those of logins.
fn others(own: &[Window], private: &[WindowId]) -> usize {
    private.len() - own.iter().filter(|window| window.isolated).count()
}
