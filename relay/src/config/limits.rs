//! `[limits]`: how many logins one person, browser profile, customer and broker may have.

use stagedoor_protocol::CustomerEmail;

use super::section::Section;
use crate::spelling::likeness;
use crate::{
    auth::sha256,
    store::{Intent, Limit, LimitUse, LimitUses, StaffId, Turn},
};

/// A person at a busy desk: one customer every three seconds, for a minute.
const STAFF_PER_MINUTE: u32 = 20;
/// A person at a busy desk makes hundreds.
const STAFF_PER_DAY: u32 = 1000;
/// As one person: most have one profile.
const PROFILE_PER_MINUTE: u32 = 20;
/// The same customer, again and again, by a whole team.
const CUSTOMER_PER_HOUR: u32 = 60;
/// Below what the broker takes, with room for what else uses the key.
const BROKER_PER_MINUTE: u32 = 400;
/// What the broker takes from one API key.
const BROKER_ALLOWS: u32 = 500;
/// A tenth of it may come at once, which must be one login.
const LEAST_PER_BROKER: u32 = 10;
/// A person at a busy desk looks at a customer every half minute, and goes back to some; a list of names takes longer.
const STAFF_PREVIEWS_PER_HOUR: u32 = 120;
/// More than a desk ever has: a limit that does not limit.
const MOST: u32 = 10_000_000;

/// How many logins there may be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LimitRules {
    /// Of one person, in a minute.
    pub staff_per_minute: u32,
    /// Of one person, in a day.
    pub staff_per_day: u32,
    /// With one browser profile, in a minute.
    pub profile_per_minute: u32,
    /// As one customer, in an hour.
    pub customer_per_hour: u32,
    /// At one broker, in any minute.
    pub broker_per_minute: u32,
    /// Looks of one person at accounts, in an hour.
    pub staff_previews_per_hour: u32,
    /// Looks at accounts at one broker, in any minute, besides its logins.
    pub broker_previews_per_minute: u32,
}

impl Default for LimitRules {
    fn default() -> Self {
        Self {
            staff_per_minute: STAFF_PER_MINUTE,
            staff_per_day: STAFF_PER_DAY,
            profile_per_minute: PROFILE_PER_MINUTE,
            customer_per_hour: CUSTOMER_PER_HOUR,
            broker_per_minute: BROKER_PER_MINUTE,
            staff_previews_per_hour: STAFF_PREVIEWS_PER_HOUR,
            broker_previews_per_minute: half_of_the_room(BROKER_PER_MINUTE, BROKER_ALLOWS),
        }
    }
}

impl LimitRules {
    pub(super) fn read(section: &mut Section<'_>) -> Option<Self> {
        let staff_per_minute = section.number_or("staff_per_minute", STAFF_PER_MINUTE, 1, MOST);
        let staff_per_day = section.number_or("staff_per_day", STAFF_PER_DAY, 1, MOST);
        let profile_per_minute = section.number_or("profile_per_minute", PROFILE_PER_MINUTE, 1, MOST);
        let customer_per_hour = section.number_or("customer_per_hour", CUSTOMER_PER_HOUR, 1, MOST);
        let broker = section.number_or("broker_per_minute", BROKER_PER_MINUTE, LEAST_PER_BROKER, MOST);
        let allows = section.number_or("broker_allows_per_minute", BROKER_ALLOWS, LEAST_PER_BROKER, MOST);
        let staff_previews_per_hour =
            section.number_or("staff_previews_per_hour", STAFF_PREVIEWS_PER_HOUR, 1, MOST);
        let room = half_of_the_room(broker.unwrap_or_default(), allows.unwrap_or_default());
        let previews = section.number_or("broker_previews_per_minute", room, 1, MOST);
        let (broker_per_minute, allows) = (broker?, allows?);
        if broker_per_minute >= allows {
            section.fault(
                "broker_per_minute",
                format!(
                    "must be less than the {allows} requests a minute that the broker takes: what is beyond them it refuses \
                     for everybody; lower it, or write what the broker has granted into limits.broker_allows_per_minute"
                ),
            );
            return None;
        }
        let broker_previews_per_minute = previews?;
        if broker_per_minute.saturating_add(broker_previews_per_minute) > allows {
            section.fault(
                "broker_previews_per_minute",
                format!(
                    "is more than limits.broker_per_minute leaves of the {allows} requests a minute that the broker takes, and \
                     logins must not wait for it; lower one of the two"
                ),
            );
            return None;
        }
        Some(Self {
            staff_per_minute: staff_per_minute?,
            staff_per_day: staff_per_day?,
            profile_per_minute: profile_per_minute?,
            customer_per_hour: customer_per_hour?,
            broker_per_minute,
            staff_previews_per_hour: staff_previews_per_hour?,
            broker_previews_per_minute,
        })
    }

