//! `cargo xtask wasm`: compiles the core and lays the extension out in `dist/extension`, ready to be loaded unpacked.

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use anyhow::{Context as _, Result, bail};

use crate::collector;
use crate::comments::without_comments;
use crate::install;
use crate::modules;
use crate::numbered;
use crate::project::Project;
use crate::smaller::smaller;
use crate::step::{Step, step};
use crate::tools::{FOR_EXTENSION, WASM_BINDGEN, WASM_TARGET};

/// The name of the core's files in the extension, without endings.
const CORE: &str = "stagedoor_extension_core";

/// The files of an extension: path with forward slashes, and content.
pub(crate) type Files = BTreeMap<String, Vec<u8>>;

/// Builds the extension, and tells where it is.
pub(crate) fn run(project: &Project) -> Result<()> {
    build(project)?;
    println!(
        "load this folder as an unpacked extension: {}",
        project.dist().join("extension").display()
    );
    Ok(())
}

/// Builds the extension into `dist/extension`, which then holds exactly the files returned.
pub(crate) fn build(project: &Project) -> Result<Files> {
    install::ensure(project, FOR_EXTENSION)?;
    let mut files = Files::new();
    step(project, "build extension", |step| {
        let core = compile(project, step, &project.target)?;
        files = assemble(project, &core)?;
        mirror(&files, &project.dist().join("extension"))?;
        Ok(format!("{} files", files.len()))
    })?;
    Ok(files)
}

/// Builds it once more, with nothing left of an earlier build, and in another folder.
pub(crate) fn build_from_nothing(project: &Project, step: &mut Step) -> Result<Files> {
    let target = project.target.join("from-nothing");
    if target.exists() {
        fs::remove_dir_all(&target).with_context(|| format!("cannot remove {}", target.display()))?;
    }
    let core = compile(project, step, &target)?;
    assemble(project, &core)
}

/// The path of the core's module within the extension.
pub(crate) fn module_path() -> String {
    format!("core/{CORE}_bg.wasm")
}

/// Compiles the core and returns the folder with its two files; reuses what is there when nothing changed.
fn compile(project: &Project, step: &mut Step, target: &Path) -> Result<PathBuf> {
    let mut cargo = project.command("cargo");
    // Cargo optimises across crates only where no `rlib` is made beside; with one it leaves that out, and says nothing.
    cargo.args([
        "rustc",
        "--package",
        "stagedoor-extension-core",
        "--lib",
        "--crate-type",
        "cdylib",
        "--features",
        "shipped",
        "--profile",
        "wasm-release",
    ]);
    cargo
        .args(["--target", WASM_TARGET])
        .env("CARGO_ENCODED_RUSTFLAGS", without_machine_paths(project)?)
        .env("CARGO_TARGET_DIR", target);
    step.run(&mut cargo)?;

    let compiled = target
        .join(WASM_TARGET)
        .join("wasm-release")
        .join(format!("{CORE}.wasm"));
    let folder = target.join("xtask-core");
    let stamp_file = target.join("xtask-core.stamp");
    let stamp = stamp(&compiled, WASM_BINDGEN.version(project))?;
    if fs::read_to_string(&stamp_file).is_ok_and(|old| old == stamp) && folder.is_dir() {
        step.note("the core has not changed")?;
        return Ok(folder);
    }

    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    let mut bindgen = project.command("wasm-bindgen");
    bindgen.args([
        "--target",
        "web",
        "--no-typescript",
        "--remove-name-section",
        "--remove-producers-section",
    ]);
    bindgen
        .args(["--out-name", CORE, "--out-dir"])
        .arg(&folder)
        .arg(&compiled);
    step.run(&mut bindgen)?;
    fs::write(&stamp_file, stamp)?;
    Ok(folder)
}

/// Compiler flags that keep this machine's folders out of the binary: the same source gives the same bytes anywhere.
pub(crate) fn without_machine_paths(project: &Project) -> Result<String> {
    let about = project.output("rustc", &["--version", "--verbose"])?;
    let commit = about
        .lines()
        .find_map(|line| line.strip_prefix("commit-hash: "))
        .unwrap_or("unknown");
    let sysroot = project.output("rustc", &["--print", "sysroot"])?;
    let sources = Path::new(sysroot.trim()).join("lib/rustlib/src/rust");
    let home = match env::var_os("CARGO_HOME") {
        Some(home) => PathBuf::from(home),
        None => PathBuf::from(env::var_os("HOME").context("HOME is not set")?).join(".cargo"),
    };
    let pairs = [
        (project.root.as_path(), "/stagedoor".to_owned()),
        (home.as_path(), "/cargo".to_owned()),
        (sources.as_path(), format!("/rustc/{commit}")),
    ];
    let flags = pairs.map(|(from, to)| format!("--remap-path-prefix={}={to}", from.display()));
    Ok(flags.join("\u{1f}"))
}

