//! Asks before what cannot be undone.

use std::io::{BufRead, IsTerminal, Write, stderr, stdin};

use anyhow::{Context, bail, ensure};

/// Lets a person type a word to go on. `undone` says what was not done if they do not.
pub(super) fn typed(what: &str, expected: &str, undone: &str) -> anyhow::Result<()> {
    if !stdin().is_terminal() || !stderr().is_terminal() {
        bail!("{undone}: without a terminal to ask on, add --yes");
    }
    let _ = write!(stderr(), "Type {what} to go on: ");
    let mut answer = String::new();
    stdin()
        .lock()
        .read_line(&mut answer)
        .context("the answer cannot be read")?;
    ensure!(
        answer.trim().to_lowercase() == expected,
        "{undone}: that was not what was to be typed"
    );
    Ok(())
}
