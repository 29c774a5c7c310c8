//! `[log]`: the log's form and detail.

use super::section::Section;

/// What is logged, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Log {
    /// One JSON object a line, or text for reading.
    pub format: Format,
    /// How much.
    pub level: Level,
}

/// The log's form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// One JSON object a line.
    Json,
    /// For people.
    Text,
}

/// How much of the relay's own doings is logged. Libraries log warnings only, whatever this says: their debug output
/// is not ours to vouch for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// Requests, and what an operator must know.
    Info,
    /// Steps within a request too.
    Debug,
}

impl Log {
    pub(super) fn read(section: &mut Section<'_>) -> Option<Self> {
        let format = section.parsed_or("format", Format::Json, |text| match text {
            "json" => Ok(Format::Json),
            "text" => Ok(Format::Text),
            _ => Err("must be \"json\" or \"text\"".to_owned()),
        });
        let level = section.parsed_or("level", Level::Info, |text| match text {
            "info" => Ok(Level::Info),
            "debug" => Ok(Level::Debug),
            _ => Err("must be \"info\" or \"debug\"".to_owned()),
        });
        Some(Self {
            format: format?,
            level: level?,
        })
    }
}
