//! `cargo xtask ci`: everything that must hold before a change lands, quick checks first.

use std::time::Instant;

use anyhow::Result;

use crate::build;
use crate::directions;
use crate::install;
use crate::project::Project;
use crate::step::step;
use crate::test;
use crate::tidy;
use crate::tools::{FOR_CI, WASM_TARGET};

/// Runs all checks and all tests.
pub(crate) fn run(project: &Project) -> Result<()> {
    let started = Instant::now();
    install::ensure(project, FOR_CI)?;
    step(project, "tidy", |_| tidy::check(project))?;
    cargo_step(project, "format", &["fmt", "--all", "--check"])?;
    step(project, "dependency directions", |_| directions::check(project))?;
    step(project, "dependency licences, bans and sources", |step| {
        step.run(
            project
                .command("cargo-deny")
                .args(["--locked", "check", "bans", "licenses", "sources"]),
        )?;
        Ok(String::new())
    })?;
    check_advisories(project)?;
    let lint = [
        "clippy",
        "--locked",
        "--workspace",
        "--exclude",
        "wasm-bindgen-pinned",
        "--all-targets",
    ];
    cargo_step(project, "lints", &[&lint[..], &["--", "-D", "warnings"]].concat())?;
    let lint = [
        "clippy",
        "--locked",
        "--package",
        "stagedoor-extension-core",
        "--all-targets",
    ];
    let target = ["--target", WASM_TARGET, "--", "-D", "warnings"];
    cargo_step(project, "lints for WebAssembly", &[&lint[..], &target].concat())?;
    // Tests bring the standard library along, and what is shipped has none.
    let shipped = [&lint[..4], &["--lib", "--features", "shipped"], &target].concat();
    cargo_step(project, "lints of what is shipped", &shipped)?;
    test::run(project, &[])?;
    build::package_extension(project)?;
    println!("all of it holds, after {:.0} s", started.elapsed().as_secs_f64());
    Ok(())
}

fn cargo_step(project: &Project, name: &str, arguments: &[&str]) -> Result<()> {
    step(project, name, |step| {
        step.run(project.command("cargo").args(arguments))?;
        Ok(String::new())
    })
}

/// Checks dependencies against the database of known faults, and says so in plain words when that is out of reach.
fn check_advisories(project: &Project) -> Result<()> {
    // The time limit is for networks that swallow packets instead of refusing them.
    let fetched = project
        .command("timeout")
        .args(["60", "cargo-deny", "fetch", "db"])
        .output()?;
    if !fetched.status.success() {
        let why = String::from_utf8_lossy(&fetched.stderr);
        let why = why
            .lines()
            .map(str::trim)
            .rfind(|line| line.starts_with("fatal:") || line.contains("[ERROR]"));
        println!(
            "! advisories NOT checked: the database cannot be fetched ({})",
            why.unwrap_or("no answer in 60 s")
        );
        return Ok(());
    }
    step(project, "dependency advisories", |step| {
        step.run(
            project
                .command("cargo-deny")
                .args(["--locked", "check", "--disable-fetch", "advisories"]),
        )?;
        Ok(String::new())
    })
}
