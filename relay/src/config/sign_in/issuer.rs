//! The provider's name. It is compared byte by byte with what ID tokens say, so it is kept as it is written.

use crate::config::platform;

/// Hosts of Entra ID, for the public and the national clouds.
const ENTRA: [&str; 5] = [
    "login.microsoftonline.com",
    "login.microsoftonline.us",
    "login.partner.microsoftonline.cn",
    "login.windows.net",
    "sts.windows.net",
];
/// Where they let people of every tenant in; the last is the tenant of all private accounts by its number.
const MULTI_TENANT: [&str; 4] = [
    "common",
    "organizations",
    "consumers",
    "9188040d-6c67-4c5b-b112-36a304b66dad",
];

pub(super) fn parse(text: &str) -> Result<String, String> {
    let url = platform::parse_url(text)?;
    let first = url
        .path_segments()
        .and_then(|mut segments| segments.next())
        .unwrap_or_default()
        .to_ascii_lowercase();
    let entra = url.host_str().is_some_and(|host| ENTRA.contains(&host));
    if entra && MULTI_TENANT.contains(&first.as_str()) {
        return Err(format!(
            "\"{first}\" lets people of every tenant in, and whoever owns a tenant chooses the addresses in it; name your \
             firm's tenant: https://login.microsoftonline.com/TENANT-ID/v2.0"
        ));
    }
    if entra && first.is_empty() {
        return Err(
            "names no tenant; name your firm's: https://login.microsoftonline.com/TENANT-ID/v2.0".to_owned(),
        );
    }
    Ok(text.to_owned())
}
