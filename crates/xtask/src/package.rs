//! `cargo xtask package`: what is handed to the stores and to firms. The core is compiled twice, the second time from nothing, and
//! both must come to the same bytes; Mozilla's checker must have nothing to say; the core's list of parts goes with it.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, bail};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::build;
use crate::install;
use crate::npm::{NPM, WEB_EXT};
use crate::project::Project;
use crate::sbom;
use crate::step::{Step, step};
use crate::tools::{RUST_WASM, WASM_BINDGEN};
use crate::variants::Variant;
use crate::wasm::{self, Files};
use crate::zip;

/// Messages of Mozilla's checker that may be, each with the reason. There are none.
const EXPLAINED: &[(&str, &str)] = &[];

/// Makes the packages.
pub(crate) fn run(project: &Project) -> Result<()> {
    install::ensure(project, &[&RUST_WASM, &WASM_BINDGEN, &NPM])?;
    let files = wasm::build(project)?;
    let packages = build::pack(project, &files)?;
    step(project, "build the extension again, from nothing", |step| {
        let again = wasm::build_from_nothing(project, step)?;
        same(&files, &again)?;
        // Packing takes its time, and goes the same way for each.
        let packed = packages.iter().find(|(variant, _)| *variant == Variant::Firefox);
        if packed.is_none_or(|(_, packed)| {
            Variant::Firefox
                .of(&again)
                .and_then(|files| zip::pack(&files))
                .ok()
                .as_ref()
                != Some(packed)
        }) {
            bail!("packed again, the same files have other bytes");
        }
        Ok("the same bytes".to_owned())
    })?;
    WEB_EXT.install(project)?;
    step(project, "Mozilla's checker", |step| {
        check(project, step, &Variant::Firefox.of(&files)?)
    })?;
    let list = project
        .dist()
        .join(format!("stagedoor-{}.cdx.json", project.version()));
    fs::write(&list, sbom::of_core(project)?)?;
    println!();
    for (variant, packed) in &packages {
        let name = variant.file_name(project.version());
        println!("{:<28} {:>7} bytes  sha256 {}", name, packed.len(), hex(packed));
    }
    println!("{}", list.display());
    build::within_limit(&packages)
}

/// An error that names the first file which differs.
fn same(first: &Files, second: &Files) -> Result<()> {
    for name in first.keys().chain(second.keys()) {
        if first.get(name) != second.get(name) {
            bail!(
                "built again, {name} has other bytes: something of this machine or this moment gets into it"
            );
        }
    }
    Ok(())
}

/// Has the unpacked extension looked at.
fn check(project: &Project, step: &mut Step, files: &Files) -> Result<String> {
    let folder = project.target.join("web-ext-checked");
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    write(files, &folder)?;
    let mut command = project.command("node");
    command
        .arg(
            WEB_EXT
                .folder(project)
                .join("node_modules/web-ext/bin/web-ext.js"),
        )
        .args([
            "lint",
            "--no-config-discovery",
            "--no-input",
            "--output",
            "json",
            "--source-dir",
        ])
        .arg(&folder);
    // It fails at errors only, and says the same on its output.
    let output = command.output().context("cannot start node")?;
    let said: Value = serde_json::from_slice(&output.stdout)
        .with_context(|| format!("Mozilla's checker: {}", String::from_utf8_lossy(&output.stderr)))?;
    let mut unexplained = Vec::new();
    for kind in ["errors", "warnings", "notices"] {
        for message in said[kind]
            .as_array()
            .context("Mozilla's checker says something else")?
        {
            let code = message["code"].as_str().unwrap_or_default();
            match EXPLAINED.iter().find(|(explained, _)| *explained == code) {
                Some((_, why)) => step.note(&format!("{code}: {why}"))?,
                None => unexplained.push(format!(
                    "{kind}: {code}: {} ({})",
                    message["message"], message["file"]
                )),
            }
        }
    }
    if !unexplained.is_empty() {
        bail!("{}", unexplained.join("\n"));
    }
    Ok("no errors, warnings or notices".to_owned())
}

fn write(files: &Files, folder: &Path) -> Result<()> {
    for (path, content) in files {
        let file = folder.join(path);
        if let Some(parent) = file.parent() {
            fs::create_dir_all(parent)?;
        }
        fs::write(&file, content).with_context(|| format!("cannot write {}", file.display()))?;
    }
    Ok(())
}

fn hex(bytes: &[u8]) -> String {
    Sha256::digest(bytes)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}
