//! `hours` of a grant: days of the week and times of the day, in a time zone.
//!
//! Times are those that a clock on the wall of that zone shows, so daylight saving is followed: an hour that comes twice
//! counts twice, and one that is left out does not come.

use std::fmt;

use jiff::{
    Timestamp, ToSpan, ZonedDateTime,
    civil::{Date, Weekday},
    tz::{TimeZone, TimeZoneDatabase},
};

use crate::config::section::Section;

const DAYS: [(&str, Weekday); 7] = [
    ("mon", Weekday::Monday),
    ("tue", Weekday::Tuesday),
    ("wed", Weekday::Wednesday),
    ("thu", Weekday::Thursday),
    ("fri", Weekday::Friday),
    ("sat", Weekday::Saturday),
    ("sun", Weekday::Sunday),
];

/// How many days are looked at for the next time.
const LOOK_AHEAD: usize = 16;

/// When a grant holds.
#[derive(Debug, Clone)]
pub struct Hours {
    /// Days on which it begins to hold.
    days: Vec<Weekday>,
    /// From this minute of the day on.
    from: i16,
    /// Up to this one, of the next day if it is not later; 1440 is midnight.
    to: i16,
    zone: TimeZone,
}

impl Hours {
    pub(super) fn read(section: &mut Section<'_>) -> Option<Self> {
        let days = section.list("days", parse_day);
        if days.as_ref().is_some_and(Vec::is_empty) {
            section.fault(
                "days",
                "names none; e.g. [\"mon\", \"tue\", \"wed\", \"thu\", \"fri\"]",
            );
        }
        let from = section.parsed("from", |text| parse_minute(text, 23 * 60 + 59));
        let to = section.parsed("to", |text| parse_minute(text, 24 * 60));
        let zone = section.parsed("zone", |text| {
            // Bundled, so that a rule means the same on every host; a name alone, because a path would read a file.
            let zone = TimeZoneDatabase::bundled().get(text).ok();
            zone.filter(|zone| !zone.is_unknown()).ok_or_else(|| {
                "is not a time zone that is known here; e.g. \"Europe/Warsaw\" or \"UTC\"".to_owned()
            })
        });
        let (from, to) = (from?, to?);
        if from == to {
            section.fault("to", "equals from; a whole day is from \"00:00\" to \"24:00\"");
            return None;
        }
        let hours = Self {
            days: days.filter(|days| !days.is_empty())?,
            from,
            to,
            zone: zone?,
        };
        Some(hours)
    }

    /// Whether it holds at a time.
    pub fn hold_at(&self, at: Timestamp) -> bool {
        let local = self.local(at);
        let minute = i16::from(local.hour()) * 60 + i16::from(local.minute());
        let today = self.days.contains(&local.weekday());
        if self.from < self.to {
            return today && (self.from..self.to).contains(&minute);
        }
        let yesterday = self.days.contains(&local.weekday().previous());
        today && minute >= self.from || yesterday && minute < self.to
    }

    /// A time as the zone's clocks show it, in words.
    pub fn clock_at(&self, at: Timestamp) -> String {
        self.local(at)
            .strftime("%a %Y-%m-%d %H:%M")
            .to_string()
            .to_lowercase()
    }

    /// When it begins to hold next, after a time at which it does not hold, as the zone's clocks show it. `None` if that is
    /// further away than two weeks and a day: a day on which the clocks leave all of it out may come once in between.
    pub fn next_after(&self, at: Timestamp) -> Option<ZonedDateTime> {
        let today = self.local(at).date();
        let days = today.series(1.day()).take(LOOK_AHEAD);
        // It begins at its time of the day, which may come twice or not at all, or when the clocks are changed.
        let changes = self.zone.following(at).take(1).map(|change| change.timestamp());
        days.flat_map(|day| self.begins_on(day))
            .chain(changes)
            .filter(|begin| *begin > at && self.hold_at(*begin))
            .min()
            .map(|begin| self.local(begin))
    }

    fn begins_on(&self, day: Date) -> impl Iterator<Item = Timestamp> {
        let time = self.days.contains(&day.weekday()).then(|| {
            let begin = day.at(0, 0, 0, 0).checked_add(i64::from(self.from).minutes());
            begin.map(|begin| self.zone.to_ambiguous_timestamp(begin))
        });
        let time = time.and_then(Result::ok);
        let either = time.map(|time| [time.earlier(), time.later()]);
        either.into_iter().flatten().flatten()
    }

    fn local(&self, at: Timestamp) -> ZonedDateTime {
        at.to_zoned_datetime(self.zone.clone())
    }
}

impl fmt::Display for Hours {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let days = DAYS.iter().filter(|(_, day)| self.days.contains(day));
        let days = days.map(|(name, _)| *name).collect::<Vec<_>>().join(", ");
        let clock = |minute: i16| format!("{:02}:{:02}", minute / 60, minute % 60);
        let (from, to) = (clock(self.from), clock(self.to));
        let zone = self.zone.iana_name().unwrap_or("UTC");
        write!(f, "{days} from {from} to {to} ({zone})")
    }
}

fn parse_day(text: &str) -> Result<Weekday, String> {
    let known = DAYS.iter().find(|(name, _)| *name == text);
    known.map(|(_, day)| *day).ok_or_else(|| {
        let names = DAYS.map(|(name, _)| name).join(", ");
        format!("each must be one of {names}")
    })
}

/// Reads `HH:MM` as minutes since midnight.
fn parse_minute(text: &str, most: i16) -> Result<i16, String> {
    let two = |digits: &str| {
        let plain = digits.len() == 2 && digits.bytes().all(|byte| byte.is_ascii_digit());
        plain.then(|| digits.parse::<i16>().ok()).flatten()
    };
    text.split_once(':')
        .and_then(|(hour, minute)| Some((two(hour)?, two(minute).filter(|minute| *minute < 60)?)))
        .map(|(hour, minute)| hour * 60 + minute)
        .filter(|minute| *minute <= most)
        .ok_or_else(|| format!("must be a time from 00:00 to {:02}:{:02}", most / 60, most % 60))
}

#[cfg(test)]
mod tests;
