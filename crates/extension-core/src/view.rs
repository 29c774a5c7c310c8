//! What the extension's pages show. A page renders a view and decides nothing.

mod approval;
mod customer;
mod form;
mod kept;
mod options;
mod preview;
mod sessions;

use alloc::{boxed::Box, string::String, vec::Vec};

use stagedoor_protocol::{
    Claim, Confirm, CustomerEmail, Environment, Isolation, PlatformId, ReasonMode, RequestId, Rules, Session,
    Staff,
};

pub use approval::{ApprovalsView, AskedView};
pub use customer::Customer;
pub use kept::Kept;
pub use options::{OptionsView, Problem, TestResult};
pub use preview::PreviewView;
pub use sessions::SessionsView;

use crate::{
    fault::{Fault, Retry},
    record::{Login, Scan, Step, is_same},
    teach::{Derived, Trial},
    text::Text,
};

/// One state of the popup or of the options page.
#[derive(Debug, Clone, PartialEq)]
pub enum View {
    /// This profile has no relay yet.
    Setup,
    /// Something is under way.
    Working {
        /// What.
        step: WorkingStep,
        /// For whom, during a login.
        email: Option<CustomerEmail>,
        /// Where, during a login.
        platform_name: Option<String>,
    },
    /// One customer is proposed or was picked.
    Confirm {
        /// Whom.
        customer: Customer,
        /// How many other addresses the page has.
        others: usize,
        /// Of these, those that are known: best first.
        rest: Vec<Customer>,
        /// What can be opened.
        platforms: Vec<Choice>,
        /// The one that is selected.
        platform: Option<PlatformId>,
        /// Whose name the record will bear.
        staff: Staff,
        /// How to ask for a reason.
        reason: ReasonField,
        /// What kind of window it will be.
        isolation: Isolation,
        /// Whether nothing opens without a ticket.
        ticket_required: bool,
        /// Whether this person may approve logins of others.
        may_approve: bool,
        /// Whether it is opened without another click, after a moment in which the person sees whom and can stop it.
        by_itself: bool,
        /// What is wrong with the input.
        input_error: Option<Text>,
    },
    /// Several candidates, or one that is not good enough to be proposed; none is preselected.
    Choose {
        /// Best first.
        candidates: Vec<Customer>,
        /// How many more there were than are shown.
        others: usize,
        /// The recipe for this page that the browser cannot use.
        unusable: Option<String>,
        /// Whether this person may approve logins of others.
        may_approve: bool,
        /// What is wrong with the input.
        input_error: Option<Text>,
    },
    /// No address on the page; one can be typed.
    None {
        /// Whether the page was read in part only.
        cut: bool,
        /// The recipe for this page that the browser cannot use.
        unusable: Option<String>,
        /// Whether this person may approve logins of others.
        may_approve: bool,
        /// What is wrong with the input.
        input_error: Option<Text>,
    },
    /// The platform is open.
    Opened {
        /// For whom.
        email: CustomerEmail,
        /// Where.
        platform_name: String,
        /// Live or demo.
        environment: Environment,
        /// Whether in a private window.
        isolated: bool,
        /// The login's id.
        request_id: RequestId,
    },
    /// Something went wrong.
    Error {
        /// The stable code.
        code: &'static str,
        /// What happened.
        title: Text,
        /// What to do.
        cure: Text,
        /// The relay's own words.
        detail: Option<String>,
        /// The login's id, to be named when asking for help.
        request_id: Option<RequestId>,
        /// When another try makes sense.
        retry_after_seconds: Option<u32>,
        /// What the button does.
        retry: Option<Retry>,
        /// What was picked or typed, so that it need not be typed again.
        email: Option<CustomerEmail>,
        /// Likewise.
        platform: Option<PlatformId>,
        /// Likewise, as a person reads it.
        platform_name: Option<String>,
        /// Likewise.
        reason: Option<String>,
        /// Likewise.
        ticket: Option<String>,
        /// The claim that the button overrides.
        claim: Option<Claim>,
    },
    /// A colleague was asked for approval.
    Approval(Box<AskedView>),
    /// The last reasons that this person gave, newest first.
    Reasons(Vec<String>),
    /// The windows of logins that are open.
    Sessions(SessionsView),
    /// What is shown of the account of whom the confirmation is about.
    Preview(PreviewView),
    /// The options page.
    Options(Box<OptionsView>),
    /// The page of what waits for this person's decision.
    Approvals(Box<ApprovalsView>),
    /// What a picked element comes to.
    Derived(Box<Derived>),
    /// What a recipe finds.
    Trial(Box<Trial>),
}

