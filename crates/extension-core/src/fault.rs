//! What can go wrong, as codes that the pages have texts for, and what a person can do next.

use alloc::{boxed::Box, string::String, vec::Vec};

use stagedoor_protocol::{Claim, ErrorCode, RequestId};

use crate::text::{Text, joined};

macro_rules! own_codes {
    ($($(#[doc = $doc:literal])+ $variant:ident = $code:literal;)+) => {
        /// A fault: the relay's codes, and those of the core itself.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Code {
            /// The relay said so.
            Relay(ErrorCode),
            $($(#[doc = $doc])+ $variant,)+
        }

        impl Code {
            /// The core's own codes.
            pub const OWN: &[Self] = &[$(Self::$variant),+];

            /// The code as the pages know it.
            pub fn as_str(self) -> &'static str {
                match self {
                    Self::Relay(code) => code.as_str(),
                    $(Self::$variant => $code,)+
                }
            }
        }
    };
}

own_codes! {
    /// No connection to the relay, or the browser refused to make one.
    RelayUnreachable = "relay_unreachable";
    /// The relay did not answer in time; what it did is not known.
    RelayTimeout = "relay_timeout";
    /// The answer is not one that a relay gives.
    RelayAnswerUnusable = "relay_answer_unusable";
    /// The relay's address is not one that may be used.
    RelayAddressInvalid = "relay_address_invalid";
    /// A token was asked for and no answer came, or what stands before the relay answered in its place: whether the request
    /// arrived is not known.
    RelayLost = "relay_lost";
    /// This profile has no relay yet.
    NotEnrolled = "not_enrolled";
    /// The browser has lost the profile's key.
    KeyGone = "key_gone";
    /// The enrolment code cannot be one.
    EnrolmentCodeMalformed = "enrolment_code_malformed";
    /// The browser lets no extension read this page.
    PageNotReadable = "page_not_readable";
    /// The page does not answer: it shows a message that waits for somebody, or is busy.
    PageSilent = "page_silent";
    /// The page is about another customer than when it was read.
    PageChanged = "page_changed";
    /// The person has not allowed the extension in private windows.
    IsolationNotAllowed = "isolation_not_allowed";
    /// A private window is open already, so another customer's session may be in it.
    IsolationBusy = "isolation_busy";
    /// The window could not be opened, or not as it must be.
    WindowFailed = "window_failed";
    /// The relay named another platform address than the one that was shown.
    PlatformUrlRefused = "platform_url_refused";
    /// The key store or the extension's storage failed.
    KeyStoreFailed = "key_store_failed";
    /// The administrator's settings for this browser cannot be used.
    ManagedSettingsUnusable = "managed_settings_unusable";
    /// The administrator names another relay than the one that this profile is enrolled at.
    ManagedRelayDiffers = "managed_relay_differs";
    /// The administrator has people sign in instead.
    EnrolmentCodesNotOffered = "enrolment_codes_not_offered";
    /// The relay names a place to sign in at that may not be used.
    SignInOfferUnusable = "sign_in_offer_unusable";
    /// The window of the sign-in was closed, or could not show the provider's page.
    SignInStopped = "sign_in_stopped";
    /// The person, or the provider for them, said no.
    SignInDeclined = "sign_in_declined";
    /// The provider could not or would not do it.
    SignInProviderRefused = "sign_in_provider_refused";
    /// What came back does not belong to the sign-in that was begun.
    SignInAnswerForeign = "sign_in_answer_foreign";
    /// No sign-in is waited for, or not any more.
    SignInForgotten = "sign_in_forgotten";
    /// A selected text has no address in it that could be used, or too many.
    SelectionUnusable = "selection_unusable";
    /// Another tab's login is under way.
    LoginInProgress = "login_in_progress";
    /// The browser stopped the worker during a login; its outcome is not known.
    Interrupted = "interrupted";
    /// A fault in the extension.
    Internal = "internal";
}

impl Code {
    /// The code of this spelling. `internal` means the extension's own here: it is what a saved state holds.
    pub fn parse(text: &str) -> Option<Self> {
        let own = Self::OWN.iter().copied().find(|code| code.as_str() == text);
        own.or_else(|| ErrorCode::parse(text).map(Self::Relay))
    }

    /// Whether the relay itself said nothing, and may have done what it was asked to.
    pub fn is_silence(self) -> bool {
        matches!(self, Self::RelayTimeout | Self::RelayLost)
    }

    /// Which button stands beside the message, for a fault during a login.
    pub fn retry(self) -> Option<Retry> {
        use ErrorCode as Relay;
        match self {
            Self::NotEnrolled
            | Self::KeyGone
            | Self::RelayAddressInvalid
            | Self::EnrolmentCodeMalformed
            | Self::KeyStoreFailed
            | Self::ManagedSettingsUnusable
            | Self::ManagedRelayDiffers
            | Self::EnrolmentCodesNotOffered
            | Self::SignInOfferUnusable
            | Self::SignInStopped
            | Self::SignInDeclined
            | Self::SignInProviderRefused
            | Self::SignInAnswerForeign
            | Self::SignInForgotten => Some(Retry::Options),
            Self::Relay(Relay::SessionExpired) => Some(Retry::SignIn),
            Self::Relay(
                Relay::ProfileUnknown
                | Relay::StaffDisabled
                | Relay::SignatureMissing
                | Relay::SignatureInvalid
                | Relay::EnrolmentCodeRefused
                | Relay::ProfileAlreadyEnrolled
                | Relay::SignInNotOffered
                | Relay::SignInRefused
                | Relay::SignInFailed,
            )
            | Self::IsolationNotAllowed => Some(Retry::Options),
            Self::IsolationBusy => Some(Retry::ReplaceWindows),
            Self::Relay(
                Relay::ApprovalRequired
                | Relay::ApprovalUnknown
                | Relay::ApprovalMismatch
                | Relay::ApprovalMissing
                | Relay::ApprovalEnded,
            ) => Some(Retry::Ask),
            Self::PageNotReadable
            | Self::PageSilent
            | Self::PageChanged
            | Self::SelectionUnusable
            | Self::PlatformUrlRefused
            | Self::Relay(
                Relay::CustomerUnknown
                | Relay::CustomerNotAllowed
                | Relay::CustomerEmailInvalid
                | Relay::PlatformUnknown
                // The policy is a newer one than the form was made by.
                | Relay::ReasonRequired,
            ) => Some(Retry::Rescan),
            // The same click again would fail again: the ticket must be another one, or the two sides do not understand
            // each other.
            Self::Relay(
                Relay::TicketRequired
                | Relay::MalformedRequest
                | Relay::BodyTooLarge
                | Relay::UnsupportedMediaType
                | Relay::NotFound
                | Relay::MethodNotAllowed,
            ) => None,
            _ => Some(Retry::Login),
        }
    }
}

/// What the button beside an error message does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retry {
    /// Send the login again, as it was typed.
    Login,
    /// Read the page again.
    Rescan,
    /// To the options page.
    Options,
    /// Likewise, to sign in again there.
    SignIn,
    /// Close the private windows and go on.
    ReplaceWindows,
    /// Ask a colleague for approval.
    Ask,
    /// Ask for a token although a colleague's becomes void by it.
    Override,
}

impl Retry {
    /// The word for the pages.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Login => "login",
            Self::Rescan => "rescan",
            Self::Options => "options",
            Self::SignIn => "signIn",
            Self::ReplaceWindows => "replaceWindows",
            Self::Ask => "ask",
            Self::Override => "override",
        }
    }
}

