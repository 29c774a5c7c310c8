//! `cargo xtask test`: native tests, the relay held to its API's document, the core's tests in both browsers, checks of the extension, end-to-end tests.

use std::process::Command;

use anyhow::{Result, bail};
use clap::ValueEnum;

use crate::extension;
use crate::fuzz_api::{self, Effort};
use crate::install;
use crate::npm;
use crate::postgres::Postgres;
use crate::project::Project;
use crate::step::{Step, recorded_step, step};
use crate::tools::{FOR_BROWSERS, FOR_FUZZ_API, FOR_NATIVE_TESTS};
use crate::wasm;

/// The name of the end-to-end tests' binary.
const E2E: &str = "e2e";

/// A part of the tests.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Part {
    /// The tests of all crates, on this machine.
    Native,
    /// The relay's API, held to its OpenAPI document.
    Api,
    /// The checks of the extension's pages, scripts and manifest.
    Extension,
    /// The core's tests, as WebAssembly in Chromium and Firefox.
    Core,
    /// The whole product in real browsers.
    E2e,
}

/// Runs the parts named, or all.
pub(crate) fn run(project: &Project, parts: &[Part]) -> Result<()> {
    let wanted = |part| parts.is_empty() || parts.contains(&part);
    if wanted(Part::Core) || wanted(Part::E2e) {
        install::ensure(project, FOR_BROWSERS)?;
    }
    if wanted(Part::Native) {
        install::ensure(project, FOR_NATIVE_TESTS)?;
    }
    if wanted(Part::Api) {
        install::ensure(project, FOR_FUZZ_API)?;
    }
    if wanted(Part::Extension) {
        step(project, "check extension", |_| extension::check(project))?;
    }
    if wanted(Part::Native) || wanted(Part::E2e) {
        npm::PROVIDER.install(project)?;
    }
    if wanted(Part::E2e) {
        npm::AXE.install(project)?;
    }
    if wanted(Part::Native) || wanted(Part::Api) || wanted(Part::E2e) {
        // One selection of packages for everything that follows: another would select other features of libraries,
        // and compile them anew.
        step(project, "build tests", |step| {
            step.run(cargo_test(project).arg("--no-run"))?;
            Ok(String::new())
        })?;
    }
    if wanted(Part::Native) {
        let targets = native_targets(project)?;
        let postgres = Postgres::provide(project)?;
        recorded_step(project, "native tests, the relay's on SQLite", |step| {
            run_tests(
                step,
                postgres
                    .name_to(&mut cargo_test(project))
                    .args(["--no-fail-fast", "--lib", "--bins"])
                    .args(&targets),
            )
        })?;
        // The same tests of the relay on its other engine.
        recorded_step(project, "relay tests on PostgreSQL", |step| {
            let mut cargo = cargo_test(project);
            cargo
                .args(["--no-fail-fast", "--test", "relay"])
                .env("STAGEDOOR_TEST_ENGINE", "postgres");
            run_tests(step, postgres.name_to(&mut cargo))
        })?;
        recorded_step(project, "documentation tests", |step| {
            step.run(cargo_test(project).args(["--no-fail-fast", "--doc"]))?;
            Ok(Counts::read(&step.log()).describe())
        })?;
    }
    if wanted(Part::Api) {
        fuzz_api::fuzz(project, &Effort::short())?;
    }
    if wanted(Part::Core) {
        for (browser, option) in [("Chrome", "--chrome"), ("Firefox", "--firefox")] {
            recorded_step(project, &format!("core tests in {browser}"), |step| {
                let mut pack = project.command("wasm-pack");
                pack.args(["test", "--mode", "no-install", "--headless", option]);
                let result = run_tests(step, pack.arg("crates/extension-core"))?;
                if !step.log().contains(&format!("tests in {browser}")) {
                    bail!("the tests did not run in {browser}");
                }
                Ok(result)
            })?;
        }
    }
    if wanted(Part::E2e) {
        wasm::build(project)?;
        if !project.target.join("debug/stagedoor").is_file() {
            bail!("cargo built no relay: it does only for packages with integration tests");
        }
        recorded_step(project, "end-to-end tests", |step| {
            run_tests(step, cargo_test(project).args(["--no-fail-fast", "--test", E2E]))
        })?;
    }
    Ok(())
}

fn cargo_test(project: &Project) -> Command {
    let mut cargo = project.command("cargo");
    cargo.args(["test", "--workspace", "--exclude", "wasm-bindgen-pinned"]);
    cargo
}

/// Arguments that select every integration test but the end-to-end tests, which need browsers.
fn native_targets(project: &Project) -> Result<Vec<String>> {
    let metadata = project.json(
        "cargo",
        &["metadata", "--no-deps", "--format-version=1", "--offline"],
    )?;
    let packages = metadata["packages"].as_array().into_iter().flatten();
    let targets = packages.flat_map(|package| package["targets"].as_array().into_iter().flatten());
    let mut names: Vec<&str> = targets
        .filter(|target| target["kind"][0] == "test")
        .filter_map(|target| target["name"].as_str())
        .filter(|name| *name != E2E)
        .collect();
    names.sort_unstable();
    names.dedup();
    Ok(names
        .into_iter()
        .flat_map(|name| ["--test".to_owned(), name.to_owned()])
        .collect())
}

/// Runs a command that runs tests; an error too if it ran none, for then it proved nothing.
fn run_tests(step: &mut Step, command: &mut Command) -> Result<String> {
    // The words of a failure name place and cause; backtraces would push them out of the part of the log that is shown.
    step.run(command.env("RUST_BACKTRACE", "0"))?;
    let counts = Counts::read(&step.log());
    if counts.passed == 0 {
        bail!("no test was run");
    }
    Ok(counts.describe())
}

#[derive(Debug, Default, PartialEq, Eq)]
struct Counts {
    passed: u64,
    ignored: u64,
}

impl Counts {
    /// Adds up the result lines of cargo's and wasm-bindgen's test runners.
    fn read(log: &str) -> Self {
        let mut counts = Self::default();
        for line in log
            .lines()
            .filter_map(|line| line.trim().strip_prefix("test result: ok. "))
        {
            for part in line.split(';') {
                match part.trim().split_once(' ') {
                    Some((number, "passed")) => counts.passed += number.parse().unwrap_or(0),
                    Some((number, "ignored")) => counts.ignored += number.parse().unwrap_or(0),
                    _ => {}
                }
            }
        }
        counts
    }

    fn describe(&self) -> String {
        match self.ignored {
            0 => format!("{} passed", self.passed),
            ignored => format!("{} passed, {ignored} ignored", self.passed),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Counts;

    #[test]
    fn adds_up_the_results_of_several_binaries() {
        let log = "running 3 tests\n\
            test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.01s\n\
            test result: ok. 40 passed; 0 failed; 0 ignored; 0 filtered out\n\
            test result: FAILED. 7 passed; 1 failed; 0 ignored\n";
        assert_eq!(
            Counts::read(log),
            Counts {
                passed: 43,
                ignored: 1
            }
        );
        assert_eq!(Counts::read("nothing ran"), Counts::default());
    }
}
