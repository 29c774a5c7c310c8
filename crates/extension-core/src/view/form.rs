//! The views as JSON, in the form that the pages know.

use alloc::string::String;

use stagedoor_protocol::{Platform, Rules, limits::MAX_REASON_CHARS};

use super::{Choice, Customer, Problem, ReasonField, TestResult, View, WorkingStep};
use crate::{
    json::{Object, ToJson},
    text::Text,
    wire::{environment_name, isolation_name, reason_name},
};

impl ToJson for View {
    fn write(&self, target: &mut String) {
        let view = Object::begin(target).with("screen", self.screen());
        match self {
            Self::Setup => view,
            Self::Working {
                step,
                email,
                platform_name,
            } => view
                .with("step", step.as_str())
                .with_some("email", email.as_ref().map(|email| email.as_str()))
                .with_some("platformName", platform_name.as_ref()),
            Self::Confirm {
                customer,
                others,
                rest,
                platforms,
                platform,
                staff,
                reason,
                isolation,
                ticket_required,
                may_approve,
                by_itself,
                input_error,
            } => view
                .with("customer", customer)
                .with("others", &(*others as u64))
                .with_some("rest", Some(rest).filter(|rest| !rest.is_empty()))
                .with("platforms", platforms)
                .with_some("platform", platform.as_ref().map(|id| id.as_str()))
                .with("staff", staff)
                .with("reason", reason)
                .with("isolation", isolation_name(*isolation))
                .with_some("ticketRequired", ticket_required.then_some(&true))
                .with_some("mayApprove", may_approve.then_some(&true))
                .with_some("byItself", by_itself.then_some(&true))
                .with_some("inputError", input_error.as_ref()),
            Self::Choose {
                candidates,
                others,
                unusable,
                may_approve,
                input_error,
            } => view
                .with("candidates", candidates)
                .with("others", &(*others as u64))
                .with_some("unusable", unusable.as_ref())
                .with_some("mayApprove", may_approve.then_some(&true))
                .with_some("inputError", input_error.as_ref()),
            Self::None {
                cut,
                unusable,
                may_approve,
                input_error,
            } => view
                .with("cut", cut)
                .with_some("unusable", unusable.as_ref())
                .with_some("mayApprove", may_approve.then_some(&true))
                .with_some("inputError", input_error.as_ref()),
            Self::Opened {
                email,
                platform_name,
                environment,
                isolated,
                request_id,
            } => view
                .with("email", email.as_str())
                .with("platformName", platform_name)
                .with("environment", environment_name(*environment))
                .with("isolated", isolated)
                .with("requestId", request_id.as_str()),
            Self::Error {
                code,
                title,
                cure,
                detail,
                request_id,
                retry_after_seconds,
                retry,
                email,
                platform,
                platform_name,
                reason,
                ticket,
                claim,
            } => view
                .with("code", *code)
                .with("title", title)
                .with("cure", cure)
                .with_some("detail", detail.as_ref())
                .with_some("requestId", request_id.as_ref().map(|id| id.as_str()))
                .with_some("retryAfterSeconds", retry_after_seconds.map(u64::from).as_ref())
                .with_some("retry", retry.map(|retry| retry.as_str()))
                .with_some("email", email.as_ref().map(|email| email.as_str()))
                .with_some("platform", platform.as_ref().map(|id| id.as_str()))
                .with_some("platformName", platform_name.as_ref())
                .with_some("reason", reason.as_ref())
                .with_some("ticket", ticket.as_ref())
                .with_some("claim", claim.as_ref()),
            Self::Approval(asked) => asked.write(view),
            Self::Reasons(reasons) => view.with("reasons", reasons),
            Self::Sessions(sessions) => sessions.write(view),
            Self::Preview(preview) => preview.write(view),
            Self::Approvals(approvals) => view
                .with("requests", &approvals.requests)
                .with_some("done", approvals.done.as_ref())
                .with_some("barred", approvals.barred.then_some(&true))
                .with_some("unlisted", approvals.unlisted.then_some(&true))
                .with_some("error", approvals.error.as_ref()),
            Self::Derived(derived) => derived.write(view),
            Self::Trial(trial) => trial.write(view),
            Self::Options(options) => view
                .with("version", &options.version)
                .with("browser", options.browser)
                .with_some("relay", options.relay.as_ref())
                .with("enrolled", &options.enrolled)
                .with_some("lapsed", options.lapsed.then_some(&true))
                .with_some("staff", options.staff.as_ref())
                .with_some("keyId", options.key_id.as_ref())
                .with_some("signedInUntil", options.signed_in_until.as_ref())
                .with_some("sessionOver", options.session_over.then_some(&true))
                .with("managed", &options.managed)
                .with("codes", &options.codes)
                .with("signIn", &options.sign_in)
                .with_some("anotherAccount", options.another_account.then_some(&true))
                .with_some("authorization", options.authorization.as_ref())
                .with("incognitoAllowed", &options.incognito_allowed)
                .with_some("mayApprove", options.may_approve.then_some(&true))
                .with_some("shortcut", options.shortcut.as_ref())
                .with_some("untold", options.untold.then_some(&true))
                .with_some("test", options.test.as_ref())
                .with_some("error", options.error.as_ref()),
        }
        .end();
    }
}

