//! `stagedoor staff add`: makes a person known, so that they can sign in; `stagedoor staff unlink` forgets who they are at the
//! firm's provider.

use std::path::Path;

use anyhow::ensure;
use clap::Args;
use stagedoor_protocol::CustomerEmail;
use tracing::info;

use super::{
    disabled,
    doubts::doubts,
    joined, nobody,
    roles::{RoleSet, roles},
};
use crate::{
    cli::{
        office::{Office, Operator},
        values::address,
    },
    clock::{Clock, SystemClock},
    events::{Event, EventKind},
    store::NewStaff,
};

#[derive(Debug, Args)]
pub(in crate::cli) struct Add {
    /// The person's own address, as the provider has it.
    #[arg(value_name = "ADDRESS", value_parser = address)]
    email: CustomerEmail,
    /// The name that people know. Default: the one already known, or the part before the @.
    #[arg(long)]
    name: Option<String>,
    /// Roles that they have from now on, with commas between them. Default: those they have.
    #[arg(long = "role", value_name = "ROLES", value_parser = roles)]
    roles: Option<RoleSet>,
    #[command(flatten)]
    operator: Operator,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct Unlink {
    /// The person's own address.
    #[arg(value_name = "ADDRESS", value_parser = address)]
    email: CustomerEmail,
    #[command(flatten)]
    operator: Operator,
}

pub(super) async fn add(path: &Path, add: Add) -> anyhow::Result<()> {
    check_name(add.name.as_deref())?;
    let office = Office::open(path, add.operator).await?;
    let new = NewStaff {
        email: add.email,
        name: add.name,
        roles: add.roles.map(|roles| roles.0),
    };
    let now = SystemClock::new().now();
    let added = office.store.add_staff(&new, now).await?;
    let staff = added.map_err(|_| disabled(&new.email))?;
    office.log(|operator| {
        let roles = joined(&staff.roles, ",");
        info!(operator, action = "add", staff = %staff.id, roles, "staff changed");
    });
    office
        .announce(Event::staff(EventKind::StaffInvited, staff.id, now))
        .await;
    for doubt in doubts(office.config.as_ref(), &staff, false) {
        tell!("warning: {doubt}");
    }
    tell!(
        "{} ({}) can sign in, where the configuration has [sign_in]; stagedoor staff invite makes a code.",
        staff.name,
        staff.email.as_str()
    );
    Ok(())
}

pub(super) async fn unlink(path: &Path, unlink: Unlink) -> anyhow::Result<()> {
    let office = Office::open(path, unlink.operator).await?;
    let unlinked = office.store.unlink_staff(&unlink.email).await?;
    let Some((staff, count)) = unlinked else {
        return Err(nobody(&unlink.email));
    };
    if count == 0 {
        tell!("They have not signed in yet, or were unlinked before; nothing was changed.");
        return Ok(());
    }
    office.log(|operator| info!(operator, action = "unlink", staff = %staff.id, "staff changed"));
    let now = SystemClock::new().now();
    office
        .announce(Event::staff(EventKind::StaffUnlinked, staff.id, now))
        .await;
    tell!(
        "Unlinked: whoever signs in with this address next is taken for {} from then on. Sessions that are open go on; \
         stagedoor staff sign-out ends them.",
        staff.name
    );
    Ok(())
}

/// A name that colleagues can be shown.
pub(super) fn check_name(name: Option<&str>) -> anyhow::Result<()> {
    let fits =
        |name: &str| (1..=64).contains(&name.trim().chars().count()) && !name.chars().any(char::is_control);
    ensure!(
        name.is_none_or(fits),
        "--name must be 1 to 64 characters, without line ends"
    );
    Ok(())
}
