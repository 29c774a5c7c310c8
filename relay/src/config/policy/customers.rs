//! `[policy.deny]`, `[policy.vip]` and `[policy.canary]`: customers by address, by domain, or by files that list both.

use std::{
    collections::HashSet,
    fmt,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use stagedoor_protocol::CustomerEmail;

use crate::spelling::likeness;
use crate::{
    auth::sha256,
    config::{
        Keys,
        domains::{Domains, ascii_domain},
        section::Section,
    },
    files::{self, Unreadable},
};

/// The largest file that is read, in bytes.
const MAX_BYTES: u64 = 1024 * 1024;
/// How many files one list may name.
const MOST_FILES: usize = 16;
/// How many faulty lines of one file are named.
const MOST_LINES: usize = 10;

const DOMAIN_FORM: &str = "each must be a domain such as \"customers.example\", without @ or wildcard; what is below it is meant, too";

/// Some customers. `Debug` says how many.
#[derive(Clone, Default)]
pub struct CustomerList {
    addresses: HashSet<String>,
    domains: Domains,
    digests: Vec<[u8; 32]>,
    /// A file is named that was not read, because nothing was to be decided: then everybody is on the list.
    unread: bool,
}

/// What one file lists.
struct Listed {
    addresses: Vec<CustomerEmail>,
    domains: Vec<String>,
    digest: [u8; 32],
}

impl CustomerList {
    pub(super) fn read(section: &mut Section<'_>, keys: Keys) -> Option<Self> {
        let addresses = section.list("addresses", address);
        let domains = section.list("domains", |text| {
            ascii_domain(text).ok_or_else(|| DOMAIN_FORM.to_owned())
        });
        let files = section.list("files", |text| Ok(PathBuf::from(text)))?;
        if files.len() > MOST_FILES {
            section.fault(
                "files",
                format!("names more than {MOST_FILES}; put some together"),
            );
            return None;
        }
        let unread = keys == Keys::Skip && !files.is_empty();
        let mut listed = Vec::new();
        for path in files.iter().filter(|_| !unread) {
            let read = read_file(path).map_err(|problem| format!("{}: {problem}", path.display()));
            listed.push(section.keep("files", read));
        }
        let (mut addresses, mut domains, mut digests) = (addresses?, domains?, Vec::new());
        for file in listed {
            let file = file?;
            addresses.extend(file.addresses);
            domains.extend(file.domains);
            digests.push(file.digest);
        }
        Some(Self {
            addresses: addresses.iter().map(likeness).collect(),
            domains: domains.into_iter().collect(),
            digests,
            unread,
        })
    }

    /// Whether a customer is on it, in whatever spelling.
    pub fn covers(&self, customer: &CustomerEmail) -> bool {
        self.unread
            || self.addresses.contains(&likeness(customer))
            || ascii_domain(&customer.domain()).is_some_and(|domain| self.domains.cover(&domain))
    }

    /// Whether nobody is on it.
    pub fn is_empty(&self) -> bool {
        !self.unread && self.addresses.is_empty() && self.domains.len() == 0
    }

    /// Whether it was not even meant to name anybody: a file that is empty today may be filled tomorrow.
    pub(super) fn names_nothing(&self) -> bool {
        self.is_empty() && self.digests.is_empty()
    }

    pub(super) fn digests(&self) -> &[[u8; 32]] {
        &self.digests
    }
}

impl fmt::Display for CustomerList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = |count, one, many| format!("{count} {}", if count == 1 { one } else { many });
        let addresses = count(self.addresses.len(), "address", "addresses");
        let domains = count(self.domains.len(), "domain", "domains");
        write!(f, "{addresses}, {domains}")
    }
}

impl fmt::Debug for CustomerList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CustomerList({self})")
    }
}

/// An address of a list. A wildcard would be one customer whose name has a star in it, and protect nobody.
fn address(text: &str) -> Result<CustomerEmail, String> {
    if text.contains('*') {
        return Err("has a wildcard; list the domain, which means everybody there".to_owned());
    }
    CustomerEmail::parse(text).map_err(|error| error.to_string())
}

fn read_file(path: &Path) -> Result<Listed, String> {
    let content = files::read(path, MAX_BYTES).map_err(|error| match error {
        Unreadable::System(_) => format!("{error}; create it readable by the relay's user"),
        Unreadable::NotAFile => format!("{error}; name one that lists customers"),
        Unreadable::TooLarge => {
            format!("is larger than {MAX_BYTES} bytes; list whole domains, or use several files")
        }
    })?;
    if content.metadata.permissions().mode() & 0o002 != 0 {
        return Err(
            "can be written by every user of this machine; take that right away with `chmod o-w`".to_owned(),
        );
    }
    let bytes = content.bytes;
    let digest = sha256(&bytes);
    let text = str::from_utf8(&bytes).map_err(|_| "is not UTF-8; save it as such".to_owned())?;
    let mut listed = Listed {
        addresses: Vec::new(),
        domains: Vec::new(),
        digest,
    };
    let mut faulty = Vec::new();
    for (index, line) in text.trim_start_matches('\u{FEFF}').lines().enumerate() {
        let entry = without_comment(line);
        let parsed = if entry.is_empty() {
            Some(())
        } else if entry.contains('@') {
            let address = address(entry).ok();
            address.map(|address| listed.addresses.push(address))
        } else {
            ascii_domain(entry).map(|domain| listed.domains.push(domain))
        };
        if parsed.is_none() && faulty.len() < MOST_LINES {
            faulty.push((index + 1).to_string());
        }
    }
    if faulty.is_empty() && listed.addresses.is_empty() && listed.domains.is_empty() {
        // More likely a file that was cut off than a decision.
        return Err("lists nobody; take it out of files if that is meant".to_owned());
    }
    if faulty.is_empty() {
        return Ok(listed);
    }
    // The lines are not shown: they are customers.
    let lines = faulty.join(", ");
    Err(format!(
        "line {lines}: neither an address nor a domain; write one of them on each line, and comments after a #"
    ))
}

/// What is before a `#` that begins the line or stands after a blank: elsewhere it may be part of an address.
fn without_comment(line: &str) -> &str {
    let mut before = ' ';
    for (at, c) in line.char_indices() {
        if c == '#' && before.is_whitespace() {
            return line.split_at(at).0.trim();
        }
        before = c;
    }
    line.trim()
}

#[cfg(test)]
mod tests;
