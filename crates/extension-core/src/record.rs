//! What is kept between two messages, because the browser may stop the worker at any time: never a token.

mod form;
mod profile;
mod window;

use alloc::{
    string::{String, ToString},
    vec::Vec,
};

use stagedoor_protocol::{
    Approval, ApprovalState, Claim, CustomerEmail, PageReference, Platform, RequestId, Session,
};
use zeroize::Zeroize;

pub use profile::{LAPSED, Profile, SIGNED_IN_UNTIL};
pub use window::Window;

use crate::{
    environment::TabId,
    fault::{Code, Fault},
    json::Value,
    state::is_under_way,
    text::{Text, joined},
    wire::FromJson,
};

/// What to do where it is not known whether a login was asked for.
const LOGIN_UNKNOWN: &str = "login_unknown_cure";

/// A sign-in that was begun, in memory until it comes back or ends otherwise.
#[derive(PartialEq, Eq)]
pub struct SignIn {
    /// The relay's origin.
    pub relay: String,
    /// Whether the enrolled key is to be signed in, and not a new one.
    pub renews: bool,
    /// The provider, as it names itself.
    pub issuer: String,
    /// Where it comes back to.
    pub redirect_uri: String,
    /// What it must come back with.
    pub state: String,
    /// What the challenge was made of; a secret until the code is redeemed.
    pub verifier: String,
    /// The random part of the nonce.
    pub salt: String,
    /// When it was begun, in milliseconds since 1970.
    pub begun: u64,
}

impl SignIn {
    /// The name under which it is kept. There is one: a newer one takes its place.
    pub const NAME: &'static str = "signIn";
}

impl Drop for SignIn {
    fn drop(&mut self) {
        self.verifier.zeroize();
    }
}

/// What is known of a tab, in memory until the browser ends.
#[derive(Debug, Clone, PartialEq)]
pub struct Tab {
    /// Which tab.
    pub id: TabId,
    /// The last scan of its page.
    pub scan: Option<Scan>,
    /// The last login from it.
    pub login: Option<Login>,
    /// The approval that was asked for from it.
    pub approval: Option<Asked>,
    /// Whom a selected text names that is to be opened and has not been shown yet; nobody, if it names nobody that could.
    pub picked: Option<Vec<CustomerEmail>>,
}

impl Tab {
    /// A tab of which nothing is known.
    pub fn new(id: TabId) -> Self {
        Self {
            id,
            scan: None,
            login: None,
            approval: None,
            picked: None,
        }
    }

    /// A tab among what is kept.
    pub fn among(kept: &Value, id: TabId) -> Self {
        Self::read(kept.get(&Self::name(id))).unwrap_or_else(|| Self::new(id))
    }

    /// Whether a login from it is under way.
    pub fn is_logging_in(&self) -> bool {
        self.login.as_ref().is_some_and(|login| is_under_way(login.step))
    }

    /// Forgets its login, if that was over before.
    pub fn forget_login(&mut self, over: Option<&Login>) {
        let is_news = |login: &Login| {
            over.is_none_or(|over| is_under_way(over.step) || over.request_id != login.request_id)
        };
        self.login = self.login.take().filter(is_news);
    }

    /// The name under which a tab is kept.
    pub fn name(id: TabId) -> String {
        joined(&["tab:", &id.to_string()])
    }
}

/// A page as it was read, and the rules as they were then: what the person sees is what the login goes by.
#[derive(Debug, Clone, PartialEq)]
pub struct Scan {
    /// Whom a selected text names; they go before whom the page shows.
    pub picked: Vec<CustomerEmail>,
    /// Best first.
    pub candidates: Vec<Found>,
    /// How many there were in all.
    pub total: usize,
    /// Whether the first may be proposed.
    pub clear: bool,
    /// Whether by a recipe, or by what the page is called.
    pub certain: bool,
    /// Whether there was more on the page than could be read in its time.
    pub cut: bool,
    /// The page's origin.
    pub origin: Option<String>,
    /// The CRM's id of the record that the page is about, where a recipe knows it.
    pub record: Option<String>,
    /// The recipe for this page that the browser could not use.
    pub unusable: Option<String>,
    /// Staff member, platforms and policy.
    pub session: Session,
}

impl Scan {
    /// Whether it is of a page that did not answer. One that was read in part and showed nobody, not even its own address, is no better.
    pub fn is_unread(&self) -> bool {
        self.cut && self.total == 0 && self.origin.is_none()
    }

    /// Where a login is asked for from.
    pub fn page(&self) -> Option<PageReference> {
        Some(PageReference {
            origin: self.origin.clone()?,
            record_id: self.record.clone(),
        })
    }

    /// An address as it was found on the page.
    pub fn found(&self, email: &CustomerEmail) -> Option<&Found> {
        let mut candidates = self.candidates.iter();
        candidates.find(|found| is_same(&found.email, email))
    }
}

