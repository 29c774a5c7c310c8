//! What the SQLite store promises beyond what the relay's own tests see: durability settings, privacy, other processes.

use std::{fs, os::unix::fs::PermissionsExt, sync::Arc};

use futures_util::future::join_all;
use tempfile::TempDir;

use super::*;

async fn open(folder: &TempDir) -> SqliteStore {
    SqliteStore::open(&folder.path().join("store.db")).await.unwrap()
}

fn time(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn invite(email: &str, code: u8) -> NewInvite {
    NewInvite {
        email: CustomerEmail::parse(email).unwrap(),
        name: None,
        code_sha256: [code; 32],
        expires_at: time(1_000),
    }
}

#[tokio::test]
async fn every_connection_is_durable_and_checks_references() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder).await;
    let mut connections = Vec::new();
    for _ in 0..CONNECTIONS {
        connections.push(store.pool.acquire().await.unwrap());
    }
    for connection in &mut connections {
        for (pragma, expected) in [
            ("journal_mode", "wal"),
            ("synchronous", "2"),
            ("foreign_keys", "1"),
        ] {
            let query = format!("SELECT CAST({pragma} AS TEXT) FROM pragma_{pragma}");
            let value: String = sqlx::query_scalar(sqlx::AssertSqlSafe(query))
                .fetch_one(&mut **connection)
                .await
                .unwrap();
            assert_eq!(value, expected, "{pragma}");
        }
    }
}

#[tokio::test]
async fn only_the_owner_can_read_the_files() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder).await;
    store
        .invite(&invite("desk@broker.example", 1), time(0))
        .await
        .unwrap();
    for file in fs::read_dir(folder.path()).unwrap() {
        let file = file.unwrap();
        let mode = file.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, 0o600, "{:?}", file.file_name());
    }
}

#[tokio::test]
async fn two_processes_can_write_at_the_same_time() {
    let folder = tempfile::tempdir().unwrap();
    let stores = [Arc::new(open(&folder).await), Arc::new(open(&folder).await)];
    let writes = (0..40_u8).map(|code| {
        let store = stores[usize::from(code % 2)].clone();
        tokio::spawn(async move {
            store
                .invite(&invite(&format!("p{code}@broker.example"), code), time(0))
                .await
        })
    });
    for written in join_all(writes).await {
        written.unwrap().unwrap();
    }
    assert_eq!(stores[0].list_staff().await.unwrap().len(), 40);
}

#[tokio::test]
async fn a_locked_store_is_an_error_in_bounded_time() {
    let folder = tempfile::tempdir().unwrap();
    let (store, other) = (open(&folder).await, open(&folder).await);
    let lock = other.begin().await.unwrap();
    let written = store.invite(&invite("desk@broker.example", 1), time(0)).await;
    assert!(matches!(written, Err(StoreError::Database(_))), "{written:?}");
    assert!(store.check().await.is_err());
    lock.rollback().await.unwrap();
    store.check().await.unwrap();
    assert_eq!(store.list_staff().await.unwrap().len(), 0);
}

#[tokio::test]
async fn a_store_of_a_newer_version_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder).await;
    sqlx::query("INSERT INTO _sqlx_migrations VALUES (9999, 'newer', '2030-01-01', TRUE, x'00', 1)")
        .execute(&store.pool)
        .await
        .unwrap();
    let opened = SqliteStore::open(&folder.path().join("store.db")).await;
    assert!(matches!(opened, Err(StoreError::Migration(_))), "{opened:?}");
}

#[tokio::test]
async fn an_invitation_keeps_a_known_name_unless_it_brings_a_new_one() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder).await;
    let mut name = Vec::new();
    for (code, email, given) in [
        (1, "Desk@broker.example", None),
        (2, "desk@Broker.example", Some("Support desk")),
        (3, "desk@broker.example", None),
    ] {
        let mut invite = invite(email, code);
        invite.name = given.map(str::to_owned);
        name.push(store.invite(&invite, time(0)).await.unwrap().name);
    }
    assert_eq!(name, ["Desk", "Support desk", "Support desk"]);
    let staff = store.list_staff().await.unwrap();
    assert_eq!(staff.len(), 1);
    assert_eq!(staff[0].member.email.as_str(), "Desk@broker.example");
}
