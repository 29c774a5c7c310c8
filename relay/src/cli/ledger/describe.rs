//! A record or a login in words, for somebody who was not there.

use stagedoor_ledger::{
    Approval, CustomerPart, Entry, Erasure, ErasureScope, Intent, OperatorPart, Outcome, Parts, Report,
    ReportPart, StaffPart,
};

use super::{
    recorded::{Held, Login, Recorded},
    text,
};

/// Lines of a label and what it says.
pub(super) type Lines = Vec<(&'static str, String)>;

const CHANGED: &str = "(changed: it is not what the record commits to; `stagedoor ledger verify` says more)";
const ERASED: &str = "(erased)";

/// A login from beginning to end.
pub(super) fn login(login: &Login) -> Lines {
    let mut lines = record(&login.intent);
    match &login.outcome {
        Some(outcome) => lines.extend(end(outcome)),
        None => lines.push((
            "outcome",
            "none yet: it is under way, or its relay was killed and has not started again".to_owned(),
        )),
    }
    for report in &login.reports {
        lines.extend(end(report));
    }
    lines
}

/// One record.
pub(super) fn record(recorded: &Recorded) -> Lines {
    let mut lines = match &recorded.record.entry {
        Entry::Intent(entry) => intent(recorded, entry),
        Entry::Erasure(entry) => erasure(recorded, entry),
        Entry::Outcome(entry) => {
            let mut lines = end(recorded);
            lines.push((
                "login",
                format!("{} (record {})", text::plain(&entry.login), entry.intent),
            ));
            lines
        }
        Entry::Report(entry) => {
            let mut lines = end(recorded);
            lines.push((
                "login",
                format!("{} (record {})", text::plain(&entry.login), entry.intent),
            ));
            lines
        }
    };
    for (_, value) in &mut lines {
        *value = text::plain(value);
    }
    lines
}

fn intent(recorded: &Recorded, intent: &Intent) -> Lines {
    let mut lines = vec![("requested", stamped(recorded))];
    match recorded.staff::<StaffPart>() {
        Held::There(staff) => {
            lines.push((
                "by",
                format!("{} <{}>, staff number {}", staff.name, staff.email, staff.id),
            ));
            lines.extend(staff.roles.map(|roles| ("roles", roles.replace(',', ", "))));
            lines.push((
                "from",
                format!("{}, with the profile {}", staff.address, staff.key),
            ));
        }
        other => lines.push(("by", absent(&other))),
    }
    lines.extend(
        intent
            .approval
            .as_ref()
            .map(|approval| approved(recorded, approval)),
    );
    match recorded.customer::<CustomerPart>() {
        Held::There(customer) => {
            lines.push(("customer", customer.email));
            lines.extend(customer.reason.map(|reason| ("reason", reason)));
            lines.extend(customer.ticket.map(|ticket| ("ticket", ticket)));
            lines.extend(customer.record_id.map(|record| ("CRM record", record)));
        }
        other => lines.push(("customer", absent(&other))),
    }
    lines.extend(intent.origin.clone().map(|origin| ("CRM", origin)));
    lines.push(("platform", intent.platform.clone()));
    lines.push(("token", format!("valid for {} s", intent.validity)));
    lines.push((
        "allowed by",
        format!(
            "{}, {} of the rules {}, extension {}",
            intent.method.as_str(),
            allowing(intent.grants.as_deref()),
            intent.policy,
            intent.extension
        ),
    ));
    lines.extend(intent.overrides.map(|other| {
        (
            "overrides",
            format!("the colleague's login of record {other}, knowingly"),
        )
    }));
    lines
}

/// The grants that allowed a login.
fn allowing(grants: Option<&str>) -> String {
    match grants {
        None => "no grant that is recorded".to_owned(),
        Some("*") => "no grant, because there were none,".to_owned(),
        Some(grants) => grants.replace(',', ", "),
    }
}

/// Who else agreed, and when.
fn approved(recorded: &Recorded, approval: &Approval) -> (&'static str, String) {
    let who = match recorded.staff::<StaffPart>() {
        Held::There(StaffPart {
            approver: Some(approver),
            ..
        }) => format!(
            "{} <{}>, staff number {}, with the profile {}",
            approver.name, approver.email, approver.id, approver.key
        ),
        other => absent(&other),
    };
    let when = text::time(approval.time);
    ("approved by", format!("{who}, {when} (approval {})", approval.id))
}

/// An outcome or a report, in one line, with its cause.
fn end(recorded: &Recorded) -> Lines {
    let (label, word, duration, cause) = match &recorded.record.entry {
        Entry::Outcome(Outcome {
            outcome,
            duration,
            cause,
            ..
        }) => ("outcome", outcome.as_str(), *duration, cause.clone()),
        Entry::Report(Report {
            outcome, duration, ..
        }) => {
            let cause = match recorded.customer::<ReportPart>() {
                Held::None => None,
                Held::There(part) => Some(part.cause),
                other => Some(absent(&other)),
            };
            ("reported", outcome.as_str(), *duration, cause)
        }
        Entry::Intent(_) | Entry::Erasure(_) => return Vec::new(),
    };
    let after = duration.map(|duration| format!(" after {}", text::duration(duration)));
    let cause = cause.map(|cause| format!(": {}", text::plain(&cause)));
    let value = format!(
        "{word}{}{}, {}",
        after.unwrap_or_default(),
        cause.unwrap_or_default(),
        stamped(recorded)
    );
    vec![(label, value)]
}

fn erasure(recorded: &Recorded, erasure: &Erasure) -> Lines {
    let parts = match erasure.parts {
        Parts::Customer => "the customer's part",
        Parts::CustomerAndStaff => "all personal parts",
    };
    let mut lines = vec![
        ("erased", format!("{parts} of the records {}", erasure.sequences)),
        ("at", stamped(recorded)),
        (
            "because",
            match erasure.scope {
                ErasureScope::Customer => "all records of one customer were to be erased".to_owned(),
                ErasureScope::Age { before } => format!("they are from before {}", text::time(before)),
            },
        ),
    ];
    match recorded.staff::<OperatorPart>() {
        Held::There(part) => {
            lines.push(("ordered by", part.operator));
            lines.push(("reason", part.reason));
        }
        other => lines.push(("ordered by", absent(&other))),
    }
    lines
}

fn stamped(recorded: &Recorded) -> String {
    format!(
        "{} (record {})",
        text::time(recorded.record.time),
        recorded.sequence()
    )
}

/// What stands in the place of a part that cannot be shown.
pub(super) fn absent<P>(held: &Held<P>) -> String {
    match held {
        Held::Erased => ERASED.to_owned(),
        Held::Changed => CHANGED.to_owned(),
        Held::None | Held::There(_) => String::new(),
    }
}
