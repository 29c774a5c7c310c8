//! The records as JSON. What an earlier version wrote in another form is read as nothing at all.

use alloc::{string::String, vec::Vec};

use stagedoor_protocol::{Approval, Claim, CustomerEmail, PageReference, Platform, RequestId, Session};

use super::{Asked, Found, Login, Scan, SignIn, Step, Tab};
use crate::{
    json::{Object, ToJson, Value},
    wire::{FromJson, read_list},
};

impl ToJson for SignIn {
    fn write(&self, target: &mut String) {
        Object::begin(target)
            .with("relay", &self.relay)
            .with("renews", &self.renews)
            .with("issuer", &self.issuer)
            .with("redirectUri", &self.redirect_uri)
            .with("state", &self.state)
            .with("verifier", &self.verifier)
            .with("salt", &self.salt)
            .with("begun", &self.begun)
            .end();
    }
}

impl FromJson for SignIn {
    fn read(value: &Value) -> Option<Self> {
        Some(Self {
            relay: value.get("relay").string()?,
            renews: value.get("renews").flag(),
            issuer: value.get("issuer").string()?,
            redirect_uri: value.get("redirectUri").string()?,
            state: value.get("state").string()?,
            verifier: value.get("verifier").string()?,
            salt: value.get("salt").string()?,
            begun: value.get("begun").number()?,
        })
    }
}

/// A tab's number.
impl FromJson for i32 {
    fn read(value: &Value) -> Option<Self> {
        value.number()
    }
}

impl ToJson for Tab {
    fn write(&self, target: &mut String) {
        Object::begin(target)
            .with("tab", &self.id)
            .with_some("scan", self.scan.as_ref())
            .with_some("login", self.login.as_ref())
            .with_some("approval", self.approval.as_ref())
            .with_some("picked", self.picked.as_deref().map(Emails).as_ref())
            .end();
    }
}

impl FromJson for Tab {
    fn read(value: &Value) -> Option<Self> {
        Some(Self {
            id: value.get("tab").number()?,
            scan: Scan::read(value.get("scan")),
            login: Login::read(value.get("login")),
            approval: Asked::read(value.get("approval")),
            picked: read_emails(value.get("picked")),
        })
    }
}

impl ToJson for Scan {
    fn write(&self, target: &mut String) {
        Object::begin(target)
            .with("picked", &Emails(&self.picked))
            .with("candidates", &self.candidates)
            .with("total", &(self.total as u64))
            .with("clear", &self.clear)
            .with("certain", &self.certain)
            .with("cut", &self.cut)
            .with_some("origin", self.origin.as_ref())
            .with_some("record", self.record.as_ref())
            .with_some("unusable", self.unusable.as_ref())
            .with("session", &self.session)
            .end();
    }
}

impl FromJson for Scan {
    fn read(value: &Value) -> Option<Self> {
        Some(Self {
            picked: read_emails(value.get("picked"))?,
            candidates: read_list(value.get("candidates"))?,
            total: value.get("total").number()?,
            clear: value.get("clear").flag(),
            certain: value.get("certain").flag(),
            cut: value.get("cut").flag(),
            origin: value.get("origin").string(),
            record: value.get("record").string(),
            unusable: value.get("unusable").string(),
            session: Session::read(value.get("session"))?,
        })
    }
}

/// Addresses as a list.
struct Emails<'a>(&'a [CustomerEmail]);

impl ToJson for Emails<'_> {
    fn write(&self, target: &mut String) {
        let emails: Vec<String> = self.0.iter().map(|email| email.as_str().into()).collect();
        emails.write(target);
    }
}

fn read_emails(value: &Value) -> Option<Vec<CustomerEmail>> {
    match value {
        Value::List(list) => list
            .iter()
            .map(|email| CustomerEmail::parse(email.text()?).ok())
            .collect(),
        _ => None,
    }
}