    /// What a look at an account is counted in: nothing that a login is counted in, so it makes none wait.
    pub(crate) fn preview_uses(&self, staff: StaffId, token_scope: &str) -> LimitUses {
        let wanted = |limit, key, most| LimitUse { limit, key, most };
        LimitUses {
            uses: vec![
                wanted(
                    Limit::StaffPreviewsPerHour,
                    staff.to_string(),
                    self.staff_previews_per_hour,
                ),
                wanted(
                    Limit::BrokerPreviewsPerMinute,
                    token_scope.to_owned(),
                    self.broker_previews_per_minute,
                ),
            ],
            turn: Turn::Now,
        }
    }

    /// What a login is counted in.
    pub(crate) fn uses(&self, intent: &Intent) -> LimitUses {
        let wanted = |limit, key, most| LimitUse { limit, key, most };
        let staff = intent.staff.id.to_string();
        let uses = vec![
            wanted(Limit::StaffPerMinute, staff.clone(), self.staff_per_minute),
            wanted(Limit::StaffPerDay, staff, self.staff_per_day),
            wanted(
                Limit::ProfilePerMinute,
                intent.key_id.as_str().to_owned(),
                self.profile_per_minute,
            ),
            wanted(
                Limit::CustomerPerHour,
                customer_key(&intent.customer_email),
                self.customer_per_hour,
            ),
            wanted(
                Limit::BrokerPerMinute,
                intent.token_scope.clone(),
                self.broker_per_minute,
            ),
        ];
        LimitUses {
            uses,
            turn: Turn::Wait,
        }
    }
}

/// Of what logins leave of the broker's requests, the other half is for what else uses the key.
fn half_of_the_room(logins: u32, allows: u32) -> u32 {
    (allows.saturating_sub(logins) / 2).max(1)
}

/// A hash, so that the table is no further list of customers' addresses. Whoever has an address can still tell whether it is
/// there, so the row goes with the hour.
fn customer_key(customer: &CustomerEmail) -> String {
    let folded = likeness(customer);
    let hash = sha256(format!("customer_per_hour {folded}").as_bytes());
    hash.iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::section::Faults;

    fn parse(section: &str) -> Result<LimitRules, String> {
        let table = format!("[limits]\n{section}").parse().unwrap();
        let mut faults = Faults::default();
        let rules = Section::root(table, &mut faults).section("limits", LimitRules::read);
        let faults = faults.into_vec();
        let texts: Vec<String> = faults.iter().map(ToString::to_string).collect();
        rules
            .filter(|_| faults.is_empty())
            .ok_or_else(|| texts.join("\n"))
    }

    #[test]
    fn each_can_be_left_out_and_changed() {
        assert_eq!(parse(""), Ok(LimitRules::default()));
        for key in [
            "staff_per_minute",
            "staff_per_day",
            "profile_per_minute",
            "customer_per_hour",
            "broker_per_minute",
            "staff_previews_per_hour",
            "broker_previews_per_minute",
        ] {
            let rules = parse(&format!("{key} = 17")).unwrap();
            let text = format!("{rules:?}");
            assert!(text.contains(&format!("{key}: 17")), "{text}");
            assert_eq!(text.matches("17").count(), 1, "{text}");
        }
    }

    #[test]
    fn faults_name_cause_and_cure() {
        for (section, expected) in [
            (
                "staff_per_minute = 0",
                "limits.staff_per_minute: must be 1 to 10000000",
            ),
            (
                "staff_per_day = \"off\"",
                "limits.staff_per_day: must be a whole number",
            ),
            ("broker_per_minute = 9", "limits.broker_per_minute: must be 10 to"),
            (
                "broker_per_minute = 500",
                "limits.broker_per_minute: must be less than the 500 requests a minute that the broker takes",
            ),
            (
                "broker_allows_per_minute = 300",
                "limits.broker_per_minute: must be less than the 300",
            ),
            (
                "broker_previews_per_minute = 101",
                "limits.broker_previews_per_minute: is more than limits.broker_per_minute leaves of the 500",
            ),
            (
                "staff_previews_per_hour = 0",
                "limits.staff_previews_per_hour: must be 1 to",
            ),
            ("per_minute = 1", "limits.per_minute: is not a key"),
        ] {
            let fault = parse(section).unwrap_err();
            assert!(fault.contains(expected), "{fault}");
        }
        let more = parse("broker_per_minute = 900\nbroker_allows_per_minute = 1000").unwrap();
        assert_eq!(
            (more.broker_per_minute, more.broker_previews_per_minute),
            (900, 50)
        );
        let full = parse("broker_per_minute = 499").unwrap();
        assert_eq!(full.broker_previews_per_minute, 1);
    }

    #[test]
    fn a_customer_is_counted_in_every_spelling_and_not_readable() {
        let key = |text: &str| customer_key(&CustomerEmail::parse(text).unwrap());
        assert_eq!(key("Jane@Customers.Example"), key("jane@customers.example"));
        assert_eq!(key("jürgen@customers.example"), key("jurgen@customers.example"));
        assert_ne!(key("jane@customers.example"), key("joe@customers.example"));
        assert_eq!(key("jane@customers.example").len(), 32);
    }
}
