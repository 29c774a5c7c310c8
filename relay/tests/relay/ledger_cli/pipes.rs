//! Commands whose output nobody reads, or that cannot be written.

use std::{fs::File, io, process::Stdio};

use super::*;

/// What a shell says of a program that SIGPIPE ended.
const CLOSED_PIPE: i32 = 141;

#[tokio::test]
async fn every_command_ends_quietly_when_nobody_reads_its_output() {
    let books = Books::in_a_file().await;
    let (key, public) = books.key().await;
    books.sign(&key).await;
    let proof = books.path("proof.json");
    let proof = proof.to_str().unwrap();
    books.ok(&["ledger", "prove", "0", "--output", proof]).await;
    let other = books.path("other-key");
    for command in [
        &["--help"][..],
        &["config", "example"],
        &["config", "check"],
        &["ledger", "list"],
        &["ledger", "list", "--json"],
        &["ledger", "show", "0"],
        &["ledger", "show", "0", "--json"],
        &["ledger", "tail"],
        &["ledger", "tail", "--json"],
        &["ledger", "tail", "--follow"],
        &["ledger", "export", "--format", "jsonl"],
        &["ledger", "export", "--format", "csv"],
        &["ledger", "verify"],
        &["ledger", "verify", "--json"],
        &["ledger", "prove", "0"],
        &["ledger", "check-proof", proof, "--key", &public],
        &[
            "ledger",
            "keygen",
            "--name",
            "a",
            "--output",
            other.to_str().unwrap(),
        ],
        &["staff", "list"],
        &["staff", "invite", "maria@broker.example"],
        &["store", "status"],
        &["store", "migrate"],
    ] {
        let (reader, writer) = io::pipe().unwrap();
        drop(reader);
        let output = books
            .installation
            .command(command)
            .stdout(writer)
            .stderr(Stdio::piped())
            .spawn()
            .unwrap()
            .wait_with_output()
            .await
            .unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(CLOSED_PIPE), "{command:?} {said}");
        assert!(
            !said.contains("panicked") && !said.contains("pipe"),
            "{command:?} {said}"
        );
    }
}

#[tokio::test]
async fn no_command_minds_that_nobody_reads_its_messages() {
    let books = Books::in_a_file().await;
    for (command, code) in [
        (&["ledger", "show", "99"][..], 1),
        (&["ledger", "verify", "--key", "x"], 2),
        (&["ledger", "list", "--customer", "nobody@customers.example"], 0),
        (&["staff", "invite", "maria@broker.example"], 0),
        (&["ledger", "frobnicate"], 64),
    ] {
        let (reader, writer) = io::pipe().unwrap();
        drop(reader);
        let mut child = books
            .installation
            .command(command)
            .stdout(Stdio::null())
            .stderr(writer)
            .spawn()
            .unwrap();
        let status = child.wait().await.unwrap();
        assert_eq!(status.code(), Some(code), "{command:?}");
    }
}

#[tokio::test]
async fn what_cannot_be_written_is_no_success() {
    let books = Books::in_a_file().await;
    for (command, code) in [
        (&["ledger", "export", "--format", "jsonl"][..], 1),
        (&["ledger", "export", "--format", "csv"], 1),
        (&["ledger", "list"], 1),
        (&["ledger", "verify"], 2),
    ] {
        let output = books
            .installation
            .command(command)
            .stdout(File::options().write(true).open("/dev/full").unwrap())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap()
            .wait_with_output()
            .await
            .unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(code), "{command:?} {said}");
        assert!(said.contains("No space left on device"), "{command:?} {said}");
    }
}
