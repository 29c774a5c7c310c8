//! The golden messages, read and written; and what is not taken from a relay.

use serde::{Serialize, de::DeserializeOwned};

use stagedoor_protocol::{Approval, ApprovalDecision, ApprovalRequest, WaitingApprovals};

use super::*;
use crate::testing::{fixture, fixture_text};

/// Writes a golden message and expects its very content.
fn writes<T: ToJson + DeserializeOwned>(name: &str) {
    let message: T = fixture(name);
    let written: serde_json::Value = serde_json::from_str(&message.to_json()).unwrap();
    assert_eq!(written, fixture::<serde_json::Value>(name), "{name}");
}

/// Reads a golden message and expects what the protocol's own code reads.
fn reads<T: Serialize>(name: &str, read: impl Fn(Value) -> Option<T>) {
    let value = Value::parse(&fixture_text(name)).unwrap();
    let read = read(value.clone()).unwrap_or_else(|| panic!("{name} cannot be read"));
    assert_eq!(
        serde_json::to_value(read).unwrap(),
        fixture::<serde_json::Value>(name),
        "{name}"
    );
}

/// Leaves out one member after the other and expects that only the named ones can be missed.
fn needs<T>(name: &str, read: impl Fn(Value) -> Option<T>, optional: &[&str]) {
    let Value::Object(members) = Value::parse(&fixture_text(name)).unwrap() else {
        panic!("{name} is not an object")
    };
    for (index, (member, _)) in members.iter().enumerate() {
        let mut fewer = members.clone();
        fewer.remove(index);
        let missed = read(Value::Object(fewer)).is_some();
        assert_eq!(
            missed,
            optional.contains(&member.as_str()),
            "{name} without {member}"
        );
    }
}

#[test]
fn requests_are_written_as_the_golden_ones() {
    writes::<LoginRequest>("login-request");
    writes::<LoginRequest>("login-request-minimal");
    writes::<LoginRequest>("login-request-override");
    writes::<LoginRequest>("login-request-approved");
    writes::<ApprovalRequest>("approval-request");
    writes::<ApprovalDecision>("approval-decision-approve");
    writes::<ApprovalDecision>("approval-decision-decline");
    writes::<Session>("session-approver");
    writes::<Session>("session-preview");
    let request = preview_request("main", "jane.roe@customers.example");
    assert_eq!(
        Value::parse(&request),
        Value::parse(&fixture_text("preview-request"))
    );
    writes::<EnrolmentRequest>("enrolment-request");
    writes::<SignInRequest>("sign-in-request");
    writes::<OutcomeReport>("outcome-opened");
    writes::<OutcomeReport>("outcome-failed");
    writes::<Session>("session");
    writes::<Session>("session-rules");
}

#[test]
fn answers_are_read_as_the_protocol_reads_them() {
    reads("login-response", read_login);
    reads("session", |value| Session::read(&value));
    reads("session-rules", |value| Session::read(&value));
    reads("session-approver", |value| Session::read(&value));
    reads("session-preview", |value| Session::read(&value));
    let told = |name| status(&Value::parse(&fixture_text(name)).unwrap());
    assert_eq!((told("preview"), told("preview-bare")), ("verified", "unknown"));
    for name in ["approval-waiting", "approval-approved", "approval-declined"] {
        reads(name, |value| Approval::read(&value));
    }
    reads("approvals-waiting", |value| {
        read_list(value.get("requests")).map(|requests| WaitingApprovals { requests })
    });
    reads("problem-approval", |value| Problem::read(&value));
    reads("enrolment-response", |value| EnrolmentResponse::read(&value));
    reads("sign-in-offer", |value| SignInOffer::read(&value));
    reads("sign-in-response", |value| SignInResponse::read(&value));
    reads("problem", |value| Problem::read(&value));
    reads("problem-claimed", |value| Problem::read(&value));
    reads("problem-rule", |value| Problem::read(&value));
}

