//! What several native tests share.

use stagedoor_protocol::Session;

use crate::{environment::ParsedUrl, facts::Introduced};

/// Takes a URL apart with the `url` crate, which follows the same standard as the browser.
pub(crate) fn parse_url(text: &str) -> Option<ParsedUrl> {
    let url = url::Url::parse(text.trim()).ok()?;
    Some(ParsedUrl {
        protocol: [url.scheme(), ":"].concat(),
        hostname: url.host_str().unwrap_or_default().into(),
        origin: url.origin().ascii_serialization(),
        pathname: url.path().into(),
        search: url.query().map(|query| ["?", query].concat()).unwrap_or_default(),
        hash: url
            .fragment()
            .map(|hash| ["#", hash].concat())
            .unwrap_or_default(),
        credentials: !url.username().is_empty() || url.password().is_some(),
    })
}

/// Lower case, and letters apart from their marks, as the browser does it.
pub(crate) fn letters(text: &str) -> String {
    use unicode_normalization::UnicodeNormalization;
    text.nfkd().collect::<String>().to_lowercase()
}

/// A name that an address shows: with the first letter of its only word for an initial.
pub(crate) fn shown_by(address: &str) -> String {
    let local = address.split('@').next().unwrap_or_default().to_lowercase();
    if local.contains('.') {
        return local.replace('.', " ");
    }
    let (first, last) = local.split_at(local.chars().next().map_or(0, char::len_utf8));
    format!("{first}x {last}")
}

/// The golden session that both sides' tests read.
pub(crate) fn session() -> Session {
    fixture("session")
}

/// A golden wire message.
pub(crate) fn fixture<T: serde::de::DeserializeOwned>(name: &str) -> T {
    serde_json::from_str(&fixture_text(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// Its text.
pub(crate) fn fixture_text(name: &str) -> String {
    let path = [
        env!("CARGO_MANIFEST_DIR"),
        "/../../tests/fixtures/wire/",
        name,
        ".json",
    ]
    .concat();
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// A name in a field for one.
pub(crate) fn in_field(name: &str) -> Introduced {
    Introduced {
        name: name.into(),
        label: "name".into(),
        ..Introduced::default()
    }
}

/// A name as the collector reports it, from `label: name / what is said around it`.
pub(crate) fn introduced(entry: &str) -> Introduced {
    let (named, around) = entry.split_once(" / ").unwrap_or((entry, ""));
    let (label, name) = named.split_once(": ").unwrap_or(("", named));
    let [name, label, around] = [name, label, around].map(String::from);
    Introduced { name, label, around }
}

/// Likewise, as it is sent.
pub(crate) fn introduced_json(entry: &str) -> serde_json::Value {
    let Introduced { name, label, around } = introduced(entry);
    serde_json::json!({"name": name, "label": label, "around": around})
}
