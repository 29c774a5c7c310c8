//! What the tests share: taking turns, and what the broker's journal must look like.

use anyhow::{Context as _, Result};
use stagedoor_broker_sim::JournalEntry;
use stagedoor_e2e::lab::{API_KEY, Lab};
use stagedoor_e2e::wait::{PATIENCE, until};
use tokio::sync::Semaphore;

/// Browsers are heavy: more than two at work only makes all of them slow.
static TURNS: Semaphore = Semaphore::const_new(2);

/// Runs a test when it is its turn.
pub(crate) async fn run(test: impl Future<Output = Result<()>>) {
    let _turn = TURNS.acquire().await.expect("it is never closed");
    if let Err(error) = test.await {
        // What was waited for and what was seen instead; a backtrace through the runtime says neither.
        panic!("{error:#}");
    }
}

/// The broker has received exactly one request for each of these customers since the journal was last taken, each in
/// the one form that the broker documents.
pub(crate) fn assert_asked_for(lab: &Lab, customers: &[&str]) {
    assert_asked_for_long(lab, customers, 30);
}

/// Likewise, each for a token that is good for so many seconds.
pub(crate) fn assert_asked_for_long(lab: &Lab, customers: &[&str], seconds: u32) {
    let journal = lab.sim.take_journal();
    let asked: Vec<String> = journal.iter().map(|entry| customer(entry, seconds)).collect();
    assert_eq!(asked, customers);
}

/// The customer that a request is about; anything unusual about the request is a failure.
fn customer(entry: &JournalEntry, seconds: u32) -> String {
    assert_eq!(
        (entry.method.as_str(), entry.path.as_str()),
        ("POST", "/v1/one-time-token")
    );
    let mut names: Vec<&str> = entry.headers.iter().map(|(name, _)| name.as_str()).collect();
    names.sort_unstable();
    assert_eq!(
        names,
        [
            "accept",
            "authorization",
            "content-length",
            "content-type",
            "host",
            "user-agent"
        ]
    );
    assert_eq!(entry.header("authorization"), Some(API_KEY));
    assert_eq!(entry.header("content-type"), Some("application/json"));
    let body = entry.json().expect("the body is JSON");
    let email = body["email"].as_str().unwrap_or_default().to_owned();
    assert_eq!(body, serde_json::json!({"email": email, "validityTime": seconds}));
    email
}

/// Waits until the ledger says of the logins, in their order, exactly what became of them.
pub(crate) async fn recorded(lab: &Lab, expected: &[&str]) -> Result<()> {
    let mut seen = Vec::new();
    let waited = until("the ledger to tell of the logins", PATIENCE, async || {
        let table = lab.relay()?.run(&["ledger", "list"])?;
        let place = table.find("OUTCOME").context("a column of outcomes")?;
        let cell = |line: &str| {
            let rest = line.get(place..).unwrap_or_default();
            rest.split("  ").next().unwrap_or_default().to_owned()
        };
        seen = table.lines().skip(1).map(cell).collect();
        Ok((seen == expected).then_some(()))
    });
    waited.await.with_context(|| format!("the ledger says {seen:?}"))
}