#[test]
fn a_claim_is_bounded_and_cannot_disguise_anything() {
    let claim = |change: &dyn Fn(&mut serde_json::Value)| {
        let mut problem: serde_json::Value = fixture("problem-claimed");
        change(&mut problem["claim"]);
        let problem = Problem::read(&Value::parse(&problem.to_string()).unwrap()).unwrap();
        assert_eq!(
            problem.error_code(),
            Some(stagedoor_protocol::ErrorCode::CustomerClaimed)
        );
        problem.claim
    };
    let name = |name: &str| claim(&|claim| claim["staffName"] = name.into()).map(|claim| claim.staff_name);
    assert_eq!(
        name(" Maria\n\u{202E}Silva\u{200B} ").as_deref(),
        Some("Maria Silva")
    );
    assert_eq!(
        name("<b>Maria</b>").as_deref(),
        Some("<b>Maria</b>"),
        "shown as text"
    );
    assert_eq!(
        name(&"x".repeat(5_000)),
        Some(["x".repeat(40).as_str(), "…"].concat())
    );
    assert_eq!((name(""), name("\u{200B} ")), (None, None));

    for member in ["heldSeconds", "remainingSeconds"] {
        for wrong in ["-1", "86401", "4294967296", "1.5", "\"7\"", "null"] {
            let wrong: serde_json::Value = serde_json::from_str(wrong).unwrap();
            assert_eq!(
                claim(&|claim| claim[member] = wrong.clone()),
                None,
                "{member} {wrong}"
            );
        }
        assert!(claim(&|claim| claim[member] = 86_400.into()).is_some());
    }
    for id in ["", "018BCFE5-6800-7FFF-BFFF-FFFFFFFFFFFF", "../x"] {
        assert_eq!(claim(&|claim| claim["requestId"] = id.into()), None, "{id:?}");
    }
    assert_eq!(claim(&|claim| *claim = "Maria".into()), None);
    for (said, read) in [("true", true), ("false", false), ("1", false), ("\"yes\"", false)] {
        let said: serde_json::Value = serde_json::from_str(said).unwrap();
        let claim = claim(&|claim| claim["underWay"] = said.clone());
        assert_eq!(claim.map(|claim| claim.under_way), Some(read), "{said}");
    }
}

#[test]
fn rules_that_cannot_be_read_are_not_taken_for_none() {
    let session = |change: &dyn Fn(&mut serde_json::Value)| {
        let mut session: serde_json::Value = fixture("session-rules");
        change(&mut session);
        Session::read(&Value::parse(&session.to_string()).unwrap())
    };
    assert!(session(&|session| session["platforms"][1]["rules"]["reason"] = "new".into()).is_none());
    assert!(session(&|session| session["platforms"][1]["rules"] = "none".into()).is_none());
    let newer = session(&|session| session["policy"]["confirm"] = "twice".into()).unwrap();
    assert_eq!(newer.policy.confirm, Confirm::Always);
    let plain = session(&|session| session["policy"]["confirm"] = serde_json::Value::Null).unwrap();
    assert_eq!(plain.policy.confirm, Confirm::Always);
    let lenient = session(&|session| session["policy"]["confirm"] = "when_ambiguous".into()).unwrap();
    assert_eq!(lenient.policy.confirm, Confirm::WhenAmbiguous);
}

#[test]
fn nothing_is_made_up_for_what_is_missing() {
    needs("login-response", read_login, &[]);
    needs("session", |value| Session::read(&value), &[]);
    needs("enrolment-response", |value| EnrolmentResponse::read(&value), &[]);
    needs("sign-in-offer", |value| SignInOffer::read(&value), &[]);
    needs("sign-in-response", |value| SignInResponse::read(&value), &[]);
    needs(
        "problem",
        |value| Problem::read(&value),
        &["requestId", "retryAfterSeconds"],
    );
}
