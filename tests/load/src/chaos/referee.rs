//! Who held a customer when, by the ledger alone; and whether everybody was told the truth.

use std::{collections::HashMap, ops::AddAssign};

use anyhow::{Context as _, Result, ensure};
use stagedoor_ledger::{MintOutcome, ReportOutcome};

use super::{
    crowd::Crowd,
    ledger::{Ledger, Login},
    witness::{self, Said},
};

/// Longest a customer can be held: the token's validity and the longest mint, in seconds.
const LONGEST_CLAIM: u64 = 60;

/// What two people saw, besides the answers that the witness has.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    pub(crate) refusals: Vec<Refusal>,
    pub(crate) reports: Vec<Reported>,
}

/// "A colleague holds the customer."
#[derive(Debug)]
pub(crate) struct Refusal {
    pub(crate) profile: usize,
    pub(crate) login: String,
    /// The login that was named as the holder.
    pub(crate) named: String,
    pub(crate) staff: String,
    pub(crate) remaining: u64,
    /// Whether that login itself is said to be under way.
    pub(crate) under_way: bool,
    pub(crate) sent: u64,
    pub(crate) answered: u64,
}

/// A report that was taken.
#[derive(Debug)]
pub(crate) struct Reported {
    pub(crate) login: String,
    /// Whether it ends the claim.
    pub(crate) ends: bool,
    pub(crate) answered: u64,
}

/// How often what.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Verdict {
    pub(crate) refusals: u64,
    pub(crate) refusals_under_way: u64,
    pub(crate) overrides: u64,
    pub(crate) taken_over: u64,
    /// Of these, how many were asked for before the earlier login was answered.
    pub(crate) waited: u64,
    pub(crate) ended: u64,
    pub(crate) released: u64,
    pub(crate) minted: u64,
}

impl AddAssign for Verdict {
    fn add_assign(&mut self, other: Self) {
        self.refusals += other.refusals;
        self.refusals_under_way += other.refusals_under_way;
        self.overrides += other.overrides;
        self.taken_over += other.taken_over;
        self.waited += other.waited;
        self.ended += other.ended;
        self.released += other.released;
        self.minted += other.minted;
    }
}

/// Judges customers that nobody wants any more.
pub(crate) struct Referee<'a> {
    pub(crate) ledger: &'a Ledger,
    pub(crate) witness: &'a HashMap<String, witness::Seen>,
    /// Names by address.
    pub(crate) names: &'a HashMap<String, String>,
    /// The broker's numbers of tokens: a higher one is newer.
    pub(crate) numbers: &'a HashMap<String, u64>,
}

/// One event of a customer's, in the ledger's order.
enum Event<'a> {
    Intent(&'a str, &'a Login),
    /// The claim of this intent ends, if it still stands.
    Free {
        intent: u64,
        reported: bool,
    },
}

