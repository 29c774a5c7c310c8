//! `cargo xtask bench click`: how long it takes from a click on the toolbar button until the popup names the customer.

#![expect(
    clippy::print_stdout,
    reason = "a command-line tool talks to the person who started it"
)]

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::{Context as _, Result, bail};
use clap::Parser;
use stagedoor_e2e::browser::{Browser, Kind, PrivateWindows, Setup};
use stagedoor_e2e::lab::{CUSTOMERS, Lab};
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
        "{:<26} {:>7} {:>8} {:>8} {:>8}",
        "", "clicks", "p50 ms", "p95 ms", "p50:bare"
    );
    for (browser, kind) in [("Chromium", Kind::Chromium), ("Firefox", Kind::Firefox)] {
        for (state, cold) in [("cold", true), ("warm", false)] {
            let bare = measure(Subject::Bare, kind, cold, arguments.clicks).await?;
            let ours = measure(Subject::Stagedoor, kind, cold, arguments.clicks).await?;
            for (name, times) in [("bare popup", &bare), ("stagedoor", &ours)] {
                println!(
                    "{browser:<9} {state:<5} {name:<10} {:>7} {:>8.1} {:>8.1} {:>8.2}",
                    times.len(),
                    percentile(times, 50),
                    percentile(times, 95),
                    percentile(times, 50) / percentile(&bare, 50),
                );
            }
        }
    }
    Ok(())
}

/// Milliseconds from the beginning of the popup's document until the address is in it, in ascending order.
async fn measure(subject: Subject, kind: Kind, cold: bool, clicks: usize) -> Result<Vec<f64>> {
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
    seat.press(&tab).await?.shows("confirm").await?;
    let mut times = Vec::new();
    for _ in 0..clicks {
        if cold {
            seat.browser.stop_background(&tab).await?;
        }
        let popup = seat.press(&tab).await?;
        popup.shows("confirm").await?;
        let named = popup.customer().await?;
        if named != customer {
            bail!("the popup names {named}");
        }
        times.push(shown(&popup.page).await?);
    }
    times.sort_by(f64::total_cmp);
    Ok(times)
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

/// When the popup showed the address, by its own clock.
async fn shown(popup: &Page) -> Result<f64> {
    let mark = "performance.getEntriesByName('shows confirm')[0]?.startTime";
    let time = popup.evaluate(mark).await?;
    time.as_f64().context("the popup does not tell when it was ready")
}

/// The smallest time that `part` percent of all do not exceed.
fn percentile(sorted: &[f64], part: usize) -> f64 {
    let rank = (sorted.len() * part).div_ceil(100).max(1);
    sorted.get(rank - 1).copied().unwrap_or(f64::NAN)
}
