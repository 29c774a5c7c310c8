//! The table of the pages: `tests/fixtures/crm/pages.json`.

use std::fs;

use anyhow::{Context as _, Result};
use serde_json::Value;

use super::Answer;
use crate::paths;

/// A page with what is expected of it.
#[derive(Debug, Clone)]
pub struct Sample {
    /// The file, relative to the table.
    pub file: String,
    /// The address that it is shown under, if not its own.
    pub url: Option<String>,
    /// An expression that is evaluated in the page once it has loaded, as if a person had worked with it.
    pub act: Option<String>,
    /// An expression that is true once there is something to read.
    pub ready: Option<String>,
    /// What the popup must show.
    pub expected: Answer,
    /// The CRM's id of the record, where a recipe knows it.
    pub record: Option<String>,
    /// The recipe's name.
    pub recipe: Option<String>,
    /// Whether somebody else is known to be proposed there.
    pub missed: bool,
    /// Why the expected answer is right.
    pub because: String,
}

/// Reads the table.
pub fn samples() -> Result<Vec<Sample>> {
    let path = paths::workspace().join("tests/fixtures/crm/pages.json");
    let text = fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
    let table: Value = serde_json::from_str(&text).context("pages.json is not JSON")?;
    let rows = table["pages"]
        .as_array()
        .context("pages.json has no list of pages")?;
    rows.iter().map(sample).collect()
}

fn sample(row: &Value) -> Result<Sample> {
    let text = |name: &str| row[name].as_str().map(str::to_owned);
    let file = text("file").context("a page has no file")?;
    let expected = match (text("winner"), row["choose"].as_array(), row["none"].as_bool()) {
        (Some(winner), None, None) => Some(Answer::Proposed(winner)),
        (None, Some(list), None) => {
            let addresses = list.iter().filter_map(Value::as_str);
            Some(Answer::Chooser(addresses.map(str::to_owned).collect()))
        }
        (None, None, Some(true)) => Some(Answer::Nothing),
        _ => None,
    };
    Ok(Sample {
        url: text("url"),
        act: text("act"),
        ready: text("ready"),
        expected: expected.with_context(|| format!("{file} needs one of winner, choose, none"))?,
        record: text("record"),
        recipe: text("recipe"),
        missed: row["missed"].as_bool().unwrap_or_default(),
        because: text("because").with_context(|| format!("{file} says no reason"))?,
        file,
    })
}
