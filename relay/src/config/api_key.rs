//! Where a broker's API key comes from: a file that others cannot read, or an environment variable; never the
//! command line, which every process of the machine can read.

use std::{
    env,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use secrecy::SecretString;
use zeroize::{Zeroize, Zeroizing};

use crate::files::{self, Unreadable};

/// Longest key file that is read, in bytes.
const MAX_BYTES: u64 = 8192;

/// Where a key is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ApiKeySource {
    /// A file that holds nothing else; a line end after the key is fine.
    File(PathBuf),
    /// The name of an environment variable.
    Environment(String),
}

impl ApiKeySource {
    /// The configuration key that names the source.
    pub fn config_key(&self) -> &'static str {
        match self {
            Self::File(_) => "api_key_file",
            Self::Environment(_) => "api_key_env",
        }
    }

    /// Reads the key as it is now. The error says cause and cure, and never shows what was read.
    pub fn read(&self) -> Result<SecretString, String> {
        match self {
            Self::File(path) => in_file(path, parse_key),
            Self::Environment(name) => in_variable(name, "the broker's API key", parse_key),
        }
    }
}

fn parse_key(text: &str) -> Result<SecretString, String> {
    let key = text.trim_matches(['\r', '\n', ' ', '\t']);
    if key.is_empty() {
        return Err("holds no key; put the broker's API key into it, alone".to_owned());
    }
    if !key.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(
            "holds more than a key: blanks, line ends or other characters inside; put the key there alone, without \
             \"Bearer\""
                .to_owned(),
        );
    }
    Ok(SecretString::from(key))
}

/// What a secret file holds, read into a type. Whatever is wrong with it, the file is named.
pub(super) fn in_file<T>(path: &Path, parse: impl FnOnce(&str) -> Result<T, String>) -> Result<T, String> {
    let read = read_file(path).and_then(|text| parse(&text));
    read.map_err(|problem| files::at(path, &problem))
}

/// What a variable of the environment holds, read into a type.
pub(super) fn in_variable<T>(
    name: &str,
    what: &str,
    parse: impl FnOnce(&str) -> Result<T, String>,
) -> Result<T, String> {
    let text = read_variable(name, what)?;
    parse(&text).map_err(|problem| format!("the environment variable {problem}"))
}

/// Where a secret file is. A bare name is that of a systemd credential, if there is one of that name.
pub(super) fn secret_path(text: &str) -> PathBuf {
    let credential = env::var_os("CREDENTIALS_DIRECTORY")
        .filter(|_| !text.contains('/'))
        .map(|folder| Path::new(&folder).join(text));
    match credential {
        Some(path) if path.is_file() => path,
        _ => PathBuf::from(text),
    }
}

/// Reads a small secret file that others cannot read.
pub(super) fn read_file(path: &Path) -> Result<Zeroizing<String>, String> {
    let mut content = files::read(path, MAX_BYTES).map_err(|error| match error {
        Unreadable::System(_) => format!("{error}; create it readable by the relay's user only"),
        Unreadable::NotAFile => format!("{error}; name a file that holds the secret alone"),
        Unreadable::TooLarge => format!("is larger than {MAX_BYTES} bytes, which no key or password is"),
    })?;
    if content.metadata.permissions().mode() & 0o007 != 0 {
        return Err(
            "can be read or written by every user of this machine; take that right away with `chmod o=`"
                .to_owned(),
        );
    }
    String::from_utf8(std::mem::take(&mut *content.bytes))
        .map(Zeroizing::new)
        .map_err(|error| {
            error.into_bytes().zeroize();
            "is not text".to_owned()
        })
}

/// Reads a secret from the environment. The error does not name the variable: what stands for its name may be the secret,
/// pasted into the wrong place.
fn read_variable(name: &str, what: &str) -> Result<Zeroizing<String>, String> {
    env::var(name).map(Zeroizing::new).map_err(|_| {
        format!(
            "the environment has no variable of the name that stands here; name one, and set it to {what}"
        )
    })
}

#[cfg(test)]
mod tests {
    use std::fs;

    use secrecy::ExposeSecret;

    use super::*;

    fn file(content: &[u8], mode: u32) -> (tempfile::TempDir, ApiKeySource) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("api-key");
        fs::write(&path, content).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        (folder, ApiKeySource::File(path))
    }

    #[test]
    fn a_key_is_read_without_its_line_end() {
        for mode in [0o400, 0o600, 0o640] {
            let (_folder, source) = file(b"SENTINEL-KEY\r\n", mode);
            let key = source.read().unwrap();
            assert_eq!(key.expose_secret(), "SENTINEL-KEY");
            assert!(!format!("{key:?}").contains("SENTINEL"));
        }
    }

    #[test]
    fn what_is_wrong_is_said_without_the_key() {
        for (content, mode, expected) in [
            (&b"SENTINEL-KEY"[..], 0o644, "every user"),
            (b"SENTINEL-KEY", 0o602, "every user"),
            (b"", 0o600, "holds no key"),
            (b"\n\n", 0o600, "holds no key"),
            (b"Bearer SENTINEL-KEY", 0o600, "holds more than a key"),
            (b"SENTINEL-KEY\nSENTINEL-2", 0o600, "holds more than a key"),
            (b"SENTINEL-KEY\xff", 0o600, "is not text"),
            (&[b'k'; 9000], 0o600, "larger than 8192"),
        ] {
            let (folder, source) = file(content, mode);
            let problem = source.read().unwrap_err();
            assert!(problem.contains(expected), "{problem}");
            let named = format!("{}: ", folder.path().join("api-key").display());
            assert!(problem.starts_with(&named), "{problem}");
            assert!(!problem.contains("SENTINEL"), "{problem}");
        }
        let absent = ApiKeySource::File("/nowhere/api-key".into()).read().unwrap_err();
        assert!(absent.contains("cannot be read"), "{absent}");
    }

    #[test]
    fn a_key_in_the_place_of_its_source_is_not_shown() {
        for source in [
            ApiKeySource::Environment("SENTINEL_KEY".into()),
            ApiKeySource::File("SENTINEL-KEY".into()),
            ApiKeySource::File("/SENTINEL/KEY==".into()),
        ] {
            let problem = source.read().unwrap_err();
            assert!(!problem.contains("SENTINEL"), "{problem}");
            assert!(
                problem.contains("no such file") || problem.contains("no variable"),
                "{problem}"
            );
        }
    }
}
