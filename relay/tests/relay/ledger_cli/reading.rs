//! Showing, listing, and following.

use std::{process::Stdio, time::Duration};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::json;
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::Child,
    time::timeout,
};

use super::*;

#[tokio::test]
async fn a_login_is_shown_from_beginning_to_end() {
    let books = Books::new().await;
    let text = books.ok(&["ledger", "show", &books.logins[0]]).await;
    let expected = [
        format!("Login {}", books.logins[0]),
        "  requested   2023-11-14 22:13:20.000 UTC (record 0)".to_owned(),
        "  by          Maria <maria@broker.example>, staff number 1".to_owned(),
        "  customer    jane@customers.example".to_owned(),
        "  reason      Cannot find the withdrawal form".to_owned(),
        "  CRM record  c-1001".to_owned(),
        "  token       valid for 30 s".to_owned(),
        "  outcome     minted after 120 ms, 2023-11-14 22:13:21.000 UTC (record 1)".to_owned(),
        "  reported    failed after 1.2 s: =SENTINEL-CAUSE, 2023-11-14 22:13:22.000 UTC (record 2)"
            .to_owned(),
    ];
    for line in expected {
        assert!(text.lines().any(|other| other == line), "{line}\n{text}");
    }
    let open = books.ok(&["ledger", "show", &books.logins[2]]).await;
    assert!(open.contains("outcome     none yet"), "{open}");

    let said: Value =
        serde_json::from_str(&books.ok(&["ledger", "show", &books.logins[1], "--json"]).await).unwrap();
    assert_eq!(said["login"], books.logins[1].as_str());
    assert_eq!(said["intent"]["customer"]["email"], JOE);
    assert_eq!(said["outcome"]["record"]["cause"], "customer_unknown");
    assert_eq!(said["reports"], json!([]));
}

#[tokio::test]
async fn a_record_is_shown() {
    let books = Books::new().await;
    let text = books.ok(&["ledger", "show", "1"]).await;
    assert!(text.starts_with("Record 1, the outcome of a login\n"), "{text}");
    assert!(
        text.contains(&format!("{} (record 0)", books.logins[0])),
        "{text}"
    );
    for (target, code, said) in [
        ("6", 1, "there is no record 6: the ledger has 6, numbered from 0"),
        ("0192f0c1-8a4b-7cde-8f01-23456789abcd", 1, "no login has the id"),
        ("jane@customers.example", 64, "neither a record's number"),
    ] {
        let error = books.fails(code, &["ledger", "show", target]).await;
        assert!(error.contains(said), "{error}");
    }
}

#[tokio::test]
async fn logins_are_listed_by_what_they_have_in_common() {
    let books = Books::new().await;
    let table = books.ok(&["ledger", "list"]).await;
    let lines: Vec<&str> = table.lines().collect();
    assert_eq!(lines.len(), 4, "{table}");
    assert!(lines[0].starts_with("TIME (UTC)           STAFF "), "{table}");
    assert!(
        lines[1].starts_with(
            "2023-11-14 22:13:20  maria@broker.example  jane@customers.example  main      minted, failed "
        ),
        "{table}"
    );
    assert!(lines[2].contains("failed (customer_unknown)  120 ms"), "{table}");

    let listed = async |arguments: &[&str]| {
        let text = books
            .ok(&[&["ledger", "list", "--json"], arguments].concat())
            .await;
        let ids = text.lines().map(|line| {
            let login: Value = serde_json::from_str(line).unwrap();
            books.logins.iter().position(|id| login["login"] == **id).unwrap()
        });
        ids.collect::<Vec<_>>()
    };
    assert_eq!(listed(&[]).await, [0, 1, 2]);
    assert_eq!(listed(&["--limit", "2"]).await, [1, 2]);
    assert_eq!(listed(&["--staff", "TOM@broker.example"]).await, [1, 2]);
    assert_eq!(listed(&["--customer", JANE]).await, [0, 2]);
    assert_eq!(listed(&["--customer", JANE, "--outcome", "open"]).await, [2]);
    assert_eq!(listed(&["--outcome", "failed"]).await, [1]);
    assert_eq!(listed(&["--platform", "other"]).await, [] as [usize; 0]);
    assert_eq!(listed(&["--from", "2023-11-14T22:15:00Z"]).await, [1, 2]);
    assert_eq!(
        listed(&["--from", "2023-11-14", "--to", "2023-11-14T22:15:00Z"]).await,
        [0]
    );
    assert_eq!(listed(&["--from", "7d"]).await, [] as [usize; 0]);
    for (arguments, said) in [
        (["--staff", "tom"], "--staff"),
        (["--from", "yesterday"], "how long ago"),
        (["--outcome", "gone"], "possible values"),
        (["--limit", "0"], "--limit"),
    ] {
        let error = books
            .fails(64, &[&["ledger", "list"], &arguments[..]].concat())
            .await;
        assert!(error.contains(said), "{error}");
    }
    let older = books.run(&["ledger", "list", "--limit", "2"]).await;
    assert!(
        String::from_utf8_lossy(&older.stderr).contains("Older ones fit too"),
        "{older:?}"
    );
}

