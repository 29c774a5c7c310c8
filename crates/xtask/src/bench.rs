//! `cargo xtask bench`: builds in release mode and hands over to the load generator, which lives in `tests/load`.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context as _, Result, bail};
use clap::{Args, Subcommand};

use crate::build;
use crate::install;
use crate::project::Project;
use crate::step::step;
use crate::tools::{FOR_BENCH, MUSL_GCC, RELAY_TARGET, RUST_MUSL};

/// What can be measured.
#[derive(Subcommand)]
pub(crate) enum Kind {
    /// The relay beside the broker alone, and beside proxies that only add the API key to a request.
    Relay(Relay),
    /// The store alone: durable writes by 1, 8 and 64 writers at a time.
    Ledger(Common),
}

#[derive(Args)]
pub(crate) struct Common {
    /// How long each measurement takes; at most 40 for the relay.
    #[arg(long, default_value_t = 10)]
    seconds: u64,
    /// A folder on the disk to measure on; by default one in cargo's target directory.
    #[arg(long)]
    folder: Option<PathBuf>,
    /// The store, instead of a SQLite file in that folder.
    #[arg(long, value_name = "URL")]
    store_url: Option<String>,
}

#[derive(Args)]
pub(crate) struct Relay {
    #[command(flatten)]
    common: Common,
    /// Measure the static binary that is shipped, instead of one for this machine's C library.
    #[arg(long)]
    shipped: bool,
}

/// Measures.
pub(crate) fn run(project: &Project, kind: &Kind) -> Result<()> {
    match kind {
        Kind::Relay(relay) => relay.run(project),
        Kind::Ledger(common) => {
            build_all(project)?;
            println!();
            measure(&mut common.generator(project, "ledger")?)
        }
    }
}

impl Relay {
    fn run(&self, project: &Project) -> Result<()> {
        install::ensure(project, FOR_BENCH)?;
        build_all(project)?;
        let (relay, target) = if self.shipped {
            install::ensure(project, &[&RUST_MUSL, &MUSL_GCC])?;
            (build::build_relay(project)?, RELAY_TARGET)
        } else {
            (release(project, "stagedoor"), "this machine's target")
        };
        let mut command = self.common.generator(project, "relay")?;
        command.arg("--relay").arg(relay);
        command.arg("--broker-sim").arg(release(project, "broker-sim"));
        for peer in ["nginx", "haproxy", "caddy", "envoy"] {
            if let Some(path) = project.find(peer) {
                command.arg(format!("--{peer}")).arg(path);
            }
        }
        println!("\nrelay: release profile, {target}");
        measure(&mut command)
    }
}

impl Common {
    /// The load generator's command line, as far as all kinds share it.
    fn generator(&self, project: &Project, kind: &str) -> Result<Command> {
        let program = release(project, "stagedoor-load");
        let program = program
            .to_str()
            .context("the path of the load generator is not Unicode")?;
        let mut command = project.command(program);
        command
            .args([kind, "--seconds", &self.seconds.to_string()])
            .arg("--folder")
            .arg(
                self.folder
                    .clone()
                    .unwrap_or_else(|| project.target.join("bench")),
            );
        if let Some(url) = &self.store_url {
            command.args(["--store-url", url]);
        }
        Ok(command)
    }
}

/// In one go: built by themselves, each would want the libraries with other features, and compile them anew.
fn build_all(project: &Project) -> Result<()> {
    step(
        project,
        "build relay, broker simulator and load generator",
        |step| {
            let mut cargo = project.command("cargo");
            cargo.args(["build", "--release", "--bins"]);
            for package in ["stagedoor-relay", "stagedoor-broker-sim", "stagedoor-load"] {
                cargo.args(["--package", package]);
            }
            step.run(&mut cargo)?;
            Ok(String::new())
        },
    )
}

fn release(project: &Project, program: &str) -> PathBuf {
    project.target.join("release").join(program)
}

fn measure(command: &mut Command) -> Result<()> {
    let status = command.status().context("cannot start the load generator")?;
    if !status.success() {
        bail!("the measurement ended with {status}");
    }
    Ok(())
}
