//! `[extension]`: the origins of the browser extensions that the relay serves.

use uuid::Uuid;

use super::section::Section;

/// Which origins may call.
#[derive(Debug, Clone)]
pub struct Extension {
    /// Exact origins, e.g. `chrome-extension://<id>`.
    pub origins: Vec<String>,
    /// Any Firefox extension: its origin is random per browser profile and cannot be listed.
    pub firefox: bool,
}

impl Extension {
    pub(super) fn read(section: &mut Section<'_>) -> Option<Self> {
        let origins = section.list("origins", parse_origin);
        let firefox = section.flag("firefox");
        if origins.as_ref().is_some_and(Vec::is_empty) && firefox == Some(false) {
            section.fault(
                "origins",
                "no extension could reach the relay; list the extension's origin, or set extension.firefox = true",
            );
        }
        Some(Self {
            origins: origins?,
            firefox: firefox?,
        })
    }

    /// Whether requests from this origin are taken.
    pub fn serves(&self, origin: &str) -> bool {
        self.origins.iter().any(|listed| listed == origin) || (self.firefox && is_firefox_origin(origin))
    }
}

fn parse_origin(text: &str) -> Result<String, String> {
    let chromium = text
        .strip_prefix("chrome-extension://")
        .is_some_and(|id| id.len() == 32 && id.bytes().all(|b| b.is_ascii_lowercase() && b <= b'p'));
    if chromium || is_firefox_origin(text) {
        Ok(text.to_owned())
    } else {
        Err(
            "each must be chrome-extension:// and the extension's 32 letters, or moz-extension:// and a UUID, \
             without a slash at the end"
                .to_owned(),
        )
    }
}

/// `moz-extension://` and a UUID in the one spelling that Firefox sends.
fn is_firefox_origin(origin: &str) -> bool {
    origin
        .strip_prefix("moz-extension://")
        .is_some_and(|id| Uuid::try_parse(id).is_ok_and(|uuid| uuid.to_string() == id))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_listed_and_firefox_origins_are_served() {
        let extension = Extension {
            origins: vec!["chrome-extension://jomfnokbjcodmeceeekpoggolchicolf".into()],
            firefox: true,
        };
        for (origin, served) in [
            ("chrome-extension://jomfnokbjcodmeceeekpoggolchicolf", true),
            ("moz-extension://0190b5f0-7c1e-7b52-9d4e-2f9f3a1c2b4d", true),
            ("chrome-extension://aomfnokbjcodmeceeekpoggolchicolf", false),
            ("chrome-extension://jomfnokbjcodmeceeekpoggolchicolf/", false),
            (
                "chrome-extension://jomfnokbjcodmeceeekpoggolchicolf.evil.example",
                false,
            ),
            ("moz-extension://0190B5F0-7C1E-7B52-9D4E-2F9F3A1C2B4D", false),
            ("moz-extension://0190b5f07c1e7b529d4e2f9f3a1c2b4d", false),
            ("moz-extension://evil.example", false),
            ("https://crm.example", false),
            ("null", false),
            ("", false),
        ] {
            assert_eq!(extension.serves(origin), served, "{origin}");
        }
        let without_firefox = Extension {
            firefox: false,
            ..extension
        };
        assert!(!without_firefox.serves("moz-extension://0190b5f0-7c1e-7b52-9d4e-2f9f3a1c2b4d"));
    }
}
