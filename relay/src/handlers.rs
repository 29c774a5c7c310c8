//! One file for each endpoint.

mod approvals;
mod create_login;
mod enrol;
mod health;
mod openapi;
mod parameter;
mod previews;
mod problem_page;
mod report_outcome;
mod session;
mod sign_in;
mod sign_out;

use stagedoor_protocol::{ErrorCode, limits::MAX_LABEL_BYTES};

pub(crate) use approvals::{
    ask_approval, decide_approval, show_approval, waiting_approvals, withdraw_approval,
};
pub(crate) use create_login::create_login;
pub(crate) use enrol::enrol;
pub(crate) use health::{healthz, readyz};
pub(crate) use openapi::openapi_document;
pub(crate) use previews::preview;
pub(crate) use problem_page::problem_page;
pub(crate) use report_outcome::report_outcome;
pub(crate) use session::session;
pub(crate) use sign_in::{sign_in, sign_in_offer};
pub(crate) use sign_out::sign_out;

use crate::{error::ApiError, visible::is_odd};
use parameter::Parameter;

/// Bounds a short text: not empty, 256 bytes, no control or invisible characters.
pub(crate) fn check_label(field: &str, text: &str) -> Result<(), ApiError> {
    if (1..=MAX_LABEL_BYTES).contains(&text.len()) && !text.chars().any(is_odd) {
        Ok(())
    } else {
        let rule =
            format!("{field} must be 1 to {MAX_LABEL_BYTES} bytes without control or invisible characters");
        Err(ApiError::new(ErrorCode::MalformedRequest).detail(rule))
    }
}
