//! More time for what a test holds back. While an answer is held, the time of whoever waits for it runs, and a test that looks at
//! the screen meanwhile would race with that on a busy machine.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};

use super::Lab;
use crate::archive;
use crate::paths;

/// By how much the relay and a patient extension wait longer than others. Chromium ends a service worker that has waited for
/// an answer for 30 seconds.
pub(super) const LONGER: Duration = Duration::from_secs(16);

/// The extension's only way to give up waiting for the relay.
const GIVES_UP: &str = "AbortSignal.timeout(";

impl Lab {
    /// Gives browsers an extension that waits for the relay longer than the built one, and is the same otherwise.
    pub fn patient(mut self) -> Result<Self> {
        let folder = self.directory.path().join("extension");
        let longer = format!(
            "{{ const timeout = AbortSignal.timeout; AbortSignal.timeout = (time) => timeout.call(AbortSignal, time + {}); }}\n",
            LONGER.as_millis()
        );
        let mut files = archive::read(&paths::extension()?)?;
        let script = files.iter_mut().find(|(name, _)| name == "background.js");
        let (_, script) = script.context("the extension has no background script")?;
        let gives_up = script
            .windows(GIVES_UP.len())
            .any(|part| part == GIVES_UP.as_bytes());
        ensure!(gives_up, "the background script does not give up by {GIVES_UP}…)");
        script.splice(0..0, longer.bytes());
        archive::lay_out(&folder, &files)?;
        self.extension = Some(folder);
        Ok(self)
    }
}
