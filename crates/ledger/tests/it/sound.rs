//! A sound ledger, whichever way it is verified.

use std::num::NonZeroUsize;

use stagedoor_ledger::checkpoint::CheckpointError;
use stagedoor_ledger::verify::{Fault, Verifier};
use stagedoor_ledger::{Frontier, MintOutcome, Row, line};

use crate::book::{Book, key, verify};

#[test]
fn nothing_is_found_in_the_sample() {
    let book = Book::sample();
    let summary = verify(&book.rows, &book.checkpoint());
    assert_eq!(summary.findings, []);
    assert_eq!((summary.records, summary.size), (12, 12));
    assert_eq!(summary.root, Some(book.root()));
    assert_eq!((summary.confirmed, summary.confirmed_size), (1, Some(12)));
    assert_eq!(
        (summary.open_intents, summary.uncompared, summary.outside),
        (0, 0, 0)
    );
    assert!(summary.is_sound());
}

#[test]
fn an_export_verifies_as_the_store_does() {
    let book = Book::sample();
    let lines: Vec<_> = book.rows.iter().map(|row| line::encode(row).unwrap()).collect();
    let rows: Vec<Row> = lines.iter().map(|text| line::decode(text).unwrap()).collect();
    assert!(rows.iter().all(|row| row.hashes.is_empty()));
    let (store, export) = (
        verify(&book.rows, &book.checkpoint()),
        verify(&rows, &book.checkpoint()),
    );
    assert_eq!(export, store);
}

#[test]
fn threads_find_the_same() {
    let mut book = Book::sample();
    book.rows[5].record[20] ^= 1;
    book.rows[9].customer = None;
    let one = verify(&book.rows, &book.checkpoint());
    assert!(one.found >= 2);
    for threads in 1..=15 {
        let mut verifier = Verifier::new(Frontier::empty());
        verifier.expect(&book.checkpoint());
        verifier.check_all(&[], NonZeroUsize::MIN);
        verifier.check_all(&book.rows, NonZeroUsize::new(threads).unwrap());
        assert_eq!(verifier.finish(), one, "{threads}");
    }
}

#[test]
fn checkpoints_along_the_way_are_all_compared() {
    let mut book = Book::new();
    let mut verifier = Verifier::new(Frontier::empty());
    let mut signed = vec![book.signed()];
    for n in 0..4 {
        let login = format!("login-{n}");
        book.intent(&login, None);
        book.outcome(2 * n, &login, MintOutcome::Minted);
        signed.push(book.signed());
        // Nothing happened, and it was signed again.
        signed.push(book.signed());
    }
    for text in &signed {
        verifier.expect_signed(text, &[key(1).verifying_key()]);
    }
    for row in &book.rows {
        verifier.check(row);
    }
    let summary = verifier.finish();
    assert_eq!(summary.findings, []);
    assert_eq!((summary.confirmed, summary.confirmed_size), (9, Some(8)));
}

#[test]
fn an_intent_without_outcome_is_open_not_wrong() {
    let mut book = Book::new();
    book.intent("login-a", None);
    book.intent("login-b", None);
    book.outcome(1, "login-b", MintOutcome::Minted);
    let summary = verify(&book.rows, &book.checkpoint());
    assert_eq!((summary.found, summary.open_intents), (0, 1));
}

#[test]
fn what_no_checkpoint_covers_is_said() {
    let mut book = Book::sample();
    let early = book.checkpoint();
    book.intent("login-e", None);
    let summary = verify(&book.rows, &early);
    assert!(summary.is_sound());
    assert_eq!((summary.size, summary.confirmed_size), (13, Some(12)));
}

#[test]
fn a_checkpoint_of_another_key_is_a_finding() {
    let book = Book::sample();
    let other = key(2).verifying_key();
    let mut verifier = Verifier::new(Frontier::empty());
    verifier.expect_signed(&book.signed(), std::slice::from_ref(&other));
    book.rows.iter().for_each(|row| verifier.check(row));
    let summary = verifier.finish();
    let fault = Fault::Checkpoint(CheckpointError::OtherKey(other.id()));
    assert_eq!(
        summary
            .findings
            .iter()
            .map(|finding| finding.fault)
            .collect::<Vec<_>>(),
        [fault]
    );
    assert_eq!(summary.confirmed, 0);
}
