//! Two people who want one customer, or one person who wants it twice, in every order: over one relay, or over two on one
//! database.

use std::{collections::HashMap, net::SocketAddr, sync::Arc, time::Duration};

use anyhow::{Context as _, Result, bail, ensure};
use futures_util::{StreamExt as _, TryStreamExt as _, future::try_join, stream};
use serde_json::json;
use stagedoor_broker_sim::{Endpoint, Fault, TokenState};
use tokio::time::sleep;

use super::{
    Run,
    crowd::Crowd,
    promises::Rules,
    random::Random,
    referee::{Referee, Refusal, Reported, Seen, Verdict},
    report::Report,
    scene::Scene,
    witness::Said,
};
use crate::{client::Connection, installation::Relay, login::Login};

const PEOPLE: usize = 6;
/// Customers that are fought over at the same time.
const AT_ONCE: usize = 8;
/// Customers after which the broker's mood changes.
const CHUNK: u64 = 50;

const RULES: Rules = Rules {
    one_login_each: false,
    refusals: &["customer_claimed", "broker_rate_limited"],
};

/// What one person does next.
#[derive(Debug, Clone, Copy)]
enum Step {
    Wait(Duration),
    /// Logs in; if a colleague holds the customer, so many times overrides whoever was shown.
    LogIn {
        overrides: u32,
    },
    /// Reports that about the token held last.
    Report(&'static str),
}

/// What two people are about to do, or one person in two windows.
#[derive(Debug, Clone)]
struct Schedule {
    customer: String,
    people: [Person; 2],
}

#[derive(Debug, Clone)]
struct Person {
    profile: usize,
    relay: SocketAddr,
    steps: Vec<Step>,
}

/// Lets two people fight over one customer after the other.
pub(super) async fn run(run: &mut Run<'_>, engine: &str, relays: usize, report: &mut Report) -> Result<()> {
    let mut scene = Scene::set(run, run.parent, relays, PEOPLE).await?;
    report.run(format!("two people, one customer, {relays} relay(s), {engine}"));
    match fight_often(run, &mut scene, report).await {
        Ok(()) => Ok(()),
        Err(error) => Err(error.context(format!("the relay's folder is kept: {}", scene.keep()))),
    }
}

async fn fight_often(run: &mut Run<'_>, scene: &mut Scene, report: &mut Report) -> Result<()> {
    let mut random = run.random.fork();
    let mut relays = Vec::new();
    for installation in &scene.installations {
        relays.push(installation.start().await?);
    }
    let store = scene.store().await?;
    let names: HashMap<String, String> = store
        .list_staff()
        .await?
        .into_iter()
        .map(|row| (row.member.email.to_string(), row.member.name))
        .collect();
    let mut total = Verdict::default();
    let mut done = 0;
    while done < run.options.interleavings {
        let count = CHUNK.min(run.options.interleavings - done);
        mood(scene, &mut random);
        let mut schedules = Vec::new();
        for _ in 0..count {
            schedules.push(Schedule::new(&mut random, scene.crowd.customers.next(), &relays)?);
        }
        let crowd = &scene.crowd;
        let seen: Vec<_> = stream::iter(&schedules)
            .map(|schedule| fight(crowd, schedule))
            .buffer_unordered(AT_ONCE)
            .try_collect()
            .await
            .with_context(|| format!("after {done} customers of seed {}", run.options.seed))?;
        scene.audit(&*store, &RULES).await?;
        ensure!(
            scene.ledger.open.is_empty(),
            "everybody was answered, and intents are open"
        );
        let mut tokens: HashMap<String, Vec<_>> = HashMap::new();
        let mut numbers = HashMap::new();
        for token in scene.broker.sim.tokens() {
            numbers.insert(token.value.clone(), token.id);
            tokens.entry(token.email.clone()).or_default().push(token);
        }
        let witness = scene.crowd.witness.seen().clone();
        let referee = Referee {
            ledger: &scene.ledger,
            witness: &witness,
            names: &names,
            numbers: &numbers,
        };
        for (schedule, seen) in seen {
            let tokens = tokens.get(&schedule.customer).map_or(&[][..], Vec::as_slice);
            let verdict = referee.judge(&schedule.customer, &seen).and_then(|verdict| {
                let live = tokens
                    .iter()
                    .filter(|token| token.state == TokenState::Live)
                    .count();
                ensure!(
                    live == usize::from(!tokens.is_empty()),
                    "{live} tokens are current at the broker, of {}",
                    tokens.len()
                );
                ensure!(
                    tokens.len() as u64 == verdict.minted,
                    "the broker made {} tokens, and {} are recorded",
                    tokens.len(),
                    verdict.minted
                );
                Ok(verdict)
            });
            total += verdict.with_context(|| format!("seed {}, {schedule:?}, {seen:?}", run.options.seed))?;
        }
        done += count;
    }
    scene.broker.answer_after(Duration::ZERO);
    let counts = scene.audit(&*store, &RULES).await?;
    let (records, roots) = scene.ledger.verify(&*store).await?;
    for relay in relays {
        relay.program.stop()?;
    }
    report.count("customers that two people wanted", done);
    report.count("refused, naming the real holder", total.refusals);
    report.count(
        "  because that login did not end in time",
        total.refusals_under_way,
    );
    report.count("intents that override another", total.overrides);
    report.count(
        "customers taken over from a login, each after its outcome and its token",
        total.taken_over,
    );
    report.count("  asked for while that login was under way", total.waited);
    report.count("claims that ended with a report", total.ended);
    report.count("claims that ended with a failed mint", total.released);
    report.counts(&counts);
    report.count("records verified at the end", records);
    report.count("roots remembered and found again", roots);
    Ok(())
}

/// Makes the broker's next answers late, or refusals.
fn mood(scene: &Scene, random: &mut Random) {
    let sim = &scene.broker.sim;
    sim.clear_scripts();
    let slow = if random.percent(50) { 20_000 } else { 500 };
    scene.broker.road.takes_up_to(Duration::from_micros(slow));
    for _ in 0..CHUNK * 4 {
        let fault = match random.within(0..10) {
            0 => Fault::RateLimited(None),
            1..4 => Fault::Delay(random.microseconds(1..30_000)),
            _ => Fault::Delay(random.microseconds(1..3_000)),
        };
        sim.script(fault.on(Endpoint::Mint).times(1));
    }
}

impl Schedule {
    fn new(random: &mut Random, customer: String, relays: &[Relay]) -> Result<Self> {
        let first = random.index(PEOPLE);
        // Now and then the other is the same person, in a second window.
        let second = match random.percent(15) {
            true => first,
            false => (first + 1 + random.index(PEOPLE - 1)) % PEOPLE,
        };
        let mut person = |profile| {
            let relay = relays.get(random.index(relays.len())).context("no relay")?;
            Ok(Person {
                profile,
                relay: relay.api,
                steps: steps(random),
            })
        };
        let people: [Result<Person>; 2] = [person(first), person(second)];
        let [first, second] = people;
        Ok(Self {
            customer,
            people: [first?, second?],
        })
    }
}

/// One to five steps, one of them a login.
fn steps(random: &mut Random) -> Vec<Step> {
    let mut steps = Vec::new();
    if random.percent(50) {
        steps.push(Step::Wait(random.microseconds(0..20_000)));
    }
    let overrides = u32::try_from(random.within(0..4)).unwrap_or_default();
    steps.push(Step::LogIn { overrides });
    for _ in 0..random.within(0..4) {
        steps.push(match random.within(0..6) {
            0 | 1 => Step::Wait(random.microseconds(0..20_000)),
            2 => Step::Report("opened"),
            3 => Step::Report("closed"),
            4 => Step::Report("failed"),
            _ => Step::LogIn {
                overrides: u32::try_from(random.within(0..3)).unwrap_or_default(),
            },
        });
    }
    steps
}

async fn fight<'s>(crowd: &Arc<Crowd>, schedule: &'s Schedule) -> Result<(&'s Schedule, Seen)> {
    let [first, second] = &schedule.people;
    let (mut seen, other) = try_join(
        act(crowd, &schedule.customer, first),
        act(crowd, &schedule.customer, second),
    )
    .await?;
    seen.refusals.extend(other.refusals);
    seen.reports.extend(other.reports);
    Ok((schedule, seen))
}

