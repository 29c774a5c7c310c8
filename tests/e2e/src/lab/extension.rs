//! Extensions that differ from the built one in what a test needs.

use std::fs;
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
    /// Gives browsers an extension that waits for the relay longer than the built one, and is the same otherwise. While a test
    /// holds an answer back, the time of whoever waits for it runs; one that looks at the screen meanwhile would race with that
    /// on a busy machine.
    pub fn patient(mut self) -> Result<Self> {
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
        self.lay_out(&files)?;
        Ok(self)
    }

    /// Gives browsers an extension that has one of its modules by itself, too, where the built one has it within a script.
    pub fn with_module(mut self, name: &str) -> Result<Self> {
        let mut files = archive::read(&paths::extension()?)?;
        let module = fs::read(paths::workspace().join("extension").join(name));
        let module = module.with_context(|| format!("the extension has no module {name}"))?;
        ensure!(
            files.iter().all(|(other, _)| other != name),
            "{name} is by itself"
        );
        files.push((name.to_owned(), module));
        self.lay_out(&files)?;
        Ok(self)
    }

    fn lay_out(&mut self, files: &[(String, Vec<u8>)]) -> Result<()> {
        let folder = self.directory.path().join("extension");
        archive::lay_out(&folder, files)?;
        self.extension = Some(folder);
        Ok(())
    }
}
