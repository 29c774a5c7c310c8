//! Checks of the extension's languages: all say the same things, and everything that a person reads is said by them.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

/// The language that the others are translated from.
const DEFAULT: &str = "en";

/// Languages that are written from right to left.
const RIGHT_TO_LEFT: &[&str] = &["ar"];

/// What Chromium and its stores allow, in characters.
const LONGEST_DESCRIPTION: usize = 132;

/// Attributes whose values are read by people.
const READ: &[&str] = &["placeholder", "title", "alt", "aria-label"];

/// What a script may not put a text of its own into.
const SHOWN: &[&str] = &[
    ".textContent = ",
    ".innerText = ",
    ".title = ",
    ".placeholder = ",
    ".ariaLabel = ",
    "(\"aria-label\", ",
    "(\"title\", ",
    "say(",
];

/// What is wrong with the languages, and with pages and scripts that speak for themselves.
pub(crate) fn faults(files: &BTreeMap<String, String>) -> Vec<String> {
    let mut faults = Vec::new();
    let languages: BTreeMap<&str, BTreeMap<String, String>> = files
        .iter()
        .filter_map(|(path, text)| {
            let language = path.strip_prefix("_locales/")?.strip_suffix("/messages.json")?;
            Some((language, messages(text)))
        })
        .collect();
    if let Some(default) = languages.get(DEFAULT) {
        for (language, messages) in &languages {
            faults.extend(language_faults(language, messages, default));
        }
    }
    for (path, text) in files {
        let words = match path.rsplit('.').next() {
            Some("html") => words_of_page(text),
            Some("js") => words_of_script(text),
            _ => Vec::new(),
        };
        faults.extend(
            words
                .into_iter()
                .map(|words| format!("{path}: \"{words}\" belongs into _locales")),
        );
    }
    faults
}

/// Texts by their keys.
fn messages(text: &str) -> BTreeMap<String, String> {
    let parsed: Value = serde_json::from_str(text).unwrap_or_default();
    let entries = parsed.as_object().into_iter().flatten();
    entries
        .map(|(key, entry)| {
            let message = entry["message"].as_str().unwrap_or_default();
            (key.clone(), message.to_owned())
        })
        .collect()
}

fn language_faults(
    language: &str,
    messages: &BTreeMap<String, String>,
    default: &BTreeMap<String, String>,
) -> Vec<String> {
    let mut faults = Vec::new();
    for (key, message) in messages {
        let fault = |what: &str| format!("_locales/{language}: {key} {what}");
        if message.trim().is_empty() {
            faults.push(fault("says nothing"));
        }
        if key == "extension_description" && message.chars().count() > LONGEST_DESCRIPTION {
            faults.push(fault("is longer than the stores allow"));
        }
        let Some(original) = default.get(key) else {
            continue; // That keys are the same is checked elsewhere.
        };
        if places(message) != places(original) {
            faults.push(fault("has other placeholders than the original"));
        }
        let opened = message.matches(['\u{2066}', '\u{2067}', '\u{2068}']).count();
        if opened != message.matches('\u{2069}').count() {
            faults.push(fault("has isolates that are not closed"));
        }
        if RIGHT_TO_LEFT.contains(&language) && !has_isolated_places(message) {
            faults.push(fault(
                "has a placeholder that is not isolated from the text around it, by U+2068 and U+2069",
            ));
        }
    }
    faults
}

/// Whether every placeholder is alone in an isolate, so that a Latin name does not turn the sentence around it.
fn has_isolated_places(message: &str) -> bool {
    message.split('$').count() == message.split("\u{2068}$").count()
        && message
            .split('$')
            .skip(1)
            .all(|rest| rest.chars().nth(1) == Some('\u{2069}'))
}

/// The placeholders `$1`, `$2`, each once.
fn places(message: &str) -> BTreeSet<char> {
    message
        .split('$')
        .skip(1)
        .filter_map(|rest| rest.chars().next())
        .collect()
}

/// Words between tags, and in attributes that are read. The product's name in `<title>` is no word of any
/// language, and neither is a command.
fn words_of_page(page: &str) -> Vec<String> {
    let mut found = Vec::new();
    for piece in page.split('<').skip(1) {
        let Some((tag, after)) = piece.split_once('>') else {
            continue;
        };
        let words = after.trim();
        let name = (tag == "title" && words == "Stagedoor") || tag.contains("class=\"code\"");
        if !(name || words.is_empty()) {
            found.push(words.to_owned());
        }
        for name in READ {
            let attribute = format!(" {name}=\"");
            let value = tag
                .split_once(&attribute)
                .and_then(|(_, rest)| rest.split('"').next());
            found.extend(value.filter(|value| !value.is_empty()).map(str::to_owned));
        }
    }
    found
}

