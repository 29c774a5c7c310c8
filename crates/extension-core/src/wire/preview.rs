//! What the broker says of a customer before a login.

use stagedoor_protocol::{AccountStatus, Preview, PreviewRequest};

use super::FromJson;
use crate::json::{Object, ToJson, Value};

const STATUS: [(AccountStatus, &str); 6] = [
    (AccountStatus::Unknown, "unknown"),
    (AccountStatus::Verified, "verified"),
    (AccountStatus::Unverified, "unverified"),
    (AccountStatus::Pending, "pending"),
    (AccountStatus::Rejected, "rejected"),
    (AccountStatus::Blocked, "blocked"),
];

impl ToJson for PreviewRequest {
    fn write(&self, target: &mut String) {
        Object::begin(target)
            .with("platform", self.platform.as_str())
            .with("customerEmail", self.customer_email.as_str())
            .end();
    }
}

impl FromJson for Preview {
    fn read(value: &Value) -> Option<Self> {
        let word = value.get("status").text()?;
        let known = STATUS.iter().find(|(_, name)| *name == word);
        Some(Self {
            name: value.get("name").string(),
            // A word of a newer relay.
            status: known.map_or(AccountStatus::Unknown, |(status, _)| *status),
            login_disabled: value.get("loginDisabled").flag(),
        })
    }
}

/// The status as it stands on the wire.
pub fn status_name(status: AccountStatus) -> &'static str {
    let known = STATUS.iter().find(|(other, _)| *other == status);
    known.map_or("unknown", |(_, name)| name)
}
