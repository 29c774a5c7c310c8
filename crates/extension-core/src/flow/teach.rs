//! The page on which a CRM is taught: what a picked element comes to, and what a recipe finds.

use alloc::{boxed::Box, vec};

use super::Core;
use crate::{
    environment::{Environment, TabId},
    facts::read_frames,
    fault::{Code, Fault},
    json::Value,
    message::Message,
    recipe, teach,
    view::View,
};

impl<E: Environment> Core<E> {
    /// What can be made of an element that a person picked.
    pub(super) fn derive(&self, message: &Message) -> Result<View, Box<Fault>> {
        let picked = &message.whole;
        let url = picked.get("url").text();
        let url = url.and_then(|url| self.environment.parse_url(url));
        let url = url.ok_or(Code::PageNotReadable)?;
        Ok(View::Derived(Box::new(teach::Derived {
            host: teach::host(&url),
            selectors: teach::selectors(picked.get("chain"), picked.get("text").text().unwrap_or_default()),
            shapes: teach::shapes(&url),
        })))
    }

    /// What a recipe finds on the page, by the collector's answer with it.
    pub(super) async fn try_out(&self, tab: TabId, message: &Message) -> Result<View, Box<Fault>> {
        let scan = self.tab(tab).await?.scan;
        let session = match scan {
            Some(scan) => scan.session,
            None => self.session(&self.profile().await?).await?,
        };
        let draft = message.whole.get("recipe");
        let mut frames = read_frames(message.whole.get("frames"));
        let given = Value::List(vec![draft.clone()]);
        recipe::assign(&mut frames, &given, |url| self.environment.parse_url(url));
        Ok(View::Trial(Box::new(teach::judge(draft, frames, &session))))
    }
}
