//! Records that contradict earlier ones, and how findings are kept.

use stagedoor_ledger::verify::{ClockStep, Fault, Finding, PartName};
use stagedoor_ledger::{
    Approval, Entry, ErasureScope, Intent, MintOutcome, PartError, Parts, Record, RecordError, Row,
    SequenceSet, Timestamp,
};

use crate::book::{Book, verify};
use crate::tampering::faults;

/// Adds to a ledger.
type Extend = fn(&mut Book);

#[test]
fn what_contradicts_earlier_records_is_found() {
    let early: Timestamp = "2026-11-25T03:00:00.000Z".parse().unwrap();
    let cases: [(Extend, Fault); 11] = [
        (
            |book| book.outcome(12, "x", MintOutcome::Minted),
            Fault::NoIntent { intent: 12 },
        ),
        (
            |book| book.outcome(1, "login-a", MintOutcome::Minted),
            Fault::NoIntent { intent: 1 },
        ),
        (
            |book| book.outcome(99, "login-a", MintOutcome::Minted),
            Fault::NoIntent { intent: 99 },
        ),
        (
            |book| book.outcome(9, "login-d", MintOutcome::Failed),
            Fault::SecondOutcome { intent: 9 },
        ),
        (
            |book| book.report(9, "login-a", None),
            Fault::OtherLogin { intent: 9 },
        ),
        (
            |book| book.report(10, "login-d", None),
            Fault::NoIntent { intent: 10 },
        ),
        (
            |book| book.report(9, "login-d", None),
            Fault::NoToken { intent: 9 },
        ),
        (
            |book| book.report(6, "login-c", Some("no window")),
            Fault::NoToken { intent: 6 },
        ),
        (
            |book| book.intent("login-a", None),
            Fault::RepeatedLogin { intent: 0 },
        ),
        (
            |book| book.intent("login-e", Some(1)),
            Fault::NoIntent { intent: 1 },
        ),
        (
            |book| book.intent("login-e", Some(12)),
            Fault::NoIntent { intent: 12 },
        ),
    ];
    for (extend, fault) in cases {
        let mut book = Book::sample();
        extend(&mut book);
        let summary = verify(&book.rows, &book.checkpoint());
        assert_eq!(
            summary.findings,
            [Finding {
                sequence: Some(12),
                fault
            }]
        );
    }
    let mut book = Book::sample();
    book.intent("login-e", None);
    book.outcome(12, "login-f", MintOutcome::Minted);
    assert_eq!(
        faults(&verify(&book.rows, &book.checkpoint())),
        [Fault::OtherLogin { intent: 12 }]
    );

    let mut book = Book::sample();
    book.intent("login-e", None);
    book.report(12, "login-e", None);
    book.intent("login-f", Some(12));
    assert_eq!(
        faults(&verify(&book.rows, &book.checkpoint())),
        [Fault::NoToken { intent: 12 }, Fault::OverridesOpen { intent: 12 }]
    );

    let book = Book::sample();
    let record = Record::decode(&book.rows[10].record).unwrap();
    let set = |time: Timestamp| {
        let mut changed = Book::new();
        for (place, row) in book.rows.iter().enumerate() {
            let record = Record {
                time,
                ..record.clone()
            }
            .encode();
            let record = if place == 10 { record } else { row.record.clone() };
            changed.append(record, row.customer.clone(), row.staff.clone());
        }
        let summary = verify(&changed.rows, &changed.checkpoint());
        assert!(summary.is_sound() && summary.findings.is_empty(), "{summary:?}");
        assert_eq!(summary.stepped, summary.clock_steps.len() as u64);
        summary.clock_steps
    };
    let behind = book.time(9).as_millisecond() - early.as_millisecond();
    // Told, once, and no fault of the ledger.
    let step = ClockStep {
        sequence: 10,
        milliseconds: behind,
    };
    assert_eq!(set(early), [step]);
    let limit = Timestamp::from_millisecond(book.time(9).as_millisecond() - 300_000).unwrap();
    assert_eq!(set(limit), []);
}

