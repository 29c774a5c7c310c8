//! `cargo xtask build`: what is shipped, in `dist`: the relay's static binary and the extension's packages.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};

use crate::install;
use crate::project::Project;
use crate::step::step;
use crate::tools::{FOR_BUILD, RELAY_TARGET};
use crate::wasm;
use crate::zip;

/// What the extension's package may weigh: staff download it on every update.
const MAXIMUM_PACKAGE_BYTES: u64 = 150_000;

/// Builds everything and prints how large it is.
pub(crate) fn run(project: &Project) -> Result<()> {
    install::ensure(project, FOR_BUILD)?;
    let packages = package_extension(project)?;
    let relay = build_relay(project)?;
    println!();
    packages.print(project);
    print_size(project, &relay, fs::metadata(&relay)?.len());
    Ok(())
}

/// The extension as it is handed out.
pub(crate) struct Packages {
    zip: PathBuf,
    xpi: PathBuf,
    zip_bytes: u64,
    module_bytes: u64,
    module_compressed: Option<u64>,
}

/// Builds the extension and packs it, for Chromium and for Firefox.
pub(crate) fn package_extension(project: &Project) -> Result<Packages> {
    let files = wasm::build(project)?;
    let module = files
        .get(&wasm::module_path())
        .context("the core's module is missing")?;
    let mut packages = Packages {
        zip: project
            .dist()
            .join(format!("stagedoor-{}.zip", project.version())),
        xpi: project
            .dist()
            .join(format!("stagedoor-{}.xpi", project.version())),
        zip_bytes: 0,
        module_bytes: module.len() as u64,
        module_compressed: compressed_size(
            project,
            &project.dist().join("extension").join(wasm::module_path()),
        )?,
    };
    step(project, "package extension", |_| {
        // Both browsers read the same manifest, so the two packages differ in name only.
        let packed = zip::pack(&files)?;
        packages.zip_bytes = packed.len() as u64;
        fs::write(&packages.zip, &packed)?;
        fs::write(&packages.xpi, &packed)?;
        if packages.zip_bytes > MAXIMUM_PACKAGE_BYTES {
            bail!(
                "the package has {} bytes, {MAXIMUM_PACKAGE_BYTES} are the limit",
                packages.zip_bytes
            );
        }
        Ok(String::new())
    })?;
    Ok(packages)
}

impl Packages {
    /// Prints how large the packages are.
    pub(crate) fn print(&self, project: &Project) {
        let compressed = match self.module_compressed {
            Some(bytes) => format!("{} compressed by brotli", kilobytes(bytes)),
            None => "compressed size unknown without brotli".to_owned(),
        };
        println!(
            "{:<44} {:>9}  {compressed}",
            "WebAssembly core",
            kilobytes(self.module_bytes)
        );
        print_size(project, &self.zip, self.zip_bytes);
        print_size(project, &self.xpi, self.zip_bytes);
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
