//! `stagedoor ledger erase`: personal data of a customer, or of what is old, goes for good; the records stay, and say so.

use std::{path::Path, process::ExitCode, str::FromStr, sync::Arc};

use anyhow::{Context, bail, ensure};
use clap::Args;
use jiff::{SignedDuration, Timestamp};
use stagedoor_protocol::CustomerEmail;
use tokio_util::sync::CancellationToken;

use super::{pages, progress::Progress, recorded, selection, text, when::When};
use crate::spelling::Spelling as _;
use crate::{
    cli::{
        confirm,
        values::{address, words},
    },
    clock::{Clock, SystemClock},
    shutdown,
    store::{self, Erased, ErasureOrder, ErasureScope, LoginFilter, Scrubbed, Store, StoreError, is_before},
};

/// What is younger may be under way.
const YOUNGEST: SignedDuration = SignedDuration::from_hours(24);
/// The exit code of sysexits.h for what works if it is tried again later.
const UNFINISHED: u8 = 75;
/// What is typed to erase by age.
const WORD: &str = "erase";

#[derive(Debug, Args)]
pub(in crate::cli) struct Erase {
    #[command(flatten)]
    what: What,
    /// Who orders it: a name that is recorded with the erasure.
    #[arg(long, value_name = "NAME", value_parser = |text: &str| words(text, 100))]
    operator: String,
    /// Why, e.g. the number of the request. It is recorded with the erasure; a customer's name does not belong in it.
    #[arg(long, value_name = "TEXT", value_parser = |text: &str| words(text, 500))]
    reason: String,
    /// Do not ask.
    #[arg(long)]
    yes: bool,
}

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
struct What {
    /// All that is recorded of this customer.
    #[arg(long, value_name = "ADDRESS", value_parser = address)]
    customer: Option<CustomerEmail>,
    /// All that is recorded of customers and staff before a time: a date, or an age. Investment firms keep records for 5
    /// years, so `5y` fits them.
    #[arg(long, value_name = "DURATION|DATE", value_parser = When::from_str)]
    older_than: Option<When>,
}

pub(super) async fn run(path: &Path, erase: Erase) -> anyhow::Result<ExitCode> {
    let clock = SystemClock::new();
    let mut scope = scope(&erase.what, clock.now())?;
    // It must be there already, which opening it for writing would see to.
    let (config, _) = super::open(path).await?;
    let store = store::open(&config.store).await?;
    let (found, mut left) = find(&store, &mut scope).await?;
    let order = ErasureOrder {
        scope,
        operator: erase.operator,
        reason: erase.reason,
        at: clock.now(),
    };
    // Without anything to ask about nothing is done: what comes to be there meanwhile would go unasked.
    if found.is_something() {
        tell!("{}", announcement(&order.scope, found, left));
        if !erase.yes {
            ask(&order.scope)?;
        }
        // From here on Ctrl-C waits for the step that is under way, and says what is left.
        let stop = CancellationToken::new();
        shutdown::on_signal(stop.clone())?;
        let done = steps(&*store, order, &clock, found.records, &stop).await?;
        left = done.left;
        tell_done(done);
    } else if left == 0 {
        tell!("Nothing is recorded that is to be erased.");
    }
    // Also when an earlier run was interrupted: what it erased may be left in the files.
    match store.scrub().await? {
        Scrubbed::Gone => {}
        Scrubbed::Later(what) => tell!("In the store's files: {what}."),
    }
    if found.is_something() {
        tell!(
            "Still to be done elsewhere: backups, exports and proofs that were made before may hold the data. Checkpoints hold none."
        );
    }
    if left > 0 {
        tell!(
            "NOT EVERYTHING: {} under way and left as {}. Run the same command again in a minute; without a relay that runs, \
             start one first: it ends what was left open.",
            text::count(left, "login is", "logins are"),
            if left == 1 { "it is" } else { "they are" },
        );
        return Ok(UNFINISHED.into());
    }
    Ok(ExitCode::SUCCESS)
}

/// What there is to erase, as far as it could be seen before it was asked about.
#[derive(Debug, Clone, Copy)]
struct Found {
    /// Records with personal data that will go.
    records: u64,
    /// Requests for approval of the customer.
    requests: u64,
}

impl Found {
    fn is_something(self) -> bool {
        self.records > 0 || self.requests > 0
    }
}

/// What was in fact erased, which is more than was found if a login has ended meanwhile.
fn tell_done(done: Erased) {
    if done.records > 0 {
        let records = text::count(done.records, "record", "records");
        tell!("The personal data of {records} is erased.");
    }
    if done.requests > 0 {
        let requests = requests(done.requests);
        tell!("Deleted of this customer: {requests}. Whoever waits for one asks again.");
    }
    if done.records == 0 && done.requests == 0 {
        tell!("Nothing was erased: what was found has gone meanwhile.");
    }
}

fn requests(count: u64) -> String {
    text::count(count, "request for approval", "requests for approval")
}

