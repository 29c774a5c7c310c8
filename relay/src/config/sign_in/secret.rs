//! The relay's secret at the provider: from a file that others cannot read, or an environment variable.

use std::path::PathBuf;

use secrecy::SecretString;

use crate::config::{Keys, api_key, section::Section};

/// Where the secret is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ClientSecret {
    /// A file that holds nothing else; a line end after the secret is fine.
    File(PathBuf),
    /// The name of an environment variable.
    Environment(String),
}

impl ClientSecret {
    /// The outer `None` means a fault.
    #[expect(clippy::option_option, reason = "absent and faulty are different things here")]
    pub(super) fn read_source(section: &mut Section<'_>, keys: Keys) -> Option<Option<Self>> {
        let (in_file, in_environment) = (
            section.has("client_secret_file"),
            section.has("client_secret_env"),
        );
        let file = section.text("client_secret_file");
        let variable = section.text("client_secret_env");
        if in_file && in_environment {
            section.fault(
                "client_secret_file",
                "stands beside client_secret_env; keep one of the two",
            );
            return None;
        }
        let source = match (in_file, in_environment) {
            (true, _) => Self::File(api_key::secret_path(&file?)),
            (_, true) => Self::Environment(variable?),
            _ => return Some(None),
        };
        if keys == Keys::Check
            && let Err(problem) = source.read()
        {
            section.fault(source.config_key(), problem);
            return None;
        }
        Some(Some(source))
    }

    /// The configuration key that names the source.
    pub fn config_key(&self) -> &'static str {
        match self {
            Self::File(_) => "client_secret_file",
            Self::Environment(_) => "client_secret_env",
        }
    }

    /// Reads the secret as it is now. The error says cause and cure, and never shows what was read.
    pub fn read(&self) -> Result<SecretString, String> {
        match self {
            Self::File(path) => api_key::in_file(path, parse),
            Self::Environment(name) => api_key::in_variable(name, "the client's secret", parse),
        }
    }
}

fn parse(text: &str) -> Result<SecretString, String> {
    let secret = text.trim_matches(['\r', '\n', ' ', '\t']);
    if secret.is_empty() || !secret.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(
            "must hold the client's secret, as the provider showed it, and nothing else: no blanks, no further lines"
                .to_owned(),
        );
    }
    Ok(SecretString::from(secret))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_in_the_place_of_its_source_is_not_shown() {
        for source in [
            ClientSecret::Environment("SENTINEL_SECRET".into()),
            ClientSecret::File("SENTINEL-SECRET".into()),
            ClientSecret::File("/SENTINEL/SECRET==".into()),
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
