//! The relay's binary, installed in a folder of its own that outlives its processes.

use std::{
    fs::{self, OpenOptions},
    io::Write as _,
    net::SocketAddr,
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context as _, Result, bail, ensure};
use serde_json::{Value, json};
use stagedoor_relay::config::{Config, Keys, StoreUrl};
use tempfile::TempDir;

use crate::{
    client::Connection,
    profile::{Key, Profile},
    program::Program,
};

/// The host name that requests are signed for. It is not the address, so that a request outlives a restart on another
/// port.
pub const AUTHORITY: &str = "relay.example";
/// The one platform of the configuration.
pub const PLATFORM: &str = "main";

/// Where an installation's records are kept.
#[derive(Debug, Clone)]
pub enum Place {
    /// A SQLite file in its folder.
    Sqlite,
    /// A database, and the file with its password if it has one.
    Postgres {
        /// `postgres://USER@HOST:PORT/DATABASE`.
        url: String,
        /// The file.
        password_file: Option<PathBuf>,
    },
}

/// The broker that an installation talks to.
#[derive(Debug, Clone)]
pub struct Upstream {
    /// The broker API's base URL.
    pub broker_url: String,
    /// The trading platform's URL.
    pub platform_url: String,
    /// The key that the broker knows.
    pub api_key: String,
}

/// A folder with a configuration, an API key, and a store. Dropping it deletes the folder.
#[derive(Debug)]
pub struct Installation {
    binary: PathBuf,
    folder: TempDir,
}

/// A running `stagedoor serve`.
#[derive(Debug)]
pub struct Relay {
    /// The process.
    pub program: Program,
    /// Where the API listens.
    pub api: SocketAddr,
    /// Where the health pages are.
    pub health: SocketAddr,
}

