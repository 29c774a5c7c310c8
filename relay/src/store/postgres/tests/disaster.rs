//! Cut connections, and servers that stop, crash and come back: what was answered is there, and work goes on by itself.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use stagedoor_protocol::RequestId;
use stagedoor_test_postgres::Server;
use tokio::time::{sleep, timeout};
use tokio_postgres::NoTls;

use super::{
    lab::{Lab, at, check_tree, failed, intent, maria, minted},
    wire::{Moment, Wire},
};
use crate::{
    config::PostgresHost,
    store::{
        IntentAnswer, PostgresStore, StaffMember, Store, StoreError,
        postgres::{
            plan::Plan,
            work::{Needs, Work},
        },
    },
};

async fn wired() -> (Lab, Wire, PostgresStore) {
    let lab = Lab::new().await;
    let PostgresHost::Tcp { port, .. } = lab.config.hosts[0] else {
        panic!("a wire needs a server on a port")
    };
    let wire = Wire::to(port).await;
    let store = PostgresStore::open(&lab.through(wire.port)).await.unwrap();
    (lab, wire, store)
}

#[tokio::test]
async fn a_connection_cut_between_intent_and_outcome_is_made_again() {
    let (_lab, wire, store) = wired().await;
    let maria = maria(&store).await;
    let login = intent(&maria);
    store.record_intent(&login).await.unwrap();
    wire.cut();
    store.record_outcome(&login.request_id, &minted()).await.unwrap();
    assert_eq!(check_tree(&store).await, 2);
}

#[tokio::test]
async fn an_outcome_whose_answer_was_lost_is_found_when_it_is_written_again() {
    let (lab, wire, store) = wired().await;
    let maria = maria(&store).await;
    let login = intent(&maria);
    store.record_intent(&login).await.unwrap();
    wire.cut_next_commit_at(Moment::Answer);
    let lost = store
        .record_outcome(&login.request_id, &minted())
        .await
        .unwrap_err();
    assert!(matches!(lost, StoreError::Unavailable { .. }), "{lost}");
    // It is there, and the second attempt sees that; another outcome is refused.
    assert_eq!(lab.store().await.ledger_size().await.unwrap(), 2);
    store.record_outcome(&login.request_id, &minted()).await.unwrap();
    let other = store
        .record_outcome(&login.request_id, &failed())
        .await
        .unwrap_err();
    assert!(matches!(other, StoreError::Inconsistent(_)), "{other}");
    assert_eq!(check_tree(&store).await, 2);
}

#[tokio::test]
async fn a_commit_that_never_arrived_is_not_taken_for_one() {
    let (lab, wire, store) = wired().await;
    let maria = maria(&store).await;
    let login = intent(&maria);
    wire.cut_next_commit_at(Moment::Request);
    store.record_intent(&login).await.unwrap_err();
    assert_eq!(lab.store().await.ledger_size().await.unwrap(), 0);
    // The nonce was not spent either.
    assert_eq!(store.record_intent(&login).await.unwrap(), IntentAnswer::Recorded);
    wire.cut_next_commit_at(Moment::Request);
    store
        .record_outcome(&login.request_id, &minted())
        .await
        .unwrap_err();
    store.record_outcome(&login.request_id, &minted()).await.unwrap();
    assert_eq!(check_tree(&store).await, 2);
}

#[tokio::test]
async fn while_the_server_is_away_every_call_fails_soon_and_says_why() {
    let (_lab, wire, store) = wired().await;
    let maria = maria(&store).await;
    store.register_relay().await.unwrap();
    wire.kill();
    let away = timeout(Duration::from_secs(5), async {
        let login = intent(&maria);
        [
            store.record_intent(&login).await.unwrap_err(),
            store
                .record_outcome(&login.request_id, &minted())
                .await
                .unwrap_err(),
            store.check(at(0)).await.unwrap_err(),
            store.ledger_size().await.unwrap_err(),
        ]
    });
    for error in away.await.unwrap() {
        let text = error.to_string();
        assert!(matches!(error, StoreError::Unavailable { .. }), "{text}");
        assert!(
            text.contains("cannot be used") && text.contains("see that the server runs"),
            "{text}"
        );
    }
    wire.revive();
    store.check(at(1)).await.unwrap();
    assert_eq!(
        store.record_intent(&intent(&maria)).await.unwrap(),
        IntentAnswer::Recorded
    );
    assert_eq!(check_tree(&store).await, 1);
}

