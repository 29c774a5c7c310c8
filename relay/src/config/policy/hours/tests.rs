//! Hours across midnight, across the clocks' changes, and hours that are none.

use proptest::prelude::*;

use super::*;
use crate::config::section::Faults;

fn read(text: &str) -> Result<Hours, Vec<String>> {
    let mut faults = Faults::default();
    let mut section = Section::root(text.parse().unwrap(), &mut faults);
    let hours = Hours::read(&mut section);
    section.finish();
    let faults = faults.into_vec();
    match hours {
        Some(hours) if faults.is_empty() => Ok(hours),
        _ => Err(faults.iter().map(ToString::to_string).collect()),
    }
}

fn hours(days: &str, from: &str, to: &str, zone: &str) -> Hours {
    read(&format!(
        "days = [{days}]\nfrom = \"{from}\"\nto = \"{to}\"\nzone = \"{zone}\""
    ))
    .unwrap()
}

fn time(text: &str) -> Timestamp {
    text.parse().unwrap()
}

const WORKDAYS: &str = r#""mon", "tue", "wed", "thu", "fri""#;

#[test]
fn they_hold_by_the_clock_on_the_wall() {
    let day = hours(WORKDAYS, "08:00", "18:00", "Europe/Warsaw");
    let night = hours(r#""fri""#, "22:00", "06:00", "Europe/Warsaw");
    let whole = hours(r#""sun""#, "00:00", "24:00", "Asia/Kathmandu");
    for (hours, at, holds) in [
        // Friday in winter: one hour before UTC; in summer two.
        (&day, "2026-11-27T06:59:59Z", false),
        (&day, "2026-11-27T07:00:00Z", true),
        (&day, "2026-11-27T16:59:59Z", true),
        (&day, "2026-11-27T17:00:00Z", false),
        (&day, "2026-07-24T05:59:59Z", false),
        (&day, "2026-07-24T06:00:00Z", true),
        (&day, "2026-07-24T16:00:00Z", false),
        (&day, "2026-11-28T10:00:00Z", false),
        // It begins on Friday, and ends on Saturday.
        (&night, "2026-11-27T20:59:59Z", false),
        (&night, "2026-11-27T21:00:00Z", true),
        (&night, "2026-11-28T04:59:59Z", true),
        (&night, "2026-11-28T05:00:00Z", false),
        (&night, "2026-11-27T03:00:00Z", false),
        (&night, "2026-11-28T22:00:00Z", false),
        // Five hours and three quarters before UTC.
        (&whole, "2026-11-28T18:14:59Z", false),
        (&whole, "2026-11-28T18:15:00Z", true),
        (&whole, "2026-11-29T18:14:59Z", true),
        (&whole, "2026-11-29T18:15:00Z", false),
    ] {
        assert_eq!(hours.hold_at(time(at)), holds, "{hours} {at}");
    }
}

#[test]
fn an_hour_that_comes_twice_counts_twice_and_one_that_is_left_out_does_not_come() {
    let small = hours(r#""sun""#, "02:00", "03:00", "Europe/Warsaw");
    for (at, holds) in [
        // On 25 October 2026 it is 02:00 to 03:00 twice: first at +02:00, then at +01:00.
        ("2026-10-24T23:59:59Z", false),
        ("2026-10-25T00:00:00Z", true),
        ("2026-10-25T00:59:59Z", true),
        ("2026-10-25T01:00:00Z", true),
        ("2026-10-25T01:59:59Z", true),
        ("2026-10-25T02:00:00Z", false),
        // On 29 March 2026 the clocks go from 02:00 to 03:00.
        ("2026-03-29T00:59:59Z", false),
        ("2026-03-29T01:00:00Z", false),
        ("2026-03-29T01:30:00Z", false),
    ] {
        assert_eq!(small.hold_at(time(at)), holds, "{at}");
    }
    let next = small.next_after(time("2026-03-28T12:00:00Z")).unwrap();
    assert_eq!(
        next.timestamp(),
        time("2026-04-05T00:00:00Z"),
        "not in the hour that is left out"
    );
}

#[test]
fn the_next_time_is_right_around_a_change_of_the_clocks() {
    let sunday = |from, to| hours(r#""sun""#, from, to, "Europe/Warsaw");
    for (hours, at, next) in [
        // It would begin in the hour that is left out: so it does at that hour's end.
        (
            sunday("02:30", "04:00"),
            "2026-03-28T12:00:00Z",
            "2026-03-29T01:00:00Z",
        ),
        // All of it is left out once: two weeks.
        (
            sunday("02:00", "03:00"),
            "2026-03-22T03:00:00Z",
            "2026-04-05T00:00:00Z",
        ),
        // It begins a second time.
        (
            sunday("02:30", "03:00"),
            "2026-10-25T01:15:00Z",
            "2026-10-25T01:30:00Z",
        ),
        // The clocks are put back into it.
        (
            sunday("01:00", "02:30"),
            "2026-10-25T00:45:00Z",
            "2026-10-25T01:00:00Z",
        ),
    ] {
        let found = hours.next_after(time(at)).unwrap().timestamp();
        assert_eq!(found, time(next), "{hours} {at}");
    }
}

#[test]
fn they_say_when_they_hold_next() {
    let day = hours(WORKDAYS, "08:00", "18:00", "Europe/Warsaw");
    for (at, next) in [
        ("2026-11-27T06:00:00Z", "2026-11-27T07:00:00Z"),
        ("2026-11-27T17:00:00Z", "2026-11-30T07:00:00Z"),
        // Over the night in which the clocks are put back.
        ("2026-10-23T17:00:00Z", "2026-10-26T07:00:00Z"),
    ] {
        assert_eq!(day.next_after(time(at)).unwrap().timestamp(), time(next), "{at}");
    }
    assert_eq!(
        day.to_string(),
        "mon, tue, wed, thu, fri from 08:00 to 18:00 (Europe/Warsaw)"
    );
    let whole = hours(r#""sun""#, "00:00", "24:00", "UTC");
    assert_eq!(whole.to_string(), "sun from 00:00 to 24:00 (UTC)");
}

#[test]
fn what_is_not_hours_is_refused() {
    let good = [
        "days = [\"mon\"]",
        "from = \"08:00\"",
        "to = \"18:00\"",
        "zone = \"UTC\"",
    ];
    for (line, replacement, key) in [
        (0, "", "days"),
        (0, "days = []", "days"),
        (0, "days = [\"Mon\"]", "days"),
        (0, "days = [\"mon-fri\"]", "days"),
        (1, "", "from"),
        (1, "from = \"24:00\"", "from"),
        (1, "from = \"8:00\"", "from"),
        (1, "from = \"08:60\"", "from"),
        (1, "from = \"+8:00\"", "from"),
        (1, "from = 08:00:00", "from"),
        (2, "to = \"24:01\"", "to"),
        (2, "to = \"08:00\"", "to"),
        (3, "", "zone"),
        (3, "zone = \"Mars/Olympus\"", "zone"),
        (3, "zone = \"../../etc/passwd\"", "zone"),
        (3, "zone = \"+01:00\"", "zone"),
        (3, "zone = \"Etc/Unknown\"", "zone"),
        (3, "zone = \"UTC\"\nuntil = 1", "until"),
    ] {
        let mut lines = good;
        lines[line] = replacement;
        let found = read(&lines.join("\n")).unwrap_err();
        assert!(
            found.len() == 1 && found[0].starts_with(key),
            "{replacement}: {found:?}"
        );
    }
}

proptest! {
    #[test]
    fn any_time_has_an_answer(
        at in Timestamp::MIN.as_second()..=Timestamp::MAX.as_second(),
        from in 0..1440_i16,
        to in 1..=1440_i16,
        zone in prop::sample::select(vec!["Europe/Warsaw", "America/St_Johns", "Pacific/Apia", "Africa/Cairo", "UTC"]),
    ) {
        prop_assume!(from != to);
        let clock = |minute: i16| format!("{:02}:{:02}", minute / 60, minute % 60);
        let hours = hours(WORKDAYS, &clock(from), &clock(to), zone);
        let at = Timestamp::from_second(at).unwrap();
        let _ = hours.hold_at(at);
        if let Some(next) = hours.next_after(at) {
            prop_assert!(next.timestamp() > at);
            prop_assert!(hours.hold_at(next.timestamp()), "{} {} {}", hours, at, next);
            if !hours.hold_at(at) {
                let minutes = (1..(next.timestamp() - at).as_mins()).step_by(7);
                let earlier = minutes.map(|minute| at + minute.minutes()).find(|early| hours.hold_at(*early));
                prop_assert_eq!(earlier, None, "{} {} {}", hours, at, next);
            }
        }
    }
}
