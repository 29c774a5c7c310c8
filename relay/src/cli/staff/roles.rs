//! `stagedoor staff roles`: what a person's work is, for rules that go by it.

use std::{collections::BTreeSet, path::Path};

use anyhow::{bail, ensure};
use clap::Args;
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
    events::{Event, EventKind},
    store::{MOST_ROLES, Role, RoleChange, RolesAnswer, StaffMember},
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
    let now = SystemClock::new().now();
    office
        .announce(Event::staff(EventKind::StaffRolesChanged, staff.id, now))
        .await;
    print(&staff)
}

async fn show(path: &Path, email: &CustomerEmail) -> anyhow::Result<()> {
    let everybody = office::open_to_read(path).await?.list_staff().await?;
    let staff = everybody.into_iter().map(|row| row.member);
    let staff = staff
        .into_iter()
        .find(|staff| staff.email.spelling() == email.spelling());
    print(&staff.ok_or_else(|| nobody(email))?)
}

fn print(staff: &StaffMember) -> anyhow::Result<()> {
    tell!("{} ({}) has these roles:", staff.name, staff.email.as_str());
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
