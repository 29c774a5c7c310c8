//! `cargo xtask fuzz-api`: holds the relay to its OpenAPI document, with requests that schemathesis makes up.

use anyhow::{Result, bail};
use clap::Args;

use crate::install;
use crate::project::Project;
use crate::step::{Step, recorded_step, step};
use crate::tools::{FOR_FUZZ_API, FUZZ_API};

/// How much is tried.
#[derive(Args)]
pub(crate) struct Effort {
    /// For how long, in seconds. Requests that cover each schema are made however short it is.
    #[arg(long, default_value_t = 180, value_parser = clap::value_parser!(u32).range(10..=3600))]
    seconds: u32,
    /// With another one, other requests are made.
    #[arg(long, default_value_t = 1)]
    seed: u32,
}

impl Effort {
    /// As much as a test run has time for.
    pub(crate) fn short() -> Self {
        Self { seconds: 36, seed: 1 }
    }
}

/// Builds the relay and the simulated broker, then lets schemathesis at them.
pub(crate) fn run(project: &Project, effort: &Effort) -> Result<()> {
    install::ensure(project, FOR_FUZZ_API)?;
    step(project, "build relay and simulated broker", |step| {
        let mut cargo = project.command("cargo");
        cargo.args(["build", "--bins", "--package", "stagedoor-relay"]);
        step.run(cargo.args(["--package", "stagedoor-broker-sim"]))?;
        Ok(String::new())
    })?;
    fuzz(project, effort)
}

/// The same with what is built already.
pub(crate) fn fuzz(project: &Project, effort: &Effort) -> Result<()> {
    recorded_step(project, "API held to its document", |step| {
        let built = project.target.join("debug");
        let mut python = project.command("python3");
        python.arg(project.root.join("tests/fuzz-api/run.py"));
        for (option, path) in [
            ("--relay", built.join("stagedoor")),
            ("--broker", built.join("broker-sim")),
            ("--folder", project.target.join("fuzz-api")),
        ] {
            python.arg(option).arg(path);
        }
        python.args(["--seconds", &effort.seconds.to_string()]);
        python.args(["--seed", &effort.seed.to_string()]);
        python.env("FUZZ_API_PACKAGES", FUZZ_API.folder(project));
        // The checkout stays as it is.
        python.env("PYTHONDONTWRITEBYTECODE", "1");
        step.run(&mut python)?;
        cases(step)
    })
}

/// How many requests the two runs made, signed and not; an error if one made none, for then it proved nothing.
fn cases(step: &Step) -> Result<String> {
    match generated(&step.log())[..] {
        [signed @ 1..=u64::MAX, unsigned @ 1..=u64::MAX] => {
            Ok(format!("{} requests, signed and not", signed + unsigned))
        }
        ref runs => bail!("requests were made in other runs than two: {runs:?}"),
    }
}

/// What the lines say that tell of it.
fn generated(log: &str) -> Vec<u64> {
    let lines = log
        .lines()
        .filter_map(|line| line.trim().split_once(" generated"));
    lines.filter_map(|(number, _)| number.parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::generated;

    #[test]
    fn tells_the_runs_apart() {
        let log = "Test cases:\n  554 generated, 1 found 1 unique failure\n\n  640 generated, 640 passed\nnothing generated\n";
        assert_eq!(generated(log), [554, 640]);
        assert!(generated("nothing").is_empty());
    }
}
