//! Checks of the extension's own files that need no browser: manifest, pages, scripts and messages agree.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, bail};
use serde_json::Value;

use crate::languages;
use crate::project::Project;

/// What must not occur in a script: each would run text as code, or could.
const DANGEROUS_SCRIPT: &[&str] = &[
    "eval(",
    "new Function",
    "innerHTML",
    "outerHTML",
    "insertAdjacentHTML",
    "document.write",
    "import(",
];

/// What must not occur in a page: each would be refused by the content security policy, or reach outside the package.
const DANGEROUS_PAGE: &[&str] = &["javascript:", "http://", "https://", "<script>", "style=\""];

/// What the extension may do, exactly. None of these makes a browser warn; one that does, added later, would disable
/// every installed copy until its user agrees.
const PERMISSIONS: &[&str] = &[
    "activeTab",
    "scripting",
    "storage",
    "identity",
    "contextMenus",
    "alarms",
];
/// What would give it standing access to pages, or pages access to it.
const ABSENT_KEYS: &[&str] = &[
    "host_permissions",
    "optional_host_permissions",
    "content_scripts",
    "web_accessible_resources",
    "externally_connectable",
];

/// The language whose messages every other language must have.
const DEFAULT_LOCALE: &str = "en";

/// Checks the extension's source folder.
pub(crate) fn check(project: &Project) -> Result<String> {
    let folder = project.root.join("extension");
    let mut files = BTreeMap::new();
    for name in project.files()? {
        let text_file = [".json", ".html", ".js", ".css"]
            .iter()
            .any(|ending| name.ends_with(ending));
        if let (true, Some(path)) = (text_file, name.strip_prefix("extension/")) {
            files.insert(path.to_owned(), fs::read_to_string(folder.join(path))?);
        }
    }
    let built = |path: &str| path.starts_with("core/");
    let exists = |path: &str| built(path) || folder.join(path).is_file();
    let mut faults = Vec::new();
    faults.extend(manifest_faults(&files, &exists)?);
    faults.extend(message_faults(&files)?);
    faults.extend(languages::faults(&files));
    for (path, text) in &files {
        faults.extend(file_faults(path, text, &exists));
    }
    if !faults.is_empty() {
        bail!("{}", faults.join("\n"));
    }
    Ok(format!("{} files", files.len()))
}

fn manifest_faults(files: &BTreeMap<String, String>, exists: &dyn Fn(&str) -> bool) -> Result<Vec<String>> {
    let text = files
        .get("manifest.json")
        .context("extension/manifest.json is missing")?;
    let manifest: Value = serde_json::from_str(text).context("manifest.json is not JSON")?;
    let mut faults = Vec::new();
    let mut mentioned = Vec::new();
    strings(&manifest, &mut mentioned);
    let endings = [".js", ".html", ".png", ".svg", ".json", ".css"];
    for path in mentioned
        .into_iter()
        .filter(|text| endings.iter().any(|ending| text.ends_with(ending)))
    {
        if !exists(path) {
            faults.push(format!("manifest.json: {path} does not exist"));
        }
    }
    // Nothing is asked for later.
    for (key, allowed) in [("permissions", PERMISSIONS), ("optional_permissions", &[])] {
        let asked: BTreeSet<&str> = manifest[key]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect();
        for permission in asked.symmetric_difference(&allowed.iter().copied().collect()) {
            faults.push(format!(
                "manifest.json: {permission} in {key} differs from what was decided"
            ));
        }
    }
    for key in ABSENT_KEYS.iter().filter(|key| manifest.get(**key).is_some()) {
        faults.push(format!(
            "manifest.json: {key} opens a way between pages and the extension"
        ));
    }
    Ok(faults)
}