/// Strings that are shown as they are, and strings that read like sentences.
fn words_of_script(script: &str) -> Vec<String> {
    let mut found = Vec::new();
    for line in script.lines().map(str::trim).filter(|line| !is_comment(line)) {
        for place in SHOWN {
            let values = line.split(place).skip(1);
            let literals = values
                .filter_map(|value| literal(value))
                .filter(|text| has_letters(text));
            found.extend(literals.map(str::to_owned));
        }
        let strings = line.split(['"', '`']).skip(1).step_by(2);
        found.extend(strings.filter(|text| is_sentence(text)).map(str::to_owned));
    }
    found.sort();
    found.dedup();
    found
}

fn is_comment(line: &str) -> bool {
    ["//", "/*", "*"].iter().any(|start| line.starts_with(start))
}

/// The string that an expression is.
fn literal(expression: &str) -> Option<&str> {
    let quote = expression
        .chars()
        .next()
        .filter(|first| ['"', '`'].contains(first))?;
    expression.split(quote).nth(1)
}

fn has_letters(text: &str) -> bool {
    // What stands for a value is none: `${count}`.
    let outside = text.split("${").enumerate().map(|(number, piece)| match number {
        0 => piece,
        _ => piece.split_once('}').map_or("", |(_, after)| after),
    });
    outside.flat_map(str::chars).any(char::is_alphabetic)
}

/// Begins with a capital letter and has a second word: neither a selector, nor a class, nor a key.
fn is_sentence(text: &str) -> bool {
    let mut letters = text.chars();
    letters.next().is_some_and(char::is_uppercase)
        && letters.next().is_some_and(char::is_lowercase)
        && text.contains(' ')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(files: &[(&str, &str)]) -> String {
        let files = files
            .iter()
            .map(|(path, text)| ((*path).to_owned(), (*text).to_owned()));
        faults(&files.collect()).join("\n")
    }

    fn catalogue(language: &str, message: &str) -> (String, String) {
        (
            format!("_locales/{language}/messages.json"),
            serde_json::json!({"a": {"message": message}}).to_string(),
        )
    }

    fn against(language: &str, original: &str, translated: &str) -> String {
        let files = [catalogue("en", original), catalogue(language, translated)];
        faults(&files.into_iter().collect()).join("\n")
    }

    #[test]
    fn a_translation_says_what_the_original_says() {
        assert_eq!(against("de", "$1 of $2", "von $2: $1"), "");
        assert!(against("de", "$1 of $2", "$1").contains("de: a has other placeholders"));
        assert!(against("de", "Yes", " ").contains("de: a says nothing"));
    }

    #[test]
    fn what_is_filled_in_keeps_its_own_direction() {
        assert_eq!(against("ar", "By $1", "من \u{2068}$1\u{2069}"), "");
        assert!(against("ar", "By $1", "من $1").contains("not isolated"));
        assert!(against("ar", "By", "من \u{2066}x").contains("not closed"));
    }

    #[test]
    fn pages_have_no_words_of_their_own() {
        let fine = "<title>Stagedoor</title><p data-i18n=\"a\"></p><img alt=\"\">";
        assert_eq!(of(&[("a.html", fine)]), "");
        assert!(of(&[("a.html", "<p>Hello</p>")]).contains("\"Hello\""));
        assert!(of(&[("a.html", "<input placeholder=\"Name\">")]).contains("\"Name\""));
    }

    #[test]
    fn scripts_have_no_words_of_their_own() {
        let fine = "// Says Hello.\nx.textContent = text(\"a\");\nx.className = \"hint bad\";\nx.textContent = `${a} · ${b}`;";
        assert_eq!(of(&[("a.js", fine)]), "");
        assert!(of(&[("a.js", "x.textContent = \"Ready\";")]).contains("\"Ready\""));
        assert!(of(&[("a.js", "let a = \"Please wait\";")]).contains("\"Please wait\""));
        assert!(of(&[("a.js", "x.title = `${n} left`;")]).contains("left"));
    }
}
