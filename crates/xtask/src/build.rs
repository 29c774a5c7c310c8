//! `cargo xtask build`: what is shipped, in `dist`: the relay's static binary and the extension's packages.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};

use crate::install;
use crate::project::Project;
use crate::step::step;
use crate::tools::{FOR_BUILD, RELAY_TARGET};
use crate::variants::Variant;
use crate::wasm::{self, Files};
use crate::zip;

/// What the extension's package may weigh: staff download it on every update. Six languages are a quarter of it,
/// and the core not quite half.
const MAXIMUM_PACKAGE_BYTES: usize = 274_600;

/// Builds everything and prints how large it is.
pub(crate) fn run(project: &Project) -> Result<()> {
    install::ensure(project, FOR_BUILD)?;
    package_extension(project)?;
    let relay = build_relay(project)?;
    print_size(project, &relay, fs::metadata(&relay)?.len());
    Ok(())
}

/// Packages, with who gets each.
pub(crate) type Packages = Vec<(Variant, Vec<u8>)>;

/// Builds the extension, packs it, and prints how large it is.
pub(crate) fn package_extension(project: &Project) -> Result<()> {
    let files = wasm::build(project)?;
    let module = files
        .get(&wasm::module_path())
        .context("the core's module is missing")?;
    let packages = pack(project, &files)?;
    let unpacked = project.dist().join("extension").join(wasm::module_path());
    let compressed = match compressed_size(project, &unpacked)? {
        Some(bytes) => format!("{} compressed by brotli", kilobytes(bytes)),
        None => "compressed size unknown without brotli".to_owned(),
    };
    println!(
        "{:<44} {:>9}  {compressed}",
        "WebAssembly core",
        kilobytes(module.len() as u64)
    );
    for (variant, packed) in &packages {
        let file = project.dist().join(variant.file_name(project.version()));
        print_size(project, &file, packed.len() as u64);
    }
    within_limit(&packages)
}

/// Packs the extension for each kind of browser into `dist`.
pub(crate) fn pack(project: &Project, files: &Files) -> Result<Packages> {
    let mut packages = Packages::new();
    step(project, "package extension", |_| {
        for variant in Variant::ALL {
            let packed = zip::pack(&variant.of(files)?)?;
            fs::write(project.dist().join(variant.file_name(project.version())), &packed)?;
            packages.push((variant, packed));
        }
        Ok(String::new())
    })?;
    Ok(packages)
}

/// An error that tells how much too large a package is.
pub(crate) fn within_limit(packages: &Packages) -> Result<()> {
    match packages.iter().map(|(_, packed)| packed.len()).max() {
        Some(bytes) if bytes > MAXIMUM_PACKAGE_BYTES => {
            bail!("a package has {bytes} bytes, {MAXIMUM_PACKAGE_BYTES} are the limit")
        }
        _ => Ok(()),
    }
}

/// Builds the relay's static binary.
pub(crate) fn build_relay(project: &Project) -> Result<PathBuf> {
    step(project, "build relay", |step| {
        let mut cargo = project.command("cargo");
        cargo.args([
            "build",
            "--package",
            "stagedoor-relay",
            "--bin",
            "stagedoor",
            "--release",
        ]);
        cargo.args(["--target", RELAY_TARGET]);
        step.run(cargo.env("CARGO_ENCODED_RUSTFLAGS", wasm::without_machine_paths(project)?))?;
        Ok(String::new())
    })?;
    let built = project.target.join(RELAY_TARGET).join("release/stagedoor");
    let shipped = project.dist().join("stagedoor");
    // A relay that is running from here keeps its file; overwriting that would be refused.
    if shipped.exists() {
        fs::remove_file(&shipped)?;
    }
    fs::copy(&built, &shipped).with_context(|| format!("cannot copy {}", built.display()))?;
    Ok(shipped)
}

fn compressed_size(project: &Project, file: &Path) -> Result<Option<u64>> {
    if project.find("brotli").is_none() {
        return Ok(None);
    }
    let output = project
        .command("brotli")
        .args(["--best", "--stdout"])
        .arg(file)
        .output()?;
    if !output.status.success() {
        bail!("brotli failed: {}", String::from_utf8_lossy(&output.stderr));
    }
    Ok(Some(output.stdout.len() as u64))
}

fn print_size(project: &Project, file: &Path, bytes: u64) {
    let name = file.strip_prefix(&project.root).unwrap_or(file);
    println!("{:<44} {:>9}", name.display(), kilobytes(bytes));
}

#[expect(clippy::cast_precision_loss, reason = "sizes for people")]
fn kilobytes(bytes: u64) -> String {
    format!("{:.1} KB", bytes as f64 / 1000.0)
}
