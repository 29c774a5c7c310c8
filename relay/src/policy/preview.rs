//! Who may be told who a customer is: whoever may open them, with a reason or after an approval that are not asked for yet.

use std::net::IpAddr;

use stagedoor_protocol::{ErrorCode, PreviewRequest};

use super::{Question, Verdict, decide, refusal};
use crate::{app::App, config::PlatformConfig, error::ApiError, store::Profile};

/// Allows a look at a customer's account, or refuses it as a login would be refused: whoever may not open somebody learns
/// nothing about them.
pub(crate) fn allow_preview<'a>(
    app: &'a App,
    profile: &Profile,
    from: IpAddr,
    request: &PreviewRequest,
) -> Result<&'a PlatformConfig, ApiError> {
    let roles = profile.roles(&app.config.sign_in_terms());
    let question = Question {
        staff: &profile.staff.email,
        roles: &roles,
        platform: &request.platform,
        customer: &request.customer_email,
        reason: None,
        ticket: None,
        from: Some(from),
        at: app.clock.now(),
    };
    let decision = decide(&app.config, &question);
    match decision.verdict {
        Verdict::Allowed(_) => {}
        // These are the last that a grant asks for: all else that it asks for is met.
        Verdict::Refused(refusal)
            if matches!(
                refusal.code,
                ErrorCode::ReasonRequired | ErrorCode::TicketRequired
            ) => {}
        Verdict::Refused(refusal) | Verdict::Undecided(refusal) => return Err(refusal.into()),
    }
    Ok(decision.platform.ok_or(refusal::platform_unknown())?)
}
