//! The proof of one record, given to somebody who has the key and nothing else.

use stagedoor_ledger::checkpoint::{CheckpointError, SignedCheckpoint};
use stagedoor_ledger::proof::ProofError;
use stagedoor_ledger::proof_file::{MAX_PROOF_FILE_BYTES, ProofFile, ProofFileError};
use stagedoor_ledger::{CustomerPart, Hash, Row};

use crate::book::{Book, key};

fn build(book: &Book, row: Row) -> Result<ProofFile, ProofFileError> {
    let checkpoint = SignedCheckpoint::parse(&book.signed()).unwrap();
    ProofFile::build(row, checkpoint, &|node| book.node(node))
}

fn text(book: &Book, place: usize) -> String {
    build(book, book.rows[place].clone()).unwrap().to_text().unwrap()
}

#[test]
fn every_record_has_a_proof_that_holds() {
    let book = Book::sample();
    for row in &book.rows {
        let text = build(&book, row.clone()).unwrap().to_text().unwrap();
        let proven = ProofFile::parse(text.as_bytes())
            .unwrap()
            .check(&[key(2).verifying_key(), key(1).verifying_key()])
            .unwrap();
        assert_eq!(proven.record.encode(), row.record);
        assert_eq!(proven.customer.map(|opening| opening.to_bytes()), row.customer);
        assert_eq!(proven.staff.map(|opening| opening.to_bytes()), row.staff);
        assert_eq!(proven.checkpoint, book.checkpoint());
    }
}

#[test]
fn the_file_is_one_object_that_any_tool_reads() {
    let book = Book::sample();
    let text = text(&book, 6);
    assert!(text.ends_with(",\"v\":1}\n"), "{text}");
    let value: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(value["kind"], "stagedoor-ledger-proof");
    assert_eq!(value["checkpoint"], book.signed());
    assert_eq!(value["customer"]["value"]["email"], "customer-6@example.com");
    assert_eq!(value["inclusion"].as_array().unwrap().len(), 4);
    // Spread over lines, it still is the same proof: its record has blanks of its own nowhere.
    let spread = text.replace(",\"record\"", ",\n  \"record\"");
    let proven = ProofFile::parse(spread.as_bytes())
        .unwrap()
        .check(&[key(1).verifying_key()])
        .unwrap();
    let customer: CustomerPart = proven.customer.unwrap().read().unwrap();
    assert_eq!(customer.email, "customer-6@example.com");
}

#[test]
fn an_opening_can_be_withheld() {
    let book = Book::sample();
    let row = Row {
        customer: None,
        ..book.rows[6].clone()
    };
    let text = build(&book, row).unwrap().to_text().unwrap();
    assert!(!text.contains("customer-6"));
    let proven = ProofFile::parse(text.as_bytes())
        .unwrap()
        .check(&[key(1).verifying_key()])
        .unwrap();
    assert_eq!(proven.customer, None);
    assert!(proven.staff.is_some());
}

/// A change either is refused, or changes nothing that is proved: a blank between members, say.
#[test]
fn no_changed_byte_proves_anything_else() {
    let book = Book::sample();
    let text = text(&book, 6);
    let keys = [key(1).verifying_key()];
    let whole = ProofFile::parse(text.as_bytes()).unwrap().check(&keys).unwrap();
    for place in 0..text.len() {
        for change in [0x01, 0x20, 0x80] {
            let mut bytes = text.clone().into_bytes();
            bytes[place] ^= change;
            let proven = ProofFile::parse(&bytes).and_then(|file| file.check(&keys));
            assert!(
                proven.is_err() || proven.as_ref() == Ok(&whole),
                "{place} {change}"
            );
            assert!(proven.is_err() || place + 1 == text.len(), "{place} {change}");
        }
    }
}

#[test]
fn what_does_not_belong_together_is_refused() {
    let book = Book::sample();
    let exchanged = Row {
        customer: book.rows[9].customer.clone(),
        ..book.rows[6].clone()
    };
    assert_eq!(build(&book, exchanged).unwrap_err(), ProofFileError::Customer);
    let exchanged = Row {
        staff: book.rows[9].staff.clone(),
        ..book.rows[6].clone()
    };
    assert_eq!(build(&book, exchanged).unwrap_err(), ProofFileError::Staff);

    let mut later = book.clone();
    later.intent("login-e", None);
    let early = SignedCheckpoint::parse(&book.signed()).unwrap();
    let error = ProofFile::build(later.rows[12].clone(), early, &|node| later.node(node)).unwrap_err();
    assert_eq!(error, ProofFileError::Proof(ProofError::Range));

    // A record of another ledger, with the way and the checkpoint of this one.
    let other = Book::rewritten(&book.rows, |_, mut record| {
        record.time = book.time(30);
        record
    });
    let mixed = build(&book, other.rows[7].clone()).unwrap().to_text().unwrap();
    let error = ProofFile::parse(mixed.as_bytes())
        .unwrap()
        .check(&[key(1).verifying_key()])
        .unwrap_err();
    assert_eq!(error, ProofFileError::Proof(ProofError::Wrong));

    let file = build(&book, book.rows[6].clone()).unwrap();
    let stranger = key(2).verifying_key();
    let error = file.check(std::slice::from_ref(&stranger)).unwrap_err();
    assert_eq!(
        error,
        ProofFileError::Checkpoint(CheckpointError::OtherKey(stranger.id()))
    );
}

#[test]
fn other_files_are_refused() {
    let book = Book::sample();
    let text = text(&book, 6);
    let hash = Hash([0; 32]).to_string();
    let many = format!("\"inclusion\":[{}", format!("\"{hash}\",").repeat(65));
    for (from, to, error) in [
        ("\"v\":1}\n", "\"v\":2}\n", ProofFileError::Version(2)),
        ("ledger-proof", "ledger-line", ProofFileError::Malformed),
        ("\"kind\"", "\"kin\"", ProofFileError::Malformed),
        ("\"inclusion\":[", &many, ProofFileError::Malformed),
        (
            "\"inclusion\":[\"",
            "\"inclusion\":[\"x",
            ProofFileError::Malformed,
        ),
        (
            "time 2026",
            "date 2026",
            ProofFileError::Checkpoint(CheckpointError::Extension),
        ),
    ] {
        let changed = text.replace(from, to);
        assert_ne!(changed, text);
        assert_eq!(
            ProofFile::parse(changed.as_bytes()).unwrap_err(),
            error,
            "{changed}"
        );
    }
    let long = vec![b' '; MAX_PROOF_FILE_BYTES + 1];
    assert_eq!(
        ProofFile::parse(&long).unwrap_err(),
        ProofFileError::TooLong(long.len())
    );
    assert_eq!(ProofFile::parse(b"{}").unwrap_err(), ProofFileError::Malformed);
}
