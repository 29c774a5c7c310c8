//! The fuzz targets on a corpus of everything that the ledger writes, and on mutations of it.

use stagedoor_ledger::checkpoint::SignedCheckpoint;
use stagedoor_ledger::proof_file::ProofFile;
use stagedoor_ledger::{Frontier, line};

use crate::book::{Book, key};

#[path = "../../fuzz/targets.rs"]
mod targets;

/// How often each target is fed.
const ROUNDS: usize = 3000;

#[test]
fn no_decoder_panics() {
    let corpus = corpus();
    let all = [
        targets::record,
        targets::opening,
        targets::export_line,
        targets::checkpoint,
        targets::keys,
        targets::proof_file,
        targets::proof,
        targets::rows,
    ];
    for (number, target) in all.into_iter().enumerate() {
        corpus.iter().for_each(|input| target(input));
        let mut random = Random(0x9e37_79b9_7f4a_7c15 + number as u64);
        for _ in 0..ROUNDS {
            target(&mutated(&corpus, &mut random));
        }
    }
}

fn corpus() -> Vec<Vec<u8>> {
    let book = Book::sample();
    let mut corpus = vec![
        Vec::new(),
        b"0-5,9,12-13".to_vec(),
        // Nothing reads by calling itself, so depth costs no stack.
        format!("{{\"record\":{}", "[".repeat(16_000)).into_bytes(),
        format!("{{\"x\":{}", "{\"x\":".repeat(3_000)).into_bytes(),
        key(1).expose_text().as_bytes().to_vec(),
        key(1).verifying_key().to_text().into_bytes(),
        book.signed().into_bytes(),
    ];
    let mut lines = Vec::new();
    for row in &book.rows {
        corpus.push(row.record.clone());
        for opening in [&row.customer, &row.staff].into_iter().flatten() {
            corpus.push(opening.clone());
            corpus.push(opening[32..].to_vec());
        }
        let text = line::encode(row).unwrap();
        lines.extend([text.clone(), b"\n".to_vec()].concat());
        corpus.push(text);
        let signed = SignedCheckpoint::parse(&book.signed()).unwrap();
        let proof = ProofFile::build(row.clone(), signed, &|node| book.node(node)).unwrap();
        corpus.push(proof.to_text().unwrap().into_bytes());
    }
    corpus.push(lines);
    let numbers = [12_u64.to_le_bytes(), 6_u64.to_le_bytes()].concat();
    let hashes = Frontier::nodes_needed(11)
        .into_iter()
        .flat_map(|node| book.node(node).unwrap().0);
    corpus.push(numbers.into_iter().chain(hashes).collect());
    corpus
}

/// A member of the corpus with a few bytes changed, taken out, or copied from another.
fn mutated(corpus: &[Vec<u8>], random: &mut Random) -> Vec<u8> {
    let mut input = corpus[random.below(corpus.len())].clone();
    for _ in 0..=random.below(4) {
        let place = random.below(input.len() + 1);
        match random.below(5) {
            0 => input.insert(place, u8::try_from(random.below(256)).unwrap()),
            1 if place < input.len() => input[place] ^= 1 << random.below(8),
            2 => {
                let end = (place + random.below(16)).min(input.len());
                input.drain(place..end);
            }
            3 => {
                let other = &corpus[random.below(corpus.len())];
                let start = random.below(other.len() + 1);
                let end = (start + random.below(64)).min(other.len());
                input.splice(place..place, other[start..end].iter().copied());
            }
            _ => input.truncate(place),
        }
    }
    input
}

/// xorshift64: the same inputs on every run.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % limit as u64).unwrap()
    }
}
