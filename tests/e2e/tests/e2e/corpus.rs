//! Every page of the corpus leads to the answer that its table says, and hosts fit recipes as theirs says.

use anyhow::{Result, ensure};
use serde_json::{Value, json};
use stagedoor_e2e::browser::{Kind, PrivateWindows};
use stagedoor_e2e::corpus::{Finding, Verdict, run};
use stagedoor_e2e::lab::Lab;
use stagedoor_e2e::scenario::{SUPPORT, Seat};

crate::in_each_browser!(every_page, every_host);

async fn every_page(kind: Kind) -> Result<()> {
    let findings = run(kind, "", 0).await?;
    let unexpected = |found: &&Finding| !matches!(found.verdict(), Verdict::Right | Verdict::Missed);
    let other = findings.iter().filter(unexpected);
    let faults: Vec<String> = other
        .map(|found| {
            let sample = &found.sample;
            format!(
                "{}: {:?} {:?}, expected {:?} {:?}: {}",
                sample.file, found.answer, found.record, sample.expected, sample.record, sample.because
            )
        })
        .collect();
    ensure!(faults.is_empty(), "{}", faults.join("\n"));
    Ok(())
}

/// The part of the collector that compares hosts, without the rest.
const HOSTS: &str = include_str!("../../../../extension/collector/hosts.js");
/// The core's own test has the same cases.
const CASES: &str = include_str!("../../../fixtures/recipes/hosts.json");

async fn every_host(kind: Kind) -> Result<()> {
    let lab = Lab::start().await?;
    let seat = Seat::unenrolled(&lab, kind, SUPPORT[0], PrivateWindows::Allowed).await?;
    // The page that opens by itself: one more beside it would be loaded while the browser still turns to this one.
    let options = seat.browser.extension_url("options.html");
    let page = seat.browser.page_at(&options).await?;
    let ask = format!(
        "(() => {{ {HOSTS}\nreturn {CASES}.cases.filter(({{ pattern, host, fits }}) => hostFits(pattern, host) !== fits); }})()"
    );
    let other: Value = page.evaluate(&ask).await?;
    ensure!(other == json!([]), "the collector says otherwise: {other}");
    Ok(())
}
