//! Holds a page to the accessibility guidelines (WCAG 2.2, levels A and AA) as far as an engine can: axe-core.

use std::fs;

use anyhow::{Context as _, Result};
use serde_json::Value;

use crate::page::Page;
use crate::paths;

/// What axe-core is asked for: the guidelines' success criteria, and nothing that is merely good practice.
const RULES: &str = "['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']";

/// The engine.
pub struct Axe {
    script: String,
}

impl Axe {
    /// Reads the engine from where it is installed.
    pub fn load() -> Result<Self> {
        let file = paths::axe()?;
        let script = fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))?;
        Ok(Self { script })
    }

    /// What is wrong with the page as it is shown now, one line for each element; what the engine cannot decide is wrong, too.
    pub async fn faults(&self, page: &Page) -> Result<Vec<String>> {
        if page.evaluate("typeof axe").await? != "object" {
            // The script defines a global and needs no other right: pages of extensions may not evaluate text, a driver may.
            page.evaluate(&format!("(() => {{ {}\n; return true; }})()", self.script))
                .await?;
        }
        let ask = format!(
            "axe.run(document, {{ runOnly: {RULES}, resultTypes: ['violations', 'incomplete'] }}).then(found =>
                [...found.violations, ...found.incomplete].flatMap(({{ id, nodes }}) => nodes.map(node =>
                    [id, node.target.join(' '), node.failureSummary ?? node.any.map(any => any.message).join('; ')].join(': '))))"
        );
        let found = page.evaluate(&ask).await?;
        let lines = found.as_array().context("axe-core gives no list")?;
        Ok(lines
            .iter()
            .filter_map(Value::as_str)
            .map(str::to_owned)
            .collect())
    }
}
