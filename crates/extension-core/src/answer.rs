//! From a relay's answer to either its JSON text or a fault that says what a person can do.

use alloc::{
    boxed::Box,
    string::{String, ToString},
    vec::Vec,
};

use stagedoor_protocol::{ErrorCode, Problem};

use crate::{
    environment::{HttpAnswer, HttpFailure},
    fault::{Code, Fault},
    text::joined,
};

/// The longest text of a relay that is shown, in characters.
const MAX_DETAIL_CHARS: usize = 600;
/// The longest wait that a person is asked for, in seconds.
const LONGEST_WAIT_SECONDS: u32 = 3600;

/// The body of an answer that says yes: JSON text, or nothing for 204.
pub fn accepted(answer: HttpAnswer) -> Result<String, Box<Fault>> {
    let json = answer.status == 204 || is(&answer, "application/json");
    let fault = || Fault::with_detail(Code::RelayAnswerUnusable, describe(&answer));
    if !is_success(&answer) || !json {
        return Err(Box::new(fault()));
    }
    String::from_utf8(answer.body).map_err(|_| Code::RelayAnswerUnusable.into())
}

/// Whether the status says yes.
pub fn is_success(answer: &HttpAnswer) -> bool {
    (200..300).contains(&answer.status)
}

/// The text of the problem document in an answer that says no, if there is one.
pub fn problem_text(answer: &HttpAnswer) -> Option<&str> {
    if is(answer, "application/problem+json") {
        core::str::from_utf8(&answer.body).ok()
    } else {
        None
    }
}

/// What an answer that says no means. Without a problem document it does not come from a relay's own code, but from
/// something in front of it.
pub fn refused(answer: &HttpAnswer, problem: Option<Problem>) -> Fault {
    let wait = || {
        answer
            .retry_after
            .as_deref()
            .and_then(|text| text.trim().parse().ok())
            .map(|seconds: u32| seconds.min(LONGEST_WAIT_SECONDS))
    };
    match problem {
        Some(problem) => {
            let (code, detail) = match problem.error_code() {
                Some(code) => (Code::Relay(code), problem.detail),
                // A newer relay's code: its own words are all there is to show.
                None => (
                    Code::RelayAnswerUnusable,
                    joined(&[&problem.title, ": ", &problem.detail]),
                ),
            };
            Fault {
                code,
                detail: (!detail.is_empty()).then(|| detail.chars().take(MAX_DETAIL_CHARS).collect()),
                request_id: problem.request_id,
                retry_after: problem.retry_after_seconds.or_else(wait),
                claim: problem
                    .claim
                    .filter(|_| code == Code::Relay(ErrorCode::CustomerClaimed)),
                approver_roles: match code {
                    Code::Relay(ErrorCode::ApprovalRequired) => problem.approver_roles,
                    _ => Vec::new(),
                },
                cure: None,
            }
        }
        None => Fault {
            retry_after: wait(),
            ..Fault::with_detail(
                match answer.status {
                    429 => Code::Relay(ErrorCode::TooManyRequests),
                    // A network's own sign-in page says yes, or leads elsewhere.
                    502..=504 => Code::RelayLost,
                    _ => Code::RelayAnswerUnusable,
                },
                describe(answer),
            )
        },
    }
}

/// What it means that nothing came back.
pub fn failed(failure: HttpFailure) -> Code {
    match failure {
        HttpFailure::Unreachable => Code::RelayUnreachable,
        HttpFailure::Timeout => Code::RelayTimeout,
        HttpFailure::TooLarge => Code::RelayAnswerUnusable,
    }
}

/// Whether the media type is this one, whatever its parameters.
fn is(answer: &HttpAnswer, media_type: &str) -> bool {
    let essence = answer.content_type.split(';').next().unwrap_or_default();
    essence.trim().eq_ignore_ascii_case(media_type)
}

/// Status and media type, for whoever runs the relay. Never the body.
fn describe(answer: &HttpAnswer) -> String {
    let kind: String = answer.content_type.chars().take(60).collect();
    let between = if kind.is_empty() { "" } else { ", " };
    joined(&["HTTP ", &answer.status.to_string(), between, &kind])
}

