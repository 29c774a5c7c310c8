//! Starts Chromium with nothing of its own to say to the network or to the person.

use std::ffi::OsStr;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;

use crate::browser::PrivateWindows;
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
        }
    }
}

const QUIET: [&str; 13] = [
    "--no-first-run",
    "--no-default-browser-check",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-quic",
    "--disable-breakpad",
    "--disable-default-apps",
    "--disable-search-engine-choice-screen",
    "--disable-features=Translate,OptimizationHints,MediaRouter",
    "--password-store=basic",
    "--use-mock-keychain",
    "--lang=en-US",
];

pub(super) async fn start(profile: &Path, options: &Options) -> Result<(Process, Client)> {
    let mut command = match &options.system {
        Some(system) => administered(&paths::chromium()?, system),
        None => Command::new(paths::chromium()?),
    };
    command
        .args(QUIET)
        // Chosen by the system, and told on standard error.
        .arg("--remote-debugging-port=0")
        .arg("--enable-unsafe-extension-debugging")
        .arg(format!("--user-data-dir={}", profile.display()))
        .arg(format!("--window-size={},{}", options.window.0, options.window.1));
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

/// Chromium in a view of the file system of its own, in which a directory is its system-wide one. It has no other way to
/// be given policies, and this one no other program sees, and nothing has to be tidied away after.
fn administered(chromium: &Path, system: &Path) -> Command {
    let mut command = Command::new("unshare");
    command.args(["--mount", "--propagation", "private"]);
    if !rustix::process::geteuid().is_root() {
        command.arg("--map-current-user");
    }
    let mount = format!("mount --bind \"$1\" {SYSTEM} && shift && exec \"$@\"");
    let script: [&OsStr; 6] = [
        "sh".as_ref(),
        "-c".as_ref(),
        mount.as_ref(),
        "sh".as_ref(),
        system.as_ref(),
        chromium.as_ref(),
    ];
    command.args(script);
    command
}

/// Where Debian's Chromium looks for an administrator's word.
const SYSTEM: &str = "/etc/chromium";
