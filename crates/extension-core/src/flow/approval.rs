//! Asking for a colleague's approval, and waiting for it. Nothing is opened by it: that takes another click.

use alloc::{boxed::Box, string::String};

use stagedoor_protocol::{
    Approval, ApprovalRequest, ApprovalState, CustomerEmail, ErrorCode, limits::RELAY_TIMEOUT_MILLISECONDS,
};

use super::Core;
use crate::{
    address::typed,
    environment::{Environment, TabId},
    fault::{Code, Fault},
    message::Message,
    record::{Asked, Profile},
    request::{reason, ticket},
    text::{Text, joined},
    view::{Kept, View},
    wire::FromJson,
};

impl<E: Environment> Core<E> {
    /// Asks for approval of what the form says.
    pub(super) async fn ask_approval(&self, id: TabId, message: &Message) -> Result<View, Box<Fault>> {
        let asked = self.try_ask(id, message).await;
        Ok(asked.unwrap_or_else(|fault| View::login_fault(&fault, super::login::kept(message))))
    }

    async fn try_ask(&self, id: TabId, message: &Message) -> Result<View, Box<Fault>> {
        let profile = self.profile().await?;
        let tab = self.tab(id).await?;
        let scan = match tab.scan {
            Some(scan) => scan,
            None => self.scan(id, &profile).await?,
        };
        let email = match typed(&message.email) {
            Ok(email) => email,
            Err(wrong) => return Ok(View::of_scan(&scan, Some(wrong))),
        };
        let mut platforms = scan.session.platforms.iter();
        let platform = platforms
            .find(|platform| platform.id.as_str() == message.platform)
            .ok_or(Code::Relay(ErrorCode::PlatformUnknown))?
            .clone();
        let Ok(reason) = reason(&scan.session.rules(&platform), message.reason.as_deref()) else {
            let text = Text::new("error_reason_too_short_cure");
            return Ok(View::of_selection(&scan, email, Some(text)));
        };
        let before = tab
            .approval
            .filter(|asked| asked.email.as_str() == email.as_str() && asked.platform.id == platform.id);
        // Who decides is said when a login is refused; who asks again had none refused since, and may have looked at somebody else's
        // page meanwhile.
        let refused = tab.login;
        let roles = refused.as_ref().map(|login| login.approver_roles.clone());
        let roles = roles.filter(|roles| !roles.is_empty());
        let page = match &before {
            Some(before) if roles.is_none() && scan.found(&email).is_none() => before.page.clone(),
            _ => scan.page(),
        };
        let request = ApprovalRequest {
            platform: platform.id.clone(),
            customer_email: email,
            reason,
            ticket: ticket(message.ticket.as_deref()),
            page,
        };
        let roles = roles.or(before.map(|asked| asked.approver_roles));
        let answer = self.post(&profile, "/v1/approvals", &request, RELAY_TIMEOUT_MILLISECONDS);
        let answer = Approval::read(&answer.await?).ok_or(Code::RelayAnswerUnusable)?;
        let asked = Asked {
            email: request.customer_email,
            platform,
            reason: request.reason,
            ticket: request.ticket,
            page: request.page,
            approver_roles: roles.unwrap_or_default(),
            since: self.environment.now(),
            approval: answer,
        };
        let view = View::of_asked(&asked, self.environment.now());
        self.change_tab(
            id,
            Box::new(|tab| {
                tab.approval = Some(asked);
                tab.forget_login(refused.as_ref());
            }),
        )
        .await?;
        Ok(view)
    }

    /// How it stands with what was asked for, as the relay knows it now.
    pub(super) async fn approval(&self, id: TabId) -> Result<View, Box<Fault>> {
        let profile = self.profile().await?;
        let tab = self.tab(id).await?;
        match tab.approval {
            Some(asked) => self.look_at_approval(&profile, id, asked).await,
            None => self.status(id).await,
        }
    }

    /// Asks the relay. Where it cannot be asked, what was known stands, and counts down.
    pub(super) async fn look_at_approval(
        &self,
        profile: &Profile,
        id: TabId,
        mut asked: Asked,
    ) -> Result<View, Box<Fault>> {
        let path = joined(&["/v1/approvals/", asked.approval.id.as_str()]);
        let answer = self.get(profile, &path, RELAY_TIMEOUT_MILLISECONDS).await;
        let now = self.environment.now();
        let known = match answer {
            Ok(answer) => Approval::read(&answer).filter(|answer| answer.id == asked.approval.id),
            // Nobody can decide on it any more.
            Err(fault) if fault.code == Code::Relay(ErrorCode::ApprovalUnknown) => Some(Approval {
                state: ApprovalState::Expired,
                remaining_seconds: 0,
                ..asked.approval.clone()
            }),
            Err(_) => None,
        };
        if let Some(approval) = known {
            asked.approval = approval;
            asked.since = now;
            // A click may have used it up meanwhile.
            self.change_tab(
                id,
                Box::new(|tab| {
                    if let Some(kept) = tab
                        .approval
                        .as_mut()
                        .filter(|kept| kept.approval.id == asked.approval.id)
                    {
                        kept.clone_from(&asked);
                    }
                }),
            )
            .await?;
        }
        Ok(View::of_asked(&asked, now))
    }

    /// Takes a request back, and shows the form again.
    pub(super) async fn withdraw(&self, id: TabId) -> Result<View, Box<Fault>> {
        let profile = self.profile().await?;
        let tab = self.tab(id).await?;
        let Some(asked) = tab.approval else {
            return self.open(id, true).await;
        };
        let path = joined(&["/v1/approvals/", asked.approval.id.as_str(), "/withdrawal"]);
        let answer = self
            .call(&profile, None, "POST", &path, "", RELAY_TIMEOUT_MILLISECONDS)
            .await;
        match answer {
            Err(fault) if !is_over(fault.code) => {
                return Ok(View::login_fault(&fault, Kept::of_asked(&asked)));
            }
            _ => {}
        }
        self.dismiss(id).await
    }

    /// Forgets a request that is over, and reads the page again: it may be another customer's by now.
    pub(super) async fn dismiss(&self, id: TabId) -> Result<View, Box<Fault>> {
        self.change_tab(id, Box::new(|tab| tab.approval = None)).await?;
        self.open(id, true).await
    }
}

/// Whether there is nothing left to take back.
fn is_over(code: Code) -> bool {
    matches!(
        code,
        Code::Relay(ErrorCode::ApprovalUnknown | ErrorCode::ApprovalEnded)
    )
}

/// The approval that a click uses: one that was given, for exactly this.
pub(super) fn given(
    asked: Option<Asked>,
    now: u64,
    (email, platform): (&CustomerEmail, &str),
    (reason, ticket): (Option<&String>, Option<&String>),
) -> Option<Asked> {
    let asked = asked?;
    // By the bytes, which the popup sends back as they were.
    let same = asked.email.as_str() == email.as_str()
        && asked.platform.id.as_str() == platform
        && asked.reason.as_ref() == reason
        && asked.ticket.as_ref() == ticket;
    (same && asked.state(now) == ApprovalState::Approved).then_some(asked)
}
