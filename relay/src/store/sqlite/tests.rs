//! What the SQLite store promises beyond what every engine does: durable settings, privacy, the file itself.

use std::{fs, os::unix::fs::PermissionsExt, path::PathBuf, sync::Arc};

use futures_util::future::join_all;
use tempfile::TempDir;

use super::*;

async fn open(folder: &TempDir) -> SqliteStore {
    SqliteStore::open(&path(folder)).await.unwrap()
}

fn path(folder: &TempDir) -> PathBuf {
    folder.path().join("store.db")
}

fn time(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn invite(email: &str, code: u8) -> NewInvite {
    NewInvite {
        email: CustomerEmail::parse(email).unwrap(),
        name: None,
        roles: None,
        code_sha256: [code; 32],
        expires_at: time(1_000),
    }
}

fn settings(connection: &rusqlite::Connection) -> Vec<String> {
    let pragma = |name| {
        let query = format!("SELECT CAST({name} AS TEXT) FROM pragma_{name}");
        connection.query_one(&query, [], |row| row.get(0)).unwrap()
    };
    ["journal_mode", "synchronous", "foreign_keys", "secure_delete"]
        .map(pragma)
        .to_vec()
}

#[tokio::test]
async fn the_writer_and_the_readers_are_durable_and_check_references() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder).await;
    let expected = ["wal", "2", "1", "1"];
    let writers = store
        .writer
        .write(|writing| Ok(settings(writing.connection)))
        .await;
    assert_eq!(writers.unwrap(), expected);
    let readers = store.readers.read(|connection| Ok(settings(connection))).await;
    assert_eq!(readers.unwrap(), expected);
}

#[tokio::test]
async fn only_the_owner_can_read_the_files() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder).await;
    store.register_relay().await.unwrap();
    store
        .invite(&invite("desk@broker.example", 1), time(0))
        .await
        .unwrap()
        .unwrap();
    let mut names = Vec::new();
    for file in fs::read_dir(folder.path()).unwrap() {
        let file = file.unwrap();
        let mode = file.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, 0o600, "{:?}", file.file_name());
        names.push(file.file_name().into_string().unwrap());
    }
    names.sort();
    assert_eq!(
        names,
        ["store.db", "store.db-relay", "store.db-shm", "store.db-wal"]
    );
}

#[tokio::test]
async fn a_file_that_could_only_be_read_for_a_while_is_opened_anew() {
    let folder = tempfile::tempdir().unwrap();
    drop(open(&folder).await);
    let file = DatabaseFile::new(&path(&folder));
    let mut opened = file.open().unwrap();
    // What SQLite falls back to while the file may not be written.
    let only_reading = rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY;
    opened.connection = rusqlite::Connection::open_with_flags(file.path(), only_reading).unwrap();
    let writer = Writer::start(file, opened).unwrap();
    let write = || writer.write(|writing| writing.insert_invite(&invite("desk@broker.example", 1), time(0)));
    let refused = write().await.unwrap_err().to_string();
    assert!(refused.contains("could only be read"), "{refused}");
    write().await.unwrap().unwrap();
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
        written.unwrap().unwrap().unwrap();
    }
    assert_eq!(stores[0].list_staff().await.unwrap().len(), 40);
}

#[tokio::test]
async fn one_relay_at_a_time_serves_from_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let (first, second) = (open(&folder).await, open(&folder).await);
    first.register_relay().await.unwrap();
    let refused = second.register_relay().await;
    assert!(matches!(refused, Err(StoreError::InUse { .. })), "{refused:?}");
    let copy = first.relay.lock().unwrap().as_ref().unwrap().lock.try_clone();
    first.unregister_relay().await.unwrap();
    second
        .register_relay()
        .await
        .expect("no copy of the lock keeps others out");
    drop(copy);

    second.check(time(1)).await.unwrap();
    let lock = folder.path().join("store.db-relay");
    std::fs::remove_file(&lock).unwrap();
    let refused = || async { second.check(time(2)).await.unwrap_err().to_string() };
    let text = refused().await;
    assert!(text.contains("-relay") && text.contains("start one"), "{text}");
    first.register_relay().await.unwrap();
    assert_eq!(refused().await, text, "another one is there");
}

#[tokio::test]
async fn a_locked_store_is_an_error_in_bounded_time_and_works_again_afterwards() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder).await;
    let other = rusqlite::Connection::open(path(&folder)).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let written = store.invite(&invite("desk@broker.example", 1), time(0)).await;
    let message = written.unwrap_err().to_string();
    assert!(message.contains("locked; wait for it, or end it"), "{message}");
    assert!(store.check(time(0)).await.is_err());
    other.execute_batch("ROLLBACK").unwrap();
    store.check(time(0)).await.unwrap();
    assert_eq!(store.list_staff().await.unwrap().len(), 0);
}

