//! What one durable write costs on this disk, whoever makes it.

use std::{
    fs::File,
    os::unix::fs::FileExt as _,
    path::Path,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result};
use hdrhistogram::Histogram;
use stagedoor_load::run::histogram;

/// What a commit of one page appends to SQLite's write-ahead log: the page and its frame's header.
const WRITE_BYTES: usize = 4096 + 24;
/// The file is written over and over, as a write-ahead log is: growing it would cost more at each write.
const WRITES: u64 = 1000;

/// Latencies of fdatasync after a small write, in nanoseconds.
pub(crate) fn fdatasync(folder: &Path, length: Duration) -> Result<Histogram<u64>> {
    let path = folder.join("fdatasync");
    let file = File::create(&path).with_context(|| format!("cannot write {}", path.display()))?;
    let bytes = vec![0x5a; WRITE_BYTES];
    for number in 0..WRITES {
        file.write_all_at(&bytes, number * WRITE_BYTES as u64)?;
    }
    file.sync_all()?;
    let mut latency = histogram()?;
    let started = Instant::now();
    for number in (0..WRITES).cycle() {
        if started.elapsed() >= length {
            break;
        }
        file.write_all_at(&bytes, number * WRITE_BYTES as u64)?;
        let before = Instant::now();
        file.sync_data()?;
        latency.saturating_record(u64::try_from(before.elapsed().as_nanos())?);
    }
    std::fs::remove_file(path)?;
    Ok(latency)
}
