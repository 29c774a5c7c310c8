//! How values are written for people.

use jiff::{Timestamp, tz::Offset};

/// `2026-11-25 03:06:42.123 UTC`.
pub(super) fn time(time: Timestamp) -> String {
    let civil = Offset::UTC.to_datetime(time);
    format!("{} UTC", civil.strftime("%Y-%m-%d %H:%M:%S%.3f"))
}

/// `2026-11-25T03:06:42.123Z`, as in the records: always as long, so that a program can sort it as text.
pub(super) fn exact(time: Timestamp) -> String {
    let civil = Offset::UTC.to_datetime(time);
    civil.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}

/// `2026-11-25 03:06:42`, where a heading says that it is UTC.
pub(super) fn second(time: Timestamp) -> String {
    Offset::UTC
        .to_datetime(time)
        .strftime("%Y-%m-%d %H:%M:%S")
        .to_string()
}

/// `87 ms`, `1.2 s`, `3 min 20 s`.
pub(super) fn duration(milliseconds: u64) -> String {
    match milliseconds {
        0..1_000 => format!("{milliseconds} ms"),
        1_000..60_000 => format!("{}.{} s", milliseconds / 1_000, milliseconds % 1_000 / 100),
        _ => {
            let seconds = milliseconds / 1_000;
            format!("{} min {} s", seconds / 60, seconds % 60)
        }
    }
}

/// `1,234,567`.
pub(super) fn number(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `1 record`, `2 records`.
pub(super) fn count(count: u64, singular: &str, plural: &str) -> String {
    let noun = if count == 1 { singular } else { plural };
    format!("{} {noun}", number(count))
}

/// A recorded text on one line, without what a terminal would obey: a ledger that somebody changed may hold anything.
pub(super) fn plain(text: &str) -> String {
    let harmful = |character: char| {
        character.is_control()
            || matches!(character, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    text.chars()
        .map(|character| {
            if harmful(character) {
                char::REPLACEMENT_CHARACTER
            } else {
                character
            }
        })
        .collect()
}

/// Label and value in columns.
pub(super) fn align(lines: &[(&'static str, String)]) -> String {
    let width = lines
        .iter()
        .map(|(label, _)| label.len())
        .max()
        .unwrap_or_default();
    lines
        .iter()
        .map(|(label, value)| format!("  {label:width$}  {value}\n"))
        .collect()
}

/// Rows of a table, each column as wide as its widest cell.
pub(super) fn columns<const N: usize>(rows: &[[String; N]]) -> String {
    let mut widths = [0; N];
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = cell.chars().count().max(*width);
        }
    }
    rows.iter()
        .map(|row| {
            let cells = row.iter().zip(widths);
            let cells: Vec<String> = cells.map(|(cell, width)| format!("{cell:width$}")).collect();
            format!("{}\n", cells.join("  ").trim_end())
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_for_people() {
        let moment = "2026-11-25T03:06:42.123Z".parse().unwrap();
        assert_eq!(time(moment), "2026-11-25 03:06:42.123 UTC");
        assert_eq!(second(moment), "2026-11-25 03:06:42");
        let whole = "2026-11-25T03:06:42Z".parse().unwrap();
        assert_eq!(
            [exact(moment), exact(whole)],
            ["2026-11-25T03:06:42.123Z", "2026-11-25T03:06:42.000Z"]
        );
        let durations = [0, 999, 1_000, 1_299, 59_999, 60_000, 200_000].map(duration);
        assert_eq!(
            durations,
            [
                "0 ms",
                "999 ms",
                "1.0 s",
                "1.2 s",
                "59.9 s",
                "1 min 0 s",
                "3 min 20 s"
            ]
        );
        let numbers = [0, 999, 1_000, 1_234_567].map(number);
        assert_eq!(numbers, ["0", "999", "1,000", "1,234,567"]);
        assert_eq!(count(1, "record", "records"), "1 record");
        assert_eq!(count(2_000, "record", "records"), "2,000 records");
    }

    #[test]
    fn nothing_for_a_terminal_to_obey() {
        assert_eq!(
            plain("a\u{1b}[2Jb\nc\u{202e}d é"),
            "a\u{fffd}[2Jb\u{fffd}c\u{fffd}d é"
        );
    }
}
