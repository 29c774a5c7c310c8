//! The corpus: sample pages of many CRMs, each with the answer that Stagedoor must give, tried in a real browser.

mod table;

use std::collections::BTreeSet;

use anyhow::{Context as _, Result, bail};
use serde_json::Value;
use url::Url;

use crate::browser::{Kind, PrivateWindows, Setup};
use crate::lab::Lab;
use crate::page::Page;
use crate::scenario::{Popup, SUPPORT, Seat};
use crate::vendors::Vendors;

pub use table::{Sample, samples};

/// How often a page is read to learn how long that takes.
pub const READINGS: usize = 5;

/// What the popup makes of a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// One address is proposed.
    Proposed(String),
    /// These are offered.
    Chooser(BTreeSet<String>),
    /// There is none.
    Nothing,
}

/// How an answer compares with what is right.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It is as expected.
    Right,
    /// The person has to choose, where one address should have been proposed or others should have been offered.
    Chooser,
    /// The person has to type the address, although the page has it.
    Nothing,
    /// An address is proposed that must not be, or another record would go on record.
    Wrong,
    /// Likewise, and the table says so: such pages are kept as what is beyond the rules.
    Missed,
    /// It is as expected, though the table says that it is missed.
    Mended,
}

/// What came of one page.
pub struct Finding {
    /// The page.
    pub sample: Sample,
    /// What the popup showed.
    pub answer: Answer,
    /// The record's id that a login would bear.
    pub record: Option<String>,
    /// Milliseconds of the collector in all frames, the median of several readings; no number if there were none.
    pub milliseconds: f64,
}

impl Finding {
    /// How the answer compares with what is right. No record's id at all is not wrong, but it is not right either.
    pub fn verdict(&self) -> Verdict {
        let Sample {
            expected,
            record,
            missed,
            ..
        } = &self.sample;
        match &self.answer {
            answer if *missed && answer == expected => Verdict::Mended,
            Answer::Proposed(_) if *missed => Verdict::Missed,
            _ if self.record.is_some() && self.record != *record => Verdict::Wrong,
            answer if answer == expected && self.record == *record => Verdict::Right,
            Answer::Proposed(_) if self.answer != *expected => Verdict::Wrong,
            Answer::Proposed(_) | Answer::Chooser(_) => Verdict::Chooser,
            Answer::Nothing => Verdict::Nothing,
        }
    }
}

/// Tries the pages in one browser whose file names contain `only`, and reads each so many times more for the clock.
pub async fn run(kind: Kind, only: &str, readings: usize) -> Result<Vec<Finding>> {
    let mut samples = samples()?;
    samples.retain(|sample| sample.file.contains(only));
    let lab = Lab::start().await?;
    let vendors = vendors(&lab, &samples).await?;
    let setup = Setup {
        private: PrivateWindows::Allowed,
        proxy: Some(vendors.address()),
        language: None,
    };
    let seat = Seat::unenrolled(&lab, kind, SUPPORT[0], setup).await?;
    seat.enrol(&lab, SUPPORT[0]).await?;
    let mut findings = Vec::new();
    for sample in samples {
        let place = sample.file.clone();
        let finding = try_page(&lab, &seat, sample, readings).await;
        findings.push(finding.with_context(|| place)?);
    }
    Ok(findings)
}

/// A proxy for the hosts that pages of the corpus stand under.
pub async fn vendors(lab: &Lab, samples: &[Sample]) -> Result<Vendors> {
    let mut hosts = BTreeSet::new();
    for sample in samples {
        let Some(address) = &sample.url else { continue };
        let url = Url::parse(address)?;
        let host = url.host_str().context("a page's address has no host")?;
        let query = url.query().map(|query| format!("?{query}")).unwrap_or_default();
        lab.crm
            .alias(&format!("{host}{}{query}", url.path()), &sample.file);
        hosts.insert(host.to_owned());
    }
    Vendors::open(lab.crm.address(), hosts).await
}

async fn try_page(lab: &Lab, seat: &Seat, sample: Sample, readings: usize) -> Result<Finding> {
    let address = sample.url.clone().unwrap_or_else(|| lab.crm.url(&sample.file));
    let tab = seat.browser.open(&address).await?;
    if let Some(act) = &sample.act {
        tab.evaluate(act).await?;
    }
    if let Some(ready) = &sample.ready {
        tab.wait_for("the page to be ready", ready).await?;
    }
    let popup = seat.press(&tab).await?;
    let answer = answer(&popup).await?;
    let record = kept_record(&popup.page).await?;
    let milliseconds = reading_time(&popup.page, readings).await?;
    tab.close().await?;
    Ok(Finding {
        sample,
        answer,
        record,
        milliseconds,
    })
}

/// What the popup shows, once it has come to rest.
pub async fn answer(popup: &Popup) -> Result<Answer> {
    Ok(match popup.answered().await?.as_str() {
        "confirm" => Answer::Proposed(popup.customer().await?),
        "choose" => {
            let find = "[...document.querySelectorAll('[name=candidate]')].map(radio => radio.value)";
            let offered = popup.page.evaluate(find).await?;
            let offered = offered.as_array().into_iter().flatten();
            Answer::Chooser(offered.filter_map(Value::as_str).map(str::to_owned).collect())
        }
        "manual" => Answer::Nothing,
        other => bail!("the popup shows {other:?}: {}", popup.words().await?),
    })
}

/// The record's id in what the core keeps of the page.
async fn kept_record(popup: &Page) -> Result<Option<String>> {
    let find = "chrome.tabs.query({ active: true, currentWindow: true }).then(async ([tab]) =>
        Object.values(await chrome.storage.session.get()).find(kept => kept.tab === tab.id)?.scan?.record)";
    Ok(popup.evaluate(find).await?.as_str().map(str::to_owned))
}

/// How long the collector takes. The background script reads for the popup as it does for the core.
async fn reading_time(popup: &Page, readings: usize) -> Result<f64> {
    if readings == 0 {
        return Ok(f64::NAN);
    }
    let find = format!(
        "chrome.tabs.query({{ active: true, currentWindow: true }}).then(async ([tab]) => {{
            const question = {{ type: 'read', tabId: tab.id, recipes: [] }};
            const took = [];
            for (let reading = 0; reading < {readings}; reading += 1) {{
                const frames = await chrome.runtime.sendMessage(question);
                took.push(frames.reduce((sum, frame) => sum + (frame.result?.milliseconds ?? 0), 0));
            }}
            return took.sort((one, other) => one - other)[Math.floor(took.length / 2)];
        }})"
    );
    popup
        .evaluate(&find)
        .await?
        .as_f64()
        .context("the collector names no time")
}
