//! The flows: each message of a page becomes a few calls of the environment and one view.

mod admission;
mod approval;
mod approvals;
mod badge;
mod glimpse;
mod login;
mod managed;
mod note;
mod options;
mod popup;
mod preview;
mod reading;
mod reasons;
mod relay;
mod reread;
mod room;
mod selection;
mod sessions;
mod sign_in;
mod teach;
mod windows;

use alloc::{boxed::Box, string::String};
use core::{
    cell::{Cell, RefCell},
    future::{Future as _, poll_fn},
    pin::pin,
    task::Poll,
};

use reading::Openings;

use crate::{
    environment::{Area, Environment, TabId},
    fault::{Code, Fault},
    json::{Object, ToJson, Value},
    message::Message,
    record::{Profile, Tab},
    view::View,
    wire::read_list,
};

/// Under which name is kept of which tabs something is known, the last one last.
const TABS: &str = "tabs";
/// How many.
const MAX_TABS: usize = 64;
/// Under which name is kept from which tab the last login was begun: there is one at a time.
const UNDER_WAY: &str = "underWay";

/// What changes what is known of a tab. Not a type of its own for each, which would have all of the rest compiled for each.
type Change<'a> = Box<dyn FnOnce(&mut Tab) + 'a>;

/// The core in one worker. It remembers only what dies with the worker: which login it is working on.
pub struct Core<E> {
    environment: E,
    /// The tab whose login is under way here. One at a time for the whole profile: two would end in one isolated session.
    running: Cell<Option<TabId>>,
    /// Whether that login is noted there.
    noted: Cell<bool>,
    /// How often what is known of tabs was changed here.
    changes: Cell<u32>,
    /// The popups that were just opened: what they show meanwhile may change yet.
    openings: Openings,
    /// How often this worker has signed out.
    sign_outs: Cell<u32>,
    /// Whether somebody is signing out.
    leaving: Cell<bool>,
    /// Whether the relay is being told what became of tokens.
    settling: Cell<bool>,
    /// Whether there may be more of that to tell than when it was last looked.
    unsettled: Cell<bool>,
    /// The headings of the page that was read last, with its tab. They hold names, so they are kept nowhere else.
    headings: RefCell<Option<(TabId, String)>>,
}

impl<E: Environment> Core<E> {
    /// A core that has nothing to do yet.
    pub fn new(environment: E) -> Self {
        Self {
            environment,
            running: Cell::new(None),
            noted: Cell::new(false),
            changes: Cell::new(0),
            openings: Openings::default(),
            sign_outs: Cell::new(0),
            leaving: Cell::new(false),
            settling: Cell::new(false),
            unsettled: Cell::new(false),
            headings: RefCell::default(),
        }
    }

    /// Answers a message; a fault is a view too.
    pub async fn handle(&self, message: &Message) -> View {
        let before = self.sign_outs.get();
        let popup = message.kind.starts_with("popup/");
        let left = || popup && self.sign_outs.get() != before;
        let mut answer = pin!(self.answer(message));
        // What a popup asked for ends where somebody leaves, so that it does nothing to whoever comes after. A login goes on:
        // it may have a window to close.
        let view = poll_fn(|context| match left() && message.kind != "popup/login" {
            true => Poll::Ready(Ok(View::Setup)),
            false => answer.as_mut().poll(context),
        });
        let view = view.await;
        if left() {
            return View::Setup;
        }
        view.unwrap_or_else(|fault| View::fault(&fault))
    }

