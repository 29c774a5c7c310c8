//! Starts Chromium with nothing of its own to say to the network or to the person.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result};

use crate::browser::PrivateWindows;
use crate::elsewhere;
use crate::paths;
use crate::process::Process;
use crate::rpc::Client;
use crate::wait::PATIENCE;

/// How Chromium is shown.
#[derive(Debug, Clone)]
pub struct Options {
    /// Whether a person can see it.
    pub headed: bool,
    /// Size of the first window, in CSS pixels.
    pub window: (u32, u32),
    /// Device pixels per CSS pixel.
    pub scale: u32,
    /// Whether the extension is let into private windows.
    pub private: PrivateWindows,
    /// A directory that stands in the place of the system's, with an administrator's policies in it.
    pub system: Option<PathBuf>,
    /// A proxy whose certificates are taken for good, for pages of ours under other hosts' names.
    pub proxy: Option<SocketAddr>,
    /// The language of Chromium's own interface, where it is not English.
    pub language: Option<&'static str>,
    /// Whether it asks where its policies tell it to for extensions, and their updates.
    pub updates: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            headed: false,
            window: (1280, 860),
            scale: 1,
            private: PrivateWindows::Allowed,
            system: None,
            proxy: None,
            language: None,
            updates: false,
        }
    }
}

const QUIET: [&str; 11] = [
    "--no-first-run",
    "--no-default-browser-check",
    "--disable-component-update",
    "--disable-sync",
    "--disable-quic",
    "--disable-breakpad",
    "--disable-default-apps",
    "--disable-search-engine-choice-screen",
    "--disable-features=Translate,OptimizationHints,MediaRouter",
    "--password-store=basic",
    "--use-mock-keychain",
];

pub(super) async fn start(profile: &Path, options: &Options) -> Result<(Process, Client)> {
    let mut places = Vec::new();
    if let Some(system) = &options.system {
        places.push((system.clone(), SYSTEM));
    }
    if let Some(language) = options.language {
        places.push((locales(profile, language)?, LOCALES));
    }
    let mut command = if places.is_empty() {
        Command::new(paths::chromium()?)
    } else {
        elsewhere::command(&paths::chromium()?, &places)
    };
    let language = options.language.unwrap_or("en-US");
    command
        .args(QUIET)
        .arg(format!("--lang={language}"))
        .env("LANGUAGE", language)
        // Chosen by the system, and told on standard error.
        .arg("--remote-debugging-port=0")
        .arg("--enable-unsafe-extension-debugging")
        .arg(format!("--user-data-dir={}", profile.display()))
        .arg(format!("--window-size={},{}", options.window.0, options.window.1));
    if !options.updates {
        command.arg("--disable-background-networking");
    }
    if options.headed {
        command.arg(format!("--force-device-scale-factor={}", options.scale));
    } else {
        command.args(["--headless=new", "--disable-gpu", "--hide-scrollbars"]);
        // The screen it imagines is small by default, and a popup is cut to fit the screen.
        let (width, height) = (1920 * options.scale, 1200 * options.scale);
        command.arg(format!(
            "--screen-info={{{width}x{height} devicePixelRatio={}}}",
            options.scale
        ));
    }
    if let Some(proxy) = options.proxy {
        command.args([
            &format!("--proxy-server=http://{proxy}"),
            "--ignore-certificate-errors",
        ]);
    }
    if rustix::process::geteuid().is_root() {
        // Chromium's sandbox refuses to run as root.
        command.arg("--no-sandbox");
    }
    command.arg("about:blank");
    let mut process = Process::start("Chromium", &mut command)?;
    let url = process
        .line(PATIENCE, |line| {
            Some(line.split_once("DevTools listening on ")?.1.to_owned())
        })
        .await?;
    let client = Client::connect(url.trim()).await?;
    Ok((process, client))
}

/// A directory of languages in which Chromium finds the one wanted, so that its packages of languages need not be installed.
/// What it says itself stays English; which texts of an extension's it takes, and how they run, goes by the name.
fn locales(profile: &Path, language: &str) -> Result<PathBuf> {
    let directory = profile.with_extension("locales");
    fs::create_dir_all(&directory).context("cannot make a directory of languages")?;
    for name in ["en-US", language] {
        fs::copy(
            format!("{LOCALES}/en-US.pak"),
            directory.join(format!("{name}.pak")),
        )
        .with_context(|| format!("Chromium's texts are not in {LOCALES}"))?;
    }
    Ok(directory)
}

/// Where Debian's Chromium looks for an administrator's word.
const SYSTEM: &str = "/etc/chromium";

/// Where Debian's Chromium looks for its texts.
const LOCALES: &str = "/usr/lib/chromium/locales";