/// By the bytes but for the case of plain letters: folding all letters takes tables that weigh 20 KB.
pub fn is_same(one: &CustomerEmail, other: &CustomerEmail) -> bool {
    one.as_str().eq_ignore_ascii_case(other.as_str())
}

/// An address on the page, and where it was found.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// The address.
    pub email: CustomerEmail,
    /// Best source first.
    pub evidence: Vec<Text>,
}

/// A login that is under way or over.
#[derive(Debug, Clone, PartialEq)]
pub struct Login {
    /// Its id.
    pub request_id: RequestId,
    /// Where it stands.
    pub step: Step,
    /// Since when, in milliseconds since 1970.
    pub since: u64,
    /// When the person clicked, likewise.
    pub clicked: u64,
    /// For whom.
    pub email: CustomerEmail,
    /// Where.
    pub platform: Platform,
    /// Why.
    pub reason: Option<String>,
    /// Ticket or case number.
    pub ticket: Option<String>,
    /// Whether in a private window.
    pub isolated: bool,
    /// For a failed one: the code of what went wrong.
    pub code: Option<String>,
    /// For a failed one: the relay's own words.
    pub detail: Option<String>,
    /// For a failed one: when another try makes sense, in seconds.
    pub retry_after: Option<u32>,
    /// For a failed one: the claim that stood in its way, as it was when it failed.
    pub claim: Option<Claim>,
    /// For one that a second person must approve: roles of which one may.
    pub approver_roles: Vec<String>,
    /// Whether the result reached a page.
    pub seen: bool,
}

impl Login {
    /// What went wrong with a failed or interrupted one, as it stands now.
    pub fn fault(&self, now: u64) -> Fault {
        let saved = || self.code.as_deref().and_then(Code::parse);
        let code = match self.step {
            Step::Interrupted => Some(Code::Interrupted),
            _ => saved(),
        };
        Fault {
            code: code.unwrap_or(Code::Internal),
            detail: self.detail.clone(),
            request_id: Some(self.request_id.clone()),
            retry_after: self.retry_after,
            claim: self.claim.as_ref().map(|claim| self.aged(claim, now)),
            approver_roles: self.approver_roles.clone(),
            cure: None,
        }
        .of_deed(LOGIN_UNKNOWN)
    }

    /// The claim as it stands now. With no seconds left it stands no more.
    fn aged(&self, claim: &Claim, now: u64) -> Claim {
        let passed = now.saturating_sub(self.since) / 1000;
        let passed = u32::try_from(passed).unwrap_or(u32::MAX);
        Claim {
            held_seconds: claim.held_seconds.saturating_add(passed),
            remaining_seconds: claim.remaining_seconds.saturating_sub(passed),
            ..claim.clone()
        }
    }

    /// Notes what went wrong.
    pub fn fail(&mut self, fault: Fault) {
        self.code = Some(fault.code.as_str().into());
        self.detail = fault.detail;
        self.retry_after = fault.retry_after;
        self.claim = fault.claim;
        self.approver_roles = fault.approver_roles;
    }
}

/// A login that a colleague was asked to approve.
#[derive(Debug, Clone, PartialEq)]
pub struct Asked {
    /// For whom.
    pub email: CustomerEmail,
    /// Where.
    pub platform: Platform,
    /// Why.
    pub reason: Option<String>,
    /// Ticket or case number.
    pub ticket: Option<String>,
    /// Where it was asked for from: an approval is good for that page only.
    pub page: Option<PageReference>,
    /// Roles of which one may approve.
    pub approver_roles: Vec<String>,
    /// When the relay said how it stands, in milliseconds since 1970.
    pub since: u64,
    /// What it said.
    pub approval: Approval,
}

impl Asked {
    /// How long it waits or lasts yet, in seconds.
    pub fn remaining(&self, now: u64) -> u32 {
        let passed = u32::try_from(now.saturating_sub(self.since) / 1000).unwrap_or(u32::MAX);
        self.approval.remaining_seconds.saturating_sub(passed)
    }

    /// How it stands by now.
    pub fn state(&self, now: u64) -> ApprovalState {
        match self.approval.state {
            ApprovalState::Waiting | ApprovalState::Approved if self.remaining(now) == 0 => {
                ApprovalState::Expired
            }
            state => state,
        }
    }

    /// Whether it was asked for this login.
    pub fn is_for(&self, login: &Login) -> bool {
        self.email.as_str() == login.email.as_str() && self.platform.id == login.platform.id
    }
}

/// Where a login stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// The relay was asked for a token.
    Asking,
    /// The token is there, the window is being opened.
    Opening,
    /// The window is open.
    Opened,
    /// Something went wrong, and what is known.
    Failed,
    /// The worker was stopped before the end; the outcome is not known.
    Interrupted,
}
