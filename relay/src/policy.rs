//! Who may be opened, where, and with what reason. Everything that is not allowed here is refused, at the time of the
//! mint.

use stagedoor_protocol::{ErrorCode, LoginRequest, ReasonMode};

use crate::{
    app::App,
    config::{Login, PlatformConfig},
    error::ApiError,
    store::StaffMember,
};

/// Allows a login and names its platform, or says why not.
///
/// Whether the customer's address is a staff member's is decided by the store, together with the record of the login.
pub(crate) fn allow<'a>(
    app: &'a App,
    caller: &StaffMember,
    request: &LoginRequest,
) -> Result<&'a PlatformConfig, ApiError> {
    let platforms = &app.config.platforms;
    let platform = platforms
        .iter()
        .find(|platform| platform.id == request.platform)
        .ok_or_else(|| ApiError::new(ErrorCode::PlatformUnknown))?;
    let customer = &request.customer_email;
    if *customer == caller.email || app.config.staff.owns(&customer.domain()) {
        return Err(ApiError::new(ErrorCode::CustomerNotAllowed));
    }
    check_reason(&app.config.login, request.reason.as_deref())?;
    Ok(platform)
}

/// A blank reason is none. Where one is given it must be long enough, even if it need not have been given.
fn check_reason(rules: &Login, reason: Option<&str>) -> Result<(), ApiError> {
    let length = reason.unwrap_or_default().trim().chars().count();
    let required = match rules.reason {
        ReasonMode::Off => 0,
        ReasonMode::Optional if length == 0 => 0,
        ReasonMode::Optional | ReasonMode::Required => rules.reason_min_length as usize,
    };
    if length >= required {
        Ok(())
    } else {
        Err(ApiError::new(ErrorCode::ReasonRequired).detail(format!(
            "the relay's policy wants a reason of at least {required} characters; say why the customer's platform must \
             be opened"
        )))
    }
}

#[cfg(test)]
mod tests {
    use stagedoor_protocol::Isolation;

    use super::*;

    #[test]
    fn reasons() {
        use ReasonMode::*;
        for (mode, min, reason, allowed) in [
            (Off, 0, None, true),
            (Off, 0, Some("x"), true),
            (Optional, 5, None, true),
            (Optional, 5, Some("   "), true),
            (Optional, 5, Some("four"), false),
            (Optional, 5, Some("fives"), true),
            (Required, 1, None, false),
            (Required, 1, Some(" \n\t"), false),
            (Required, 1, Some("x"), true),
            (Required, 5, Some(" four "), false),
            (Required, 5, Some("żółćś"), true),
        ] {
            let rules = Login {
                validity_seconds: 30,
                reason: mode,
                reason_min_length: min,
                isolation: Isolation::Off,
            };
            let result = check_reason(&rules, reason).map_err(|error| error.code());
            let expected = if allowed {
                Ok(())
            } else {
                Err(ErrorCode::ReasonRequired)
            };
            assert_eq!(result, expected, "{mode:?} {min} {reason:?}");
        }
    }
}
