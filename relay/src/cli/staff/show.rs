//! `stagedoor staff show`: all about a person.

use std::path::Path;

use clap::Args;
use jiff::Timestamp;
use serde_json::{Value, json};
use stagedoor_protocol::CustomerEmail;

use super::{nobody, role_names, roles_or};
use crate::{
    cli::{office, profile, say, text, values::address},
    clock::{Clock, SystemClock},
    store::{MappedRole, SignInTerms, StaffDetails},
};

#[derive(Debug, Args)]
pub(in crate::cli) struct Show {
    /// The person's own address.
    #[arg(value_name = "ADDRESS", value_parser = address)]
    email: CustomerEmail,
    /// Print one line of JSON.
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(path: &Path, show: Show) -> anyhow::Result<()> {
    let office::Reading { store, terms } = office::Reading::open(path).await?;
    let now = SystemClock::new().now();
    let details = store.staff_details(&show.email, now).await?;
    let details = details.ok_or_else(|| nobody(&show.email))?;
    if show.json {
        say(to_json(&details, &terms, now))?;
    } else {
        say(describe(&details, &terms, now).trim_end())?;
    }
    Ok(())
}

fn describe(details: &StaffDetails, terms: &SignInTerms, now: Timestamp) -> String {
    let member = &details.member;
    let state = match details.disabled_at {
        None => "enabled".to_owned(),
        Some(at) => format!("disabled since {}", text::time(at)),
    };
    let mut lines = vec![
        ("number", member.id.to_string()),
        ("state", state),
        ("created", text::time(details.created_at)),
        ("roles", roles_or(&member.roles, "none")),
        ("logins", text::number(details.logins)),
    ];
    for identity in &details.identities {
        let (subject, issuer) = (text::plain(&identity.subject), text::plain(&identity.issuer));
        let bound = text::time(identity.bound_at);
        lines.push(("identity", format!("{subject} at {issuer}, since {bound}")));
    }
    for profile in &details.profiles {
        let mut line = format!(
            "{}, enrolled {} with extension {}",
            profile.key_id,
            text::time(profile.enrolled_at),
            text::plain(&profile.extension_version)
        );
        if let Some(session) = &profile.signed_in {
            line += &format!(", signed in until {}", text::time(session.ends_at));
            if session.ends_at > now && !session.is_open(terms, now) {
                line += ", which does not count, because the configuration has another [sign_in] or none";
            }
        }
        if let Some(at) = profile.revoked_at {
            line += &format!(", revoked {}", text::time(at));
        }
        lines.push(("profile", line));
        for (mapped, counts) in profile::sign_in_roles(profile, terms, now) {
            let MappedRole { role, claim, value } = mapped;
            let (claim, value) = (text::plain(claim), text::plain(value));
            let ended = if counts {
                ""
            } else {
                "; it does not count any more"
            };
            lines.push((
                "sign-in role",
                format!("{role}, by \"{value}\" in {claim}{ended}"),
            ));
        }
    }
    for invite in &details.invites {
        let (made, ends) = (text::time(invite.created_at), text::time(invite.expires_at));
        lines.push(("open code", format!("made {made}, good until {ends}")));
    }
    let (name, email) = (text::plain(&member.name), member.email.as_str());
    format!("{name} <{email}>\n{}", text::align(&lines))
}

fn to_json(details: &StaffDetails, terms: &SignInTerms, now: Timestamp) -> Value {
    let member = &details.member;
    let invites = details.invites.iter().map(|invite| {
        json!({"createdAt": text::exact(invite.created_at), "expiresAt": text::exact(invite.expires_at)})
    });
    let profiles = details
        .profiles
        .iter()
        .map(|profile| profile::to_json(profile, terms, now));
    let identities = details.identities.iter().map(|identity| {
        json!({"issuer": identity.issuer, "subject": identity.subject, "boundAt": text::exact(identity.bound_at)})
    });
    json!({
        "name": member.name,
        "email": member.email.as_str(),
        "number": member.id.0,
        "roles": role_names(&member.roles),
        "createdAt": text::exact(details.created_at),
        "disabledAt": details.disabled_at.map(text::exact),
        "identities": identities.collect::<Vec<_>>(),
        "profiles": profiles.collect::<Vec<_>>(),
        "invites": invites.collect::<Vec<_>>(),
        "logins": details.logins,
    })
}
