//! What holds for all records, lines and openings.

use proptest::prelude::*;
use stagedoor_ledger::{
    Commitment, CustomerPart, Entry, Erasure, ErasureScope, Frontier, Hash, Intent, MAX_INTEGER, Method,
    MintOutcome, Opening, Outcome, Part, Parts, Record, Report, ReportOutcome, SequenceSet, Timestamp, line,
};

use crate::book::Book;
use crate::naive;

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z0-9.:/-]{0,40}",
        // Whatever must be escaped, and whatever must not.
        prop::collection::vec(any::<char>(), 0..20).prop_map(|chars| chars.into_iter().collect()),
        "[\"\\\\/\u{0}-\u{1f}\u{7f}\u{2028}<>&]{0,20}",
    ]
}

fn number() -> impl Strategy<Value = u64> {
    prop_oneof![0..100_u64, 0..=MAX_INTEGER, Just(MAX_INTEGER)]
}

fn commitment() -> impl Strategy<Value = Commitment> {
    any::<[u8; 32]>().prop_map(|bytes| Commitment::parse(&Hash(bytes).to_string()).unwrap())
}

/// The years 0 to 9999.
fn time() -> impl Strategy<Value = Timestamp> {
    (-62_167_219_200_000..253_402_200_000_000_i64).prop_map(|ms| Timestamp::from_millisecond(ms).unwrap())
}

fn sequences() -> impl Strategy<Value = SequenceSet> {
    prop::collection::vec((number(), 0..20_u64), 1..20).prop_map(|ranges| {
        let ranges = ranges.into_iter().map(|(first, length)| first..=first + length);
        SequenceSet::split(ranges).remove(0)
    })
}

fn intent() -> impl Strategy<Value = Entry> {
    let optional = (prop::option::of(text()), prop::option::of(number()));
    (
        commitment(),
        text(),
        text(),
        optional,
        text(),
        text(),
        commitment(),
        number(),
    )
        .prop_map(
            |(customer, extension, login, (origin, overrides), platform, policy, staff, validity)| {
                Entry::Intent(Intent {
                    approval: None,
                    customer,
                    extension,
                    grants: origin.clone(),
                    login,
                    method: match validity % 2 {
                        0 => Method::ProfileSignature,
                        _ => Method::SignInSignature,
                    },
                    origin,
                    overrides,
                    platform,
                    policy,
                    staff,
                    validity,
                })
            },
        )
}

fn entry() -> impl Strategy<Value = Entry> {
    let outcomes = [MintOutcome::Minted, MintOutcome::Failed, MintOutcome::Unknown];
    let outcome = (
        prop::option::of(text()),
        prop::option::of(number()),
        number(),
        text(),
        prop::sample::select(outcomes.to_vec()),
    )
        .prop_map(|(cause, duration, intent, login, outcome)| {
            Entry::Outcome(Outcome {
                cause,
                duration,
                intent,
                login,
                outcome,
            })
        });
    let seen = [
        ReportOutcome::Opened,
        ReportOutcome::Closed,
        ReportOutcome::Failed,
    ];
    let report = (
        prop::option::of(commitment()),
        prop::option::of(number()),
        number(),
        text(),
        prop::sample::select(seen.to_vec()),
    )
        .prop_map(|(customer, duration, intent, login, outcome)| {
            Entry::Report(Report {
                customer,
                duration,
                intent,
                login,
                outcome,
            })
        });
    let scope = prop_oneof![
        Just(ErasureScope::Customer),
        time().prop_map(|before| ErasureScope::Age { before })
    ];
    let parts = prop::sample::select(vec![Parts::Customer, Parts::CustomerAndStaff]);
    let erasure = (parts, scope, sequences(), commitment()).prop_map(|(parts, scope, sequences, staff)| {
        Entry::Erasure(Erasure {
            parts,
            scope,
            sequences,
            staff,
        })
    });
    prop_oneof![intent(), outcome, report, erasure]
}

fn record() -> impl Strategy<Value = Record> {
    (number(), time(), entry()).prop_map(|(sequence, time, entry)| Record {
        sequence,
        time,
        entry,
    })
}

