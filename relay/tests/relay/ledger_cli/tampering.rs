//! What somebody changes who may do anything with the database.

use super::*;

fn found(code: &str, sequence: impl Into<Option<u64>>) -> (String, Option<u64>) {
    (code.to_owned(), sequence.into())
}

#[tokio::test]
async fn a_changed_record_is_found() {
    let books = Books::in_a_file().await;
    let (key, _) = books.key().await;
    books.sign(&key).await;
    books.tamper("UPDATE records SET body = CAST(replace(CAST(body AS TEXT), 'minted', 'failed') AS BLOB) WHERE seq = 1");
    let findings = books.findings(&[]).await;
    assert!(findings.contains(&found("hashes_differ", 1)), "{findings:?}");
    assert!(findings.contains(&found("root_differs", None)), "{findings:?}");

    let output = books.run(&["ledger", "verify"]).await;
    assert_eq!(output.status.code(), Some(1));
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(
        text.contains("FOUND  record 1: its stored hashes are not those of the records"),
        "{text}"
    );
    assert!(text.contains("Treat it as tampering"), "{text}");
    assert!(text.contains("NOT SOUND: "), "{text}");
}

#[tokio::test]
async fn a_changed_opening_is_found() {
    let books = Books::in_a_file().await;
    books.tamper("UPDATE openings SET customer = CAST(substr(customer, 1, 40) || X'78' || substr(customer, 42) AS BLOB) WHERE seq = 3");
    assert_eq!(books.findings(&[]).await, [found("opening_unfit", 3)]);
    let text = books.ok(&["ledger", "show", "3"]).await;
    assert!(
        text.contains("(changed: it is not what the record commits to") && !text.contains(JOE),
        "{text}"
    );
}

#[tokio::test]
async fn a_deleted_opening_is_found_though_an_erased_one_is_not() {
    let books = Books::in_a_file().await;
    books.tamper("UPDATE openings SET staff = NULL WHERE seq = 3");
    assert_eq!(books.findings(&[]).await, [found("opening_missing", 3)]);
    let text = books.ok(&["ledger", "show", "3"]).await;
    assert!(text.contains("No erasure of record 3 is recorded"), "{text}");
}

#[tokio::test]
async fn changed_hashes_are_found() {
    let books = Books::in_a_file().await;
    books.tamper(
        "UPDATE records SET hashes = CAST(substr(hashes, 1, 32) || zeroblob(32) AS BLOB) WHERE seq = 1",
    );
    assert_eq!(books.findings(&[]).await, [found("hashes_differ", 1)]);
}

#[tokio::test]
async fn records_cut_off_after_a_checkpoint_are_found() {
    let books = Books::in_a_file().await;
    let (key, _) = books.key().await;
    books.sign(&key).await;
    books.tamper("DELETE FROM openings WHERE seq = 5; DELETE FROM records WHERE seq = 5; DELETE FROM logins WHERE intent_seq = 5");
    assert_eq!(books.findings(&[]).await, [found("records_cut_off", None)]);
}

#[tokio::test]
async fn a_record_deleted_from_the_middle_is_found() {
    let books = Books::in_a_file().await;
    books.tamper("DELETE FROM records WHERE seq = 2");
    assert_eq!(books.findings(&[]).await, [found("records_missing", 3)]);
    let error = books.fails(1, &["ledger", "show", "2"]).await;
    assert!(error.contains("record 2 is missing"), "{error}");
}

/// Where records are missing, the look-up tables may have rows without end, and what is in them.
#[tokio::test]
async fn what_the_tables_say_of_missing_records_is_not_read() {
    let books = Books::in_a_file().await;
    books.tamper(
        "DELETE FROM records WHERE seq = 2; INSERT INTO logins SELECT 2, CAST(X'FF' AS TEXT), NULL, staff_id, platform, \
         customer_folded, requested_at, NULL, NULL FROM logins WHERE intent_seq = 5",
    );
    assert_eq!(books.findings(&[]).await, [found("records_missing", 3)]);
}

#[tokio::test]
async fn a_ledger_rewritten_and_signed_with_another_key_is_found() {
    let books = Books::in_a_file().await;
    let (key, public) = books.key().await;
    let shipped = books.sign(&key).await;
    let checkpoint = books.path("shipped");
    std::fs::write(&checkpoint, shipped).unwrap();
    // The forger starts over, with a ledger of their own that is sound in itself, and a key of the same name.
    let forged = Books::in_a_file().await;
    let forger = SigningKey::generate(ORIGIN, [9; 32]).unwrap();
    forged.sign(&forger).await;

    let findings = forged.findings(&["--key", &public]).await;
    assert_eq!(findings, [found("checkpoint_other_key", None)]);
    let shipped = ["--checkpoint", checkpoint.to_str().unwrap()];
    let own = forger.verifying_key().to_text();
    let findings = forged
        .findings(&[&shipped[..], &["--key", &own, "--key", &public]].concat())
        .await;
    assert_eq!(findings, [found("root_differs", None)]);
}

