//! `ledger sign`: a checkpoint at once, under the rules of a relay that runs.

use stagedoor_ledger::checkpoint::SignedCheckpoint;

use super::*;

/// Books whose checkpoints go into a folder, with the key that signs them.
async fn signing() -> (Books, SigningKey) {
    let books = Books::new().await;
    let (key, _) = books.key().await;
    let directory = books.path("checkpoints");
    fs::create_dir(&directory).unwrap();
    let line = format!("[ledger]\ncheckpoint_directory = {directory:?}");
    books.installation.change_config("[ledger]", &line);
    (books, key)
}

fn latest(books: &Books) -> Option<String> {
    fs::read_to_string(books.path("checkpoints/latest.checkpoint")).ok()
}

async fn in_the_store(books: &Books) -> Option<String> {
    let last = books.store.last_checkpoint().await.unwrap();
    last.map(|stored| stored.note)
}

#[tokio::test]
async fn a_checkpoint_is_signed_and_shipped_beside_a_relay_that_runs() {
    let (books, key) = signing().await;
    let said = books.ok(&["ledger", "sign"]).await;
    assert!(said.contains("a checkpoint of the first 6 records"), "{said}");
    let note = latest(&books).unwrap();
    assert_eq!(in_the_store(&books).await.as_deref(), Some(note.as_str()));
    let signed = SignedCheckpoint::parse(&note).unwrap();
    assert_eq!(signed.verify(&key.verifying_key()).unwrap().size, 6);
    books.ok(&["ledger", "prove", "5"]).await;

    // It ends the login that was open: record 6.
    let serving = books.installation.serve().await;
    let maria = enrol(&*books.store, "maria@broker.example", "Maria").await;
    record(&*books.store, &intent(&maria, "jo@customers.example", 300), None).await;
    let error = books.fails(1, &["ledger", "prove", "7"]).await;
    assert!(
        error.contains("after 1000 records or 10 minutes, and `stagedoor ledger sign` does it now"),
        "{error}"
    );
    books.ok(&["ledger", "sign"]).await;
    books.ok(&["ledger", "prove", "7"]).await;
    assert_eq!(serving.ready("ledger").await, "ok");
    serving.signal(rustix::process::Signal::TERM);
    let (code, log) = serving.end().await;
    assert_eq!(code, Some(0), "{log}");
    let (code, said) = books.verify(&[]).await;
    assert_eq!((code, &said["trusted"]), (0, &true.into()), "{said}");
}

#[tokio::test]
async fn nothing_is_signed_on_top_of_what_is_not_believed_or_not_in_the_ledger() {
    let (books, _) = signing().await;
    let stranger = SigningKey::generate("stranger.example", [1; 32]).unwrap();
    let strangers = books.sign(&stranger).await;
    let error = books.fails(1, &["ledger", "sign"]).await;
    assert!(
        error.contains("signed by a key named stranger.example")
            && error.contains("no checkpoint was signed"),
        "{error}"
    );
    assert_eq!(in_the_store(&books).await, Some(strangers));
    assert_eq!(latest(&books), None);

    let (books, key) = signing().await;
    let lost = Checkpoint {
        origin: ORIGIN.to_owned(),
        size: 9,
        root: Hash::of_leaf(b"lost"),
        time: at(1000),
    };
    let lost = sign(&lost, &key).unwrap();
    fs::write(books.path("checkpoints/latest.checkpoint"), &lost).unwrap();
    let error = books.fails(1, &["ledger", "sign"]).await;
    assert!(error.contains("the ledger was rewritten"), "{error}");
    assert_eq!(in_the_store(&books).await, None);
    assert_eq!(latest(&books), Some(lost));
}

#[tokio::test]
async fn what_keeps_a_checkpoint_from_being_signed_or_shipped_is_said() {
    let books = Books::new().await;
    let error = books.fails(1, &["ledger", "sign"]).await;
    assert!(
        error.contains("ledger.key_file is not set") && error.contains("ledger keygen"),
        "{error}"
    );
    let (books, _) = signing().await;
    fs::remove_dir(books.path("checkpoints")).unwrap();
    let error = books.fails(1, &["ledger", "sign"]).await;
    assert!(
        error.contains("is in the store, but it is not in ledger.checkpoint_directory"),
        "{error}"
    );
    assert!(in_the_store(&books).await.is_some());
}
