//! `[login]`: how long a token lives, whether a reason is asked for, and whether the window is isolated.

use stagedoor_protocol::{Isolation, ReasonMode, limits::MAX_REASON_CHARS};

use super::section::Section;

/// A token's usual life in seconds, as in the broker's guide.
const DEFAULT_VALIDITY: u32 = 30;
/// Beyond this the operator must say so in so many words.
const MAX_VALIDITY: u32 = 60;
/// The longest life in the broker's samples: an hour.
pub(super) const MAX_LONG_VALIDITY: u32 = 3600;

/// Rules for logins.
#[derive(Debug, Clone)]
pub struct Login {
    /// How long a token is good for, in seconds.
    pub validity_seconds: u32,
    /// Whether a reason is asked for.
    pub reason: ReasonMode,
    /// Shortest reason in characters; at least 1 where one is required.
    pub reason_min_length: u32,
    /// Whether the extension must open an isolated window.
    pub isolation: Isolation,
}

impl Login {
    pub(super) fn read(section: &mut Section<'_>) -> Option<Self> {
        let long = section.flag("allow_long_validity");
        let max = if long == Some(true) {
            MAX_LONG_VALIDITY
        } else {
            MAX_VALIDITY
        };
        let too_long = section.number_or("validity_seconds", DEFAULT_VALIDITY, 1, MAX_LONG_VALIDITY);
        let validity_seconds = too_long.filter(|seconds| *seconds <= max);
        if too_long.is_some() && validity_seconds.is_none() {
            section.fault(
                "validity_seconds",
                format!(
                    "a token is a customer's account for that long, so more than {MAX_VALIDITY} needs \
                     login.allow_long_validity = true"
                ),
            );
        }
        let reason = section.parsed_or("reason", ReasonMode::Optional, parse_reason);
        let max_chars = u32::try_from(MAX_REASON_CHARS).unwrap_or(u32::MAX);
        let min_length = section.number_or("reason_min_length", 0, 0, max_chars);
        let isolation = section.parsed_or("isolation", Isolation::Required, parse_isolation);
        let (reason, min_length) = (reason?, min_length?);
        if reason == ReasonMode::Off && min_length > 0 {
            section.fault(
                "reason_min_length",
                "has no use while login.reason is \"off\"; remove one of the two",
            );
        }
        let floor = u32::from(reason == ReasonMode::Required);
        Some(Self {
            validity_seconds: validity_seconds?,
            reason,
            reason_min_length: min_length.max(floor),
            isolation: isolation?,
        })
    }
}

pub(super) fn parse_reason(text: &str) -> Result<ReasonMode, String> {
    match text {
        "off" => Ok(ReasonMode::Off),
        "optional" => Ok(ReasonMode::Optional),
        "required" => Ok(ReasonMode::Required),
        _ => Err("must be \"off\", \"optional\" or \"required\"".to_owned()),
    }
}

pub(super) fn parse_isolation(text: &str) -> Result<Isolation, String> {
    match text {
        "required" => Ok(Isolation::Required),
        "preferred" => Ok(Isolation::Preferred),
        "off" => Ok(Isolation::Off),
        _ => Err("must be \"required\", \"preferred\" or \"off\"".to_owned()),
    }
}
