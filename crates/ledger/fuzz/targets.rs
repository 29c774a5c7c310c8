//! One function for each decoder of outside bytes. It must not panic, and must not accept two spellings of one thing.
//! The fuzzer calls these (`fuzz_targets`), and so do the ordinary tests, with a corpus and its mutations.

use stagedoor_ledger::checkpoint::{SignedCheckpoint, SigningKey, VerifyingKey};
use stagedoor_ledger::proof::{verify_consistency, verify_inclusion};
use stagedoor_ledger::proof_file::ProofFile;
use stagedoor_ledger::verify::Verifier;
use stagedoor_ledger::{
    CustomerPart, Frontier, Hash, Opening, OperatorPart, Part, Record, ReportPart, Row, SequenceSet,
    StaffPart, line,
};

const VERIFYING: &str = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";

/// A record, and the set of sequences in it.
pub(crate) fn record(data: &[u8]) {
    if let Ok(record) = Record::decode(data) {
        assert_eq!(record.encode(), data);
    }
    if let Ok(text) = std::str::from_utf8(data)
        && let Some(set) = SequenceSet::parse(text)
    {
        assert_eq!(set.to_string(), text);
    }
}

/// An opening, and the parts that may be in it.
pub(crate) fn opening(data: &[u8]) {
    fn part<P: Part>(data: &[u8]) {
        if let Ok(part) = P::decode(data) {
            assert_eq!(part.encode(), data);
        }
        if let Ok(opening) = Opening::from_bytes(data) {
            assert_eq!(opening.to_bytes(), data);
            let _ = opening.read::<P>();
        }
    }
    part::<CustomerPart>(data);
    part::<StaffPart>(data);
    part::<ReportPart>(data);
    part::<OperatorPart>(data);
}

/// A line of an export.
pub(crate) fn export_line(data: &[u8]) {
    if let Ok(row) = line::decode(data) {
        assert_eq!(line::encode(&row).as_deref(), Ok(data));
    }
}

/// A signed checkpoint.
pub(crate) fn checkpoint(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    if let (Ok(signed), Ok(key)) = (SignedCheckpoint::parse(text), VerifyingKey::parse(VERIFYING)) {
        assert_eq!(signed.to_text(), text);
        let _ = signed.verify(&key);
        // The key of the origin, so that the signature itself is looked at.
        let seed = [1; 32];
        if let Ok(key) = SigningKey::generate(&signed.unverified().origin, seed) {
            let _ = signed.verify(&key.verifying_key());
        }
    }
}

/// The texts of keys.
pub(crate) fn keys(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    if let Ok(key) = VerifyingKey::parse(text) {
        assert_eq!(key.to_text(), text);
    }
    if let Ok(key) = SigningKey::parse(text) {
        assert_eq!(*key.expose_text(), text);
        assert_eq!(
            VerifyingKey::parse(&key.verifying_key().to_text()),
            Ok(key.verifying_key())
        );
    }
}

/// A proof of one record.
pub(crate) fn proof_file(data: &[u8]) {
    let Ok(file) = ProofFile::parse(data) else { return };
    if let Ok(key) = VerifyingKey::parse(VERIFYING) {
        let _ = file.check(&[key]);
    }
    if let Ok(text) = file.to_text() {
        assert!(ProofFile::parse(text.as_bytes()).is_ok_and(|again| again.to_text() == Ok(text)));
    }
}

/// Sizes, a place, and hashes that are said to be a proof.
pub(crate) fn proof(data: &[u8]) {
    let (numbers, hashes) = data.split_at(data.len().min(16));
    let mut bytes = [0; 16];
    bytes[..numbers.len()].copy_from_slice(numbers);
    let [first, second] = [0, 8].map(|start| {
        let number: [u8; 8] = std::array::from_fn(|place| bytes[start + place]);
        u64::from_le_bytes(number)
    });
    let hashes: Vec<Hash> = hashes
        .chunks(32)
        .map(|chunk| {
            Hash(std::array::from_fn(|place| {
                chunk.get(place).copied().unwrap_or(0)
            }))
        })
        .collect();
    let leaf = Hash::of_nothing();
    for (first, second) in [(first, second), (first % 64, second % 64)] {
        let _ = verify_inclusion(first, leaf, second, leaf, &hashes);
        let _ = verify_consistency(first, leaf, second, leaf, &hashes);
        let _ = Frontier::from_hashes(first, hashes.clone());
    }
}

/// Lines of a store's rows: some are lines of an export, the others are rows of records alone. Their first byte says
/// how far their number is from the one that should come.
pub(crate) fn rows(data: &[u8]) {
    let mut verifier = Verifier::new(Frontier::empty());
    for text in data.split(|&byte| byte == b'\n') {
        let row = line::decode(text).unwrap_or_else(|_| Row {
            sequence: match text.first() {
                Some(&step @ 0xf0..) => verifier.size().wrapping_add(1 << (4 * (step & 15))),
                _ => verifier.size(),
            },
            record: text.to_vec(),
            hashes: text
                .iter()
                .copied()
                .take(if text.len() % 7 == 0 { 64 } else { 0 })
                .collect(),
            customer: Some(text.to_vec()).filter(|text| text.len() % 3 == 0),
            staff: Some(text.to_vec()).filter(|text| text.len() % 5 == 0),
        });
        verifier.check(&row);
    }
    let records = data.split(|&byte| byte == b'\n').count() as u64;
    assert_eq!(verifier.finish().records, records);
}
