//! A browser in memory, with a relay that verifies every signature by another implementation.
mod claims;
mod made_up;
mod seen;
mod verify;

use std::{
    cell::{Cell, RefCell},
    collections::{BTreeMap, VecDeque},
    future::poll_fn,
    rc::Rc,
    task::Poll,
};

use p256::ecdsa::{Signature, SigningKey, signature::Signer};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use stagedoor_protocol::{ErrorCode, Problem};

use crate::{
    environment::{
        Area, Broken, Environment, HttpAnswer, HttpFailure, HttpRequest, OpenedWindow, ParsedUrl, TabId,
        WindowId,
    },
    testing::{fixture, letters, parse_url},
};

pub(super) use claims::claimed_by;
pub(super) use made_up::{http, page_with};
pub(super) use verify::key_id;
use verify::point;

/// What must be found nowhere but in the address of the window.
pub(super) const TOKEN: &str = "sentinel-token-5c1e";
/// The relay's origin.
pub(super) const RELAY: &str = "https://relay.example";
/// What is held of the page.
pub(super) const PAGE: &str = "page";
/// Likewise, for longer than anybody waits.
pub(super) const HUNG: &str = "hung page";
/// Where a sign-in comes back to.
pub(super) const REDIRECT_URI: &str = "https://abc.chromiumapp.org/sign-in";
/// When a sign-in ends, in seconds since 1970.
pub(super) const EXPIRES_AT: u64 = 1_700_036_000;

/// Everything can be looked at and changed by a test.
pub(super) struct Fake {
    pub(super) now: Cell<u64>,
    random: Cell<u8>,
    pub(super) local: RefCell<BTreeMap<String, Value>>,
    pub(super) session: RefCell<BTreeMap<String, Value>>,
    /// What an administrator has set; nothing where the browser cannot say.
    pub(super) managed: RefCell<Option<Value>>,
    pub(super) keys: RefCell<BTreeMap<String, SigningKey>>,
    /// Those that the relay may have seen, by the names that they had last.
    seen: RefCell<BTreeMap<String, SigningKey>>,
    /// Whether storage and key store take anything.
    pub(super) writable: Cell<bool>,
    /// What fails by itself: `clear`, `save`, `windows`, or the saving of the key of that name.
    pub(super) failing: Cell<&'static str>,
    /// What a reading found that was begun when the popup was opened.
    pub(super) begun: RefCell<Option<String>>,
    /// What the collector answers.
    pub(super) page: RefCell<Result<String, Broken>>,
    /// The answers of the relay that differ from the usual, by what a path ends in.
    script: RefCell<VecDeque<(&'static str, Result<HttpAnswer, HttpFailure>)>>,
    /// The session that the relay answers.
    pub(super) rules: RefCell<Value>,
    /// While set, requests to paths that begin so do not end, or readings of [`PAGE`] or [`HUNG`], or the keeping of what
    /// was `saved` by then, or the making of what is `generated`, or what is to be `cleared`, or the word that a window was
    /// `closed`, or what was `loaded` by then.
    pub(super) held: Cell<Option<&'static str>>,
    /// Requests as `METHOD path`, with their bodies.
    pub(super) requests: RefCell<Vec<(String, Value)>>,
    nonces: RefCell<Vec<String>>,
    pub(super) allowed: Cell<bool>,
    pub(super) windows: RefCell<Vec<OpenedWindow>>,
    /// Addresses of the windows that were opened.
    pub(super) opened: RefCell<Vec<String>>,
    /// What opening a window comes to, if not a window as it was asked for.
    pub(super) next_window: Cell<Option<Result<Option<bool>, Broken>>>,
    /// Whether closing a window works.
    pub(super) closable: Cell<bool>,
    /// A private window that somebody opens while the relay is asked.
    pub(super) intruder: Cell<bool>,
    /// Whether a page of the extension is open.
    pub(super) listening: Cell<bool>,
    /// The recipes that the page was read with, each time.
    pub(super) read_with: RefCell<Vec<String>>,
    /// Views that were sent to the pages.
    pub(super) pushed: RefCell<Vec<Value>>,
    pub(super) base_url: Cell<&'static str>,
    /// Whether the browser wakes the extension each minute.
    pub(super) watching: Cell<bool>,
    /// Whether it wakes the extension soon.
    pub(super) watching_login: Cell<bool>,
    /// What is written on the toolbar button.
    pub(super) badge: RefCell<String>,
    /// Whether there is anything at the toolbar button or an alarm.
    pub(super) noisy: Cell<bool>,
}

impl Fake {
    /// A profile that was never used.
    pub(super) fn fresh() -> Rc<Self> {
        Rc::new(Self {
            now: Cell::new(1_700_000_000_000),
            random: Cell::new(0),
            local: RefCell::default(),
            session: RefCell::default(),
            managed: RefCell::default(),
            keys: RefCell::default(),
            seen: RefCell::default(),
            writable: Cell::new(true),
            failing: Cell::new(""),
            begun: RefCell::default(),
            page: RefCell::new(Ok(page_with(&["anna@example.com"]))),
            script: RefCell::default(),
            rules: RefCell::new(fixture("session")),
            held: Cell::new(None),
            requests: RefCell::default(),
            nonces: RefCell::default(),
            allowed: Cell::new(true),
            windows: RefCell::new(vec![OpenedWindow {
                id: 1,
                incognito: false,
            }]),
            opened: RefCell::default(),
            next_window: Cell::new(None),
            closable: Cell::new(true),
            intruder: Cell::new(false),
            listening: Cell::new(true),
            read_with: RefCell::default(),
            pushed: RefCell::default(),
            base_url: Cell::new("chrome-extension://abc/"),
            watching: Cell::new(false),
            watching_login: Cell::new(false),
            badge: RefCell::default(),
            noisy: Cell::new(true),
        })
    }

