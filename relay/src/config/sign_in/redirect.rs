//! Where the provider sends people back to: addresses that browsers make of an extension's id, and that lead nowhere else.

use ring::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use url::Url;

use crate::config::{Extension, host};

/// The extension's id in Firefox; a test compares it with the extension's manifest.
pub(super) const FIREFOX_ID: &str = "stagedoor@stagedoor.example";
/// What the extension asks browsers for: `identity.getRedirectURL("sign-in")`.
const PATH: &str = "sign-in";

pub(super) fn parse(text: &str) -> Result<String, String> {
    let url = text.parse::<Url>().ok().filter(|url| {
        let loopback = url.scheme() == "http" && url.host_str() == Some("127.0.0.1");
        (url.scheme() == "https" || loopback)
            && url.fragment().is_none()
            && url.username().is_empty()
            && host::check(url).is_ok()
    });
    match url {
        Some(_) => Ok(text.to_owned()),
        None => Err(
            "each must be an address that a browser gives an extension to be sent back to, e.g. \
             \"https://<id>.chromiumapp.org/sign-in\", or Firefox's \"http://127.0.0.1/mozoauth2/...\""
                .to_owned(),
        ),
    }
}

/// The addresses of the extensions that are served.
pub(super) fn of(extension: &Extension) -> Vec<String> {
    let chromium = extension
        .origins
        .iter()
        .filter_map(|origin| origin.strip_prefix("chrome-extension://"))
        .map(|id| format!("https://{id}.chromiumapp.org/{PATH}"));
    let listed = extension
        .origins
        .iter()
        .any(|origin| origin.starts_with("moz-extension://"));
    let firefox = (extension.firefox || listed).then(|| firefox(FIREFOX_ID));
    chromium.chain(firefox).collect()
}

/// As Firefox makes it: the SHA-1 of the extension's id, in hexadecimal, is the host's first label.
fn firefox(id: &str) -> String {
    let hash = digest(&SHA1_FOR_LEGACY_USE_ONLY, id.as_bytes());
    let hex: String = hash.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
    format!("https://{hex}.extensions.allizom.org/{PATH}")
}
