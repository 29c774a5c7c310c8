//! Events that a security team wants to know of. Each is a line of the log with a stable name, and a message to the webhooks that
//! ask for it. Neither holds a customer's address, a token, or an address of staff: messages leave the firm's own systems, and
//! the login's id leads to its record, which names everybody.

mod preview;

use std::fmt;

use jiff::Timestamp;
use serde_json::{Value, json};
use stagedoor_protocol::{ErrorCode, KeyId, PlatformId, RequestId};
use tracing::warn;

pub(crate) use preview::{Previewed, tell_preview};

use crate::{
    app::App,
    error::ApiError,
    random,
    store::{LimitReached, MintOutcome, StaffId, StoreError},
};

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EventKind {
    /// Somebody asked for a canary customer, whom nobody has a reason to open.
    CanaryRequested,
    /// A limit refused a login.
    LimitReached,
    /// The policy refused a login.
    LoginRefused,
    /// The broker made a token.
    LoginMinted,
    /// It did not, or nobody knows.
    LoginFailed,
    /// Somebody looked at a customer's account, or was refused it.
    AccountPreviewed,
    /// A browser profile's key became a person's.
    ProfileEnrolled,
    /// A person signed in at the firm's provider, with a new profile or one that they had.
    ProfileSignedIn,
    /// A person signed out in the extension: their profile's key is gone.
    ProfileSignedOut,
    /// A browser profile was revoked.
    ProfileRevoked,
    /// A person was invited or added, or an enrolled one got another code.
    StaffInvited,
    /// A person's roles were changed.
    StaffRolesChanged,
    /// A person was disabled.
    StaffDisabled,
    /// A disabled person was enabled again.
    StaffEnabled,
    /// Who a person is at the firm's provider was forgotten: somebody else may be taken for them.
    StaffUnlinked,
    /// A person's sessions were ended, so that they must sign in again.
    StaffSignedOut,
}

impl EventKind {
    /// All of them.
    pub const ALL: [Self; 16] = [
        Self::CanaryRequested,
        Self::LimitReached,
        Self::LoginRefused,
        Self::LoginMinted,
        Self::LoginFailed,
        Self::AccountPreviewed,
        Self::ProfileEnrolled,
        Self::ProfileSignedIn,
        Self::ProfileSignedOut,
        Self::ProfileRevoked,
        Self::StaffInvited,
        Self::StaffRolesChanged,
        Self::StaffDisabled,
        Self::StaffEnabled,
        Self::StaffUnlinked,
        Self::StaffSignedOut,
    ];

    /// The name in messages, in the log and in the configuration.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::CanaryRequested => "canary.requested",
            Self::LimitReached => "limit.reached",
            Self::LoginRefused => "login.refused",
            Self::LoginMinted => "login.minted",
            Self::LoginFailed => "login.failed",
            Self::AccountPreviewed => "account.previewed",
            Self::ProfileEnrolled => "profile.enrolled",
            Self::ProfileSignedIn => "profile.signed_in",
            Self::ProfileSignedOut => "profile.signed_out",
            Self::ProfileRevoked => "profile.revoked",
            Self::StaffInvited => "staff.invited",
            Self::StaffRolesChanged => "staff.roles_changed",
            Self::StaffDisabled => "staff.disabled",
            Self::StaffEnabled => "staff.enabled",
            Self::StaffUnlinked => "staff.unlinked",
            Self::StaffSignedOut => "staff.signed_out",
        }
    }

    /// Whether somebody should look at once.
    pub fn is_alert(self) -> bool {
        matches!(self, Self::CanaryRequested | Self::LimitReached)
    }

    /// Reads a name.
    pub fn parse(text: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|kind| kind.as_str() == text);
        found.ok_or_else(|| {
            let names = Self::ALL.map(Self::as_str).join(", ");
            format!("each must be the name of an event: {names}")
        })
    }
}

impl fmt::Display for EventKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What became of a request for a canary.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Decision {
    /// It may be opened.
    Allowed,
    /// A colleague is asked for approval; nothing is opened yet.
    ApprovalAsked,
    /// It is not opened, for this reason.
    Refused(ErrorCode),
}

