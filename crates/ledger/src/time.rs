//! The one way to write a time: `2026-11-25T03:06:42.123Z`, UTC with milliseconds (a profile of RFC 3339).

use jiff::civil::DateTime;
use jiff::tz::{Offset, TimeZone};

use crate::Timestamp;

/// How many characters a time has.
const LENGTH: usize = 24;

/// Writes a time; what is finer than a millisecond is cut off. A year before 0 is written as 0: no clock that matters
/// shows one, and nothing here may fail.
pub(crate) fn format(time: Timestamp) -> String {
    let civil = Offset::UTC.to_datetime(time);
    let mut text = *b"0000-00-00T00:00:00.000Z";
    let parts: [(usize, usize, i64); 7] = [
        (0, 4, civil.year().into()),
        (5, 2, civil.month().into()),
        (8, 2, civil.day().into()),
        (11, 2, civil.hour().into()),
        (14, 2, civil.minute().into()),
        (17, 2, civil.second().into()),
        (20, 3, civil.millisecond().into()),
    ];
    for (start, digits, value) in parts {
        let mut rest = u64::try_from(value).unwrap_or(0);
        for place in text[start..start + digits].iter_mut().rev() {
            *place = b'0' + u8::try_from(rest % 10).unwrap_or(0);
            rest /= 10;
        }
    }
    String::from_utf8_lossy(&text).into_owned()
}

/// Accepts exactly what [`format`] writes.
pub(crate) fn parse(text: &str) -> Option<Timestamp> {
    let bytes: &[u8; LENGTH] = text.as_bytes().try_into().ok()?;
    for (place, mark) in [
        (4, b'-'),
        (7, b'-'),
        (10, b'T'),
        (13, b':'),
        (16, b':'),
        (19, b'.'),
        (23, b'Z'),
    ] {
        if bytes[place] != mark {
            return None;
        }
    }
    let small = |start: usize, digits: usize| i8::try_from(number(&bytes[start..start + digits])?).ok();
    let civil = DateTime::new(
        number(&bytes[0..4])?,
        small(5, 2)?,
        small(8, 2)?,
        small(11, 2)?,
        small(14, 2)?,
        small(17, 2)?,
        i32::from(number(&bytes[20..23])?) * 1_000_000,
    );
    TimeZone::UTC.to_timestamp(civil.ok()?).ok()
}

fn number(digits: &[u8]) -> Option<i16> {
    digits.iter().try_fold(0_i16, |value, digit| {
        digit
            .is_ascii_digit()
            .then(|| value * 10 + i16::from(digit - b'0'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_text_for_one_time() {
        let text = "2026-11-25T03:06:42.123Z";
        let time = parse(text).unwrap();
        assert_eq!(time.as_millisecond(), 1_795_576_002_123);
        assert_eq!(format(time), text);
        for other in [
            "2026-11-25T03:06:42.1234Z",
            "2026-11-25T03:06:42Z",
            "2026-11-25t03:06:42.123z",
            "2026-11-25 03:06:42.123Z",
            "2026-11-25T03:06:42.123+00:00",
            "2026-11-25T03:06:42,123Z",
            "2026-02-29T03:06:42.123Z",
            "2026-13-01T03:06:42.123Z",
            "2026-11-25T24:00:00.000Z",
            "2016-12-31T23:59:60.000Z",
            "+026-11-25T03:06:42.123Z",
            "2026-11-25T03:06:4\u{0663}.12Z",
            "",
        ] {
            assert_eq!(parse(other), None, "{other}");
        }
    }

    #[test]
    fn the_ends_of_the_range_are_written() {
        for text in [
            "0000-01-01T00:00:00.000Z",
            "1969-12-31T23:59:59.999Z",
            "9999-12-30T21:59:59.999Z",
        ] {
            assert_eq!(parse(text).map(format).as_deref(), Some(text));
        }
        let finer: Timestamp = "1969-12-31T23:59:59.9999Z".parse().unwrap();
        assert_eq!(format(finer), "1969-12-31T23:59:59.999Z");
    }
}
