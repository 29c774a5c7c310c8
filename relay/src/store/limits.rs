//! Limits on logins: how many one person, profile, customer or broker may have. A login is counted in the very transaction that
//! records its intent, so a limit holds across all relays of a store; one that is refused is counted nowhere.

use std::time::Duration;

/// A login, in the parts that rows count: a bucket drains by less than a whole one at a time.
const ONE: i64 = 1000;
const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// What is limited.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Limit {
    /// Logins of one person, in a burst.
    StaffPerMinute,
    /// Logins of one person in a day.
    StaffPerDay,
    /// Logins with one browser profile.
    ProfilePerMinute,
    /// Logins as one customer, whoever makes them.
    CustomerPerHour,
    /// Logins at one broker, whoever makes them.
    BrokerPerMinute,
    /// Looks of one person at accounts.
    StaffPreviewsPerHour,
    /// Looks at accounts at one broker, whoever takes them.
    BrokerPreviewsPerMinute,
}

impl Limit {
    /// The key in `[limits]`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::StaffPerMinute => "staff_per_minute",
            Self::StaffPerDay => "staff_per_day",
            Self::ProfilePerMinute => "profile_per_minute",
            Self::CustomerPerHour => "customer_per_hour",
            Self::BrokerPerMinute => "broker_per_minute",
            Self::StaffPreviewsPerHour => "staff_previews_per_hour",
            Self::BrokerPreviewsPerMinute => "broker_previews_per_minute",
        }
    }

    /// Within what it counts, in milliseconds. The relay tells of a limit that is reached once in such a time.
    fn period(self) -> i64 {
        match self {
            Self::StaffPerMinute
            | Self::ProfilePerMinute
            | Self::BrokerPerMinute
            | Self::BrokerPreviewsPerMinute => MINUTE,
            Self::CustomerPerHour | Self::StaffPreviewsPerHour => HOUR,
            Self::StaffPerDay => DAY,
        }
    }
}

/// A limit that a login is counted in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LimitUse {
    /// Which.
    pub limit: Limit,
    /// Whose: the number of a person, the id of a key, the hash of a customer's address, the address of a broker's API.
    pub key: String,
    /// How many there may be, by the configuration.
    pub most: u32,
}

/// The limits that a login is counted in; none by default.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LimitUses {
    /// Each of them.
    pub uses: Vec<LimitUse>,
    /// What becomes of it when the broker has had as many as it may.
    pub turn: Turn,
}

/// What becomes of a login when the broker has had as many as it may.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Turn {
    /// It is refused.
    #[default]
    Now,
    /// It would rather wait, and is told how long.
    Wait,
    /// It has given up waiting, and is refused in any case: whoever still waits comes first.
    Never,
}

/// A limit that refused a login.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LimitReached {
    /// Which.
    pub limit: Limit,
    /// How many there may be.
    pub most: u32,
    /// In what time the next one would be let through, if nobody else comes before.
    pub wait: Duration,
    /// Whether it is the first that this limit refused for a while, so that it is worth telling.
    pub first: bool,
}

/// What the store knows of one limit of one person, profile, customer or broker. Times are in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct LimitRow {
    /// When `used` was true; of a day, when it began.
    pub(super) since: i64,
    /// Thousandths of logins.
    pub(super) used: i64,
    /// When it was last told that the limit is reached.
    pub(super) told: Option<i64>,
    /// When the row does not matter any more.
    pub(super) ends: i64,
}

/// What the limits say to a login. Each row goes with the use of the same place.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Judged {
    /// Let through: these rows are to be written.
    Admitted(Vec<LimitRow>),
    /// The broker's turn would come in this time. Of a limit whose clock was set back the row is to be written.
    Busy(Duration, Option<(usize, LimitRow)>),
    /// Refused. The row of that use is to be written, if there is one: it is told, or its clock was set back.
    Reached(LimitReached, Option<(usize, LimitRow)>),
}

/// A login that one limit does not let through.
struct Refused {
    /// For so many milliseconds.
    wait: i64,
    row: LimitRow,
    /// The clock was set back, and the row is another than the store has.
    changed: bool,
}

impl Refused {
    /// There would be room, but it is for others.
    fn without_a_turn(row: LimitRow) -> Self {
        Self {
            wait: 0,
            row,
            changed: false,
        }
    }
}

