//! Where the pages are: patterns of hosts and paths, and parameters.

use stagedoor_protocol::Recipe;

use crate::config::host;

/// A host as the extension compares it with the page's: without `https://` and that scheme's own port, in lower case.
pub(super) fn host(text: &str) -> Result<String, String> {
    let lower = text.to_ascii_lowercase();
    if let Some(rest) = lower.strip_prefix("http://") {
        return loopback(rest);
    }
    let place = lower.strip_prefix("https://").unwrap_or(&lower);
    if place.contains("://") {
        return Err(
            "has a scheme other than https; write the host alone, e.g. \"crm.broker.example\"".to_owned(),
        );
    }
    let (name, port) = split_port(place)?;
    if name.contains('*') {
        pattern(name)?;
    } else if !is_host(name) {
        return Err(NO_HOST.to_owned());
    }
    Ok(match port {
        None | Some(443) => name.to_owned(),
        Some(port) => format!("{name}:{port}"),
    })
}

const NO_HOST: &str = "is no host; write what stands in the browser's address between https:// and the next slash, e.g. \
     \"crm.broker.example\" or \"crm.broker.example:8443\" (xn--... for letters of other scripts)";

/// Plain http is for this machine only: anybody on the way could write the page otherwise.
fn loopback(rest: &str) -> Result<String, String> {
    let (name, port) = split_port(rest)?;
    if !matches!(name, "localhost" | "127.0.0.1" | "[::1]") {
        return Err(
            "is plain http, which anybody on the way can alter; only localhost, 127.0.0.1 and [::1] may be that: use https"
                .to_owned(),
        );
    }
    Ok(match port {
        None | Some(80) => format!("http://{name}"),
        Some(port) => format!("http://{name}:{port}"),
    })
}

fn split_port(place: &str) -> Result<(&str, Option<u16>), String> {
    let place = place.strip_suffix('/').unwrap_or(place);
    if place.contains(['/', '?', '#', '@']) {
        return Err("has more than a host and a port; paths go into `paths`".to_owned());
    }
    match host::split_port(place)? {
        (_, Some(0)) => Err("has a port that is no number from 1 to 65535".to_owned()),
        split => Ok(split),
    }
}

/// A host with stars. What it ends in must be somebody's own, or it could be anybody's.
fn pattern(name: &str) -> Result<(), String> {
    let labels: Vec<&str> = name.split('.').collect();
    let (_, fixed) = name.rsplit_once('*').unwrap_or_default();
    let fixed = fixed.split_once('.').map_or("", |(_, labels)| labels);
    if !fixed.contains('.') {
        return Err(
            "would fit hosts of strangers; the last two labels at least must be without a star, e.g. \"*.broker.example\""
                .to_owned(),
        );
    }
    if is_open_to_strangers(fixed) {
        return Err(format!(
            "would fit hosts of strangers: anybody can get a name under {fixed} (it is on the public suffix list); put your own \
             name before it, e.g. \"*.broker.{fixed}\", or write each host"
        ));
    }
    for (index, label) in labels.iter().enumerate() {
        if *label == "*" && index > 0 {
            return Err(
                "has a star alone that is not its first label; only there it stands for labels".to_owned(),
            );
        }
        if label.matches('*').count() > 1 {
            return Err("has two stars in one label; one may stand for a part of it".to_owned());
        }
    }
    let filled = name.replace('*', "a");
    if is_host(&filled) {
        Ok(())
    } else {
        Err(NO_HOST.to_owned())
    }
}

/// Whether names right below a domain are given to anybody, as under `co.uk` and `github.io`. An ending that is on no list, such
/// as that of a private network, is nobody's business but the operator's.
fn is_open_to_strangers(domain: &str) -> bool {
    // The list has patterns, too: each name below some domains is a suffix itself.
    let below = format!("some-stranger.{domain}");
    let suffix = psl::suffix(below.as_bytes()).filter(|suffix| suffix.is_known());
    suffix.is_some_and(|suffix| suffix.as_bytes().len() >= domain.len())
}

/// Whether a browser would write a host just so.
fn is_host(name: &str) -> bool {
    host::parse(name).is_some_and(|host| host.to_string() == name)
}

/// A path, and perhaps a fragment, in which `{}` stands once at most, and stars for whole segments.
pub(super) fn path(text: &str) -> Result<String, String> {
    if !text.starts_with('/') {
        return Err(
            "does not begin with a slash; write the path after the host, e.g. \"/customers/{}\"".to_owned(),
        );
    }
    if text.contains('?') {
        return Err(
            "has a question mark; parameters go into `query`, e.g. query = { id = [\"{}\"] }".to_owned(),
        );
    }
    if text.matches('#').count() > 1 {
        return Err("has two number signs; one begins the fragment".to_owned());
    }
    if text.matches(Recipe::RECORD).count() > 1 {
        return Err(
            "has {} twice; the record's id stands in one place (write * for any other segment)".to_owned(),
        );
    }
    if text.chars().any(char::is_whitespace) {
        return Err("has a blank in it; browsers write %20".to_owned());
    }
    for part in text.split('#') {
        let mut segments = part.split('/').peekable();
        while let Some(segment) = segments.next() {
            if segment == "**" && segments.peek().is_some() {
                return Err(
                    "has ** before its end; it stands for all that follows, so nothing may".to_owned(),
                );
            }
            let whole = matches!(segment, "*" | "**" | Recipe::RECORD);
            if !whole && segment.contains(['*', '{', '}']) {
                return Err(
                    "has a star or {} as a part of a segment; each stands for a whole one".to_owned(),
                );
            }
        }
    }
    Ok(text.to_owned())
}

/// A parameter of the page's address, and its values.
pub(super) fn parameter(name: &str, values: &[String]) -> Result<(), &'static str> {
    let odd = |text: &str| {
        text.is_empty()
            || text.len() > super::MAX_ENTRY_BYTES
            || text.contains(['&', '#', '?'])
            || text.chars().any(|c| c.is_control() || c.is_whitespace())
    };
    if odd(name) || name.contains('=') {
        return Err("is no name of a parameter; write it as it stands before the = in the page's address");
    }
    if values.is_empty() || values.len() > super::MAX_ENTRIES {
        return Err(
            "has no values, or too many; write those that it may have, or [\"{}\"] for the record's id",
        );
    }
    if values.iter().any(|value| odd(value)) {
        return Err("has a value that can be in no address; write it as it stands after the = there");
    }
    if values.len() > 1 && values.iter().any(|value| value == Recipe::RECORD) {
        return Err("has {} beside other values; it stands for any");
    }
    if values
        .iter()
        .any(|value| value != Recipe::RECORD && value.contains(Recipe::RECORD))
    {
        return Err("has {} as a part of a value; it stands for a whole one");
    }
    Ok(())
}