#[tokio::test]
async fn look_up_tables_that_say_otherwise_than_the_records_are_found() {
    for (what, statements, expected) in [
        (
            "a customer was hidden",
            "UPDATE logins SET customer_folded = NULL WHERE intent_seq = 0",
            vec![found("lookup_differs", 0)],
        ),
        (
            "a customer was exchanged",
            "UPDATE logins SET customer_folded = 'x@y.example' WHERE intent_seq = 3",
            vec![found("lookup_differs", 3)],
        ),
        (
            "a staff member was renamed",
            "UPDATE staff SET email_folded = 'x' WHERE email_folded LIKE 'maria%'",
            vec![found("lookup_differs", 0)],
        ),
        (
            "another staff member",
            "UPDATE logins SET staff_id = 3 - staff_id WHERE intent_seq = 0",
            vec![found("lookup_differs", 0)],
        ),
        (
            "an impossible time",
            "UPDATE logins SET requested_at = 9223372036854775807 WHERE intent_seq = 3",
            vec![found("lookup_differs", 3)],
        ),
        (
            "another time",
            "UPDATE logins SET requested_at = 0 WHERE intent_seq = 3",
            vec![found("lookup_differs", 3)],
        ),
        (
            "another outcome",
            "UPDATE logins SET outcome = 'unknown' WHERE intent_seq = 0",
            vec![found("lookup_differs", 0)],
        ),
        (
            "an outcome was taken away",
            "UPDATE logins SET outcome = NULL, cause = NULL, outcome_seq = NULL WHERE intent_seq = 0",
            vec![found("lookup_missing", 1)],
        ),
        (
            "an outcome was invented",
            "UPDATE logins SET outcome = 'failed', outcome_seq = 1 WHERE intent_seq = 5",
            vec![found("lookup_differs", 5)],
        ),
        (
            "a report was deleted",
            "DELETE FROM reports",
            vec![found("lookup_missing", 2)],
        ),
        (
            "a report was invented",
            "INSERT INTO reports SELECT 5, request_id, 'opened' FROM logins WHERE intent_seq = 3",
            vec![found("lookup_unfounded", 5)],
        ),
        (
            "a report was renamed",
            "UPDATE reports SET outcome = 'closed'",
            vec![found("lookup_differs", 2)],
        ),
        (
            "a report was moved to a login that is not there",
            "UPDATE reports SET request_id = 'x'",
            vec![found("lookup_missing", 2)],
        ),
        (
            "an outcome was invented that no record has",
            "UPDATE logins SET outcome = 'failed', outcome_seq = 99 WHERE intent_seq = 5",
            vec![found("lookup_differs", 5)],
        ),
        (
            "two logins changed places",
            "UPDATE logins SET intent_seq = 99 WHERE intent_seq = 0; UPDATE logins SET intent_seq = 0 WHERE intent_seq = 3; \
             UPDATE logins SET intent_seq = 3 WHERE intent_seq = 99",
            vec![found("lookup_differs", 0), found("lookup_differs", 3)],
        ),
        (
            "a login was invented",
            "INSERT INTO logins SELECT 999, '0192f0c1-8a4b-7cde-8f01-23456789abcd', NULL, staff_id, platform, customer_folded, \
             requested_at, NULL, NULL FROM logins WHERE intent_seq = 5",
            vec![found("lookup_unfounded", None)],
        ),
        (
            "a login was invented where another record is",
            "INSERT INTO logins SELECT 4, '0192f0c1-8a4b-7cde-8f01-23456789abcd', NULL, staff_id, platform, customer_folded, \
             requested_at, NULL, NULL FROM logins WHERE intent_seq = 5",
            vec![found("lookup_unfounded", 4)],
        ),
        (
            "a login was deleted",
            "DELETE FROM logins WHERE intent_seq = 3",
            vec![found("lookup_missing", 3)],
        ),
    ] {
        let books = Books::in_a_file().await;
        assert_eq!(books.findings(&[]).await, [], "{what}");
        books.tamper(statements);
        assert_eq!(books.findings(&[]).await, expected, "{what}");
    }
}

