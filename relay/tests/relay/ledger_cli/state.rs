//! What is around the records: the schema that guards them, and rows that no record accounts for.

use super::*;
use crate::support::database::on_postgres;

/// The codes of what is found, and what is wrong with each.
async fn found(books: &Books) -> Vec<(String, String)> {
    let (code, said) = books.verify(&[]).await;
    let findings = said["findings"].as_array().unwrap();
    assert_eq!((code, said["sound"].as_bool()), (1, Some(false)), "{said}");
    assert_eq!(said["found"], findings.len(), "{said}");
    let text = |finding: &Value, key: &str| finding[key].as_str().unwrap().to_owned();
    findings
        .iter()
        .map(|finding| (text(finding, "code"), text(finding, "problem")))
        .collect()
}

fn differs(what: &str) -> (String, String) {
    let problem = format!("the schema is not the one that stagedoor makes: {what}");
    ("schema_differs".to_owned(), problem)
}

#[tokio::test]
async fn a_trigger_that_was_dropped_is_found_and_no_relay_starts() {
    let books = Books::new().await;
    let (_, said) = books.verify(&[]).await;
    assert_eq!(said["found"], 0, "{said}");
    let drop = if on_postgres() {
        "DROP TRIGGER records_are_not_deleted ON records"
    } else {
        "DROP TRIGGER records_are_not_deleted"
    };
    books.database.execute(drop).await;
    let gone = "trigger records_are_not_deleted on records is missing";
    assert_eq!(found(&books).await, [differs(gone)]);
    let output = books.run(&["ledger", "verify", "--records-only"]).await;
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(
        text.contains(&format!(
            "FOUND  the schema is not the one that stagedoor makes: {gone}\n       What keeps records from being"
        )) && text.ends_with("NOT SOUND: 1 finding.\n"),
        "{text}"
    );

    let error = books.fails(1, &["serve"]).await;
    assert!(
        error.contains(&format!(
            "is not the one that stagedoor makes: {gone}. What keeps"
        )),
        "{error}"
    );
    assert!(error.contains("`stagedoor ledger verify`"), "{error}");
}

/// It would be read for ever.
#[tokio::test]
async fn a_view_in_the_place_of_a_table_is_not_read() {
    let books = Books::in_a_file().await;
    books.tamper(
        "DROP TABLE reports; CREATE VIEW reports AS WITH RECURSIVE r (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM r) \
         SELECT i AS seq, 'x' AS request_id, 'opened' AS outcome FROM r",
    );
    let error = books.fails(2, &["ledger", "verify"]).await;
    assert!(
        error.contains("nothing was read, because tables are missing")
            && error.contains("table reports is missing")
            && error.contains("view reports on reports was added"),
        "{error}"
    );
}

/// Of PostgreSQL, the store's own tests know more.
#[tokio::test]
async fn any_change_of_a_files_schema_is_found() {
    let no_longer = |constraint: &str, table: &str| {
        format!(
            "PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = replace(sql, '{constraint}', '') \
             WHERE name = '{table}'; PRAGMA writable_schema = RESET"
        )
    };
    for (change, said) in [
        (
            "CREATE TRIGGER more BEFORE INSERT ON openings BEGIN SELECT raise(IGNORE); END".to_owned(),
            "trigger more on openings was added",
        ),
        (
            "DROP TRIGGER records_are_not_changed; CREATE TRIGGER records_are_not_changed BEFORE UPDATE ON records \
             WHEN false BEGIN SELECT raise(ABORT, 'records are not changed; a correction is a new record'); END"
                .to_owned(),
            "trigger records_are_not_changed on records was changed",
        ),
        (
            no_longer(" CHECK (seq >= 0)", "records"),
            "table records was changed",
        ),
        (
            "ALTER TABLE reports RENAME TO old; CREATE TABLE reports (seq INTEGER PRIMARY KEY, request_id TEXT NOT NULL, \
             outcome TEXT NOT NULL) STRICT; \
             INSERT INTO reports SELECT * FROM old; DROP TABLE old"
                .to_owned(),
            "table reports was changed",
        ),
        (
            "ALTER TABLE openings ADD more TEXT".to_owned(),
            "table openings was changed",
        ),
        (
            "CREATE VIEW more AS SELECT 1".to_owned(),
            "view more on more was added",
        ),
        (
            "CREATE UNIQUE INDEX more ON logins (requested_at)".to_owned(),
            "index more on logins was added",
        ),
    ] {
        let books = Books::in_a_file().await;
        // Statistics are no change.
        books.database.execute("ANALYZE").await;
        let (_, before) = books.verify(&[]).await;
        assert_eq!(before["found"], 0, "{before}");
        books.database.execute(&change).await;
        let told = found(&books).await;
        assert!(told.contains(&differs(said)), "{change} {told:?}");
    }
}