impl Installation {
    /// Makes a folder within `parent` and writes the configuration there.
    ///
    /// # Errors
    /// When the folder cannot be written, or the binary has no example configuration of the expected form.
    pub fn create(binary: &Path, parent: &Path, upstream: &Upstream, place: &Place) -> Result<Self> {
        let folder = tempfile::Builder::new()
            .prefix("stagedoor-")
            .tempdir_in(parent)
            .with_context(|| format!("no folder can be made in {}", parent.display()))?;
        let installation = Self {
            binary: binary.to_owned(),
            folder,
        };
        write_private(&installation.path("api-key"), &upstream.api_key)?;
        let example = output(installation.command().args(["config", "example"]))?;
        let store = match place {
            Place::Sqlite => format!("sqlite://{}", installation.path("stagedoor.db").display()),
            Place::Postgres { url, password_file } => match password_file {
                Some(file) => format!("{url}\"\npassword_file = \"{}", file.display()),
                None => url.clone(),
            },
        };
        let config = filled_in(&example, installation.folder(), upstream, &store)?;
        fs::write(installation.config(), config)?;
        Ok(installation)
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The configuration file.
    pub fn config(&self) -> PathBuf {
        self.path("stagedoor.toml")
    }

    /// The store of the configuration, for this process to open it too.
    ///
    /// # Errors
    /// When the configuration is not valid.
    pub fn store_url(&self) -> Result<StoreUrl> {
        Ok(Config::load(&self.config(), Keys::Skip)?.store)
    }

    /// Leaves the folder where it is.
    pub fn keep(self) -> PathBuf {
        self.folder.keep()
    }

    /// Starts the relay. After it has been killed or stopped it can be started again.
    ///
    /// # Errors
    /// When it does not get ready; with what it said.
    pub async fn start(&self) -> Result<Relay> {
        let mut program = Program::start("the relay", self.command().arg("serve"))?;
        let (api, health) = program.ready(listening).await?;
        Ok(Relay { program, api, health })
    }

    /// Enrols so many profiles, each of another person.
    ///
    /// # Errors
    /// When one of them is refused.
    pub async fn enrol(&self, relay: &Relay, count: usize, key: Key) -> Result<Vec<Profile>> {
        let mut connection = Connection::open(relay.api).await?;
        let mut profiles = Vec::with_capacity(count);
        for number in 1..=count {
            let code = self.invite(&format!("person-{number}@broker.example"))?;
            let profile = Profile::new(key)?;
            let body = json!({"code": code, "publicKey": profile.jwk(), "extensionVersion": "0.1.0"});
            let request = profile.request("POST", "/v1/enrolments", &body.to_string())?;
            let answer = connection.send(&request).await?;
            if answer.status != 201 {
                let said = String::from_utf8_lossy(&answer.body).into_owned();
                bail!("an enrolment was answered with {}: {said}", answer.status);
            }
            profiles.push(profile);
        }
        Ok(profiles)
    }

    /// A code with which this person enrols a profile. The relay may be running or not.
    ///
    /// # Errors
    /// When the command fails.
    pub fn invite(&self, email: &str) -> Result<String> {
        let said = output(self.command().args(["staff", "invite", email, "--json"]))?;
        let invite: Value = serde_json::from_str(&said).context("`staff invite --json` wrote no JSON")?;
        let code = invite["code"]
            .as_str()
            .context("`staff invite --json` named no code")?;
        Ok(code.to_owned())
    }

    /// The binary with this installation's configuration.
    pub fn command(&self) -> Command {
        let mut command = Command::new(&self.binary);
        command.arg("--config").arg(self.config());
        command
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}

/// The addresses in the line of the log that says so.
fn listening(line: &str) -> Option<(SocketAddr, SocketAddr)> {
    let line: Value = serde_json::from_str(line).ok()?;
    let address = |name: &str| line[name].as_str()?.parse().ok();
    (line["message"] == "listening").then_some((address("api")?, address("health")?))
}

/// The binary's own example, so that a setting that a new version demands is there.
/// Limits that no load reaches.
const UNLIMITED: [&str; 5] = [
    "staff_per_minute = 10000000",
    "staff_per_day = 10000000",
    "profile_per_minute = 10000000",
    "customer_per_hour = 10000000",
    "\nbroker_per_minute = 9000000\nbroker_allows_per_minute = 10000000",
];

fn filled_in(example: &str, folder: &Path, upstream: &Upstream, store: &str) -> Result<String> {
    let folder = folder.display().to_string();
    let mut config = example.to_owned();
    for (from, to) in [
        ("127.0.0.1:8080", "127.0.0.1:0"),
        ("127.0.0.1:9090", "127.0.0.1:0"),
        ("relay.broker.example", AUTHORITY),
        ("sqlite:///var/lib/stagedoor/stagedoor.db", store),
        ("/etc/stagedoor", &folder),
        ("https://broker-api.broker.example", &upstream.broker_url),
        ("https://platform.broker.example", &upstream.platform_url),
        // What is measured is the relay, not its limits.
        ("staff_per_minute = 20", UNLIMITED[0]),
        ("staff_per_day = 1000", UNLIMITED[1]),
        ("profile_per_minute = 20", UNLIMITED[2]),
        ("customer_per_hour = 60", UNLIMITED[3]),
        ("\nbroker_per_minute = 400", UNLIMITED[4]),
    ] {
        ensure!(
            config.contains(from),
            "the example configuration has no {from} to replace"
        );
        config = config.replace(from, to);
    }
    Ok(config.replace("/var/lib/stagedoor", &folder))
}

fn output(command: &mut Command) -> Result<String> {
    let output = command
        .output()
        .with_context(|| format!("{} cannot be started", command.get_program().display()))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        bail!("{command:?} ended with {}: {said}", output.status);
    }
    Ok(String::from_utf8(output.stdout)?)
}

fn write_private(path: &Path, text: &str) -> Result<()> {
    let mut options = OpenOptions::new();
    let mut file = options
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(path)?;
    Ok(file.write_all(text.as_bytes())?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_line_about_listening_names_the_addresses() {
        let line = r#"{"message":"listening","api":"127.0.0.1:8081","health":"127.0.0.1:9091"}"#;
        let expected = (
            "127.0.0.1:8081".parse().unwrap(),
            "127.0.0.1:9091".parse().unwrap(),
        );
        assert_eq!(listening(line), Some(expected));
        assert_eq!(listening(&line.replace("listening", "stopped")), None);
        assert_eq!(listening("not JSON"), None);
    }
}
