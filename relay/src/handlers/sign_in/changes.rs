//! What a sign-in, or one that is refused, changes about a person's roles and sessions, and who is told of it.

use std::collections::BTreeSet;

use jiff::Timestamp;
use tracing::info;

use crate::{
    app::App,
    config,
    error::ApiError,
    events::{self, Event, EventKind},
    store::{MappedRole, Role, StaffId, StoreError},
};

/// As messages and the log call what changed the roles.
const BY: &str = "sign_in";

/// Takes from whoever the provider calls so what their earlier sign-ins brought: for the reason given, what the provider has
/// just said of their groups leaves nothing that could be kept.
pub(super) async fn withdraw(
    app: &App,
    config: &config::SignIn,
    subject: &str,
    why: &str,
    now: Timestamp,
) -> Result<(), ApiError> {
    let withdrawn = app.store.withdraw_sign_in(&config.issuer, subject, now).await?;
    let Some(withdrawn) = withdrawn else { return Ok(()) };
    let (staff, sessions) = (withdrawn.staff, withdrawn.sessions);
    let mut events = Vec::new();
    if sessions > 0 {
        let kind = EventKind::StaffSignedOut;
        let event = kind.as_str();
        info!(event, %staff, sessions, "sessions ended, because {why}");
        events.push(Event::staff(kind, staff, now));
    }
    if withdrawn.had_roles {
        events.push(roles(staff, "", now));
    }
    if !events.is_empty() {
        tell(app, events).await;
    }
    Ok(())
}

/// Signing in gives a person these roles from now on, and gave others.
pub(super) fn roles(staff: StaffId, brought: &str, now: Timestamp) -> Result<Event, StoreError> {
    let event = EventKind::StaffRolesChanged.as_str();
    info!(event, %staff, by = BY, sign_in_roles = brought, "roles changed");
    Event::roles(staff, BY, now)
}

/// Tells the webhooks of it.
pub(super) async fn tell(app: &App, events: Vec<Result<Event, StoreError>>) {
    events::tell(app, events, "a sign-in, or of what it changed").await;
}

/// The roles that a sign-in brings, with commas between them.
pub(super) fn brought(roles: &BTreeSet<MappedRole>) -> String {
    names(&roles.iter().map(|mapped| mapped.role.clone()).collect())
}

/// Names with commas between them.
pub(super) fn names(roles: &BTreeSet<Role>) -> String {
    let names: Vec<_> = roles.iter().map(Role::as_str).collect();
    names.join(",")
}
