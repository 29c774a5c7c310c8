//! What the ledger records: that a token was about to be made, what came of it, what the extension saw, and what was
//! erased. Personal data is in none of these; they commit to it.

use crate::{Commitment, Sequence, SequenceSet, Timestamp};

/// What one record says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Entry {
    /// A one-time token is about to be made.
    Intent(Intent),
    /// What came of an intent.
    Outcome(Outcome),
    /// What the extension said about a login afterwards.
    Report(Report),
    /// Personal data was erased.
    Erasure(Erasure),
}

impl Entry {
    /// The commitment to the customer's part (of a report: to the client's words), when there is one.
    pub fn customer(&self) -> Option<Commitment> {
        match self {
            Self::Intent(intent) => Some(intent.customer),
            Self::Report(report) => report.customer,
            Self::Outcome(_) | Self::Erasure(_) => None,
        }
    }

    /// The commitment to the staff member's part (of an erasure: to the operator's), when there is one.
    pub fn staff(&self) -> Option<Commitment> {
        match self {
            Self::Intent(intent) => Some(intent.staff),
            Self::Erasure(erasure) => Some(erasure.staff),
            Self::Outcome(_) | Self::Report(_) => None,
        }
    }
}

/// Durable before the broker is asked for a token. Customer's part: [`CustomerPart`](crate::CustomerPart); staff
/// part: [`StaffPart`](crate::StaffPart).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Intent {
    /// The second person's approval that it used up. Who that was is in the staff part.
    pub approval: Option<Approval>,
    /// To whose platform, and why.
    pub customer: Commitment,
    /// Version of the extension.
    pub extension: String,
    /// The grants of the policy that allowed it, by their paths in the configuration, with commas between them.
    pub grants: Option<String>,
    /// The request id.
    pub login: String,
    /// How the staff member was authenticated.
    pub method: Method,
    /// Origin of the CRM page.
    pub origin: Option<String>,
    /// The intent of a colleague's login for the same customer, overridden knowingly.
    pub overrides: Option<Sequence>,
    /// Which platform, by its id in the configuration.
    pub platform: String,
    /// Version of the policy that allowed it.
    pub policy: String,
    /// By whom.
    pub staff: Commitment,
    /// How long the token is valid, in seconds.
    pub validity: u64,
}

/// A second person's approval of a login.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Approval {
    /// Its id.
    pub id: String,
    /// When it was given; encoding keeps whole milliseconds.
    pub time: Timestamp,
}

/// Durable before a token leaves the relay.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// Error code, when no token was made.
    pub cause: Option<String>,
    /// How long the broker took, in milliseconds.
    pub duration: Option<u64>,
    /// The intent's sequence.
    pub intent: Sequence,
    /// The request id.
    pub login: String,
    /// What happened.
    pub outcome: MintOutcome,
}

/// The extension's word, not the relay's knowledge. Customer's part: [`ReportPart`](crate::ReportPart), only when a
/// cause was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// The cause that the extension gave.
    pub customer: Option<Commitment>,
    /// How long it took, in milliseconds.
    pub duration: Option<u64>,
    /// The intent's sequence.
    pub intent: Sequence,
    /// The request id.
    pub login: String,
    /// What the extension saw.
    pub outcome: ReportOutcome,
}

/// Makes the openings that it names rightly absent. Staff part: [`OperatorPart`](crate::OperatorPart).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Erasure {
    /// Which parts are gone.
    pub parts: Parts,
    /// What chose the records.
    pub scope: ErasureScope,
    /// Which records: earlier ones.
    pub sequences: SequenceSet,
    /// By whom, and why.
    pub staff: Commitment,
}

/// What chose the records of an erasure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErasureScope {
    /// A customer asked to be forgotten.
    Customer,
    /// The records were older than this.
    Age {
        /// Records from before this time.
        before: Timestamp,
    },
}

/// An enum whose values are words in the record.
macro_rules! words {
    ($(#[$about:meta])* $name:ident { $($(#[$doc:meta])* $variant:ident = $word:literal),+ $(,)? }) => {
        $(#[$about])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum $name {
            $($(#[$doc])* $variant,)+
        }

        impl $name {
            /// The word in the record.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)+
                }
            }

            /// The value of a word.
            pub fn parse(word: &str) -> Option<Self> {
                match word {
                    $($word => Some(Self::$variant),)+
                    _ => None,
                }
            }
        }
    };
}

words! {
    /// How a staff member was authenticated.
    Method {
        /// By a signature of the key of an enrolled browser profile.
        ProfileSignature = "profile_signature",
        /// By a signature of the key of a browser profile whose owner had signed in at the firm's provider.
        SignInSignature = "sign_in_signature",
    }
}

words! {
    /// What came of an intent.
    MintOutcome {
        /// A token was made.
        Minted = "minted",
        /// The broker made none.
        Failed = "failed",
        /// Nobody knows: the broker's answer was lost.
        Unknown = "unknown",
    }
}

words! {
    /// What the extension saw of a login.
    ReportOutcome {
        /// The platform was opened.
        Opened = "opened",
        /// Its window was closed.
        Closed = "closed",
        /// The platform could not be opened.
        Failed = "failed",
    }
}

words! {
    /// Which openings an erasure took.
    Parts {
        /// The customer's.
        Customer = "customer",
        /// The customer's and the staff member's.
        CustomerAndStaff = "customer,staff",
    }
}
