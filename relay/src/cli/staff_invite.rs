//! `stagedoor staff invite`: a single-use code for one person.

use std::path::Path;

use anyhow::{Context, ensure};
use clap::Args;
use jiff::SignedDuration;
use serde_json::json;
use stagedoor_protocol::{CustomerEmail, EnrolmentCode};

use super::{open_store, say};
use crate::{
    auth::sha256,
    clock::{Clock, SystemClock},
    random,
    store::NewInvite,
};

/// A code must not lie around for longer than this.
const LONGEST: SignedDuration = SignedDuration::from_hours(7 * 24);

#[derive(Debug, Args)]
pub(super) struct Invite {
    /// The person's own address.
    email: String,
    /// The name that people know. Default: the one already known, or the part before the @.
    #[arg(long)]
    name: Option<String>,
    /// How long the code is good for, e.g. 15m or 24h.
    #[arg(long, value_name = "TIME", default_value = "15m")]
    valid_for: SignedDuration,
    /// Print one line of JSON: email, code, expiresAt.
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(path: &Path, invite: Invite) -> anyhow::Result<()> {
    let email = CustomerEmail::parse(&invite.email).context("EMAIL")?;
    ensure!(
        invite.valid_for > SignedDuration::ZERO && invite.valid_for <= LONGEST,
        "--valid-for must be more than nothing and at most 7 days"
    );
    if let Some(name) = &invite.name {
        let fits = (1..=64).contains(&name.trim().chars().count()) && !name.chars().any(char::is_control);
        ensure!(fits, "--name must be 1 to 64 characters, without line ends");
    }
    let store = open_store(path).await?;
    let code = EnrolmentCode::from_random(&random::bytes()?);
    let now = SystemClock::new().now();
    let expires_at = now.checked_add(invite.valid_for)?;
    let new = NewInvite {
        email,
        name: invite.name,
        roles: None,
        code_sha256: sha256(code.expose().as_bytes()),
        expires_at,
    };
    let staff = store.invite(&new, now).await?;
    let email = staff.email.as_str();
    if invite.json {
        say(json!({"email": email, "code": code.expose_grouped(), "expiresAt": expires_at}))?;
    } else {
        say(code.expose_grouped())?;
        tell!(
            "One browser profile of {} ({email}) can be enrolled with this code until {expires_at}, once.",
            staff.name
        );
    }
    Ok(())
}
