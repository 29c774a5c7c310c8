//! `cargo xtask demo`: builds the product and hands over to the demo, which lives with the end-to-end tests.

use std::process::Stdio;

use anyhow::{Context as _, Result, bail};

use crate::install;
use crate::project::Project;
use crate::step::step;
use crate::tools::FOR_DEMO;
use crate::wasm;

/// Runs the demo with the arguments given.
pub(crate) fn run(project: &Project, arguments: &[String]) -> Result<()> {
    install::ensure(project, FOR_DEMO)?;
    wasm::build(project)?;
    step(project, "build relay, broker simulator and demo", |step| {
        let mut cargo = project.command("cargo");
        cargo.args([
            "build",
            "--bins",
            "--package",
            "stagedoor-relay",
            "--package",
            "stagedoor-broker-sim",
        ]);
        step.run(cargo.args(["--package", "stagedoor-e2e"]))?;
        Ok(String::new())
    })?;
    let demo = project.target.join("debug/demo");
    let mut command = project.command(demo.to_str().context("the path of the demo is not Unicode")?);
    // The demo may talk with the person at the keyboard.
    let status = command
        .args(arguments)
        .stdin(Stdio::inherit())
        .status()
        .context("cannot start the demo")?;
    if !status.success() {
        bail!("the demo ended with {status}");
    }
    Ok(())
}
