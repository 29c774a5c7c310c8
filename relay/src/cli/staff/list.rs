//! `stagedoor staff list`: everybody, with the number of their browser profiles.

use std::path::Path;

use clap::Args;
use serde_json::{Value, json};

use super::{joined, role_names};
use crate::{
    cli::{office, say, text},
    store::StaffRow,
};

const HEADINGS: [&str; 5] = ["STAFF", "NAME", "STATE", "PROFILES", "ROLES"];

#[derive(Debug, Args)]
pub(in crate::cli) struct List {
    /// Print one line of JSON for each person.
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(path: &Path, list: List) -> anyhow::Result<()> {
    let people = office::open_to_read(path).await?.list_staff().await?;
    if list.json {
        for person in &people {
            say(to_json(person))?;
        }
    } else if people.is_empty() {
        tell!("Nobody yet: stagedoor staff invite EMAIL");
    } else {
        let rows = std::iter::once(HEADINGS.map(str::to_owned)).chain(people.iter().map(row));
        say(text::columns(&rows.collect::<Vec<_>>()).trim_end())?;
    }
    Ok(())
}

fn row(person: &StaffRow) -> [String; 5] {
    let member = &person.member;
    [
        member.email.as_str().to_owned(),
        text::plain(&member.name),
        state(person).to_owned(),
        person.profiles.to_string(),
        joined(&member.roles, ","),
    ]
}

fn to_json(person: &StaffRow) -> Value {
    let member = &person.member;
    json!({
        "number": member.id.0,
        "email": member.email.as_str(),
        "name": member.name,
        "state": state(person),
        "profiles": person.profiles,
        "roles": role_names(&member.roles),
    })
}

fn state(person: &StaffRow) -> &'static str {
    if person.member.disabled {
        "disabled"
    } else {
        "enabled"
    }
}
