//! `stagedoor-chaos`: fault runs against the real relay, as `cargo xtask chaos` starts them.

#![expect(clippy::print_stdout, reason = "a run says what it does")]

use std::{path::PathBuf, process::ExitCode, time::Instant};

use anyhow::{Result, anyhow};
use clap::{Parser, ValueEnum};
use stagedoor_load::chaos::{self, Options, Report};
use tokio::signal::unix::{SignalKind, signal};

/// Kills the relay, fills its disk, and lets people fight over customers; `cargo xtask chaos` builds it first.
#[derive(Parser)]
struct Arguments {
    /// The relay's binary.
    #[arg(long)]
    relay: PathBuf,
    /// A folder on a real disk.
    #[arg(long)]
    folder: PathBuf,
    /// Where the relays keep their records.
    #[arg(long, value_enum, default_value = "both")]
    engine: Engine,
    /// How often the relay is killed under load.
    #[arg(long, default_value_t = 200)]
    kills: u64,
    /// How many customers two people want at the same time.
    #[arg(long, default_value_t = 1000)]
    interleavings: u64,
    /// How often each fault of the disk happens; 0 for none of them.
    #[arg(long, default_value_t = 10)]
    disk_rounds: u64,
    /// How often PostgreSQL stops, crashes, loses connections, and one of two relays is killed.
    #[arg(long, default_value_t = 20)]
    outages: u64,
    /// Repeats the plan of an earlier run.
    #[arg(long)]
    seed: Option<u64>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Engine {
    Sqlite,
    Postgres,
    Both,
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let seed = arguments.seed.unwrap_or_else(|| u64::from(std::process::id()));
    let options = Options {
        relay: arguments.relay,
        folder: arguments.folder,
        kills: arguments.kills,
        interleavings: arguments.interleavings,
        disk_rounds: arguments.disk_rounds,
        outages: arguments.outages,
        seed,
    };
    let started = Instant::now();
    let ended = tokio::select! {
        ended = run(&options, arguments.engine) => ended,
        // Dropped in the middle, the runs end what they started.
        () = interrupted() => Err(anyhow!("interrupted")),
    };
    match ended {
        Ok(report) => {
            println!(
                "{report}\nno promise was broken, in {:.0} s",
                started.elapsed().as_secs_f64()
            );
            ExitCode::SUCCESS
        }
        Err(error) => {
            println!("BROKEN (seed {seed}): {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(options: &Options, engine: Engine) -> Result<Report> {
    let mut report = Report::default();
    if engine != Engine::Postgres {
        report.append(chaos::on_sqlite(options).await?);
    }
    if engine != Engine::Sqlite {
        report.append(chaos::on_postgres(options).await?);
    }
    Ok(report)
}

/// Returns at SIGINT and SIGTERM.
async fn interrupted() {
    let (Ok(mut int), Ok(mut term)) = (signal(SignalKind::interrupt()), signal(SignalKind::terminate()))
    else {
        return std::future::pending().await;
    };
    tokio::select! {
        _ = int.recv() => {}
        _ = term.recv() => {}
    }
}
