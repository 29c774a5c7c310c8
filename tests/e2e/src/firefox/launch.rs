//! Starts Firefox with nothing of its own to say to the network or to the person.

use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result};
use serde_json::json;

use super::language;
use crate::browser::Setup;
use crate::elsewhere;
use crate::paths;
use crate::process::Process;
use crate::rpc::Client;
use crate::wait::PATIENCE;

/// Preferences beyond those that the remote agent sets by itself.
const PREFERENCES: &str = r#"
user_pref("app.normandy.enabled", false);
user_pref("browser.aboutwelcome.enabled", false);
user_pref("browser.newtabpage.enabled", false);
user_pref("browser.shell.checkDefaultBrowser", false);
user_pref("browser.startup.homepage", "about:blank");
user_pref("browser.startup.page", 0);
user_pref("datareporting.policy.dataSubmissionEnabled", false);
user_pref("extensions.getAddons.cache.enabled", false);
user_pref("extensions.update.enabled", false);
user_pref("network.captive-portal-service.enabled", false);
user_pref("network.connectivity-service.enabled", false);
user_pref("nimbus.rollouts.enabled", false);
user_pref("services.settings.server", "data:,none");
"#;

pub(super) async fn start(
    profile: &Path,
    setup: Setup,
    home: Option<&Path>,
    policies: Option<&Path>,
) -> Result<(Process, Client)> {
    fs::create_dir_all(profile).context("cannot make a profile for Firefox")?;
    let proxy = setup.proxy;
    let mut preferences = proxy.map_or_else(String::new, through) + PREFERENCES;
    if let Some(language) = setup.language {
        preferences += &language::install(profile, language)?;
    }
    fs::write(profile.join("user.js"), preferences).context("cannot write Firefox's preferences")?;
    let mut command = match policies {
        Some(policies) => elsewhere::command(&paths::firefox()?, &[(policies.to_owned(), DISTRIBUTION)]),
        None => Command::new(paths::firefox()?),
    };
    command
        .args([
            "--headless",
            "--no-remote",
            "--remote-debugging-port=0",
            "--remote-allow-system-access",
        ])
        .arg("--profile")
        .arg(profile)
        // Its crash helper would outlive it.
        .env("MOZ_CRASHREPORTER_DISABLE", "1");
    if let Some(home) = home {
        command.env("HOME", home);
    }
    let mut process = Process::start("Firefox", &mut command)?;
    let url = process
        .line(PATIENCE, |line| {
            Some(line.split_once("WebDriver BiDi listening on ")?.1.to_owned())
        })
        .await?;
    let client = Client::connect(&format!("{}/session", url.trim())).await?;
    let capabilities = json!({"alwaysMatch": {"acceptInsecureCerts": proxy.is_some()}});
    let session = json!({"capabilities": capabilities});
    client.call("session.new", session).await?;
    Ok((process, client))
}

/// Where Debian's Firefox looks for policies that are its own, beside the program.
const DISTRIBUTION: &str = "/usr/lib/firefox-esr/distribution";

/// Preferences that lead to all hosts but this machine through a proxy. Where one is used, times are measured too, for
/// which the clock of pages must not be blurred.
fn through(proxy: SocketAddr) -> String {
    format!(
        "user_pref(\"network.proxy.type\", 1);\nuser_pref(\"network.proxy.ssl\", \"{}\");\n\
        user_pref(\"network.proxy.ssl_port\", {});\nuser_pref(\"privacy.reduceTimerPrecision\", false);\n",
        proxy.ip(),
        proxy.port()
    )
}
