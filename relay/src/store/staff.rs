//! Staff, invites and profiles as the relay sees them.

use std::{collections::BTreeSet, fmt};

use jiff::Timestamp;
use stagedoor_ledger::Method;
use stagedoor_protocol::{Algorithm, CustomerEmail, KeyId, PublicKeyBytes, Staff};

use super::{LinkedIdentity, Role, SignInTerms, SignedIn};

/// Number of a staff member in the store. It goes into the log, where an address must not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct StaffId(pub i64);

impl fmt::Display for StaffId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A person who may be enrolled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StaffMember {
    /// Number in the store.
    pub id: StaffId,
    /// Their own address.
    pub email: CustomerEmail,
    /// The name that people know.
    pub name: String,
    /// Whether they have been disabled.
    pub disabled: bool,
    /// What their work is, as the administrator says. What a sign-in says is in the session: [`Profile::roles`] has both.
    pub roles: BTreeSet<Role>,
}

impl StaffMember {
    /// The roles that the administrator gave, and those that a sign-in brought to a session.
    pub(super) fn roles_with(&self, session: Option<&SignedIn>, terms: &SignInTerms) -> BTreeSet<Role> {
        let brought = session.into_iter().flat_map(|session| session.roles_under(terms));
        self.roles.iter().chain(brought).cloned().collect()
    }

    /// As the extension is told.
    pub fn to_wire(&self) -> Staff {
        Staff {
            email: self.email.as_str().to_owned(),
            name: self.name.clone(),
        }
    }
}

/// A line of `staff list`.
#[derive(Debug, Clone)]
pub struct StaffRow {
    /// The person.
    pub member: StaffMember,
    /// How many of their profiles are not revoked.
    pub profiles: i64,
    /// What their sign-ins brought to these.
    pub sessions: Vec<SignedIn>,
}

impl StaffRow {
    /// The roles that count at some time in one or another of their sessions.
    pub fn sign_in_roles(&self, terms: &SignInTerms, at: Timestamp) -> BTreeSet<Role> {
        let open = self.sessions.iter().filter(|session| session.is_open(terms, at));
        open.flat_map(|session| session.roles_under(terms))
            .cloned()
            .collect()
    }
}

/// All that `staff show` says of a person.
#[derive(Debug, Clone)]
pub struct StaffDetails {
    /// The person.
    pub member: StaffMember,
    /// Since when they are known.
    pub created_at: Timestamp,
    /// Since when they are disabled, if they are.
    pub disabled_at: Option<Timestamp>,
    /// Their profiles, in the order of their enrolment.
    pub profiles: Vec<EnrolledProfile>,
    /// Who they are at providers.
    pub identities: Vec<LinkedIdentity>,
    /// Codes that are still good, in the order of their end.
    pub invites: Vec<OpenInvite>,
    /// How many logins are recorded under their number. Those whose staff part was erased are not.
    pub logins: u64,
}

/// A profile as those see it who look after staff.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnrolledProfile {
    /// The key's id.
    pub key_id: KeyId,
    /// Address of the person whose it is.
    pub email: CustomerEmail,
    /// Since when.
    pub enrolled_at: Timestamp,
    /// The extension's version at that time.
    pub extension_version: String,
    /// When it was revoked, if it was.
    pub revoked_at: Option<Timestamp>,
    /// What its owner's last sign-in brought; none for one that was enrolled by a code.
    pub signed_in: Option<SignedIn>,
}

/// A code that is still good.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OpenInvite {
    /// When it was made.
    pub created_at: Timestamp,
    /// When it ends.
    pub expires_at: Timestamp,
}

/// An invitation to enrol.
#[derive(Debug, Clone)]
pub struct NewInvite {
    /// Whom it is for.
    pub email: CustomerEmail,
    /// Their name; without one, a known person keeps theirs and a new one gets the part before the `@`.
    pub name: Option<String>,
    /// The roles that the administrator gives them from then on; without, they keep theirs.
    pub roles: Option<BTreeSet<Role>>,
    /// SHA-256 of the code's 20 symbols.
    pub code_sha256: [u8; 32],
    /// When the code ends.
    pub expires_at: Timestamp,
}

