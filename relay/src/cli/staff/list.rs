//! `stagedoor staff list`: everybody, with the number of their browser profiles.

use std::{collections::BTreeSet, path::Path};

use clap::Args;
use serde_json::{Value, json};

use super::role_names;
use crate::{
    cli::{office, say, text},
    clock::{Clock, SystemClock},
    store::{Role, StaffRow},
};

const HEADINGS: [&str; 5] = ["STAFF", "NAME", "STATE", "PROFILES", "ROLES"];

#[derive(Debug, Args)]
pub(in crate::cli) struct List {
    /// Print one line of JSON for each person.
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(path: &Path, list: List) -> anyhow::Result<()> {
    let office::Reading { store, terms } = office::Reading::open(path).await?;
    let (people, now) = (store.list_staff().await?, SystemClock::new().now());
    let people: Vec<_> = people
        .into_iter()
        .map(|person| (person.sign_in_roles(&terms, now), person))
        .collect();
    if list.json {
        for (brought, person) in &people {
            say(to_json(person, brought))?;
        }
    } else if people.is_empty() {
        tell!("Nobody yet: stagedoor staff invite EMAIL");
    } else {
        let rows = people.iter().map(|(brought, person)| row(person, brought));
        let rows = std::iter::once(HEADINGS.map(str::to_owned)).chain(rows);
        say(text::columns(&rows.collect::<Vec<_>>()).trim_end())?;
    }
    Ok(())
}

fn row(person: &StaffRow, brought: &BTreeSet<Role>) -> [String; 5] {
    let member = &person.member;
    let by_hand = member.roles.iter().map(ToString::to_string);
    let brought = brought.iter().map(|role| format!("{role} (sign-in)"));
    [
        member.email.as_str().to_owned(),
        text::plain(&member.name),
        state(person).to_owned(),
        person.profiles.to_string(),
        by_hand.chain(brought).collect::<Vec<_>>().join(", "),
    ]
}

fn to_json(person: &StaffRow, brought: &BTreeSet<Role>) -> Value {
    let member = &person.member;
    json!({
        "number": member.id.0,
        "email": member.email.as_str(),
        "name": member.name,
        "state": state(person),
        "profiles": person.profiles,
        "roles": role_names(&member.roles),
        "signInRoles": role_names(brought),
    })
}

fn state(person: &StaffRow) -> &'static str {
    if person.member.disabled {
        "disabled"
    } else {
        "enabled"
    }
}
