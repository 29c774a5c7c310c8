//! `stagedoor-load`: measurements, as `cargo xtask bench` starts them.

#![expect(clippy::print_stdout, reason = "a measurement is printed")]

mod bench;

use std::process::ExitCode;

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
}

// One thread: what the generator costs is lost to what it measures.
#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let result = match Arguments::parse().kind {
        Kind::Relay(arguments) => bench::relay::run(&arguments).await,
        Kind::Ledger(arguments) => bench::ledger::run(&arguments).await,
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
