//! `stagedoor staff disable`: ends a person's access, from the next request on.

use std::path::Path;

use anyhow::{Context, bail};
use stagedoor_protocol::CustomerEmail;

use super::open_store;
use crate::clock::{Clock, SystemClock};

pub(super) async fn run(path: &Path, email: &str) -> anyhow::Result<()> {
    let email = CustomerEmail::parse(email).context("EMAIL")?;
    let store = open_store(path).await?;
    if !store.disable_staff(&email, SystemClock::new().now()).await? {
        bail!("nobody enabled has this address: stagedoor staff list shows everybody");
    }
    tell!("Disabled. A later invitation enables the person again; the old profiles stay revoked.");
    Ok(())
}
