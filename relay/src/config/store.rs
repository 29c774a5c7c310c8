//! `[store]`: where staff, profiles and logins are kept.

use std::path::PathBuf;

use super::section::Section;

/// A parsed `store.url`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StoreUrl {
    /// A SQLite file; made when it is not there.
    Sqlite(PathBuf),
}

impl StoreUrl {
    pub(super) fn read(section: &mut Section<'_>) -> Option<Self> {
        section.parsed("url", parse)
    }
}

fn parse(text: &str) -> Result<StoreUrl, String> {
    let form = "must be sqlite:// and a path, e.g. \"sqlite:///var/lib/stagedoor/stagedoor.db\"";
    let path = text.strip_prefix("sqlite://").ok_or(form)?;
    // A store in memory would forget nonces and intents with the process, and with them what they protect.
    if path.is_empty() || path.ends_with('/') || path.contains(['?', '#', '\0']) || path.contains(":memory:")
    {
        return Err(form.to_owned());
    }
    Ok(StoreUrl::Sqlite(path.into()))
}