#[test]
fn an_unreadable_record_does_not_stop_the_rest() {
    let mut book = Book::new();
    book.append(b"{}".to_vec(), None, None);
    book.intent("login-a", None);
    book.outcome(1, "login-b", MintOutcome::Minted);
    let summary = verify(&book.rows, &book.checkpoint());
    let unreadable = Fault::Record(RecordError::Missing("v"));
    assert_eq!(faults(&summary), [unreadable, Fault::OtherLogin { intent: 1 }]);
    assert_eq!(summary.root, Some(book.root()));
}

#[test]
fn findings_are_bounded_and_all_counted() {
    let mut book = Book::new();
    for _ in 0..250 {
        book.append(b"{}".to_vec(), None, None);
    }
    let summary = verify(&book.rows, &book.checkpoint());
    assert_eq!((summary.findings.len(), summary.found), (100, 250));
    let mut book = Book::new();
    for n in 0..250 {
        book.intent(&format!("login-{n}"), None);
    }
    book.rows.iter_mut().for_each(|row| row.customer = None);
    let summary = verify(&book.rows, &book.checkpoint());
    assert_eq!((summary.findings.len(), summary.found), (100, 250));
    assert_eq!(summary.unsettled, 0);
}

/// Texts with personal data in them never come out of a finding.
#[test]
fn findings_show_nothing_personal() {
    let book = Book::sample();
    let mut shown = String::new();
    for place in 0..book.rows.len() {
        for change in [1, 0x20] {
            let mut rows = book.rows.clone();
            let Row { customer, staff, .. } = &mut rows[place];
            for bytes in [customer, staff].into_iter().flatten() {
                bytes[40] ^= change;
            }
            rows[place].record.truncate(60);
            let summary = verify(&rows, &book.checkpoint());
            shown.extend(
                summary
                    .findings
                    .iter()
                    .map(|finding| format!("{finding} {finding:?} {:?}\n", rows[place])),
            );
        }
    }
    assert!(shown.contains("record 6: "));
    for personal in ["example.com", "192.0.2", "Staff Member", "telephone", "login-"] {
        assert!(!shown.contains(personal), "{personal}");
    }
    let intent = Entry::Intent(Intent { ..intent_of(&book) });
    assert!(!format!("{intent:?}").contains('@'));
}

fn intent_of(book: &Book) -> Intent {
    match Record::decode(&book.rows[6].record).unwrap().entry {
        Entry::Intent(intent) => intent,
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_erasure_of_what_comes_later_is_found() {
    let mut book = Book::sample();
    let sequences = SequenceSet::parse("20").unwrap();
    book.record_erasure(sequences, Parts::Customer, ErasureScope::Customer);
    assert_eq!(
        faults(&verify(&book.rows, &book.checkpoint())),
        [Fault::ErasesLater { last: 20 }]
    );
}

#[test]
fn an_approval_that_is_used_twice_is_found() {
    let mut book = Book::new();
    for login in ["login-a", "login-b", "login-c"] {
        let approval = (login != "login-b").then(|| Approval {
            id: "approval-a".into(),
            time: book.time(0),
        });
        book.approved_intent(login, approval);
    }
    assert_eq!(
        faults(&verify(&book.rows, &book.checkpoint())),
        [Fault::RepeatedApproval { intent: 0 }]
    );
}

/// The record says that somebody approved, and the personal part who: neither goes without the other.
#[test]
fn an_approval_without_its_approver_is_found() {
    let approval = Approval {
        id: "approval-a".into(),
        time: Timestamp::UNIX_EPOCH,
    };
    let mut book = Book::new();
    book.approved_intent("login-a", Some(approval.clone()));
    let rows = Book::rewritten(&book.rows, |_, mut record| {
        if let Entry::Intent(intent) = &mut record.entry {
            intent.approval = None;
        }
        record
    });
    let unread = Fault::Part(PartName::Staff, PartError::Malformed);
    assert_eq!(faults(&verify(&rows.rows, &rows.checkpoint())), [unread]);
    let mut book = Book::new();
    book.intent("login-a", None);
    let rows = Book::rewritten(&book.rows, |_, mut record| {
        if let Entry::Intent(intent) = &mut record.entry {
            intent.approval = Some(approval.clone());
        }
        record
    });
    assert_eq!(faults(&verify(&rows.rows, &rows.checkpoint())), [unread]);
}