async fn act(crowd: &Crowd, customer: &str, person: &Person) -> Result<Seen> {
    let mut connection = Connection::open(person.relay).await?;
    let (mut seen, mut held) = (Seen::default(), None);
    for step in &person.steps {
        match *step {
            Step::Wait(pause) => sleep(pause).await,
            Step::LogIn { overrides } => {
                let got = log_in(
                    crowd,
                    &mut connection,
                    customer,
                    person.profile,
                    overrides,
                    &mut seen,
                )
                .await?;
                held = got.or(held);
            }
            Step::Report(outcome) => {
                if let Some(login) = &held {
                    let reported = report(crowd, &mut connection, person.profile, login, outcome).await?;
                    seen.reports.push(reported);
                }
            }
        }
    }
    Ok(seen)
}

/// Logs in, overriding so many times whoever stands in the way. Returns the id of the login that gave a token.
async fn log_in(
    crowd: &Crowd,
    connection: &mut Connection,
    customer: &str,
    profile: usize,
    mut overrides: u32,
    seen: &mut Seen,
) -> Result<Option<String>> {
    let keys = crowd.profile(profile)?;
    let mut login = Login::new(keys, customer.to_owned())?;
    loop {
        let sent = crowd.witness.tick();
        match crowd.log_in(connection, &login, profile).await {
            Said::Token(_) => return Ok(Some(login.request_id.to_string())),
            Said::Claimed {
                login: other,
                staff,
                remaining,
                under_way,
            } => {
                seen.refusals.push(Refusal {
                    profile,
                    login: login.request_id.to_string(),
                    named: other.clone(),
                    staff,
                    remaining,
                    under_way,
                    sent,
                    answered: crowd.witness.tick(),
                });
                if overrides == 0 {
                    return Ok(None);
                }
                overrides -= 1;
                login = Login::overriding(keys, customer.to_owned(), &other)?;
            }
            Said::Refused(code) if code == "broker_rate_limited" => return Ok(None),
            other => bail!("a login of person {profile} for {customer} was answered with {other:?}"),
        }
    }
}

async fn report(
    crowd: &Crowd,
    connection: &mut Connection,
    profile: usize,
    login: &str,
    outcome: &'static str,
) -> Result<Reported> {
    let path = format!("/v1/logins/{login}/outcome");
    let body = json!({"outcome": outcome}).to_string();
    let request = crowd.profile(profile)?.request("POST", &path, &body)?;
    let answer = connection.send(&request).await?;
    ensure!(
        answer.status == 204,
        "a report of {outcome} was answered with {} {}",
        answer.status,
        String::from_utf8_lossy(&answer.body)
    );
    Ok(Reported {
        login: login.to_owned(),
        ends: outcome != "opened",
        answered: crowd.witness.tick(),
    })
}
