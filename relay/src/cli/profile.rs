//! `stagedoor profile`: enrolled browser profiles. One file for each command.

mod list;
mod revoke;

use std::path::Path;

use clap::Subcommand;
use serde_json::{Value, json};

use super::text;
use crate::store::EnrolledProfile;

#[derive(Debug, Subcommand)]
pub(super) enum ProfileCommand {
    /// List profiles.
    List(list::List),
    /// Revoke a profile: from the next request on it is refused. Its owner's other profiles go on.
    Revoke(revoke::Revoke),
}

pub(super) async fn run(path: &Path, command: ProfileCommand) -> anyhow::Result<()> {
    match command {
        ProfileCommand::List(list) => list::run(path, list).await,
        ProfileCommand::Revoke(revoke) => revoke::run(path, revoke).await,
    }
}

/// How its owner was authenticated.
pub(super) fn method(profile: &EnrolledProfile) -> &'static str {
    match profile.session_ends_at {
        None => "code",
        Some(_) => "sign-in",
    }
}

/// A profile, without its owner.
pub(super) fn to_json(profile: &EnrolledProfile) -> Value {
    json!({
        "keyId": profile.key_id,
        "enrolledAt": text::exact(profile.enrolled_at),
        "extensionVersion": profile.extension_version,
        "method": method(profile),
        "signedInUntil": profile.session_ends_at.map(text::exact),
        "revokedAt": profile.revoked_at.map(text::exact),
    })
}
