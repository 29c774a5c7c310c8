//! What a sign-in brings to a profile's session, and what of it counts: the same for every engine.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::{Role, StoreError};

/// A role, and the value of a claim that gives it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MappedRole {
    /// The role.
    pub role: Role,
    /// Where in an ID token the claim is.
    pub claim: String,
    /// The claim's value.
    pub value: String,
}

/// Where somebody signs in: a provider, and what the relay is called there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignInClient {
    /// The provider.
    pub issuer: String,
    /// The relay's name there.
    pub client_id: String,
}

/// The `[sign_in]` that is in use, as far as sessions go by it. Without one nothing that a sign-in brought counts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SignInTerms {
    /// Whose sessions count.
    pub client: Option<SignInClient>,
    /// What gives which role.
    pub mapping: BTreeSet<MappedRole>,
}

/// A session that a sign-in opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedIn {
    /// When its owner must sign in again.
    pub ends_at: Timestamp,
    /// Where they signed in; none if the operator has ended the session.
    pub client: Option<SignInClient>,
    /// What it brought.
    pub roles: BTreeSet<MappedRole>,
}

/// How many columns [`SignedIn::from_stored`] is read from.
pub(super) const COLUMN_COUNT: usize = 4;

impl SignedIn {
    /// Whether its owner need not sign in again yet: it is of the provider and client in use, and has not ended.
    pub fn is_open(&self, terms: &SignInTerms, at: Timestamp) -> bool {
        at < self.ends_at && self.client.is_some() && self.client == terms.client
    }

    /// Those of its roles that the mapping gives still.
    pub fn roles_under<'s>(&'s self, terms: &'s SignInTerms) -> impl Iterator<Item = &'s Role> {
        self.roles.intersection(&terms.mapping).map(|mapped| &mapped.role)
    }

    /// Reads what both engines' SQL writes: the end, provider and client, and the roles as a list in JSON.
    pub(super) fn from_stored(
        ends_at: Option<i64>,
        client: (Option<String>, Option<String>),
        roles: Option<&str>,
    ) -> Result<Option<Self>, StoreError> {
        let Some(ends_at) = ends_at else { return Ok(None) };
        let ends_at = Timestamp::from_millisecond(ends_at)
            .map_err(|_| StoreError::Inconsistent("a time is not one"))?;
        let inconsistent = || StoreError::Inconsistent("a session's role is not one");
        let roles: Vec<[String; 3]> =
            serde_json::from_str(roles.unwrap_or("[]")).map_err(|_| inconsistent())?;
        let roles = roles.into_iter().map(|[role, claim, value]| {
            let role = role.parse().map_err(|_| inconsistent())?;
            Ok(MappedRole { role, claim, value })
        });
        let client = client.0.zip(client.1);
        Ok(Some(Self {
            ends_at,
            client: client.map(|(issuer, client_id)| SignInClient { issuer, client_id }),
            roles: roles.collect::<Result<_, StoreError>>()?,
        }))
    }
}