/// What is under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WorkingStep {
    /// The relay is being asked what may be opened.
    Rules,
    /// The relay is being asked for a token.
    Asking,
    /// The window is being opened.
    Opening,
}

/// A platform that can be chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// What is sent back.
    pub id: PlatformId,
    /// What a person reads.
    pub name: String,
    /// Live or demo.
    pub environment: Environment,
    /// How to ask there, where it is not as everywhere.
    pub rules: Option<Rules>,
    /// Whether the account may be looked at before.
    pub preview: bool,
}

/// How to ask for a reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReasonField {
    /// Whether to.
    pub mode: ReasonMode,
    /// In characters.
    pub min_length: u32,
    /// In characters.
    pub max_length: usize,
}

impl View {
    /// A fault where there is no form yet to go back to.
    pub fn fault(fault: &Fault) -> Self {
        let retry = match fault.code.retry() {
            Some(Retry::Login) => Some(Retry::Rescan),
            other => other,
        };
        Self::error(fault, retry, Kept::default())
    }

    /// A fault of a login, with what was picked and typed for it.
    pub fn login_fault(fault: &Fault, kept: Kept) -> Self {
        Self::error(fault, fault.code.retry(), kept)
    }

    fn error(fault: &Fault, retry: Option<Retry>, kept: Kept) -> Self {
        let claim = fault.claim.as_ref();
        let standing = claim.filter(|claim| claim.remaining_seconds > 0);
        let under_way = standing.is_some_and(|claim| claim.under_way);
        let texts = |title, cure| (Text::new(title), Text::new(cure));
        let (title, cure) = match claim {
            Some(_) if standing.is_none() => texts("claim_free_title", "claim_free_cure"),
            Some(_) if under_way => texts("claim_under_way_title", "claim_under_way_cure"),
            _ => (fault.title(), fault.cure()),
        };
        Self::Error {
            code: fault.code.as_str(),
            title,
            cure,
            // The relay's words and seconds would not count down with the claim, which says the same.
            detail: fault
                .detail
                .clone()
                // The cure says the same of who may approve.
                .filter(|_| claim.is_none() && fault.approver_roles.is_empty()),
            request_id: fault.request_id.clone(),
            // A login under way ends long before its claim would.
            retry_after_seconds: fault.retry_after.filter(|_| under_way || claim.is_none()),
            retry: standing.map(|_| Retry::Override).or(retry),
            email: kept.email,
            platform: kept.platform,
            platform_name: kept.platform_name,
            reason: kept.reason,
            ticket: kept.ticket,
            claim: standing.cloned(),
        }
    }

    /// What a scan of a page comes to, with a word on what was wrong with the input since.
    pub fn of_scan(scan: &Scan, input_error: Option<Text>) -> Self {
        match scan.picked.as_slice() {
            [] => {}
            [one] => return Self::of_selection(scan, one.clone(), input_error),
            several => {
                return Self::Choose {
                    candidates: several.iter().map(|one| Customer::picked(scan, one)).collect(),
                    others: 0,
                    unusable: None,
                    may_approve: scan.session.may_approve,
                    input_error,
                };
            }
        }
        match scan.candidates.as_slice() {
            [] => Self::None {
                cut: scan.cut,
                unusable: scan.unusable.clone(),
                may_approve: scan.session.may_approve,
                input_error,
            },
            [first, ..] if scan.clear => {
                Self::confirm(scan, Customer::of(first), scan.total - 1, input_error)
            }
            all => Self::Choose {
                candidates: all.iter().map(Customer::of).collect(),
                others: scan.total - all.len(),
                unusable: scan.unusable.clone(),
                may_approve: scan.session.may_approve,
                input_error,
            },
        }
    }

