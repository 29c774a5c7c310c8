//! Times as a person writes them: `2026-11-25T03:06:42Z`, `2026-11-25`, or how long ago, `7d`, `24h`, `5y`.

use std::str::FromStr;

use jiff::{Span, Timestamp, civil::Date, tz::Offset};

/// A moment, or how long ago it was.
#[derive(Debug, Clone, Copy)]
pub(super) enum When {
    At(Timestamp),
    Ago(Span),
}

impl FromStr for When {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Ok(time) = text.parse() {
            return Ok(Self::At(time));
        }
        // A whole date, and nothing after it: a time of day without an offset could be anybody's.
        if text.len() == 10
            && let Ok(date) = text.parse::<Date>()
            && let Ok(midnight) = Offset::UTC.to_timestamp(date.at(0, 0, 0, 0))
        {
            return Ok(Self::At(midnight));
        }
        match text.parse::<Span>() {
            Ok(span) if !span.is_zero() && text.starts_with(|first: char| first.is_ascii_digit()) => {
                Ok(Self::Ago(span.abs()))
            }
            _ => Err(
                "not a time: write 2026-11-25T03:06:42Z, 2026-11-25 (midnight, UTC), or how long ago, e.g. 24h, 7d, 5y"
                    .to_owned(),
            ),
        }
    }
}

impl When {
    /// The moment; months and years are counted in the calendar, in UTC.
    pub(super) fn before(self, now: Timestamp) -> anyhow::Result<Timestamp> {
        match self {
            Self::At(time) => Ok(time),
            Self::Ago(span) => Ok(Offset::UTC.to_timestamp(Offset::UTC.to_datetime(now).checked_sub(span)?)?),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moment(text: &str) -> Result<String, String> {
        let now = "2026-11-25T03:06:42Z".parse().unwrap();
        text.parse::<When>()
            .map(|when| when.before(now).unwrap().to_string())
    }

    #[test]
    fn times_dates_and_how_long_ago() {
        for (text, expected) in [
            ("2026-11-25T03:06:42.5Z", "2026-11-25T03:06:42.5Z"),
            ("2026-11-25T03:06:42+02:00", "2026-11-25T01:06:42Z"),
            ("2026-11-25", "2026-11-25T00:00:00Z"),
            ("24h", "2026-11-24T03:06:42Z"),
            ("7d", "2026-11-18T03:06:42Z"),
            ("5y", "2021-11-25T03:06:42Z"),
            ("1 year 2 months", "2025-09-25T03:06:42Z"),
        ] {
            assert_eq!(moment(text).as_deref(), Ok(expected), "{text}");
        }
    }

    #[test]
    fn everything_else_is_refused() {
        for text in [
            "",
            "yesterday",
            "7",
            "-7d",
            "0d",
            "2026-02-30",
            "2026-11-25T03:06",
            "25.11.2026",
        ] {
            assert!(moment(text).is_err_and(|error| error.contains("7d")), "{text}");
        }
    }
}
