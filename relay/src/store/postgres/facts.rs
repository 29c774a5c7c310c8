//! The schema in PostgreSQL, and what each role may do with it, beside what migrations and `rights.sql` make. What these make
//! is in `schema.facts`, which is written by a test that looks at a fresh database: whoever only reads cannot make one.

use tokio_postgres::Client;

use super::fault::Failure;
use crate::store::{
    SchemaDifference,
    schema::{Facts, compare},
};

/// The roles that are given rights, each only where it is there.
const ROLES: [&str; 3] = ["stagedoor_relay", "stagedoor_eraser", "stagedoor_auditor"];

pub(super) async fn differences(client: &Client) -> Result<Vec<SchemaDifference>, Failure> {
    let mut found = select(client).await?;
    let mut expected = expected();
    for role in ROLES {
        expected.remove(&named(role));
        if found.remove(&named(role)).is_none() {
            let its = format!(" of {role}");
            expected.retain(|name, _| !name.ends_with(&its));
        }
    }
    Ok(compare(&expected, &found))
}

/// The fact that a role is there.
fn named(role: &str) -> String {
    format!("role {role}")
}

/// What a database with all roles has after migrating.
fn expected() -> Facts {
    let lines = include_str!("schema.facts").lines();
    lines
        .filter_map(|line| {
            line.split_once(": ")
                .or_else(|| Some((line.strip_suffix(':')?, "")))
        })
        .map(|(name, is)| (name.to_owned(), is.to_owned()))
        .collect()
}

/// What the database has.
pub(super) async fn select(client: &Client) -> Result<Facts, Failure> {
    // The catalogs are small, and read whole: with what suits the relay's own statements, the server would compile for seconds.
    client
        .batch_execute("SET enable_seqscan = on; SET jit = off")
        .await?;
    let rows = client.query(include_str!("facts.sql"), &[]).await?;
    client.batch_execute("RESET enable_seqscan; RESET jit").await?;
    rows.iter()
        .map(|row| {
            let is: &str = row.try_get(1)?;
            // What is absent at the end of a definition leaves a blank.
            Ok((row.try_get(0)?, is.trim_end().to_owned()))
        })
        .collect()
}
