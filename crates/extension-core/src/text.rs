//! A text for people, as a key of the extension's message catalogue with its arguments.

use alloc::{string::String, vec, vec::Vec};

use crate::{
    json::{Object, ToJson, Value},
    wire::{FromJson, read_list},
};

/// The longest argument that comes from a web page, in characters.
const MAX_ARGUMENT_CHARS: usize = 40;

/// A message of `_locales/*/messages.json`. The pages look it up; the core never writes prose.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Text {
    /// The message's name.
    pub key: String,
    /// Values for `$1`, `$2` and so on.
    pub args: Vec<String>,
}

impl Text {
    /// A text without arguments.
    pub fn new(key: &str) -> Self {
        Self {
            key: key.into(),
            args: Vec::new(),
        }
    }

    /// A text with one argument.
    pub fn with(key: &str, argument: String) -> Self {
        Self {
            key: key.into(),
            args: vec![argument],
        }
    }
}

impl ToJson for Text {
    fn write(&self, target: &mut String) {
        Object::begin(target)
            .with("key", &self.key)
            .with("args", &self.args)
            .end();
    }
}

impl FromJson for Text {
    fn read(value: &Value) -> Option<Self> {
        Some(Self {
            key: value.get("key").string()?,
            args: read_list(value.get("args"))?,
        })
    }
}

/// The pieces one after the other.
pub fn joined(pieces: &[&str]) -> String {
    let mut text = String::new();
    for piece in pieces {
        text.push_str(piece);
    }
    text
}

/// Makes text from a web page fit to stand in the extension's own page: one line, no control, bidi or zero-width
/// characters that could disguise what stands around it, and short.
pub fn harmless(text: &str) -> String {
    harmless_within(text, MAX_ARGUMENT_CHARS)
}

/// The same of a text that may be longer.
pub fn harmless_within(text: &str, most: usize) -> String {
    let mut clean = String::new();
    let mut length = 0;
    for word in text.split_whitespace() {
        if length > 0 {
            clean.push(' ');
            length += 1;
        }
        for c in word.chars().filter(|c| !is_hidden(*c)) {
            if length >= most {
                clean.push('…');
                return clean;
            }
            clean.push(c);
            length += 1;
        }
    }
    clean
}

/// Whether a character shows as nothing, or changes how others show.
pub fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{AD}' | '\u{61C}' | '\u{180E}' | '\u{FEFF}')
        || matches!(c, '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{206F}')
}

#[cfg(test)]
#[cfg(not(target_arch = "wasm32"))]
mod tests;