impl Decision {
    fn as_str(self) -> &'static str {
        match self {
            Self::Allowed => "allowed",
            Self::ApprovalAsked => "approval_asked",
            Self::Refused(_) => "refused",
        }
    }

    fn code(self) -> Option<ErrorCode> {
        match self {
            Self::Refused(code) => Some(code),
            Self::Allowed | Self::ApprovalAsked => None,
        }
    }
}

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// By which a receiver knows a message that comes twice.
    pub id: String,
    /// What.
    pub kind: EventKind,
    /// When.
    pub at: Timestamp,
    /// The message, in JSON.
    pub body: String,
}

impl Event {
    fn new(kind: EventKind, at: Timestamp, data: &Value) -> Result<Self, StoreError> {
        Ok(Self {
            id: message_id()?,
            kind,
            at,
            body: message(kind.as_str(), at, data),
        })
    }

    /// A canary was asked for.
    pub(crate) fn canary(who: &Asked<'_>, decision: Decision, at: Timestamp) -> Result<Self, StoreError> {
        let mut data = who.data();
        set(&mut data, "decision", decision.as_str());
        set(&mut data, "code", decision.code().map(ErrorCode::as_str));
        Self::new(EventKind::CanaryRequested, at, &data)
    }

    /// A limit refused a login.
    pub(crate) fn limit(who: &Asked<'_>, reached: &LimitReached, at: Timestamp) -> Result<Self, StoreError> {
        let mut data = who.data();
        set(&mut data, "limit", reached.limit.as_str());
        set(&mut data, "most", reached.most);
        Self::new(EventKind::LimitReached, at, &data)
    }

    /// The policy refused a login.
    pub(crate) fn refused(
        who: &Asked<'_>,
        code: ErrorCode,
        rule: Option<&str>,
        at: Timestamp,
    ) -> Result<Self, StoreError> {
        let mut data = who.data();
        set(&mut data, "code", code.as_str());
        set(&mut data, "rule", rule);
        Self::new(EventKind::LoginRefused, at, &data)
    }

    /// A login came to its end at the broker. Of one whose personal parts were erased meanwhile nobody knows whose it was.
    pub(crate) fn ended(
        login: &RequestId,
        staff: Option<i64>,
        outcome: MintOutcome,
        at: Timestamp,
    ) -> Result<Self, StoreError> {
        let data = json!({
            "login": login.as_str(), "staff": staff, "outcome": outcome.as_str(), "cause": outcome.cause(),
        });
        Self::new(end_of(outcome), at, &data)
    }

    /// Something about a person, by their number.
    pub(crate) fn staff(kind: EventKind, staff: StaffId, at: Timestamp) -> Result<Self, StoreError> {
        Self::new(kind, at, &json!({"staff": staff.0}))
    }

    /// A person's roles were changed, by this.
    pub(crate) fn roles(staff: StaffId, by: &'static str, at: Timestamp) -> Result<Self, StoreError> {
        let data = json!({"staff": staff.0, "by": by});
        Self::new(EventKind::StaffRolesChanged, at, &data)
    }

    /// Something about a person's browser profile.
    pub(crate) fn profile(
        kind: EventKind,
        staff: StaffId,
        profile: &KeyId,
        at: Timestamp,
    ) -> Result<Self, StoreError> {
        Self::new(kind, at, &json!({"staff": staff.0, "profile": profile.as_str()}))
    }
}

/// What a login's end is called.
pub(crate) fn end_of(outcome: MintOutcome) -> EventKind {
    match outcome {
        MintOutcome::Minted(None) => EventKind::LoginMinted,
        _ => EventKind::LoginFailed,
    }
}

/// Who asked for which login.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Asked<'a> {
    /// The login's id; of a request for approval, that one's.
    pub(crate) login: &'a str,
    pub(crate) staff: StaffId,
    pub(crate) profile: &'a KeyId,
    pub(crate) platform: &'a PlatformId,
}

impl Asked<'_> {
    fn data(&self) -> Value {
        json!({
            "login": self.login,
            "staff": self.staff.0,
            "profile": self.profile.as_str(),
            "platform": self.platform.as_str(),
        })
    }
}

fn set(data: &mut Value, key: &str, value: impl Into<Value>) {
    if let (Value::Object(object), value) = (data, value.into())
        && !value.is_null()
    {
        object.insert(key.to_owned(), value);
    }
}