impl ToJson for Found {
    fn write(&self, target: &mut String) {
        Object::begin(target)
            .with("email", self.email.as_str())
            .with("evidence", &self.evidence)
            .end();
    }
}

impl FromJson for Found {
    fn read(value: &Value) -> Option<Self> {
        Some(Self {
            email: CustomerEmail::parse(value.get("email").text()?).ok()?,
            evidence: read_list(value.get("evidence"))?,
        })
    }
}

impl ToJson for Login {
    fn write(&self, target: &mut String) {
        Object::begin(target)
            .with("requestId", self.request_id.as_str())
            .with("step", self.step.as_str())
            .with("since", &self.since)
            .with("clicked", &self.clicked)
            .with("email", self.email.as_str())
            .with("platform", &self.platform)
            .with_some("reason", self.reason.as_ref())
            .with_some("ticket", self.ticket.as_ref())
            .with("isolated", &self.isolated)
            .with_some("code", self.code.as_ref())
            .with_some("detail", self.detail.as_ref())
            .with_some("retryAfter", self.retry_after.map(u64::from).as_ref())
            .with_some("claim", self.claim.as_ref())
            .with("approverRoles", &self.approver_roles)
            .with("seen", &self.seen)
            .end();
    }
}

impl FromJson for Login {
    fn read(value: &Value) -> Option<Self> {
        Some(Self {
            request_id: RequestId::parse(value.get("requestId").text()?).ok()?,
            step: Step::parse(value.get("step").text()?)?,
            since: value.get("since").number()?,
            clicked: value.get("clicked").number()?,
            email: CustomerEmail::parse(value.get("email").text()?).ok()?,
            platform: Platform::read(value.get("platform"))?,
            reason: value.get("reason").string(),
            ticket: value.get("ticket").string(),
            isolated: value.get("isolated").flag(),
            code: value.get("code").string(),
            detail: value.get("detail").string(),
            retry_after: value.get("retryAfter").number(),
            claim: Claim::read(value.get("claim")),
            approver_roles: read_list(value.get("approverRoles"))?,
            seen: value.get("seen").flag(),
        })
    }
}

impl ToJson for Asked {
    fn write(&self, target: &mut String) {
        Object::begin(target)
            .with("email", self.email.as_str())
            .with("platform", &self.platform)
            .with_some("reason", self.reason.as_ref())
            .with_some("ticket", self.ticket.as_ref())
            .with_some("page", self.page.as_ref())
            .with("approverRoles", &self.approver_roles)
            .with("since", &self.since)
            .with("approval", &self.approval)
            .end();
    }
}

impl FromJson for Asked {
    fn read(value: &Value) -> Option<Self> {
        Some(Self {
            email: CustomerEmail::parse(value.get("email").text()?).ok()?,
            platform: Platform::read(value.get("platform"))?,
            reason: value.get("reason").string(),
            ticket: value.get("ticket").string(),
            page: PageReference::read(value.get("page")),
            approver_roles: read_list(value.get("approverRoles"))?,
            since: value.get("since").number()?,
            approval: Approval::read(value.get("approval"))?,
        })
    }
}

impl Step {
    fn as_str(self) -> &'static str {
        match self {
            Self::Asking => "asking",
            Self::Opening => "opening",
            Self::Opened => "opened",
            Self::Failed => "failed",
            Self::Interrupted => "interrupted",
        }
    }

    fn parse(text: &str) -> Option<Self> {
        let all = [
            Self::Asking,
            Self::Opening,
            Self::Opened,
            Self::Failed,
            Self::Interrupted,
        ];
        all.into_iter().find(|step| step.as_str() == text)
    }
}

#[cfg(test)]
#[cfg(not(target_arch = "wasm32"))]
mod tests {
    use super::*;
    use stagedoor_protocol::Problem;

    use crate::{
        record::{Profile, Window},
        testing::{fixture, session},
        text::Text,
    };

