//! Logins as CSV (RFC 4180) for a spreadsheet, which must not take a customer's or a client's words for a formula.

use std::io::Write;

use stagedoor_ledger::{CustomerPart, Entry, Intent, ReportOutcome, ReportPart, StaffPart};

use super::{
    describe::absent,
    recorded::{Held, Login, Recorded},
    text,
};

const COLUMNS: [&str; 34] = [
    "login",
    "requested",
    "staff_email",
    "staff_name",
    "staff_id",
    "staff_address",
    "staff_key",
    "staff_roles",
    "customer_email",
    "reason",
    "ticket",
    "crm_record",
    "crm_origin",
    "platform",
    "validity_s",
    "method",
    "policy",
    "grants",
    "extension",
    "overrides_record",
    "approval",
    "approved",
    "approver_email",
    "approver_name",
    "approver_id",
    "approver_key",
    "outcome",
    "cause",
    "duration_ms",
    "ended",
    "opened",
    "closed",
    "failed",
    "records",
];

/// A table that is being written.
pub(super) struct Table<W: Write> {
    writer: csv::Writer<W>,
}

impl<W: Write> Table<W> {
    /// Begins with the headings.
    pub(super) fn new(out: W) -> anyhow::Result<Self> {
        let mut table = Self {
            writer: csv::Writer::from_writer(out),
        };
        table.write(COLUMNS.map(str::to_owned).to_vec())?;
        Ok(table)
    }

    /// Adds a line.
    pub(super) fn add(&mut self, login: &Login) -> anyhow::Result<()> {
        self.write(cells(login))
    }

    pub(super) fn finish(mut self) -> anyhow::Result<()> {
        Ok(self.writer.flush()?)
    }

    fn write(&mut self, cells: Vec<String>) -> anyhow::Result<()> {
        let cells = cells.into_iter().map(defuse);
        self.writer
            .write_record(cells)
            .map_err(|error| match error.into_kind() {
                csv::ErrorKind::Io(error) => error.into(),
                other => anyhow::anyhow!("a line cannot be written: {other:?}"),
            })
    }
}

/// An apostrophe before what a spreadsheet would compute.
fn defuse(cell: String) -> String {
    if cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']) {
        format!("'{cell}")
    } else {
        cell
    }
}

fn cells(login: &Login) -> Vec<String> {
    let intent = &login.intent;
    let mut cells = vec![login.id.as_str().to_owned(), text::exact(intent.record.time)];
    match intent.staff::<StaffPart>() {
        Held::There(staff) => cells.extend([
            staff.email,
            staff.name,
            staff.id.to_string(),
            staff.address,
            staff.key,
            staff.roles.unwrap_or_default(),
        ]),
        other => cells.extend(std::iter::repeat_n(absent(&other), 6)),
    }
    match intent.customer::<CustomerPart>() {
        Held::There(customer) => cells.extend([
            customer.email,
            customer.reason.unwrap_or_default(),
            customer.ticket.unwrap_or_default(),
            customer.record_id.unwrap_or_default(),
        ]),
        other => cells.extend(std::iter::repeat_n(absent(&other), 4)),
    }
    match &intent.record.entry {
        Entry::Intent(intent) => cells.extend([
            intent.origin.clone().unwrap_or_default(),
            intent.platform.clone(),
            intent.validity.to_string(),
            intent.method.as_str().to_owned(),
            intent.policy.clone(),
            intent.grants.clone().unwrap_or_default(),
            intent.extension.clone(),
            intent
                .overrides
                .map(|other| other.to_string())
                .unwrap_or_default(),
        ]),
        _ => cells.extend(std::iter::repeat_n(String::new(), 8)),
    }
    cells.extend(approval(intent));
    cells.extend(end(login.outcome.as_ref()));
    cells.extend(
        [
            ReportOutcome::Opened,
            ReportOutcome::Closed,
            ReportOutcome::Failed,
        ]
        .map(|outcome| reported(&login.reports, outcome)),
    );
    cells.push(records(login));
    cells
}

/// Which approval, when, and whose.
fn approval(intent: &Recorded) -> [String; 6] {
    let Entry::Intent(Intent {
        approval: Some(approval),
        ..
    }) = &intent.record.entry
    else {
        return Default::default();
    };
    let approver = match intent.staff::<StaffPart>() {
        Held::There(StaffPart {
            approver: Some(approver),
            ..
        }) => [
            approver.email,
            approver.name,
            approver.id.to_string(),
            approver.key,
        ],
        other => [(); 4].map(|()| absent(&other)),
    };
    let [email, name, id, key] = approver;
    [
        approval.id.clone(),
        text::exact(approval.time),
        email,
        name,
        id,
        key,
    ]
}

/// Outcome, cause, duration, and when.
fn end(outcome: Option<&Recorded>) -> [String; 4] {
    match outcome.map(|outcome| (&outcome.record, &outcome.record.entry)) {
        Some((record, Entry::Outcome(outcome))) => [
            outcome.outcome.as_str().to_owned(),
            outcome.cause.clone().unwrap_or_default(),
            outcome
                .duration
                .map(|duration| duration.to_string())
                .unwrap_or_default(),
            text::exact(record.time),
        ],
        _ => ["open".to_owned(), String::new(), String::new(), String::new()],
    }
}

/// When the extension reported this, and why if it says so.
fn reported(reports: &[Recorded], outcome: ReportOutcome) -> String {
    let found = reports.iter().find(
        |recorded| matches!(&recorded.record.entry, Entry::Report(report) if report.outcome == outcome),
    );
    let Some(recorded) = found else {
        return String::new();
    };
    let time = text::exact(recorded.record.time);
    match recorded.customer::<ReportPart>() {
        Held::None => time,
        Held::There(part) => format!("{time} {}", part.cause),
        other => format!("{time} {}", absent(&other)),
    }
}

/// The numbers of the login's records.
fn records(login: &Login) -> String {
    let all = std::iter::once(&login.intent)
        .chain(&login.outcome)
        .chain(&login.reports);
    let numbers: Vec<String> = all.map(|recorded| recorded.sequence().to_string()).collect();
    numbers.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_are_defused() {
        for (cell, expected) in [
            ("=HYPERLINK(\"x\")", "'=HYPERLINK(\"x\")"),
            ("+1", "'+1"),
            ("-1", "'-1"),
            ("@SUM", "'@SUM"),
            ("\t=1", "'\t=1"),
            ("a=b", "a=b"),
            ("'quoted", "'quoted"),
            ("", ""),
        ] {
            assert_eq!(defuse(cell.to_owned()), expected);
        }
    }
}
