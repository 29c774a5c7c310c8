//! What a popup shows by itself, from what is kept in memory and the page: starting the background script takes longer.

use alloc::string::String;

use super::{
    Core,
    reading::{RECIPES, early, kept_session},
};
use crate::{
    environment::{Environment, TabId},
    json::Value,
    record::{Login, Tab},
    state::is_under_way,
    view::View,
};

impl<E: Environment> Core<E> {
    /// What a page comes to by the relay's last answer, as the background script would have it shown before the next one.
    /// Nothing where that answer is not there, or where something else comes first, which the background script knows: a
    /// login, an approval, a selected text. Nothing is awaited.
    pub fn glimpse(&self, id: TabId, memory: &Value, frames: String) -> Option<View> {
        let tab = Tab::among(memory, id);
        let news = |login: &Login| is_under_way(login.step) || !login.seen;
        if tab.login.as_ref().is_some_and(news) || tab.approval.is_some() || tab.picked.is_some() {
            return None;
        }
        let session = kept_session(memory).filter(|session| !session.platforms.is_empty())?;
        // What the page says of names is for whoever reads it for good, and not to outlive a person who signs out meanwhile.
        let headings = self.headings.take();
        let scan = self.scan_of(id, &Ok(frames), session, memory.get(RECIPES));
        self.headings.replace(headings);
        early(scan.ok()?, None)
    }
}
