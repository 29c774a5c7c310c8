//! A ledger that is as it should be, and verifications that cannot be done.

use std::fs;

use serde_json::json;
use tokio::process::Command;

use super::*;
use crate::support::installation::BINARY;

#[tokio::test]
async fn a_sound_ledger_with_a_checkpoint_that_covers_it() {
    let books = Books::new().await;
    let (key, _) = books.key().await;
    books.sign(&key).await;
    let (code, said) = books.verify(&[]).await;
    assert_eq!(
        (code, &said["sound"], &said["records"]),
        (0, &json!(true), &json!(6))
    );
    assert_eq!(
        said["checkpoints"],
        json!({"confirmed": 1, "confirmedSize": 6, "looked": 1, "signaturesChecked": true, "uncompared": 0})
    );
    assert_eq!((&said["openIntents"], &said["found"]), (&json!(1), &json!(0)));

    let text = books.ok(&["ledger", "verify"]).await;
    assert!(
        text.contains("1 of 1 checkpoint agrees with the records; the largest covers them all."),
        "{text}"
    );
    assert!(text.ends_with("Sound: nothing was found.\n"), "{text}");
    assert!(!text.contains("NO SIGNATURE"), "{text}");
}

#[tokio::test]
async fn a_clock_that_was_set_back_is_told_and_is_no_finding() {
    let books = Books::new().await;
    let staff = books.store.list_staff().await.unwrap().remove(0).member;
    // A clock that is a year ahead, then a right one: the times after it are no more wrong than those before.
    for second in [31_536_000, 1_000, 1_001] {
        let customer = format!("c{second}@customers.example");
        record(&*books.store, &intent(&staff, &customer, second), None).await;
    }
    let (code, said) = books.verify(&[]).await;
    assert_eq!(
        (code, &said["sound"], &said["found"], &said["lookupsCompared"]),
        (0, &json!(true), &json!(0), &json!(true))
    );
    assert_eq!(
        said["clockSteps"],
        json!([{"milliseconds": 31_535_000_000_u64, "sequence": 7}])
    );
    let text = books.ok(&["ledger", "verify"]).await;
    assert!(
        text.contains("NOTE   record 7: its time is 31,535,000 s before that of an earlier record\n"),
        "{text}"
    );
    assert!(
        text.contains("The order of the records is not in doubt"),
        "{text}"
    );
    assert!(
        text.contains("Sound in itself, NOT TRUSTED: nothing was found"),
        "{text}"
    );
}

#[tokio::test]
async fn without_a_key_or_a_checkpoint_it_says_what_is_not_proved() {
    let books = Books::new().await;
    let text = books.ok(&["ledger", "verify"]).await;
    assert!(
        text.contains("nothing shows that it was not rewritten as a whole"),
        "{text}"
    );

    let key = SigningKey::generate(ORIGIN, [1; 32]).unwrap();
    let note = books.sign(&key).await;
    let text = books.ok(&["ledger", "verify"]).await;
    assert!(text.contains("NO SIGNATURE WAS CHECKED"), "{text}");
    assert!(text.contains("\nSound in itself, NOT TRUSTED: "), "{text}");
    let (code, said) = books.verify(&[]).await;
    assert_eq!(said["checkpoints"]["signaturesChecked"], false);
    let sound = |said: &Value| [&said["sound"], &said["trusted"]].map(|is| is.as_bool().unwrap());
    assert_eq!((code, sound(&said)), (0, [true, false]));

    // Whoever names a checkpoint wants to know whether it holds, and without a key it may be anybody's.
    let (checkpoint, vkeys) = (books.path("checkpoint"), books.path("vkeys"));
    fs::write(&checkpoint, note).unwrap();
    let (code, said) = books
        .verify(&["--checkpoint", checkpoint.to_str().unwrap()])
        .await;
    assert_eq!((code, sound(&said)), (2, [true, false]));
    let output = books
        .run(&["ledger", "verify", "--checkpoint", checkpoint.to_str().unwrap()])
        .await;
    assert_eq!(output.status.code(), Some(2));
    assert!(
        String::from_utf8_lossy(&output.stdout).contains("\nUNDECIDED: "),
        "{output:?}"
    );
    fs::write(
        &vkeys,
        format!("# of the relay\n{}\n", key.verifying_key().to_text()),
    )
    .unwrap();
    let (code, said) = books
        .verify(&[
            "--checkpoint",
            checkpoint.to_str().unwrap(),
            "--key",
            vkeys.to_str().unwrap(),
        ])
        .await;
    assert_eq!(
        (code, &said["checkpoints"]["confirmed"]),
        (0, &json!(2)),
        "{said}"
    );
    assert_eq!(said["checkpoints"]["signaturesChecked"], true);
    assert_eq!(sound(&said), [true, true]);
}