    /// An enrolled profile.
    pub(super) fn enrolled() -> Rc<Self> {
        let fake = Self::fresh();
        let key = SigningKey::from_slice(&[7; 32]).unwrap();
        let profile = json!({
            "relay": RELAY, "keyId": key_id(key.verifying_key()).as_str(),
            "staff": {"email": "desk@broker.example", "name": "Support desk"},
        });
        fake.rules.borrow_mut()["keyId"] = profile["keyId"].clone();
        *fake.local.borrow_mut() = members(profile);
        fake.keys.borrow_mut().insert("enrolled".into(), key);
        fake
    }

    /// The next request to a path is answered so.
    pub(super) fn answer(&self, path: &'static str, answer: Result<HttpAnswer, HttpFailure>) {
        self.script.borrow_mut().push_back((path, answer));
    }

    /// The next request to a path is answered with a problem.
    pub(super) fn refuse(&self, path: &'static str, code: ErrorCode, detail: &str) {
        let problem = serde_json::to_string(&Problem::new(code, detail)).unwrap();
        self.answer(
            path,
            Ok(http(code.status(), "application/problem+json", &problem)),
        );
    }

    fn storage(&self, area: Area) -> &RefCell<BTreeMap<String, Value>> {
        match area {
            Area::Local => &self.local,
            Area::Session => &self.session,
            Area::Managed => panic!("nobody but an administrator writes here"),
        }
    }

    async fn while_held(&self, mine: impl Fn(&str) -> bool) {
        poll_fn(|_| {
            if self.held.get().is_some_and(&mine) {
                Poll::Pending
            } else {
                Poll::Ready(())
            }
        })
        .await;
    }

    fn writing(&self) -> Result<(), Broken> {
        if self.writable.get() { Ok(()) } else { Err(Broken) }
    }

    fn unless_failing(&self, what: &str) -> Result<(), Broken> {
        (self.failing.get() != what).then_some(()).ok_or(Broken)
    }
}

impl Environment for Rc<Fake> {
    type Key = SigningKey;

    fn now(&self) -> u64 {
        self.now.get()
    }
    fn fill_random(&self, bytes: &mut [u8]) {
        self.random.set(self.random.get() + 1);
        bytes.fill(self.random.get());
    }
    async fn sleep(&self, milliseconds: u32) {
        self.while_held(|held| held == PAGE).await;
        self.now.set(self.now.get() + u64::from(milliseconds));
    }
    fn parse_url(&self, text: &str) -> Option<ParsedUrl> {
        parse_url(text)
    }

    fn letters(&self, text: &str) -> String {
        letters(text)
    }

    async fn sha256(&self, bytes: &[u8]) -> Result<[u8; 32], Broken> {
        Ok(Sha256::digest(bytes).into())
    }
    async fn generate_key(&self) -> Result<SigningKey, Broken> {
        self.while_held(|held| held == "generated").await;
        Ok(SigningKey::from_slice(&[9; 32]).unwrap())
    }
    async fn public_point(&self, key: &SigningKey) -> Result<[u8; 65], Broken> {
        Ok(point(key.verifying_key()))
    }
    async fn sign(&self, key: &SigningKey, bytes: &[u8]) -> Result<[u8; 64], Broken> {
        let signature: Signature = key.sign(bytes);
        Ok(signature.to_bytes().into())
    }
    async fn save_key(&self, name: &str, key: &SigningKey) -> Result<(), Broken> {
        self.writing()?;
        self.unless_failing(name)?;
        self.keys.borrow_mut().insert(name.into(), key.clone());
        self.seen.borrow_mut().insert(name.into(), key.clone());
        Ok(())
    }
    async fn load_key(&self, name: &str) -> Result<Option<SigningKey>, Broken> {
        let key = self.keys.borrow().get(name).cloned();
        let seen = key.iter().map(|key| (name.into(), key.clone()));
        self.seen.borrow_mut().extend(seen);
        Ok(key)
    }
    async fn delete_key(&self, name: &str) -> Result<(), Broken> {
        self.writing()?;
        self.keys.borrow_mut().remove(name);
        Ok(())
    }

