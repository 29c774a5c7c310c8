//! Recipes in the configuration of a running relay.

use std::fs;

use anyhow::{Context as _, Result};

use super::Relay;
use crate::wait::{PATIENCE, until};

/// What the relay logs when it has taken a changed configuration over.
const TAKEN_OVER: &str = "the configuration was read again and is in use";

impl Relay {
    /// Adds lines to the configuration, which must be right, and waits until the relay has taken them over.
    pub async fn configure(&self, lines: &str) -> Result<()> {
        self.reconfigure(|config| format!("{config}\n{lines}\n")).await
    }

    /// Writes the configuration anew, which must be right, and waits until the relay has taken it over.
    pub async fn reconfigure(&self, change: impl FnOnce(String) -> String) -> Result<()> {
        let file = self.directory().join("stagedoor.toml");
        let before = self.log().matches(TAKEN_OVER).count();
        let text = change(fs::read_to_string(&file)?);
        fs::write(&file, &text)?;
        self.run(&["config", "check"])
            .with_context(|| format!("this configuration is refused:\n{text}"))?;
        until("the relay to take its configuration over", PATIENCE, async || {
            Ok((self.log().matches(TAKEN_OVER).count() > before).then_some(()))
        })
        .await
    }
}