/// A fault on its way to a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// What went wrong.
    pub code: Code,
    /// The relay's own words on this occurrence.
    pub detail: Option<String>,
    /// The login that it is about, when the relay names one.
    pub request_id: Option<RequestId>,
    /// When another try makes sense, in seconds.
    pub retry_after: Option<u32>,
    /// Whose claim stands in the way.
    pub claim: Option<Claim>,
    /// Roles of which one may approve.
    pub approver_roles: Vec<String>,
    /// What to do, where that is not what the code says by itself.
    pub cure: Option<&'static str>,
}

impl From<Code> for Fault {
    fn from(code: Code) -> Self {
        Self {
            code,
            detail: None,
            request_id: None,
            retry_after: None,
            claim: None,
            approver_roles: Vec::new(),
            cure: None,
        }
    }
}

/// What the flows pass up: small, and made in one place.
impl From<Code> for Box<Fault> {
    #[inline(never)]
    fn from(code: Code) -> Self {
        Self::new(code.into())
    }
}

impl Fault {
    /// A fault with words from outside the core.
    pub fn with_detail(code: Code, detail: String) -> Self {
        Self {
            detail: Some(detail),
            ..code.into()
        }
    }

    /// The message's heading.
    pub fn title(&self) -> Text {
        self.text("_title")
    }

    /// A fault of what may have been done although no answer came, with the text that says what to do then.
    pub fn of_deed(mut self, unknown: &'static str) -> Self {
        self.cure = Some(unknown).filter(|_| self.code.is_silence());
        self
    }

    /// What to do about it.
    pub fn cure(&self) -> Text {
        if let Some(cure) = self.cure {
            return Text::new(cure);
        }
        match self.approver_roles.as_slice() {
            [] => self.text("_cure"),
            [all] if all == "*" => Text::new("approval_required_anybody"),
            [role] => Text::with("approval_required_role", role.clone()),
            roles => Text::with("approval_required_roles", roles.join(", ")),
        }
    }

    fn text(&self, ending: &str) -> Text {
        Text::new(&joined(&["error_", self.code.as_str(), ending]))
    }
}

#[cfg(test)]
#[cfg(not(target_arch = "wasm32"))]
mod texts;

#[cfg(test)]
#[cfg(not(target_arch = "wasm32"))]
mod tests {
    use super::*;

    #[test]
    fn codes_are_found_again() {
        for code in Code::OWN {
            assert_eq!(Code::parse(code.as_str()), Some(*code));
        }
        for code in ErrorCode::ALL.iter().filter(|code| **code != ErrorCode::Internal) {
            assert_eq!(Code::parse(code.as_str()), Some(Code::Relay(*code)));
        }
        assert_eq!(Code::parse("no_such_code"), None);
    }

    #[test]
    fn the_button_fits_the_fault() {
        let retry = |code: ErrorCode| Code::Relay(code).retry();
        assert_eq!(Code::IsolationBusy.retry(), Some(Retry::ReplaceWindows));
        assert_eq!(Code::Interrupted.retry(), Some(Retry::Login));
        assert_eq!(retry(ErrorCode::OutcomeUnknown), Some(Retry::Login));
        assert_eq!(retry(ErrorCode::CustomerUnknown), Some(Retry::Rescan));
        assert_eq!(retry(ErrorCode::TicketRequired), None);
        assert_eq!(retry(ErrorCode::ProfileUnknown), Some(Retry::Options));
        assert_eq!(retry(ErrorCode::SessionExpired), Some(Retry::SignIn));
        assert_eq!(retry(ErrorCode::MalformedRequest), None);
        assert_eq!(retry(ErrorCode::ApprovalRequired), Some(Retry::Ask));
        assert_eq!(retry(ErrorCode::ApprovalEnded), Some(Retry::Ask));
    }
}
