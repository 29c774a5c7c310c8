//! Reading a page, and what can be shown of it before the relay has answered.

use alloc::{boxed::Box, string::String, vec::Vec};
use core::cell::{Cell, RefCell};

use stagedoor_protocol::{CustomerEmail, Session};

use super::{Core, login::push, selection::pick};
use crate::{
    environment::{Area, Environment, TabId},
    facts::read_frames,
    fault::{Code, Fault},
    join::{first, join},
    json::{Object, ToJson, Value},
    recipe::alike,
    record::{Profile, Scan},
    view::View,
    wire::FromJson,
};

/// Under which name the relay's recipes are kept, as it gave them last: on disk, and in memory beside the rest.
pub(super) const RECIPES: &str = "recipes";
/// Under which name the rest of its last answer is kept in memory: who may open what, and how. A popup has a page read by
/// itself only while it is there.
pub(super) const SESSION: &str = "session";

/// How long a page is waited for, in milliseconds.
pub(super) const PATIENCE: u32 = 5_000;
/// Likewise where a popup that was just opened tells of that, and offers a way without the page.
const OPENING_PATIENCE: u32 = 30_000;

/// The collector's answer as JSON text, or why there is none.
pub(super) type Collected = Result<String, Code>;

/// What the relay said last. Its next answer may change it.
pub(super) struct Known {
    /// How it has pages read.
    pub(super) recipes: Value,
    /// What this person may open.
    pub(super) session: Option<Session>,
}

/// A popup that was opened just now, with whom a selected text names, if it was opened for that.
pub(super) type Opened<'a> = Option<&'a [CustomerEmail]>;

/// The popups that were opened and may still show what the relay said before, each with a number. The last of a tab
/// counts: an earlier one is closed, and its answer is shown to nobody.
#[derive(Default)]
pub(super) struct Openings {
    last: Cell<u32>,
    open: RefCell<Vec<(TabId, u32)>>,
}

/// One of them, for as long as this lives.
pub(super) struct Opening<'a> {
    all: &'a Openings,
    tab: TabId,
    number: u32,
}

impl Openings {
    pub(super) fn begin(&self, tab: TabId) -> Opening<'_> {
        let number = self.last.get().wrapping_add(1);
        self.last.set(number);
        self.end(tab, self.of(tab));
        self.open.borrow_mut().push((tab, number));
        Opening {
            all: self,
            tab,
            number,
        }
    }

    /// One that was opened in a tab waits for nothing any more; another one goes on.
    pub(super) fn end(&self, tab: TabId, number: Option<u32>) {
        let mut open = self.open.borrow_mut();
        open.retain(|(other, one)| *other != tab || Some(*one) != number);
    }

    /// The one that waits in a tab.
    pub(super) fn of(&self, tab: TabId) -> Option<u32> {
        let open = self.open.borrow();
        open.iter()
            .find(|(other, _)| *other == tab)
            .map(|(_, number)| *number)
    }
}

impl Opening<'_> {
    /// Whether nothing took its place.
    pub(super) fn counts(&self) -> bool {
        self.all.of(self.tab) == Some(self.number)
    }
}

impl Drop for Opening<'_> {
    fn drop(&mut self) {
        self.all.end(self.tab, Some(self.number));
    }
}

