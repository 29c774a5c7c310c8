//! `stagedoor profile`: enrolled browser profiles. One file for each command.

mod list;
mod revoke;

use std::path::Path;

use clap::Subcommand;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::text;
use crate::store::{EnrolledProfile, MappedRole, SignInTerms};

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
    match profile.signed_in {
        None => "code",
        Some(_) => "sign-in",
    }
}

/// Roles that a sign-in brought to a profile, and whether each counts at some time.
pub(super) fn sign_in_roles<'p>(
    profile: &'p EnrolledProfile,
    terms: &'p SignInTerms,
    now: Timestamp,
) -> impl Iterator<Item = (&'p MappedRole, bool)> {
    let good = profile.revoked_at.is_none();
    profile.signed_in.iter().flat_map(move |session| {
        let open = good && session.is_open(terms, now);
        let roles = session.roles.iter();
        roles.map(move |mapped| (mapped, open && terms.mapping.contains(mapped)))
    })
}

/// A profile, without its owner.
pub(super) fn to_json(profile: &EnrolledProfile, terms: &SignInTerms, now: Timestamp) -> Value {
    let roles = sign_in_roles(profile, terms, now).map(|(mapped, counts)| {
        json!({"role": mapped.role.as_str(), "claim": mapped.claim, "value": mapped.value, "counts": counts})
    });
    let session = profile.signed_in.as_ref();
    json!({
        "keyId": profile.key_id,
        "enrolledAt": text::exact(profile.enrolled_at),
        "extensionVersion": profile.extension_version,
        "method": method(profile),
        "signedInUntil": session.map(|session| text::exact(session.ends_at)),
        "signInRoles": roles.collect::<Vec<_>>(),
        "revokedAt": profile.revoked_at.map(text::exact),
    })
}