/// Somebody who was invited.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invited {
    /// The person.
    pub staff: StaffMember,
    /// How many older codes of theirs were still good, and are not any more.
    pub voided: u64,
}

/// Nobody was invited or added: the person is known, and disabled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StaffDisabled(pub StaffId);

/// What came of changing a person's roles.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RolesAnswer {
    /// They have these now.
    Are(StaffMember),
    /// They would have more than [`MOST_ROLES`](super::MOST_ROLES); nothing was changed.
    TooMany,
    /// Nobody has that address.
    Nobody,
}

/// A public key that requests are verified with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VerifyingKey(pub PublicKeyBytes);

impl VerifyingKey {
    /// The one algorithm that goes with the key.
    pub fn algorithm(&self) -> Algorithm {
        match self.0 {
            PublicKeyBytes::P256(_) => Algorithm::EcdsaP256Sha256,
            PublicKeyBytes::Ed25519(_) => Algorithm::Ed25519,
        }
    }

    /// The raw key.
    pub fn as_bytes(&self) -> &[u8] {
        match &self.0 {
            PublicKeyBytes::P256(point) => point,
            PublicKeyBytes::Ed25519(key) => key,
        }
    }

    /// Reads what [`Self::algorithm`] and [`Self::as_bytes`] wrote.
    pub(super) fn from_stored(algorithm: &str, bytes: &[u8]) -> Option<Self> {
        let key = match algorithm {
            "ecdsa-p256-sha256" => PublicKeyBytes::P256(bytes.try_into().ok()?),
            "ed25519" => PublicKeyBytes::Ed25519(bytes.try_into().ok()?),
            _ => return None,
        };
        Some(Self(key))
    }
}

/// An enrolled browser profile.
#[derive(Debug, Clone)]
pub struct Profile {
    /// The key's id.
    pub key_id: KeyId,
    /// The key.
    pub key: VerifyingKey,
    /// Whose it is.
    pub staff: StaffMember,
    /// Whether it was revoked.
    pub revoked: bool,
    /// Which of its lives this is: approvals that it gave in an earlier one do not count.
    pub(super) generation: i64,
    /// What its owner's last sign-in brought; none for one that was enrolled by a code.
    pub signed_in: Option<SignedIn>,
}

impl Profile {
    /// Whether its owner must sign in again by then.
    pub fn has_run_out(&self, terms: &SignInTerms, at: Timestamp) -> bool {
        let session = self.signed_in.as_ref();
        session.is_some_and(|session| !session.is_open(terms, at))
    }

    /// Whether its owner may do anything with it at that time.
    pub(super) fn is_good(&self, terms: &SignInTerms, at: Timestamp) -> bool {
        !self.revoked && !self.staff.disabled && !self.has_run_out(terms, at)
    }

    /// What its owner's work is, for rules that go by it: the roles that the administrator gave the person, and those that the
    /// sign-in brought to this profile. Whether the session lasts is not asked.
    pub fn roles(&self, terms: &SignInTerms) -> BTreeSet<Role> {
        self.staff.roles_with(self.signed_in.as_ref(), terms)
    }

    /// How a request of it is authenticated, as the ledger calls it.
    pub(super) fn method(&self) -> Method {
        match self.signed_in {
            None => Method::ProfileSignature,
            Some(_) => Method::SignInSignature,
        }
    }
}

/// A key that has proved itself, with the code that shall enrol it.
#[derive(Debug, Clone)]
pub struct Enrolment {
    /// SHA-256 of the code's 20 symbols.
    pub code_sha256: [u8; 32],
    /// The key's id.
    pub key_id: KeyId,
    /// The key.
    pub key: VerifyingKey,
    /// For support.
    pub extension_version: String,
}

/// Why a key was not enrolled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EnrolmentRefusal {
    /// The code is unknown, used, expired, or its owner is disabled.
    Code,
    /// The code is good, and not spent; the key is enrolled already.
    AlreadyEnrolled,
}