impl<E: Environment> Core<E> {
    /// Reads the page and asks the relay for the rules, at the same time.
    ///
    /// The page is read with the recipes of the last answer, because waiting for the next one would double the time of a
    /// click. Recipes change seldom. If they have, and a frame of this page is to be read otherwise now, it is read once
    /// more: what can be opened and is recorded always comes of the recipes and rules that the relay has given for this
    /// very click. A popup that was just opened is shown what it comes to by the last answer until then, and cannot do
    /// anything with that.
    pub(super) async fn read_page(
        &self,
        id: TabId,
        profile: &Profile,
        known: Known,
        opened: Option<Opened<'_>>,
    ) -> Result<Scan, Box<Fault>> {
        let signed_out = self.sign_outs.get();
        let last = known.session.filter(|last| last.key_id == profile.key_id);
        let answered = Cell::new(false);
        let read = async {
            let patience = match opened {
                Some(_) => OPENING_PATIENCE,
                None => PATIENCE,
            };
            let mut frames = self.collect(id, &known.recipes, patience, opened.is_some()).await;
            if opened.is_some() && frames == Err(Code::PageSilent) {
                // The person goes on without it, as they could before.
                frames = unread();
            }
            if answered.get() {
                return (frames, None);
            }
            // Where there was nothing to open, that may have changed, and is not said before it is known.
            let last = last.as_ref().filter(|last| !last.platforms.is_empty());
            let last = last.filter(|_| opened.is_some());
            let scan = last.and_then(|last| self.scan_of(id, &frames, last.clone(), &known.recipes).ok());
            let early = scan.clone().and_then(|scan| early(scan, opened.flatten()));
            self.environment.progress(&match early {
                Some(view) => push(id, &view, true),
                None => push(id, &View::waiting(), false),
            });
            (frames, scan)
        };
        let asked = async {
            let answer = self.session_with_recipes(profile).await;
            answered.set(true);
            answer
        };
        let ((mut frames, scan), answer) = join(read, asked).await;
        let (session, recipes) = answer?;
        // By their texts: comparing each part weighs more.
        let as_before = last.is_some_and(|last| last.to_json() == session.to_json());
        let read_alike = known.recipes == recipes;
        // What cannot be kept is found changed the next time, too.
        if !(as_before && read_alike) && self.sign_outs.get() == signed_out {
            let mut members = String::new();
            Object::begin(&mut members)
                .with(SESSION, &session)
                .with(RECIPES, &recipes)
                .end();
            let _ = self.environment.save(Area::Session, &members).await;
        }
        if !read_alike {
            if self.sign_outs.get() == signed_out {
                let _ = self.keep(Area::Local, RECIPES, &recipes).await;
            }
            if !self.reads_alike(&known.recipes, &recipes, &frames) {
                frames = self.collect(id, &recipes, PATIENCE, false).await;
            }
        }
        if let Some(scan) = scan.filter(|_| as_before && read_alike) {
            return Ok(scan);
        }
        Ok(self.scan_of(id, &frames, session, &recipes)?)
    }

    /// Has the collector read a page, and gives up on one that shows a message or is busy: it may be so for ever. With
    /// `opening`, what was read since the popup was opened will do.
    pub(super) async fn collect(
        &self,
        id: TabId,
        recipes: &Value,
        milliseconds: u32,
        opening: bool,
    ) -> Collected {
        let late = async {
            self.environment.sleep(milliseconds).await;
            Err(Code::PageSilent)
        };
        let read = async {
            let read = self.environment.collect(id, &recipes.to_json(), opening).await;
            read.map_err(|_| Code::PageNotReadable)
        };
        first(read, late).await
    }

    /// Whether a popup of this tab may be showing such a thing.
    pub(super) fn is_reading(&self, id: TabId) -> bool {
        self.openings.of(id).is_some()
    }

    /// The recipes of the relay's last answer.
    pub(super) async fn recipes(&self) -> Value {
        let kept = self.kept(Area::Local, Some(RECIPES)).await;
        kept_recipes(kept.unwrap_or(Value::Null))
    }

    fn reads_alike(&self, one: &Value, other: &Value, frames: &Collected) -> bool {
        let frames = frames.as_ref().ok().and_then(|text| Value::parse(text));
        let frames = read_frames(&frames.unwrap_or(Value::Null));
        alike(one, other, &frames, |url| self.environment.parse_url(url))
    }
}

/// What stands for a page that did not answer: nothing is known of it.
pub(super) fn unread() -> Collected {
    Ok(r#"[{"frameId":0,"result":{"url":"","truncated":true}}]"#.into())
}

/// What the page comes to by the relay's last answer, if it can be shown.
pub(super) fn early(mut scan: Scan, picked: Opened<'_>) -> Option<View> {
    let usable = picked.is_none_or(|picked| pick(&mut scan, picked.into()));
    usable.then(|| View::of_press(&scan))
}

/// Those among what is kept on disk.
pub(super) fn kept_recipes(mut kept: Value) -> Value {
    listed(kept.take(RECIPES))
}

/// Its rules among what is kept in memory.
pub(super) fn kept_session(kept: &Value) -> Option<Session> {
    Session::read(kept.get(SESSION))
}

/// What is no list is an empty one.
pub(super) fn listed(recipes: Value) -> Value {
    match recipes {
        Value::List(_) => recipes,
        _ => Value::List(Vec::new()),
    }
}