#[tokio::test]
async fn rows_that_no_record_accounts_for_are_found() {
    for (statements, table, which) in [
        (
            "INSERT INTO openings (seq, customer, staff) VALUES (6, NULL, NULL)",
            "openings has 1 row",
            "the least has number 6",
        ),
        (
            "INSERT INTO openings (seq, customer, staff) VALUES (-1, NULL, NULL), (-7, NULL, NULL)",
            "openings has 2 rows",
            "the least has number -7",
        ),
    ] {
        let books = Books::new().await;
        books.database.tamper(statements).await;
        let said = format!("the table {table} for which there is no record ({which}): somebody added them");
        let expected = ("row_without_record".to_owned(), said);
        assert_eq!(found(&books).await, [expected], "{statements}");
    }
}

#[tokio::test]
async fn rows_that_no_constraint_kept_out_are_found() {
    let hash = "00".repeat(32);
    let (drop, insert) = if on_postgres() {
        (
            "ALTER TABLE records DROP CONSTRAINT records_seq_check; ALTER TABLE checkpoints DROP CONSTRAINT \
             checkpoints_size_check; ALTER TABLE logins ALTER intent_seq DROP NOT NULL; ALTER TABLE reports ALTER seq DROP \
             NOT NULL",
            format!("INSERT INTO records VALUES (-3, 'x', decode('{hash}', 'hex'))"),
        )
    } else {
        (
            "PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = replace(replace(sql, \
             ' CHECK (seq >= 0)', ''), ' CHECK (size >= 0)', '') \
             WHERE name IN ('records', 'checkpoints'); PRAGMA writable_schema = RESET",
            format!("INSERT INTO records VALUES (-3, CAST('x' AS BLOB), X'{hash}')"),
        )
    };
    let books = Books::new().await;
    books.database.execute(drop).await;
    let guards = found(&books).await;
    books
        .database
        .tamper(&format!(
            "{insert}; INSERT INTO checkpoints (size, note) VALUES (-1, 'x')"
        ))
        .await;
    let said = |what: &str| format!("the table {what}: somebody added them");
    let mut expected = vec![
        said("checkpoints has 1 row for which there is no record (the least has number -1)"),
        said("records has 1 row for which there is no record (the least has number -3)"),
    ];
    // SQLite gives a row that has no number one of its own.
    if on_postgres() {
        let forget =
            "UPDATE logins SET intent_seq = NULL WHERE intent_seq = 5; UPDATE reports SET seq = NULL";
        books.database.tamper(forget).await;
        expected.insert(
            1,
            said("logins has 1 row for which there is no record (with no number)"),
        );
        expected.push(said(
            "reports has 1 row for which there is no record (with no number)",
        ));
    }
    let told = found(&books).await;
    assert_eq!(told[..guards.len()], guards);
    let rows: Vec<_> = told
        .iter()
        .filter(|(code, _)| code == "row_without_record")
        .collect();
    let problems: Vec<_> = rows.iter().map(|(_, problem)| problem.clone()).collect();
    assert_eq!(problems, expected);
}

/// The relay takes the ledger for rewritten then, signs no more, and refuses logins.
#[tokio::test]
async fn a_checkpoint_that_is_filed_under_another_size_is_found() {
    let books = Books::new().await;
    let (key, _) = books.key().await;
    books.sign(&key).await;
    let (_, said) = books.verify(&[]).await;
    assert_eq!(said["found"], 0, "{said}");
    books.database.tamper("UPDATE checkpoints SET size = 4").await;
    let expected = (
        "checkpoint_misfiled".to_owned(),
        "a checkpoint over 6 records is filed under 4: its row was added or changed".to_owned(),
    );
    assert_eq!(found(&books).await, [expected]);
}

#[tokio::test]
async fn a_schema_that_keeps_the_ledger_from_being_read_is_named() {
    let books = Books::in_a_file().await;
    books
        .database
        .execute("ALTER TABLE openings RENAME staff TO other")
        .await;
    let error = books.fails(2, &["ledger", "verify"]).await;
    assert!(error.contains("no such column: staff"), "{error}");
    assert!(
        error.contains("the schema is not the one that stagedoor makes: table openings was changed"),
        "{error}"
    );
}
