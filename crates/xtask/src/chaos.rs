//! `cargo xtask chaos`: builds the relay and the fault runs, which live in `tests/load`, and hands over to them.

use anyhow::{Context as _, Result, bail};

use crate::install;
use crate::project::Project;
use crate::step::step;
use crate::tools::FOR_NATIVE_TESTS;

/// Runs them with these arguments.
pub(crate) fn run(project: &Project, arguments: &[String]) -> Result<()> {
    install::ensure(project, FOR_NATIVE_TESTS)?;
    step(project, "build relay and fault runs", |step| {
        let mut cargo = project.command("cargo");
        cargo.args(["build", "--bins", "--package", "stagedoor-relay"]);
        step.run(cargo.args(["--package", "stagedoor-load"]))?;
        Ok(String::new())
    })?;
    let built = project.target.join("debug");
    let program = built.join("stagedoor-chaos");
    let program = program
        .to_str()
        .context("the path of the fault runs is not Unicode")?;
    let status = project
        .command(program)
        .arg("--relay")
        .arg(built.join("stagedoor"))
        .arg("--folder")
        .arg(project.target.join("chaos"))
        .args(arguments)
        .status()
        .context("cannot start the fault runs")?;
    if !status.success() {
        bail!("the fault runs ended with {status}");
    }
    Ok(())
}
