//! A real OpenID provider on loopback, in Node: who signs in there is told by `tests/e2e/provider/provider.mjs`.

use std::process::Stdio;

use anyhow::{Context as _, Result};
use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};
use tokio::time::timeout;

use crate::paths;
use crate::wait::PATIENCE;

/// A running provider. It ends with this value, and with this process: it reads from a pipe that only this process holds.
pub struct Provider {
    /// Its name in ID tokens, and where it is.
    pub issuer: String,
    /// The relay's name there.
    pub client_id: String,
    /// The relay's secret there: a new one for each provider.
    pub client_secret: String,
    _child: Child,
}

impl Provider {
    /// Starts one that sends codes to these addresses.
    pub async fn start(redirect_uris: &[&str]) -> Result<Self> {
        let mut child = Command::new("node")
            .arg(paths::provider()?.join("provider.mjs"))
            .args(redirect_uris)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .context("node does not start: `cargo xtask doctor` says how to get it")?;
        let output = child.stdout.take().context("the provider has no output")?;
        let line = timeout(PATIENCE, BufReader::new(output).lines().next_line())
            .await
            .context("the OpenID provider did not get ready")??
            .context("the OpenID provider ended; run it by hand to see why")?;
        let ready: Value = serde_json::from_str(&line).context("the OpenID provider said something else")?;
        let text = |name: &str| {
            ready[name]
                .as_str()
                .map(str::to_owned)
                .with_context(|| format!("no {name}"))
        };
        Ok(Self {
            issuer: text("issuer")?,
            client_id: text("clientId")?,
            client_secret: text("clientSecret")?,
            _child: child,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Provider;

    #[tokio::test]
    async fn it_says_where_it_is_and_makes_a_secret_of_its_own() {
        let redirect = ["https://jomfnokbjcodmeceeekpoggolchicolf.chromiumapp.org/sign-in"];
        let one = Provider::start(&redirect).await.unwrap();
        let other = Provider::start(&redirect).await.unwrap();
        assert!(one.issuer.starts_with("http://127.0.0.1:"), "{}", one.issuer);
        assert_ne!(one.issuer, other.issuer);
        assert_ne!(one.client_secret, other.client_secret);
    }
}