#[tokio::test]
async fn a_record_that_cannot_be_read_is_named() {
    let books = Books::in_a_file().await;
    books.tamper("UPDATE records SET body = CAST('{\"v\":1}' AS BLOB) WHERE seq = 4");
    let error = books.fails(1, &["ledger", "list"]).await;
    assert!(error.contains("record 4 cannot be read"), "{error}");
}

#[tokio::test]
async fn the_tail_follows_until_it_is_interrupted() {
    let books = Books::new().await;
    let text = books.ok(&["ledger", "tail", "-n", "2"]).await;
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 2, "{text}");
    assert!(
        lines[0].contains("       4  2023-11-14 22:15:01  outcome"),
        "{text}"
    );
    assert!(
        lines[1].ends_with("tom@broker.example for jane@customers.example on main"),
        "{text}"
    );

    let (mut child, mut lines) = follow(&books, &["ledger", "tail", "-f", "-n", "1", "--json"]);
    let first: Value = serde_json::from_str(&lines.next_line().await.unwrap().unwrap()).unwrap();
    assert_eq!(first["record"]["seq"], 5);
    let maria = enrol(&*books.store, "maria@broker.example", "Maria").await;
    record(&*books.store, &intent(&maria, "jo@customers.example", 300), None).await;
    let next: Value = serde_json::from_str(&lines.next_line().await.unwrap().unwrap()).unwrap();
    assert_eq!(next["customer"]["email"], "jo@customers.example");

    let pid = Pid::from_raw(child.id().unwrap().try_into().unwrap()).unwrap();
    kill_process(pid, Signal::INT).unwrap();
    assert_eq!(child.wait().await.unwrap().code(), Some(0));
}

#[tokio::test]
async fn the_tail_ends_when_nobody_reads_it() {
    let books = Books::new().await;
    let (mut child, mut lines) = follow(&books, &["ledger", "tail", "-f"]);
    lines.next_line().await.unwrap().unwrap();
    drop(lines);
    let ended = timeout(Duration::from_secs(30), child.wait()).await;
    assert_eq!(ended.unwrap().unwrap().code(), Some(141));
}

type Lines = tokio::io::Lines<BufReader<tokio::process::ChildStdout>>;

fn follow(books: &Books, arguments: &[&str]) -> (Child, Lines) {
    let mut child = books
        .installation
        .command(arguments)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    (child, lines)
}

/// An auditor has a copy, and it is to stay what it was.
#[tokio::test]
async fn commands_that_read_make_and_change_nothing() {
    let books = Books::in_a_file().await;
    let (key, _) = books.key().await;
    books.sign(&key).await;
    let folder = books.path("copy");
    fs::create_dir(&folder).unwrap();
    let copy = folder.join("stagedoor.db");
    books
        .database
        .execute(&format!("VACUUM INTO '{}'", copy.display()))
        .await;
    let config = fs::read_to_string(books.installation.config()).unwrap();
    let config = config.replace("/stagedoor.db", "/copy/stagedoor.db");
    fs::write(books.installation.config(), config).unwrap();
    let before = fs::read(&copy).unwrap();
    let login = books.logins[0].clone();
    for command in [
        &["ledger", "verify"][..],
        &["ledger", "list"],
        &["ledger", "show", &login],
        &["ledger", "export", "--format", "jsonl"],
        &["ledger", "export", "--format", "csv"],
        &["ledger", "prove", &login],
        &["ledger", "tail"],
        &["store", "status"],
    ] {
        books.ok(command).await;
        assert!(fs::read(&copy).unwrap() == before, "{command:?}");
        let names: Vec<_> = fs::read_dir(&folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name())
            .collect();
        assert_eq!(names, ["stagedoor.db"], "{command:?}");
    }
}
