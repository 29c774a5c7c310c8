//! Verification that begins in the middle.

use stagedoor_ledger::verify::{Fault, Summary, Verifier};
use stagedoor_ledger::{Frontier, Hash};

use crate::book::Book;

fn frontier(book: &Book, size: u64) -> Frontier {
    let hashes = Frontier::nodes_needed(size)
        .into_iter()
        .map(|node| book.node(node).unwrap())
        .collect();
    Frontier::from_hashes(size, hashes).unwrap()
}

fn verify_from(book: &Book, frontier: Frontier) -> Summary {
    let from = usize::try_from(frontier.size()).unwrap();
    let mut verifier = Verifier::new(frontier);
    verifier.expect(&book.checkpoint());
    book.rows[from..].iter().for_each(|row| verifier.check(row));
    verifier.finish()
}

#[test]
fn it_may_begin_anywhere() {
    let book = Book::sample();
    for from in 0..=12 {
        let summary = verify_from(&book, frontier(&book, from));
        assert_eq!(summary.findings, [], "{from}");
        assert_eq!((summary.records, summary.size), (12 - from, 12));
        assert_eq!((summary.root, summary.confirmed), (Some(book.root()), 1));
    }
    // An override, an outcome and a report of login b, an erasure of 0, one of 3 to 5.
    assert_eq!(verify_from(&book, frontier(&book, 3)).outside, 2);
    assert_eq!(verify_from(&book, frontier(&book, 4)).outside, 4);
    assert_eq!(verify_from(&book, frontier(&book, 9)).outside, 1);
}

#[test]
fn a_frontier_of_other_records_does_not_agree() {
    let book = Book::sample();
    for from in 1..=12_u64 {
        let mut hashes: Vec<Hash> = Frontier::nodes_needed(from)
            .into_iter()
            .map(|node| book.node(node).unwrap())
            .collect();
        hashes[0].0[0] ^= 1;
        let summary = verify_from(&book, Frontier::from_hashes(from, hashes).unwrap());
        assert!(
            summary
                .findings
                .iter()
                .any(|finding| matches!(finding.fault, Fault::Root { size: 12, .. })),
            "{from}"
        );
    }
}

#[test]
fn checkpoints_of_what_was_not_read_are_not_compared() {
    let book = Book::sample();
    let mut verifier = Verifier::new(frontier(&book, 5));
    let early = stagedoor_ledger::checkpoint::Checkpoint {
        size: 4,
        ..book.checkpoint()
    };
    verifier.expect(&early);
    book.rows[5..].iter().for_each(|row| verifier.check(row));
    let summary = verifier.finish();
    assert_eq!((summary.found, summary.uncompared, summary.confirmed), (0, 1, 0));
}
