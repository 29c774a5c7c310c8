//! Which claims of an ID token mean what.

use serde_json::{Map, Value};

use crate::{
    config::section::Section,
    store::{MappedRole, Role},
};

/// Where in an ID token a claim is: `groups`, or `realm_access.roles` for one inside another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimPath(Vec<String>);

/// Whom the provider lets in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Admit {
    /// Those whom the operator has added.
    Known,
    /// Those who get at least one role.
    Mapped,
    /// Everybody who has an account there.
    Everybody,
}

/// One value of the claim that tells roles, and the role that it gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoleMapping {
    /// The value.
    pub claim_value: String,
    /// The role.
    pub role: Role,
}

impl ClaimPath {
    pub(super) fn of(name: &str) -> Self {
        Self(vec![name.to_owned()])
    }

    /// A claim whose name is an address has dots that lead nowhere: it is one name.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let names = match text.contains("://") {
            true => vec![text.to_owned()],
            false => text.split('.').map(str::to_owned).collect(),
        };
        if text.len() <= 256 && names.iter().all(|name| !name.is_empty()) {
            Ok(Self(names))
        } else {
            Err(
                "must be the name of a claim, e.g. \"groups\", or a path to one, e.g. \"realm_access.roles\""
                    .to_owned(),
            )
        }
    }

    /// The claim's value.
    pub fn find<'c>(&self, claims: &'c Map<String, Value>) -> Option<&'c Value> {
        let (first, rest) = self.0.split_first()?;
        rest.iter()
            .try_fold(claims.get(first)?, |value, name| value.as_object()?.get(name))
    }

    /// As it is written.
    pub fn text(&self) -> String {
        self.0.join(".")
    }

    /// The name of the claim that it begins at.
    pub fn first(&self) -> &str {
        self.0.first().map(String::as_str).unwrap_or_default()
    }
}

impl Admit {
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        match text {
            "known" => Ok(Self::Known),
            "mapped" => Ok(Self::Mapped),
            "everybody" => Ok(Self::Everybody),
            _ => Err("must be \"known\", \"mapped\" or \"everybody\"".to_owned()),
        }
    }
}

impl RoleMapping {
    /// What it gives to whom it is found under this claim.
    pub fn under(&self, claim: &ClaimPath) -> MappedRole {
        MappedRole {
            role: self.role.clone(),
            claim: claim.text(),
            value: self.claim_value.clone(),
        }
    }

    pub(super) fn read(section: &mut Section<'_>) -> Option<Self> {
        let claim_value = section.parsed("claim_value", |text| match text.trim().is_empty() {
            true => Err("is empty; write the value as the provider sends it".to_owned()),
            false => Ok(text.to_owned()),
        });
        let role = section.parsed("role", |text| {
            text.parse::<Role>().map_err(|error| error.to_string())
        });
        Some(Self {
            claim_value: claim_value?,
            role: role?,
        })
    }
}
