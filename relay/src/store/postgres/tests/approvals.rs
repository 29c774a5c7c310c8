//! Approvals that others work with at the same time.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use futures_util::future::join;
use stagedoor_protocol::{ApprovalId, CustomerEmail, Decision, KeyId, PublicKeyBytes, RequestId};
use tokio::time::{sleep, timeout};
use tokio_postgres::Client;

use super::lab::{Lab, at, intent, maria};
use crate::{
    config::Named,
    random,
    store::{
        Admission, ApprovalFault, ApprovalUse, Approvals, ErasureOrder, ErasureScope, IdentityStore, Intent,
        IntentAnswer, NewApproval, PostgresStore, RoleChange, SignIn, SignInClient, SignInTerms, Store,
        Verdict, VerdictAnswer, VerifyingKey,
    },
};

/// Maria's login, for which she has asked for approval; and Tom, who is signed in and may give it.
struct Scene {
    lab: Lab,
    store: Arc<PostgresStore>,
    toms: SignIn,
    login: Intent,
    verdict: Verdict,
}

impl Scene {
    async fn new() -> Self {
        let lab = Lab::new().await;
        let store = lab.store().await;
        store.register_relay().await.unwrap();
        let maria = maria(&*store).await;
        let toms = SignIn {
            client: SignInClient {
                issuer: "https://login.broker.example".to_owned(),
                client_id: "relay".to_owned(),
            },
            subject: "u-2".to_owned(),
            email: CustomerEmail::parse("tom@broker.example").unwrap(),
            name: None,
            admission: Admission::Add,
            roles: BTreeSet::new(),
            key_id: KeyId::from_thumbprint(&[9; 32]),
            key: VerifyingKey(PublicKeyBytes::Ed25519([9; 32])),
            extension_version: "0.1.0".to_owned(),
            session_ends_at: at(500),
        };
        let approvers: BTreeSet<_> = ["team-lead".parse().unwrap()].into();
        store.sign_in(&toms, at(0)).await.unwrap().unwrap();
        let given = RoleChange::Set(approvers.clone());
        store.change_roles(&toms.email, &given).await.unwrap();
        let asked = intent(&maria);
        let id = RequestId::from_parts(1_700_000_000_000, &random::bytes().unwrap());
        let id = ApprovalId::parse(id.as_str()).unwrap();
        let new = NewApproval {
            id: id.clone(),
            staff: maria.id,
            platform: asked.platform.clone(),
            customer: asked.customer_email.clone(),
            reason: asked.reason.clone(),
            ticket: None,
            page: asked.page.clone(),
            requested_at: at(0),
            ends_at: at(600),
        };
        store.ask_approval(&new).await.unwrap();
        let terms = Arc::new(SignInTerms {
            client: Some(toms.client.clone()),
            ..SignInTerms::default()
        });
        let approvers = Named::These(approvers);
        Self {
            verdict: Verdict {
                id: id.clone(),
                key_id: toms.key_id.clone(),
                approvers: approvers.clone(),
                terms: terms.clone(),
                decision: Decision::Approve,
                word: None,
                at: at(1),
                ends_at: at(300),
            },
            login: Intent {
                approval: Some(ApprovalUse { id, approvers }),
                terms,
                requested_at: at(4),
                ..asked
            },
            lab,
            store,
            toms,
        }
    }
}

/// Returns once a session waits for a lock that another one has.
async fn somebody_waits(admin: &Client) {
    let waiting = "SELECT count(*) FROM pg_stat_activity \
                   WHERE datname = current_database() AND wait_event_type = 'Lock'";
    let reached = timeout(Duration::from_secs(20), async {
        while admin.query_one(waiting, &[]).await.unwrap().get::<_, i64>(0) == 0 {
            sleep(Duration::from_millis(5)).await;
        }
    });
    reached.await.unwrap();
}

/// The decision has read that its giver is signed in, and is committed only after they were signed out.
#[tokio::test]
async fn an_approval_that_is_given_while_its_giver_is_signed_out_is_void() {
    let scene = Scene::new().await;
    let (gate, other) = (scene.lab.admin().await, scene.lab.store().await);
    gate.batch_execute(
        "CREATE FUNCTION wait_for_gate() RETURNS trigger LANGUAGE plpgsql AS \
         $$ BEGIN PERFORM pg_advisory_xact_lock(42); RETURN NEW; END $$; \
         CREATE TRIGGER gate BEFORE UPDATE ON approvals FOR EACH ROW EXECUTE FUNCTION wait_for_gate(); \
         SELECT pg_advisory_lock(42)",
    )
    .await
    .unwrap();
    let (store, verdict) = (scene.store.clone(), scene.verdict.clone());
    let deciding = tokio::spawn(async move { store.decide_approval(&verdict).await });
    somebody_waits(&gate).await;
    other.sign_out(None, at(2)).await.unwrap().unwrap();
    other.sign_in(&scene.toms, at(3)).await.unwrap().unwrap();
    gate.batch_execute("SELECT pg_advisory_unlock(42)").await.unwrap();
    let answer = deciding.await.unwrap().unwrap();
    assert!(matches!(answer, VerdictAnswer::Stands(_)));
    assert_eq!(
        scene.store.record_intent(&scene.login).await.unwrap(),
        IntentAnswer::NotApproved(ApprovalFault::ApproverLost)
    );
}

