//! What was counted.

use std::fmt;

use super::promises::Counts;

/// Counts of all runs, in their order.
#[derive(Debug, Default)]
pub struct Report {
    runs: Vec<(String, Vec<(String, u64)>)>,
}

impl Report {
    /// Begins a run.
    pub(crate) fn run(&mut self, name: impl Into<String>) {
        self.runs.push((name.into(), Vec::new()));
    }

    /// Adds a count to the run that was begun last.
    pub(crate) fn count(&mut self, what: &str, number: u64) {
        if let Some((_, counts)) = self.runs.last_mut() {
            counts.push((what.to_owned(), number));
        }
    }

    /// Adds what the promises were checked on.
    pub(crate) fn counts(&mut self, counts: &Counts) {
        for (what, number) in [
            ("logins sent", counts.sent),
            ("tokens in clients' hands", counts.tokens),
            ("logins refused", counts.refused),
            ("logins without an answer", counts.lost),
            ("intents in the ledger", counts.intents),
            ("outcome minted", counts.minted),
            ("  of these dropped, and recorded so", counts.dropped),
            (
                "  of these recorded as handed out, unseen by the client",
                counts.minted_unseen,
            ),
            ("outcome failed", counts.failed),
            ("outcome unknown", counts.unknown),
            ("  of these with a token made", counts.unknown_but_made),
            ("tokens that the broker made", counts.mints),
        ] {
            self.count(what, number);
        }
    }

    /// A count, by the beginning of its run's name and by its own.
    pub fn get(&self, run: &str, what: &str) -> Option<u64> {
        let (_, counts) = self.runs.iter().find(|(name, _)| name.starts_with(run))?;
        let (_, number) = counts.iter().find(|(name, _)| name == what)?;
        Some(*number)
    }

    /// Adds the runs of another report.
    pub fn append(&mut self, other: Self) {
        self.runs.extend(other.runs);
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, counts) in &self.runs {
            writeln!(f, "\n{name}")?;
            for (what, number) in counts {
                writeln!(f, "  {number:>9}  {what}")?;
            }
        }
        Ok(())
    }
}
