//! A customer is taken over from a login only when that has its outcome: the broker never has both requests at once.

mod brokers;

use std::time::Duration;

use futures_util::future::join_all;
use serde_json::Value;
use stagedoor_broker_sim::TokenState;
use stagedoor_relay::{
    clock::Clock,
    store::{Completion, Intent, IntentAnswer, MintOutcome, Store},
};
use tokio::task::JoinHandle;

use crate::{
    store::{enrol, intent},
    support::{
        Answer, CUSTOMER, Draft, Profile, STAFF, TestApp,
        app::{login_body, new_id},
        eventually,
        gate::Gate,
        http::problem,
        records::{ended, open},
    },
};

const COLLEAGUE: &str = "colleague@broker.example";
/// Longer than any of these tests takes.
const LONG: Duration = Duration::from_secs(60);
/// For tests in which it runs out.
const SHORT: Duration = Duration::from_millis(30);

/// A relay behind a gate, which waits so long for an earlier login, and two people.
async fn scene(takeover: Duration) -> (TestApp, std::sync::Arc<Gate>, Profile, Profile) {
    let (app, gate) = TestApp::start_gated(move |_, limits| {
        limits.takeover = takeover;
        limits.broker = LONG;
        limits.login = LONG;
        limits.answer = LONG;
    })
    .await;
    let (desk, colleague) = (app.enrolled(STAFF).await, app.enrolled(COLLEAGUE).await);
    (app, gate, desk, colleague)
}

fn send(app: &TestApp, draft: Draft) -> JoinHandle<Answer> {
    let (client, address) = (app.client.clone(), app.address);
    tokio::spawn(async move { draft.send(&client, address).await })
}

/// A login that takes the customer from another, and its id.
fn overriding(profile: &Profile, earlier: &str) -> (Draft, String) {
    let id = new_id();
    let mut body = login_body(&id);
    body["overrides"] = earlier.into();
    (profile.post("/v1/logins", &body), id)
}

/// Begins a login whose answer the closed gate holds.
async fn begin(app: &TestApp, profile: &Profile) -> (String, JoinHandle<Answer>) {
    let (draft, id) = profile.login();
    let answer = send(app, draft);
    eventually("the mint reaches the broker", async || app.mints() == 1).await;
    (id, answer)
}

async fn waits(app: &TestApp) {
    eventually("the newer login waits", async || app.store.told_to_wait() == 1).await;
}

/// The tokens that the broker made, in the order of its journal.
fn journal(app: &TestApp) -> Vec<Option<String>> {
    app.sim.journal().into_iter().map(|entry| entry.token).collect()
}

#[tokio::test]
async fn an_override_waits_for_the_mint_that_it_makes_void() {
    let (app, gate, desk, colleague) = scene(LONG).await;
    gate.close();
    let (earlier, theirs) = begin(&app, &desk).await;
    let (draft, id) = overriding(&colleague, &earlier);
    let mine = send(&app, draft);
    waits(&app).await;
    assert_eq!(app.records.login(&id).await, None, "nothing of it is recorded");
    assert_eq!(app.mints(), 1);

    gate.open();
    let (theirs, mine) = (theirs.await.unwrap(), mine.await.unwrap());
    assert_eq!(
        (theirs.status, mine.status),
        (201, 201),
        "{} {}",
        theirs.body,
        mine.body
    );
    assert_eq!(journal(&app), [Some(theirs.token()), Some(mine.token())]);
    let intent = app.records.intent(&id).await;
    assert_eq!(
        (&intent["record"]["seq"], &intent["record"]["overrides"]),
        (&Value::from(2), &Value::from(0)),
        "after the outcome of the one that it overrides"
    );
}

#[tokio::test]
async fn a_request_that_is_still_on_its_way_to_the_broker_is_not_overtaken() {
    let (app, gate, desk, colleague) = scene(LONG).await;
    gate.hold_next_request();
    let (draft, earlier) = desk.login();
    let theirs = send(&app, draft);
    eventually("the request is on its way", async || gate.held_requests() == 1).await;
    let mine = send(&app, overriding(&colleague, &earlier).0);
    waits(&app).await;
    assert_eq!(app.mints(), 0);

    gate.release_requests();
    let (theirs, mine) = (theirs.await.unwrap(), mine.await.unwrap());
    assert_eq!(journal(&app), [Some(theirs.token()), Some(mine.token())]);
    let states: Vec<_> = app.sim.tokens().into_iter().map(|token| token.state).collect();
    assert_eq!(states, [TokenState::Superseded, TokenState::Live]);
}

