//! What waits for this person's decision: a page that lists it, and the number on the toolbar button.

use alloc::{boxed::Box, vec::Vec};

use stagedoor_protocol::{
    ApprovalDecision, Decision, ErrorCode, WaitingApproval, limits::RELAY_TIMEOUT_MILLISECONDS,
};

use super::Core;
use crate::{
    environment::Environment,
    fault::{Code, Fault},
    message::Message,
    record::Profile,
    text::{Text, joined},
    view::{ApprovalsView, Problem, View},
    wire::read_list,
};

impl<E: Environment> Core<E> {
    /// The list as it stands.
    pub(super) async fn approvals(&self, done: Option<Text>, fault: Option<Box<Fault>>) -> View {
        let listed = match self.profile().await {
            Ok(profile) => self.waiting(&profile).await,
            Err(fault) => Err(fault),
        };
        let barred = listed.as_ref().is_err_and(|fault| is_barred(fault.code));
        let unlisted = listed.is_err() && !barred;
        let (requests, fault) = match listed {
            Ok(requests) => (requests, fault),
            Err(why) => (Vec::new(), fault.or(Some(why))),
        };
        View::Approvals(Box::new(ApprovalsView {
            requests,
            done,
            barred,
            unlisted,
            error: fault.as_deref().map(Problem::of),
        }))
    }

    /// Decides on a request and shows what is left.
    pub(super) async fn decide(&self, message: &Message) -> View {
        let decided = self.try_decide(message).await;
        match decided {
            Ok(done) => self.approvals(Some(done), None).await,
            Err(fault) => self.approvals(None, Some(fault)).await,
        }
    }

    async fn try_decide(&self, message: &Message) -> Result<Text, Box<Fault>> {
        let (decision, done) = match message.decision.as_str() {
            "approve" => (Decision::Approve, "approvals_done_approved"),
            "decline" => (Decision::Decline, "approvals_done_declined"),
            _ => return Err(Code::Internal.into()),
        };
        let profile = self.profile().await?;
        let word = message.word.trim();
        let body = ApprovalDecision {
            decision,
            word: (!word.is_empty()).then(|| word.into()),
        };
        // The id goes into a path: only what is one.
        let id = stagedoor_protocol::ApprovalId::parse(&message.id).map_err(|_| Code::Internal)?;
        let path = joined(&["/v1/approvals/", id.as_str(), "/decision"]);
        self.post(&profile, &path, &body, RELAY_TIMEOUT_MILLISECONDS)
            .await?;
        Ok(Text::new(done))
    }

    async fn waiting(&self, profile: &Profile) -> Result<Vec<WaitingApproval>, Box<Fault>> {
        let answer = self
            .get(profile, "/v1/approvals", RELAY_TIMEOUT_MILLISECONDS)
            .await;
        if answer.as_ref().is_err_and(|fault| is_barred(fault.code)) {
            // Until a session says that they may.
            self.stop_watching().await;
        }
        let answer = answer?;
        let requests: Vec<WaitingApproval> =
            read_list(answer.get("requests")).ok_or(Code::RelayAnswerUnusable)?;
        self.show_count(requests.len()).await;
        Ok(requests)
    }

    /// The minute is over: refreshes the number on the toolbar button.
    pub async fn minute(&self) {
        let Ok(Some(profile)) = self.enrolment().await else {
            return self.stop_watching().await;
        };
        // What goes wrong is looked at there; the next minute may be better.
        let _ = self.waiting(&profile).await;
    }

    async fn stop_watching(&self) {
        self.environment.watch(false);
        self.show_count(0).await;
    }

    /// The browser was started: looks whether there is anything to watch for.
    pub async fn started(&self) {
        self.forget_windows().await;
        if let Ok(Some(profile)) = self.enrolment().await
            && let Ok(session) = self.session(&profile).await
            && session.may_approve
        {
            self.minute().await;
        }
    }
}

/// Whether asking again by itself is of no use.
fn is_barred(code: Code) -> bool {
    matches!(
        code,
        Code::NotEnrolled
            | Code::KeyGone
            | Code::Relay(
                ErrorCode::NotPermitted
                    | ErrorCode::ProfileUnknown
                    | ErrorCode::StaffDisabled
                    | ErrorCode::SessionExpired
            )
    )
}