/// A message's text: type, time and data, as the Standard Webhooks specification advises.
pub(crate) fn message(kind: &str, at: Timestamp, data: &Value) -> String {
    json!({"type": kind, "timestamp": at.to_string(), "data": data}).to_string()
}

/// A new message's id. It has no full stop, which the signature's text separates its parts with.
pub(crate) fn message_id() -> Result<String, StoreError> {
    let bytes: [u8; 16] = random::bytes().map_err(|_| {
        StoreError::Inconsistent("the operating system gave no random bytes to number a message with")
    })?;
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(format!("msg_{hex}"))
}

/// Logs that a login was refused, where a security team wants to know: not for a reason that was too short.
pub(crate) async fn tell_refused(app: &App, who: &Asked<'_>, canary: bool, error: &ApiError) {
    let (code, rule) = (error.code(), error.refused_by());
    let mut events = Vec::new();
    let at = app.clock.now();
    if matches!(code, ErrorCode::NotPermitted | ErrorCode::CustomerNotAllowed) {
        let kind = EventKind::LoginRefused.as_str();
        let platform = who.platform.as_str();
        let rule_text = rule.unwrap_or_default();
        warn!(event = kind, login = %who.login, platform, code = code.as_str(), rule = rule_text, "login refused");
        events.push(Event::refused(who, code, rule, at));
    }
    if canary {
        let decision = Decision::Refused(code);
        log_canary(who, decision);
        events.push(Event::canary(who, decision, at));
    }
    if !events.is_empty() {
        tell(app, events, "a login that was refused").await;
    }
}

/// Tells that somebody asked for approval to open a canary.
pub(crate) async fn tell_canary(app: &App, who: &Asked<'_>) {
    let decision = Decision::ApprovalAsked;
    log_canary(who, decision);
    let event = Event::canary(who, decision, app.clock.now());
    tell(app, vec![event], "a canary that was asked for").await;
}

/// Keeps events for the webhooks. What happened is durable by then: that they are not told is no error.
pub(crate) async fn tell(app: &App, events: Vec<Result<Event, StoreError>>, of: &str) {
    let told = match events.into_iter().collect::<Result<Vec<_>, _>>() {
        Ok(events) => app.store.announce(events).await,
        Err(error) => Err(error),
    };
    if let Err(error) = told {
        warn!(%error, "webhooks will not be told of {of}");
    }
}

/// The line about a canary.
pub(crate) fn log_canary(who: &Asked<'_>, decision: Decision) {
    let decision = decision.as_str();
    let (kind, platform) = (EventKind::CanaryRequested.as_str(), who.platform.as_str());
    let profile = who.profile.as_str();
    warn!(
        event = kind, alert = true, login = %who.login, staff = %who.staff, profile, platform, decision,
        "a canary customer was asked for"
    );
}

/// The line about a limit.
pub(crate) fn log_limit(who: &Asked<'_>, reached: &LimitReached) {
    let (kind, limit, most) = (
        EventKind::LimitReached.as_str(),
        reached.limit.as_str(),
        reached.most,
    );
    let profile = who.profile.as_str();
    warn!(
        event = kind, alert = true, login = %who.login, staff = %who.staff, profile, limit, most,
        "a limit is reached"
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_as_they_are_written_and_of_the_recommended_form() {
        for kind in EventKind::ALL {
            assert_eq!(EventKind::parse(kind.as_str()), Ok(kind));
            let plain =
                |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
            assert!(
                kind.as_str().split('.').all(plain) && kind.as_str().contains('.'),
                "{kind}"
            );
        }
        assert!(
            EventKind::parse("login.*")
                .unwrap_err()
                .contains("canary.requested")
        );
    }

    #[test]
    fn a_message_says_type_time_and_data() {
        let at = "2026-11-25T03:06:42.123Z".parse().unwrap();
        let event = Event::staff(EventKind::StaffDisabled, StaffId(7), at).unwrap();
        let message: Value = serde_json::from_str(&event.body).unwrap();
        let expected =
            json!({"type": "staff.disabled", "timestamp": "2026-11-25T03:06:42.123Z", "data": {"staff": 7}});
        assert_eq!(message, expected);
        assert!(event.id.starts_with("msg_") && event.id.len() == 36 && !event.id.contains('.'));
    }
}
