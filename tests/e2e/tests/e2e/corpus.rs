//! Every page of the corpus leads to the answer that its table says.

use anyhow::{Result, ensure};
use stagedoor_e2e::browser::Kind;
use stagedoor_e2e::corpus::{Verdict, run};

crate::in_each_browser!(every_page);

async fn every_page(kind: Kind) -> Result<()> {
    let findings = run(kind, "").await?;
    let other = findings.iter().filter(|found| found.verdict() != Verdict::Right);
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
