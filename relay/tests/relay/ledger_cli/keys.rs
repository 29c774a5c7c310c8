//! Making the key.

use std::{fs, os::unix::fs::PermissionsExt};

use super::*;

#[tokio::test]
async fn a_key_is_made_once_for_its_owner_only() {
    let books = Books::new().await;
    let file = books.path("ledger-key");
    let arguments = [
        "ledger",
        "keygen",
        "--name",
        ORIGIN,
        "--output",
        file.to_str().unwrap(),
    ];
    let output = books.run(&arguments).await;
    assert!(output.status.success(), "{output:?}");
    let secret = fs::read_to_string(&file).unwrap();
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    let key = SigningKey::parse(secret.trim_end()).unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    assert_eq!(said, key.verifying_key().to_text() + "\n");
    let advice = String::from_utf8(output.stderr).unwrap();
    assert!(
        advice.contains(&format!("key_file = \"{}\"", file.display()))
            && advice.contains("nobody but its owner can read")
            && !advice.contains("Make it readable"),
        "{advice}"
    );
    // PRIVATE+KEY+name+id+key, whose base64 may have a plus sign too.
    let private = secret.trim_end().splitn(5, '+').nth(4).unwrap();
    assert_eq!(private.len(), 44);
    assert!(!(said + &advice).contains(private));

    let error = books.fails(1, &arguments).await;
    assert!(
        error.contains("is there already, and is not overwritten"),
        "{error}"
    );
    assert_eq!(fs::read_to_string(&file).unwrap(), secret);
    let other = books.path("other");
    let other = other.to_str().unwrap();
    let error = books
        .fails(1, &["ledger", "keygen", "--name", "a b", "--output", other])
        .await;
    assert!(error.contains("choose one like"), "{error}");
    let error = books
        .fails(1, &["ledger", "keygen", "--name", ORIGIN, "--output", "-"])
        .await;
    assert!(error.contains("does not belong on a screen"), "{error}");
    assert!(!books.path("other").exists());
}
