//! Which addresses may be used: the relay's, the platform's, and the login URL made from the latter.

use alloc::string::String;

use stagedoor_protocol::{OneTimeToken, limits::MAX_LABEL_BYTES};
use zeroize::Zeroize;

use crate::{environment::ParsedUrl, text::joined};

/// The origin of a relay address that a person typed, if it may be used: https, or http on loopback, and nothing but an
/// origin. A path, a query or credentials are refused rather than dropped, because they say that something else was
/// meant.
pub fn relay_origin(url: &ParsedUrl) -> Option<&str> {
    let plain = url.pathname == "/" && url.search.is_empty() && url.hash.is_empty();
    (is_safe(url) && plain).then_some(url.origin.as_str())
}

/// An address that was typed as a host alone, with or without a port, in full: https, and http on this very computer. A
/// word without a dot or a port is no address; it may be a code that was typed into the wrong field.
pub fn with_scheme(typed: &str) -> Option<String> {
    let typed = typed.trim().to_ascii_lowercase();
    let bare = typed.strip_suffix('/').unwrap_or(&typed);
    let host = match bare.rsplit_once(':') {
        Some((host, _)) if !bare.ends_with(']') => host,
        _ => bare,
    };
    let full = typed
        .split_once(':')
        .is_some_and(|(_, rest)| rest.starts_with("//"));
    let scheme = if is_loopback(host) {
        "http://"
    } else if full || !typed.bytes().any(|byte| matches!(byte, b'.' | b':')) {
        return None;
    } else {
        "https://"
    };
    Some(joined(&[scheme, &typed]))
}

/// The `@authority` of a web origin (RFC 9421 section 2.2.3): host, and the port unless it is the scheme's own.
pub fn authority(origin: &str) -> &str {
    let rest = origin.strip_prefix("https://");
    rest.or(origin.strip_prefix("http://")).unwrap_or(origin)
}

/// Whether the platform address that the relay answered may be opened: it must have the very origin that was shown to
/// the person, so that neither a confused relay nor one that was tampered with sends a token elsewhere.
pub fn is_platform_address(answered: &ParsedUrl, shown: &ParsedUrl) -> bool {
    let bare = answered.search.is_empty() && answered.hash.is_empty();
    is_safe(answered) && bare && answered.origin == shown.origin
}

/// The origin of a CRM page as the relay records it; nothing for pages that have none to speak of.
pub fn page_origin(url: &ParsedUrl) -> Option<String> {
    let web = url.protocol == "https:" || url.protocol == "http:";
    (web && url.origin.len() <= MAX_LABEL_BYTES).then(|| url.origin.clone())
}

/// Whether whoever is there can be trusted to be whom the address names: https, or http on loopback; no credentials in it.
pub fn is_safe(url: &ParsedUrl) -> bool {
    let encrypted = url.protocol == "https:" || (url.protocol == "http:" && is_loopback(&url.hostname));
    encrypted && !url.credentials
}

fn is_loopback(host: &str) -> bool {
    matches!(host, "127.0.0.1" | "[::1]" | "localhost")
}

/// `{platformURL}/?auth={oneTimeToken}`: whoever opens it is logged in, so it is overwritten when it is dropped.
pub struct LoginUrl(String);

impl LoginUrl {
    /// Builds the URL from an address that [`is_platform_address`] accepted.
    pub fn new(platform: &ParsedUrl, token: &OneTimeToken) -> Self {
        // Reserved at once, so that growing leaves no copies behind; a byte becomes at most three.
        let room = platform.origin.len() + platform.pathname.len() + 7 + 3 * token.expose().len();
        let mut url = String::with_capacity(room);
        url.push_str(&platform.origin);
        url.push_str(platform.pathname.trim_end_matches('/'));
        url.push_str("/?auth=");
        percent_encode(token.expose(), &mut url);
        Self(url)
    }

    /// The URL itself, for the window that is to be opened and for nothing else.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl Drop for LoginUrl {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

/// Everything but the unreserved characters of RFC 3986 section 2.3 becomes `%XX`.
pub fn percent_encode(text: &str, target: &mut String) {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            target.push(char::from(byte));
        } else {
            target.push('%');
            target.push(char::from(HEX[usize::from(byte >> 4)]));
            target.push(char::from(HEX[usize::from(byte & 15)]));
        }
    }
}

#[cfg(test)]
#[cfg(not(target_arch = "wasm32"))]
mod tests;
