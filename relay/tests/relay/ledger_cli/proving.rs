//! Proofs, made where the store is and checked where it is not.

use std::fs;

use serde_json::json;
use tokio::process::Command;

use super::*;
use crate::support::installation::BINARY;

/// Checks a proof on a machine without configuration.
async fn check(arguments: &[&str]) -> (i32, String, String) {
    let output = Command::new(BINARY)
        .args(["--config", "/nowhere/stagedoor.toml", "ledger", "check-proof"])
        .args(arguments)
        .output()
        .await
        .unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (
        output.status.code().unwrap(),
        text(output.stdout),
        text(output.stderr),
    )
}

#[tokio::test]
async fn a_proof_holds_elsewhere_and_no_changed_one_does() {
    let books = Books::new().await;
    let (key, public) = books.key().await;
    books.sign(&key).await;
    let file = books.path("proof.json");
    let path = file.to_str().unwrap();
    books
        .ok(&["ledger", "prove", &books.logins[0], "--output", path])
        .await;

    let (code, said, _) = check(&[path, "--key", &public]).await;
    assert_eq!(code, 0, "{said}");
    assert!(
        said.starts_with(&format!(
            "The proof holds: this is record 0 of {ORIGIN}, and was when its first 6 records"
        )),
        "{said}"
    );
    assert!(said.contains("customer    jane@customers.example"), "{said}");
    let (code, said, _) = check(&[path, "--key", &public, "--json"]).await;
    let said: Value = serde_json::from_str(&said).unwrap();
    assert_eq!(
        (code, &said["holds"], &said["checkpoint"]["size"]),
        (0, &json!(true), &json!(6))
    );

    let whole = fs::read_to_string(&file).unwrap();
    for (from, to, why) in [
        ("\"validity\":30", "\"validity\":31", "the proof does not hold"),
        (
            "jane@customers.example",
            "joan@customers.example",
            "not what the record commits to",
        ),
        ("\\n6\\n", "\\n7\\n", "the checkpoint"),
        ("{", "[", "not the JSON object of a proof"),
    ] {
        assert!(whole.contains(from), "{from}");
        let changed = books.path("changed.json");
        fs::write(&changed, whole.replacen(from, to, 1)).unwrap();
        let (code, said, _) = check(&[changed.to_str().unwrap(), "--key", &public]).await;
        assert_eq!(code, 1, "{said}");
        assert!(
            said.starts_with("The proof DOES NOT HOLD: ") && said.contains(why),
            "{why}: {said}"
        );
    }
    let other = SigningKey::generate(ORIGIN, [9; 32])
        .unwrap()
        .verifying_key()
        .to_text();
    let (code, said, _) = check(&[path, "--key", &other]).await;
    assert!(code == 1 && said.contains("not signed by the key"), "{said}");
}

#[tokio::test]
async fn a_part_can_be_left_out() {
    let books = Books::new().await;
    let (key, public) = books.key().await;
    books.sign(&key).await;
    let text = books.ok(&["ledger", "prove", "0", "--without", "customer"]).await;
    assert!(
        !text.contains(JANE) && text.contains("maria@broker.example"),
        "{text}"
    );
    let file = books.path("proof.json");
    fs::write(&file, text).unwrap();
    let (code, said, _) = check(&[file.to_str().unwrap(), "--key", &public]).await;
    assert!(code == 0 && said.contains("customer    (erased)"), "{said}");
}

#[tokio::test]
async fn what_cannot_be_proved_or_checked_says_how_it_can() {
    let books = Books::in_a_file().await;
    let error = books.fails(1, &["ledger", "prove", "0"]).await;
    assert!(
        error.contains("no checkpoint yet") && error.contains("stagedoor ledger keygen"),
        "{error}"
    );
    let (key, public) = books.key().await;
    let early = books.sign(&key).await;
    let maria = enrol(&*books.store, "maria@broker.example", "Maria").await;
    record(&*books.store, &intent(&maria, "jo@customers.example", 300), None).await;
    let error = books.fails(1, &["ledger", "prove", "6"]).await;
    assert!(
        error.contains("no checkpoint covers record 6 yet: the newest covers the first 6"),
        "{error}"
    );
    let error = books
        .fails(1, &["ledger", "prove", &books.logins[2], "--of", "outcome"])
        .await;
    assert!(error.contains("has no outcome yet"), "{error}");
    books.sign(&key).await;

    let given = books.path("early");
    fs::write(&given, early).unwrap();
    let text = books
        .ok(&[
            "ledger",
            "prove",
            &books.logins[1],
            "--of",
            "outcome",
            "--checkpoint",
            given.to_str().unwrap(),
        ])
        .await;
    assert!(
        text.contains("\"intent\":3") && text.contains("\\n6\\n"),
        "{text}"
    );
    let error = books
        .fails(
            1,
            &["ledger", "prove", "6", "--checkpoint", given.to_str().unwrap()],
        )
        .await;
    assert!(error.contains("record 6 came later"), "{error}");

    let (code, _, error) = check(&["/nowhere/proof.json", "--key", &public]).await;
    assert!(
        code == 2 && error.contains("/nowhere/proof.json cannot be read"),
        "{error}"
    );
    let (code, _, error) = check(&[given.to_str().unwrap()]).await;
    assert!(code == 2 && error.contains("no verifying key"), "{error}");

    books.tamper("UPDATE records SET body = CAST(replace(CAST(body AS TEXT), 'minted', 'failed') AS BLOB) WHERE seq = 1");
    let error = books.fails(1, &["ledger", "prove", "1"]).await;
    assert!(error.contains("would not hold"), "{error}");
}
