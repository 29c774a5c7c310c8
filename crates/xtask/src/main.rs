//! `cargo xtask`: every development task of the project, from installing tools to the whole of CI.

#![expect(
    clippy::print_stdout,
    reason = "a command-line tool talks to the person who started it"
)]

mod bench;
mod build;
mod chaos;
mod children;
mod ci;
mod collector;
mod comments;
mod corpus;
mod demo;
mod directions;
mod doctor;
mod extension;
mod fuzz_api;
mod install;
mod languages;
mod modules;
mod npm;
mod numbered;
mod package;
mod packages;
mod postgres;
mod project;
mod sbom;
mod smaller;
mod step;
mod test;
mod tidy;
mod tools;
mod variants;
mod wasm;
mod wheel;
mod zip;

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use project::Project;

#[derive(Parser)]
#[command(name = "cargo xtask", about = "Development tasks of Stagedoor")]
struct Arguments {
    /// Show the output of every tool as it comes, instead of keeping it in a log file.
    #[arg(long, short, global = true)]
    verbose: bool,
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Show the product at work: a sample CRM, the relay and a simulated broker, in a real browser.
    Demo {
        /// Handed on to the demo; `--headless` walks through it without a display.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
    /// Run the tests: all of them, or only the parts named.
    Test { parts: Vec<test::Part> },
    /// Build what is shipped: the relay's static binary and the extension's packages.
    Build,
    /// Make the extension's packages for the stores and for firms: built twice, checked, with a list of parts.
    Package,
    /// Measure what is built in release mode, on this machine.
    Bench {
        #[command(subcommand)]
        kind: bench::Kind,
    },
    /// Kill the relay, fill its disk, and let people fight over customers; hold the ledger to what came of it.
    Chaos {
        /// Handed on; `--help` lists them. Without any: 200 kills and 1,000 fights.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
    /// Try the sample pages of many CRMs in both browsers, and tell which customer is found on them and how quickly.
    Corpus {
        /// Handed on; `--all` tells every page.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
    /// Hold the relay to its OpenAPI document, with thousands of requests that are right, wrong, signed and not.
    FuzzApi(fuzz_api::Effort),
    /// Build the unpacked extension into dist/extension.
    Wasm,
    /// Everything that must hold before a change lands: format, lints, dependencies, tests.
    Ci,
    /// Say which tools are there, which are missing, and how to get them.
    Doctor,
}

fn main() -> ExitCode {
    let result = run(&Arguments::parse());
    children::leave_to_signal();
    children::end_all();
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // The chain of causes is what a person needs; a backtrace of this program is not.
            println!(
                "error: {}",
                error
                    .chain()
                    .map(ToString::to_string)
                    .collect::<Vec<_>>()
                    .join("\n  ")
            );
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> anyhow::Result<()> {
    children::end_on_signal()?;
    let project = Project::locate(arguments.verbose)?;
    match &arguments.task {
        Task::Demo { arguments } => demo::run(&project, arguments),
        Task::Test { parts } => test::run(&project, parts),
        Task::Build => build::run(&project),
        Task::Package => package::run(&project),
        Task::Bench { kind } => bench::run(&project, kind),
        Task::Chaos { arguments } => chaos::run(&project, arguments),
        Task::Corpus { arguments } => corpus::run(&project, arguments),
        Task::FuzzApi(effort) => fuzz_api::run(&project, effort),
        Task::Wasm => wasm::run(&project),
        Task::Ci => ci::run(&project),
        Task::Doctor => doctor::run(&project),
    }
}