#[tokio::test]
async fn a_persons_own_login_is_waited_for_in_the_same_way() {
    let (app, gate, desk, _) = scene(LONG).await;
    gate.close();
    let (_, first) = begin(&app, &desk).await;
    let (draft, id) = desk.login();
    let second = send(&app, draft);
    waits(&app).await;
    assert_eq!((app.records.login(&id).await, app.mints()), (None, 1));
    gate.open();
    let (first, second) = (first.await.unwrap(), second.await.unwrap());
    assert_eq!(journal(&app), [Some(first.token()), Some(second.token())]);
    assert_eq!(app.records.intent(&id).await["record"]["seq"], 2);
}

#[tokio::test]
async fn one_that_does_not_end_in_time_is_in_the_way_and_nothing_is_minted() {
    let (app, gate, desk, colleague) = scene(SHORT).await;
    gate.close();
    let (earlier, theirs) = begin(&app, &desk).await;
    app.clock.advance(3);
    let other = overriding(&colleague.at(&app), &earlier);
    let own = desk.at(&app).login();
    for ((draft, id), whose) in [(other, "A colleague's earlier"), (own, "Your own earlier")] {
        let refused = app.send(&draft).await;
        assert_eq!(refused.outcome(), problem(409, "customer_claimed"));
        let body = refused.json();
        let detail = body["detail"].as_str().unwrap();
        assert!(
            detail.starts_with(whose) && detail.contains("in 58 seconds"),
            "{detail}"
        );
        assert_eq!(
            refused.header("retry-after"),
            "58",
            "the broker is waited for so long"
        );
        let claim = &body["claim"];
        assert_eq!(
            (
                &claim["requestId"],
                &claim["staffName"],
                &claim["heldSeconds"],
                &claim["underWay"]
            ),
            (
                &earlier.as_str().into(),
                &"Support desk".into(),
                &3.into(),
                &true.into()
            )
        );
        assert_eq!(app.records.login(&id).await, None);
        let again = app.send(&draft).await;
        assert_eq!(
            again.outcome(),
            problem(401, "signature_replayed"),
            "its nonce is used"
        );
    }
    assert_eq!((app.mints(), app.records.kinds("intent").await), (1, 1));

    gate.open();
    assert_eq!(theirs.await.unwrap().status, 201);
    let (draft, id) = overriding(&colleague.at(&app), &earlier);
    assert_eq!(app.send(&draft).await.status, 201, "the next try works");
    assert_eq!(app.records.login(&id).await, ended("minted", None));
}

#[tokio::test]
async fn whoever_does_not_override_is_told_of_the_claim_at_once() {
    let (app, gate, desk, colleague) = scene(LONG).await;
    gate.close();
    let (_, theirs) = begin(&app, &desk).await;
    let refused = app.send(&colleague.login().0).await;
    assert_eq!(refused.outcome(), problem(409, "customer_claimed"));
    assert_eq!(refused.json()["claim"].get("underWay"), None);
    assert_eq!(app.store.told_to_wait(), 0);
    gate.open();
    theirs.await.unwrap();
}

#[tokio::test]
async fn a_claim_that_ended_with_a_failed_mint_is_no_override_any_more() {
    let (app, gate, desk, colleague) = scene(LONG).await;
    gate.close();
    app.sim.script(stagedoor_broker_sim::Fault::RateLimited(None));
    let (earlier, theirs) = begin(&app, &desk).await;
    let (draft, id) = overriding(&colleague, &earlier);
    let mine = send(&app, draft);
    waits(&app).await;
    gate.open();
    assert_eq!(
        theirs.await.unwrap().outcome(),
        problem(503, "broker_rate_limited")
    );
    assert_eq!(mine.await.unwrap().status, 201);
    assert_eq!(app.records.intent(&id).await["record"].get("overrides"), None);
}

#[tokio::test]
async fn a_shutdown_does_not_wait_for_those_who_wait() {
    let (mut app, gate, desk, colleague) = scene(LONG).await;
    gate.close();
    let (earlier, theirs) = begin(&app, &desk).await;
    let (draft, id) = overriding(&colleague, &earlier);
    let mine = send(&app, draft);
    waits(&app).await;
    app.begin_shutdown();
    let refused = mine.await.unwrap();
    assert_eq!(refused.outcome(), problem(503, "overloaded"));
    assert_eq!(app.records.login(&id).await, None);
    assert_eq!(
        app.records.login(&earlier).await,
        open(),
        "the gate is still closed"
    );
    gate.open();
    assert_eq!(theirs.await.unwrap().status, 201);
    app.stop().await;
    assert_eq!(app.mints(), 1);
}

/// A login that another relay has under way, as the store shows it.
async fn of_another_relay(app: &TestApp) -> Intent {
    let staff = app.store.list_staff().await.unwrap();
    let row = staff.iter().find(|row| row.member.email.as_str() == STAFF);
    let another_profile = enrol(&*app.store, STAFF, &row.unwrap().member.name).await;
    let mut intent = intent(&another_profile, CUSTOMER, 0);
    intent.token_scope.clone_from(&app.token_scope);
    let answer = app.store.record_intent(&intent).await.unwrap();
    assert_eq!(answer, IntentAnswer::Recorded);
    intent
}