    async fn answer(&self, message: &Message) -> Result<View, Box<Fault>> {
        match (message.kind.as_str(), message.tab_id) {
            ("options/open", _) => Ok(self.options(None, None).await),
            ("options/enrol", _) => Ok(self.enrol(&message.relay, &message.code).await),
            ("options/address", _) => Ok(self.look(&message.relay, false).await),
            ("options/look", _) => Ok(self.look(&message.relay, true).await),
            ("options/signIn", _) => Ok(self.begin_sign_in(&message.relay, message.another_account).await),
            ("options/signedIn", _) => Ok(self.end_sign_in(&message.redirect).await),
            ("options/signInStopped", _) => Ok(self.stop_sign_in(message.words.as_deref()).await),
            ("options/test", _) => Ok(self.test().await),
            ("options/signOut", _) => Ok(self.sign_out().await),
            ("approvals/open", _) => Ok(self.approvals(None, None).await),
            ("approvals/decide", _) => Ok(self.decide(message).await),
            ("teach/derive", _) => self.derive(message),
            ("teach/try", Some(tab)) => self.try_out(tab, message).await,
            ("reasons/list", _) => Ok(View::Reasons(self.reasons().await)),
            ("reasons/forget", _) => Ok(View::Reasons(self.forget_reason(message.reason.as_deref()).await)),
            ("session/open", _) => self.sessions().await,
            ("session/end", _) => self.end_sessions().await,
            ("popup/open", Some(tab)) => self.open(tab, false).await,
            ("popup/rescan", Some(tab)) => self.open(tab, true).await,
            // Nothing is done on the strength of what the relay said before.
            ("popup/preview" | "popup/login" | "popup/askApproval", Some(tab)) if self.is_reading(tab) => {
                Err(Code::PageChanged.into())
            }
            ("popup/select", Some(tab)) => self.select(tab, &message.email).await,
            ("popup/preview", Some(tab)) => Ok(self.preview(tab, message).await),
            ("popup/login", Some(tab)) => self.login(tab, message).await,
            ("popup/askApproval", Some(tab)) => self.ask_approval(tab, message).await,
            ("popup/approval", Some(tab)) => self.approval(tab).await,
            ("popup/withdraw", Some(tab)) => self.withdraw(tab).await,
            ("popup/dismiss", Some(tab)) => self.dismiss(tab).await,
            ("popup/status", Some(tab)) => self.status(tab).await,
            _ => Err(Code::Internal.into()),
        }
    }

    /// The enrolment, where nothing goes on without one.
    async fn profile(&self) -> Result<Profile, Box<Fault>> {
        Ok(self.enrolment().await?.ok_or(Code::NotEnrolled)?)
    }

    async fn tab(&self, id: TabId) -> Result<Tab, Box<Fault>> {
        let kept = self.kept(Area::Session, Some(&Tab::name(id))).await?;
        Ok(Tab::among(&kept, id))
    }

    /// Changes what is known of a tab, as it is by now: a login, a reading and a request for approval may have begun before the
    /// others ended. Nothing is kept for whoever signs out meanwhile.
    ///
    /// Forgets the tab that was changed the longest ago where there are too many: tabs that are closed need no clearing away.
    async fn change_tab(&self, id: TabId, change: Change<'_>) -> Result<(), Box<Fault>> {
        let sign_outs = self.sign_outs.get();
        let (kept, mut tab) = loop {
            let changes = self.changes.get();
            let kept = self.kept(Area::Session, Some(TABS)).await?;
            let tab = self.tab(id).await?;
            if self.changes.get() == changes {
                break (kept, tab);
            }
        };
        // Nothing is awaited from here on until it is being saved.
        self.changes.set(self.changes.get().wrapping_add(1));
        change(&mut tab);
        self.unless_left(sign_outs)?;
        let mut tabs = read_list(kept.get(TABS)).unwrap_or_default();
        tabs.retain(|other| *other != id);
        tabs.push(id);
        let forgotten = (tabs.len() > MAX_TABS).then(|| tabs.remove(0));
        let mut members = String::new();
        Object::begin(&mut members)
            .with(&Tab::name(id), &tab)
            .with(TABS, &tabs)
            .with_some(UNDER_WAY, tab.is_logging_in().then_some(&id))
            .end();
        let saved = self.environment.save(Area::Session, &members).await;
        saved.map_err(|_| Code::KeyStoreFailed)?;
        if let Some(forgotten) = forgotten {
            let _ = self
                .environment
                .remove(Area::Session, &Tab::name(forgotten))
                .await;
        }
        Ok(())
    }

    async fn kept(&self, area: Area, name: Option<&str>) -> Result<Value, Box<Fault>> {
        let text = self.environment.load(area, name).await;
        let value = text.ok().and_then(|text| Value::parse(&text));
        Ok(value.ok_or(Code::KeyStoreFailed)?)
    }

    async fn keep(&self, area: Area, name: &str, value: &impl ToJson) -> Result<(), Box<Fault>> {
        let mut members = String::new();
        Object::begin(&mut members).with(name, value).end();
        let saved = self.environment.save(area, &members).await;
        Ok(saved.map_err(|_| Code::KeyStoreFailed)?)
    }
}

#[cfg(test)]
#[cfg(not(target_arch = "wasm32"))]
mod tests;
