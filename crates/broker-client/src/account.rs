//! A customer as the broker knows them: only what is shown to staff; all other private data is dropped here.

use std::fmt;

use serde_json::{Map, Value};

use crate::{
    access::{AccessRight, access_in},
    error::BrokerError,
    flaw::{AnswerFlaw, SeenKeys},
};

/// What is shown of a customer.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Account {
    /// First and last name, without control and direction characters, at most 200 characters.
    pub name: Option<String>,
    /// The state of the identity check. `Blocked` need not mean that logging in is blocked.
    pub status: Option<VerificationStatus>,
    /// What the customer may do in each trading account, as far as the broker says so; empty where it does not.
    pub access: Vec<AccessRight>,
}

impl Account {
    /// Whether the broker says that this customer cannot log in: they have no trading account in which they can.
    pub fn cannot_log_in(&self) -> bool {
        !self.access.is_empty() && self.access.iter().all(|right| *right == AccessRight::NoLogin)
    }
}

/// The name belongs to a person, so it is not shown.
impl fmt::Debug for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Account")
            .field("has_name", &self.name.is_some())
            .field("status", &self.status)
            .field("access", &self.access)
            .finish()
    }
}

/// The broker's state of the identity check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum VerificationStatus {
    /// NEW
    New,
    /// REJECTED
    Rejected,
    /// VERIFIED
    Verified,
    /// BLOCKED
    Blocked,
    /// PENDING_VERIFICATION
    PendingVerification,
    /// UNVERIFIED
    Unverified,
    /// A value that is not documented.
    Other,
}

/// The account in the body of a successful look-up for `asked`.
///
/// v2's fields are not documented, so nothing but `email` has to be there, and that must be the address asked for:
/// showing one customer and opening another is the worst this product could do.
pub(crate) fn account_in(body: &[u8], asked: &str) -> Result<Account, BrokerError> {
    let text = std::str::from_utf8(body)
        .map_err(|_| AnswerFlaw::NotText)?
        .trim_ascii();
    if text.starts_with('<') {
        return Err(AnswerFlaw::Html.into());
    }
    let value = match serde_json::from_str(text) {
        Ok(value) => value,
        Err(_) if text.is_empty() => return Err(AnswerFlaw::Empty.into()),
        Err(_) => return Err(AnswerFlaw::BrokenJson.into()),
    };
    let fields = unwrapped(the_only_object(value)?)?;
    let email = match fields.get("email") {
        Some(Value::String(email)) => email,
        Some(other) => {
            return Err(AnswerFlaw::FieldNotText {
                field: "email",
                found: kind(other),
            }
            .into());
        }
        None => {
            let mut seen = SeenKeys::default();
            fields.keys().for_each(|key| seen.add(key));
            return Err(AnswerFlaw::FieldMissing {
                expected: "email",
                seen,
            }
            .into());
        }
    };
    if email.to_lowercase() != asked.to_lowercase() {
        return Err(AnswerFlaw::AnotherCustomer.into());
    }
    let status = ["verificationStatus", "kycStatus"]
        .iter()
        .find_map(|name| fields.get(*name)?.as_str());
    Ok(Account {
        name: name_in(&fields),
        status: status.map(verification_status),
        access: access_in(&fields),
    })
}

/// What one wrapper holds, as APIs put around an answer; what has an address of its own is no wrapper.
fn unwrapped(mut fields: Map<String, Value>) -> Result<Map<String, Value>, BrokerError> {
    if fields.contains_key("email") {
        return Ok(fields);
    }
    let inner = ["data", "content", "account", "userAccount"]
        .iter()
        .find_map(|name| {
            let holds = matches!(fields.get(*name), Some(Value::Object(_) | Value::Array(_)));
            holds.then(|| fields.remove(*name)).flatten()
        });
    inner.map_or(Ok(fields), the_only_object)
}

