//! `cargo xtask corpus`: builds the product and hands over to the corpus, which lives with the end-to-end tests.

use anyhow::{Context as _, Result, bail};

use crate::install;
use crate::project::Project;
use crate::step::step;
use crate::tools::FOR_BROWSERS;
use crate::wasm;

/// Tries every page with these arguments.
pub(crate) fn run(project: &Project, arguments: &[String]) -> Result<()> {
    install::ensure(project, FOR_BROWSERS)?;
    wasm::build(project)?;
    step(project, "build relay, broker simulator and corpus", |step| {
        let mut cargo = project.command("cargo");
        cargo.args(["build", "--bins", "--package", "stagedoor-relay"]);
        step.run(cargo.args(["--package", "stagedoor-e2e"]))?;
        Ok(String::new())
    })?;
    let corpus = project.target.join("debug/stagedoor-corpus");
    let corpus = corpus.to_str().context("the path of the corpus is not Unicode")?;
    let status = project.command(corpus).args(arguments).status();
    let status = status.context("cannot start the corpus")?;
    if !status.success() {
        bail!("the corpus ended with {status}: an address is proposed that must not be");
    }
    Ok(())
}
