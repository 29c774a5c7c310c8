//! What somebody can do to the ledger who may do anything with its database.

use stagedoor_ledger::Row;

use super::database::Database;

impl Database {
    /// Puts these rows in the place of the ledger.
    pub(crate) async fn rewrite(&self, rows: &[Row]) {
        match self {
            Self::Sqlite(path) => {
                let mut connection = rusqlite::Connection::open(path).unwrap();
                connection.pragma_update(None, "foreign_keys", false).unwrap();
                let change = connection.transaction().unwrap();
                change
                    .execute_batch(
                        "DROP TRIGGER IF EXISTS records_are_not_changed; \
                         DROP TRIGGER IF EXISTS records_are_not_deleted; DELETE FROM records;",
                    )
                    .unwrap();
                for row in rows {
                    let insert = "INSERT INTO records (seq, body, hashes) VALUES (?, ?, ?)";
                    let values = (row.sequence.cast_signed(), &row.record, &row.hashes);
                    change.execute(insert, values).unwrap();
                }
                change.commit().unwrap();
            }
            Self::Postgres(postgres) => {
                let mut client = postgres.client().await;
                let change = client.transaction().await.unwrap();
                change
                    .batch_execute("ALTER TABLE records DISABLE TRIGGER USER; DELETE FROM records;")
                    .await
                    .unwrap();
                for row in rows {
                    let insert = "INSERT INTO records (seq, body, hashes) VALUES ($1, $2, $3)";
                    let sequence = row.sequence.cast_signed();
                    change
                        .execute(insert, &[&sequence, &row.record, &row.hashes])
                        .await
                        .unwrap();
                }
                change.commit().await.unwrap();
            }
        }
    }

    /// Deletes all checkpoints.
    pub(crate) async fn forget_checkpoints(&self) {
        match self {
            Self::Sqlite(path) => {
                let connection = rusqlite::Connection::open(path).unwrap();
                connection
                    .execute_batch("DROP TRIGGER checkpoints_are_not_deleted; DELETE FROM checkpoints;")
                    .unwrap();
            }
            Self::Postgres(postgres) => {
                let client = postgres.client().await;
                client
                    .batch_execute("ALTER TABLE checkpoints DISABLE TRIGGER USER; DELETE FROM checkpoints;")
                    .await
                    .unwrap();
            }
        }
    }
}