/// It must work in the very minute in which everything else stands still.
#[tokio::test]
async fn signing_everybody_out_waits_for_nobody_who_holds_approvals() {
    let scene = Scene::new().await;
    let answer = scene.store.decide_approval(&scene.verdict).await.unwrap();
    assert!(matches!(answer, VerdictAnswer::Stands(_)));
    let other = scene.lab.admin().await;
    other
        .batch_execute("BEGIN; SELECT FROM approvals FOR UPDATE")
        .await
        .unwrap();
    let signed_out = scene.store.sign_out(None, at(2)).await.unwrap().unwrap();
    assert_eq!(signed_out.len(), 1);
    other.batch_execute("ROLLBACK").await.unwrap();
    assert_eq!(
        scene.store.record_intent(&scene.login).await.unwrap(),
        IntentAnswer::NotApproved(ApprovalFault::ApproverLost)
    );
}

/// Whoever changes profiles of a person holds the person's row first: so neither waits for the other in a ring.
#[tokio::test]
async fn signing_everybody_out_and_disabling_somebody_take_rows_in_one_order() {
    let scene = Scene::new().await;
    // Within a transaction the server goes on saying who waited when it was first asked.
    let (other, watching) = (scene.lab.admin().await, scene.lab.admin().await);
    other
        .batch_execute("BEGIN; SELECT FROM staff WHERE email_folded = 'tom@broker.example' FOR UPDATE")
        .await
        .unwrap();
    let store = scene.store.clone();
    let signing_out = tokio::spawn(async move { store.sign_out(None, at(2)).await });
    somebody_waits(&watching).await;
    // It has none of them while it waits.
    other
        .batch_execute("SET LOCAL lock_timeout = '1s'; SELECT FROM profiles FOR UPDATE; COMMIT")
        .await
        .unwrap();
    assert_eq!(signing_out.await.unwrap().unwrap().unwrap().len(), 1);
}

/// A relay that has stopped in the middle of a decision holds up nobody's login, and least of all others'.
#[tokio::test]
async fn a_login_does_not_wait_for_an_approval_that_somebody_holds() {
    let scene = Scene::new().await;
    let other = scene.lab.admin().await;
    other
        .batch_execute("BEGIN; SELECT FROM approvals FOR UPDATE")
        .await
        .unwrap();
    let unrelated = intent(&scene.login.staff);
    // Whoever waited would get an error: the lock is held until this test lets it go.
    let (held, recorded) = join(
        scene.store.record_intent(&scene.login),
        scene.store.record_intent(&unrelated),
    )
    .await;
    assert_eq!(held.unwrap(), IntentAnswer::NotApproved(ApprovalFault::Changing));
    assert_eq!(recorded.unwrap(), IntentAnswer::Recorded);
    other.batch_execute("ROLLBACK").await.unwrap();
    scene.store.decide_approval(&scene.verdict).await.unwrap();
    let again = Intent {
        nonce: intent(&scene.login.staff).nonce,
        ..scene.login.clone()
    };
    assert_eq!(
        scene.store.record_intent(&again).await.unwrap(),
        IntentAnswer::Recorded
    );
}

/// Whoever is in the middle of a decision holds up the erasure, and nobody's login.
#[tokio::test]
async fn a_login_does_not_wait_for_an_erasure_that_waits_for_an_approval() {
    let scene = Scene::new().await;
    // Within a transaction the server goes on saying who waited when it was first asked.
    let (other, watching) = (scene.lab.admin().await, scene.lab.admin().await);
    other
        .batch_execute("BEGIN; SELECT FROM approvals FOR UPDATE")
        .await
        .unwrap();
    let order = ErasureOrder {
        scope: ErasureScope::Customer(scene.login.customer_email.clone()),
        operator: "A. Data-Officer".to_owned(),
        reason: "request 17".to_owned(),
        at: at(3),
    };
    let store = scene.store.clone();
    let erasing = tokio::spawn(async move { store.erase(&order).await });
    somebody_waits(&watching).await;
    let login = intent(&scene.login.staff);
    // Whoever waited would get an error: the lock is held until this test lets it go.
    let recorded = scene.store.record_intent(&login).await;
    assert_eq!(recorded.unwrap(), IntentAnswer::Recorded);
    assert!(!erasing.is_finished());
    other.batch_execute("ROLLBACK").await.unwrap();
    assert_eq!(erasing.await.unwrap().unwrap().requests, 1);
}
