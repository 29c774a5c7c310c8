//! The log: one event a line. What must never be in it: e-mail addresses, tokens, keys, codes, bodies, URLs with a query,
//! and the text of panics that was put together at run time.

use std::{io, panic, time::Duration};

use tokio::time::interval;

use tracing::{Subscriber, level_filters::LevelFilter, warn};
use tracing_appender::non_blocking::{ErrorCounter, NonBlocking, NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::{
    Layer, Registry,
    filter::Targets,
    fmt::{self, MakeWriter},
    layer::SubscriberExt,
};

use crate::config::{Format, Level, Log};

/// Lines that may wait for whoever reads the log: some megabytes.
const WAITING_LINES: usize = 16 * 1024;
/// How soon it is told that lines were dropped.
const DROPS_TOLD: Duration = Duration::from_secs(10);

/// A writer with a thread of its own. A pipe that nobody reads, or a disk that hangs, must stop no login: what cannot wait
/// any more is dropped, and counted. The ledger is the record, not the log.
pub struct Outlet {
    writer: NonBlocking,
    /// Writes what waits, for a second at most, when it is dropped.
    _rest: WorkerGuard,
}

impl Outlet {
    /// Starts the thread.
    pub fn start(output: impl io::Write + Send + 'static) -> Self {
        Self::holding(WAITING_LINES, output)
    }

    fn holding(lines: usize, output: impl io::Write + Send + 'static) -> Self {
        let (writer, _rest) = NonBlockingBuilder::default()
            .lossy(true)
            .buffered_lines_limit(lines)
            .thread_name("log")
            .finish(output);
        Self { writer, _rest }
    }

    /// For a subscriber.
    pub fn writer(&self) -> NonBlocking {
        self.writer.clone()
    }

    /// Says in the log, for as long as it is polled, how many lines it lacks.
    pub fn tell_of_drops(&self) -> impl Future<Output = ()> + Send + 'static {
        let dropped = self.writer.error_counter();
        async move {
            let mut ticks = interval(DROPS_TOLD);
            let mut told = 0;
            loop {
                ticks.tick().await;
                tell_of(&dropped, &mut told);
            }
        }
    }
}

fn tell_of(dropped: &ErrorCounter, told: &mut usize) {
    let all = dropped.dropped_lines();
    if all > *told {
        let lines = all - *told;
        warn!(
            lines,
            "lines of this log were dropped: whoever reads it is too slow, or stopped for a while"
        );
        *told = all;
    }
}

/// A subscriber that writes to `writer`.
pub fn subscriber<W>(log: Log, writer: W) -> Box<dyn Subscriber + Send + Sync>
where
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    let layer = fmt::layer().with_writer(writer);
    let layer = match log.format {
        Format::Json => layer
            .json()
            .flatten_event(true)
            .with_current_span(true)
            .with_span_list(false)
            .boxed(),
        Format::Text => layer.with_ansi(false).boxed(),
    };
    Box::new(Registry::default().with(layer.with_filter(targets(log.level))))
}

/// Our own crates at the configured level, everything else from warnings up. There is no other way to set it: the debug
/// output of an HTTP or database library may hold what must not be logged.
fn targets(level: Level) -> Targets {
    let own = match level {
        Level::Info => LevelFilter::INFO,
        Level::Debug => LevelFilter::DEBUG,
    };
    Targets::new()
        .with_default(LevelFilter::WARN)
        .with_target("stagedoor_relay", own)
        .with_target("stagedoor_broker_client", own)
}

/// Logs panics. The message is shown only if it is a literal of the program: one that was formatted may hold a value.
pub fn log_panics() {
    panic::set_hook(Box::new(|info| {
        let location = info.location().map(ToString::to_string).unwrap_or_default();
        let literal = info.payload().downcast_ref::<&'static str>();
        let message = literal
            .copied()
            .unwrap_or("(the message may hold data, so it is not shown)");
        tracing::error!(location, panic = message, "a part of the relay panicked");
    }));
}

#[cfg(test)]
mod tests {
    use std::{
        io::Write as _,
        sync::mpsc::{Receiver, Sender, channel},
    };

    use super::*;

    /// Takes a line whenever it is let.
    struct Slow {
        turns: Receiver<()>,
        taken: Sender<Vec<u8>>,
    }

    impl io::Write for Slow {
        fn write(&mut self, line: &[u8]) -> io::Result<usize> {
            // Without anybody to wait for, everything is taken.
            let _ = self.turns.recv();
            let _ = self.taken.send(line.to_vec());
            Ok(line.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn what_cannot_wait_is_dropped_and_counted_and_the_rest_is_written() {
        let (turn, turns) = channel();
        let (taken, lines) = channel();
        let outlet = Outlet::holding(4, Slow { turns, taken });
        let mut writer = outlet.writer();
        for line in 0..100 {
            writer.write_all(format!("{line}\n").as_bytes()).unwrap();
        }
        let dropped = outlet.writer.error_counter().dropped_lines();
        // One may be on its way already.
        assert!((95..=96).contains(&dropped), "{dropped}");
        drop(turn);
        drop((writer, outlet));
        let written: Vec<_> = lines.iter().collect();
        assert_eq!(written.len() + dropped, 100);
        assert_eq!(written[0], b"0\n");
    }
}
