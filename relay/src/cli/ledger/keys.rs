//! The verifying keys that checkpoints are checked with.

use std::{
    fs::File,
    io::{self, Read},
    path::Path,
};

use anyhow::{Context, bail};
use stagedoor_ledger::checkpoint::{KeyError, VerifyingKey};

use crate::config::Config;

/// Files of keys are short; another file may not be.
const MAX_KEY_FILE_BYTES: u64 = 64 * 1024;

/// Reads keys from the command line: each is a key's text, or a file with a key in each line.
pub(super) fn read(arguments: &[String]) -> anyhow::Result<Vec<VerifyingKey>> {
    let mut keys = Vec::new();
    for argument in arguments {
        match VerifyingKey::parse(argument.trim()) {
            Ok(key) => keys.push(key),
            // The text may be a secret that was pasted by mistake, so it is not repeated.
            Err(error) if argument.starts_with("PRIVATE+KEY+") => return Err(error).context("--key"),
            Err(error) => read_file(Path::new(argument), error, &mut keys)?,
        }
    }
    Ok(keys)
}

fn read_file(path: &Path, error: KeyError, keys: &mut Vec<VerifyingKey>) -> anyhow::Result<()> {
    let file = match File::open(path) {
        Err(missing) if missing.kind() != io::ErrorKind::PermissionDenied => {
            return Err(error).context("--key: there is no such file, and as a key");
        }
        file => file,
    };
    let mut text = String::new();
    // Some files have no length and no end.
    file.and_then(|file| file.take(MAX_KEY_FILE_BYTES + 1).read_to_string(&mut text))
        .with_context(|| format!("{} cannot be read", path.display()))?;
    if text.len() as u64 > MAX_KEY_FILE_BYTES {
        bail!("{} is too long for a file of verifying keys", path.display());
    }
    let before = keys.len();
    for line in text.lines().map(str::trim) {
        if !line.is_empty() && !line.starts_with('#') {
            keys.push(VerifyingKey::parse(line).with_context(|| format!("{}", path.display()))?);
        }
    }
    if keys.len() == before {
        bail!(
            "{} has no key in it: write one `name+id+key` a line",
            path.display()
        );
    }
    Ok(())
}

/// The keys that a configuration names.
pub(super) struct Configured {
    /// Those that can be used.
    pub(super) keys: Vec<VerifyingKey>,
    /// Whether the relay's own cannot be read: what it signed cannot be looked at then, which is no fault of what it signed.
    pub(super) unread: bool,
}

/// The keys that the configuration names, and that of the relay itself.
pub(super) fn configured(config: &Config) -> Configured {
    let mut keys = config.ledger.verifying_keys.clone();
    let mut unread = false;
    match config.ledger.signing_key() {
        Ok(key) => keys.extend(key.map(|key| key.verifying_key())),
        Err(problem) => {
            unread = true;
            tell!(
                "stagedoor: ledger.key_file: {problem}. Its key is not among those that are tried; give its verifying key with \
                 --key, or in ledger.verifying_keys."
            );
        }
    }
    Configured { keys, unread }
}