#[tokio::test]
async fn nothing_is_added_where_a_server_that_lacks_records_has_taken_over() {
    let lab = Lab::new().await;
    let (store, name) = (lab.store().await, &lab.config.database);
    let maria = maria(&*store).await;
    let url = stagedoor_test_postgres::url().unwrap();
    let (server, connection) = tokio_postgres::connect(&url, NoTls).await.unwrap();
    tokio::spawn(connection);
    let without_sessions = async |statements: &[String]| {
        let cut = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = $1";
        server.query(cut, &[name]).await.unwrap();
        for statement in statements {
            server.batch_execute(statement).await.unwrap();
        }
    };
    let login = async || {
        let login = intent(&maria);
        store.record_intent(&login).await?;
        store.record_outcome(&login.request_id, &minted()).await
    };
    login().await.unwrap();
    without_sessions(&[format!("CREATE DATABASE {name}_standby TEMPLATE {name}")]).await;
    let under_way = intent(&maria);
    store.record_intent(&under_way).await.unwrap();
    let takes_over = |old: &str, new: &str| {
        [
            format!("ALTER DATABASE {name} RENAME TO {name}_{old}"),
            format!("ALTER DATABASE {name}_{new} RENAME TO {name}"),
        ]
    };
    without_sessions(&takes_over("primary", "standby")).await;
    let refused = [
        store.record_outcome(&under_way.request_id, &minted()).await,
        login().await,
        store.check(at(1)).await,
    ];
    for refused in refused {
        assert!(matches!(refused, Err(StoreError::Severed)), "{refused:?}");
    }
    assert_eq!(check_tree(&*store).await, 2);
    // The newest state is put back.
    without_sessions(&takes_over("standby", "primary")).await;
    store
        .record_outcome(&under_way.request_id, &minted())
        .await
        .unwrap();
    login().await.unwrap();
    store.check(at(2)).await.unwrap();
    assert_eq!(check_tree(&*store).await, 6);
    without_sessions(&[format!("DROP DATABASE {name}_standby")]).await;
}

#[tokio::test]
async fn a_turn_that_is_never_given_up_is_waited_for_in_bounded_time() {
    let lab = Lab::new().await;
    let store = lab.store().await;
    let maria = maria(&*store).await;
    let login = intent(&maria);
    let hog = lab.admin().await;
    hog.execute(
        "SELECT pg_advisory_lock($1)",
        &[&crate::store::postgres::gather::TURN],
    )
    .await
    .unwrap();
    let waited = timeout(Duration::from_secs(8), store.record_intent(&login))
        .await
        .unwrap();
    let text = waited.unwrap_err().to_string();
    assert!(
        text.contains("lock timeout (SQLSTATE 55P03)") && text.contains("pg_locks"),
        "{text}"
    );
    let text = store.check(at(2)).await.unwrap_err().to_string();
    assert!(
        text.contains("did not get their turn") && text.contains("pg_locks"),
        "{text}"
    );
    hog.execute("SELECT pg_advisory_unlock_all()", &[]).await.unwrap();
    assert_eq!(store.record_intent(&login).await.unwrap(), IntentAnswer::Recorded);
    assert_eq!(check_tree(&*store).await, 1);
    store.check(at(3)).await.unwrap();
}