/// Every message that is used must exist in the default language, and every language must have the same ones.
fn message_faults(files: &BTreeMap<String, String>) -> Result<Vec<String>> {
    let mut locales = BTreeMap::new();
    for (path, text) in files {
        if let Some(locale) = path
            .strip_prefix("_locales/")
            .and_then(|rest| rest.strip_suffix("/messages.json"))
        {
            let messages: Value =
                serde_json::from_str(text).with_context(|| format!("{path} is not JSON"))?;
            let messages = messages
                .as_object()
                .with_context(|| format!("{path} is not an object"))?;
            locales.insert(locale, messages.keys().cloned().collect::<BTreeSet<String>>());
        }
    }
    let default = locales
        .get(DEFAULT_LOCALE)
        .context("the messages of the default language are missing")?;
    let mut faults = Vec::new();
    for (locale, keys) in &locales {
        for key in default.symmetric_difference(keys) {
            faults.push(format!(
                "_locales: {key} is not in both {DEFAULT_LOCALE} and {locale}"
            ));
        }
    }
    for (path, text) in files.iter().filter(|(path, _)| !path.starts_with("_locales/")) {
        for key in message_keys(text) {
            if !default.contains(key) {
                faults.push(format!(
                    "{path}: message {key} does not exist in _locales/{DEFAULT_LOCALE}"
                ));
            }
        }
    }
    Ok(faults)
}

fn file_faults(path: &str, text: &str, exists: &dyn Fn(&str) -> bool) -> Vec<String> {
    let mut faults = Vec::new();
    let dangerous = match Path::new(path).extension().and_then(|ending| ending.to_str()) {
        Some("js") => DANGEROUS_SCRIPT,
        Some("html") => DANGEROUS_PAGE,
        _ => &[],
    };
    for (number, line) in (1..).zip(text.lines()) {
        for word in dangerous.iter().filter(|word| line.contains(*word)) {
            faults.push(format!("{path}:{number}: {word} has no place here"));
        }
    }
    let folder = Path::new(path).parent().unwrap_or(Path::new(""));
    let links: Vec<&str> = match path.ends_with(".html") {
        true => [" src=\"", " href=\""]
            .iter()
            .flat_map(|start| between(text, start, '"'))
            .collect(),
        false if path.ends_with(".js") => between(text, " from \"", '"').collect(),
        false => Vec::new(),
    };
    for link in links
        .into_iter()
        .filter(|link| !link.starts_with('#') && !link.is_empty())
    {
        let target = match link.strip_prefix('/') {
            Some(absolute) => normal(Path::new(absolute)),
            None => normal(&folder.join(link)),
        };
        if !exists(&target) {
            faults.push(format!("{path}: {link} does not exist"));
        }
    }
    faults
}

/// The keys of messages named outright: attributes `data-i18n…="key"`, `getMessage("key"` and `__MSG_key__`.
fn message_keys(text: &str) -> Vec<&str> {
    let attributes = between(text, "data-i18n", '>').filter_map(|rest| {
        let (_, value) = rest.split_once("=\"")?;
        value.split('"').next()
    });
    let calls = between(text, "getMessage(\"", '"');
    let placeholders = text
        .split("__MSG_")
        .skip(1)
        .filter_map(|rest| rest.split("__").next());
    attributes
        .chain(calls)
        .chain(placeholders)
        .filter(|key| !key.starts_with('@'))
        .collect()
}

/// The pieces of text between `start` and the next `end`.
fn between<'a>(text: &'a str, start: &'a str, end: char) -> impl Iterator<Item = &'a str> {
    text.split(start)
        .skip(1)
        .filter_map(move |rest| rest.split_once(end).map(|(piece, _)| piece))
}

/// A path without `.` and `..`, with forward slashes.
fn normal(path: &Path) -> String {
    let mut parts: Vec<String> = Vec::new();
    for part in path.components() {
        match part {
            std::path::Component::ParentDir => drop(parts.pop()),
            std::path::Component::Normal(name) => parts.push(name.to_string_lossy().into_owned()),
            _ => {}
        }
    }
    parts.join("/")
}