#[tokio::test]
async fn another_relays_login_is_waited_for_too() {
    let (app, _gate, _, colleague) = scene(LONG).await;
    let earlier = of_another_relay(&app).await.request_id;
    let (draft, id) = overriding(&colleague, earlier.as_str());
    let mine = send(&app, draft);
    waits(&app).await;
    assert_eq!((app.records.login(&id).await, app.mints()), (None, 0));
    let now = app.clock.now();
    let minted = Completion {
        outcome: MintOutcome::Minted(None),
        duration_ms: Some(120),
        at: now,
        claimed_until: now + Duration::from_secs(30),
    };
    app.store.record_outcome(&earlier, &minted).await.unwrap();
    assert_eq!(mine.await.unwrap().status, 201);
    assert_eq!(app.records.intent(&id).await["record"]["overrides"], 0);
}

#[tokio::test]
async fn a_login_whose_relay_is_gone_is_in_the_way_until_it_is_closed() {
    let (mut app, _gate, _, colleague) = scene(SHORT).await;
    let earlier = of_another_relay(&app).await.request_id;
    let (draft, _) = overriding(&colleague, earlier.as_str());
    let detail = app.send(&draft).await.json()["detail"]
        .as_str()
        .unwrap()
        .to_owned();
    assert!(detail.contains("is still under way"), "{detail}");
    app.stop().await;

    let app = app.start_again().await;
    assert_eq!(
        app.records.login(earlier.as_str()).await,
        ended("unknown", Some("outcome_unknown"))
    );
    let (draft, _) = overriding(&colleague.at(&app), earlier.as_str());
    assert_eq!(app.send(&draft).await.status, 201);
}

#[tokio::test]
async fn a_login_that_is_open_for_too_long_is_said_to_be_left_behind() {
    let (app, _gate) = TestApp::start_gated(|_, limits| {
        limits.takeover = SHORT;
        limits.broker = Duration::from_secs(8);
    })
    .await;
    app.enrolled(STAFF).await;
    let colleague = app.enrolled(COLLEAGUE).await;
    let earlier = of_another_relay(&app).await.request_id;
    app.clock.advance(20);
    let refused = app
        .send(&overriding(&colleague.at(&app), earlier.as_str()).0)
        .await;
    assert_eq!(refused.outcome(), problem(409, "customer_claimed"));
    let detail = refused.json()["detail"].as_str().unwrap().to_owned();
    assert!(detail.contains("its relay may have stopped"), "{detail}");
    assert_eq!(refused.header("retry-after"), "60", "it is closed by then");
    app.clock.advance(100);
    let refused = app.send(&colleague.at(&app).login().0).await;
    assert_eq!(
        refused.outcome(),
        problem(409, "customer_claimed"),
        "no time ends it"
    );
    // A relay that runs closes it.
    app.store.unregister_relay().await.unwrap();
    app.store.register_relay().await.unwrap();
    let closed = app.store.close_abandoned_intents(app.clock.now()).await;
    assert_eq!(closed.unwrap(), 1);
    assert_eq!(app.send(&colleague.at(&app).login().0).await.status, 201);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_at_once_each_override_follows_the_outcome_that_it_makes_void() {
    let (app, gate, desk, colleague) = scene(LONG).await;
    gate.close();
    let (first, answer) = begin(&app, &desk).await;
    // All want to follow the first: the colleague by overriding it, and its own person by asking again.
    let drafts: Vec<_> = (0..8)
        .flat_map(|_| [overriding(&colleague, &first), desk.login()])
        .collect();
    let ids: Vec<_> = drafts.iter().map(|(_, id)| id.clone()).collect();
    let answers = drafts.into_iter().map(|(draft, _)| send(&app, draft));
    let answers: Vec<_> = answers.collect();
    eventually("all of them wait", async || app.store.told_to_wait() == 16).await;
    gate.open();
    let first_answer = answer.await.unwrap();
    let answers: Vec<_> = join_all(answers).await.into_iter().map(Result::unwrap).collect();

    let mut logins = Vec::new();
    for (id, answer) in ids.iter().zip(&answers) {
        match answer.status {
            201 => logins.push((app.records.sequences(id).await, answer.token())),
            _ => assert_eq!(answer.outcome(), problem(409, "customer_claimed")),
        }
    }
    logins.push((app.records.sequences(&first).await, first_answer.token()));
    logins.sort();
    assert!(logins.len() > 1, "{logins:?}");
    let one_after_the_other = logins.windows(2).all(|pair| pair[0].0.1 < Some(pair[1].0.0));
    assert!(one_after_the_other, "intents and outcomes: {logins:?}");
    let tokens: Vec<_> = logins.into_iter().map(|(_, token)| Some(token)).collect();
    assert_eq!(journal(&app), tokens, "the broker's order is the ledger's");
}
