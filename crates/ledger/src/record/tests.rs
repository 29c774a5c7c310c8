//! The bytes of each kind, and what is refused.

use super::*;

const HASH: &str = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";

fn commitment() -> Commitment {
    Commitment::parse(HASH).unwrap()
}

fn moment() -> Timestamp {
    "2026-11-25T03:06:42.123Z".parse().unwrap()
}

fn record(entry: Entry) -> Record {
    Record {
        sequence: 7,
        time: moment(),
        entry,
    }
}

fn intent() -> Intent {
    Intent {
        approval: None,
        customer: commitment(),
        extension: "1.2.0".into(),
        grants: None,
        login: "0192".into(),
        method: Method::ProfileSignature,
        origin: Some("https://crm.example".into()),
        overrides: Some(3),
        platform: "live".into(),
        policy: "2026-01".into(),
        staff: commitment(),
        validity: 30,
    }
}

fn check(entry: Entry, text: &str) {
    let record = record(entry);
    assert_eq!(String::from_utf8(record.encode()).unwrap(), text);
    assert_eq!(Record::decode(text.as_bytes()), Ok(record));
}

#[test]
fn an_intent() {
    check(
        Entry::Intent(intent()),
        &format!(
            r#"{{"customer":"{HASH}","extension":"1.2.0","kind":"intent","login":"0192","method":"profile_signature","origin":"https://crm.example","overrides":3,"platform":"live","policy":"2026-01","seq":7,"staff":"{HASH}","time":"2026-11-25T03:06:42.123Z","v":1,"validity":30}}"#
        ),
    );
}