#[tokio::test]
async fn a_ledger_that_nothing_can_be_added_to_is_not_ready() {
    let lab = Lab::new().await;
    let store = lab.store().await;
    let maria = maria(&*store).await;
    store.record_intent(&intent(&maria)).await.unwrap();
    store.check(at(2)).await.unwrap();
    // The second record completes a subtree, whose hash is not there.
    lab.admin()
        .await
        .batch_execute("INSERT INTO records VALUES (1, '{}', decode(repeat('00', 32), 'hex'))")
        .await
        .unwrap();
    let text = store.check(at(3)).await.unwrap_err().to_string();
    assert!(
        text.contains("a hash of the ledger's tree is not there") && text.contains("ledger verify"),
        "{text}"
    );
}

/// Which logins were answered, and how far.
#[derive(Default)]
struct Answered {
    intents: Vec<RequestId>,
    outcomes: Vec<RequestId>,
    /// Successes after the last restart.
    at_the_end: usize,
    errors: usize,
}

async fn work(store: Arc<PostgresStore>, staff: StaffMember, over: Arc<AtomicBool>) -> Answered {
    let mut answered = Answered::default();
    while answered.at_the_end < 5 {
        let last = over.load(Ordering::SeqCst);
        let login = intent(&staff);
        let recorded = store.record_intent(&login).await;
        if recorded.is_ok() {
            answered.intents.push(login.request_id.clone());
            if store.record_outcome(&login.request_id, &minted()).await.is_ok() {
                answered.outcomes.push(login.request_id);
                answered.at_the_end += usize::from(last);
                continue;
            }
        }
        answered.errors += 1;
        // A client that was refused does not come back at once.
        sleep(Duration::from_millis(5)).await;
    }
    answered
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_stops_and_crashes_under_load_loses_nothing_that_was_answered() {
    let mut server = Server::start().unwrap();
    let lab = Lab::on(&server.url()).await;
    let store = lab.store().await;
    store.register_relay().await.unwrap();
    let maria = maria(&*store).await;
    let over = Arc::new(AtomicBool::new(false));
    let workers: Vec<_> = (0..8)
        .map(|_| tokio::spawn(work(store.clone(), maria.clone(), over.clone())))
        .collect();
    // The workers write as fast as they can; the bound only keeps a failing test from hanging.
    let grown = async |than: u64| {
        let growing = timeout(Duration::from_secs(60), async {
            while store.ledger_size().await.unwrap() <= than {
                sleep(Duration::from_millis(1)).await;
            }
        });
        growing.await.unwrap();
    };
    grown(100).await;
    server.crash().unwrap();
    server.resume().unwrap();
    let size = lab.store().await.ledger_size().await.unwrap();
    grown(size + 100).await;
    server.stop().unwrap();
    server.resume().unwrap();
    over.store(true, Ordering::SeqCst);
    let mut errors = 0;
    for worker in workers {
        let answered = worker.await.unwrap();
        errors += answered.errors;
        for id in &answered.intents {
            assert!(store.login(id).await.unwrap().is_some(), "an intent is lost");
        }
        for id in &answered.outcomes {
            let login = store.login(id).await.unwrap().unwrap();
            assert!(login.outcome.is_some(), "an outcome is lost");
        }
    }
    assert!(errors > 0, "nobody noticed that the server was gone");
    assert!(check_tree(&*store).await > size + 100);
    // Connections that were made before the restarts, and after, are as good as ever.
    store.check(at(1)).await.unwrap();
}

/// Work with a fault in it.
struct Faulty;

impl Work for Faulty {
    type Answer = ();

    fn needs(&self, needs: &mut Needs) {
        needs.abandoned = true;
    }

    fn decide(&self, _: &mut Plan) -> Result<(), StoreError> {
        panic!("a fault in the program")
    }
}

#[tokio::test]
async fn a_panic_ends_the_batch_and_not_the_writer() {
    let lab = Lab::new().await;
    let store = lab.store().await;
    let maria = maria(&*store).await;
    let error = store.writer.write(Faulty).await.unwrap_err();
    assert!(error.to_string().contains("ended in a panic"), "{error}");
    assert_eq!(
        store.record_intent(&intent(&maria)).await.unwrap(),
        IntentAnswer::Recorded
    );
    assert_eq!(check_tree(&*store).await, 1);
}
