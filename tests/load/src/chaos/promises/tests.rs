//! Each promise, broken on purpose.

use super::*;
use crate::{Key, Profile, chaos::ledger::Ended, client::Answer, login::Login as Sent};

const RULES: Rules = Rules {
    one_login_each: true,
    refusals: &["store_unavailable"],
};

/// One login that went well, as everybody knows it.
struct World {
    id: String,
    ledger: Ledger,
    mints: HashMap<String, Vec<Mint>>,
    witness: Witness,
}

impl World {
    fn new() -> Self {
        let sent = Sent::new(&Profile::new(Key::P256).unwrap(), "a@b.example".to_owned()).unwrap();
        let id = sent.request_id.to_string();
        let witness = Witness::default();
        witness.sends(&sent, 0, "127.0.0.1:1".parse().unwrap());
        witness.hears(&sent, &Ok(answer(201, r#"{"oneTimeToken":"t-1"}"#)));
        let at = "2026-11-25T03:06:42.123Z".parse().unwrap();
        let login = Login {
            intent: 0,
            at,
            customer: "a@b.example".to_owned(),
            staff: Crowd::email(0),
            overrides: None,
            outcome: ended(MintOutcome::Minted, None),
            reports: Vec::new(),
        };
        let mut ledger = Ledger::default();
        ledger.logins.insert(id.clone(), login);
        let token = "t-1".to_owned();
        let mints = HashMap::from([("a@b.example".to_owned(), vec![Mint { token, at }])]);
        Self {
            id,
            ledger,
            mints,
            witness,
        }
    }

    fn login(&mut self) -> &mut Login {
        self.ledger.logins.get_mut(&self.id).unwrap()
    }

    fn check(&self) -> Result<Counts> {
        every_mint_was_intended(&self.ledger, &self.mints, &RULES)?;
        check(&self.ledger, &self.mints, &self.witness, &RULES)
    }
}

fn answer(status: u16, body: &str) -> Answer {
    let body = body.as_bytes().to_vec();
    Answer { status, body }
}

fn ended(outcome: MintOutcome, cause: Option<&str>) -> Option<Ended> {
    Some(Ended {
        sequence: 1,
        outcome,
        cause: cause.map(str::to_owned),
    })
}

#[test]
fn a_login_that_went_well_breaks_nothing() {
    let counts = World::new().check().unwrap();
    assert_eq!((counts.tokens, counts.minted, counts.mints), (1, 1, 1));
}

#[test]
fn every_broken_promise_is_named() {
    type Breakage = (fn(&mut World), &'static str);
    let breakages: [Breakage; 12] = [
        (|world| world.ledger.logins.clear(), "no intent says so"),
        (
            |world| {
                world.ledger.logins.clear();
                world.mints.clear();
            },
            "which has no intent",
        ),
        (|world| world.login().outcome = None, "whose outcome is None"),
        (
            |world| world.login().outcome = ended(MintOutcome::Unknown, Some("outcome_unknown")),
            "Unknown",
        ),
        (
            |world| world.login().outcome = ended(MintOutcome::Minted, Some("store_unavailable")),
            "store_unavailable",
        ),
        (|world| world.mints.clear(), "not one that the broker made"),
        (
            |world| {
                world
                    .mints
                    .values_mut()
                    .for_each(|mints| mints.push(mints[0].clone()))
            },
            "made 2 tokens",
        ),
        (
            |world| {
                world
                    .mints
                    .values_mut()
                    .for_each(|mints| mints[0].token = "t-2".to_owned())
            },
            "not one that the broker made",
        ),
        (
            |world| world.login().at = "2026-11-25T03:06:42.124Z".parse().unwrap(),
            "before the intent",
        ),
        (
            |world| world.login().staff = Crowd::email(1),
            "was sent by person-1@",
        ),
        (
            |world| {
                let login = world.login().clone();
                world.ledger.logins.insert("another".to_owned(), login);
            },
            "has 2 intents",
        ),
        (|world| world.witness.seen().clear(), "that nobody sent"),
    ];
    for (break_it, expected) in breakages {
        let mut world = World::new();
        break_it(&mut world);
        let error = format!("{:#}", world.check().unwrap_err());
        assert!(error.contains(expected), "{error}, not {expected}");
    }
}

#[test]
fn a_refusal_must_be_one_that_the_run_expects_and_its_token_is_never_recorded_as_failed() {
    let sent = Sent::new(&Profile::new(Key::P256).unwrap(), "a@b.example".to_owned()).unwrap();
    for (code, fine) in [("store_unavailable", true), ("internal", false)] {
        let mut world = World::new();
        let login = world.ledger.logins.remove(&world.id).unwrap();
        world.ledger.logins.insert(sent.request_id.to_string(), login);
        world.witness.seen().clear();
        world.witness.sends(&sent, 0, "127.0.0.1:1".parse().unwrap());
        let body = format!(r#"{{"code":"{code}"}}"#);
        world.witness.hears(&sent, &Ok(answer(503, &body)));
        world.id = sent.request_id.to_string();
        world.login().outcome = ended(MintOutcome::Minted, Some(code));
        assert_eq!(
            world.check().map(|counts| counts.dropped).ok(),
            fine.then_some(1),
            "{code}"
        );
        world.login().outcome = ended(MintOutcome::Failed, Some(code));
        assert!(world.check().is_err(), "{code}");
    }
}