#[tokio::test]
async fn from_some_record_on() {
    let books = Books::new().await;
    let (key, _) = books.key().await;
    books.sign(&key).await;
    let (code, said) = books.verify(&["--from", "3"]).await;
    assert_eq!(
        (code, &said["records"], &said["size"]),
        (0, &json!(3), &json!(6)),
        "{said}"
    );
    assert_eq!(said["checkpoints"]["confirmed"], 1);
    let text = books.ok(&["ledger", "verify", "--from", "3"]).await;
    assert!(
        text.contains("Records before 3 were taken for granted."),
        "{text}"
    );
    let error = books.fails(2, &["ledger", "verify", "--from", "7"]).await;
    assert!(error.contains("has only 6 records"), "{error}");
}

/// A newer one that the store keeps, and that agrees, must not pass for the one that left the host.
#[tokio::test]
async fn no_checkpoint_that_is_held_to_is_left_out_by_beginning_behind_it() {
    let books = Books::new().await;
    let (key, _) = books.key().await;
    let old = books.path("old.checkpoint");
    let old = old.to_str().unwrap();
    fs::write(old, books.sign(&key).await).unwrap();
    books.end_the_last().await;
    books.sign(&key).await;
    for (from, expected) in [("0", 0), ("6", 0), ("7", 2)] {
        let verify = ["ledger", "verify", "--json", "--from", from, "--checkpoint", old];
        let output = books.run(&verify).await;
        assert_eq!(output.status.code(), Some(expected), "{from} {output:?}");
        let said = String::from_utf8(output.stderr).unwrap();
        let told = said.contains("covers the first 6 records") && said.contains("begin with record 6");
        assert_eq!(told, expected == 2, "{said}");
    }

    let folder = books.path("checkpoints");
    fs::create_dir(&folder).unwrap();
    fs::copy(old, folder.join("latest.checkpoint")).unwrap();
    let text = fs::read_to_string(books.installation.config()).unwrap();
    let line = format!("[ledger]\ncheckpoint_directory = \"{}\"", folder.display());
    fs::write(books.installation.config(), text.replace("[ledger]", &line)).unwrap();
    assert_eq!(books.verify(&["--from", "6"]).await.0, 0);
    let error = books.fails(2, &["ledger", "verify", "--from", "7"]).await;
    assert!(
        error.contains("ledger.checkpoint_directory covers the first 6"),
        "{error}"
    );
}

/// A store that was put in the place of the old one need not have a checkpoint, and says so to nobody.
#[tokio::test]
async fn a_folder_without_the_newest_checkpoint_is_no_start_unless_there_is_nothing() {
    let books = Books::new().await;
    books.key().await;
    let folder = books.path("checkpoints");
    fs::create_dir(&folder).unwrap();
    let text = fs::read_to_string(books.installation.config()).unwrap();
    let line = format!("[ledger]\ncheckpoint_directory = \"{}\"", folder.display());
    fs::write(books.installation.config(), text.replace("[ledger]", &line)).unwrap();
    let error = books.fails(2, &["ledger", "verify"]).await;
    assert!(error.contains("is the folder mounted?"), "{error}");

    // A store without a record, and a folder that was in use.
    let empty = Database::new(&folder).await;
    store::open(&empty.url()).await.unwrap();
    let text = fs::read_to_string(books.installation.config()).unwrap();
    let (old, new) = (books.database.config(), empty.config());
    fs::write(books.installation.config(), text.replace(&old, &new)).unwrap();
    assert_eq!(books.verify(&[]).await.0, 0);
    fs::write(folder.join("00000000000000000006.checkpoint"), "").unwrap();
    let error = books.fails(2, &["ledger", "verify"]).await;
    assert!(error.contains("is the folder mounted?"), "{error}");
}

