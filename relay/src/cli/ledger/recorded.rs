//! A record with its personal parts, read for showing.

use std::collections::HashMap;

use anyhow::{Context, anyhow, ensure};
use serde_json::{Value, json};
use stagedoor_ledger::{Commitment, Entry, Opening, Part, Record, Row};
use stagedoor_protocol::RequestId;

use super::pages;
use crate::store::{LoginRecords, Store};

/// A record that can be read, and its row.
pub(super) struct Recorded {
    pub(super) record: Record,
    row: Row,
}

/// A personal part of a record.
pub(super) enum Held<P> {
    /// The record has no such part.
    None,
    There(P),
    Erased,
    /// What is stored is not what the record commits to.
    Changed,
}

/// A login from beginning to end.
pub(super) struct Login {
    pub(super) id: RequestId,
    pub(super) intent: Recorded,
    pub(super) outcome: Option<Recorded>,
    pub(super) reports: Vec<Recorded>,
}

impl Recorded {
    pub(super) fn read(row: Row) -> anyhow::Result<Self> {
        let record = Record::decode(&row.record).with_context(|| {
            let sequence = row.sequence;
            format!("record {sequence} cannot be read; `stagedoor ledger verify` says what else is wrong")
        })?;
        Ok(Self { record, row })
    }

    /// The same, if it is of this login: the tables that records are looked up in may have been changed.
    pub(super) fn of_login(self, id: &RequestId) -> anyhow::Result<Self> {
        let login = match &self.record.entry {
            Entry::Intent(intent) => &intent.login,
            Entry::Outcome(outcome) => &outcome.login,
            Entry::Report(report) => &report.login,
            Entry::Erasure(_) => "",
        };
        ensure!(
            login == id.as_str(),
            "record {}, which the look-up tables name for login {id}, is of another login; `stagedoor ledger verify` says \
             what else is wrong",
            self.sequence()
        );
        Ok(self)
    }

    pub(super) fn sequence(&self) -> u64 {
        self.row.sequence
    }

    pub(super) fn customer<P: Part>(&self) -> Held<P> {
        held(self.record.entry.customer(), self.row.customer.as_deref())
    }

    pub(super) fn staff<P: Part>(&self) -> Held<P> {
        held(self.record.entry.staff(), self.row.staff.as_deref())
    }

    /// Names of the parts that are gone.
    pub(super) fn erased(&self) -> Vec<&'static str> {
        let entry = &self.record.entry;
        let customer = entry.customer().is_some() && self.row.customer.is_none();
        let staff = entry.staff().is_some() && self.row.staff.is_none();
        [("customer", customer), ("staff", staff)]
            .into_iter()
            .filter_map(|(name, erased)| erased.then_some(name))
            .collect()
    }

    /// `{"record": .., "customer": .., "staff": .., "erased": ["customer"]}`, without what there is not.
    pub(super) fn to_json(&self) -> Value {
        let mut object = json!({"record": parsed(&self.row.record)});
        for (name, opening) in [("customer", &self.row.customer), ("staff", &self.row.staff)] {
            // A stored opening is 32 bytes of salt, then the value.
            if let Some(value) = opening.as_deref().and_then(|bytes| bytes.get(32..)) {
                object[name] = parsed(value);
            }
        }
        let erased = self.erased();
        if !erased.is_empty() {
            object["erased"] = json!(erased);
        }
        object
    }
}

impl Login {
    /// `{"login": .., "intent": .., "outcome": .., "reports": [..]}`; the outcome is null while it is open.
    pub(super) fn to_json(&self) -> Value {
        json!({
            "login": self.id.as_str(),
            "intent": self.intent.to_json(),
            "outcome": self.outcome.as_ref().map(Recorded::to_json),
            "reports": self.reports.iter().map(Recorded::to_json).collect::<Vec<_>>(),
        })
    }
}

/// Reads the records of logins.
pub(super) async fn logins(store: &dyn Store, found: Vec<LoginRecords>) -> anyhow::Result<Vec<Login>> {
    let mut rows = pages::rows_at(store, found.iter().flat_map(sequences)).await?;
    found
        .into_iter()
        .map(|login| {
            let mut take = |sequence| take(&mut rows, sequence)?.of_login(&login.request_id);
            Ok(Login {
                intent: take(login.intent)?,
                outcome: login.outcome.map(&mut take).transpose()?,
                reports: login
                    .reports
                    .iter()
                    .map(|report| take(*report))
                    .collect::<anyhow::Result<_>>()?,
                id: login.request_id,
            })
        })
        .collect()
}

/// All records of a login.
pub(super) fn sequences(login: &LoginRecords) -> impl Iterator<Item = u64> + '_ {
    [login.intent]
        .into_iter()
        .chain(login.outcome)
        .chain(login.reports.iter().copied())
}

fn take(rows: &mut HashMap<u64, Row>, sequence: u64) -> anyhow::Result<Recorded> {
    let row = rows.remove(&sequence).ok_or_else(|| {
        anyhow!("record {sequence} is missing; `stagedoor ledger verify` says what else is wrong")
    })?;
    Recorded::read(row)
}

fn held<P: Part>(commitment: Option<Commitment>, bytes: Option<&[u8]>) -> Held<P> {
    let (commitment, bytes) = match (commitment, bytes) {
        (None, None) => return Held::None,
        (None, Some(_)) => return Held::Changed,
        (Some(_), None) => return Held::Erased,
        (Some(commitment), Some(bytes)) => (commitment, bytes),
    };
    match Opening::from_bytes(bytes) {
        Ok(opening) if opening.commitment() == commitment => {
            opening.read().map_or(Held::Changed, Held::There)
        }
        _ => Held::Changed,
    }
}

fn parsed(bytes: &[u8]) -> Value {
    serde_json::from_slice(bytes)
        .unwrap_or_else(|_| Value::String(String::from_utf8_lossy(bytes).into_owned()))
}
