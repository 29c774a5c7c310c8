//! Who signs in, as the store takes it, and whether they may: the same for every engine.

use std::collections::BTreeSet;

use async_trait::async_trait;
use jiff::Timestamp;
use stagedoor_protocol::{CustomerEmail, KeyId};

use super::{
    MOST_ROLES, MappedRole, Role, SignInClient, StaffDisabled, StaffId, StaffMember, StoreError, VerifyingKey,
};

/// Who somebody is at the firm's provider.
#[async_trait]
pub trait IdentityStore: Send + Sync + 'static {
    /// Makes the staff member without a code, or changes what is said: they can sign in.
    async fn add_staff(
        &self,
        new: &NewStaff,
        now: Timestamp,
    ) -> Result<Result<StaffMember, StaffDisabled>, StoreError>;

    /// Forgets who a person is at providers, and gives how many of those there were. `None`: nobody has that address.
    async fn unlink_staff(&self, email: &CustomerEmail) -> Result<Option<(StaffMember, u64)>, StoreError>;

    /// Signs a person in with a key: their identity is bound to them, or must be bound already; the key is enrolled or renewed,
    /// and its session has the roles that the provider gives them now. Their other sessions lose those that it does not. All of
    /// it, or nothing.
    async fn sign_in(
        &self,
        sign_in: &SignIn,
        now: Timestamp,
    ) -> Result<Result<SignInAnswer, SignInRefusal>, StoreError>;

    /// Takes away all that sign-ins have brought to whoever the provider calls so: roles, and sessions. `None`: nobody is known
    /// by that name.
    async fn withdraw_sign_in(
        &self,
        issuer: &str,
        subject: &str,
        now: Timestamp,
    ) -> Result<Option<Withdrawn>, StoreError>;

    /// Ends the sessions that sign-ins have opened, of a person or of everybody, and says how many of whom were open. `None`:
    /// nobody has that address.
    async fn sign_out(
        &self,
        of: Option<&CustomerEmail>,
        now: Timestamp,
    ) -> Result<Option<Vec<SignedOut>>, StoreError>;
}

/// A person who is made a staff member without a code.
#[derive(Debug, Clone)]
pub struct NewStaff {
    /// Their own address.
    pub email: CustomerEmail,
    /// Their name; without one, a known person keeps theirs and a new one gets the part before the `@`.
    pub name: Option<String>,
    /// The roles that the administrator gives them from then on; without, they keep theirs.
    pub roles: Option<BTreeSet<Role>>,
}

/// A person whom the firm's provider has named, with a key that has proved itself.
#[derive(Debug, Clone)]
pub struct SignIn {
    /// The provider, and what the relay is called there.
    pub client: SignInClient,
    /// What the provider calls the person, for ever.
    pub subject: String,
    /// The address that it gives them.
    pub email: CustomerEmail,
    /// The name that it gives them, for somebody who is new here.
    pub name: Option<String>,
    /// What becomes of somebody who is new here.
    pub admission: Admission,
    /// The roles that the provider gives them.
    pub roles: BTreeSet<MappedRole>,
    /// The key's id.
    pub key_id: KeyId,
    /// The key.
    pub key: VerifyingKey,
    /// For support.
    pub extension_version: String,
    /// When they must sign in again.
    pub session_ends_at: Timestamp,
}

/// What becomes of somebody who is no staff member.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Admission {
    /// They are refused.
    Known,
    /// They are made one.
    Add,
}

/// Somebody who was signed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignInAnswer {
    /// The person.
    pub staff: StaffMember,
    /// Whether their last sign-in brought other roles, or was none.
    pub roles_changed: bool,
}

/// Somebody whose sessions were ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SignedOut {
    /// Whose.
    pub staff: StaffId,
    /// How many were open.
    pub sessions: u64,
}

/// What a refused sign-in took away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Withdrawn {
    /// From whom.
    pub staff: StaffId,
    /// How many sessions were open.
    pub sessions: u64,
    /// Whether they had roles of a sign-in.
    pub had_roles: bool,
}

/// Why a person was not signed in, with the number of the staff member whom it is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignInRefusal {
    /// Nobody of the staff has the address.
    Unknown,
    /// The person is disabled.
    Disabled(StaffId),
    /// The person with that address has signed in as another subject before.
    AddressBound(StaffId),
    /// The subject has signed in before, as this person, who has another address.
    SubjectBound(StaffId),
    /// The key is that of another person's profile.
    ProfileOfAnother(StaffId),
    /// The key's profile was revoked.
    ProfileRevoked(StaffId),
    /// The person would have more than [`MOST_ROLES`].
    TooManyRoles(StaffId),
}

/// Who a person is at a provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkedIdentity {
    /// The provider.
    pub issuer: String,
    /// What it calls the person.
    pub subject: String,
    /// Since when it is known here.
    pub bound_at: Timestamp,
}

/// What the store knows before it signs somebody in.
pub(super) struct Known {
    /// Whose the subject is.
    pub(super) bound_to: Option<StaffId>,
    /// Whose the address is.
    pub(super) member: Option<StaffMember>,
    /// Whether that person has an identity at the provider.
    pub(super) member_is_bound: bool,
    /// Whose profile the key is, and whether it was revoked.
    pub(super) profile: Option<(StaffId, bool)>,
    /// What the person's sessions have, also those that have ended.
    pub(super) session_roles: BTreeSet<Role>,
}

impl SignIn {
    /// Decides; the answer is whether it changes which roles signing in gives the person.
    pub(super) fn decide(&self, known: &Known) -> Result<bool, SignInRefusal> {
        let member = known.member.as_ref();
        if let Some(bound) = known.bound_to
            && member.is_none_or(|member| member.id != bound)
        {
            return Err(SignInRefusal::SubjectBound(bound));
        }
        match (member, self.admission) {
            (None, Admission::Known) => return Err(SignInRefusal::Unknown),
            (None, Admission::Add) => {}
            (Some(member), _) if member.disabled => return Err(SignInRefusal::Disabled(member.id)),
            (Some(member), _) if known.bound_to.is_none() && known.member_is_bound => {
                return Err(SignInRefusal::AddressBound(member.id));
            }
            (Some(_), _) => {}
        }
        match known.profile {
            // Whoever has a laptop that was reported lost may have its owner's session at the provider, too.
            Some((owner, true)) => return Err(SignInRefusal::ProfileRevoked(owner)),
            Some((owner, false)) if member.is_none_or(|member| member.id != owner) => {
                return Err(SignInRefusal::ProfileOfAnother(owner));
            }
            _ => {}
        }
        let brought: BTreeSet<Role> = self.roles.iter().map(|mapped| mapped.role.clone()).collect();
        match member {
            Some(member) if (&member.roles | &brought).len() > MOST_ROLES => {
                Err(SignInRefusal::TooManyRoles(member.id))
            }
            _ => Ok(brought != known.session_roles),
        }
    }

    /// What a new person is called.
    pub(super) fn name_or_local_part(&self) -> &str {
        self.name.as_deref().unwrap_or_else(|| local_part(&self.email))
    }
}

/// The part before the `@`.
pub(super) fn local_part(email: &CustomerEmail) -> &str {
    email.as_str().split('@').next().unwrap_or_default()
}