impl View {
    fn screen(&self) -> &'static str {
        match self {
            Self::Setup => "setup",
            Self::Working { .. } => "working",
            Self::Confirm { .. } => "confirm",
            Self::Choose { .. } => "choose",
            Self::None { .. } => "none",
            Self::Opened { .. } => "opened",
            Self::Error { .. } => "error",
            Self::Approval(_) => "approval",
            Self::Approvals(_) => "approvals",
            Self::Reasons(_) => "reasons",
            Self::Sessions(_) => "sessions",
            Self::Preview(_) => "preview",
            Self::Options(_) => "options",
            Self::Derived(_) => "derived",
            Self::Trial(_) => "trial",
        }
    }
}

impl WorkingStep {
    fn as_str(self) -> &'static str {
        match self {
            Self::Rules => "rules",
            Self::Asking => "asking",
            Self::Opening => "opening",
        }
    }
}

impl ToJson for Customer {
    fn write(&self, target: &mut String) {
        Object::begin(target)
            .with("email", self.email.as_str())
            .with("evidence", &self.evidence)
            .end();
    }
}

impl ToJson for Choice {
    fn write(&self, target: &mut String) {
        Object::begin(target)
            .with("id", self.id.as_str())
            .with("name", &self.name)
            .with("environment", environment_name(self.environment))
            .with_some("rules", self.rules.map(Asking).as_ref())
            .with_some("preview", self.preview.then_some(&true))
            .end();
    }
}

/// What the form needs of a platform's own rules, under the names that the confirmation has for all platforms.
struct Asking(Rules);

impl ToJson for Asking {
    fn write(&self, target: &mut String) {
        let Self(rules) = self;
        Object::begin(target)
            .with("reason", &ReasonField::of(rules))
            .with("isolation", isolation_name(rules.isolation))
            .with_some("ticketRequired", rules.ticket_required.then_some(&true))
            .end();
    }
}

impl Choice {
    /// A platform of the session's list.
    pub fn of(platform: &Platform) -> Self {
        Self {
            id: platform.id.clone(),
            name: platform.name.clone(),
            environment: platform.environment,
            rules: platform.rules,
            preview: platform.preview,
        }
    }
}

impl ReasonField {
    /// As a platform's rules have it.
    pub(super) fn of(rules: &Rules) -> Self {
        Self {
            mode: rules.reason,
            min_length: rules.reason_min_length,
            max_length: MAX_REASON_CHARS,
        }
    }
}

impl ToJson for ReasonField {
    fn write(&self, target: &mut String) {
        Object::begin(target)
            .with("mode", reason_name(self.mode))
            .with("minLength", &u64::from(self.min_length))
            .with("maxLength", &(self.max_length as u64))
            .end();
    }
}

impl ToJson for TestResult {
    fn write(&self, target: &mut String) {
        match self {
            Self::Known { staff, platforms } => Object::begin(target)
                .with("ok", &true)
                .with("title", &Text::new("test_ok_title"))
                .with("staff", staff)
                .with("platforms", platforms)
                .end(),
            Self::Failed(problem) => problem.write(target),
        }
    }
}

impl ToJson for Problem {
    fn write(&self, target: &mut String) {
        Object::begin(target)
            .with("code", self.code)
            .with("title", &self.title)
            .with("cure", &self.cure)
            .with_some("detail", self.detail.as_ref())
            .with_some("retryAfterSeconds", self.retry_after.map(u64::from).as_ref())
            .end();
    }
}
