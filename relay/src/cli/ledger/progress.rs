//! How far a long command is: a bar on a terminal, otherwise a line every few seconds. On standard error.

use std::{
    fmt,
    io::{IsTerminal, stderr},
    time::Duration,
};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};

use super::text;
use crate::clock::{Clock, SystemClock};

/// How often a line is written where there is no terminal.
const INTERVAL: Duration = Duration::from_secs(5);

/// Counts records, and tells.
pub(super) struct Progress {
    bar: Option<ProgressBar>,
    clock: SystemClock,
    done: u64,
    total: Option<u64>,
    told: Duration,
    ended: Option<Duration>,
}

impl Progress {
    /// Of so many records, if that is known.
    pub(super) fn new(total: Option<u64>) -> Self {
        let bar = stderr().is_terminal().then(|| {
            let bar = ProgressBar::with_draw_target(total, ProgressDrawTarget::stderr_with_hz(10));
            let template = if total.is_some() {
                "{wide_bar} {human_pos}/{human_len} records, {rate} a second, {eta} left"
            } else {
                "{spinner} {human_pos} records, {rate} a second"
            };
            let style =
                ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
            bar.set_style(
                style.with_key("rate", |state: &ProgressState, out: &mut dyn fmt::Write| {
                    // What cannot be written is drawn again soon.
                    let _ = out.write_str(&text::number(state.per_sec() as u64));
                }),
            );
            bar
        });
        Self {
            bar,
            clock: SystemClock::new(),
            done: 0,
            total,
            told: Duration::ZERO,
            ended: None,
        }
    }

    /// So many more are done.
    pub(super) fn advance(&mut self, records: u64) {
        self.done += records;
        if let Some(bar) = &self.bar {
            bar.inc(records);
            return;
        }
        let elapsed = self.clock.elapsed();
        if elapsed >= self.told + INTERVAL {
            self.told = elapsed;
            let done = text::number(self.done);
            let of = self.total.map(|total| format!(" of {}", text::number(total)));
            tell!(
                "{done}{} records, {} a second",
                of.unwrap_or_default(),
                text::number(self.rate())
            );
        }
    }

    /// Records a second so far.
    pub(super) fn rate(&self) -> u64 {
        let milliseconds = self.elapsed().as_millis().max(1);
        u64::try_from(u128::from(self.done) * 1_000 / milliseconds).unwrap_or(u64::MAX)
    }

    /// How long it took, so far or until it was finished.
    pub(super) fn elapsed(&self) -> Duration {
        self.ended.unwrap_or_else(|| self.clock.elapsed())
    }

    /// Takes the bar away, and the time.
    pub(super) fn finish(&mut self) {
        self.ended = Some(self.clock.elapsed());
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
