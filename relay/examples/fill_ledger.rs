//! Fills a SQLite store with a ledger of so many logins, to measure with: `fill_ledger FILE LOGINS`. Each login is an intent
//! with both personal parts, an outcome, and a report. It goes through the relay's own writer, many at a time.

#![expect(clippy::print_stdout, reason = "it talks to the person who runs it")]

use std::{env, path::PathBuf, sync::Arc};

use anyhow::{Context, ensure};
use futures_util::{StreamExt, TryStreamExt, stream};
use jiff::{SignedDuration, Timestamp};
use stagedoor_protocol::{
    CustomerEmail, ErrorCode, KeyId, Nonce, Outcome, OutcomeReport, PageReference, PlatformId, RequestId,
};
use stagedoor_relay::{
    config::StoreUrl,
    store::{self, Completion, Intent, IntentAnswer, MintOutcome, NewInvite, StaffMember, Store},
};

/// Logins under way at once: a group commit takes them all.
const AT_ONCE: usize = 512;
/// The time of the first, so that every run makes an old ledger.
const BEGINNING: i64 = 1_600_000_000;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let mut arguments = env::args().skip(1);
    let path = arguments.next().context("fill_ledger FILE LOGINS")?;
    let logins: u64 = arguments.next().context("fill_ledger FILE LOGINS")?.parse()?;
    let store = store::open(&StoreUrl::Sqlite(PathBuf::from(path))).await?;
    let staff = invite(&*store).await?;
    let first = store.ledger_size().await?;
    stream::iter(0..logins)
        .map(|number| login(store.clone(), &staff, first + number))
        .buffered(AT_ONCE)
        .try_collect::<Vec<()>>()
        .await?;
    println!("{} records", store.ledger_size().await?);
    Ok(())
}

async fn invite(store: &dyn Store) -> anyhow::Result<StaffMember> {
    let invite = NewInvite {
        email: CustomerEmail::parse("support@broker.example")?,
        name: Some("Support desk".to_owned()),
        code_sha256: [0; 32],
        expires_at: at(0)?,
    };
    Ok(store.invite(&invite, at(0)?).await?)
}

async fn login(store: Arc<dyn Store>, staff: &StaffMember, number: u64) -> anyhow::Result<()> {
    let begun = at(number)?;
    let mut unique = [0; 16];
    unique[..8].copy_from_slice(&number.to_be_bytes());
    let [id @ .., _, _, _, _, _, _] = unique;
    let request_id = RequestId::from_parts(u64::try_from(begun.as_millisecond())?, &id);
    let intent = Intent {
        request_id: request_id.clone(),
        staff: staff.clone(),
        key_id: KeyId::from_thumbprint(&[7; 32]),
        nonce: Nonce::from_random(&unique),
        nonce_expires_at: begun,
        client_address: "192.0.2.7".parse()?,
        extension_version: env!("CARGO_PKG_VERSION").to_owned(),
        platform: PlatformId::parse("main")?,
        customer_email: CustomerEmail::parse(&format!("customer-{number}@customers.example"))?,
        reason: Some("Cannot find the form for withdrawals".to_owned()),
        ticket: Some(format!("T-{number}")),
        page: Some(PageReference {
            origin: "https://crm.broker.example".to_owned(),
            record_id: Some(format!("c-{number}")),
        }),
        overrides: None,
        policy_version: "4ab1c2d3e4f5a6b7c8d9e0f1a2b3c4d5".to_owned(),
        validity_seconds: 30,
        requested_at: begun,
        claimed_until: begun,
    };
    ensure!(
        store.record_intent(&intent).await? == IntentAnswer::Recorded,
        "the file has such a ledger already; fill another"
    );
    let failed = number.is_multiple_of(50);
    let completion = Completion {
        outcome: if failed {
            MintOutcome::Failed(ErrorCode::CustomerUnknown)
        } else {
            MintOutcome::Minted(None)
        },
        duration_ms: Some(120),
        at: begun,
        claimed_until: begun,
    };
    store.record_outcome(&request_id, &completion).await?;
    if !failed {
        let report = OutcomeReport {
            outcome: Outcome::Opened,
            duration_milliseconds: Some(900),
            cause: None,
        };
        store
            .report_outcome(staff.id, &request_id, &report, begun)
            .await?;
    }
    Ok(())
}

/// A login each 100 ms.
fn at(number: u64) -> anyhow::Result<Timestamp> {
    let after = SignedDuration::from_millis(i64::try_from(number)? * 100);
    Ok(Timestamp::from_second(BEGINNING)?.checked_add(after)?)
}
