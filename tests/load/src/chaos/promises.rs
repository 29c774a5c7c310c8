//! What must hold whatever happened, between the clients' answers, the broker's journal, and the ledger.

use std::collections::HashMap;

use anyhow::{Context as _, Result, bail, ensure};
use stagedoor_ledger::MintOutcome;

use super::{
    broker::Mint,
    crowd::Crowd,
    ledger::{Ledger, Login},
    witness::{Said, Seen, Witness},
};

/// What a run expects.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rules {
    /// Each login is of another customer, so that mints and intents can be told one from the other.
    pub(crate) one_login_each: bool,
    /// With which codes logins may be refused.
    pub(crate) refusals: &'static [&'static str],
}

/// How often what was found.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) sent: u64,
    pub(crate) tokens: u64,
    pub(crate) refused: u64,
    pub(crate) lost: u64,
    pub(crate) mints: u64,
    pub(crate) intents: u64,
    pub(crate) minted: u64,
    /// Minted, but said to have been dropped.
    pub(crate) dropped: u64,
    pub(crate) failed: u64,
    pub(crate) unknown: u64,
    pub(crate) open: u64,
    /// Tokens that were made while nobody knew: outcome unknown, and a mint in the journal.
    pub(crate) unknown_but_made: u64,
    /// Outcomes that say that a token was handed out, while its client was refused or cut off.
    pub(crate) minted_unseen: u64,
}

/// Every mint in the broker's journal has an intent before it.
pub(crate) fn every_mint_was_intended(
    ledger: &Ledger,
    mints: &HashMap<String, Vec<Mint>>,
    rules: &Rules,
) -> Result<()> {
    let mut intents: HashMap<&str, Vec<&Login>> = HashMap::new();
    for login in ledger.logins.values() {
        intents.entry(&login.customer).or_default().push(login);
    }
    for (customer, mints) in mints {
        let intents = intents
            .get(customer.as_str())
            .with_context(|| format!("the broker made a token for {customer}, and no intent says so"))?;
        ensure!(
            mints.len() <= intents.len(),
            "the broker made {} tokens for {customer}, of whom there are {} intents",
            mints.len(),
            intents.len()
        );
        if rules.one_login_each {
            ensure!(
                intents.len() == 1,
                "{customer} has {} intents, but was asked for once",
                intents.len()
            );
        }
        let earliest = intents.iter().map(|login| login.at).min();
        let minted = mints.iter().map(|mint| mint.at).min();
        ensure!(
            earliest.map(|at| at.as_millisecond()) <= minted.map(|at| at.as_millisecond()),
            "the broker made a token for {customer} at {minted:?}, before the intent of {earliest:?}"
        );
    }
    Ok(())
}

/// Everything else.
pub(crate) fn check(
    ledger: &Ledger,
    mints: &HashMap<String, Vec<Mint>>,
    witness: &Witness,
    rules: &Rules,
) -> Result<Counts> {
    let mut counts = Counts {
        mints: mints.values().map(|mints| mints.len() as u64).sum(),
        ..Counts::default()
    };
    let seen = witness.seen();
    for (id, seen) in &*seen {
        client(id, seen, ledger, mints, rules, &mut counts)?;
    }
    for (id, login) in &ledger.logins {
        let seen = seen
            .get(id)
            .with_context(|| format!("the ledger has a login {id} that nobody sent"))?;
        record(id, login, seen, mints, rules, &mut counts)?;
    }
    Ok(counts)
}

/// What one client knows.
fn client(
    id: &str,
    seen: &Seen,
    ledger: &Ledger,
    mints: &HashMap<String, Vec<Mint>>,
    rules: &Rules,
    counts: &mut Counts,
) -> Result<()> {
    counts.sent += 1;
    match &seen.said {
        Said::Waiting | Said::Nothing(_) => counts.lost += 1,
        Said::Refused(_) | Said::Claimed { .. } => {
            counts.refused += 1;
            let code = seen.said.refusal().unwrap_or_default();
            ensure!(
                rules.refusals.contains(&code),
                "login {id} was refused with {code}"
            );
        }
        Said::Token(token) => {
            counts.tokens += 1;
            let login = ledger
                .logins
                .get(id)
                .with_context(|| format!("a client holds the token of login {id}, which has no intent"))?;
            ensure!(
                login.is_handed_out(),
                "a client holds the token of login {id} (intent {}), whose outcome is {:?}",
                login.intent,
                login.outcome
            );
            let made = mints.get(&seen.login.customer).map_or(&[][..], Vec::as_slice);
            ensure!(
                made.iter().any(|mint| mint.token == *token),
                "the token of login {id} is not one that the broker made for {}",
                seen.login.customer
            );
        }
    }
    Ok(())
}

/// What one login's records say.
fn record(
    id: &str,
    login: &Login,
    seen: &Seen,
    mints: &HashMap<String, Vec<Mint>>,
    rules: &Rules,
    counts: &mut Counts,
) -> Result<()> {
    ensure!(
        login.customer == seen.login.customer,
        "login {id} was for {}, and its intent {} says {}",
        seen.login.customer,
        login.intent,
        login.customer
    );
    let staff = Crowd::email(seen.profile);
    ensure!(
        login.staff == staff,
        "login {id} was sent by {staff}, and its intent {} says {}",
        login.intent,
        login.staff
    );
    counts.intents += 1;
    let Some(ended) = &login.outcome else {
        counts.open += 1;
        return Ok(());
    };
    let made = mints.contains_key(&login.customer);
    match ended.outcome {
        MintOutcome::Minted => {
            ensure!(
                made,
                "login {id} is recorded as minted, and the broker made nothing"
            );
            counts.minted += 1;
            counts.dropped += u64::from(ended.cause.is_some());
            let unseen = login.is_handed_out() && !matches!(seen.said, Said::Token(_));
            counts.minted_unseen += u64::from(unseen);
        }
        MintOutcome::Failed => {
            if made && rules.one_login_each {
                bail!("login {id} is recorded as failed, and the broker made a token");
            }
            counts.failed += 1;
        }
        MintOutcome::Unknown => {
            counts.unknown += 1;
            counts.unknown_but_made += u64::from(made && rules.one_login_each);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
