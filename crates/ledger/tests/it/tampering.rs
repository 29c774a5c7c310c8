//! Every way to tamper with a ledger, and what verification says of it.

use stagedoor_ledger::checkpoint::{Checkpoint, SigningKey, sign};
use stagedoor_ledger::verify::{Fault, Finding, Summary, Verifier};
use stagedoor_ledger::{Entry, Frontier, Row};

use crate::book::{Book, ORIGIN, key, verify};

pub(crate) fn faults(summary: &Summary) -> Vec<Fault> {
    summary.findings.iter().map(|finding| finding.fault).collect()
}

fn names(summary: &Summary, sequence: u64) -> bool {
    summary
        .findings
        .iter()
        .any(|finding| finding.sequence == Some(sequence))
}

/// One of a row's columns that hold bytes.
type Column = fn(&mut Row) -> Option<&mut Vec<u8>>;

/// Each byte of each column of each row, three ways.
#[test]
fn every_changed_byte_is_found_and_its_record_named() {
    let book = Book::sample();
    let mut export = book.rows.clone();
    export.iter_mut().for_each(|row| row.hashes.clear());
    let columns: [Column; 4] = [
        |row| Some(&mut row.record),
        |row| Some(&mut row.hashes),
        |row| row.customer.as_mut(),
        |row| row.staff.as_mut(),
    ];
    let mut changes = 0;
    // What comes before the changed row is verified once.
    let mut before = Verifier::new(Frontier::empty());
    before.expect(&book.checkpoint());
    let mut before_export = before.clone();
    let rest = |verifier: &Verifier, changed: &Row, rows: &[Row]| {
        let mut verifier = verifier.clone();
        verifier.check(changed);
        rows.iter().for_each(|row| verifier.check(row));
        verifier.finish()
    };
    for place in 0..book.rows.len() {
        for (number, column) in columns.into_iter().enumerate() {
            let length = column(&mut book.rows[place].clone()).map_or(0, |bytes| bytes.len());
            for byte in 0..length {
                for change in [0x01, 0x20, 0x80] {
                    let mut row = book.rows[place].clone();
                    column(&mut row).unwrap()[byte] ^= change;
                    let summary = rest(&before, &row, &book.rows[place + 1..]);
                    assert!(
                        names(&summary, place as u64),
                        "{place} {number} {byte} {change}: {summary:?}"
                    );
                    changes += 1;
                    if change == 0x01 && number != 1 {
                        // As an export, which has no hashes to compare.
                        row.hashes.clear();
                        let summary = rest(&before_export, &row, &export[place + 1..]);
                        assert!(summary.found > 0, "{place} {number} {byte} {change}");
                    }
                }
            }
        }
        before.check(&book.rows[place]);
        before_export.check(&export[place]);
    }
    assert!(before.finish().is_sound() && before_export.finish().is_sound());
    assert!(changes > 10_000, "{changes}");
}

#[test]
fn every_column_that_is_cut_emptied_or_extended_is_found() {
    let book = Book::sample();
    let edits: [fn(&mut Vec<u8>); 3] = [
        |bytes| bytes.truncate(bytes.len() - 1),
        Vec::clear,
        |bytes| bytes.push(b' '),
    ];
    for place in 0..book.rows.len() {
        for edit in edits {
            for column in 0..4 {
                let mut rows = book.rows.clone();
                let row = &mut rows[place];
                match column {
                    0 => edit(&mut row.record),
                    1 => edit(&mut row.hashes),
                    2 => match &mut row.customer {
                        Some(bytes) => edit(bytes),
                        None => continue,
                    },
                    _ => match &mut row.staff {
                        Some(bytes) => edit(bytes),
                        None => continue,
                    },
                }
                let summary = verify(&rows, &book.checkpoint());
                // Of the first row's emptied hashes, the second tells.
                assert!(
                    names(&summary, place as u64) || (place == 0 && column == 1 && names(&summary, 1)),
                    "{place} {column} {summary:?}"
                );
            }
        }
    }
}

#[test]
fn openings_that_are_exchanged_removed_or_added_are_found() {
    let book = Book::sample();
    for place in 0..book.rows.len() {
        let whole = &book.rows[place];
        let variants = [
            Row {
                customer: None,
                ..whole.clone()
            },
            Row {
                staff: None,
                ..whole.clone()
            },
            Row {
                customer: book.rows[6].customer.clone(),
                ..whole.clone()
            },
            Row {
                staff: book.rows[6].staff.clone(),
                ..whole.clone()
            },
            Row {
                customer: whole.staff.clone(),
                staff: whole.customer.clone(),
                ..whole.clone()
            },
        ];
        for variant in variants.into_iter().filter(|variant| variant != whole) {
            let mut rows = book.rows.clone();
            rows[place] = variant;
            let summary = verify(&rows, &book.checkpoint());
            // An opening that was put back where an erasure took it is the erasure's to name.
            let restored = [8, 11].iter().any(|&erasure| names(&summary, erasure));
            assert!(names(&summary, place as u64) || restored, "{place} {summary:?}");
        }
    }
}

