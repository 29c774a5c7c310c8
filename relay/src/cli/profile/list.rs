//! `stagedoor profile list`: browser profiles in a table.

use std::path::Path;

use clap::Args;
use stagedoor_protocol::CustomerEmail;

use super::to_json;
use crate::{
    cli::{office, say, text, values::address},
    store::EnrolledProfile,
};

const HEADINGS: [&str; 5] = ["STAFF", "PROFILE", "ENROLLED (UTC)", "EXTENSION", "STATE"];

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
    let store = office::open_to_read(path).await?;
    let profiles = store.list_profiles(list.staff.as_ref()).await?;
    if list.json {
        for profile in &profiles {
            let mut line = to_json(profile);
            line["staff"] = profile.email.as_str().into();
            say(line)?;
        }
    } else if profiles.is_empty() {
        tell!("No profile is enrolled: stagedoor staff invite makes a code for one.");
    } else {
        let rows = std::iter::once(HEADINGS.map(str::to_owned)).chain(profiles.iter().map(row));
        say(text::columns(&rows.collect::<Vec<_>>()).trim_end())?;
    }
    Ok(())
}

fn row(profile: &EnrolledProfile) -> [String; 5] {
    let state = match profile.revoked_at {
        None => "good".to_owned(),
        Some(at) => format!("revoked {}", text::second(at)),
    };
    [
        profile.email.as_str().to_owned(),
        profile.key_id.as_str().to_owned(),
        text::second(profile.enrolled_at),
        text::plain(&profile.extension_version),
        state,
    ]
}
