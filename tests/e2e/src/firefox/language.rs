//! Firefox in another language than English, without Mozilla's packages of languages: by one that has a name and no texts. What
//! Firefox says itself stays English; which texts of an extension's it takes, and how they run, goes by the name.

use std::path::Path;

use anyhow::Result;
use serde_json::json;

use crate::archive;

/// Puts the package into a new profile, and gives the preferences that it needs.
pub(super) fn install(profile: &Path, language: &str) -> Result<String> {
    let id = format!("langpack-{language}@firefox.mozilla.org");
    let manifest = json!({
        "manifest_version": 2,
        "name": language,
        "version": "1.0",
        "langpack_id": language,
        "browser_specific_settings": {"gecko": {"id": id, "strict_min_version": "100.0", "strict_max_version": "*"}},
        "languages": {language: {"chrome_resources": {}, "version": "1"}},
        "sources": {"browser": {"base_path": "browser/"}},
    });
    let files = [("manifest.json".to_owned(), manifest.to_string().into_bytes())];
    archive::write(&profile.join("extensions").join(format!("{id}.xpi")), &files)?;
    Ok(format!(
        "user_pref(\"intl.locale.requested\", \"{language}\");\n\
        user_pref(\"extensions.langpacks.signatures.required\", false);\n\
        user_pref(\"extensions.autoDisableScopes\", 0);\n"
    ))
}