proptest! {
    #[test]
    fn a_record_is_read_as_it_was_written(record in record()) {
        let bytes = record.try_encode().unwrap();
        prop_assert_eq!(Record::decode(&bytes), Ok(record));
        // Another JSON library's idea of the same object with sorted keys.
        let value: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
        prop_assert_eq!(serde_json::to_vec(&value).unwrap(), bytes);
    }

    #[test]
    fn what_is_read_is_what_would_be_written(
        record in record(),
        edits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0..3_u8), 1..4),
    ) {
        let mut bytes = record.encode();
        for (place, byte, edit) in edits {
            let place = place.index(bytes.len());
            match edit {
                0 => bytes[place] = byte,
                1 => bytes.insert(place, byte),
                _ => drop(bytes.remove(place)),
            }
        }
        if let Ok(read) = Record::decode(&bytes) {
            prop_assert_eq!(read.encode(), bytes);
        }
    }

    /// The same object in other words.
    #[test]
    fn no_other_spelling_is_read(record in record(), place in any::<prop::sample::Index>()) {
        let bytes = record.encode();
        let place = place.index(bytes.len());
        let mut spellings = Vec::new();
        for blank in [b" ", b"\n", b"\t", b"\r"] {
            let inserted = [&bytes[..place], blank, &bytes[place..]].concat();
            spellings.push(inserted);
        }
        if bytes[place].is_ascii_alphanumeric() {
            let escaped = format!("\\u{:04x}", bytes[place]).into_bytes();
            spellings.push([&bytes[..place], &escaped, &bytes[place + 1..]].concat());
        }
        let text = String::from_utf8(bytes.clone()).unwrap();
        spellings.push(text.replace('/', "\\/").into_bytes());
        spellings.push(text.replace("\"v\":1", "\"v\":1.0").into_bytes());
        spellings.push(text.replace("\"v\":1", "\"v\":1e0").into_bytes());
        spellings.push(text.replace("\"v\":1", "\"v\":1,\"v\":1").into_bytes());
        spellings.push(text.replacen('{', "{\"cause\":null,", 1).into_bytes());
        for other in spellings.into_iter().filter(|other| *other != bytes) {
            let read = Record::decode(&other);
            prop_assert!(read.as_ref() != Ok(&record), "{}", String::from_utf8_lossy(&other));
        }
    }

    #[test]
    fn a_part_is_read_as_it_was_written(
        email in text(),
        reason in prop::option::of(text()),
        ticket in prop::option::of(text()),
        salt in any::<[u8; 32]>(),
    ) {
        let part = CustomerPart { email, reason, record_id: None, ticket };
        let opening = Opening::new(salt, &part);
        prop_assert_eq!(Opening::from_bytes(&opening.to_bytes()).unwrap().read(), Ok(part.clone()));
        let value: serde_json::Value = serde_json::from_slice(&part.encode()).unwrap();
        prop_assert_eq!(serde_json::to_vec(&value).unwrap(), part.encode());
    }

    #[test]
    fn a_line_is_read_as_it_was_written(place in 0..12_usize, customer in any::<bool>(), staff in any::<bool>()) {
        let mut row = Book::sample().rows.remove(place);
        row.hashes.clear();
        row.customer = row.customer.filter(|_| customer);
        row.staff = row.staff.filter(|_| staff);
        let text = line::encode(&row).unwrap();
        prop_assert_eq!(line::decode(&text), Ok(row));
    }

    #[test]
    fn a_set_of_sequences_is_the_set(members in prop::collection::btree_set(0..300_u64, 1..150)) {
        let sets = SequenceSet::split(members.iter().map(|&sequence| sequence..=sequence));
        let text = sets[0].to_string();
        prop_assert_eq!(sets.len(), 1);
        prop_assert_eq!(SequenceSet::parse(&text), Some(sets[0].clone()));
        for sequence in 0..320 {
            prop_assert_eq!(sets[0].contains(sequence), members.contains(&sequence));
        }
    }

    #[test]
    fn the_root_is_as_defined(leaves in prop::collection::vec(any::<[u8; 32]>().prop_map(Hash), 0..300)) {
        let mut frontier = Frontier::empty();
        for &leaf in &leaves {
            frontier.append(leaf);
        }
        prop_assert_eq!(frontier.root(), naive::root(&leaves));
    }
}
