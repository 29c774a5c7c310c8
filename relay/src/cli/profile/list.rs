//! `stagedoor profile list`: browser profiles in a table.

use std::path::Path;

use clap::Args;
use jiff::Timestamp;
use stagedoor_protocol::CustomerEmail;

use super::{method, to_json};
use crate::{
    cli::{office, say, text, values::address},
    clock::{Clock, SystemClock},
    store::EnrolledProfile,
};

const HEADINGS: [&str; 6] = ["STAFF", "PROFILE", "ENROLLED (UTC)", "EXTENSION", "BY", "STATE"];

#[derive(Debug, Args)]
pub(in crate::cli) struct List {
    /// Of this person, by address.
    #[arg(long, value_name = "ADDRESS", value_parser = address)]
    staff: Option<CustomerEmail>,
    /// Print one line of JSON for each profile.
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(path: &Path, list: List) -> anyhow::Result<()> {
    let office::Reading { store, terms } = office::Reading::open(path).await?;
    let profiles = store.list_profiles(list.staff.as_ref()).await?;
    let now = SystemClock::new().now();
    if list.json {
        for profile in &profiles {
            let mut line = to_json(profile, &terms, now);
            line["staff"] = profile.email.as_str().into();
            say(line)?;
        }
    } else if profiles.is_empty() {
        tell!("No profile is enrolled: stagedoor staff invite makes a code for one.");
    } else {
        let rows = profiles.iter().map(|profile| row(profile, now));
        let rows = std::iter::once(HEADINGS.map(str::to_owned)).chain(rows);
        say(text::columns(&rows.collect::<Vec<_>>()).trim_end())?;
    }
    Ok(())
}

fn row(profile: &EnrolledProfile, now: Timestamp) -> [String; 6] {
    let session_ends = profile.signed_in.as_ref().map(|session| session.ends_at);
    let state = match (profile.revoked_at, session_ends) {
        (Some(at), _) => format!("revoked {}", text::second(at)),
        (None, None) => "good".to_owned(),
        (None, Some(end)) if end <= now => format!("signed out since {}", text::second(end)),
        (None, Some(end)) => format!("good until {}", text::second(end)),
    };
    [
        profile.email.as_str().to_owned(),
        profile.key_id.as_str().to_owned(),
        text::second(profile.enrolled_at),
        text::plain(&profile.extension_version),
        method(profile).to_owned(),
        state,
    ]
}