#[tokio::test]
async fn a_file_that_is_gone_is_an_error_until_it_is_back() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder).await;
    store.check(time(0)).await.unwrap();
    let aside = folder.path().join("aside");
    fs::rename(path(&folder), &aside).unwrap();
    let message = store.check(time(1)).await.unwrap_err().to_string();
    assert!(message.contains("No such file"), "{message}");
    assert!(
        !path(&folder).exists(),
        "no new record is begun beside a lost one"
    );
    fs::rename(&aside, path(&folder)).unwrap();
    store.check(time(2)).await.unwrap();
}

#[tokio::test]
async fn a_file_that_was_restored_is_not_taken_before_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder).await;
    store
        .invite(&invite("desk@broker.example", 1), time(0))
        .await
        .unwrap()
        .unwrap();
    let backup = folder.path().join("backup");
    rusqlite::Connection::open(path(&folder))
        .unwrap()
        .execute("VACUUM INTO ?", [backup.to_str().unwrap()])
        .unwrap();
    store
        .invite(&invite("late@broker.example", 2), time(0))
        .await
        .unwrap()
        .unwrap();
    for suffix in ["-wal", "-shm"] {
        fs::remove_file(format!("{}{suffix}", path(&folder).display())).unwrap();
    }
    fs::rename(&backup, path(&folder)).unwrap();
    for _ in 0..3 {
        let write = store.check(time(1)).await.unwrap_err().to_string();
        let read = store.list_staff().await.unwrap_err().to_string();
        assert!(write.contains("was replaced by another one"), "{write}");
        assert_eq!(read, write);
    }
    let restarted = open(&folder).await;
    assert_eq!(restarted.list_staff().await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_store_of_a_newer_version_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    drop(open(&folder).await);
    rusqlite::Connection::open(path(&folder))
        .unwrap()
        .execute_batch(
            "INSERT INTO refinery_schema_history VALUES (99, 'newer', '2030-01-01T00:00:00Z', '1')",
        )
        .unwrap();
    let opened = SqliteStore::open(&path(&folder)).await;
    let message = opened.err().unwrap().to_string();
    assert!(message.contains("schema version 99"), "{message}");
    assert!(message.contains("run the version that wrote it"), "{message}");
}

#[tokio::test]
async fn work_that_fails_or_panics_is_undone_and_harms_nobody_else() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder).await;
    let insert = |email: &str| {
        format!(
            "INSERT INTO staff (email, email_folded, name, created_at) VALUES ('{email}', '{email}', 'x', 0)"
        )
    };
    let (good, bad, worse) = (
        insert("a@x.example"),
        insert("b@x.example"),
        insert("c@x.example"),
    );
    let (good, bad, worse) = tokio::join!(
        store
            .writer
            .write(move |writing| Ok(writing.connection.execute(&good, [])?)),
        store.writer.write(move |writing| {
            writing.connection.execute(&bad, [])?;
            Err::<(), _>(file::Failure::Store(StoreError::Inconsistent("on purpose")))
        }),
        store.writer.write(move |writing| {
            writing.connection.execute(&worse, [])?;
            let empty: [usize; 0] = [];
            Ok(empty.iter().max().copied().expect("on purpose"))
        }),
    );
    assert_eq!(good.unwrap(), 1);
    assert!(bad.is_err() && worse.is_err());
    let staff = store.list_staff().await.unwrap();
    assert_eq!(staff.len(), 1);
    assert_eq!(staff[0].member.email.as_str(), "a@x.example");
}

#[tokio::test]
async fn records_and_checkpoints_cannot_be_changed_by_hand_either() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder).await;
    store
        .add_checkpoint(&StoredCheckpoint {
            size: 1,
            note: "n".to_owned(),
        })
        .await
        .unwrap();
    let connection = rusqlite::Connection::open(path(&folder)).unwrap();
    connection.execute_batch("INSERT INTO records VALUES (0, x'7b7d', zeroblob(32)); INSERT INTO openings VALUES (0, x'01', x'02')").unwrap();
    for (statement, refusal) in [
        ("UPDATE records SET body = x'00'", "records are not changed"),
        ("DELETE FROM records", "records are not deleted"),
        (
            "INSERT INTO records VALUES (2, x'00', zeroblob(32))",
            "records are appended",
        ),
        ("UPDATE openings SET customer = x'09'", "openings are erased"),
        ("DELETE FROM openings", "openings are erased"),
        ("UPDATE checkpoints SET note = ''", "checkpoints are not changed"),
        ("DELETE FROM checkpoints", "checkpoints are not deleted"),
    ] {
        let message = connection.execute_batch(statement).unwrap_err().to_string();
        assert!(message.contains(refusal), "{statement}: {message}");
    }
    connection
        .execute_batch("UPDATE openings SET customer = NULL")
        .unwrap();
}
