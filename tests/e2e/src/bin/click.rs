//! `cargo xtask bench click`: how long it takes from a click on the toolbar button until the popup names the customer.

#![expect(
    clippy::print_stdout,
    reason = "a command-line tool talks to the person who started it"
)]

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use clap::Parser;
use stagedoor_e2e::browser::{Browser, Kind, PrivateWindows, Setup};
use stagedoor_e2e::lab::{CUSTOMERS, Held, Lab};
use stagedoor_e2e::page::Page;
use stagedoor_e2e::paths;
use stagedoor_e2e::scenario::{SUPPORT, Seat};
use stagedoor_e2e::vendors::Vendors;

/// Times clicks in Chromium and Firefox, with the background script stopped before each (cold) and running (warm).
#[derive(Parser)]
struct Arguments {
    /// How many clicks of each kind.
    #[arg(long, default_value_t = 50)]
    clicks: usize,
    /// Milliseconds that the relay's answer is late by, as over a real network.
    #[arg(long, default_value_t = 0)]
    delay: u64,
}

/// Milliseconds from the beginning of the popup's document, in ascending order.
struct Times {
    /// Until the address is in it.
    shown: Vec<f64>,
    /// Until the platform can be opened.
    settled: Vec<f64>,
}

/// What is measured.
#[derive(Clone, Copy, PartialEq)]
enum Subject {
    /// The extension, enrolled at a relay on this machine.
    Stagedoor,
    /// An extension whose popup asks its background script for a word and shows it.
    Bare,
}

#[tokio::main]
async fn main() -> Result<()> {
    let arguments = Arguments::parse();
    if arguments.clicks == 0 {
        bail!("no clicks, no times: --clicks takes a number from 1 on");
    }
    println!(
        "{:<26} {:>7} {:>8} {:>8} {:>8} {:>9} {:>8}",
        "", "clicks", "p50 ms", "p95 ms", "p50:bare", "open p50", "open p95"
    );
    for (browser, kind) in [("Chromium", Kind::Chromium), ("Firefox", Kind::Firefox)] {
        for (state, cold) in [("cold", true), ("warm", false)] {
            let bare = measure(Subject::Bare, kind, cold, &arguments).await?;
            let ours = measure(Subject::Stagedoor, kind, cold, &arguments).await?;
            for (name, times) in [("bare popup", &bare), ("stagedoor", &ours)] {
                println!(
                    "{browser:<9} {state:<5} {name:<10} {:>7} {:>8.1} {:>8.1} {:>8.2} {:>9.1} {:>8.1}",
                    times.shown.len(),
                    percentile(&times.shown, 50),
                    percentile(&times.shown, 95),
                    percentile(&times.shown, 50) / percentile(&bare.shown, 50),
                    percentile(&times.settled, 50),
                    percentile(&times.settled, 95),
                );
            }
        }
    }
    Ok(())
}

async fn measure(subject: Subject, kind: Kind, cold: bool, arguments: &Arguments) -> Result<Times> {
    let lab = Lab::start().await?;
    // Nothing needs the proxy here, but where there is one, Firefox does not blur the clock of its pages.
    let vendors = Vendors::open(lab.crm.address(), BTreeSet::new()).await?;
    let setup = Setup {
        private: PrivateWindows::Allowed,
        proxy: Some(vendors.address()),
        language: None,
    };
    let seat = seat(subject, &lab, kind, setup).await?;
    let (customer, _) = CUSTOMERS[0];
    let tab = seat.browser.open(&lab.customer_page(customer)).await?;
    // The first click compiles what the browser keeps compiled afterwards.
    seat.press(&tab).await?.settled().await?;
    let mut times = Times {
        shown: Vec::new(),
        settled: Vec::new(),
    };
    for _ in 0..arguments.clicks {
        if cold {
            seat.browser.stop_background(&tab).await?;
        }
        if subject == Subject::Stagedoor && arguments.delay > 0 {
            let answer = lab.front.hold_next_to("GET /v1/session");
            tokio::spawn(release(answer, Duration::from_millis(arguments.delay)));
        }
        let popup = seat.press(&tab).await?;
        popup.shows("confirm").await?;
        popup.settled().await?;
        let named = popup.customer().await?;
        if named != customer {
            bail!("the popup names {named}");
        }
        times.shown.push(time(&popup.page, "shows confirm").await?);
        times.settled.push(time(&popup.page, "settles confirm").await?);
    }
    times.shown.sort_by(f64::total_cmp);
    times.settled.sort_by(f64::total_cmp);
    Ok(times)
}

/// Lets an answer through some time after it came.
async fn release(mut answer: Held, delay: Duration) -> Result<()> {
    answer.arrived().await?;
    tokio::time::sleep(delay).await;
    answer.release();
    Ok(())
}

async fn seat(subject: Subject, lab: &Lab, kind: Kind, setup: Setup) -> Result<Seat> {
    if subject == Subject::Stagedoor {
        let seat = Seat::unenrolled(lab, kind, SUPPORT[0], setup).await?;
        seat.enrol(lab, SUPPORT[0]).await?;
        return Ok(seat);
    }
    let profile = lab.directory().join("profiles/bare");
    let extension = paths::workspace().join(Path::new("tests/fixtures/bare-extension"));
    let browser = Browser::start(kind, &profile, &extension, setup).await?;
    Ok(Seat { browser })
}

/// When the popup set a mark, by its own clock.
async fn time(popup: &Page, mark: &str) -> Result<f64> {
    let time = popup
        .evaluate(&format!("performance.getEntriesByName('{mark}')[0]?.startTime"))
        .await?;
    time.as_f64().context("the popup does not tell when it was ready")
}

/// The smallest time that `part` percent of all do not exceed.
fn percentile(sorted: &[f64], part: usize) -> f64 {
    let rank = (sorted.len() * part).div_ceil(100).max(1);
    sorted.get(rank - 1).copied().unwrap_or(f64::NAN)
}
