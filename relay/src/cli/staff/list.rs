//! `stagedoor staff list`: everybody, with the number of their browser profiles.

use std::path::Path;

use super::joined;
use crate::cli::{office, say};

pub(super) async fn run(path: &Path) -> anyhow::Result<()> {
    let rows = office::open(path).await?.list_staff().await?;
    if rows.is_empty() {
        tell!("Nobody yet: stagedoor staff invite EMAIL");
    }
    for row in rows {
        let state = if row.member.disabled {
            "disabled"
        } else {
            "enabled"
        };
        let (email, name) = (row.member.email.as_str(), &row.member.name);
        let roles = joined(&row.member.roles, ",");
        say(format_args!(
            "{email}\t{name}\t{state}\t{} profiles\t{roles}",
            row.profiles
        ))?;
    }
    Ok(())
}
