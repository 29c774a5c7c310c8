//! `stagedoor staff disable` ends a person's access, from the next request on; `stagedoor staff enable` lets them be enrolled
//! again.

use std::path::Path;

use clap::Args;
use stagedoor_protocol::CustomerEmail;
use tracing::info;

use super::nobody;
use crate::{
    cli::{
        office::{Office, Operator},
        values::address,
    },
    clock::{Clock, SystemClock},
    events::{Event, EventKind},
};

#[derive(Debug, Args)]
pub(in crate::cli) struct Access {
    /// The person's own address.
    #[arg(value_name = "ADDRESS", value_parser = address)]
    email: CustomerEmail,
    #[command(flatten)]
    operator: Operator,
}

pub(super) async fn disable(path: &Path, access: Access) -> anyhow::Result<()> {
    let office = Office::open(path, access.operator).await?;
    let now = SystemClock::new().now();
    let Some(staff) = office.store.disable_staff(&access.email, now).await? else {
        let known = office.store.staff_details(&access.email, now).await?;
        known.ok_or_else(|| nobody(&access.email))?;
        tell!(
            "Nothing is changed: {} is disabled already.",
            access.email.as_str()
        );
        return Ok(());
    };
    office.log(|operator| info!(operator, action = "disable", staff = %staff.id, "staff changed"));
    office
        .announce(Event::staff(EventKind::StaffDisabled, staff.id, now))
        .await;
    tell!(
        "Disabled. Neither an invitation nor a sign-in changes that: stagedoor staff enable does, and the old profiles stay \
         revoked."
    );
    Ok(())
}

pub(super) async fn enable(path: &Path, access: Access) -> anyhow::Result<()> {
    let office = Office::open(path, access.operator).await?;
    let Some(staff) = office.store.enable_staff(&access.email).await? else {
        let known = office
            .store
            .staff_details(&access.email, SystemClock::new().now())
            .await?;
        known.ok_or_else(|| nobody(&access.email))?;
        tell!(
            "Nothing is changed: {} is enabled already.",
            access.email.as_str()
        );
        return Ok(());
    };
    office.log(|operator| info!(operator, action = "enable", staff = %staff.id, "staff changed"));
    let now = SystemClock::new().now();
    office
        .announce(Event::staff(EventKind::StaffEnabled, staff.id, now))
        .await;
    tell!(
        "Enabled, with the roles of before: {}. The old profiles stay revoked and the old codes void: stagedoor staff \
         invite {}",
        super::roles_or(&staff.roles, "none"),
        staff.email.as_str()
    );
    Ok(())
}
