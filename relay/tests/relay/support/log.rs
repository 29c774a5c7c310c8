//! Everything that every relay of this process has logged, at the most talkative level there is.

use std::{
    io::{self, Write},
    panic,
    sync::{Mutex, Once},
};

use stagedoor_relay::{
    config::{Format, Level, Log},
    telemetry,
};

static CAPTURED: Mutex<Vec<u8>> = Mutex::new(Vec::new());
static SET_UP: Once = Once::new();

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

/// The log so far.
pub(crate) fn text() -> String {
    String::from_utf8_lossy(&CAPTURED.lock().unwrap()).into_owned()
}

/// Where the log ends now.
pub(crate) fn mark() -> usize {
    CAPTURED.lock().unwrap().len()
}

/// What was logged since then, by whomever.
pub(crate) fn since(mark: usize) -> String {
    String::from_utf8_lossy(CAPTURED.lock().unwrap().get(mark..).unwrap_or_default()).into_owned()
}

/// The lines about one login.
pub(crate) fn lines_about(login: &str) -> Vec<String> {
    text()
        .lines()
        .filter(|line| line.contains(login))
        .map(str::to_owned)
        .collect()
}

struct Captured;

impl Write for Captured {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        CAPTURED.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
