//! `stagedoor staff`: who may use the relay. One file for each command, or for two that undo each other.

mod access;
mod add;
mod doubts;
mod invite;
mod list;
mod roles;
mod show;
mod sign_out;

use std::{collections::BTreeSet, path::Path};

use anyhow::Error;
use clap::Subcommand;
use stagedoor_protocol::CustomerEmail;

use crate::store::Role;

#[derive(Debug, Subcommand)]
pub(super) enum StaffCommand {
    /// Make a single-use code with which a person enrols a browser profile. Their older codes that nobody used are void then.
    Invite(invite::Invite),
    /// Make a person known, so that they can sign in at the firm's provider.
    Add(add::Add),
    /// Forget who a person is at the firm's provider: who signs in with their address next is taken for them.
    Unlink(add::Unlink),
    /// List everybody.
    List(list::List),
    /// Show a person: roles, identities, browser profiles, open codes, number of logins.
    Show(show::Show),
    /// Show or change the roles of a person. A change counts from the next request on.
    Roles(roles::Roles),
    /// End the sessions that a person, or everybody, has by signing in: from the next request on they must sign in again.
    SignOut(sign_out::SignOut),
    /// Disable a person: from the next request on, their profiles are refused and their codes are void.
    Disable(access::Access),
    /// Enable a disabled person. Their profiles stay revoked: invite them to enrol anew.
    Enable(access::Access),
}

pub(super) async fn run(path: &Path, command: StaffCommand) -> anyhow::Result<()> {
    match command {
        StaffCommand::Invite(invite) => invite::run(path, invite).await,
        StaffCommand::Add(add) => add::add(path, add).await,
        StaffCommand::Unlink(unlink) => add::unlink(path, unlink).await,
        StaffCommand::List(list) => list::run(path, list).await,
        StaffCommand::Show(show) => show::run(path, show).await,
        StaffCommand::Roles(roles) => roles::run(path, roles).await,
        StaffCommand::SignOut(sign_out) => sign_out::run(path, sign_out).await,
        StaffCommand::Disable(access) => access::disable(path, access).await,
        StaffCommand::Enable(access) => access::enable(path, access).await,
    }
}

/// Says that there is no such person.
pub(super) fn nobody(email: &CustomerEmail) -> Error {
    let email = email.as_str();
    anyhow::anyhow!("nobody of the staff has the address {email}: stagedoor staff list shows everybody")
}

/// Says that a person is disabled, and what enables them.
fn disabled(email: &CustomerEmail) -> Error {
    let email = email.as_str();
    anyhow::anyhow!(
        "nothing was changed: {email} is disabled. If they are to work here again: stagedoor staff enable {email}, and then \
         this command"
    )
}

/// `desk, vip`, or what is said where there are none.
fn roles_or(roles: &BTreeSet<Role>, none: &str) -> String {
    match roles.is_empty() {
        true => none.to_owned(),
        false => joined(roles, ", "),
    }
}

/// The names in their order.
fn joined(roles: &BTreeSet<Role>, separator: &str) -> String {
    role_names(roles).join(separator)
}

fn role_names(roles: &BTreeSet<Role>) -> Vec<&str> {
    roles.iter().map(Role::as_str).collect()
}
