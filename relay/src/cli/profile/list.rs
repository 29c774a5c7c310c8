//! `stagedoor profile list`: browser profiles in a table.

use std::path::Path;

use clap::Args;
use jiff::Timestamp;
use stagedoor_protocol::CustomerEmail;

use super::{method, to_json};
use crate::{
    cli::{office, say, text, values::address},
    clock::{Clock, SystemClock},
    store::{EnrolledProfile, SignInTerms},
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
        let rows = profiles.iter().map(|profile| row(profile, &terms, now));
        let rows = std::iter::once(HEADINGS.map(str::to_owned)).chain(rows);
        say(text::columns(&rows.collect::<Vec<_>>()).trim_end())?;
    }
    Ok(())
}

fn row(profile: &EnrolledProfile, terms: &SignInTerms, now: Timestamp) -> [String; 6] {
    let state = match (profile.revoked_at, &profile.signed_in) {
        (Some(at), _) => format!("revoked {}", text::second(at)),
        (None, None) => "good".to_owned(),
        (None, Some(session)) if session.ends_at <= now => {
            format!("signed out since {}", text::second(session.ends_at))
        }
        (None, Some(session)) if session.is_open(terms, now) => {
            format!("good until {}", text::second(session.ends_at))
        }
        (None, Some(_)) => "signed out: not of this [sign_in]".to_owned(),
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
