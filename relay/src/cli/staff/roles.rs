//! `stagedoor staff roles`: what a person's work is, for rules that go by it.

use std::{collections::BTreeSet, path::Path};

use anyhow::{bail, ensure};
use clap::Args;
use jiff::Timestamp;
use stagedoor_protocol::CustomerEmail;
use tracing::info;

use super::{joined, nobody, roles_or};
use crate::spelling::Spelling as _;
use crate::{
    cli::{
        office::{self, Office, Operator},
        say,
        values::address,
    },
    clock::{Clock, SystemClock},
    events::Event,
    store::{MOST_ROLES, Role, RoleChange, RolesAnswer, StaffDetails, StaffMember},
};

#[derive(Debug, Args)]
pub(in crate::cli) struct Roles {
    /// The person's own address.
    #[arg(value_name = "ADDRESS", value_parser = address)]
    email: CustomerEmail,
    /// The roles that they have from now on, with commas between them; "" for none.
    #[arg(long, value_name = "ROLES", value_parser = roles, conflicts_with_all = ["add", "remove"])]
    set: Option<RoleSet>,
    /// Roles that they get beside those they have.
    #[arg(long, value_name = "ROLES", value_parser = roles)]
    add: Option<RoleSet>,
    /// Roles that they lose.
    #[arg(long, value_name = "ROLES", value_parser = roles)]
    remove: Option<RoleSet>,
    #[command(flatten)]
    operator: Operator,
}

/// How a role goes that came from signing in.
const CURE: &str = "Take the person out of the group at the provider, or the value out of [[sign_in.role]]; \
                    `stagedoor staff show` says which group it is. `stagedoor staff sign-out` ends the sessions at once.";

/// Names with commas between them.
#[derive(Debug, Clone)]
pub(super) struct RoleSet(pub(super) BTreeSet<Role>);

pub(super) async fn run(path: &Path, roles: Roles) -> anyhow::Result<()> {
    let change = match (roles.set, roles.add, roles.remove) {
        (Some(set), ..) => RoleChange::Set(set.0),
        (None, None, None) => return show(path, &roles.email).await,
        (None, add, remove) => {
            let [add, remove] = [add, remove].map(|roles| roles.map(|roles| roles.0).unwrap_or_default());
            ensure!(
                add.is_disjoint(&remove),
                "a role can be in --add or in --remove, not in both"
            );
            RoleChange::Alter { add, remove }
        }
    };
    let office = Office::open(path, roles.operator).await?;
    let now = SystemClock::new().now();
    let before = office.store.staff_details(&roles.email, now).await?;
    let before = before.ok_or_else(|| nobody(&roles.email))?;
    let brought = brought(&before, now);
    if let RoleChange::Alter { remove, .. } = &change {
        let not_ours = &(remove & &brought) - &before.member.roles;
        ensure!(
            not_ours.is_empty(),
            "nothing was changed: {} came from signing in, which `staff roles` cannot take away. {CURE}",
            joined(&not_ours, ", ")
        );
    }
    let staff = match office.store.change_roles(&roles.email, &change).await? {
        RolesAnswer::Are(staff) => staff,
        RolesAnswer::TooMany => bail!(
            "nothing was changed: a person has {MOST_ROLES} roles at most, and would have more; --remove those that are \
             not needed"
        ),
        RolesAnswer::Nobody => return Err(nobody(&roles.email)),
    };
    office.log(|operator| {
        let roles = joined(&staff.roles, ",");
        info!(operator, action = "roles", staff = %staff.id, roles, "staff changed");
    });
    office
        .announce(Event::roles(staff.id, "administrator", now))
        .await;
    print(&staff)?;
    let stays = &brought - &staff.roles;
    let stays = match &change {
        RoleChange::Set(_) => stays,
        RoleChange::Alter { remove, .. } => &stays & remove,
    };
    if !stays.is_empty() {
        let stays = joined(&stays, ", ");
        tell!("note: in sessions that are open they also have {stays}, from signing in. {CURE}");
    }
    Ok(())
}

/// Roles in sessions that are open, also those that no mapping gives any more: the configuration may be faulty, and may be
/// changed back.
fn brought(details: &StaffDetails, now: Timestamp) -> BTreeSet<Role> {
    let good = details
        .profiles
        .iter()
        .filter(|profile| profile.revoked_at.is_none());
    let sessions = good.filter_map(|profile| profile.signed_in.as_ref());
    let open = sessions.filter(|session| session.client.is_some() && session.ends_at > now);
    open.flat_map(|session| session.roles.iter().map(|mapped| mapped.role.clone()))
        .collect()
}

async fn show(path: &Path, email: &CustomerEmail) -> anyhow::Result<()> {
    let office::Reading { store, terms } = office::Reading::open(path).await?;
    let everybody = store.list_staff().await?;
    let person = everybody
        .into_iter()
        .find(|person| person.member.email.spelling() == email.spelling())
        .ok_or_else(|| nobody(email))?;
    print(&person.member)?;
    let brought = person.sign_in_roles(&terms, SystemClock::new().now());
    if !brought.is_empty() {
        let brought = joined(&brought, ", ");
        tell!("In sessions that are open they also have {brought}, from signing in.");
    }
    Ok(())
}

fn print(staff: &StaffMember) -> anyhow::Result<()> {
    tell!(
        "{} ({}) has these roles of the administrator's:",
        staff.name,
        staff.email.as_str()
    );
    Ok(say(roles_or(&staff.roles, "none"))?)
}

/// Nothing at all is no role.
pub(super) fn roles(text: &str) -> Result<RoleSet, String> {
    let names = text.split(',').map(str::trim);
    let names = names.filter(|_| !text.trim().is_empty());
    let roles = names.map(str::parse).collect::<Result<BTreeSet<Role>, _>>();
    let roles = roles.map_err(|error| error.to_string())?;
    match roles.len() <= MOST_ROLES {
        true => Ok(RoleSet(roles)),
        false => Err(format!("a person has {MOST_ROLES} roles at most")),
    }
}
