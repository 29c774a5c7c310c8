//! `stagedoor-load`: measurements, as `cargo xtask bench` starts them.

#![expect(clippy::print_stdout, reason = "a measurement is printed")]

mod bench;

use std::process::ExitCode;

use anyhow::{Result, anyhow};
use clap::{Parser, Subcommand};

/// Measures what was built in release mode; `cargo xtask bench` builds it first.
#[derive(Parser)]
struct Arguments {
    #[command(subcommand)]
    kind: Kind,
}

#[derive(Subcommand)]
enum Kind {
    /// The relay beside the broker alone, and beside proxies that only add a header.
    Relay(bench::relay::Arguments),
    /// The store alone, written to by several at a time.
    Ledger(bench::ledger::Arguments),
    /// Measures nothing: fills a SQLite file with logins of the past, through the relay's own writer.
    Fill(bench::ledger::fill::Arguments),
}

// One thread: what the generator costs is lost to what it measures.
#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    // What was started and written is removed by its handles, so an interruption has to go through them, too.
    let result = tokio::select! {
        result = run(Arguments::parse().kind) => result,
        _ = tokio::signal::ctrl_c() => Err(anyhow!("interrupted")),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // The chain of causes; a backtrace of this program tells nobody anything.
            println!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(kind: Kind) -> Result<()> {
    match kind {
        Kind::Relay(arguments) => bench::relay::run(&arguments).await,
        Kind::Ledger(arguments) => bench::ledger::run(&arguments).await,
        Kind::Fill(arguments) => bench::ledger::fill::run(&arguments).await,
    }
}
