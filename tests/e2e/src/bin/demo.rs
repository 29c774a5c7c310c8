//! The product at work on this machine: a sample CRM, the real relay, a simulated broker, and a real browser with the
//! extension. With a display a person clicks; with `--headless` the demo clicks, and checks what the browser shows.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command-line tool talks to the person who started it"
)]

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, anyhow, bail};
use clap::Parser;
use stagedoor_e2e::browser::{Browser, Kind};
use stagedoor_e2e::camera::Camera;
use stagedoor_e2e::chromium::{Chromium, Options};
use stagedoor_e2e::lab::{CUSTOMERS, Lab};
use stagedoor_e2e::paths;
use stagedoor_e2e::scenario::guide::{self, Story};
use stagedoor_e2e::scenario::{SUPPORT, Seat};
use tokio::signal::unix::{SignalKind, signal};

#[derive(Parser)]
#[command(about = "Shows Stagedoor at work: sample CRM, relay, simulated broker, and a real browser")]
struct Arguments {
    /// Walk through the guide's three scenarios without a display, and say what the browser showed.
    #[arg(long)]
    headless: bool,
    /// Where pictures of the headless walk go.
    #[arg(long, value_name = "DIRECTORY", default_value = "target/demo")]
    pictures: PathBuf,
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let demo = async {
        if arguments.headless {
            walk(&paths::workspace().join(&arguments.pictures)).await
        } else {
            show().await
        }
    };
    // Whichever comes first, the other is dropped, and with it everything that was started.
    let result = tokio::select! {
        result = demo => result,
        result = interrupted() => match result {
            // A person who watches has seen enough.
            Ok(()) if !arguments.headless => Ok(()),
            Ok(()) => Err(anyhow!("interrupted")),
            Err(error) => Err(error.into()),
        },
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("\nerror: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Waits for a signal that asks this program to end.
async fn interrupted() -> std::io::Result<()> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let mut hang_up = signal(SignalKind::hangup())?;
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
        _ = hang_up.recv() => {}
    }
    Ok(())
}

/// Lets a person click.
async fn show() -> Result<()> {
    if std::env::var_os("DISPLAY").is_none() && std::env::var_os("WAYLAND_DISPLAY").is_none() {
        bail!("there is no display to show a browser on; run the demo with --headless, or set DISPLAY");
    }
    let lab = Lab::start().await?;
    let [staff, _] = SUPPORT;
    let options = Options {
        headed: true,
        ..Options::default()
    };
    let profile = lab.directory().join("profiles/demo");
    let browser = Chromium::start(&profile, &paths::extension()?, options).await?;
    let seat = Seat {
        browser: Browser::Chromium(browser),
    };
    seat.enrol(&lab, staff).await?;
    let page = seat.browser.open(&lab.customer_page(CUSTOMERS[0].0)).await?;
    let Browser::Chromium(browser) = &seat.browser else {
        bail!("the demo uses Chromium")
    };
    browser.close_others(&page).await?;
    println!(
        "\nChromium shows a sample CRM. You are {} of the broker's support team.\n\
         \n  1. Press the Stagedoor button: in the toolbar, or behind the puzzle piece, or Alt+Shift+L.\
         \n  2. Check the customer that it proposes, and open the platform.\
         \n  3. A private window shows the platform, logged in as that customer.\n\
         \nThe relay listens at {}, the simulated broker at {}.\n\
         Close the browser or press Ctrl-C to end the demo.\n",
        staff.name,
        lab.front.url(),
        lab.sim.broker_url(),
    );
    tokio::select! {
        () = browser.closed() => Ok(()),
        () = narrate(&lab) => Ok(()),
    }
}

/// Tells what reaches the broker and the platform, as it happens.
async fn narrate(lab: &Lab) {
    let (mut asked, mut redeemed) = (0, 0);
    loop {
        for request in lab.sim.journal().iter().skip(asked) {
            let status = request
                .status
                .map_or("no answer".to_owned(), |status| status.to_string());
            println!(
                "broker    {} {} {} -> {status}",
                request.method, request.path, request.body
            );
            asked += 1;
        }
        for attempt in lab.sim.redemptions().iter().skip(redeemed) {
            let customer = attempt.email.as_deref().unwrap_or("nobody that the broker knows");
            println!("platform  {:?}: {customer}", attempt.result);
            redeemed += 1;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// Clicks by itself and checks what the browser shows.
async fn walk(pictures: &Path) -> Result<()> {
    let start = Instant::now();
    let camera = Camera::keeping(pictures.to_owned())?;
    // It holds answers back, for as long as its steps take.
    let lab = Lab::start().await?.patient()?;
    let result = scenarios(&lab, &camera).await;
    if let Ok(relay) = lab.relay() {
        std::fs::write(pictures.join("relay.log"), relay.log()).context("cannot keep the relay's log")?;
    }
    let pictures = pictures.display();
    result.with_context(|| format!("the demo failed; pictures and the relay's log are in {pictures}"))?;
    println!(
        "\nAll three scenarios held, in {}. Pictures: {pictures}",
        seconds(start.elapsed())
    );
    Ok(())
}

async fn scenarios(lab: &Lab, camera: &Camera) -> Result<()> {
    let first = Seat::enrolled(lab, Kind::Chromium, SUPPORT[0]).await?;
    let second = Seat::enrolled(lab, Kind::Chromium, SUPPORT[1]).await?;
    println!("Two staff members enrolled, each in a Chromium of their own.\n");
    tell("1 valid in time", guide::valid(lab, &first, camera).await)?;
    tell("2 expired", guide::expired(lab, &first, camera).await)?;
    tell(
        "3 regenerated",
        guide::regenerated(lab, [&first, &second], camera).await,
    )?;
    first.browser.quit().await?;
    second.browser.quit().await
}

fn tell(name: &str, story: Result<Story>) -> Result<()> {
    match &story {
        Ok(story) => println!("ok      {name:<16} {} ({})", story.seen, seconds(story.took)),
        Err(_) => println!("FAILED  {name}"),
    }
    story.map(drop).with_context(|| format!("scenario {name}"))
}

fn seconds(time: Duration) -> String {
    format!("{:.2} s", time.as_secs_f64())
}
