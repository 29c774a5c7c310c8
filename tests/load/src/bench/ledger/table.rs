//! Numbers of records as people write them, and the table.

use std::time::Duration;

use hdrhistogram::Histogram;

use crate::bench::table::microseconds;

/// `10000000`, `10M`, `100k`.
pub(crate) fn parse_count(text: &str) -> Result<u64, String> {
    let (digits, unit) = match text.as_bytes().last() {
        Some(b'k') => (text.strip_suffix('k'), 1_000),
        Some(b'M') => (text.strip_suffix('M'), 1_000_000),
        _ => (Some(text), 1_u64),
    };
    digits
        .and_then(|digits| digits.parse::<u64>().ok()?.checked_mul(unit))
        .ok_or_else(|| "not a number of records; write e.g. 0, 100k, 1M or 10000000".to_owned())
}

/// `1,000,000`.
pub(crate) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// What came of some writing, by the store or without it.
pub(super) struct Written {
    /// Of each write, in nanoseconds.
    pub(super) latency: Histogram<u64>,
    pub(super) elapsed: Duration,
}

impl Written {
    fn rate(&self) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "nobody counts to 2^53 writes")]
        let writes = self.latency.len() as f64;
        writes / self.elapsed.as_secs_f64()
    }

    fn quantile(&self, share: f64) -> Duration {
        Duration::from_nanos(self.latency.value_at_quantile(share))
    }
}

/// The line above all others.
pub(super) fn heading(engine: &str) -> String {
    format!(
        "{:<12}{:>14}{:>12}{:>12}{:>12}{:>12}{:>16}",
        engine, "records", "writes/s", "logins/s", "p50 µs", "p99 µs", "p50:fdatasync"
    )
}

/// The disk by itself: what is measured in the same folder, just before the store.
pub(super) fn disk_line(records: u64, disk: &Written) -> String {
    line("fdatasync", records, disk, None, disk)
}

/// So many writers.
pub(super) fn writers_line(writers: usize, records: u64, written: &Written, disk: &Written) -> String {
    let plural = if writers == 1 { "" } else { "s" };
    let logins = format!("{:.0}", written.rate() / 2.0);
    line(
        &format!("{writers} writer{plural}"),
        records,
        written,
        Some(logins),
        disk,
    )
}

fn line(who: &str, records: u64, written: &Written, logins: Option<String>, disk: &Written) -> String {
    format!(
        "{who:<12}{:>14}{:>12.0}{:>12}{:>12}{:>12}{:>16.2}",
        grouped(records),
        written.rate(),
        logins.unwrap_or_else(|| "-".to_owned()),
        microseconds(written.quantile(0.5)),
        microseconds(written.quantile(0.99)),
        written.quantile(0.5).as_secs_f64() / disk.quantile(0.5).as_secs_f64()
    )
}

#[cfg(test)]
mod tests {
    use stagedoor_load::run::histogram;

    use super::*;

    #[test]
    fn counts_are_read_with_their_unit_and_written_in_groups() {
        for (text, number, written) in [
            ("0", 0, "0"),
            ("999", 999, "999"),
            ("100k", 100_000, "100,000"),
            ("10M", 10_000_000, "10,000,000"),
            ("1234567", 1_234_567, "1,234,567"),
        ] {
            assert_eq!(parse_count(text), Ok(number));
            assert_eq!(grouped(number), written);
        }
        for text in ["", "M", "1m", "-1", "1,000", "1.5M", "99999999999999999M"] {
            assert!(parse_count(text).unwrap_err().contains("100k"), "{text}");
        }
    }

    #[test]
    fn a_login_is_two_writes_and_the_disk_is_the_measure() {
        let written = |writes, microseconds: u64| {
            let mut latency = histogram().unwrap();
            latency.record_n(microseconds * 1000, writes).unwrap();
            Written {
                latency,
                elapsed: Duration::from_secs(2),
            }
        };
        let disk = written(4000, 400);
        let cells = |line: String| {
            let cells = line.split("  ").map(|cell| cell.trim().to_owned());
            cells.filter(|cell| !cell.is_empty()).collect::<Vec<_>>()
        };
        assert_eq!(
            cells(writers_line(8, 1_000_000, &written(2000, 1000), &disk)),
            ["8 writers", "1,000,000", "1000", "500", "1000", "1000", "2.50"]
        );
        assert_eq!(
            cells(disk_line(0, &disk)),
            ["fdatasync", "0", "2000", "-", "400", "400", "1.00"]
        );
    }
}
