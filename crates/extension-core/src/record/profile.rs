//! The profile's enrolment.

use alloc::string::String;

use stagedoor_protocol::{KeyId, Staff};

use crate::{
    fault::Code,
    json::{Object, ToJson, Value},
    wire::FromJson,
};

/// The name of [`Profile::signed_in_until`] on disk.
pub const SIGNED_IN_UNTIL: &str = "signedInUntil";
/// The name of [`Profile::lapsed`] on disk.
pub const LAPSED: &str = "lapsed";

/// The profile's enrolment, on disk. The key itself is in the key store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profile {
    /// The relay's origin.
    pub relay: String,
    /// The key's id.
    pub key_id: KeyId,
    /// Whose profile this is.
    pub staff: Staff,
    /// Whether they may approve logins of others, as the relay said last.
    pub may_approve: bool,
    /// When they must sign in again, in seconds since 1970; nothing for a profile that was enrolled by a code.
    pub signed_in_until: Option<u64>,
    /// Why the relay lets this key in no more, as it said last.
    pub lapsed: Option<Code>,
}

impl ToJson for Profile {
    fn write(&self, target: &mut String) {
        let until = self.signed_in_until.and_then(|until| until.try_into().ok());
        let until = until.map_or(Value::Null, Value::Number);
        Object::begin(target)
            .with("relay", &self.relay)
            .with("keyId", self.key_id.as_str())
            .with("staff", &self.staff)
            // Also what it has not, so that nothing is left of a profile before.
            .with("mayApprove", &self.may_approve)
            .with(SIGNED_IN_UNTIL, &until)
            .with(LAPSED, &Value::Null)
            .end();
    }
}

impl FromJson for Profile {
    fn read(value: &Value) -> Option<Self> {
        let key_id = KeyId::parse(value.get("keyId").text()?).ok()?;
        // An answer that comes late may be about the key before this one.
        let lapsed = match value.get(LAPSED).list() {
            [key, code] if key.text() == Some(key_id.as_str()) => code.text().and_then(Code::parse),
            _ => None,
        };
        Some(Self {
            relay: value.get("relay").string()?,
            key_id,
            lapsed,
            staff: Staff::read(value.get("staff"))?,
            may_approve: value.get("mayApprove").flag(),
            signed_in_until: value.get(SIGNED_IN_UNTIL).number(),
        })
    }
}