#[test]
fn an_intent_that_a_second_person_approved() {
    let approved = Intent {
        approval: Some(Approval {
            id: "0193".into(),
            time: moment(),
        }),
        ..intent()
    };
    let text = format!(
        r#"{{"approval":"0193","approved":"2026-11-25T03:06:42.123Z","customer":"{HASH}","extension":"1.2.0","kind":"intent","login":"0192","method":"profile_signature","origin":"https://crm.example","overrides":3,"platform":"live","policy":"2026-01","seq":7,"staff":"{HASH}","time":"2026-11-25T03:06:42.123Z","v":1,"validity":30}}"#
    );
    check(Entry::Intent(approved), &text);
    // Neither of the two without the other.
    for (without, error) in [
        (r#""approval":"0193","#, RecordError::ForeignMember("approved")),
        (
            r#""approved":"2026-11-25T03:06:42.123Z","#,
            RecordError::Missing("approved"),
        ),
    ] {
        assert_eq!(Record::decode(text.replace(without, "").as_bytes()), Err(error));
    }
}

#[test]
fn an_intent_that_says_which_grants_allowed_it() {
    let allowed = Intent {
        grants: Some("policy.grant[0],policy.grant[2]".into()),
        ..intent()
    };
    let text = format!(
        r#"{{"customer":"{HASH}","extension":"1.2.0","grants":"policy.grant[0],policy.grant[2]","kind":"intent","login":"0192","method":"profile_signature","origin":"https://crm.example","overrides":3,"platform":"live","policy":"2026-01","seq":7,"staff":"{HASH}","time":"2026-11-25T03:06:42.123Z","v":1,"validity":30}}"#
    );
    check(Entry::Intent(allowed), &text);
}

#[test]
fn an_intent_of_somebody_who_had_signed_in() {
    let intent = Intent {
        method: Method::SignInSignature,
        origin: None,
        overrides: None,
        ..intent()
    };
    check(
        Entry::Intent(intent),
        &format!(
            r#"{{"customer":"{HASH}","extension":"1.2.0","kind":"intent","login":"0192","method":"sign_in_signature","platform":"live","policy":"2026-01","seq":7,"staff":"{HASH}","time":"2026-11-25T03:06:42.123Z","v":1,"validity":30}}"#
        ),
    );
}

#[test]
fn an_outcome() {
    check(
        Entry::Outcome(Outcome {
            cause: Some("broker_unreachable".into()),
            duration: Some(212),
            intent: 6,
            login: "0192".into(),
            outcome: MintOutcome::Failed,
        }),
        r#"{"cause":"broker_unreachable","duration":212,"intent":6,"kind":"outcome","login":"0192","outcome":"failed","seq":7,"time":"2026-11-25T03:06:42.123Z","v":1}"#,
    );
}

#[test]
fn a_report() {
    check(
        Entry::Report(Report {
            customer: None,
            duration: None,
            intent: 6,
            login: "0192".into(),
            outcome: ReportOutcome::Opened,
        }),
        r#"{"intent":6,"kind":"report","login":"0192","outcome":"opened","seq":7,"time":"2026-11-25T03:06:42.123Z","v":1}"#,
    );
}

#[test]
fn an_erasure() {
    let erasure = Erasure {
        parts: Parts::CustomerAndStaff,
        scope: ErasureScope::Age { before: moment() },
        sequences: SequenceSet::parse("0-5").unwrap(),
        staff: commitment(),
    };
    check(
        Entry::Erasure(erasure.clone()),
        &format!(
            r#"{{"before":"2026-11-25T03:06:42.123Z","kind":"erasure","parts":"customer,staff","scope":"age","seq":7,"sequences":"0-5","staff":"{HASH}","time":"2026-11-25T03:06:42.123Z","v":1}}"#
        ),
    );
    check(
        Entry::Erasure(Erasure {
            parts: Parts::Customer,
            scope: ErasureScope::Customer,
            ..erasure
        }),
        &format!(
            r#"{{"kind":"erasure","parts":"customer","scope":"customer","seq":7,"sequences":"0-5","staff":"{HASH}","time":"2026-11-25T03:06:42.123Z","v":1}}"#
        ),
    );
}

#[test]
fn what_is_refused() {
    use RecordError as E;
    let good = r#"{"intent":6,"kind":"report","login":"0192","outcome":"opened","seq":7,"time":"2026-11-25T03:06:42.123Z","v":1}"#;
    assert!(Record::decode(good.as_bytes()).is_ok());
    let word = E::Value("outcome", "a word that is known");
    let integer = E::Value("intent", "below 2^53");
    for (from, to, error) in [
        ("\"v\":1", "\"v\":2", E::Version(2)),
        (",\"v\":1", "", E::Missing("v")),
        ("report", "retort", E::Kind),
        ("\"intent\":6,", "", E::Missing("intent")),
        ("\"v\":1", "\"v\":1,\"z\":1", E::UnknownMember),
        ("\"v\":1", "\"v\":1,\"validity\":1", E::ForeignMember("validity")),
        ("opened", "minted", word),
        (":6", ":9007199254740992", integer),
        (":6", ":6.0", E::Malformed),
        (":6", ":6e0", E::Malformed),
        (":6", ":-6", E::Malformed),
        (":6", ":06", E::Malformed),
        (":6", ":null", E::Malformed),
        (":6", ":\"6\"", E::Malformed),
        (":6", ": 6", E::NotCanonical),
        ("0192", "\\u0030192", E::NotCanonical),
        ("\"intent\":6,", "\"intent\":5,\"intent\":6,", E::NotCanonical),
        ("1}", "1} ", E::NotCanonical),
        ("1}", "1}x", E::Malformed),
        ("1}", "1", E::Malformed),
        ("0192", "\u{0}", E::Malformed),
        (".123Z", "Z", E::Value("time", "a UTC time with milliseconds")),
    ] {
        let text = good.replacen(from, to, 1);
        assert_eq!(Record::decode(text.as_bytes()), Err(error), "{text}");
    }
    let reordered = r#"{"kind":"report","intent":6,"login":"0192","outcome":"opened","seq":7,"time":"2026-11-25T03:06:42.123Z","v":1}"#;
    assert_eq!(Record::decode(reordered.as_bytes()), Err(E::NotCanonical));
    assert_eq!(Record::decode(b"\xff"), Err(E::Malformed));
    assert_eq!(Record::decode(b"[]"), Err(E::Malformed));
}

#[test]
fn what_cannot_be_read_back_is_not_written() {
    let long = Intent {
        policy: "x".repeat(MAX_RECORD_BYTES),
        ..intent()
    };
    let bytes = record(Entry::Intent(long.clone())).encode();
    assert_eq!(
        record(Entry::Intent(long)).try_encode(),
        Err(RecordError::TooLong(bytes.len()))
    );
    let late = Intent {
        validity: MAX_INTEGER + 1,
        ..intent()
    };
    assert_eq!(
        record(Entry::Intent(late)).try_encode(),
        Err(RecordError::Value("validity", "below 2^53"))
    );
    assert!(record(Entry::Intent(intent())).try_encode().is_ok());
}
