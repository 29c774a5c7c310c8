//! `stagedoor profile revoke`: ends a browser profile's access, from the next request on.

use std::path::Path;

use anyhow::{Context, bail};
use clap::Args;
use tracing::info;

use crate::{
    cli::{
        confirm,
        office::{Office, Operator},
        text,
    },
    clock::{Clock, SystemClock},
    events::{Event, EventKind},
    store::{EnrolledProfile, Store},
};

/// What is typed to go on.
const WORD: &str = "revoke";

#[derive(Debug, Args)]
pub(in crate::cli) struct Revoke {
    /// The id of the profile's key, or its beginning if no other begins so.
    #[arg(value_name = "KEY_ID", allow_hyphen_values = true)]
    key: String,
    /// Do not ask.
    #[arg(long)]
    yes: bool,
    #[command(flatten)]
    operator: Operator,
}

pub(super) async fn run(path: &Path, revoke: Revoke) -> anyhow::Result<()> {
    let office = Office::open(path, revoke.operator).await?;
    let profile = find(&*office.store, &revoke.key).await?;
    let (key, email) = (&profile.key_id, profile.email.as_str());
    if let Some(at) = profile.revoked_at {
        tell!(
            "The profile {key} of {email} is revoked already, since {}.",
            text::time(at)
        );
        return Ok(());
    }
    tell!(
        "This revokes the profile {key} of {email}, enrolled {}. It comes back by a new code only.",
        text::time(profile.enrolled_at)
    );
    if !revoke.yes {
        confirm::typed(WORD, WORD, "nothing was revoked")?;
    }
    let now = SystemClock::new().now();
    let revoked = office.store.revoke_profile(key, now).await?;
    let staff = revoked.context("somebody else has just revoked it, or its owner was disabled")?;
    office.log(|operator| {
        info!(operator, action = "revoke", staff = %staff.id, profile = %key, "staff changed");
    });
    office
        .announce(Event::profile(EventKind::ProfileRevoked, staff.id, key, now))
        .await;
    tell!("Revoked.");
    Ok(())
}

/// The one profile whose key's id begins so.
async fn find(store: &dyn Store, beginning: &str) -> anyhow::Result<EnrolledProfile> {
    let mut found = store.list_profiles(None).await?;
    found.retain(|profile| !beginning.is_empty() && profile.key_id.as_str().starts_with(beginning));
    match found.len() {
        0 => bail!("no profile's id begins with \"{beginning}\": stagedoor profile list shows them"),
        1 => found.pop().context("the profile is not there any more"),
        several => bail!("{several} profiles' ids begin with \"{beginning}\": give more of it"),
    }
}