    /// The confirmation for an address that the person picked or typed.
    pub fn of_selection(scan: &Scan, email: CustomerEmail, input_error: Option<Text>) -> Self {
        let on_page = scan.found(&email).is_some();
        let customer = if scan.picked.iter().any(|picked| is_same(picked, &email)) {
            Customer::picked(scan, &email)
        } else {
            scan.found(&email)
                .map_or_else(|| Customer::typed(email), Customer::of)
        };
        Self::confirm(scan, customer, scan.total - usize::from(on_page), input_error)
    }

    fn confirm(scan: &Scan, customer: Customer, others: usize, input_error: Option<Text>) -> Self {
        let Session {
            staff,
            platforms,
            policy,
            ..
        } = &scan.session;
        let picked = scan.picked.iter().map(|one| Customer::picked(scan, one));
        let mut rest: Vec<Customer> = Vec::new();
        for other in picked.chain(scan.candidates.iter().map(Customer::of)) {
            let known = rest.iter().chain([&customer]);
            if !known.into_iter().any(|known| is_same(&known.email, &other.email)) {
                rest.push(other);
            }
        }
        Self::Confirm {
            // One that was selected may stand where no address is looked for.
            others: others.max(rest.len()),
            rest,
            customer,
            platform: platforms.first().map(|platform| platform.id.clone()),
            platforms: platforms.iter().map(Choice::of).collect(),
            staff: staff.clone(),
            reason: ReasonField::of(&policy.rules()),
            isolation: policy.isolation,
            ticket_required: policy.ticket_required,
            may_approve: scan.session.may_approve,
            by_itself: false,
            input_error,
        }
    }

    /// What the press of the toolbar button comes to. Where the policy wants no more, nothing is to be picked or typed, all of
    /// the page was read, and a recipe or what the page is called says whose the address is, that press is the person's word for it.
    pub fn of_press(scan: &Scan) -> Self {
        let mut view = Self::of_scan(scan, None);
        let sure = scan.clear && scan.certain && !scan.cut && scan.picked.is_empty();
        if let (true, Self::Confirm { by_itself, .. }, [only]) =
            (sure, &mut view, scan.session.platforms.as_slice())
        {
            let rules = scan.session.rules(only);
            *by_itself = rules.confirm == Confirm::WhenAmbiguous
                && rules.reason != ReasonMode::Required
                && !rules.ticket_required;
        }
        view
    }

    /// Where a login stands now.
    pub fn of_login(login: &Login, now: u64) -> Self {
        match login.step {
            Step::Asking => Self::working(login, WorkingStep::Asking),
            Step::Opening => Self::working(login, WorkingStep::Opening),
            Step::Opened => Self::Opened {
                email: login.email.clone(),
                platform_name: login.platform.name.clone(),
                environment: login.platform.environment,
                isolated: login.isolated,
                request_id: login.request_id.clone(),
            },
            Step::Failed | Step::Interrupted => Self::login_fault(&login.fault(now), Kept::of(login)),
        }
    }

    /// A page that has been read, before it is known what may be opened.
    pub fn waiting() -> Self {
        Self::Working {
            step: WorkingStep::Rules,
            email: None,
            platform_name: None,
        }
    }

    fn working(login: &Login, step: WorkingStep) -> Self {
        Self::Working {
            step,
            email: Some(login.email.clone()),
            platform_name: Some(login.platform.name.clone()),
        }
    }
}
