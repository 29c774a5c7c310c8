//! How many records a second are verified, on one thread and on two: `cargo run --release -p stagedoor-ledger
//! --example verify_rate`. The rows are in memory, so reading them is not in the figures.

#![expect(clippy::print_stdout, reason = "the figures are what it is for")]
#![expect(clippy::unwrap_used, reason = "a fault should end it there and then")]

#[path = "../tests/it/book.rs"]
#[expect(dead_code, reason = "the tests use more of it")]
mod book;

use std::num::NonZeroUsize;
use std::time::Instant;

use book::Book;
use stagedoor_ledger::verify::{Verifier, examine};
use stagedoor_ledger::{Frontier, MintOutcome};

/// In fives: two intents with both openings, two outcomes, one report.
const FIVES: u64 = 100_000;
/// How many rows are handed over at once, as a store would.
const BATCH: usize = 8192;

fn main() {
    let mut book = Book::new();
    for five in 0..FIVES {
        let first = 5 * five;
        let login = format!("018bcfe5-6800-7fff-bfff-{first:012x}");
        book.intent(&login, None);
        book.outcome(first, &login, MintOutcome::Minted);
        book.report(first, &login, None);
        let login = format!("018bcfe5-6800-7fff-bfff-{:012x}", first + 3);
        book.intent(&login, None);
        book.outcome(first + 3, &login, MintOutcome::Minted);
    }
    let optional = |bytes: &Option<Vec<u8>>| bytes.as_ref().map_or(0, Vec::len);
    let bytes: usize = book
        .rows
        .iter()
        .map(|row| row.record.len() + row.hashes.len() + optional(&row.customer) + optional(&row.staff))
        .sum();
    println!(
        "{} records, {} bytes each on average",
        book.rows.len(),
        bytes / book.rows.len()
    );
    for _ in 0..3 {
        for threads in [1, 2] {
            let threads = NonZeroUsize::new(threads).unwrap();
            rate(&format!("verify, {threads} thread(s)"), book.rows.len(), || {
                let mut verifier = Verifier::new(Frontier::empty());
                verifier.expect(&book.checkpoint());
                for batch in book.rows.chunks(BATCH) {
                    verifier.check_all(batch, threads);
                }
                let summary = verifier.finish();
                assert!(summary.is_sound() && summary.confirmed == 1);
            });
        }
        rate("examine alone", book.rows.len(), || {
            book.rows
                .iter()
                .for_each(|row| drop(std::hint::black_box(examine(row))));
        });
    }
}

fn rate(what: &str, records: usize, work: impl FnOnce()) {
    let (started, before) = (Instant::now(), processor_seconds());
    work();
    let seconds = started.elapsed().as_secs_f64();
    let processor = processor_seconds() - before;
    #[expect(clippy::cast_precision_loss, reason = "a rate has few digits")]
    let records = records as f64;
    println!(
        "{what}: {:.0} records/s; {:.2} microseconds of processor time each",
        records / seconds,
        processor / records * 1e6
    );
}

/// Processor time of all threads so far, which other programs on a busy machine do not lengthen much. Linux counts it
/// in hundredths of a second; elsewhere it is 0.
fn processor_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let ticks: f64 = stat
        .rsplit(')')
        .next()
        .unwrap_or_default()
        .split_whitespace()
        .skip(11)
        .take(2)
        .filter_map(|field| field.parse::<f64>().ok())
        .sum();
    ticks / 100.0
}
