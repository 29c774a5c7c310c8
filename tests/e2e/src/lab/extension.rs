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

/// What stands before the collector, which is the same in the page: how often it was read.
const COUNTS: &str =
    "document.documentElement.dataset.reads = 1 + Number(document.documentElement.dataset.reads ?? 0);\n";

/// How the popup has a page read.
const READS: &str = "chrome.scripting.executeScript(";

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
        // The core's bindings have it, which stand by themselves.
        let gives_up = |script: &[u8]| {
            script
                .windows(GIVES_UP.len())
                .any(|part| part == GIVES_UP.as_bytes())
        };
        let script = files
            .iter_mut()
            .find(|(name, script)| name.ends_with(".js") && gives_up(script));
        let (_, script) = script.with_context(|| format!("no script gives up by {GIVES_UP}…)"))?;
        script.splice(0..0, longer.bytes());
        self.lay_out(&files)?;
        Ok(self)
    }

    /// Gives browsers an extension that counts how often a page is read, in `data-reads` of its document, and has the popup mark
    /// what it has read itself (`reads`); and that is [patient](Self::patient).
    pub fn counting(self) -> Result<Self> {
        let mut lab = self.patient()?;
        let mut files = archive::read(&lab.extension()?)?;
        for (name, content) in &mut files {
            if name == "collector.js" {
                content.splice(0..0, COUNTS.bytes());
            }
            if name == "early.js" {
                let script = std::str::from_utf8(content).context("a script is text")?;
                ensure!(
                    script.contains(READS),
                    "the popup does not read a page by {READS}…)"
                );
                *content = script
                    .replace(READS, &format!("performance.mark('reads') && {READS}"))
                    .into_bytes();
            }
        }
        lab.lay_out(&files)?;
        Ok(lab)
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
