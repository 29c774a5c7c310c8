//! Everything that every relay of this process has logged, at the most talkative level there is.
//!
//! Tests run at the same time, so a line that a test waits for, or that must not be there, is looked for among its own
//! lines. What must be in no log at all is looked for among all of them.

use std::{
    io::{self, Write},
    panic,
    sync::{Mutex, Once},
};

use stagedoor_relay::{
    config::{Format, Level, Log},
    telemetry,
};
use tokio::runtime::{Handle, Id};

static CAPTURED: Mutex<Vec<Line>> = Mutex::new(Vec::new());
static SET_UP: Once = Once::new();

/// A line, and the runtime on which it was logged: each test has one, and the relays that it starts run on it.
struct Line {
    runtime: Option<Id>,
    text: String,
}

/// Begins to capture; calling it again changes nothing.
pub(crate) fn capture() {
    SET_UP.call_once(|| {
        let log = Log {
            format: Format::Json,
            level: Level::Debug,
        };
        tracing::subscriber::set_global_default(telemetry::subscriber(log, || Captured)).unwrap();
        // A failing test must still say why, which the relay's own hook would not.
        let usual = panic::take_hook();
        telemetry::log_panics();
        let relays = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            relays(info);
            usual(info);
        }));
    });
}

/// The log so far, by whomever.
pub(crate) fn text() -> String {
    CAPTURED
        .lock()
        .unwrap()
        .iter()
        .map(|line| line.text.as_str())
        .collect()
}

/// What this test's relays have logged so far.
pub(crate) fn mine() -> String {
    since(0)
}

/// Where the log ends now.
pub(crate) fn mark() -> usize {
    CAPTURED.lock().unwrap().len()
}

/// What this test's relays have logged since then.
pub(crate) fn since(mark: usize) -> String {
    let runtime = runtime();
    assert!(runtime.is_some(), "nothing is logged where no relay can run");
    let lines = CAPTURED.lock().unwrap();
    lines[mark..]
        .iter()
        .filter(|line| line.runtime == runtime)
        .map(|line| line.text.as_str())
        .collect()
}

/// The lines about one login.
pub(crate) fn lines_about(login: &str) -> Vec<String> {
    text()
        .lines()
        .filter(|line| line.contains(login))
        .map(str::to_owned)
        .collect()
}

fn runtime() -> Option<Id> {
    Handle::try_current().ok().map(|handle| handle.id())
}

struct Captured;

impl Write for Captured {
    /// Each call brings one line.
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let line = Line {
            runtime: runtime(),
            text: String::from_utf8_lossy(bytes).into_owned(),
        };
        CAPTURED.lock().unwrap().push(line);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