fn strings<'a>(value: &'a Value, found: &mut Vec<&'a str>) {
    match value {
        Value::String(text) => found.push(text),
        Value::Array(items) => items.iter().for_each(|item| strings(item, found)),
        Value::Object(fields) => fields.values().for_each(|field| strings(field, found)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_messages_that_a_page_or_script_names() {
        let html = "<p data-i18n=\"greeting\"></p><input data-i18n-placeholder=\"hint\" id=\"x\">";
        assert_eq!(message_keys(html), ["greeting", "hint"]);
        assert_eq!(
            message_keys("chrome.i18n.getMessage(\"done\", [1]); getMessage(key)"),
            ["done"]
        );
        assert_eq!(
            message_keys("\"name\": \"__MSG_app_name__\", \"__MSG_@@ui_locale__\""),
            ["app_name"]
        );
    }

    #[test]
    fn a_missing_message_is_a_fault_in_either_direction() {
        let mut files = BTreeMap::new();
        files.insert(
            "_locales/en/messages.json".to_owned(),
            "{\"a\": {\"message\": \"A\"}}".to_owned(),
        );
        files.insert(
            "_locales/de/messages.json".to_owned(),
            "{\"b\": {\"message\": \"B\"}}".to_owned(),
        );
        files.insert(
            "popup.html".to_owned(),
            "<p data-i18n=\"c\"></p><p data-i18n=\"a\"></p>".to_owned(),
        );
        let faults = message_faults(&files).unwrap().join("\n");
        assert_eq!(faults.lines().count(), 3, "{faults}");
        assert!(
            faults.contains("popup.html: message c does not exist"),
            "{faults}"
        );
    }

    #[test]
    fn links_and_imports_must_lead_to_files() {
        let exists = |path: &str| ["ui/shared.js", "popup.css"].contains(&path);
        let script = "import { a } from \"../ui/shared.js\";\nimport { b } from \"./gone.js\";\n";
        assert_eq!(
            file_faults("popup/popup.js", script, &exists),
            ["popup/popup.js: ./gone.js does not exist"]
        );
        let page =
            "<link href=\"/popup.css\"><a href=\"#top\">x</a><script type=\"module\" src=\"popup.js\">";
        assert_eq!(
            file_faults("popup.html", page, &exists),
            ["popup.html: popup.js does not exist"]
        );
    }

    #[test]
    fn code_from_text_is_refused() {
        assert_eq!(file_faults("a.js", "x.innerHTML = y;\n", &|_| true).len(), 1);
        assert_eq!(
            file_faults("a.html", "<a href=\"https://x.example\">", &|_| true).len(),
            1
        );
        assert!(file_faults("a.js", "x.textContent = y;\n", &|_| true).is_empty());
    }

    #[test]
    fn the_manifest_names_only_files_that_exist_and_permissions_that_were_decided() {
        let faults = |change: fn(&mut Value)| {
            let mut manifest = serde_json::json!({
                "background": {"scripts": ["background.js"]},
                "permissions": PERMISSIONS,
            });
            change(&mut manifest);
            let files = BTreeMap::from([("manifest.json".to_owned(), manifest.to_string())]);
            manifest_faults(&files, &|path| path == "background.js")
                .unwrap()
                .join("\n")
        };
        assert_eq!(faults(|_| ()), "");
        let gone = faults(|manifest| manifest["background"]["scripts"] = serde_json::json!(["gone.js"]));
        assert_eq!(gone, "manifest.json: gone.js does not exist");
        let more = faults(|manifest| manifest["permissions"][0] = "tabs".into());
        assert!(
            more.contains(": tabs in permissions") && more.contains(": activeTab in permissions"),
            "{more}"
        );
        let later = faults(|manifest| manifest["optional_permissions"] = serde_json::json!(["history"]));
        assert!(later.contains(": history in optional_permissions"), "{later}");
        let open = faults(|manifest| manifest["host_permissions"] = serde_json::json!(["<all_urls>"]));
        assert!(open.contains("host_permissions"), "{open}");
    }
}
