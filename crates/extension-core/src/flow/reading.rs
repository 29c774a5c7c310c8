//! Reading a page with the relay's recipes, without waiting for the relay.

use alloc::{boxed::Box, string::String, vec::Vec};

use stagedoor_protocol::Session;

use super::Core;
use crate::{
    environment::{Area, Broken, Environment, TabId},
    facts::read_frames,
    fault::Fault,
    join::join,
    json::{ToJson, Value},
    recipe::alike,
    record::Profile,
};

/// Under which name the relay's recipes are kept on disk, as it gave them last.
const RECIPES: &str = "recipes";

/// A page as it was read.
pub(super) struct Reading {
    /// The collector's answer.
    pub(super) frames: Result<String, Broken>,
    /// The rules.
    pub(super) session: Session,
    /// The recipes that it was read with.
    pub(super) recipes: Value,
}

impl<E: Environment> Core<E> {
    /// Reads the page and asks the relay for the rules, at the same time.
    ///
    /// The page is read with the recipes of the last answer, because waiting for the next one would double the time of a
    /// click. Recipes change seldom. If they have, and a frame of this page is to be read otherwise now, it is read once
    /// more: what is shown and recorded always comes of the recipes that the relay has given for this very click.
    pub(super) async fn read_page(&self, id: TabId, profile: &Profile) -> Result<Reading, Box<Fault>> {
        let signed_out = self.sign_outs.get();
        let early = async {
            let recipes = self.recipes().await;
            let frames = self.environment.collect(id, &recipes.to_json()).await;
            (recipes, frames)
        };
        let ((known, mut frames), answer) = join(early, self.session_with_recipes(profile)).await;
        let (session, recipes) = answer?;
        if recipes != known {
            if self.sign_outs.get() == signed_out {
                // What cannot be kept is found changed the next time, too.
                let _ = self.keep(Area::Local, RECIPES, &recipes).await;
            }
            if !self.reads_alike(&known, &recipes, &frames) {
                frames = self.environment.collect(id, &recipes.to_json()).await;
            }
        }
        Ok(Reading {
            frames,
            session,
            recipes,
        })
    }

    /// The recipes of the relay's last answer.
    pub(super) async fn recipes(&self) -> Value {
        let kept = self.kept(Area::Local, Some(RECIPES)).await;
        listed(kept.unwrap_or(Value::Null).take(RECIPES))
    }

    fn reads_alike(&self, one: &Value, other: &Value, frames: &Result<String, Broken>) -> bool {
        let frames = frames.as_ref().ok().and_then(|text| Value::parse(text));
        let frames = read_frames(&frames.unwrap_or(Value::Null));
        alike(one, other, &frames, |url| self.environment.parse_url(url))
    }
}

/// What is no list is an empty one.
pub(super) fn listed(recipes: Value) -> Value {
    match recipes {
        Value::List(_) => recipes,
        _ => Value::List(Vec::new()),
    }
}
