//! Which logins a command is about.

use std::{collections::VecDeque, str::FromStr};

use clap::{Args, ValueEnum};
use stagedoor_protocol::{CustomerEmail, PlatformId};

use super::when::When;
use crate::{
    cli::values::address,
    clock::{Clock, SystemClock},
    store::{LoginFilter, LoginRecords, Store, StoreError},
};

/// Logins looked up at once.
pub(super) const LOGINS: u32 = 1000;
/// How many records from the end are looked at first for the last logins.
const FIRST_LOOK: u64 = 4096;

/// All given conditions must hold.
#[derive(Debug, Clone, Args)]
pub(super) struct Selection {
    /// Of this staff member, by address.
    #[arg(long, value_name = "ADDRESS", value_parser = address)]
    staff: Option<CustomerEmail>,
    /// For this customer, by address. An erased customer is not found.
    #[arg(long, value_name = "ADDRESS", value_parser = address)]
    customer: Option<CustomerEmail>,
    /// To this platform, by its id in the configuration.
    #[arg(long, value_parser = platform)]
    platform: Option<PlatformId>,
    /// With this outcome.
    #[arg(long)]
    outcome: Option<Outcome>,
    /// Not before: 2026-11-25T03:06:42Z, 2026-11-25 (midnight, UTC), or how long ago, e.g. 24h, 7d.
    #[arg(long, value_name = "TIME", value_parser = When::from_str)]
    from: Option<When>,
    /// Before this time.
    #[arg(long, value_name = "TIME", value_parser = When::from_str)]
    to: Option<When>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Outcome {
    /// A token was made.
    Minted,
    /// No token was made.
    Failed,
    /// Nobody knows whether a token was made.
    Unknown,
    /// Under way.
    Open,
}

impl Selection {
    /// Whether there is no condition.
    pub(super) fn is_everything(&self) -> bool {
        self.staff.is_none()
            && self.customer.is_none()
            && self.platform.is_none()
            && self.outcome.is_none()
            && self.from.is_none()
            && self.to.is_none()
    }

    pub(super) fn filter(&self) -> anyhow::Result<LoginFilter> {
        let now = SystemClock::new().now();
        let outcome = self.outcome.map(|outcome| match outcome {
            Outcome::Minted => "minted",
            Outcome::Failed => "failed",
            Outcome::Unknown => "unknown",
            Outcome::Open => "open",
        });
        Ok(LoginFilter {
            staff: self.staff.clone(),
            customer: self.customer.clone(),
            platform: self.platform.clone(),
            outcome: outcome.map(str::to_owned),
            from: self.from.map(|when| when.before(now)).transpose()?,
            to: self.to.map(|when| when.before(now)).transpose()?,
            after: None,
        })
    }
}

/// The next logins of a filter, which moves on past them. None: there are no more.
pub(super) async fn next(
    store: &dyn Store,
    filter: &mut LoginFilter,
) -> Result<Option<Vec<LoginRecords>>, StoreError> {
    let found = store.find_logins(filter, LOGINS).await?;
    if let Some(last) = found.last() {
        filter.after = Some(last.intent);
        return Ok(Some(found));
    }
    Ok(None)
}

/// The last logins of a filter, oldest first, and whether there are older ones. Looks at ever more of the ledger's end:
/// a store finds logins from the beginning only.
pub(super) async fn last(
    store: &dyn Store,
    filter: &LoginFilter,
    limit: usize,
) -> Result<(Vec<LoginRecords>, bool), StoreError> {
    let size = store.ledger_size().await?;
    let mut look = FIRST_LOOK.max(4 * limit as u64);
    loop {
        let begin = size.saturating_sub(look);
        let mut window = LoginFilter {
            after: begin.checked_sub(1),
            ..filter.clone()
        };
        let mut last = VecDeque::new();
        while let Some(found) = next(store, &mut window).await? {
            last.extend(found);
            // One more than asked for, to know that there is one.
            last.drain(..last.len().saturating_sub(limit + 1));
        }
        let older = last.len() > limit;
        if older || begin == 0 {
            if older {
                last.pop_front();
            }
            return Ok((last.into(), older));
        }
        look = look.saturating_mul(8);
    }
}

fn platform(text: &str) -> Result<PlatformId, String> {
    PlatformId::parse(text).map_err(|error| error.to_string())
}
