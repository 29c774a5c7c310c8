//! Verification where the relay's own key cannot be read.

use std::fs;

use serde_json::json;

use super::*;
use crate::support::certificate::{set_mode, write_secret};

/// What could not be looked at is neither sound nor a finding.
#[tokio::test]
async fn a_key_that_cannot_be_read_is_no_finding() {
    let books = Books::new().await;
    let (key, public) = books.key().await;
    books.sign(&key).await;
    let (proof, file) = (books.path("proof.json"), books.path("ledger-key"));
    let proof = proof.to_str().unwrap();
    books.ok(&["ledger", "prove", "0", "--output", proof]).await;
    let secret = fs::read_to_string(&file).unwrap();
    let other = SigningKey::generate(ORIGIN, [1; 32])
        .unwrap()
        .verifying_key()
        .to_text();
    let config = fs::read_to_string(books.installation.config()).unwrap();
    let believing = |key: &str| {
        let line = format!("[ledger]\nverifying_keys = [\"{key}\"]");
        fs::write(books.installation.config(), config.replace("[ledger]", &line)).unwrap();
    };
    let open_to_all = || set_mode(&file, 0o644);
    let none = || write_secret(&file, "no key");
    let gone = || fs::remove_file(&file).unwrap();
    let unreadable: [(&str, &dyn Fn()); 3] = [
        ("every user", &open_to_all),
        ("is not a signing key", &none),
        ("no such file", &gone),
    ];
    for (why, make) in unreadable {
        write_secret(&file, &secret);
        make();
        fs::write(books.installation.config(), &config).unwrap();
        let no_key = books.run(&["ledger", "verify"]).await;
        believing(&other);
        let another = books.run(&["ledger", "verify"]).await;
        for output in [&no_key, &another] {
            let (said, told) = (
                String::from_utf8_lossy(&output.stdout),
                String::from_utf8_lossy(&output.stderr),
            );
            assert_eq!(output.status.code(), Some(2), "{why}: {output:?}");
            assert!(
                said.contains("\nCOULD NOT BE VERIFIED: ") && !said.contains("NOT SOUND"),
                "{said}"
            );
            assert!(told.contains("ledger.key_file: ") && told.contains(why), "{told}");
        }
        let said = String::from_utf8(another.stdout).unwrap();
        assert!(
            said.contains("1 checkpoint could not be verified: the key"),
            "{said}"
        );
        let (code, said) = books.verify(&[]).await;
        assert_eq!(
            (
                code,
                &said["undecided"],
                &said["trusted"],
                &said["unverifiedCheckpoints"]
            ),
            (2, &json!(true), &json!(false), &json!(1))
        );
        let error = books.fails(2, &["ledger", "check-proof", proof]).await;
        assert!(error.contains("could not be verified"), "{error}");
        books.ok(&["ledger", "prove", "0"]).await;

        // Whoever has its verifying key needs no more.
        believing(&public);
        let (code, said) = books.verify(&[]).await;
        assert_eq!(
            (code, &said["trusted"], &said["undecided"]),
            (0, &json!(true), &json!(false))
        );
        books.ok(&["ledger", "check-proof", proof]).await;
    }
    // A key that can be read, and is another than that of the checkpoint, is a finding as ever.
    believing(&other);
    let own = SigningKey::generate(ORIGIN, [2; 32]).unwrap();
    write_secret(&file, &own.expose_text());
    assert_eq!(
        books.findings(&[]).await,
        [("checkpoint_other_key".to_owned(), None)]
    );
    // So is what has nothing to do with the key.
    fs::remove_file(&file).unwrap();
    let bad = StoredCheckpoint {
        size: 6,
        note: "no checkpoint".to_owned(),
    };
    books.store.add_checkpoint(&bad).await.unwrap();
    let found = books.run(&["ledger", "verify"]).await;
    assert_eq!(found.status.code(), Some(1), "{found:?}");
    let said = String::from_utf8(found.stdout).unwrap();
    assert!(
        said.ends_with("NOT SOUND: 1 finding.\n") && said.contains("1 checkpoint could not be verified"),
        "{said}"
    );
}
