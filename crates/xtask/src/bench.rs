//! `cargo xtask bench`: builds in release mode and hands over to the load generator, which lives in `tests/load`.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context as _, Result, bail};
use clap::{Args, Subcommand};

use crate::build;
use crate::install;
use crate::project::Project;
use crate::step::step;
use crate::tools::{FOR_BENCH, FOR_BROWSERS, MUSL_GCC, POSTGRESQL, RELAY_TARGET, RUST_MUSL};
use crate::wasm;

/// What can be measured.
#[derive(Subcommand)]
pub(crate) enum Kind {
    /// The relay on both engines, beside the broker alone, and beside proxies that only add the API key to a request.
    Relay(Relay),
    /// The store alone, on both engines: durable writes by 1, 8 and 64 writers at a time into ledgers of several sizes, and
    /// the verification of those.
    Ledger(Ledger),
    /// The time from a click on the toolbar button until the popup names the customer, in Chromium and Firefox.
    Click(Click),
}

#[derive(Args)]
pub(crate) struct Common {
    /// How long each measurement takes; at most 40 for the relay.
    #[arg(long, default_value_t = 10)]
    seconds: u64,
    /// A folder on the disk to measure on; by default one in cargo's target directory.
    #[arg(long)]
    folder: Option<PathBuf>,
    /// What keeps the records: sqlite, postgres, or both.
    #[arg(long, default_value = "sqlite,postgres")]
    engine: String,
    /// A PostgreSQL database, instead of a server that is started in the folder. Its records cannot be removed again.
    #[arg(long, value_name = "URL")]
    store_url: Option<String>,
    /// The file with that database's password.
    #[arg(long, value_name = "FILE")]
    store_password_file: Option<PathBuf>,
}

#[derive(Args)]
pub(crate) struct Relay {
    #[command(flatten)]
    common: Common,
    /// Measure the static binary that is shipped, instead of one for this machine's C library.
    #[arg(long)]
    shipped: bool,
}

#[derive(Args)]
pub(crate) struct Ledger {
    #[command(flatten)]
    common: Common,
    /// How many records the ledger has when it is measured, e.g. 0,1M,10M.
    #[arg(long, default_value = "0,1M")]
    records: String,
    /// How long an engine may take to be filled to the next size; otherwise that size is left out, which is said.
    #[arg(long, default_value_t = 30)]
    fill_minutes: u64,
}

#[derive(Args)]
pub(crate) struct Click {
    /// How many clicks of each kind: with the background script stopped, and with it running.
    #[arg(long, default_value_t = 50)]
    clicks: usize,
    /// Milliseconds that the relay's answer is late by, as over a real network.
    #[arg(long, default_value_t = 0)]
    delay: u64,
}

/// Measures.
pub(crate) fn run(project: &Project, kind: &Kind) -> Result<()> {
    match kind {
        Kind::Relay(relay) => relay.run(project),
        Kind::Ledger(ledger) => ledger.run(project),
        Kind::Click(click) => click.run(project),
    }
}

impl Relay {
    fn run(&self, project: &Project) -> Result<()> {
        install::ensure(project, FOR_BENCH)?;
        self.common.ensure_server(project)?;
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

impl Ledger {
    fn run(&self, project: &Project) -> Result<()> {
        self.common.ensure_server(project)?;
        build_all(project)?;
        println!();
        let mut command = self.common.generator(project, "ledger")?;
        command.args(["--records", &self.records]);
        command.args(["--fill-minutes", &self.fill_minutes.to_string()]);
        command.arg("--relay").arg(release(project, "stagedoor"));
        measure(&mut command)
    }
}

impl Click {
    fn run(&self, project: &Project) -> Result<()> {
        install::ensure(project, FOR_BROWSERS)?;
        wasm::build(project)?;
        step(project, "build relay and the measuring program", |step| {
            let mut cargo = project.command("cargo");
            cargo.args(["build", "--release", "--bins", "--package", "stagedoor-relay"]);
            step.run(cargo.args(["--package", "stagedoor-e2e"]))?;
            Ok(String::new())
        })?;
        let program = release(project, "stagedoor-click");
        let program = program
            .to_str()
            .context("the path of the program is not Unicode")?;
        let mut command = project.command(program);
        command.args(["--clicks", &self.clicks.to_string()]);
        command.args(["--delay", &self.delay.to_string()]);
        command.env("STAGEDOOR_RELAY_BIN", release(project, "stagedoor"));
        println!();
        measure(&mut command)
    }
}

impl Common {
    /// Installs PostgreSQL where the measurement will start one.
    fn ensure_server(&self, project: &Project) -> Result<()> {
        if self.store_url.is_none() && self.engine.contains("postgres") {
            install::ensure(project, &[&POSTGRESQL])?;
        }
        Ok(())
    }

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
        command.args(["--engine", &self.engine]);
        if let Some(url) = &self.store_url {
            command.args(["--store-url", url]);
        }
        if let Some(file) = &self.store_password_file {
            command.arg("--store-password-file").arg(file);
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
    let status = command.status().context("cannot start the measuring program")?;
    if !status.success() {
        bail!("the measurement ended with {status}");
    }
    Ok(())
}
