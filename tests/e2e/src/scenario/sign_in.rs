//! Signing in at the firm's provider, as a person does it.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;

use anyhow::{Context as _, Result};
use tempfile::TempDir;

use super::Seat;
use crate::lab::Lab;
use crate::page::Page;
use crate::provider::Provider;

/// Where the two browsers send the extension back to.
pub const REDIRECT_URIS: [&str; 2] = [
    "https://jomfnokbjcodmeceeekpoggolchicolf.chromiumapp.org/sign-in",
    "https://1f7820db6021ba9da504bcdc0b4ee7e0e90504a0.extensions.allizom.org/sign-in",
];

/// A lab whose relay has people sign in at a provider.
pub struct Firm {
    /// Everything around the browser.
    pub lab: Lab,
    /// The provider.
    pub provider: Provider,
    /// Holds the relay's secret there; it must be there as long as the relay is.
    pub secret: TempDir,
}

impl Firm {
    /// Starts one in which these people are known: addresses and names.
    pub async fn start(known: &[(&str, &str)]) -> Result<Self> {
        let provider = Provider::start(&REDIRECT_URIS).await?;
        let secret = tempfile::tempdir().context("no temporary directory")?;
        let file = secret.path().join("client-secret");
        let mut options = OpenOptions::new();
        options.write(true).create_new(true).mode(0o600);
        options
            .open(&file)?
            .write_all(provider.client_secret.as_bytes())?;

        let lab = Lab::start_with(&format!(
            "reason = \"optional\"\n[sign_in]\nissuer = \"{}\"\nclient_id = \"{}\"\nclient_secret_file = \"{}\"",
            provider.issuer,
            provider.client_id,
            file.display()
        ))
        .await?;
        for (address, name) in known {
            lab.relay()?.run(&["staff", "add", address, "--name", name])?;
        }
        Ok(Self {
            lab,
            provider,
            secret,
        })
    }
}

impl Seat {
    /// Opens the options page, enters the relay's address, and waits until signing in is offered there.
    pub async fn find_sign_in(&self, lab: &Lab) -> Result<Page> {
        let options = self.browser.open_extension("options.html").await?;
        options.fill("#relay", &lab.front.url()).await?;
        options.evaluate("document.activeElement.blur()").await?;
        options.text("[data-slot=signIn]").await?;
        Ok(options)
    }

    /// The window in which the provider asks who this is.
    pub async fn sign_in_window(&self, provider: &Provider) -> Result<Page> {
        let window = self.browser.page_at(&provider.issuer).await?;
        window
            .wait_for("the provider's form", "document.querySelector('#login')")
            .await?;
        Ok(window)
    }

    /// Presses the button for it, and signs in as the account of that name.
    pub async fn sign_in(&self, options: &Page, provider: &Provider, account: &str) -> Result<()> {
        options.click("[data-slot=signIn]").await?;
        let window = self.sign_in_window(provider).await?;
        window.fill("#login", account).await?;
        window.click("#sign-in").await
    }
}

/// Waits until the options page says that this browser is connected.
pub async fn connected(options: &Page) -> Result<()> {
    options
        .wait_for(
            "the options page to say that this browser is connected",
            "document.querySelector('#connection-title') && document.querySelector('#settings[aria-busy=false]')",
        )
        .await
}

/// Waits until the options page says what went wrong, and gives its words.
pub async fn complaint(options: &Page) -> Result<String> {
    options
        .wait_for(
            "the options page to come to an end",
            "document.querySelector('#settings[aria-busy=false] [data-slot=error]:not([hidden])')",
        )
        .await?;
    options.text("[data-slot=error]").await
}
