//! The figures for people: one table for each number of connections.

use std::time::Duration;

use stagedoor_load::Measured;

/// What was measured of one server.
pub(crate) struct Row {
    pub(crate) name: &'static str,
    /// One for each number of connections.
    pub(crate) cells: Vec<Cell>,
    /// Peak resident memory in bytes, of all its processes; not told of the broker itself.
    pub(crate) memory: Option<u64>,
}

/// What was measured of it at one number of connections.
pub(crate) struct Cell {
    pub(crate) measured: Measured,
    /// How long it kept processors busy; not told of the broker itself.
    pub(crate) processor: Option<Duration>,
}

impl Cell {
    /// What one request keeps a processor busy for.
    fn per_request(&self) -> Option<Duration> {
        let answers = u32::try_from(self.measured.answers)
            .ok()
            .filter(|number| *number > 0)?;
        Some(self.processor? / answers)
    }
}

/// The table of one number of connections, every row compared with the first whose name begins with `ours`.
pub(crate) fn table(rows: &[Row], which: usize, ours: &str) -> String {
    let of = |row: &Row| {
        let measured = &row.cells[which].measured;
        (measured.rate(), measured.quantile(0.5), measured.quantile(0.99))
    };
    let reference = rows.iter().find(|row| row.name.starts_with(ours)).map(of);
    let mut text = format!(
        "{:<18}{:>12}{:>12}{:>12}{:>12}{:>12}{:>12}{:>12}\n",
        "", "requests/s", "p50 µs", "p99 µs", "CPU µs", "peak MiB", "rate:ours", "p50:ours"
    );
    for row in rows {
        let (rate, p50, p99) = of(row);
        let processor = row.cells[which].per_request();
        let processor = processor.map_or_else(|| "-".to_owned(), microseconds);
        let memory = row.memory.map_or_else(|| "-".to_owned(), mebibytes);
        let ratios = reference.map_or((f64::NAN, f64::NAN), |(our_rate, our_p50, _)| {
            (rate / our_rate, p50.as_secs_f64() / our_p50.as_secs_f64())
        });
        text += &format!(
            "{:<18}{rate:>12.0}{:>12}{:>12}{processor:>12}{memory:>12}{:>12.2}{:>12.2}\n",
            row.name,
            microseconds(p50),
            microseconds(p99),
            ratios.0,
            ratios.1
        );
    }
    text
}

/// Whole microseconds, or tenths below a hundred.
pub(crate) fn microseconds(duration: Duration) -> String {
    let microseconds = duration.as_secs_f64() * 1e6;
    if microseconds < 100.0 {
        format!("{microseconds:.1}")
    } else {
        format!("{microseconds:.0}")
    }
}

fn mebibytes(bytes: u64) -> String {
    #[expect(clippy::cast_precision_loss, reason = "sizes for people")]
    let bytes = bytes as f64;
    format!("{:.1}", bytes / (1024.0 * 1024.0))
}

#[cfg(test)]
mod tests {
    use stagedoor_load::run::histogram;

    use super::*;

    fn row(name: &'static str, answers: u64, microseconds: u64, memory: Option<u64>) -> Row {
        let mut latency = histogram().unwrap();
        latency.record_n(microseconds * 1000, answers).unwrap();
        let measured = Measured {
            answers,
            elapsed: Duration::from_secs(2),
            latency,
            failures: 0,
            first_failure: None,
        };
        Row {
            name,
            cells: vec![Cell {
                measured,
                processor: memory.map(|_| Duration::from_millis(250)),
            }],
            memory,
        }
    }

    #[test]
    fn ratios_are_against_ours() {
        let rows = [
            row("ours", 2000, 400, Some(3 << 20)),
            row("nginx", 8000, 64, None),
        ];
        let table = table(&rows, 0, "ours");
        let cells: Vec<Vec<&str>> = table
            .lines()
            .skip(1)
            .map(|line| line.split_whitespace().collect())
            .collect();
        assert_eq!(
            cells[0],
            ["ours", "1000", "400", "400", "125", "3.0", "1.00", "1.00"]
        );
        assert_eq!(
            cells[1],
            ["nginx", "4000", "64.0", "64.0", "-", "-", "4.00", "0.16"]
        );
    }
}
