//! Exports, for machines and for spreadsheets.

use std::{fs, os::unix::fs::PermissionsExt};

use stagedoor_ledger::line;

use super::*;

#[tokio::test]
async fn json_lines_are_the_ledger_without_loss() {
    let books = Books::new().await;
    let file = books.path("ledger.jsonl");
    let arguments = [
        "ledger",
        "export",
        "--format",
        "jsonl",
        "--output",
        file.to_str().unwrap(),
    ];
    assert_eq!(books.ok(&arguments).await, "");
    let mode = fs::metadata(&file).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let text = fs::read_to_string(&file).unwrap();
    let rows = books.store.rows_from(0, 100).await.unwrap();
    assert_eq!(text.lines().count(), rows.len());
    for (written, row) in text.lines().zip(rows) {
        let read = line::decode(written.as_bytes()).unwrap();
        assert_eq!(
            (read.sequence, &read.record, &read.customer, &read.staff),
            (row.sequence, &row.record, &row.customer, &row.staff)
        );
    }
    assert_eq!(books.ok(&["ledger", "export", "--format", "jsonl"]).await, text);

    let error = books.fails(1, &arguments).await;
    assert!(
        error.contains("is there already, and is not overwritten"),
        "{error}"
    );
    assert_eq!(fs::read_to_string(&file).unwrap(), text);
    let left: Vec<_> = fs::read_dir(books.installation.folder.path())
        .unwrap()
        .filter(|entry| {
            entry
                .as_ref()
                .unwrap()
                .file_name()
                .to_string_lossy()
                .starts_with(".stagedoor-")
        })
        .collect();
    assert!(left.is_empty(), "{left:?}");
}

#[tokio::test]
async fn json_lines_of_some_records() {
    let books = Books::new().await;
    let sequences = async |arguments: &[&str]| {
        let text = books
            .ok(&[&["ledger", "export", "--format", "jsonl"], arguments].concat())
            .await;
        let sequences = text
            .lines()
            .map(|text| line::decode(text.as_bytes()).unwrap().sequence);
        sequences.collect::<Vec<_>>()
    };
    assert_eq!(sequences(&["--from-seq", "1", "--to-seq", "3"]).await, [1, 2, 3]);
    assert_eq!(sequences(&["--from-seq", "5"]).await, [5]);
    assert_eq!(sequences(&["--customer", JANE]).await, [0, 1, 2, 5]);
    for (arguments, code, said) in [
        (&["--from-seq", "6"][..], 1, "has only 6 records"),
        (&["--from-seq", "3", "--to-seq", "2"], 1, "must not be after"),
        (&["--from-seq", "3", "--customer", JANE], 1, "choose either"),
        (&["--to-seq", "9007199254740992"], 64, "--to-seq"),
        (
            &["--output", "/nowhere/ledger"],
            1,
            "no file can be made in /nowhere",
        ),
    ] {
        let error = books
            .fails(
                code,
                &[&["ledger", "export", "--format", "jsonl"], arguments].concat(),
            )
            .await;
        assert!(error.contains(said), "{error}");
    }
    books
        .fails(1, &["ledger", "export", "--format", "csv", "--from-seq", "1"])
        .await;
    books.fails(64, &["ledger", "export"]).await;
}

#[tokio::test]
async fn a_table_has_a_line_for_each_login_and_no_formula() {
    let books = Books::new().await;
    let maria = enrol(&*books.store, "maria@broker.example", "Maria").await;
    let mut hostile = intent(&maria, "jo@customers.example", 300);
    hostile.reason = Some("=HYPERLINK(\"https://evil.example\";\"click\")".to_owned());
    hostile.ticket = Some("@SUM(1,2)".to_owned());
    record(&*books.store, &hostile, None).await;

    let text = books.ok(&["ledger", "export", "--format", "csv"]).await;
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let headings = reader.headers().unwrap().clone();
    let lines: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    assert_eq!(lines.len(), 4);
    let cell = |line: usize, name: &str| {
        let column = headings.iter().position(|heading| heading == name).unwrap();
        lines[line].get(column).unwrap().to_owned()
    };
    assert_eq!(cell(0, "login"), books.logins[0]);
    assert_eq!(
        (cell(0, "staff_email"), cell(0, "customer_email")),
        ("maria@broker.example".into(), JANE.into())
    );
    assert_eq!(
        (cell(0, "outcome"), cell(0, "duration_ms")),
        ("minted".into(), "120".into())
    );
    assert_eq!(cell(0, "failed"), "2023-11-14T22:13:22.000Z =SENTINEL-CAUSE");
    assert_eq!(
        [cell(0, "requested"), cell(0, "ended")],
        ["2023-11-14T22:13:20.000Z", "2023-11-14T22:13:21.000Z"],
        "all times are as long"
    );
    assert_eq!(
        (cell(0, "opened"), cell(0, "records")),
        (String::new(), "0 1 2".into())
    );
    assert_eq!(
        (cell(1, "outcome"), cell(1, "cause")),
        ("failed".into(), "customer_unknown".into())
    );
    assert_eq!(cell(2, "outcome"), "open");
    assert_eq!(
        cell(3, "reason"),
        "'=HYPERLINK(\"https://evil.example\";\"click\")"
    );
    assert_eq!(cell(3, "ticket"), "'@SUM(1,2)");

    let some = books
        .ok(&["ledger", "export", "--format", "csv", "--customer", JOE])
        .await;
    assert_eq!(some.lines().count(), 2, "{some}");
}