    fn check<T: ToJson + FromJson + PartialEq + core::fmt::Debug>(record: &T) {
        let value = Value::parse(&record.to_json()).unwrap();
        assert_eq!(T::read(&value).as_ref(), Some(record));
    }

    #[test]
    fn records_come_back_as_they_were() {
        let session = session();
        let email = CustomerEmail::parse("anna@example.com").unwrap();
        let request_id = RequestId::from_parts(1_700_000_000_000, &[7; 10]);
        let mut login = Login {
            request_id: request_id.clone(),
            step: Step::Asking,
            since: 1_700_000_000_001,
            clicked: 1_700_000_000_000,
            email: email.clone(),
            platform: session.platforms[0].clone(),
            reason: Some("asked \"why\"".into()),
            ticket: Some("T-17".into()),
            isolated: true,
            code: None,
            detail: None,
            retry_after: None,
            claim: None,
            approver_roles: Vec::new(),
            seen: false,
        };
        for step in [
            Step::Asking,
            Step::Opening,
            Step::Opened,
            Step::Failed,
            Step::Interrupted,
        ] {
            login.step = step;
            check(&login);
        }
        login.code = Some("relay_timeout".into());
        login.detail = Some("HTTP 504".into());
        login.retry_after = Some(30);
        login.claim = fixture::<Problem>("problem-claimed").claim;
        login.seen = true;
        login.approver_roles = vec!["team-lead".into(), "*".into()];
        let asked = |name| Asked {
            email: login.email.clone(),
            platform: login.platform.clone(),
            reason: login.reason.clone(),
            ticket: None,
            page: Some(PageReference {
                origin: "https://crm.example".into(),
                record_id: Some("501".into()),
            }),
            approver_roles: vec!["team-lead".into()],
            since: 1_700_000_000_003,
            approval: fixture(name),
        };
        for name in ["approval-waiting", "approval-approved", "approval-declined"] {
            check(&asked(name));
        }
        let asked = asked("approval-waiting");
        let found = Found {
            email,
            evidence: vec![Text::with("evidence_labelled", "E-mail".into())],
        };
        check(&Tab {
            id: -1,
            scan: Some(Scan {
                picked: vec![found.email.clone()],
                candidates: vec![found],
                total: 3,
                clear: true,
                certain: true,
                cut: true,
                origin: Some("https://crm.example".into()),
                record: Some("501".into()),
                unusable: Some("Back office".into()),
                session: session.clone(),
            }),
            login: Some(login),
            approval: Some(asked),
            picked: Some(Vec::new()),
        });
        check(&Tab::new(7));
        check(&Profile {
            relay: "https://relay.example".into(),
            key_id: session.key_id.clone(),
            staff: session.staff.clone(),
            signed_in_until: None,
            may_approve: true,
            lapsed: None,
        });
        check(&Profile {
            relay: "https://relay.example".into(),
            key_id: session.key_id.clone(),
            staff: session.staff,
            may_approve: false,
            signed_in_until: Some(1_785_600_000),
            lapsed: None,
        });
        let sign_in = SignIn {
            relay: "https://relay.example".into(),
            renews: true,
            issuer: "https://login.broker.example".into(),
            redirect_uri: "https://abc.chromiumapp.org/sign-in".into(),
            state: "s".into(),
            verifier: "v".into(),
            salt: "n".into(),
            begun: 1_700_000_000_000,
        };
        let read = SignIn::read(&Value::parse(&sign_in.to_json()).unwrap());
        assert!(read == Some(sign_in), "not shown: the verifier is a secret");
        let mut window = Window {
            request_id,
            clicked: 1_700_000_000_000,
            window: Some(40),
            isolated: true,
            told: false,
            closed: None,
            cause: None,
        };
        check(&window);
        (window.told, window.closed) = (true, Some(1_700_000_000_009));
        check(&window);
        (window.window, window.cause) = (None, Some("window_failed".into()));
        check(&window);
    }
}
