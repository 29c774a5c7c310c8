//! Where the built parts and the browsers are.

use std::env;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};

/// The root of the checkout.
pub fn workspace() -> PathBuf {
    // tests/e2e is two levels below the root.
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .ancestors()
        .nth(2)
        .unwrap_or(Path::new("."))
        .to_owned()
}

/// The built, unpacked extension: `STAGEDOOR_EXTENSION_DIR`, or `dist/extension`.
pub fn extension() -> Result<PathBuf> {
    let directory = from_environment("STAGEDOOR_EXTENSION_DIR", "dist/extension");
    if !directory.join("manifest.json").is_file() {
        bail!(
            "no built extension at {}: run `cargo xtask wasm` first",
            directory.display()
        );
    }
    Ok(directory)
}

/// The relay's binary: `STAGEDOOR_RELAY_BIN`, or `target/debug/stagedoor`.
pub fn relay() -> Result<PathBuf> {
    let binary = from_environment("STAGEDOOR_RELAY_BIN", "target/debug/stagedoor");
    if !binary.is_file() {
        bail!(
            "no relay at {}: run `cargo build -p stagedoor-relay` first",
            binary.display()
        );
    }
    Ok(binary)
}

/// The OpenID provider that tests sign in at, as it was installed: `STAGEDOOR_PROVIDER_DIR`, or `target/provider`.
pub fn provider() -> Result<PathBuf> {
    let directory = from_environment("STAGEDOOR_PROVIDER_DIR", "target/provider");
    if !directory.join("installed-lock.json").is_file() {
        bail!(
            "no OpenID provider at {}: run `cargo xtask test e2e` once, which installs it",
            directory.display()
        );
    }
    Ok(directory)
}

/// The accessibility engine's script, as it was installed: below `STAGEDOOR_AXE_DIR`, or `target/axe`.
pub fn axe() -> Result<PathBuf> {
    let directory = from_environment("STAGEDOOR_AXE_DIR", "target/axe");
    if !directory.join("installed-lock.json").is_file() {
        bail!(
            "no axe-core at {}: run `cargo xtask test e2e` once, which installs it",
            directory.display()
        );
    }
    Ok(directory.join("node_modules/axe-core/axe.min.js"))
}

/// Chromium's binary: `STAGEDOOR_CHROMIUM`, or the first of its usual names on the path.
pub fn chromium() -> Result<PathBuf> {
    program("STAGEDOOR_CHROMIUM", &["chromium", "chromium-browser", "chrome"])
}

/// Firefox's binary: `STAGEDOOR_FIREFOX`, or the first of its usual names on the path.
pub fn firefox() -> Result<PathBuf> {
    program("STAGEDOOR_FIREFOX", &["firefox-esr", "firefox"])
}

fn from_environment(variable: &str, default: &str) -> PathBuf {
    workspace().join(env::var_os(variable).unwrap_or_else(|| default.into()))
}

fn program(variable: &str, names: &[&str]) -> Result<PathBuf> {
    if let Some(path) = env::var_os(variable) {
        return Ok(path.into());
    }
    let directories = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&directories)
        .flat_map(|directory| names.iter().map(move |name| directory.join(name)))
        .find(|path| path.is_file())
        .with_context(|| {
            format!(
                "{} is not installed: run `cargo xtask doctor`, or set {variable}",
                names[0]
            )
        })
}
