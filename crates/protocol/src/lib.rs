//! What the Stagedoor extension and the Stagedoor relay say to each other: types, limits, error codes, and the
//! text that both sides sign. Nothing here does I/O, reads a clock, or knows JavaScript.
//!
//! Both sides parse outside bytes into these types at their edge; code further in never validates again.

#![cfg_attr(not(any(test, feature = "openapi")), no_std)]

extern crate alloc;

mod approval;
mod claim;
mod digest;
mod email;
mod enrolment;
mod error;
mod key;
pub mod limits;
mod login;
#[cfg(feature = "openapi")]
pub mod openapi;
mod platform;
mod preview;
mod problem;
mod recipe;
mod request_id;
mod session;
mod sign_in;
mod signature;
mod token;
mod whole;

pub use approval::{
    Approval, ApprovalDecision, ApprovalId, ApprovalRequest, ApprovalState, Decision, WaitingApproval,
    WaitingApprovals,
};
pub use claim::Claim;
pub use digest::content_digest;
pub use email::{CustomerEmail, EmailError};
pub use enrolment::{EnrolmentCode, EnrolmentCodeError, EnrolmentRequest, EnrolmentResponse};
pub use error::ParseError;
pub use key::{KeyId, PublicJwk, PublicKeyBytes};
pub use login::{LoginRequest, LoginResponse, Outcome, OutcomeReport, PageReference};
pub use platform::{Environment, Platform, PlatformId};
pub use preview::{AccountStatus, Preview, PreviewRequest};
pub use problem::{ErrorCode, Problem};
pub use recipe::{Recipe, SessionAnswer};
pub use request_id::RequestId;
pub use session::{Confirm, Isolation, Policy, ReasonMode, Rules, Session, Staff};
pub use sign_in::{SignInOffer, SignInRequest, SignInResponse, sign_in_nonce_input};
pub use signature::{Algorithm, Component, Nonce, SignatureInput, SignedRequest, signature_base};
pub use token::OneTimeToken;
