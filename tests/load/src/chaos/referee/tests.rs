//! Fights as they may go, and as they must not.

use stagedoor_ledger::MintOutcome;

use super::*;
use crate::{
    Key, Profile,
    chaos::{ledger::Ended, witness::Witness},
    client::Answer,
    login::Login as Sent,
};

const CUSTOMER: &str = "a@b.example";

/// A customer's logins, one after the other.
#[derive(Default)]
struct Fight {
    ledger: Ledger,
    witness: Witness,
    ids: Vec<String>,
    seen: Seen,
}

impl Fight {
    /// A login by this person that got a token; its records are two, from `intent` on.
    fn login(&mut self, profile: usize, intent: u64, overrides: Option<u64>) -> &mut Self {
        let sent = Sent::new(&Profile::new(Key::P256).unwrap(), CUSTOMER.to_owned()).unwrap();
        let id = sent.request_id.to_string();
        self.witness.sends(&sent, profile, "127.0.0.1:1".parse().unwrap());
        let body = format!(r#"{{"oneTimeToken":"t-{intent}"}}"#).into_bytes();
        self.witness.hears(&sent, &Ok(Answer { status: 201, body }));
        let ended = Ended {
            sequence: intent + 1,
            outcome: MintOutcome::Minted,
            cause: None,
        };
        let login = Login {
            intent,
            at: "2026-11-25T03:06:42.123Z".parse().unwrap(),
            customer: CUSTOMER.to_owned(),
            staff: Crowd::email(profile),
            overrides,
            outcome: Some(ended),
            reports: Vec::new(),
        };
        self.ledger.logins.insert(id.clone(), login);
        self.ids.push(id);
        self
    }

    /// That person is told of the login of this number.
    fn refused(&mut self, profile: usize, named: usize, staff: &str) -> &mut Self {
        let sent = self.witness.tick();
        self.seen.refusals.push(Refusal {
            profile,
            login: "refused".to_owned(),
            named: self.ids[named].clone(),
            staff: staff.to_owned(),
            remaining: 30,
            under_way: false,
            sent,
            answered: self.witness.tick(),
        });
        self
    }

    /// The window of the login of this number was closed.
    fn closed(&mut self, number: usize, sequence: u64) -> &mut Self {
        let id = self.ids[number].clone();
        let login = self.ledger.logins.get_mut(&id).unwrap();
        login.reports.push((sequence, ReportOutcome::Closed));
        self.seen.reports.push(Reported {
            login: id,
            ends: true,
            answered: self.witness.tick(),
        });
        self
    }

    fn judge(&self) -> Result<Verdict> {
        let names = (0..3)
            .map(|profile| (Crowd::email(profile), format!("Person {profile}")))
            .collect();
        let numbers = [(0, 1), (2, 3), (4, 2)].map(|(intent, number)| (format!("t-{intent}"), number));
        Referee {
            ledger: &self.ledger,
            witness: &self.witness.seen(),
            names: &names,
            numbers: &HashMap::from(numbers),
        }
        .judge(CUSTOMER, &self.seen)
    }

    fn error(&self) -> String {
        format!("{:#}", self.judge().unwrap_err())
    }
}

#[test]
fn an_override_names_the_intent_that_stood() {
    let verdict = Fight::default()
        .login(0, 0, None)
        .login(1, 2, Some(0))
        .judge()
        .unwrap();
    assert_eq!((verdict.overrides, verdict.taken_over, verdict.minted), (1, 1, 2));
    for overrides in [None, Some(1)] {
        let error = Fight::default().login(0, 0, None).login(1, 2, overrides).error();
        assert!(error.contains("Some(0) held the customer"), "{error}");
    }
    let own = Fight::default()
        .login(0, 0, None)
        .login(0, 2, None)
        .judge()
        .unwrap();
    assert_eq!(own.overrides, 0, "a person's own claim is no other's");
    let freed = Fight::default()
        .login(0, 0, None)
        .closed(0, 2)
        .login(1, 4, None)
        .judge()
        .unwrap();
    assert_eq!((freed.overrides, freed.ended), (0, 1));
}

#[test]
fn a_customer_is_taken_over_only_from_a_login_that_has_ended() {
    for (second, overrides) in [(1, Some(0)), (0, None)] {
        let mut fight = Fight::default();
        fight.login(0, 0, None).login(second, 2, overrides);
        assert_eq!(fight.judge().unwrap().taken_over, 1);
        let id = fight.ids[0].clone();
        let late = fight.ledger.logins.get_mut(&id).unwrap();
        late.outcome.as_mut().unwrap().sequence = 4;
        let error = fight.error();
        assert!(error.contains("from intent 0, which was under way"), "{error}");
        fight.ledger.logins.get_mut(&id).unwrap().outcome = None;
        let error = fight.error();
        assert!(error.contains("from intent 0, which was under way"), "{error}");
    }
}

#[test]
fn the_token_of_whoever_takes_a_customer_over_comes_last() {
    // The broker made the token of the login at 4 before that of the one at 2.
    for (second, overrides) in [(1, Some(2)), (0, None)] {
        let error = Fight::default()
            .login(0, 2, None)
            .login(second, 4, overrides)
            .error();
        assert!(error.contains("that of intent 4 is void"), "{error}");
    }
}

#[test]
fn a_refusal_names_the_one_who_held_the_customer_then() {
    Fight::default()
        .login(0, 0, None)
        .refused(1, 0, "Person 0")
        .judge()
        .unwrap();
    let name = Fight::default()
        .login(0, 0, None)
        .refused(1, 0, "Person 1")
        .error();
    assert!(name.contains("names Person 1"), "{name}");
    let own = Fight::default()
        .login(0, 0, None)
        .refused(0, 0, "Person 0")
        .error();
    assert!(own.contains("own login"), "{own}");
    let mut own = Fight::default();
    own.login(0, 0, None).refused(0, 0, "Person 0");
    own.seen.refusals[0].under_way = true;
    assert_eq!(own.judge().unwrap().refusals_under_way, 1);
    let over = "did not hold the customer any more";
    let mut overridden = Fight::default();
    overridden
        .login(0, 0, None)
        .login(1, 2, Some(0))
        .refused(2, 0, "Person 0");
    assert!(overridden.error().contains(over), "{}", overridden.error());
    let mut closed = Fight::default();
    closed.login(0, 0, None).closed(0, 2).refused(1, 0, "Person 0");
    assert!(closed.error().contains(over), "{}", closed.error());
    let mut future = Fight::default();
    future.login(0, 0, None).refused(1, 0, "Person 0");
    future.seen.refusals[0].answered = 0;
    assert!(
        future.error().contains("had not been sent yet"),
        "{}",
        future.error()
    );
}