    async fn save(&self, area: Area, saved: &str) -> Result<(), Broken> {
        self.writing()?;
        self.unless_failing("save")?;
        let saved = members(serde_json::from_str(saved).unwrap());
        self.storage(area).borrow_mut().extend(saved);
        self.while_held(|held| held == "saved").await;
        Ok(())
    }
    async fn load(&self, area: Area, name: Option<&str>) -> Result<String, Broken> {
        if area == Area::Managed {
            let managed = self.managed.borrow();
            return managed.as_ref().map(Value::to_string).ok_or(Broken);
        }
        let mut kept = self.storage(area).borrow().clone();
        kept.retain(|other, _| name.is_none_or(|name| name == other));
        self.while_held(|held| held == "loaded").await;
        Ok(serde_json::to_string(&kept).unwrap())
    }
    async fn remove(&self, area: Area, name: &str) -> Result<(), Broken> {
        self.writing()?;
        self.storage(area).borrow_mut().remove(name);
        Ok(())
    }
    async fn clear(&self, area: Area) -> Result<(), Broken> {
        self.writing()?;
        self.unless_failing("clear")?;
        self.while_held(|held| held == "cleared").await;
        self.storage(area).borrow_mut().clear();
        Ok(())
    }

    async fn send(&self, request: HttpRequest<'_>) -> Result<HttpAnswer, HttpFailure> {
        let path = request.url.strip_prefix(RELAY).unwrap();
        let body = request
            .body
            .map_or(Value::Null, |body| serde_json::from_str(body).unwrap());
        self.verify(&request, path, &body);
        self.requests
            .borrow_mut()
            .push((format!("{} {path}", request.method), body.clone()));
        self.while_held(|held| path.starts_with(held)).await;
        if self.intruder.get() {
            self.windows.borrow_mut().push(OpenedWindow {
                id: 66,
                incognito: true,
            });
        }
        let mut script = self.script.borrow_mut();
        let scripted = script.iter().position(|(other, _)| path.ends_with(other));
        match scripted.and_then(|index| script.remove(index)) {
            Some((_, answer)) => answer,
            None => Ok(self.usual_answer(path, &body)),
        }
    }

    async fn collect(&self, _tab: TabId, recipes: &str, opening: bool) -> Result<String, Broken> {
        self.while_held(|held| [PAGE, HUNG].contains(&held)).await;
        self.read_with.borrow_mut().push(recipes.into());
        let begun = self.begun.take().filter(|_| opening);
        begun.map_or_else(|| self.page.borrow().clone(), Ok)
    }
    fn progress(&self, message: &str) {
        self.pushed
            .borrow_mut()
            .push(serde_json::from_str(message).unwrap());
    }
    async fn deliver(&self, message: &str) -> bool {
        self.progress(message);
        self.listening.get()
    }

    async fn incognito_allowed(&self) -> bool {
        self.allowed.get()
    }
    async fn windows(&self) -> Result<Vec<OpenedWindow>, Broken> {
        self.unless_failing("windows")?;
        Ok(self.windows.borrow().clone())
    }
    async fn close_window(&self, window: WindowId) {
        if self.closable.get() {
            self.windows.borrow_mut().retain(|other| other.id != window);
        }
        self.while_held(|held| held == "closed").await;
    }
    async fn open_window(&self, url: &str, incognito: bool) -> Result<Option<OpenedWindow>, Broken> {
        self.opened.borrow_mut().push(url.into());
        let incognito = match self.next_window.take() {
            None => incognito,
            Some(Ok(Some(incognito))) => incognito,
            Some(Ok(None)) => return Ok(None),
            Some(Err(Broken)) => return Err(Broken),
        };
        let window = OpenedWindow { id: 40, incognito };
        self.windows.borrow_mut().push(window);
        Ok(Some(window))
    }

    fn watch(&self, on: bool) {
        self.watching.set(on);
    }
    fn watch_login(&self, on: bool) {
        self.watching_login.set(on);
    }
    async fn badge(&self) -> String {
        self.badge.borrow().clone()
    }
    async fn show_badge(&self, text: &str) {
        text.clone_into(&mut self.badge.borrow_mut());
    }

    fn version(&self) -> String {
        "0.1.0".into()
    }
    fn base_url(&self) -> String {
        self.base_url.get().into()
    }
    fn redirect_uri(&self) -> String {
        REDIRECT_URI.into()
    }
    async fn silence(&self) -> Result<(), Broken> {
        self.writing()?;
        self.noisy.set(false);
        self.watching.set(false);
        self.badge.borrow_mut().clear();
        Ok(())
    }
    async fn commands(&self) -> Result<String, Broken> {
        Ok(
            r#"[{"name":"other","shortcut":"F1"},{"name":"_execute_action","shortcut":"Alt+Shift+S"}]"#
                .into(),
        )
    }
}

fn members(object: Value) -> BTreeMap<String, Value> {
    serde_json::from_value(object).unwrap()
}
