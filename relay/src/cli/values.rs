//! What arguments are parsed into.

use jiff::SignedDuration;
use stagedoor_protocol::CustomerEmail;

/// An e-mail address.
pub(super) fn address(text: &str) -> Result<CustomerEmail, String> {
    CustomerEmail::parse(text).map_err(|error| error.to_string())
}

/// Words that are kept, in the ledger for good or in the log.
pub(super) fn words(text: &str, longest: usize) -> Result<String, String> {
    let text = text.trim();
    if (1..=longest).contains(&text.chars().count()) && !text.chars().any(char::is_control) {
        Ok(text.to_owned())
    } else {
        Err(format!("must be 1 to {longest} characters, without line ends"))
    }
}

/// A time span: as clocks count it, or a number of days of 24 hours.
pub(super) fn how_long(text: &str) -> Result<SignedDuration, String> {
    let days = text
        .strip_suffix('d')
        .and_then(|days| days.trim().parse::<u16>().ok());
    match days {
        Some(days) => Ok(SignedDuration::from_hours(i64::from(days) * 24)),
        None => text
            .parse()
            .map_err(|_| "must be a time span such as 15m, 24h, 1h30m or 7d".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_read_in_days_too() {
        for (text, seconds) in [("15m", 900), ("24h", 86_400), ("7d", 604_800), ("1h30m", 5_400)] {
            assert_eq!(how_long(text).unwrap().as_secs(), seconds, "{text}");
        }
        for text in ["", "7", "d", "-1d", "1w", "7 days of rest", "99999d"] {
            let problem = how_long(text).unwrap_err();
            assert!(problem.contains("such as 15m"), "{problem}");
        }
    }
}
