//! `stagedoor store`.

use super::*;

#[tokio::test]
async fn a_store_is_made_and_described() {
    let installation = Installation::new().await;
    let status = installation.run(&["store", "status"]).await;
    assert_eq!(status.status.code(), Some(1), "a look makes no store: {status:?}");
    let made = installation.run(&["store", "migrate"]).await;
    let path = installation.folder.path().join("stagedoor.db");
    assert_eq!(
        String::from_utf8_lossy(&made.stdout),
        format!("{}: schema version 1\n", path.display())
    );
    let status = String::from_utf8(installation.run(&["store", "status"]).await.stdout).unwrap();
    assert!(
        status.starts_with(&format!(
            "engine      SQLite\nplace       {}\nschema      1 (known: 1)\n",
            path.display()
        )),
        "{status}"
    );
    assert!(status.ends_with("records     0\ncheckpoint  none\n"), "{status}");
}

#[tokio::test]
async fn records_and_the_last_checkpoint_are_counted_and_a_newer_schema_is_left_alone() {
    let books = Books::in_a_file().await;
    let (key, _) = books.key().await;
    books.sign(&key).await;
    let status = books.ok(&["store", "status"]).await;
    assert!(status.contains("records     6\n"), "{status}");
    assert!(
        status.ends_with("checkpoint  of 2023-11-14T22:30:00Z, over the first 6 records\n"),
        "{status}"
    );

    books.tamper("UPDATE refinery_schema_history SET version = 99");
    for command in [["store", "status"], ["store", "migrate"], ["ledger", "list"]] {
        let error = books.fails(1, &command).await;
        assert!(error.contains("has schema version 99"), "{error}");
    }
    books.fails(2, &["ledger", "verify"]).await;
}