#[test]
fn a_deleted_record_is_found() {
    let book = Book::sample();
    let truncated = |fault: &Fault| {
        matches!(
            fault,
            Fault::Truncated {
                size: 12,
                records: 11,
                ..
            }
        )
    };
    for place in 0..book.rows.len() {
        let mut rows = book.rows.clone();
        rows.remove(place);
        let expected = place as u64;
        let summary = verify(&rows, &book.checkpoint());
        let found = faults(&summary);
        if place + 1 < book.rows.len() {
            assert!(found.contains(&Fault::Gap { expected }), "{place} {found:?}");
            assert_eq!((summary.root, summary.uncompared), (None, 1));
        } else {
            assert!(found.iter().any(truncated), "{found:?}");
        }
        // Everything after it renumbered, every hash computed anew.
        let rewritten = Book::rewritten(&rows, |_, record| record);
        let found = faults(&verify(&rewritten.rows, &book.checkpoint()));
        assert!(found.iter().any(truncated), "{found:?}");
    }
}

#[test]
fn an_inserted_record_is_found() {
    let book = Book::sample();
    for place in 0..book.rows.len() {
        let mut rows = book.rows.clone();
        rows.insert(place, rows[place].clone());
        let expected = place as u64 + 1;
        let summary = verify(&rows, &book.checkpoint());
        let again = Finding {
            sequence: Some(place as u64),
            fault: Fault::OutOfOrder { expected },
        };
        assert!(summary.findings.contains(&again), "{summary:?}");
        let rewritten = Book::rewritten(&rows, |_, record| record);
        let summary = verify(&rewritten.rows, &book.checkpoint());
        if place == 11 {
            // That is a thirteenth record after all that was signed.
            assert_eq!((summary.size, summary.confirmed_size), (13, Some(12)));
        } else {
            let found = faults(&summary);
            assert!(
                found
                    .iter()
                    .any(|fault| matches!(fault, Fault::Root { size: 12, .. })),
                "{found:?}"
            );
        }
    }
}

#[test]
fn exchanged_records_are_found() {
    let book = Book::sample();
    for place in 1..book.rows.len() {
        let mut rows = book.rows.clone();
        rows.swap(place - 1, place);
        assert!(names(&verify(&rows, &book.checkpoint()), place as u64));
        // The numbers of the rows exchanged too, so that they come in order.
        rows[place - 1].sequence = place as u64 - 1;
        rows[place].sequence = place as u64;
        let found = faults(&verify(&rows, &book.checkpoint()));
        assert!(
            found.contains(&Fault::Renumbered { says: place as u64 }),
            "{found:?}"
        );
        let rewritten = Book::rewritten(&rows, |_, record| record);
        let found = faults(&verify(&rewritten.rows, &book.checkpoint()));
        assert!(
            found.iter().any(|fault| matches!(fault, Fault::Root { .. })),
            "{found:?}"
        );
    }
}

#[test]
fn records_cut_off_after_a_checkpoint_are_found() {
    let book = Book::sample();
    for left in 0..book.rows.len() {
        let summary = verify(&book.rows[..left], &book.checkpoint());
        let truncated = Fault::Truncated {
            size: 12,
            time: book.time(12),
            records: left as u64,
        };
        assert!(faults(&summary).contains(&truncated), "{left} {summary:?}");
    }
}

#[test]
fn a_ledger_rewritten_and_signed_with_a_new_key_is_found() {
    let book = Book::sample();
    let forged = Book::rewritten(&book.rows, |sequence, mut record| {
        if let (6, Entry::Intent(intent)) = (sequence, &mut record.entry) {
            intent.platform = "demo".into();
        }
        record
    });
    assert!(verify(&forged.rows, &forged.checkpoint()).is_sound());
    let checkpoint = Checkpoint {
        time: book.time(20),
        ..forged.checkpoint()
    };
    let resigned = sign(&checkpoint, &SigningKey::generate(ORIGIN, [9; 32]).unwrap()).unwrap();
    let mut verifier = Verifier::new(Frontier::empty());
    for text in [&book.signed(), &resigned] {
        verifier.expect_signed(text, &[key(1).verifying_key()]);
    }
    forged.rows.iter().for_each(|row| verifier.check(row));
    let found = faults(&verifier.finish());
    let rewritten = Fault::Root {
        size: 12,
        time: book.time(12),
    };
    assert!(found.contains(&rewritten), "{found:?}");
    assert!(
        found.iter().any(|fault| matches!(fault, Fault::Checkpoint(_))),
        "{found:?}"
    );
    assert_eq!(found.len(), 2);
}

#[test]
fn damaged_numbers_do_not_cost_memory() {
    let mut rows = Book::sample().rows;
    rows[1].sequence = u64::MAX;
    rows[2].sequence = u64::MAX - 1;
    let summary = verify(&rows, &Book::sample().checkpoint());
    assert!(names(&summary, u64::MAX) && names(&summary, u64::MAX - 1));
    // The records after them are taken for what they are.
    assert!((3..12).all(|sequence| !names(&summary, sequence)), "{summary:?}");
    // Nor do many of them, each not far from the one before.
    let mut verifier = Verifier::new(Frontier::empty());
    let mut row = rows.swap_remove(6);
    for step in 1..1000 {
        row.sequence = step << 24;
        verifier.check(&row);
    }
    // One gap was believed; of the others, only that a record was there.
    assert!(verifier.finish().size < (1 << 24) + 1000);
}
