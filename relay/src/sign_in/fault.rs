//! Why nobody was signed in. The texts go to the log, so they are made of what the relay knows: nothing of a code, a token or
//! a claim is in them.

use std::borrow::Cow;

use stagedoor_protocol::ErrorCode;

use crate::error::ApiError;

/// A sign-in that did not come about.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{cause}")]
pub(crate) struct Fault {
    code: ErrorCode,
    cause: Cow<'static, str>,
    told: Option<&'static str>,
}

impl Fault {
    /// The provider could not be asked, or its answer could not be used.
    pub(super) fn failed(cause: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorCode::SignInFailed, cause)
    }

    /// The person is not let in.
    pub(crate) fn refused(cause: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorCode::SignInRefused, cause)
    }

    /// The person is disabled.
    pub(crate) fn disabled(cause: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorCode::StaffDisabled, cause)
    }

    /// More people sign in at once than the provider is asked for.
    pub(super) fn overloaded() -> Self {
        Self::new(
            ErrorCode::Overloaded,
            "too many sign-ins at once; more are let in as soon as some of them have ended",
        )
    }

    /// What the person reads, where it says more than the code.
    pub(crate) fn told(self, told: &'static str) -> Self {
        Self {
            told: Some(told),
            ..self
        }
    }

    /// What the provider sent is at fault, whoever the person is.
    pub(super) fn of_the_answer(self) -> Self {
        if self.code != ErrorCode::SignInRefused {
            return self;
        }
        self.told(
            "The relay cannot accept what the sign-in provider sent: a clock, a key or a setting is wrong there or here. It is \
             not about your account. Tell the administrator, who finds the cause in the relay's log.",
        )
    }

    fn new(code: ErrorCode, cause: impl Into<Cow<'static, str>>) -> Self {
        Self {
            code,
            cause: cause.into(),
            told: None,
        }
    }
}

impl From<Fault> for ApiError {
    fn from(fault: Fault) -> Self {
        let mut error = Self::new(fault.code);
        if let Some(told) = fault.told {
            error = error.detail(told);
        }
        if fault.code == ErrorCode::Overloaded {
            error = error.retry_after(2);
        }
        error.caused_by(fault)
    }
}
