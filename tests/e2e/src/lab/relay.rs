//! The real relay binary as a child process, with its configuration, key file and store in one directory.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::net::SocketAddr;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use serde_json::Value;

use super::extension::LONGER;
use crate::paths;
use crate::process::Process;
use crate::wait::PATIENCE;

/// How long the relay may take to finish what is under way when it is asked to end.
const GRACE: Duration = Duration::from_secs(15);

/// What the relay is configured with.
pub(super) struct Settings<'a> {
    pub(super) broker: &'a str,
    pub(super) platform: &'a str,
    pub(super) api_key: &'a str,
    pub(super) login: &'a str,
    /// More lines about the platform.
    pub(super) platform_lines: &'a str,
    /// What browsers call it.
    pub(super) authority: &'a str,
}

/// A running relay.
pub struct Relay {
    directory: PathBuf,
    process: Process,
    address: String,
}

impl Relay {
    pub(super) async fn start(directory: &Path, settings: &Settings<'_>) -> Result<Self> {
        fs::create_dir_all(directory).context("cannot make a directory for the relay")?;
        let mut key = OpenOptions::new();
        key.write(true).create(true).truncate(true).mode(0o600);
        key.open(directory.join("api-key"))?
            .write_all(settings.api_key.as_bytes())?;
        fs::write(
            directory.join("stagedoor.toml"),
            configuration(directory, settings),
        )?;
        let mut process = Process::start(
            "the relay",
            stagedoor(directory)?
                .arg("serve")
                .env("STAGEDOOR_TEST_PATIENCE_SECONDS", LONGER.as_secs().to_string()),
        )?;
        let address = process.line(PATIENCE, listening).await?;
        Ok(Self {
            directory: directory.to_owned(),
            process,
            address,
        })
    }

    /// Where it listens.
    pub fn address(&self) -> Result<SocketAddr> {
        self.address.parse().context("the relay names no address")
    }

    /// Invites a staff member and gives the enrolment code.
    pub fn invite(&self, email: &str, name: &str) -> Result<String> {
        // The code stands alone on standard output; what it is good for is said on standard error.
        let output = self.run(&["staff", "invite", email, "--name", name])?;
        Ok(output.trim().to_owned())
    }

    /// Runs a command of the relay's binary with this relay's configuration, and gives what it writes to standard output.
    pub fn run(&self, arguments: &[&str]) -> Result<String> {
        let output = stagedoor(&self.directory)?.args(arguments).output()?;
        if !output.status.success() {
            bail!(
                "`stagedoor {}` failed: {}",
                arguments.join(" "),
                String::from_utf8_lossy(&output.stderr)
            );
        }
        Ok(String::from_utf8(output.stdout)?)
    }

    /// The log as far as it has come here: for whoever waits for a line. See [`Relay::log_complete`].
    pub fn log(&self) -> String {
        self.process.output()
    }

    /// The directory with the store, the key file and the configuration.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// Asks the relay to end, and waits until it has.
    pub async fn stop(self) -> Result<()> {
        let status = self.process.stop(GRACE).await?;
        if !status.success() {
            bail!("the relay ended with {status}");
        }
        Ok(())
    }
}

fn stagedoor(directory: &Path) -> Result<Command> {
    let mut command = Command::new(paths::relay()?);
    command.arg("--config").arg(directory.join("stagedoor.toml"));
    Ok(command)
}

fn configuration(directory: &Path, settings: &Settings<'_>) -> String {
    let Settings {
        broker,
        platform,
        login,
        platform_lines,
        authority,
        ..
    } = settings;
    let directory = directory.display();
    format!(
        r#"
[listen]
address = "127.0.0.1:0"
authorities = ["127.0.0.1:0", "{authority}"]
[health]
address = "127.0.0.1:0"
[store]
url = "sqlite://{directory}/stagedoor.db"
[extension]
origins = ["chrome-extension://jomfnokbjcodmeceeekpoggolchicolf"]
firefox = true
[login]
{login}
[staff]
domains = ["broker.example"]
[[platform]]
id = "main"
name = "Demo Trading"
environment = "demo"
api = "v1"
base_url = "{broker}"
platform_url = "{platform}"
api_key_file = "{directory}/api-key"
egress_address = "{EGRESS_ADDRESS}"
{platform_lines}
[log]
format = "json"
"#
    )
}

/// The address that the relay is told to be seen from; one of those set apart for documentation.
pub const EGRESS_ADDRESS: &str = "203.0.113.7";

/// The API's address in the log line that says that the relay is ready.
fn listening(line: &str) -> Option<String> {
    let entry: Value = serde_json::from_str(line).ok()?;
    let fields = entry.get("fields").unwrap_or(&entry);
    if fields["message"] != "listening" {
        return None;
    }
    fields["api"].as_str().map(str::to_owned)
}
