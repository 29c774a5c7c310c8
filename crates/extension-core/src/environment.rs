//! Everything that the core needs from the browser, as one trait: the core decides, an environment only does.
//!
//! The real one is `browser::Chrome`; the tests of the flows have one in memory.

use alloc::{string::String, vec::Vec};

/// The browser's id of a tab.
pub type TabId = i32;
/// The browser's id of a window.
pub type WindowId = i32;

/// The environment failed in a way that the core cannot tell apart further.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Broken;

/// A URL taken apart by the browser's own parser (WHATWG URL), so that what is checked is what will be loaded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParsedUrl {
    /// Scheme with the colon, e.g. `https:`.
    pub protocol: String,
    /// Host without the port, lower case; IPv6 in brackets.
    pub hostname: String,
    /// Scheme, host, and the port unless it is the scheme's own.
    pub origin: String,
    /// Path, at least `/`.
    pub pathname: String,
    /// Query with its question mark, or nothing.
    pub search: String,
    /// Fragment with its number sign, or nothing.
    pub hash: String,
    /// Whether there is a user name or a password.
    pub credentials: bool,
}

/// A request that is ready to be sent.
#[derive(Debug)]
pub struct HttpRequest<'a> {
    /// In upper case.
    pub method: &'static str,
    /// Absolute.
    pub url: &'a str,
    /// Names and values.
    pub headers: &'a [(&'static str, String)],
    /// JSON text, if there is a body.
    pub body: Option<&'a str>,
    /// Until the last byte of the answer.
    pub timeout_milliseconds: u32,
    /// An answer with a longer body is given up.
    pub max_answer_bytes: usize,
}

/// What came back, with the body still unread by anyone.
#[derive(Debug, Default)]
pub struct HttpAnswer {
    /// HTTP status.
    pub status: u16,
    /// `Content-Type`, or nothing.
    pub content_type: String,
    /// `Retry-After`, if present.
    pub retry_after: Option<String>,
    /// At most as long as the request allowed.
    pub body: Vec<u8>,
}

/// Why nothing usable came back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HttpFailure {
    /// No connection, a redirect, or the browser forbade it: it does not say which.
    Unreachable,
    /// The time was up.
    Timeout,
    /// The body is longer than allowed.
    TooLarge,
}

/// A window of the browser.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OpenedWindow {
    /// Its id.
    pub id: WindowId,
    /// Whether it is a private one.
    pub incognito: bool,
}

/// Where a value is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Area {
    /// On disk, for the profile.
    Local,
    /// In memory, until the browser ends.
    Session,
    /// Set by whoever administers the browser; only read.
    Managed,
}

/// The browser, as the core sees it. No method decides anything.
#[expect(
    async_fn_in_trait,
    reason = "one thread, no Send bounds, and no users outside this crate"
)]
pub trait Environment {
    /// A key pair whose private half never leaves the browser.
    type Key;

    /// Milliseconds since 1970 (UTC).
    fn now(&self) -> u64;
    /// Fills the bytes from a cryptographic source.
    fn fill_random(&self, bytes: &mut [u8]);
    /// Waits.
    async fn sleep(&self, milliseconds: u32);

    /// Takes a URL apart; `None` if it is none.
    fn parse_url(&self, text: &str) -> Option<ParsedUrl>;

    /// A text in lower case, with letters and their marks by themselves (Unicode's NFKD).
    fn letters(&self, text: &str) -> String;

    /// SHA-256.
    async fn sha256(&self, bytes: &[u8]) -> Result<[u8; 32], Broken>;
    /// Makes a P-256 key pair with a private key that cannot be exported.
    async fn generate_key(&self) -> Result<Self::Key, Broken>;
    /// The public key as an uncompressed SEC 1 point.
    async fn public_point(&self, key: &Self::Key) -> Result<[u8; 65], Broken>;
    /// ECDSA with SHA-256, `r || s`.
    async fn sign(&self, key: &Self::Key, bytes: &[u8]) -> Result<[u8; 64], Broken>;
    /// Keeps a key pair under a name.
    async fn save_key(&self, name: &str, key: &Self::Key) -> Result<(), Broken>;
    /// The key pair of that name.
    async fn load_key(&self, name: &str) -> Result<Option<Self::Key>, Broken>;
    /// Forgets a key pair; no fault if there is none.
    async fn delete_key(&self, name: &str) -> Result<(), Broken>;

    /// Keeps the members of an object that is given as JSON text, each under its name.
    async fn save(&self, area: Area, members: &str) -> Result<(), Broken>;
    /// What is kept under a name, or under all names, as the JSON text of an object.
    async fn load(&self, area: Area, name: Option<&str>) -> Result<String, Broken>;
    /// Forgets what is kept under a name.
    async fn remove(&self, area: Area, name: &str) -> Result<(), Broken>;
    /// Forgets everything.
    async fn clear(&self, area: Area) -> Result<(), Broken>;

    /// Sends a request: no cookies, no cache, no referrer, no redirects.
    async fn send(&self, request: HttpRequest<'_>) -> Result<HttpAnswer, HttpFailure>;

    /// Runs the collector in every frame of a tab that this click opened to the extension, with the recipes of the relay;
    /// those and the results as JSON text. With `opening`, a run with the same recipes will do that was begun when the tab's
    /// popup was opened.
    async fn collect(&self, tab: TabId, recipes: &str, opening: bool) -> Result<String, Broken>;
    /// Sends a message to the extension's pages, as JSON text, and goes on.
    fn progress(&self, message: &str);
    /// Sends a message to the extension's pages, as JSON text, and says whether there was one to take it.
    async fn deliver(&self, message: &str) -> bool;

    /// Whether the person allowed the extension in private windows.
    async fn incognito_allowed(&self) -> bool;
    /// The windows that are open now.
    async fn windows(&self) -> Result<Vec<OpenedWindow>, Broken>;
    /// Closes a window; no fault if it is gone already.
    async fn close_window(&self, window: WindowId);
    /// Opens a window in front. `Ok(None)`: the browser did not say what it opened.
    async fn open_window(&self, url: &str, incognito: bool) -> Result<Option<OpenedWindow>, Broken>;

    /// Has the browser wake the extension each minute, or no more.
    fn watch(&self, on: bool);
    /// Has the browser wake the extension in half a minute, or not: a login is under way, and may be cut off.
    fn watch_login(&self, on: bool);
    /// What is written on the toolbar button.
    async fn badge(&self) -> String;
    /// Writes it; an empty text takes it away.
    async fn show_badge(&self, text: &str);

    /// The extension's version.
    fn version(&self) -> String;
    /// The address under which the extension's own files are, e.g. `chrome-extension://.../`.
    fn base_url(&self) -> String;
    /// Where a sign-in comes back to: an address that the browser keeps for the extension and never loads.
    fn redirect_uri(&self) -> String;
    /// Stops every alarm, and takes what is written on the toolbar button away.
    async fn silence(&self) -> Result<(), Broken>;
    /// The extension's keyboard commands, as JSON text.
    async fn commands(&self) -> Result<String, Broken>;
}
