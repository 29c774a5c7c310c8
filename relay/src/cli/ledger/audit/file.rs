//! Verification of an export, without the store that it came from.

use std::{
    fs::File,
    io::{self, BufRead, BufReader, Read},
    path::Path,
};

use anyhow::{Context, ensure};
use stagedoor_ledger::{
    Frontier, Hash,
    checkpoint::VerifyingKey,
    line::{self, MAX_LINE_BYTES},
    verify::{Examined, Verifier, examine},
};
use tokio::{sync::mpsc, task::spawn_blocking};

use super::{Audited, BadLine, ExaminedPage, Given, Lookups, Page, Pages, State, expect, take, threads};
use crate::cli::ledger::{pages::PAGE, progress::Progress};

/// Verifies a file of JSON Lines, `-` for standard input, that is to begin with a record: whatever it lacks is missing.
pub(in crate::cli::ledger) async fn verify_file(
    path: &Path,
    from: u64,
    given: &[Given],
    keys: &[VerifyingKey],
) -> anyhow::Result<(Audited, Progress)> {
    let input: Box<dyn Read + Send> = if path == Path::new("-") {
        Box::new(io::stdin())
    } else {
        Box::new(File::open(path).with_context(|| format!("{} cannot be read", path.display()))?)
    };
    // Nothing at all is the export of an empty ledger, which a checkpoint may contradict.
    let mut lines = Lines::new(BufReader::with_capacity(1 << 18, input));
    let first = lines
        .page()
        .with_context(|| format!("{} cannot be read", path.display()))?;
    ensure!(
        !first.is_empty() || from == 0,
        "{} has no lines, and --from says that it begins with record {from}",
        path.display()
    );
    let pages = examined(first, lines);
    let mut verifier = Verifier::new(before(from)?);
    let part = from > 0;
    ensure!(
        !part || given.is_empty(),
        "a part of an export has no root to compare with a checkpoint: give the whole export, without --from"
    );
    for checkpoint in given {
        expect(&mut verifier, &checkpoint.text, keys);
    }
    let mut progress = Progress::new(None);
    take(&mut verifier, pages, (None, None), &mut progress)
        .await
        .with_context(|| format!("{} cannot be read to its end", path.display()))?;
    progress.finish();
    let mut summary = if part {
        verifier.finish_part()
    } else {
        verifier.finish()
    };
    if part {
        // It was computed on top of what nobody knows.
        summary.root = None;
    }
    let audited = Audited {
        summary,
        from,
        part,
        checkpoints: given.len() as u64,
        unchecked: 0,
        unread_key: false,
        given: given.len() as u64,
        signatures: !keys.is_empty(),
        of_store: false,
        lookups: Lookups::default(),
        state: State::default(),
        records_only: false,
    };
    Ok((audited, progress))
}

/// Something in place of what comes before an export that does not begin at the first record. No root that follows from
/// it is shown or compared.
fn before(from: u64) -> anyhow::Result<Frontier> {
    let unknown = vec![Hash([0; 32]); from.count_ones() as usize];
    Ok(Frontier::from_hashes(from, unknown)?)
}

/// Lines with their numbers, from 1.
type Numbered = Vec<(u64, Vec<u8>)>;

fn examined(first: Numbered, mut lines: Lines) -> Pages {
    let (sender, receiver) = mpsc::channel(threads().get());
    spawn_blocking(move || {
        let mut page = first;
        while !page.is_empty() {
            let examined = spawn_blocking(move || {
                Ok(ExaminedPage {
                    rows: page.iter().map(examine_line).collect(),
                    ..ExaminedPage::default()
                })
            });
            if sender.blocking_send(Ok(Page { end: 0, examined })).is_err() {
                return;
            }
            page = match lines.page() {
                Ok(page) => page,
                Err(error) => {
                    let _ = sender.blocking_send(Err(error.into()));
                    return;
                }
            };
        }
    });
    receiver
}

fn examine_line((number, line): &(u64, Vec<u8>)) -> Result<Examined, BadLine> {
    line::decode(line)
        .map(|row| examine(&row))
        .map_err(|error| BadLine(*number, error))
}

/// Lines in pages, each with its number. Of a line that is too long to be one, a piece that is too long stands for it.
struct Lines {
    input: BufReader<Box<dyn Read + Send>>,
    number: u64,
}

impl Lines {
    fn new(input: BufReader<Box<dyn Read + Send>>) -> Self {
        Self { input, number: 0 }
    }

    fn page(&mut self) -> io::Result<Numbered> {
        let mut page = Vec::with_capacity(PAGE as usize);
        while page.len() < PAGE as usize {
            let mut line = Vec::with_capacity(1024);
            let limit = MAX_LINE_BYTES as u64 + 2;
            if (&mut self.input).take(limit).read_until(b'\n', &mut line)? == 0 {
                break;
            }
            self.number += 1;
            if line.ends_with(b"\n") {
                line.pop();
            } else if line.len() as u64 == limit {
                self.skip_line()?;
            }
            page.push((self.number, line));
        }
        Ok(page)
    }

    fn skip_line(&mut self) -> io::Result<()> {
        loop {
            let buffer = self.input.fill_buf()?;
            if buffer.is_empty() {
                return Ok(());
            }
            match buffer.iter().position(|byte| *byte == b'\n') {
                Some(place) => {
                    self.input.consume(place + 1);
                    return Ok(());
                }
                None => {
                    let length = buffer.len();
                    self.input.consume(length);
                }
            }
        }
    }
}
