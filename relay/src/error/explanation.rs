//! The one table of causes and cures: the default detail of a problem document, and its page under `/problems/`.

use stagedoor_protocol::ErrorCode;

/// What a code means, for the person who meets it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Explanation {
    /// Why it happens.
    pub cause: &'static str,
    /// What to do.
    pub cure: &'static str,
}

impl Explanation {
    /// Cause and cure, one after the other.
    pub fn in_one_line(self) -> String {
        format!("{} {}", self.cause, self.cure)
    }
}

/// Explains a code.
pub fn explain(code: ErrorCode) -> Explanation {
    let (cause, cure) = texts(code);
    Explanation { cause, cure }
}

#[rustfmt::skip]
fn texts(code: ErrorCode) -> (&'static str, &'static str) {
    match code {
        ErrorCode::MalformedRequest => (
            "The request is not what this address takes: not JSON, a field that is missing, unknown, repeated or of the wrong type, or a query.",
            "Update the extension and the relay to the same version."),
        ErrorCode::BodyTooLarge => (
            "The request body is larger than 16 KiB, which no request of the extension is.",
            "Shorten the reason; if it is short, update the extension."),
        ErrorCode::UnsupportedMediaType => (
            "The request body is not declared as application/json.",
            "Update the extension; if a proxy stands before the relay, let it pass Content-Type unchanged."),
        ErrorCode::NotFound => (
            "The relay has nothing at this address.",
            "Check the relay's address in the extension's options: host name and port only."),
        ErrorCode::MethodNotAllowed => (
            "The address is there, but it takes another method.",
            "Update the extension and the relay to the same version."),
        ErrorCode::RequestTimeout => (
            "The request did not arrive in full in time.",
            "Check the network between browser and relay, and try again."),
        ErrorCode::OriginNotAllowed => (
            "The request comes from a web page, or from an extension that is not in the relay's configuration.",
            "If it was the Stagedoor extension, put its origin into extension.origins (for Firefox: extension.firefox = true)."),
        ErrorCode::SignatureMissing => (
            "Content-Digest, Signature-Input or Signature is missing, given twice, or not of the documented form.",
            "Only the extension can use this address. If a proxy stands before the relay, let it pass these headers unchanged."),
        ErrorCode::SignatureInvalid => (
            "The signature or the digest does not fit the request: it was changed on the way, made with another key, or made for another host name.",
            "If a proxy stands before the relay, let it pass Host, path and body unchanged, and put the host name that browsers use into listen.authorities."),
        ErrorCode::SignatureStale => (
            "The signature was made more than 60 seconds before or after the relay's time. The answer, and the relay's log, say by how many.",
            "Set the clock of this computer, and the relay's, by a time server."),
        ErrorCode::SignatureReplayed => (
            "The same signed request arrived before.",
            "Click again: each click makes a new request. If it happens every time, something between browser and relay repeats requests."),
        ErrorCode::ProfileUnknown => (
            "This browser profile's key is not enrolled with this relay, or no longer.",
            "Ask the administrator for an enrolment code (stagedoor staff invite), and enter it in the extension's options."),
        ErrorCode::StaffDisabled => (
            "The administrator has disabled this staff member.",
            "Tell the administrator, if access is still meant to be: they enable you again (stagedoor staff enable) and then give you a new enrolment code."),
        ErrorCode::EnrolmentCodeRefused => (
            "The enrolment code is unknown, was used before, or has run out; a code works once and for minutes.",
            "Ask the administrator for a new code (stagedoor staff invite)."),
        ErrorCode::ProfileAlreadyEnrolled => (
            "This browser profile is enrolled already. The code was not used up.",
            "Use the extension as it is; or sign out in its options first, which makes a new key."),
        ErrorCode::SignInNotOffered => (
            "The relay's configuration has no [sign_in] section.",
            "Ask the administrator for an enrolment code, and enter it in the extension's options."),
        ErrorCode::SignInRefused => (
            "The provider did not accept the sign-in, or what it says of the person does not let them in here.",
            "Sign in again, with your account at the firm; if that does not help, ask the administrator, who finds the cause in the relay's log."),
        ErrorCode::SignInFailed => (
            "The relay could not reach the sign-in provider, or could not use its answer. The log says what happened.",
            "Try again in a moment; if it lasts, tell the administrator."),
        ErrorCode::SessionExpired => (
            "This browser profile was signed in for as long as the relay's configuration allows, and that is over; or the administrator ended the session, or changed where people sign in.",
            "Sign in again in the extension's options."),
        ErrorCode::TooManyRequests => (
            "A limit on logins is reached: of this person, browser profile, customer or broker; the answer's rule says which. Or one on looks at accounts, before which nothing is opened. Or there were too many attempts to enrol from this address within a minute, or the person has too many requests for approval that wait.",
            "Wait as long as the answer says, then try again. The administrator can change the limits on logins ([limits], docs/limits.md)."),
        ErrorCode::CustomerEmailInvalid => (
            "The text is not an e-mail address that a customer can have.",
            "Correct the address, or take another one from the page."),
        ErrorCode::CustomerNotAllowed => (
            "The address belongs to a staff member or to one of the firm's own domains, so it is never opened as a customer; or the policy lets nobody open this customer. The answer's rule says which.",
            "Pick the customer's address. If a customer really uses this domain, change staff.domains; who is on the list of policy.deny is the administrator's decision."),
        ErrorCode::NotPermitted => (
            "The policy does not let this person open this customer: by their roles, on this platform, at this time, or from this network. The answer's rule says which.",
            "Do what the answer says, or hand over to a colleague who may; stagedoor policy test shows the administrator each rule (docs/policy.md)."),
        ErrorCode::PlatformUnknown => (
            "The relay's configuration has no platform of this id.",
            "Open the extension again, which loads the list anew; if that does not help, compare [[platform]] in the relay's configuration."),
        ErrorCode::ReasonRequired => (
            "A reason is required, and the one given is missing or too short.",
            "Say in a few words why the customer's platform must be opened."),
        ErrorCode::TicketRequired => (
            "A ticket is required, and none is given, or it does not have the form that the policy wants.",
            "Copy the ticket's number from the ticket system into the field for it, alone."),
        ErrorCode::ApprovalRequired => (
            "The policy lets nobody open this customer alone: a second person must approve first. Nothing was asked of the broker.",
            "Ask for approval in the popup; approverRoles says who may give it (docs/policy.md)."),
        ErrorCode::ApprovalUnknown => (
            "No request for approval of this id is there: it was withdrawn, replaced by a newer one, or forgotten some minutes after its end; or it is somebody else's.",
            "Ask for approval again, if the customer's platform must still be opened."),
        ErrorCode::ApprovalMismatch => (
            "The approval was given for another customer, platform, reason, ticket or CRM page than this login's.",
            "Open what was approved, unchanged; or ask for approval of what is to be opened now."),
        ErrorCode::ApprovalMissing => (
            "The request for approval was declined, nobody has decided on it yet, or it is being decided on or taken back at this very moment. The answer says which.",
            "Wait until somebody approves; after a refusal talk to the colleague who declined, and ask again if they agree."),
        ErrorCode::ApprovalEnded => (
            "The approval was used, which it can be once, also if nothing came of it; or its time is over; or whoever gave it may not approve any more, or not with the browser profile that they used.",
            "Ask for approval again."),
        ErrorCode::ApprovalDecided => (
            "Somebody decided on this request before, or its time is over. The first decision stands.",
            "Nothing needs to be done; talk to the colleague who decided, if you see it otherwise."),
        ErrorCode::WordRequired => (
            "Whoever declines a request must say why, and nothing was said.",
            "Write a few words for the colleague who asks."),
        ErrorCode::CustomerClaimed => (
            "A colleague asked for this customer's token on this platform, or on another of the same broker, a moment ago, and it may not have been used yet. A new token would make it void. Or an earlier request, perhaps your own, is still under way: two at once could reach the broker in either order.",
            "Wait as long as the answer says, or talk to the colleague; whoever cannot wait opens anyway in the popup, which is recorded, once the earlier request has ended."),
        ErrorCode::RequestRepeated => (
            "A login with this request id was recorded before; each id mints once.",
            "Click again, if the first click did not open the platform."),
        ErrorCode::LoginUnknown => (
            "No login of this id was requested by this staff member.",
            "Nothing needs to be done; if it happens often, compare the clocks and versions of extension and relay."),
        ErrorCode::CustomerUnknown => (
            "The broker has no customer of this e-mail address.",
            "Check that the CRM shows the address with which the customer is registered on the platform."),
        ErrorCode::BrokerKeyRefused => (
            "The broker does not know the relay's API key.",
            "The administrator puts the current key into the platform's api_key_file, which the relay reads again by itself; stagedoor config check --connect tests it."),
        ErrorCode::BrokerAccessDenied => (
            "The API key lacks the right \"API ACCESS -> Create One Time Token for Login\" (for a look at the account, the right to read accounts), or the relay's IP address is not on the broker's list.",
            "The administrator grants the right, or asks the broker's support team to whitelist the relay's address."),
        ErrorCode::BrokerRateLimited => (
            "The broker takes only so many requests a minute for one API key, and that many were made.",
            "Wait as long as the answer says, then click again."),
        ErrorCode::BrokerRequestRefused => (
            "The broker did not accept the request's content.",
            "The administrator compares the platform's api and base_url with what the broker gave."),
        ErrorCode::BrokerUnreachable => (
            "No connection to the broker; nothing was sent.",
            "Try again; if it lasts, the administrator checks base_url, DNS, route and firewall (stagedoor config check --connect)."),
        ErrorCode::BrokerTlsFailed => (
            "The broker's certificate could not be verified; nothing was sent.",
            "The administrator checks base_url, the relay's clock and its CA certificates."),
        ErrorCode::BrokerFailed => (
            "The broker reported an error of its own.",
            "Try again in a while; tell the broker's support team if it lasts."),
        ErrorCode::BrokerAnswerUnusable => (
            "The broker answered, but not with a token, or with an account that was looked at, that could be used.",
            "The administrator compares the platform's api and base_url with what the broker gave."),
        ErrorCode::OutcomeUnknown => (
            "The request may have reached the broker, but no answer came back. A token may have been made that nobody holds.",
            "Click again if the customer's platform is still needed: a new token replaces any older one."),
        ErrorCode::StoreUnavailable => (
            "The relay could not write its record, and without a record nothing is opened.",
            "Try again; if it lasts, the administrator checks the disk with the file, or the server, that store.url names."),
        ErrorCode::Overloaded => (
            "The relay is shutting down, or has more to do than it can.",
            "Try again in a few seconds."),
        ErrorCode::Internal => (
            "The relay made a mistake.",
            "Try again; if it lasts, give the administrator the time: the cause is in the relay's log."),
        _ => UNEXPLAINED,
    }
}

/// For codes of a newer protocol; a test proves that there are none.
const UNEXPLAINED: (&str, &str) = ("The relay has no text for this code.", "Update the relay.");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_a_cause_and_a_cure_of_its_own() {
        for (index, code) in ErrorCode::ALL.iter().enumerate() {
            let explanation = explain(*code);
            assert_ne!((explanation.cause, explanation.cure), UNEXPLAINED, "{code}");
            assert!(
                explanation.cause.ends_with('.') && explanation.cure.ends_with('.'),
                "{code}"
            );
            assert!(
                !ErrorCode::ALL[..index]
                    .iter()
                    .any(|c| explain(*c).cause == explanation.cause),
                "{code}"
            );
        }
    }
}
