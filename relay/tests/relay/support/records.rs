//! Looks into the record as an auditor would: through the ledger's rows, not through the relay's API.

use std::sync::Arc;

use serde_json::{Value, json};
use stagedoor_ledger::Row;
use stagedoor_protocol::RequestId;
use stagedoor_relay::store::{LoginRecords, Store};

use super::database::Database;

/// What the ledger says of one login.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LoginRecord {
    pub(crate) outcome: Option<String>,
    pub(crate) cause: Option<String>,
}

/// A login that ended.
pub(crate) fn ended(outcome: &str, cause: Option<&str>) -> Option<LoginRecord> {
    Some(LoginRecord {
        outcome: Some(outcome.to_owned()),
        cause: cause.map(str::to_owned),
    })
}

/// A login of which only the intent is there.
pub(crate) fn open() -> Option<LoginRecord> {
    Some(LoginRecord {
        outcome: None,
        cause: None,
    })
}

pub(crate) struct Records {
    store: Arc<dyn Store>,
    database: Arc<Database>,
}

impl Records {
    pub(crate) fn of(store: Arc<dyn Store>, database: Arc<Database>) -> Self {
        Self { store, database }
    }

    pub(crate) async fn login(&self, id: &str) -> Option<LoginRecord> {
        let records = self.find(id).await?;
        let outcome = match records.outcome {
            Some(sequence) => self.entry(sequence).await,
            None => json!({"record": {}}),
        };
        let text = |key: &str| outcome["record"][key].as_str().map(str::to_owned);
        Some(LoginRecord {
            outcome: text("outcome"),
            cause: text("cause"),
        })
    }

    /// The intent's record with its openings: `{"record": .., "customer": .., "staff": ..}`.
    pub(crate) async fn intent(&self, id: &str) -> Value {
        let records = self.find(id).await.expect("the login is recorded");
        self.entry(records.intent).await
    }

    /// Where a login's intent and outcome are.
    pub(crate) async fn sequences(&self, id: &str) -> (u64, Option<u64>) {
        let records = self.find(id).await.expect("the login is recorded");
        (records.intent, records.outcome)
    }

    /// The reports about a login, as `outcome:cause`, in the order of the outcomes' names.
    pub(crate) async fn reports(&self, id: &str) -> Vec<String> {
        let mut reports = Vec::new();
        for sequence in self.find(id).await.expect("the login is recorded").reports {
            let entry = self.entry(sequence).await;
            let cause = entry["customer"]["cause"].as_str().unwrap_or_default();
            reports.push(format!(
                "{}:{cause}",
                entry["record"]["outcome"].as_str().unwrap()
            ));
        }
        reports.sort();
        reports
    }

    /// How many records of a kind the ledger has.
    pub(crate) async fn kinds(&self, kind: &str) -> usize {
        let rows = self.rows().await;
        rows.iter()
            .filter(|row| parsed(&row.record)["kind"] == kind)
            .count()
    }

    /// The whole ledger.
    pub(crate) async fn rows(&self) -> Vec<Row> {
        self.store.rows_from(0, u32::MAX).await.unwrap()
    }

    /// The rows of one of the store's other tables.
    pub(crate) async fn count(&self, table: &'static str) -> i64 {
        self.database.count(table).await
    }

    async fn find(&self, id: &str) -> Option<LoginRecords> {
        let id = RequestId::parse(id).unwrap();
        self.store.login(&id).await.unwrap()
    }

    async fn entry(&self, sequence: u64) -> Value {
        let rows = self.store.rows_from(sequence, 1).await.unwrap();
        let row = &rows[0];
        assert_eq!(row.sequence, sequence);
        // A stored opening is 32 bytes of salt, then the value.
        let part = |opening: &Option<Vec<u8>>| opening.as_ref().map(|bytes| parsed(&bytes[32..]));
        json!({"record": parsed(&row.record), "customer": part(&row.customer), "staff": part(&row.staff)})
    }
}

fn parsed(bytes: &[u8]) -> Value {
    serde_json::from_slice(bytes).unwrap()
}
