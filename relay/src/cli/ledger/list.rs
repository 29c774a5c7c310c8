//! `stagedoor ledger list`: logins in a table.

use std::{
    io::{Write, stdout},
    path::Path,
};

use clap::Args;
use stagedoor_ledger::{CustomerPart, Entry, StaffPart};

use super::{
    describe::absent,
    recorded::{self, Held, Login, Recorded},
    selection::{self, Selection},
    text,
};

const HEADINGS: [&str; 7] = [
    "TIME (UTC)",
    "STAFF",
    "CUSTOMER",
    "PLATFORM",
    "OUTCOME",
    "TOOK",
    "LOGIN",
];

#[derive(Debug, Args)]
pub(in crate::cli) struct List {
    #[command(flatten)]
    selection: Selection,
    /// At most so many, the last ones.
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    limit: u32,
    /// Print one line of JSON for each login.
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(path: &Path, list: List) -> anyhow::Result<()> {
    let filter = list.selection.filter()?;
    let (_, store) = super::open(path).await?;
    let (found, older) = selection::last(&*store, &filter, list.limit as usize).await?;
    let logins = recorded::logins(&*store, found).await?;
    let mut out = stdout().lock();
    if list.json {
        for login in &logins {
            writeln!(out, "{}", login.to_json())?;
        }
    } else if logins.is_empty() {
        tell!("No login fits.");
    } else {
        let rows = std::iter::once(HEADINGS.map(str::to_owned)).chain(logins.iter().map(row));
        out.write_all(text::columns(&rows.collect::<Vec<_>>()).as_bytes())?;
    }
    out.flush()?;
    if older {
        tell!("Older ones fit too; --limit shows more, and --to earlier ones.");
    }
    Ok(())
}

fn row(login: &Login) -> [String; 7] {
    let intent = &login.intent;
    let staff = match intent.staff::<StaffPart>() {
        Held::There(staff) => staff.email,
        other => absent(&other),
    };
    let customer = match intent.customer::<CustomerPart>() {
        Held::There(customer) => customer.email,
        other => absent(&other),
    };
    let platform = match &intent.record.entry {
        Entry::Intent(intent) => intent.platform.clone(),
        _ => String::new(),
    };
    let (outcome, took) = end(login);
    [
        text::second(intent.record.time),
        text::plain(&staff),
        text::plain(&customer),
        text::plain(&platform),
        text::plain(&outcome),
        took,
        login.id.as_str().to_owned(),
    ]
}

/// The outcome with what was reported since, and how long the broker took.
fn end(login: &Login) -> (String, String) {
    let (mut outcome, took) = match login.outcome.as_ref().map(|outcome| &outcome.record.entry) {
        Some(Entry::Outcome(outcome)) => {
            let cause = outcome.cause.as_ref().map(|cause| format!(" ({cause})"));
            let took = outcome.duration.map(text::duration);
            (
                format!("{}{}", outcome.outcome.as_str(), cause.unwrap_or_default()),
                took.unwrap_or_default(),
            )
        }
        _ => ("open".to_owned(), String::new()),
    };
    for Recorded { record, .. } in &login.reports {
        if let Entry::Report(report) = &record.entry {
            outcome.push_str(", ");
            outcome.push_str(report.outcome.as_str());
        }
    }
    (outcome, took)
}
