//! `ticket` and `ticket_pattern` of a grant.

use regex::{Regex, RegexBuilder};

use crate::config::section::Section;

/// The longest pattern, in bytes.
const LONGEST_PATTERN: usize = 200;
/// The largest compiled pattern, in bytes. With the length of a ticket it bounds the time of a match.
const LARGEST_PROGRAM: usize = 16 * 1024;

/// What is wanted of a ticket.
#[derive(Debug, Clone, Default)]
pub struct TicketRule {
    /// Whether there must be one.
    pub required: bool,
    /// What all of a ticket must look like, where there is one.
    pub pattern: Option<Regex>,
}

impl TicketRule {
    pub(super) fn read(section: &mut Section<'_>) -> Option<Self> {
        let required = section.parsed_or("ticket", false, |text| match text {
            "required" => Ok(true),
            "optional" => Ok(false),
            _ => Err("must be \"optional\" or \"required\"".to_owned()),
        });
        let pattern = section.parsed_or("ticket_pattern", None, |text| parse_pattern(text).map(Some));
        Some(Self {
            required: required?,
            pattern: pattern?,
        })
    }

    /// Whether a ticket fits the pattern.
    pub fn fits(&self, ticket: &str) -> bool {
        self.pattern
            .as_ref()
            .is_none_or(|pattern| pattern.is_match(ticket))
    }
}

/// Compiles a pattern that a whole ticket must match.
fn parse_pattern(text: &str) -> Result<Regex, String> {
    let wrong = |error: &regex::Error| match error {
        regex::Error::CompiledTooBig(_) => {
            "is too large when compiled; write [0-9] instead of \\d, and smaller repetitions".to_owned()
        }
        _ => "is not a regular expression (syntax of the crate regex), e.g. \"SUP-[0-9]{1,8}\"".to_owned(),
    };
    if text.is_empty() || text.len() > LONGEST_PATTERN {
        return Err(format!("must be 1 to {LONGEST_PATTERN} bytes"));
    }
    // By itself first: what only fits together with the anchors would end their group, and so escape them.
    compile(text).map_err(|error| wrong(&error))?;
    compile(&format!(r"\A(?:{text})\z")).map_err(|error| wrong(&error))
}

fn compile(pattern: &str) -> Result<Regex, regex::Error> {
    RegexBuilder::new(pattern)
        .size_limit(LARGEST_PROGRAM)
        .dfa_size_limit(LARGEST_PROGRAM)
        .nest_limit(32)
        .build()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_of_a_ticket_must_fit() {
        for (pattern, ticket, fits) in [
            ("SUP-[0-9]{1,8}", "SUP-1", true),
            ("SUP-[0-9]{1,8}", "xSUP-1", false),
            ("SUP-[0-9]{1,8}", "SUP-1x", false),
            ("SUP-[0-9]{1,8}", "SUP-1\n", false),
            ("A|B", "A", true),
            ("A|B", "B", true),
            ("A|B", "AB", false),
            ("A|AB", "AB", true),
            ("(?m)^A$", "A\nA", false),
            ("(?i)sup-1", "SUP-1", true),
        ] {
            let rule = TicketRule {
                required: false,
                pattern: Some(parse_pattern(pattern).unwrap()),
            };
            assert_eq!(rule.fits(ticket), fits, "{pattern} {ticket:?}");
        }
    }

    #[test]
    fn patterns_cannot_escape_their_anchors_or_grow() {
        let long = "a".repeat(201);
        let deep = format!("{}a{}", "(".repeat(60), ")".repeat(60));
        for pattern in [
            "A)|(?:B",
            "(",
            "(?x)A #",
            "",
            "[0-9]{1,1000000}",
            r"(\w{1,100}){1,100}",
            &long,
            &deep,
        ] {
            assert!(parse_pattern(pattern).is_err(), "{pattern}");
        }
    }
}
