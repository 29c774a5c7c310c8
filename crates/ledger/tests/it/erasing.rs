//! Erasure: what is gone rightly, what is gone wrongly, and what is not gone.

use stagedoor_ledger::verify::{Fault, Finding, PartName, Verifier};
use stagedoor_ledger::{ErasureScope, Frontier, MintOutcome, Parts, SequenceSet};

use crate::book::{Book, verify};

fn ledger() -> Book {
    let mut book = Book::new();
    for n in 0..4 {
        let login = format!("login-{n}");
        book.intent(&login, None);
        book.outcome(2 * n, &login, MintOutcome::Minted);
    }
    book
}

#[test]
fn erasing_leaves_root_and_verification_as_they_are() {
    let mut book = ledger();
    let before = book.checkpoint();
    book.erase("0-3,6", Parts::Customer, ErasureScope::Customer);
    book.erase(
        "0-5",
        Parts::CustomerAndStaff,
        ErasureScope::Age { before: before.time },
    );
    let mut verifier = Verifier::new(Frontier::empty());
    verifier.expect(&before);
    verifier.expect(&book.checkpoint());
    book.rows.iter().for_each(|row| verifier.check(row));
    let summary = verifier.finish();
    assert_eq!(summary.findings, []);
    assert_eq!(summary.confirmed, 2);
    // What is left of the erased.
    let left: Vec<_> = book
        .rows
        .iter()
        .map(|row| (row.customer.is_some(), row.staff.is_some()))
        .collect();
    let (gone, outcome) = ((false, false), (false, false));
    let expected = [
        gone,
        outcome,
        gone,
        outcome,
        gone,
        outcome,
        (false, true),
        outcome,
    ];
    assert_eq!(left[..8], expected);
}

#[test]
fn what_no_erasure_covers_is_missing() {
    let mut book = ledger();
    book.rows[2].customer = None;
    book.rows[4].staff = None;
    let missing = |sequence, part| Finding {
        sequence: Some(sequence),
        fault: Fault::Missing(part),
    };
    let summary = verify(&book.rows, &book.checkpoint());
    assert_eq!(
        summary.findings,
        [missing(2, PartName::Customer), missing(4, PartName::Staff)]
    );
    // An erasure of the customer's part does not cover the staff part.
    book.erase("0-7", Parts::Customer, ErasureScope::Customer);
    let summary = verify(&book.rows, &book.checkpoint());
    assert_eq!(summary.findings, [missing(4, PartName::Staff)]);
    book.erase("4", Parts::CustomerAndStaff, ErasureScope::Customer);
    assert!(verify(&book.rows, &book.checkpoint()).is_sound());
}

#[test]
fn what_is_said_to_be_erased_must_be_gone() {
    let mut book = ledger();
    let sequences = SequenceSet::parse("0-2").unwrap();
    book.record_erasure(sequences, Parts::CustomerAndStaff, ErasureScope::Customer);
    book.rows[0].staff = None;
    let kept = |part, count| Finding {
        sequence: Some(8),
        fault: Fault::Kept { part, count },
    };
    let summary = verify(&book.rows, &book.checkpoint());
    assert_eq!(
        summary.findings,
        [kept(PartName::Customer, 2), kept(PartName::Staff, 1)]
    );
}

#[test]
fn an_erasure_may_come_after_the_part_that_is_read() {
    let mut book = ledger();
    book.erase("0-2", Parts::Customer, ErasureScope::Customer);
    let mut verifier = Verifier::new(Frontier::empty());
    book.rows[..8].iter().for_each(|row| verifier.check(row));
    let summary = verifier.finish_part();
    assert_eq!((summary.found, summary.unsettled), (0, 2));
}
