//! The flows: each message of a page becomes a few calls of the environment and one view.

mod login;
mod options;
mod popup;
mod relay;

use std::cell::Cell;

use crate::{
    environment::{Area, Environment, TabId, WindowId},
    fault::{Code, Fault},
    message::Message,
    record::{Profile, Tab, Window},
    view::View,
};

/// Name of the enrolment in the local area.
const PROFILE: &str = "profile";

/// The core in one worker. It remembers only what dies with the worker: which login it is working on.
pub struct Core<E> {
    environment: E,
    /// The tab whose login is under way here. One at a time for the whole profile: two would end in one isolated session.
    running: Cell<Option<TabId>>,
}

impl<E: Environment> Core<E> {
    /// A core that has nothing to do yet.
    pub fn new(environment: E) -> Self {
        Self {
            environment,
            running: Cell::new(None),
        }
    }

    /// Answers a message; a fault is a view too.
    pub async fn handle(&self, message: &Message) -> View {
        let view = match (message.kind.as_str(), message.tab_id) {
            ("options/open", _) => Ok(self.options(None, None).await),
            ("options/enrol", _) => Ok(self.enrol(&message.relay, &message.code).await),
            ("options/test", _) => Ok(self.test().await),
            ("options/signOut", _) => Ok(self.sign_out().await),
            ("popup/open", Some(tab)) => self.open(tab, false).await,
            ("popup/rescan", Some(tab)) => self.open(tab, true).await,
            ("popup/select", Some(tab)) => self.select(tab, &message.email).await,
            ("popup/login", Some(tab)) => self.login(tab, message).await,
            ("popup/status", Some(tab)) => self.status(tab).await,
            _ => Err(Code::Internal.into()),
        };
        view.unwrap_or_else(|fault| View::fault(&fault))
    }

    /// A window was closed: if a login opened it, the relay learns of it.
    pub async fn window_removed(&self, window: WindowId) {
        let name = window_name(window);
        if let Ok(Some(opened)) = self.environment.load::<Window>(Area::Session, &name).await {
            let _ = self.environment.remove(Area::Session, &name).await;
            self.report_closed(&opened).await;
        }
    }

    async fn profile(&self) -> Result<Profile, Fault> {
        let stored = self.environment.load(Area::Local, PROFILE).await;
        Ok(stored
            .map_err(|_| Code::KeyStoreFailed)?
            .ok_or(Code::NotEnrolled)?)
    }

    async fn tab(&self, id: TabId) -> Result<Tab, Fault> {
        let stored: Option<Tab> = self
            .environment
            .load(Area::Session, &Tab::name(id))
            .await
            .map_err(|_| Code::KeyStoreFailed)?;
        Ok(stored.filter(|tab| tab.id == id).unwrap_or_else(|| Tab::new(id)))
    }

    async fn save_tab(&self, tab: &Tab) -> Result<(), Fault> {
        let saved = self
            .environment
            .save(Area::Session, &Tab::name(tab.id), tab)
            .await;
        Ok(saved.map_err(|_| Code::KeyStoreFailed)?)
    }
}

/// The name under which an opened window is kept.
fn window_name(window: WindowId) -> String {
    ["window:", &window.to_string()].concat()
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests;
