//! The files that a configuration is made of: its own, and those that it names. Whether one of them has changed since it was
//! read tells whether what is in use is what is on disk.

use std::path::{Path, PathBuf};

use toml::{Table, Value};

use super::{Config, ConfigFaults, Keys, api_key};
use crate::watch::Fingerprint;

/// The largest configuration file, in bytes.
pub(super) const MAX_BYTES: u64 = 1024 * 1024;

/// Keys whose files are not looked at here: certificates and API keys are taken over one by one as they change, and the
/// others are read whenever they are needed.
const APART: [&str; 7] = [
    "tls_certificate_file",
    "tls_key_file",
    "api_key_file",
    "checkpoint_url_token_file",
    "password_file",
    "previous_secret_file",
    "secret_file",
];

/// Files, with what they were like just before they were read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Sources(Vec<SourceFile>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct SourceFile {
    /// The key that names it; empty for the configuration itself.
    key: String,
    path: PathBuf,
    fingerprint: Option<Fingerprint>,
}

impl Sources {
    /// The configuration file, as it is now.
    fn begin(path: &Path) -> Self {
        Self(vec![SourceFile::now(String::new(), path.to_owned())])
    }

    /// Adds every file that is named: each text under a key that ends in `file` or `files`. A key that names a file must end
    /// so; then no other place needs to know of it.
    fn add_named_in(&mut self, prefix: &str, table: &Table) {
        for (name, value) in table {
            let key = format!("{prefix}{name}");
            match value {
                Value::Table(table) => self.add_named_in(&format!("{key}."), table),
                Value::Array(elements) if elements.iter().any(Value::is_table) => {
                    for table in elements.iter().filter_map(Value::as_table) {
                        self.add_named_in(&format!("{key}."), table);
                    }
                }
                _ if APART.contains(&name.as_str()) => {}
                Value::String(path) if name.ends_with("file") => self.add(key, path),
                Value::Array(paths) if name.ends_with("files") => {
                    for path in paths.iter().filter_map(Value::as_str) {
                        self.add(key.clone(), path);
                    }
                }
                _ => {}
            }
        }
    }

    fn add(&mut self, key: String, path: &str) {
        self.0.push(SourceFile::now(key, api_key::secret_path(path)));
    }

    /// Where they are, the configuration itself first.
    pub(crate) fn paths(&self) -> impl Iterator<Item = &Path> {
        self.0.iter().map(|file| file.path.as_path())
    }

    /// The same files as they are now. Waits for the disk.
    pub(crate) fn look(&self) -> Self {
        let now = |file: &SourceFile| SourceFile::now(file.key.clone(), file.path.clone());
        Self(self.0.iter().map(now).collect())
    }

    /// Keys under one of these sections whose files are not what they were.
    pub(crate) fn changed_under(&self, before: &Self, sections: &[&str]) -> Vec<String> {
        let changed = self.0.iter().filter(|file| {
            let same_file = |old: &&SourceFile| old.key == file.key && old.path == file.path;
            let old = before.0.iter().find(same_file);
            old.is_some_and(|old| old.fingerprint != file.fingerprint)
        });
        let is_there = |key: &str| sections.iter().any(|section| key.starts_with(section));
        let keys = changed.map(|file| file.key.clone());
        keys.filter(|key| is_there(key)).collect()
    }
}

impl SourceFile {
    fn now(key: String, path: PathBuf) -> Self {
        Self {
            fingerprint: Fingerprint::of(&path),
            key,
            path,
        }
    }
}

impl Config {
    /// Reads and checks a file, and says which files it is made of, even if there are faults.
    pub(crate) fn load_with_sources(path: &Path, keys: Keys) -> (Sources, Result<Self, ConfigFaults>) {
        // A change after this look is found by the next one.
        let mut sources = Sources::begin(path);
        let read = super::read_text(path, MAX_BYTES).and_then(|text| {
            let table = super::parse_table(&text)?;
            sources.add_named_in("", &table);
            let mut config = Self::check(&text, table, keys)?;
            config.sources = sources.clone();
            Ok(config)
        });
        (sources, read)
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::config::EXAMPLE;

    #[test]
    fn every_file_that_the_example_knows_is_found_or_left_out_for_a_reason() {
        // What is a comment in the example is a key here, where it can be: a key is `name = value` on a line of its own.
        let mut found = Vec::new();
        for line in EXAMPLE.lines() {
            let line = line.trim_start_matches(['#', ' ']);
            let Ok(table) = line.parse::<Table>() else {
                continue;
            };
            let names_file = |value: &Value| {
                let text = value.as_str().or_else(|| value.as_array()?.first()?.as_str());
                text.is_some_and(|text| text.starts_with("/etc/stagedoor/"))
            };
            for (name, _) in table.iter().filter(|(_, value)| names_file(value)) {
                let mut sources = Sources::default();
                sources.add_named_in("", &table);
                assert!(!sources.0.is_empty() || APART.contains(&name.as_str()), "{name}");
                found.push(name.clone());
            }
        }
        assert!(found.len() >= 5, "{found:?}");
    }

    #[test]
    fn files_are_found_at_every_depth_and_changes_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name).display().to_string();
        let text = format!(
            "[ledger]\nkey_file = {:?}\n[policy.deny]\nfiles = [{:?}]\n[[platform]]\napi_key_file = {:?}\n\
             root_certificate_files = [{:?}]",
            path("ledger-key"),
            path("deny"),
            path("api-key"),
            path("ca"),
        );
        let mut before = Sources::default();
        before.add_named_in("", &text.parse().unwrap());
        let keys: Vec<_> = before.0.iter().map(|file| file.key.as_str()).collect();
        assert_eq!(
            keys,
            [
                "ledger.key_file",
                "platform.root_certificate_files",
                "policy.deny.files"
            ]
        );
        assert_eq!(before.look(), before);
        for name in ["deny", "ledger-key"] {
            fs::write(folder.path().join(name), "x").unwrap();
            assert_ne!(before.look(), before, "{name}");
        }
        let now = before.look();
        assert_eq!(
            now.changed_under(&before, &["store.", "ledger."]),
            ["ledger.key_file"]
        );
    }
}
