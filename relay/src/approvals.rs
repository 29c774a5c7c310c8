//! Why a login cannot use the approval that it names, as the person is told.

use stagedoor_protocol::ErrorCode;

use crate::{error::ApiError, policy, store::ApprovalFault};

/// As a problem document: each with its own cure, and the rule that asks for approvals.
pub(crate) fn fault(fault: ApprovalFault) -> ApiError {
    let (code, detail) = match fault {
        ApprovalFault::Unknown => (ErrorCode::ApprovalUnknown, None),
        ApprovalFault::Mismatch => (ErrorCode::ApprovalMismatch, None),
        ApprovalFault::Waiting => (
            ErrorCode::ApprovalMissing,
            Some("Nobody has decided on the request for approval yet. Wait until somebody approves."),
        ),
        ApprovalFault::Changing => (
            ErrorCode::ApprovalMissing,
            Some(
                "The request for approval is being decided on or taken back at this very moment. Look at what came of it, and \
                 open again.",
            ),
        ),
        ApprovalFault::Declined => (
            ErrorCode::ApprovalMissing,
            Some(
                "A colleague has declined the request for approval. Talk to them, and ask again if they agree.",
            ),
        ),
        ApprovalFault::Expired => (
            ErrorCode::ApprovalEnded,
            Some("The approval's time is over. Ask for approval again."),
        ),
        ApprovalFault::Used => (
            ErrorCode::ApprovalEnded,
            Some(
                "The approval was used for a login before, and it can be used once, whatever came of that. Ask for approval \
                 again.",
            ),
        ),
        ApprovalFault::ApproverLost => (
            ErrorCode::ApprovalEnded,
            Some(
                "Whoever approved may not approve any more, or not with the browser profile that they used. Ask for approval \
                 again.",
            ),
        ),
    };
    let error = ApiError::new(code).rule(policy::APPROVAL);
    match detail {
        Some(detail) => error.detail(detail),
        None => error,
    }
}
