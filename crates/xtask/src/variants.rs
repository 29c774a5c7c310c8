//! The extension as each kind of browser gets it: the same files, and a manifest without what only others read.

use anyhow::{Context as _, Result, bail};
use serde_json::Value;

use crate::wasm::Files;

/// Who gets it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Variant {
    /// Chromium, Chrome and Edge, with the key that gives it the same id everywhere: to be loaded unpacked, or handed out by a firm.
    Chromium,
    /// The stores of Chrome and Edge, which keep the key themselves and refuse a package that has one.
    Store,
    /// Firefox, and the store of Mozilla.
    Firefox,
}

impl Variant {
    /// All of them.
    pub(crate) const ALL: [Self; 3] = [Self::Chromium, Self::Store, Self::Firefox];

    /// The package's name.
    pub(crate) fn file_name(self, version: &str) -> String {
        match self {
            Self::Chromium => format!("stagedoor-{version}.zip"),
            Self::Store => format!("stagedoor-{version}-store.zip"),
            Self::Firefox => format!("stagedoor-{version}.xpi"),
        }
    }

    /// The files of this variant.
    pub(crate) fn of(self, files: &Files) -> Result<Files> {
        let mut files = files.clone();
        let manifest = files
            .get_mut("manifest.json")
            .context("the extension has no manifest")?;
        let mut parsed: Value = serde_json::from_slice(manifest).context("the manifest is not JSON")?;
        for path in self.foreign() {
            remove(&mut parsed, path)?;
        }
        *manifest = parsed.to_string().into_bytes();
        Ok(files)
    }

    /// What in the manifest is for others.
    fn foreign(self) -> &'static [&'static str] {
        match self {
            Self::Chromium => &["browser_specific_settings", "background/scripts"],
            Self::Store => &["browser_specific_settings", "background/scripts", "key"],
            // A browser ignores what it does not know, and Mozilla's checker warns of it.
            Self::Firefox => &["background/service_worker", "key", "minimum_chrome_version"],
        }
    }
}

/// Takes one key away; an error if it is not there, for then this list is about another manifest.
fn remove(manifest: &mut Value, path: &str) -> Result<()> {
    let (parent, name) = match path.rsplit_once('/') {
        Some((parent, name)) => (manifest.get_mut(parent), name),
        None => (Some(manifest), path),
    };
    match parent
        .and_then(Value::as_object_mut)
        .and_then(|fields| fields.remove(name))
    {
        Some(_) => Ok(()),
        None => bail!("the manifest has no {path}: look at what each variant leaves out"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn keys(files: &Files) -> serde_json::Map<String, Value> {
        serde_json::from_slice(&files["manifest.json"]).unwrap()
    }

    fn common() -> Files {
        let manifest = json!({
            "key": "MII", "minimum_chrome_version": "121", "permissions": ["storage"],
            "browser_specific_settings": {"gecko": {"id": "a@b.example"}},
            "background": {"service_worker": "b.js", "scripts": ["b.js"], "type": "module"},
        });
        Files::from([("manifest.json".to_owned(), manifest.to_string().into_bytes())])
    }

    #[test]
    fn each_browser_gets_what_it_reads() {
        let of = |variant: Variant| Value::Object(keys(&variant.of(&common()).unwrap()));
        assert_eq!(
            of(Variant::Chromium),
            json!({"key": "MII", "minimum_chrome_version": "121", "permissions": ["storage"],
                "background": {"service_worker": "b.js", "type": "module"}})
        );
        assert_eq!(
            of(Variant::Store),
            json!({"minimum_chrome_version": "121", "permissions": ["storage"],
                "background": {"service_worker": "b.js", "type": "module"}})
        );
        assert_eq!(
            of(Variant::Firefox),
            json!({"permissions": ["storage"], "browser_specific_settings": {"gecko": {"id": "a@b.example"}},
                "background": {"scripts": ["b.js"], "type": "module"}})
        );
    }

    #[test]
    fn a_manifest_that_was_rearranged_is_not_guessed_at() {
        let files = Files::from([("manifest.json".to_owned(), b"{}".to_vec())]);
        assert!(Variant::Store.of(&files).is_err());
    }

    /// The whole of what a store and a browser are told, so that no change of it goes unseen.
    #[test]
    fn the_manifests_are_those_that_were_decided() {
        let text = include_str!("../../../extension/manifest.json");
        let files = Files::from([("manifest.json".to_owned(), text.as_bytes().to_vec())]);
        for variant in Variant::ALL {
            let manifest = keys(&variant.of(&files).unwrap());
            assert_eq!(
                manifest["permissions"],
                json!([
                    "activeTab",
                    "scripting",
                    "storage",
                    "identity",
                    "contextMenus",
                    "alarms"
                ])
            );
            assert_eq!(
                manifest["content_security_policy"],
                json!({"extension_pages": "script-src 'self' 'wasm-unsafe-eval'; object-src 'self'"})
            );
            let names: Vec<&str> = manifest.keys().map(String::as_str).collect();
            let mut expected = vec![
                "action",
                "background",
                "commands",
                "content_security_policy",
                "default_locale",
                "description",
                "icons",
                "incognito",
                "manifest_version",
                "name",
                "options_ui",
                "permissions",
                "short_name",
                "storage",
                "version",
            ];
            expected.extend(match variant {
                Variant::Chromium => vec!["key", "minimum_chrome_version"],
                Variant::Store => vec!["minimum_chrome_version"],
                Variant::Firefox => vec!["browser_specific_settings"],
            });
            expected.sort_unstable();
            assert_eq!(names, expected, "{variant:?}");
        }
    }
}
