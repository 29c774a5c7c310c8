//! `stagedoor staff invite`: a single-use code for one person.

use std::path::Path;

use anyhow::ensure;
use clap::Args;
use jiff::SignedDuration;
use serde_json::json;
use stagedoor_protocol::{CustomerEmail, EnrolmentCode};
use tracing::info;

use super::{
    add::check_name,
    disabled,
    doubts::doubts,
    joined,
    roles::{RoleSet, roles},
};
use crate::{
    auth::sha256,
    cli::{
        office::{Office, Operator},
        say, text,
        values::{address, how_long},
    },
    clock::{Clock, SystemClock},
    events::{Event, EventKind},
    random,
    store::{Invited, NewInvite},
};

/// A code must not lie around for longer than this.
const LONGEST: SignedDuration = SignedDuration::from_hours(7 * 24);

#[derive(Debug, Args)]
pub(in crate::cli) struct Invite {
    /// The person's own address.
    #[arg(value_parser = address)]
    email: CustomerEmail,
    /// The name that people know. Default: the one already known, or the part before the @.
    #[arg(long)]
    name: Option<String>,
    /// Roles that they have from now on, with commas between them. Default: those they have.
    #[arg(long = "role", value_name = "ROLES", value_parser = roles)]
    roles: Option<RoleSet>,
    /// How long the code is good for, at most 7d; e.g. 15m, 24h or 2d.
    #[arg(long, value_name = "TIME", default_value = "15m", value_parser = how_long)]
    valid_for: SignedDuration,
    /// Print one line of JSON: email, code, expiresAt, and how many older codes are void now (voided).
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    operator: Operator,
}

pub(super) async fn run(path: &Path, invite: Invite) -> anyhow::Result<()> {
    ensure!(
        invite.valid_for > SignedDuration::ZERO && invite.valid_for <= LONGEST,
        "--valid-for must be more than nothing and at most 7 days"
    );
    check_name(invite.name.as_deref())?;
    let office = Office::open(path, invite.operator).await?;
    let code = EnrolmentCode::from_random(&random::bytes()?);
    let now = SystemClock::new().now();
    let expires_at = now.checked_add(invite.valid_for)?;
    let new = NewInvite {
        email: invite.email,
        name: invite.name,
        roles: invite.roles.map(|roles| roles.0),
        code_sha256: sha256(code.expose().as_bytes()),
        expires_at,
    };
    let invited = office.store.invite(&new, now).await?;
    let Invited { staff, voided } = invited.map_err(|_| disabled(&new.email))?;
    office.log(|operator| {
        let roles = joined(&staff.roles, ",");
        info!(operator, action = "invite", staff = %staff.id, roles, %expires_at, voided, "staff changed");
    });
    office
        .announce(Event::staff(EventKind::StaffInvited, staff.id, now))
        .await;
    for doubt in doubts(office.config.as_ref(), &staff, true) {
        tell!("warning: {doubt}");
    }
    let email = staff.email.as_str();
    if invite.json {
        say(
            json!({"email": email, "code": code.expose_grouped(), "expiresAt": expires_at, "voided": voided}),
        )?;
    } else {
        say(code.expose_grouped())?;
        tell!(
            "One browser profile of {} ({email}) can be enrolled with this code until {expires_at}, once.",
            staff.name
        );
        if voided > 0 {
            let codes = text::count(voided, "earlier code", "earlier codes");
            tell!("Worthless from now on: {codes} of theirs that nobody had used.");
        }
    }
    Ok(())
}