#[cfg(test)]
#[cfg(not(target_arch = "wasm32"))]
mod tests {
    use super::*;

    fn answer(status: u16, content_type: &str, body: &str) -> HttpAnswer {
        HttpAnswer {
            status,
            content_type: content_type.into(),
            retry_after: None,
            body: body.into(),
        }
    }

    #[test]
    fn only_json_is_accepted() {
        let accept = |answer| accepted(answer).map_err(|fault| fault.detail.unwrap_or_default());
        assert_eq!(accept(answer(201, "application/json", "{}")), Ok("{}".into()));
        assert_eq!(
            accept(answer(200, "Application/JSON; charset=utf-8", "1")),
            Ok("1".into())
        );
        assert_eq!(accept(answer(204, "", "")), Ok(String::new()));
        assert_eq!(
            accept(answer(200, "text/html", "<p>")),
            Err("HTTP 200, text/html".into())
        );
        assert_eq!(accept(answer(200, "", "{}")), Err("HTTP 200".into()));
        assert_eq!(
            accept(answer(304, "application/json", "")),
            Err("HTTP 304, application/json".into())
        );
        let broken = HttpAnswer {
            body: vec![0xff],
            ..answer(200, "application/json", "")
        };
        assert_eq!(accepted(broken), Err(Code::RelayAnswerUnusable.into()));
    }

    #[test]
    fn problems_keep_the_relays_words() {
        let problem = Problem {
            retry_after_seconds: Some(7),
            ..Problem::new(ErrorCode::CustomerUnknown, "Ask support.")
        };
        let fault = refused(
            &answer(404, "application/problem+json", ""),
            Some(problem.clone()),
        );
        assert_eq!(fault.code, Code::Relay(ErrorCode::CustomerUnknown));
        assert_eq!(
            (fault.detail.as_deref(), fault.retry_after),
            (Some("Ask support."), Some(7))
        );

        let claimed: Problem = crate::testing::fixture("problem-claimed");
        let answered = answer(409, "application/problem+json", "");
        assert_eq!(refused(&answered, Some(claimed.clone())).claim, claimed.claim);
        let mislaid = Problem {
            code: "broker_failed".into(),
            ..claimed
        };
        assert_eq!(refused(&answered, Some(mislaid)).claim, None);

        let newer = Problem {
            code: "new".into(),
            title: "New".into(),
            ..problem
        };
        let fault = refused(&answer(418, "application/problem+json", ""), Some(newer));
        assert_eq!(fault.code, Code::RelayAnswerUnusable);
        assert_eq!(fault.detail.as_deref(), Some("New: Ask support."));
    }

    #[test]
    fn problem_documents_are_known_by_their_type() {
        assert_eq!(
            problem_text(&answer(500, "application/problem+json; x", "{}")),
            Some("{}")
        );
        assert_eq!(problem_text(&answer(500, "application/json", "{}")), None);
    }

    #[test]
    fn others_are_named_by_their_status() {
        for (status, code) in [
            (403, Code::RelayAnswerUnusable),
            (500, Code::RelayAnswerUnusable),
            (502, Code::RelayLost),
            (503, Code::RelayLost),
            (504, Code::RelayLost),
            (511, Code::RelayAnswerUnusable),
        ] {
            let fault = refused(&answer(status, "text/html", "<p>secret"), None);
            assert_eq!(fault.code, code, "{status}");
            assert_eq!(fault.detail, Some(std::format!("HTTP {status}, text/html")));
        }

        for (status, said, seconds) in [
            (429, " 30 ", Some(30)),
            (503, "30", Some(30)),
            (503, "86400", Some(3600)),
            (503, "Wed, 21 Oct 2015 07:28:00 GMT", None),
        ] {
            let busy = HttpAnswer {
                retry_after: Some(said.into()),
                ..answer(status, "", "")
            };
            assert_eq!(refused(&busy, None).retry_after, seconds, "{status} {said}");
        }
    }
}