impl Referee<'_> {
    pub(crate) fn judge(&self, customer: &str, seen: &Seen) -> Result<Verdict> {
        let mut logins: Vec<(&str, &Login)> = self
            .ledger
            .logins
            .iter()
            .filter(|(_, login)| login.customer == customer)
            .map(|(id, login)| (id.as_str(), login))
            .collect();
        logins.sort_by_key(|(_, login)| login.intent);
        let mut verdict = Verdict {
            refusals: seen.refusals.len() as u64,
            refusals_under_way: seen.refusals.iter().filter(|refusal| refusal.under_way).count() as u64,
            ..Verdict::default()
        };
        // When the clients knew for sure that a login did not hold the customer any more.
        let mut over: HashMap<&str, u64> = HashMap::new();
        for report in seen.reports.iter().filter(|report| report.ends) {
            earliest(&mut over, &report.login, report.answered);
        }
        let mut holder: Option<(&str, &Login)> = None;
        for (_, event) in events(&logins) {
            match event {
                Event::Free { intent, reported } => {
                    if holder.is_some_and(|(_, login)| login.intent == intent) {
                        holder = None;
                        *(if reported {
                            &mut verdict.ended
                        } else {
                            &mut verdict.released
                        }) += 1;
                    }
                }
                Event::Intent(id, login) => {
                    let other = holder.filter(|(_, other)| other.staff != login.staff);
                    let expected = other.map(|(_, other)| other.intent);
                    ensure!(
                        login.overrides == expected,
                        "intent {} overrides {:?}, and {expected:?} held the customer",
                        login.intent,
                        login.overrides
                    );
                    verdict.overrides += u64::from(other.is_some());
                    if let Some((before, held)) = holder {
                        verdict.taken_over += 1;
                        verdict.waited += u64::from(self.met(before, id));
                        let ended = held.outcome.as_ref().map(|ended| ended.sequence);
                        ensure!(
                            ended.is_some_and(|ended| ended < login.intent),
                            "intent {} takes the customer from intent {}, which was under way",
                            login.intent,
                            held.intent
                        );
                        ensure!(
                            !self.overtakes(before, id),
                            "the token of intent {} came last, so that of intent {} is void",
                            held.intent,
                            login.intent
                        );
                    }
                    if let Some((before, _)) = holder.replace((id, login)) {
                        let answered = self.witness.get(id).map_or(u64::MAX, |seen| seen.answered);
                        earliest(&mut over, before, answered);
                    }
                }
            }
        }
        for refusal in &seen.refusals {
            self.judge_refusal(customer, refusal, &over)
                .with_context(|| format!("login {} was refused wrongly", refusal.login))?;
        }
        verdict.minted = logins.iter().filter(|(_, login)| login.is_handed_out()).count() as u64;
        Ok(verdict)
    }

    /// Whether a login was sent before the earlier one was answered.
    fn met(&self, earlier: &str, newer: &str) -> bool {
        let (earlier, newer) = (self.witness.get(earlier), self.witness.get(newer));
        earlier
            .zip(newer)
            .is_some_and(|(earlier, newer)| newer.sent < earlier.answered)
    }

    /// Whether the token of a login is newer than that of the one that took its customer over, which is void then.
    fn overtakes(&self, overridden: &str, overriding: &str) -> bool {
        let number = |id: &str| match &self.witness.get(id)?.said {
            Said::Token(token) => self.numbers.get(token),
            _ => None,
        };
        number(overriding).is_some_and(|voided| number(overridden) > Some(voided))
    }

    fn judge_refusal(&self, customer: &str, refusal: &Refusal, over: &HashMap<&str, u64>) -> Result<()> {
        ensure!(
            !self.ledger.logins.contains_key(&refusal.login),
            "it has an intent in the ledger all the same"
        );
        let named = self
            .ledger
            .logins
            .get(&refusal.named)
            .with_context(|| format!("login {} was named, which is not there", refusal.named))?;
        ensure!(
            named.customer == customer,
            "the login that was named is of another customer"
        );
        ensure!(
            refusal.under_way || named.staff != Crowd::email(refusal.profile),
            "a person's own login stood in their way"
        );
        let name = self.names.get(&named.staff);
        ensure!(
            name == Some(&refusal.staff),
            "it names {}, and the login is {name:?}'s",
            refusal.staff
        );
        ensure!(
            (1..=LONGEST_CLAIM).contains(&refusal.remaining),
            "it is to last for {} seconds",
            refusal.remaining
        );
        let begun = self.witness.get(&refusal.named).map(|seen| seen.sent);
        ensure!(
            begun.is_some_and(|begun| begun < refusal.answered),
            "the login that was named had not been sent yet"
        );
        let ended = over.get(refusal.named.as_str());
        ensure!(
            ended.is_none_or(|&ended| ended > refusal.sent),
            "the login that was named did not hold the customer any more"
        );
        Ok(())
    }
}

fn earliest<'a>(over: &mut HashMap<&'a str, u64>, id: &'a str, at: u64) {
    let known = over.entry(id).or_insert(at);
    *known = at.min(*known);
}

/// What happened to a customer, in the ledger's order.
fn events<'a>(logins: &[(&'a str, &'a Login)]) -> Vec<(u64, Event<'a>)> {
    let mut events = Vec::new();
    for &(id, login) in logins {
        let intent = login.intent;
        events.push((intent, Event::Intent(id, login)));
        if let Some(ended) = &login.outcome
            && (ended.outcome == MintOutcome::Failed
                || (ended.outcome == MintOutcome::Minted && ended.cause.is_some()))
        {
            let reported = false;
            events.push((ended.sequence, Event::Free { intent, reported }));
        }
        for &(sequence, outcome) in &login.reports {
            if matches!(outcome, ReportOutcome::Closed | ReportOutcome::Failed) {
                let reported = true;
                events.push((sequence, Event::Free { intent, reported }));
            }
        }
    }
    events.sort_by_key(|(sequence, _)| *sequence);
    events
}

#[cfg(test)]
mod tests;
