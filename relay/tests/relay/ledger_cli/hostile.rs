//! Files that a stranger hands over, and databases that are none.

use std::{fs, os::unix::fs::symlink};

use tokio::process::Command;

use super::*;

#[tokio::test]
async fn proofs_that_a_stranger_made_do_not_hold() {
    let books = Books::in_a_file().await;
    let (key, public) = books.key().await;
    books.sign(&key).await;
    let whole = books.ok(&["ledger", "prove", "0"]).await;
    let elsewhere = SigningKey::generate("elsewhere.example/stagedoor", [3; 32]).unwrap();
    let other = books.sign(&elsewhere).await;
    let note = |note: &str| serde_json::to_string(note).unwrap();
    let own: Value = serde_json::from_str(&whole).unwrap();
    let own = own["checkpoint"].as_str().unwrap().to_owned();
    let file = books.path("proof.json");
    for (what, changed, why) in [
        ("nothing", String::new(), "not the JSON object of a proof"),
        ("a list", "[".repeat(100_000), "not the JSON object of a proof"),
        ("too long", " ".repeat(200_000), "at most"),
        (
            "a key twice",
            whole.replacen("\"kind\"", "\"kind\":\"x\",\"kind\"", 1),
            "not the JSON object of a proof",
        ),
        (
            "a version twice",
            whole.replacen("{\"checkpoint\"", "{\"v\":1,\"checkpoint\"", 1),
            "not the JSON object of a proof",
        ),
        (
            "a member of the record twice",
            whole.replacen("\"validity\":30", "\"validity\":30,\"validity\":30", 1),
            "canonical",
        ),
        (
            "a number past 64 bits",
            whole.replacen("\"seq\":0", "\"seq\":18446744073709551616", 1),
            "it is not",
        ),
        (
            "a number past 53 bits",
            whole.replacen("\"seq\":0", "\"seq\":9007199254740992", 1),
            "",
        ),
        (
            "another place",
            whole.replacen("\"seq\":0", "\"seq\":1", 1),
            "the proof does not hold",
        ),
        (
            "a size that was not signed",
            whole.replacen(&note(&own), &note(&own.replacen("\n6\n", "\n7\n", 1)), 1),
            "signature",
        ),
        (
            "a size of no ledger",
            whole.replacen(
                &note(&own),
                &note(&own.replacen("\n6\n", "\n18446744073709551615\n", 1)),
                1,
            ),
            "2^53",
        ),
        (
            "a checkpoint of another ledger",
            whole.replacen(&note(&own), &note(&other), 1),
            "not signed by the key",
        ),
        (
            "hashes without end",
            whole.replacen(
                "\"inclusion\":[",
                &format!("\"inclusion\":[{}", "\"\",".repeat(1000)),
                1,
            ),
            "not the JSON object of a proof",
        ),
    ] {
        fs::write(&file, &changed).unwrap();
        let output = books
            .run(&["ledger", "check-proof", file.to_str().unwrap(), "--key", &public])
            .await;
        let said = String::from_utf8(output.stdout).unwrap();
        assert_eq!(output.status.code(), Some(1), "{what} {said}");
        assert!(
            said.starts_with("The proof DOES NOT HOLD: ") && said.contains(why),
            "{what} {said}"
        );
    }
}

#[tokio::test]
async fn checkpoints_and_keys_that_are_none() {
    let books = Books::in_a_file().await;
    let (key, public) = books.key().await;
    let note = books.sign(&key).await;
    let file = books.path("checkpoint");
    let path = file.to_str().unwrap();
    for bytes in [
        vec![0xff, 0xfe],
        vec![b'\n'; 100_000],
        note.replace('\n', "\r\n").into_bytes(),
        note.replacen("\n6\n", "\n18446744073709551616\n", 1).into_bytes(),
        note.replacen("\n6\n", "\n06\n", 1).into_bytes(),
        note.trim_end().as_bytes().to_vec(),
        [note.as_bytes(), note.as_bytes()].concat(),
    ] {
        fs::write(&file, bytes).unwrap();
        let findings = books.findings(&["--checkpoint", path, "--key", &public]).await;
        assert_eq!(findings, [("checkpoint_not_believed".to_owned(), None)]);
    }
    fs::write(&file, "").unwrap();
    let error = books.fails(2, &["ledger", "verify", "--checkpoint", path]).await;
    assert!(error.contains("is empty"), "{error}");

    for (key, said) in [
        ("+++", "not an Ed25519 verifying key"),
        ("", "not an Ed25519 verifying key"),
        (&*public.replace('+', "++"), "not an Ed25519 verifying key"),
        ("/dev/zero", "too long for a file of verifying keys"),
        (
            books.installation.folder.path().to_str().unwrap(),
            "cannot be read",
        ),
    ] {
        let error = books.fails(2, &["ledger", "verify", "--key", key]).await;
        assert!(error.contains(said), "{key} {error}");
    }
}

#[tokio::test]
async fn a_database_that_is_none() {
    let books = Books::in_a_file().await;
    // The database itself may have everything in its log.
    let whole = books.path("whole.db");
    books.tamper(&format!("VACUUM INTO '{}'", whole.display()));
    let whole = fs::read(whole).unwrap();
    let config = fs::read_to_string(books.installation.config()).unwrap();
    let (folder, device) = (books.path("folder.db"), books.path("device.db"));
    fs::create_dir(&folder).unwrap();
    symlink("/dev/zero", &device).unwrap();
    let made = Command::new("mkfifo").arg(books.path("pipe.db")).status().await;
    assert!(made.unwrap().success());
    fs::write(books.path("text.db"), "A text, and no database.".repeat(100)).unwrap();
    fs::write(books.path("cut.db"), &whole[..whole.len() / 2]).unwrap();
    fs::write(books.path("begun.db"), &whole[..20]).unwrap();
    fs::write(books.path("empty.db"), "").unwrap();
    for (name, said) in [
        ("folder", "a folder, a pipe or a device"),
        ("device", "a folder, a pipe or a device"),
        ("pipe", "a folder, a pipe or a device"),
        ("text", "file is not a database; put it aside"),
        ("cut", "malformed; put it aside"),
        ("begun", "file is not a database; put it aside"),
        ("empty", "run `stagedoor store migrate`"),
    ] {
        fs::write(
            books.installation.config(),
            config.replace("stagedoor.db", &format!("{name}.db")),
        )
        .unwrap();
        for (command, code) in [
            (&["ledger", "verify"][..], 2),
            (&["ledger", "list"], 1),
            (&["ledger", "export", "--format", "jsonl"], 1),
        ] {
            let error = books.fails(code, command).await;
            assert!(error.contains(said), "{name} {command:?} {error}");
        }
    }
}