fn the_only_object(value: Value) -> Result<Map<String, Value>, BrokerError> {
    match value {
        Value::Object(fields) => Ok(fields),
        Value::Null => Err(BrokerError::CustomerUnknown),
        Value::Array(mut list) => match (list.pop(), list.is_empty()) {
            (None, _) => Err(BrokerError::CustomerUnknown),
            (Some(Value::Object(fields)), true) => Ok(fields),
            (Some(Value::Object(_)), false) => Err(AnswerFlaw::SeveralCustomers.into()),
            (Some(_), _) => Err(AnswerFlaw::WrongKind("an array").into()),
        },
        other => Err(AnswerFlaw::WrongKind(kind(&other)).into()),
    }
}

fn name_in(fields: &Map<String, Value>) -> Option<String> {
    let details = fields.get("personalDetails").and_then(Value::as_object);
    let part = |spellings: [&str; 2]| {
        [details, Some(fields)]
            .into_iter()
            .flatten()
            .find_map(|fields| spellings.iter().find_map(|name| fields.get(*name)?.as_str()))
    };
    let parts = [part(["firstname", "firstName"]), part(["lastname", "lastName"])];
    let name = parts.into_iter().flatten().collect::<Vec<_>>().join(" ");
    let name = if name.is_empty() {
        fields.get("name")?.as_str()?.to_owned()
    } else {
        name
    };
    shown(&name)
}

/// A name is written by the customer, so what could reorder or hide text on the staff member's screen is taken out.
fn shown(name: &str) -> Option<String> {
    let reorders = |c: char| matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{61c}' | '\u{feff}');
    let shown: String = name
        .chars()
        .filter(|c| !c.is_control() && !reorders(*c))
        .take(200)
        .collect();
    let shown = shown.trim();
    (!shown.is_empty()).then(|| shown.to_owned())
}