fn stamp(compiled: &Path, bindgen: Option<String>) -> Result<String> {
    let entry = fs::metadata(compiled).with_context(|| format!("{} was not built", compiled.display()))?;
    let changed = entry.modified()?.duration_since(UNIX_EPOCH)?.as_nanos();
    Ok(format!(
        "{} bytes, {changed} ns, by wasm-bindgen {bindgen:?}",
        entry.len()
    ))
}

fn assemble(project: &Project, core: &Path) -> Result<Files> {
    let mut files = Files::new();
    collect(&project.root.join("extension"), "", &mut files)?;
    let manifest = files
        .get_mut("manifest.json")
        .context("extension/manifest.json is missing")?;
    *manifest = with_version(std::str::from_utf8(manifest)?, project.version())?.into_bytes();
    collector::join(&mut files)?;
    collect(core, "core/", &mut files)?;
    modules::join(&mut files)?;
    numbered::number(&mut files)?;
    for (path, content) in &mut files {
        if path.ends_with(".js") {
            let script = std::str::from_utf8(content).with_context(|| format!("{path} is not text"))?;
            *content = without_comments(script).into_bytes();
        }
        if let Ok(text) = std::str::from_utf8(content)
            && let Some(smaller) = smaller(path, text)?
        {
            *content = smaller.into_bytes();
        }
    }
    Ok(files)
}

fn collect(folder: &Path, prefix: &str, files: &mut Files) -> Result<()> {
    let entries = fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))?;
    for entry in entries {
        let entry = entry?;
        let name = entry
            .file_name()
            .into_string()
            .ok()
            .context("a file name is not Unicode")?;
        let path = format!("{prefix}{name}");
        if name.starts_with('.') || name.ends_with(".md") {
            // Notes for developers, and what editors leave behind.
        } else if entry.file_type()?.is_dir() {
            collect(&entry.path(), &format!("{path}/"), files)?;
        } else {
            files.insert(path, fs::read(entry.path())?);
        }
    }
    Ok(())
}

/// The manifest with the workspace's version in place of its own, everything else as its author wrote it.
fn with_version(manifest: &str, version: &str) -> Result<String> {
    let (before, after) = manifest
        .split_once("\"version\"")
        .context("the manifest has no version")?;
    let mut parts = after.splitn(3, '"');
    let (Some(colon), Some(_), Some(rest)) = (parts.next(), parts.next(), parts.next()) else {
        bail!("the manifest's version is not a string");
    };
    let filled = format!("{before}\"version\"{colon}\"{version}\"{rest}");
    let parsed: serde_json::Value = serde_json::from_str(&filled).context("the manifest is not JSON")?;
    if parsed["version"] != version {
        bail!("the manifest's own version has to come before any other key of that name");
    }
    Ok(filled)
}

/// Makes a folder hold exactly these files, touching only what differs: a browser may have it loaded.
fn mirror(files: &Files, folder: &Path) -> Result<()> {
    let mut present = Files::new();
    if folder.is_dir() {
        collect_all(folder, "", &mut present)?;
    }
    for stale in present.keys().filter(|path| !files.contains_key(*path)) {
        fs::remove_file(folder.join(stale))?;
    }
    for (path, content) in files
        .iter()
        .filter(|(path, content)| present.get(*path) != Some(content))
    {
        let target = folder.join(path);
        if let Some(parent) = target.parent() {
            fs::create_dir_all(parent)?;
        }
        fs::write(target, content)?;
    }
    Ok(())
}

fn collect_all(folder: &Path, prefix: &str, files: &mut Files) -> Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let path = format!("{prefix}{}", entry.file_name().to_string_lossy());
        if entry.file_type()?.is_dir() {
            collect_all(&entry.path(), &format!("{path}/"), files)?;
        } else {
            files.insert(path, fs::read(entry.path())?);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::with_version;

    #[test]
    fn fills_in_the_version_and_leaves_the_rest() {
        let manifest = "{\n  \"manifest_version\": 3,\n  \"version\" : \"0\",\n  \"name\": \"x\"\n}\n";
        let filled = with_version(manifest, "1.2.3").unwrap();
        assert_eq!(filled, manifest.replace("\"0\"", "\"1.2.3\""));
    }

    #[test]
    fn refuses_a_manifest_whose_version_it_cannot_find() {
        assert!(with_version("{\"manifest_version\": 3}", "1.2.3").is_err());
        assert!(with_version("{\"version\": 3}", "1.2.3").is_err());
        let nested = "{\"a\": {\"version\": \"0\"}, \"version\": \"0\"}";
        assert!(with_version(nested, "1.2.3").is_err());
    }
}
