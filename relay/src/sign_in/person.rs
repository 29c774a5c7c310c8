//! Who a verified ID token is about, in the relay's terms, and whether the configuration lets them in. Whether the store does
//! is for the store to say.

use std::collections::BTreeSet;

use serde_json::{Map, Value};
use stagedoor_protocol::CustomerEmail;

use super::Fault;
use crate::{
    config::{Admit, Config, SignIn},
    store::{Admission, MappedRole},
    visible::is_odd,
};

/// What a person reads who has another account, perhaps a private one, in the same browser.
const OTHER_ACCOUNT: &str = "This account is not let in here. Sign in with your account at the firm; if you did, ask the \
                             administrator, who finds the cause in the relay's log.";
/// Longest name of a person, in characters, as for those whom the operator adds.
const MAX_NAME: usize = 64;

/// A person.
#[derive(Debug)]
pub(crate) struct Person {
    pub(crate) email: CustomerEmail,
    pub(crate) name: Option<String>,
    pub(crate) admission: Admission,
    pub(crate) roles: BTreeSet<MappedRole>,
}

/// Reads a token's claims.
pub(crate) fn person(
    config: &Config,
    sign_in: &SignIn,
    claims: &Map<String, Value>,
) -> Result<Person, Fault> {
    check_organisation(sign_in, claims)?;
    let email = address(sign_in, claims)?;
    let held = held_roles(sign_in, claims)?;
    // Whoever is staff is never opened as a customer: a stranger's address must not get there by itself.
    let may_be_added = sign_in.admit != Admit::Known && config.staff.owns(&email.domain());
    Ok(Person {
        name: claims.get("name").and_then(Value::as_str).and_then(presentable),
        admission: match may_be_added {
            true => Admission::Add,
            false => Admission::Known,
        },
        roles: held,
        email,
    })
}

/// Whether the person has the groups that `sign_in.admit` wants. Who has lost them loses what they brought, too.
pub(crate) fn admitted(sign_in: &SignIn, person: &Person) -> Result<(), Fault> {
    if sign_in.admit == Admit::Mapped && person.roles.is_empty() {
        return Err(Fault::refused(
            "no value of sign_in.roles_claim gives the person a role, and sign_in.admit is \"mapped\"",
        )
        .told(OTHER_ACCOUNT));
    }
    Ok(())
}

fn check_organisation(sign_in: &SignIn, claims: &Map<String, Value>) -> Result<(), Fault> {
    let organisation = claims.get("hd").and_then(Value::as_str).map(str::to_lowercase);
    let listed = |organisation: &String| sign_in.hosted_domains.contains(organisation);
    if sign_in.hosted_domains.is_empty() || organisation.as_ref().is_some_and(listed) {
        return Ok(());
    }
    Err(
        Fault::refused("the account is of no organisation in sign_in.hosted_domains (hd)")
            .told(OTHER_ACCOUNT),
    )
}

fn address(sign_in: &SignIn, claims: &Map<String, Value>) -> Result<CustomerEmail, Fault> {
    let text = sign_in.email_claim.find(claims).and_then(Value::as_str).ok_or_else(|| {
        Fault::refused("the ID token does not hold the claim of sign_in.email_claim; is its scope among sign_in.scopes?")
    })?;
    let email = CustomerEmail::parse(text).map_err(|_| {
        Fault::refused("the claim of sign_in.email_claim is not an e-mail address").told(OTHER_ACCOUNT)
    })?;
    if !sign_in.email_must_be_verified {
        return Ok(email);
    }
    match claims.get("email_verified") {
        Some(Value::Bool(true)) => Ok(email),
        // Some providers write it so.
        Some(Value::String(text)) if text == "true" => Ok(email),
        Some(_) => Err(
            Fault::refused("the provider has not verified the address (email_verified)").told(
                "The provider has not verified your address. Verify it there, or ask the administrator.",
            ),
        ),
        None => Err(Fault::refused(
            "the provider does not say whether it has verified the address (email_verified); docs/sign-in.md says when \
             sign_in.email_verified = \"not_needed\" is safe",
        )),
    }
}

fn held_roles(sign_in: &SignIn, claims: &Map<String, Value>) -> Result<BTreeSet<MappedRole>, Fault> {
    if sign_in.roles.is_empty() {
        return Ok(BTreeSet::new());
    }
    // Two ways in which Entra ID says it; the second is for groups alone.
    let elsewhere = claims.get("_claim_names").and_then(Value::as_object);
    let named = elsewhere.is_some_and(|names| names.contains_key(sign_in.roles_claim.first()));
    let left_out = claims.get("hasgroups") == Some(&Value::Bool(true))
        && sign_in.roles_claim.first() == "groups"
        && !claims.contains_key("groups");
    if named || left_out {
        return Err(Fault::refused(
            "the person has more groups than the provider puts into an ID token (_claim_names, hasgroups); let it send only those that \
             are assigned to the application, or use application roles",
        ));
    }
    let values: Vec<&str> = match sign_in.roles_claim.find(claims) {
        Some(Value::Array(values)) => values.iter().filter_map(Value::as_str).collect(),
        Some(Value::String(value)) => vec![value],
        _ => Vec::new(),
    };
    let held = sign_in
        .roles
        .iter()
        .filter(|mapping| values.contains(&mapping.claim_value.as_str()));
    Ok(held.map(|mapping| mapping.under(&sign_in.roles_claim)).collect())
}

/// A name that can be shown to colleagues.
fn presentable(name: &str) -> Option<String> {
    let name = name.trim();
    let fits = (1..=MAX_NAME).contains(&name.chars().count()) && !name.chars().any(is_odd);
    fits.then(|| name.to_owned())
}