#[tokio::test]
async fn an_export_is_verified_without_the_store() {
    let books = Books::new().await;
    let key = SigningKey::generate(ORIGIN, [1; 32]).unwrap();
    let note = books.sign(&key).await;
    let (export, checkpoint) = (books.path("ledger.jsonl"), books.path("checkpoint"));
    fs::write(&checkpoint, note).unwrap();
    books
        .ok(&[
            "ledger",
            "export",
            "--format",
            "jsonl",
            "--output",
            export.to_str().unwrap(),
        ])
        .await;
    let verify = async || {
        let output = Command::new(BINARY)
            .args(["--config", "/nowhere", "ledger", "verify", "--json", "--file"])
            .arg(&export)
            .arg("--checkpoint")
            .arg(&checkpoint)
            .args(["--key", &key.verifying_key().to_text()])
            .output()
            .await
            .unwrap();
        let said: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{output:?}"));
        (output.status.code(), said)
    };
    let (code, said) = verify().await;
    assert_eq!(
        (code, &said["checkpoints"]["confirmed"]),
        (Some(0), &json!(1)),
        "{said}"
    );

    let text = fs::read_to_string(&export).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    for (changed, expected, sequence) in [
        (
            text.replace("\"validity\":30", "\"validity\":31"),
            "root_differs",
            json!(null),
        ),
        (lines[..5].join("\n"), "records_cut_off", json!(null)),
        (
            [&lines[..2], &lines[3..]].concat().join("\n"),
            "records_missing",
            json!(3),
        ),
        (
            text.replace("Cannot find", "Could not find"),
            "opening_unfit",
            json!(0),
        ),
        (
            text.replace("{\"record\"", "{\"record\" "),
            "line_unreadable",
            json!(null),
        ),
        ("x".repeat(200_000), "line_unreadable", json!(null)),
    ] {
        fs::write(&export, changed).unwrap();
        let (code, said) = verify().await;
        assert_eq!(code, Some(1), "{said}");
        let found = said["findings"].as_array().unwrap();
        let fits = found
            .iter()
            .any(|finding| finding["code"] == expected && finding["sequence"] == sequence);
        assert!(fits, "{expected}: {said}");
    }
    let output = books
        .run(&["ledger", "verify", "--file", export.to_str().unwrap()])
        .await;
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(said.contains("NOT SOUND"), "{said}");
    assert!(!said.contains("tables"), "an export has none: {said}");
    // A part passes for nothing but a part: it is asked for, and no checkpoint is taken for confirmed by it.
    fs::write(&export, lines[3..].join("\n")).unwrap();
    let (code, said) = verify().await;
    assert_eq!((code, &said["sound"]), (Some(1), &json!(false)), "{said}");
    let part = [
        "ledger",
        "verify",
        "--file",
        export.to_str().unwrap(),
        "--from",
        "3",
    ];
    let said = books.ok(&part).await;
    assert!(
        said.contains("nothing of what it holds could be compared"),
        "{said}"
    );
    let checkpoint = ["--checkpoint", checkpoint.to_str().unwrap()];
    let error = books.fails(2, &[&part[..], &checkpoint].concat()).await;
    assert!(error.contains("give the whole export"), "{error}");
}

#[tokio::test]
async fn what_cannot_be_verified_is_no_verdict() {
    let books = Books::in_a_file().await;
    let nothing = books.path("nothing");
    let nothing = nothing.to_str().unwrap();
    for (arguments, said) in [
        (&["--checkpoint", nothing][..], "the checkpoint"),
        (&["--key", nothing], "there is no such file"),
        (&["--key", "PRIVATE+KEY+SENTINEL"], "not an Ed25519 verifying key"),
        (&["--file", nothing], "cannot be read"),
    ] {
        let error = books.fails(2, &[&["ledger", "verify"], arguments].concat()).await;
        assert!(error.contains(said) && !error.contains("SENTINEL"), "{error}");
    }
    books.fails(64, &["ledger", "verify", "--from", "-1"]).await;

    // A store that is not there is not made, and does not pass for an empty ledger.
    let text = fs::read_to_string(books.installation.config()).unwrap();
    fs::write(
        books.installation.config(),
        text.replace("stagedoor.db", "other.db"),
    )
    .unwrap();
    let error = books.fails(2, &["ledger", "verify"]).await;
    assert!(error.contains("other.db cannot be used"), "{error}");
    assert!(!books.path("other.db").exists());
    fs::write(books.installation.config(), "").unwrap();
    books.fails(78, &["ledger", "verify"]).await;
}
