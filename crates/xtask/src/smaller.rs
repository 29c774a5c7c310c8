//! Leaves out of what is shipped what no browser reads: notes for translators, indentation, comments in style sheets.

use anyhow::{Context as _, Result};
use serde_json::{Map, Value, json};

/// Makes a file smaller whose content a browser reads the same.
pub(crate) fn smaller(path: &str, text: &str) -> Result<Option<String>> {
    Ok(match path.rsplit('.').next() {
        _ if path.starts_with("_locales/") => {
            Some(messages(text).with_context(|| format!("{path} is no catalogue of messages"))?)
        }
        Some("json") => Some(
            serde_json::from_str::<Value>(text)
                .with_context(|| format!("{path} is not JSON"))?
                .to_string(),
        ),
        Some("css") => Some(style(text)),
        Some("html") => Some(lines(text).collect::<Vec<_>>().join("\n")),
        Some("js") => script(text),
        _ => None,
    })
}

/// Messages without what is said to translators.
fn messages(text: &str) -> Result<String> {
    let all: Map<String, Value> = serde_json::from_str(text)?;
    let bare = all
        .into_iter()
        .map(|(key, entry)| (key, json!({"message": entry["message"]})));
    Ok(Value::Object(bare.collect()).to_string())
}

/// A script without the blanks at either side of a line, and with fewer lines; nothing where a text has several lines, which
/// would lose its own.
fn script(text: &str) -> Option<String> {
    if text.lines().any(|line| line.matches('`').count() % 2 == 1) {
        return None;
    }
    let mut kept = String::with_capacity(text.len());
    for line in lines(text) {
        kept.push_str(line);
        // A comment ends with its line, and other statements may.
        if line.contains("//") || !line.ends_with(['{', ';', ',']) {
            kept.push('\n');
        }
    }
    Some(kept)
}

/// A style sheet without comments and without the blanks at either side of a line.
fn style(text: &str) -> String {
    let mut bare = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, comment)) = rest.split_once("/*") {
        bare.push_str(before);
        rest = comment.split_once("*/").map_or("", |(_, after)| after);
    }
    bare.push_str(rest);
    let mut kept = String::with_capacity(bare.len());
    for line in lines(&bare) {
        kept.push_str(line);
        // A value may go on in the next line.
        if !line.ends_with(['{', '}', ';', ',']) {
            kept.push(' ');
        }
    }
    kept
}

fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.lines().map(str::trim).filter(|line| !line.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(path: &str, text: &str) -> String {
        smaller(path, text).unwrap().unwrap()
    }

    #[test]
    fn translators_notes_stay_at_home() {
        let text = "{\n  \"a\": { \"message\": \"$1 · é\", \"description\": \"$1: a number\" }\n}\n";
        assert_eq!(
            of("_locales/en/messages.json", text),
            "{\"a\":{\"message\":\"$1 · é\"}}"
        );
        assert!(smaller("_locales/en/messages.json", "[]").is_err());
    }

    #[test]
    fn styles_keep_what_they_say() {
        let text = "/* About. */\na,\nb {\n  color: red; /* why */\n  background:\n    none,\n    url(x) top / 1px;\n}\n";
        assert_eq!(
            of("a.css", text),
            "a,b {color: red;background: none,url(x) top / 1px;}"
        );
    }

    #[test]
    fn pages_lose_their_indentation_only() {
        assert_eq!(of("a.html", "<p>\n  <b></b>\n</p>\n\n"), "<p>\n<b></b>\n</p>");
        assert_eq!(of("managed_schema.json", "{\n  \"a\": 1\n}\n"), "{\"a\":1}");
        let script = "if (a) {\n  b(`c`);\n  d; // e;\n}\nf()\n";
        assert_eq!(of("a.js", script), "if (a) {b(`c`);d; // e;\n}\nf()\n");
        assert!(smaller("a.js", "a(`\n  b\n`);\n").unwrap().is_none());
        assert!(smaller("a.svg", "x").unwrap().is_none());
    }
}