fn scope(what: &What, now: Timestamp) -> anyhow::Result<ErasureScope> {
    if let Some(customer) = &what.customer {
        return Ok(ErasureScope::Customer(customer.clone()));
    }
    let before = what
        .older_than
        .context("say --customer or --older-than")?
        .before(now)?;
    ensure!(
        before <= now.checked_sub(YOUNGEST)?,
        "--older-than must be at least 24 h ago: younger logins may be under way"
    );
    Ok(ErasureScope::Before {
        time: before,
        end: u64::MAX,
    })
}

/// What there is to erase, and how many logins are under way and will be left. Of old ones the erasure itself tells that.
async fn find(store: &Arc<dyn Store>, scope: &mut ErasureScope) -> anyhow::Result<(Found, u64)> {
    match scope {
        ErasureScope::Customer(customer) => {
            let (records, left) = of_customer(&**store, customer).await?;
            let requests = store.count_approvals(customer).await?;
            Ok((Found { records, requests }, left))
        }
        ErasureScope::Before { time, end } => {
            let records;
            (records, *end) = older_than(store, *time).await?;
            Ok((Found { records, requests: 0 }, 0))
        }
    }
}

async fn of_customer(store: &dyn Store, customer: &CustomerEmail) -> anyhow::Result<(u64, u64)> {
    let mut filter = LoginFilter {
        customer: Some(customer.clone()),
        ..LoginFilter::default()
    };
    let (mut count, mut left) = (0, 0);
    while let Some(found) = selection::next(store, &mut filter).await? {
        let (ended, open): (Vec<_>, Vec<_>) = found.iter().partition(|login| login.outcome.is_some());
        let rows = pages::rows_at(store, ended.into_iter().flat_map(recorded::sequences)).await?;
        count += rows.values().filter(|row| row.customer.is_some()).count() as u64;
        left += open.len() as u64;
    }
    Ok((count, left))
}

/// How many records have parts that are that old, and the sequence after the last of them. Reads the whole ledger: old records
/// may stand behind younger ones, where a clock was wrong.
async fn older_than(store: &Arc<dyn Store>, time: Timestamp) -> anyhow::Result<(u64, u64)> {
    let size = store.ledger_size().await?;
    let mut progress = Progress::new(Some(size));
    let (mut count, mut end) = (0, 0);
    let mut pages = pages::read(store.clone(), 0, size);
    while let Some(page) = pages.recv().await {
        let page = page?;
        for row in &page {
            if (row.customer.is_some() || row.staff.is_some()) && is_before(&row.record, time)? {
                count += 1;
                end = row.sequence + 1;
            }
        }
        progress.advance(page.len() as u64);
    }
    progress.finish();
    Ok((count, end))
}

/// Without the address: it may stay in a terminal's memory, or in a log.
fn announcement(scope: &ErasureScope, found: Found, left: u64) -> String {
    let ErasureScope::Before { time, .. } = scope else {
        return announcement_of_customer(found, left);
    };
    let records = text::count(found.records, "record", "records");
    format!(
        "This erases all personal data of customers and staff from {records} of before {}. That there were logins, where and \
         when stays. It cannot be undone.",
        text::time(*time)
    )
}

fn announcement_of_customer(found: Found, left: u64) -> String {
    let mut parts = Vec::new();
    if found.records > 0 {
        parts.push(format!(
            "This erases the customer's address, the reason, ticket and CRM record, and what the extension reported, from {}. \
             Who of the staff logged in, where and when stays.",
            text::count(found.records, "record", "records")
        ));
    }
    if found.requests > 0 {
        parts.push(format!(
            "This deletes {} of the customer, whoever waits for one.",
            requests(found.requests)
        ));
    }
    if left > 0 {
        parts.push(format!(
            "{} under way: what has ended by the time you go on is erased, too.",
            text::count(left, "login is", "logins are")
        ));
    }
    parts.push("It cannot be undone.".to_owned());
    parts.join(" ")
}

fn ask(scope: &ErasureScope) -> anyhow::Result<()> {
    let undone = "nothing was erased";
    match scope {
        ErasureScope::Customer(customer) => {
            confirm::typed("the customer's address again", &customer.spelling(), undone)
        }
        ErasureScope::Before { .. } => confirm::typed(WORD, WORD, undone),
    }
}

/// Erases, step by step; what was done in all, and how many logins were left.
async fn steps(
    store: &dyn Store,
    mut order: ErasureOrder,
    clock: &SystemClock,
    count: u64,
    stop: &CancellationToken,
) -> anyhow::Result<Erased> {
    let mut progress = Progress::new(Some(count));
    let (mut erased, mut requests) = (0, 0);
    loop {
        order.at = clock.now();
        let step = store.erase(&order).await.map_err(|error: StoreError| {
            let records = text::count(erased, "record", "records");
            anyhow::Error::new(error).context(format!(
                "{records} are erased, and the rest is not; run the same command again"
            ))
        })?;
        erased += step.records;
        requests += step.requests;
        progress.advance(step.records);
        if !step.more {
            progress.finish();
            return Ok(Erased {
                records: erased,
                requests,
                ..step
            });
        }
        if stop.is_cancelled() {
            progress.finish();
            bail!(
                "stopped: {} are erased, and the rest is not; run the same command again",
                text::count(erased, "record", "records")
            );
        }
    }
}
