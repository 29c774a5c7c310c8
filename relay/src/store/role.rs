//! Roles: names that say what a staff member's work is, for rules that go by it.

use std::{collections::BTreeSet, fmt, str::FromStr};

/// How many roles a person has at most.
pub const MOST_ROLES: usize = 16;
/// How long a role's name is at most, in characters.
const LONGEST: usize = 32;

/// The name of a role: 1 to 32 characters of `a` to `z`, `0` to `9` and `-`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Role(String);

/// It is not the name of a role.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a role is named by 1 to 32 characters of a-z, 0-9 and -, such as second-line")]
pub struct RoleError;

impl Role {
    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Role {
    type Err = RoleError;

    fn from_str(text: &str) -> Result<Self, RoleError> {
        let fits = (1..=LONGEST).contains(&text.len())
            && text
                .bytes()
                .all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-'));
        fits.then(|| Self(text.to_owned())).ok_or(RoleError)
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What becomes of the roles that the administrator gives a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RoleChange {
    /// They have exactly these.
    Set(BTreeSet<Role>),
    /// They get some and lose others; a role in both is lost.
    Alter {
        /// What they get.
        add: BTreeSet<Role>,
        /// What they lose.
        remove: BTreeSet<Role>,
    },
}

impl RoleChange {
    /// The roles afterwards; `None` if there would be more than [`MOST_ROLES`].
    pub(super) fn apply(&self, before: &BTreeSet<Role>) -> Option<BTreeSet<Role>> {
        let after: BTreeSet<Role> = match self {
            Self::Set(roles) => roles.clone(),
            Self::Alter { add, remove } => &(before | add) - remove,
        };
        (after.len() <= MOST_ROLES).then_some(after)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn roles(names: &str) -> BTreeSet<Role> {
        names
            .split_whitespace()
            .map(|name| name.parse().unwrap())
            .collect()
    }

    #[test]
    fn names() {
        let longest = "x".repeat(32);
        for name in ["a", "second-line", "0", "-", &longest] {
            assert_eq!(name.parse::<Role>().unwrap().as_str(), name);
        }
        let too_long = "x".repeat(33);
        for name in ["", " ", "a b", "Desk", "a_b", "a,b", "ä", "a\n", &too_long] {
            assert_eq!(name.parse::<Role>(), Err(RoleError), "{name:?}");
        }
    }

    #[test]
    fn a_change_gives_and_takes_and_stops_at_the_limit() {
        let before = roles("desk vip");
        let alter = |add, remove| RoleChange::Alter {
            add: roles(add),
            remove: roles(remove),
        };
        for (change, after) in [
            (RoleChange::Set(roles("lead")), "lead"),
            (RoleChange::Set(roles("")), ""),
            (alter("lead desk", ""), "desk lead vip"),
            (alter("", "vip absent"), "desk"),
            (alter("lead", "lead vip"), "desk"),
        ] {
            assert_eq!(change.apply(&before), Some(roles(after)), "{change:?}");
        }
        let many = (0..MOST_ROLES - 2).map(|n| format!("r{n} ")).collect::<String>();
        assert_eq!(alter(&many, "").apply(&before).unwrap().len(), MOST_ROLES);
        let more = format!("{many}one-more");
        assert_eq!(alter(&more, "").apply(&before), None);
        assert_eq!(alter(&more, "desk").apply(&before).unwrap().len(), MOST_ROLES);
    }
}
