//! What a person is told whom a limit refused: which one, how many, when again, and who can change it.

use stagedoor_protocol::ErrorCode;

use crate::{
    error::ApiError,
    store::{Limit, LimitReached},
};

/// The refusal.
pub(crate) fn refusal(reached: &LimitReached) -> ApiError {
    let LimitReached { limit, most, .. } = reached;
    // Rounded up: at that time it must be true.
    let seconds = u32::try_from(reached.wait.as_millis().div_ceil(1000).max(1)).unwrap_or(u32::MAX);
    let plural = if *most == 1 { "" } else { "s" };
    let why = match limit {
        Limit::StaffPerMinute => format!(
            "You have opened customers too fast: {most} login{plural} a minute is the most for one person."
        ),
        Limit::StaffPerDay => {
            format!("You have opened as many customers as one person may in a day: {most} login{plural}.")
        }
        Limit::ProfilePerMinute => format!(
            "This browser profile has opened customers too fast: {most} login{plural} a minute is the most for one profile."
        ),
        Limit::CustomerPerHour => format!(
            "This customer was opened too often, by you or by colleagues: {most} login{plural} an hour is the most for one \
             customer."
        ),
        Limit::BrokerPerMinute => format!(
            "The whole desk has made as many logins at this broker as it may: {most} a minute, so that the broker refuses none."
        ),
        Limit::StaffPreviewsPerHour => {
            format!("You have looked at as many accounts as one person may in an hour: {most}.")
        }
        Limit::BrokerPreviewsPerMinute => format!(
            "The whole desk has looked at as many accounts at this broker as it may: {most} a minute, so that no login waits."
        ),
    };
    let rule = format!("limits.{}", limit.as_str());
    let detail = format!(
        "{why} Nothing was opened. Try again in {}; the administrator can change the limit. (Rule: {rule})",
        in_words(seconds)
    );
    ApiError::new(ErrorCode::TooManyRequests)
        .detail(detail)
        .rule(rule)
        .retry_after(seconds)
}

fn in_words(seconds: u32) -> String {
    let count = |count: u32, noun: &str| format!("{count} {noun}{}", if count == 1 { "" } else { "s" });
    match seconds {
        0..120 => count(seconds, "second"),
        120..7200 => count(seconds.div_ceil(60), "minute"),
        _ => count(seconds.div_ceil(3600), "hour"),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use axum::response::IntoResponse;

    use super::*;

    #[test]
    fn it_says_which_limit_how_many_when_and_who() {
        for (limit, wait, expected) in [
            (Limit::StaffPerMinute, 2_001, "3 seconds"),
            (Limit::StaffPerDay, 9_000_000, "3 hours"),
            (Limit::ProfilePerMinute, 0, "1 second;"),
            (Limit::CustomerPerHour, 600_000, "10 minutes"),
            (Limit::BrokerPerMinute, 150, "1 second;"),
        ] {
            let reached = LimitReached {
                limit,
                most: 17,
                wait: Duration::from_millis(wait),
                first: false,
            };
            let error = refusal(&reached);
            let text = format!("{error:?}");
            assert!(text.contains(expected) && text.contains("17"), "{text}");
            assert!(text.contains("administrator"), "{text}");
            let rule = format!("(Rule: limits.{})", limit.as_str());
            assert!(text.contains(&rule), "{text}");
            let response = error.into_response();
            assert_eq!(response.status(), 429);
            let seconds = wait.div_ceil(1000).max(1).to_string();
            assert_eq!(response.headers()["retry-after"], seconds.as_str());
        }
    }
}