fn verification_status(text: &str) -> VerificationStatus {
    match text {
        "NEW" => VerificationStatus::New,
        "REJECTED" => VerificationStatus::Rejected,
        "VERIFIED" => VerificationStatus::Verified,
        "BLOCKED" => VerificationStatus::Blocked,
        "PENDING_VERIFICATION" => VerificationStatus::PendingVerification,
        "UNVERIFIED" => VerificationStatus::Unverified,
        _ => VerificationStatus::Other,
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "text",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn found(body: &str) -> Account {
        account_in(body.as_bytes(), "Ann@x.example").unwrap()
    }

    fn flaw(body: &str) -> AnswerFlaw {
        match account_in(body.as_bytes(), "ann@x.example") {
            Err(BrokerError::UnusableAnswer { what }) => what,
            other => panic!("{body}: {other:?}"),
        }
    }

    #[test]
    fn only_what_is_shown_is_kept() {
        let account = found(
            r#"{"uuid":"u","email":"ann@X.example","verificationStatus":"PENDING_VERIFICATION","type":"RETAIL",
                "personalDetails":{"firstname":"Ann","lastname":"Lee","passport":{"number":"SENTINEL"}},"bank":"SENTINEL"}"#,
        );
        let expected = Account {
            name: Some("Ann Lee".into()),
            status: Some(VerificationStatus::PendingVerification),
            access: Vec::new(),
        };
        assert_eq!(account, expected);
        let shown = format!("{account:?} {account:#?}");
        assert!(
            !shown.contains("Ann") && shown.contains("PendingVerification"),
            "{shown}"
        );
    }

    #[test]
    fn other_spellings_and_absent_fields() {
        let name = |body| found(body).name;
        assert_eq!(name(r#"{"email":"ann@x.example"}"#), None);
        assert_eq!(
            name(r#"[{"email":"ann@x.example","firstName":"Ann"}]"#),
            Some("Ann".into())
        );
        assert_eq!(
            name(r#"{"email":"ann@x.example","name":" Ann\u202e\u0007 Lee "}"#),
            Some("Ann Lee".into())
        );
        assert_eq!(name(r#"{"email":"ann@x.example","name":"\u200b"}"#), None);
        assert_eq!(
            name(r#"{"email":"ann@x.example","personalDetails":null,"name":17}"#),
            None
        );
        let long = format!(r#"{{"email":"ann@x.example","name":"{}"}}"#, "é".repeat(500));
        assert_eq!(name(&long), Some("é".repeat(200)));
        let status = |body| found(body).status;
        assert_eq!(
            status(r#"{"email":"ann@x.example","verificationStatus":"SOMETHING"}"#),
            Some(VerificationStatus::Other)
        );
        assert_eq!(
            status(r#"{"email":"ann@x.example","verificationStatus":3}"#),
            None
        );
        assert_eq!(
            status(r#"{"email":"ann@x.example","verificationStatus":null,"kycStatus":"NEW"}"#),
            Some(VerificationStatus::New)
        );
    }

    #[test]
    fn an_answer_may_be_wrapped_once() {
        for body in [
            r#"{"data":{"email":"ann@x.example","name":"Ann"}}"#,
            r#"{"content":[{"email":"ann@x.example","name":"Ann"}],"totalElements":1}"#,
            r#"{"account":{"email":"ann@x.example","name":"Ann"}}"#,
        ] {
            assert_eq!(found(body).name.as_deref(), Some("Ann"), "{body}");
        }
        assert!(matches!(
            account_in(br#"{"content":[]}"#, "a@x"),
            Err(BrokerError::CustomerUnknown)
        ));
        assert_eq!(
            flaw(r#"{"data":{"email":"bob@x.example"}}"#),
            AnswerFlaw::AnotherCustomer
        );
        assert!(matches!(
            flaw(r#"{"data":{"data":{"email":"ann@x.example"}}}"#),
            AnswerFlaw::FieldMissing { .. }
        ));
    }

    #[test]
    fn nobody() {
        for body in ["[]", "null"] {
            assert!(
                matches!(
                    account_in(body.as_bytes(), "a@x"),
                    Err(BrokerError::CustomerUnknown)
                ),
                "{body}"
            );
        }
    }

    #[test]
    fn unusable_answers() {
        assert_eq!(flaw(""), AnswerFlaw::Empty);
        assert_eq!(flaw("<html>"), AnswerFlaw::Html);
        assert_eq!(flaw("{\"email\":"), AnswerFlaw::BrokenJson);
        assert_eq!(flaw("17"), AnswerFlaw::WrongKind("a number"));
        assert_eq!(
            flaw(r#"{"email":17}"#),
            AnswerFlaw::FieldNotText {
                field: "email",
                found: "a number"
            }
        );
        assert_eq!(flaw(r#"{"email":"bob@x.example"}"#), AnswerFlaw::AnotherCustomer);
        assert_eq!(
            flaw(r#"[{"email":"ann@x.example"},{"email":"bob@x.example"}]"#),
            AnswerFlaw::SeveralCustomers
        );
        let missing = flaw(r#"{"login":"ann@x.example","passport":"SENTINEL"}"#).to_string();
        assert!(
            missing.contains("no field email (fields: login, passport)"),
            "{missing}"
        );
    }

    proptest! {
        #[test]
        fn any_bytes_are_survived(body in proptest::collection::vec(any::<u8>(), 0..300)) {
            if let Ok(account) = account_in(&body, "a@x") {
                prop_assert!(String::from_utf8_lossy(&body).to_lowercase().contains("a@x"), "{:?}", account);
            }
        }

        #[test]
        fn names_never_carry_control_or_direction_characters(name in "\\PC{0,60}[\\x00-\\x1f\u{202a}-\u{202e}]{1,5}x") {
            let body = serde_json::json!({"email": "a@x", "name": name}).to_string();
            let shown = account_in(body.as_bytes(), "a@x").unwrap().name.unwrap();
            let reorders = |c: char| c.is_control() || ('\u{202a}'..='\u{202e}').contains(&c);
            prop_assert!(!shown.contains(reorders), "{:?}", shown);
        }
    }
}
