//! `cargo xtask corpus`: tries every page of the corpus in both browsers and tells how it went.

#![expect(
    clippy::print_stdout,
    reason = "a command-line tool talks to the person who started it"
)]

use std::process::ExitCode;

use anyhow::Result;
use clap::Parser;
use stagedoor_e2e::browser::Kind;
use stagedoor_e2e::corpus::{Finding, READINGS, Verdict, run};

/// The page with 50,000 nodes, whose time is told apart.
const LARGE: &str = "large/fifty-thousand-nodes.html";

/// Tries every page of the corpus in Chromium and Firefox. A wrong answer is a failure; times are only told.
#[derive(Parser)]
struct Arguments {
    /// Tell every page, not only those that went otherwise than expected.
    #[arg(long)]
    all: bool,
    /// Only the pages whose file names contain this.
    #[arg(long, default_value = "")]
    only: String,
}

#[tokio::main]
async fn main() -> Result<ExitCode> {
    let arguments = Arguments::parse();
    let mut wrong = 0;
    println!(
        "{:<9} {:>6} {:>6} {:>8} {:>5} {:>6} {:>7} {:>12} {:>12} {:>13}",
        "", "pages", "right", "chooser", "none", "wrong", "beyond", "median ms", "worst ms", "50,000 nodes"
    );
    for (name, kind) in [("Chromium", Kind::Chromium), ("Firefox", Kind::Firefox)] {
        let findings = run(kind, &arguments.only, READINGS).await?;
        let count = |verdict| findings.iter().filter(|found| found.verdict() == verdict).count();
        let (large, others): (Vec<&Finding>, Vec<&Finding>) =
            findings.iter().partition(|found| found.sample.file == LARGE);
        let mut times: Vec<f64> = others.iter().map(|found| found.milliseconds).collect();
        times.sort_by(f64::total_cmp);
        println!(
            "{name:<9} {:>6} {:>6} {:>8} {:>5} {:>6} {:>7} {:>12.1} {:>12.1} {:>13}",
            findings.len(),
            count(Verdict::Right),
            count(Verdict::Chooser),
            count(Verdict::Nothing),
            count(Verdict::Wrong),
            count(Verdict::Missed),
            times.get(times.len() / 2).copied().unwrap_or_default(),
            times.last().copied().unwrap_or_default(),
            large
                .first()
                .map_or("-".to_owned(), |found| format!("{:.1}", found.milliseconds)),
        );
        wrong += count(Verdict::Wrong) + count(Verdict::Mended);
        let told = findings
            .iter()
            .filter(|found| arguments.all || found.verdict() != Verdict::Right);
        for found in told {
            println!("{}", note(name, found));
        }
    }
    Ok(if wrong == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn note(browser: &str, found: &Finding) -> String {
    format!(
        "{browser}: {:?} {}: {:?} {:?}, expected {:?} {:?} ({}), {:.1} ms",
        found.verdict(),
        found.sample.file,
        found.answer,
        found.record,
        found.sample.expected,
        found.sample.record,
        found.sample.because,
        found.milliseconds,
    )
}
