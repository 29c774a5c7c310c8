//! `stagedoor staff sign-out`: ends sessions that sign-ins have opened, from the next request on.

use std::path::Path;

use clap::Args;
use stagedoor_protocol::CustomerEmail;
use tracing::info;

use super::nobody;
use crate::{
    cli::{
        confirm,
        office::{Office, Operator},
        text,
        values::address,
    },
    clock::{Clock, SystemClock},
    events::{Event, EventKind},
    store::SignedOut,
};

/// What is typed to go on.
const WORD: &str = "everybody";

#[derive(Debug, Args)]
#[group(id = "whom", required = true, args = ["email", "all"])]
pub(in crate::cli) struct SignOut {
    /// The person's own address.
    #[arg(value_name = "ADDRESS", value_parser = address)]
    email: Option<CustomerEmail>,
    /// Everybody's sessions.
    #[arg(long)]
    all: bool,
    /// Do not ask, with --all.
    #[arg(long, requires = "all")]
    yes: bool,
    #[command(flatten)]
    operator: Operator,
}

pub(super) async fn run(path: &Path, sign_out: SignOut) -> anyhow::Result<()> {
    let office = Office::open(path, sign_out.operator).await?;
    if sign_out.all && !sign_out.yes {
        tell!("This ends all sessions that came from signing in: everybody must sign in again.");
        confirm::typed(WORD, WORD, "nobody was signed out")?;
    }
    let now = SystemClock::new().now();
    let of = sign_out.email.as_ref();
    let Some(ended) = office.store.sign_out(of, now).await? else {
        return Err(of.map_or_else(|| anyhow::anyhow!("nobody is known"), nobody));
    };
    for SignedOut { staff, sessions } in &ended {
        office.log(|operator| info!(operator, action = "sign-out", %staff, sessions, "staff changed"));
        office
            .announce(Event::staff(EventKind::StaffSignedOut, *staff, now))
            .await;
    }
    let sessions = ended.iter().map(|ended| ended.sessions).sum();
    match sessions {
        0 => tell!("No session that came from signing in was open."),
        _ => tell!(
            "Ended: {}. Whoever has a session at the provider signs in again without a password, so end that there, too; and \
             profiles that a code enrolled go on: stagedoor profile revoke, or stagedoor staff disable for all of a person's.",
            text::count(sessions, "session", "sessions")
        ),
    }
    Ok(())
}