/// Asks all limits. Of several that refuse the one speaks that refuses longest; the broker's only if no other does, so that
/// nobody waits for a turn who could not use it.
pub(super) fn judge(uses: &LimitUses, now: i64, row: impl Fn(&LimitUse) -> Option<LimitRow>) -> Judged {
    let mut admitted = Vec::with_capacity(uses.uses.len());
    let mut speaks: Option<(usize, &LimitUse, Refused)> = None;
    let rank = |wanted: &LimitUse, refused: &Refused| (wanted.limit != Limit::BrokerPerMinute, refused.wait);
    for (place, wanted) in uses.uses.iter().enumerate() {
        let gave_up = wanted.limit == Limit::BrokerPerMinute && uses.turn == Turn::Never;
        let asked = admit(wanted, row(wanted), now).and_then(|counted| match gave_up {
            true => Err(Refused::without_a_turn(
                row(wanted).unwrap_or(LimitRow { used: 0, ..counted }),
            )),
            false => Ok(counted),
        });
        match asked {
            Ok(row) => admitted.push(row),
            Err(refused) => {
                let least = speaks.as_ref().map(|(_, other, spoken)| rank(other, spoken));
                if least.is_none_or(|least| least < rank(wanted, &refused)) {
                    speaks = Some((place, wanted, refused));
                }
            }
        }
    }
    let Some((place, wanted, refused)) = speaks else {
        return Judged::Admitted(admitted);
    };
    let wait = Duration::from_millis(refused.wait.unsigned_abs());
    let corrected = refused.changed.then_some((place, refused.row));
    if uses.turn == Turn::Wait && wanted.limit == Limit::BrokerPerMinute {
        return Judged::Busy(wait, corrected);
    }
    let told = tell(wanted, refused.row, now);
    let reached = LimitReached {
        limit: wanted.limit,
        most: wanted.most,
        wait,
        first: told.is_some(),
    };
    Judged::Reached(reached, told.map(|row| (place, row)).or(corrected))
}

/// Counts a login; or says how long it would have to wait.
fn admit(wanted: &LimitUse, row: Option<LimitRow>, now: i64) -> Result<LimitRow, Refused> {
    let most = i64::from(wanted.most);
    match wanted.limit {
        Limit::StaffPerDay => admit_in_day(most, row, now),
        Limit::BrokerPerMinute => {
            // Never more in any minute than the configuration says: a tenth of it at once, and the rest evenly.
            let burst = (most + 9) / 10;
            admit_in_bucket(burst, most - burst, MINUTE, row, now)
        }
        Limit::BrokerPreviewsPerMinute => {
            // Never more either, but half of it at once: nobody waits for a look.
            let burst = (most + 1) / 2;
            admit_in_bucket(burst, most - burst, MINUTE, row, now)
        }
        limit => admit_in_bucket(most, most, limit.period(), row, now),
    }
}

/// So many in a day of UTC.
fn admit_in_day(most: i64, row: Option<LimitRow>, now: i64) -> Result<LimitRow, Refused> {
    let today = now.div_euclid(DAY) * DAY;
    let (since, used) = match row {
        Some(row) if row.since < today => (today, 0),
        // By the clock of a relay that is a little ahead it is tomorrow already.
        Some(row) if row.since <= today + DAY => (row.since, row.used),
        // The clock was set back. What was counted stands, and ends with this day.
        Some(row) => (today, row.used),
        None => (today, 0),
    };
    let counted = |used| LimitRow {
        since,
        used,
        told: row.and_then(|row| row.told),
        ends: since + DAY,
    };
    if used + ONE > most * ONE {
        return Err(Refused {
            wait: since + DAY - now,
            row: counted(used),
            changed: row.is_some_and(|row| row.since > since),
        });
    }
    Ok(counted(used + ONE))
}

/// So many at once, and so many more, evenly, in each period.
fn admit_in_bucket(
    burst: i64,
    refill: i64,
    period: i64,
    row: Option<LimitRow>,
    now: i64,
) -> Result<LimitRow, Refused> {
    let (stored, used) = row.map_or((now, 0), |row| (row.since, row.used));
    // A clock that was set back, or that of a relay that is behind: nothing drains until the time has come again, but nobody
    // waits for longer than a period for that.
    let set_back = stored - now > period;
    let since = if set_back { now } else { stored };
    let refill = refill.max(1) * ONE;
    let drained = i128::from((now - since).max(0)) * i128::from(refill) / i128::from(period);
    let level = used - i64::try_from(drained).unwrap_or(i64::MAX).min(used);
    let since = since.max(now);
    let drains_in = |amount: i64| {
        let exact = i128::from(amount) * i128::from(period);
        let rounded = exact / i128::from(refill) + i128::from(exact % i128::from(refill) > 0);
        i64::try_from(rounded).unwrap_or(i64::MAX)
    };
    let counted = |used| LimitRow {
        since,
        used,
        told: row.and_then(|row| row.told),
        ends: since.saturating_add(drains_in(used)),
    };
    let over = level + ONE - burst * ONE;
    if over > 0 {
        return Err(Refused {
            wait: (since - now).saturating_add(drains_in(over)),
            // As it is stored, so that asking costs nobody a fraction.
            row: row.filter(|_| !set_back).unwrap_or(counted(level)),
            changed: set_back,
        });
    }
    Ok(counted(level + ONE))
}

/// The row with a note that it is told now, unless it was within the period.
fn tell(wanted: &LimitUse, row: LimitRow, now: i64) -> Option<LimitRow> {
    let period = wanted.limit.period();
    if row.told.is_some_and(|told| (now - told).abs() < period) {
        return None;
    }
    Some(LimitRow {
        told: Some(now),
        ends: row.ends.max(now + period),
        ..row
    })
}

#[cfg(test)]
mod tests;