#[tokio::test]
async fn a_record_of_another_login_is_not_shown_or_proved_under_its_id() {
    let books = Books::in_a_file().await;
    let (key, _) = books.key().await;
    books.sign(&key).await;
    books.tamper("UPDATE logins SET intent_seq = 99 WHERE intent_seq = 0; UPDATE logins SET intent_seq = 0 WHERE intent_seq = 3");
    for command in ["prove", "show"] {
        let error = books.fails(1, &["ledger", command, &books.logins[1]]).await;
        assert!(error.contains("is of another login"), "{error}");
    }
}

#[tokio::test]
async fn an_address_that_outlived_its_erasure_is_found() {
    let books = Books::in_a_file().await;
    let erase = [
        "ledger",
        "erase",
        "--customer",
        JANE,
        "--operator",
        "o",
        "--reason",
        "r",
        "--yes",
    ];
    books.end_the_last().await;
    books.ok(&erase).await;
    assert_eq!(books.findings(&[]).await, []);
    books.tamper(&format!(
        "UPDATE logins SET customer_folded = '{JANE}' WHERE intent_seq = 0"
    ));
    assert_eq!(books.findings(&[]).await, [found("lookup_differs", 0)]);
}

#[tokio::test]
async fn a_part_of_the_ledger_is_compared_too() {
    let books = Books::in_a_file().await;
    assert_eq!(books.findings(&["--from", "1"]).await, []);
    books.tamper("DELETE FROM reports");
    let findings = books.findings(&["--from", "1"]).await;
    assert_eq!(findings, [found("lookup_missing", 2)]);
    // The outcome is in the part, and its intent is not.
    books.tamper("UPDATE logins SET cause = 'x' WHERE intent_seq = 0");
    let findings = books.findings(&["--from", "1"]).await;
    assert_eq!(findings, [found("lookup_missing", 1), found("lookup_missing", 2)]);
}

#[tokio::test]
async fn records_alone_can_be_verified_and_the_verdict_says_so() {
    let books = Books::in_a_file().await;
    books.tamper("DELETE FROM reports");
    let (code, said) = books.verify(&["--records-only"]).await;
    assert_eq!(
        (code, &said["sound"], &said["lookupsCompared"]),
        (0, &Value::from(true), &Value::from(false))
    );
    let text = books.run(&["ledger", "verify", "--records-only"]).await.stdout;
    let text = String::from_utf8(text).unwrap();
    assert!(text.contains("were not compared: --records-only.\n"), "{text}");
}

/// Whoever has to mend it must know which logins, and need not read hundreds of lines.
#[tokio::test]
async fn logins_are_named_up_to_a_number_and_the_others_counted() {
    let books = Books::in_a_file().await;
    books.tamper("DELETE FROM reports; UPDATE logins SET outcome = NULL, cause = NULL, outcome_seq = NULL WHERE intent_seq = 3");
    let text = books.run(&["ledger", "verify"]).await.stdout;
    let text = String::from_utf8(text).unwrap();
    for (sequence, what, login) in [(2, "report", &books.logins[0]), (4, "outcome", &books.logins[1])] {
        let line = format!(
            "FOUND  record {sequence}: the look-up tables do not lead to this {what} of login {login}: a row was deleted, \
             changed or moved"
        );
        assert!(text.contains(&line), "{text}");
    }
    books.tamper(
        "WITH RECURSIVE many (n) AS (SELECT 100 UNION ALL SELECT n + 1 FROM many WHERE n < 249) INSERT INTO logins SELECT \
         n, 'x' || n, NULL, 1, 'main', NULL, 0, NULL, NULL FROM many",
    );
    let (code, said) = books.verify(&[]).await;
    let findings = said["findings"].as_array().unwrap().len();
    assert_eq!((code, &said["found"], findings), (1, &Value::from(152), 100));
    let text = String::from_utf8(books.run(&["ledger", "verify"]).await.stdout).unwrap();
    assert!(text.contains("name record 100 for login x100, and"), "{text}");
    assert!(text.contains("       and 52 more\n"), "{text}");
    assert_eq!(
        text.matches("The records are sound. But `list`").count(),
        1,
        "{text}"
    );
}

#[tokio::test]
async fn a_checkpoint_that_is_none_keeps_no_table_from_being_compared() {
    let books = Books::in_a_file().await;
    books.tamper("INSERT INTO checkpoints (size, note) VALUES (3, 'nonsense'); DELETE FROM reports");
    let findings = books.findings(&[]).await;
    assert!(findings.contains(&found("lookup_missing", 2)), "{findings:?}");
    assert_eq!(findings.len(), 2, "{findings:?}");
}
