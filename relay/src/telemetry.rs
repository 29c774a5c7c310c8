//! The log: one event a line. What must never be in it: e-mail addresses, tokens, keys, codes, bodies, URLs with a query,
//! and the text of panics that was put together at run time.

use std::panic;

use tracing::{Subscriber, level_filters::LevelFilter};
use tracing_subscriber::{
    Layer, Registry,
    filter::Targets,
    fmt::{self, MakeWriter},
    layer::SubscriberExt,
};

use crate::config::{Format, Level, Log};

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
