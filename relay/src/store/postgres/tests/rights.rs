//! Nobody changes or removes a record: a relay has no right to, and triggers stop even the owner.

use futures_util::future::{join, join_all};
use stagedoor_protocol::{KeyId, Outcome, OutcomeReport};
use tokio_postgres::{Client, error::SqlState};

use super::lab::{Lab, at, check_tree, intent, maria, minted};
use crate::{
    events::EventKind,
    store::{
        ErasureOrder, ErasureScope, Intent, IntentAnswer, Limit, LimitUse, PostgresStore, RoleChange,
        RolesAnswer, StaffMember, Store, StoreError, StoredCheckpoint, Subscribers,
    },
};

/// Ways to change what was recorded.
const CHANGES: [&str; 8] = [
    "UPDATE records SET body = ''",
    "DELETE FROM records",
    "TRUNCATE records",
    "UPDATE openings SET customer = 'x' WHERE seq = 0",
    "DELETE FROM openings",
    "TRUNCATE openings",
    "UPDATE checkpoints SET note = ''",
    "DELETE FROM checkpoints",
];

async fn refusal(client: &Client, statement: &str) -> SqlState {
    let error = client.batch_execute(statement).await.expect_err(statement);
    error
        .code()
        .unwrap_or_else(|| panic!("{statement}: {error}"))
        .clone()
}

fn erasure(scope: ErasureScope) -> ErasureOrder {
    ErasureOrder {
        scope,
        operator: "dpo".to_owned(),
        reason: "request 7".to_owned(),
        at: at(5),
    }
}

#[tokio::test]
async fn a_relay_does_its_work_with_no_right_to_change_a_record() {
    let lab = Lab::new().await;
    let config = lab.member_of("stagedoor_relay").await;
    let store = PostgresStore::open(&config).await.unwrap();
    store.register_relay().await.unwrap();
    assert_eq!(store.close_abandoned_intents(at(0)).await.unwrap(), 0);
    store.check(at(0)).await.unwrap();
    let maria = maria(&store).await;
    let mut intent = intent(&maria);
    watch(&store, &mut intent);
    assert_eq!(
        store.record_intent(&intent).await.unwrap(),
        IntentAnswer::Recorded
    );
    store.record_outcome(&intent.request_id, &minted()).await.unwrap();
    let report = OutcomeReport {
        outcome: Outcome::Closed,
        duration_milliseconds: Some(1),
        cause: Some("done".to_owned()),
    };
    assert!(
        store
            .report_outcome(maria.id, &intent.request_id, &report, at(2))
            .await
            .unwrap()
    );
    let checkpoint = StoredCheckpoint {
        size: 3,
        note: "note".to_owned(),
    };
    store.add_checkpoint(&checkpoint).await.unwrap();
    look_after(&store, &maria, &intent.key_id).await;
    // The nonce and the limit.
    assert_eq!(store.forget_stale(at(4000)).await.unwrap(), 2);
    deliver(&store).await;
    assert_eq!(check_tree(&store).await, 3);

    let client = as_role(&lab, &config).await;
    for change in CHANGES
        .iter()
        .chain(&["UPDATE openings SET customer = NULL", "DELETE FROM logins"])
    {
        assert_eq!(
            refusal(&client, change).await,
            SqlState::INSUFFICIENT_PRIVILEGE,
            "{change}"
        );
    }
    assert_eq!(check_tree(&store).await, 3);
}

/// Has a login counted, and told to a webhook.
fn watch(store: &PostgresStore, intent: &mut Intent) {
    let kinds = EventKind::ALL.into_iter().collect();
    store.announce_to(Subscribers(vec![("soc".to_owned(), kinds)]));
    intent.canary = true;
    intent.limits.uses = vec![LimitUse {
        limit: Limit::StaffPerMinute,
        key: "1".to_owned(),
        most: 9,
    }];
}

/// What a relay does with the messages of one login.
async fn deliver(store: &PostgresStore) {
    let taken = store.take_deliveries("soc", 9, at(5), at(60)).await.unwrap();
    assert_eq!(taken.len(), 2);
    store.end_delivery("soc", &taken[0].id, None).await.unwrap();
    store
        .end_delivery("soc", &taken[1].id, Some(at(70)))
        .await
        .unwrap();
    assert_eq!(
        store.drop_deliveries(at(1_000_000)).await.unwrap(),
        [("soc".to_owned(), 1)]
    );
}

/// What the commands for staff do, which run as the relay's role.
async fn look_after(store: &PostgresStore, maria: &StaffMember, key: &KeyId) {
    for roles in ["desk vip", "lead"] {
        let roles = roles.split(' ').map(|role| role.parse().unwrap()).collect();
        let answer = store.change_roles(&maria.email, &RoleChange::Set(roles)).await;
        assert!(matches!(answer.unwrap(), RolesAnswer::Are(_)));
    }
    let details = store.staff_details(&maria.email, at(3)).await.unwrap().unwrap();
    assert_eq!((details.member.roles.len(), details.logins), (1, 1));
    assert!(store.revoke_profile(key, at(3)).await.unwrap().is_some());
    assert!(store.disable_staff(&maria.email, at(3)).await.unwrap().is_some());
    assert!(store.enable_staff(&maria.email).await.unwrap().is_some());
}

async fn as_role(lab: &Lab, config: &crate::config::PostgresConfig) -> Client {
    let client = lab.admin().await;
    client
        .batch_execute(&format!("SET SESSION AUTHORIZATION {}", config.user))
        .await
        .unwrap();
    client
}

#[tokio::test]
async fn even_the_owner_is_stopped() {
    let lab = Lab::new().await;
    let store = lab.store().await;
    let maria = maria(&*store).await;
    store.record_intent(&intent(&maria)).await.unwrap();
    let owner = lab.admin().await;
    for change in CHANGES {
        assert_eq!(
            refusal(&owner, change).await,
            SqlState::RESTRICT_VIOLATION,
            "{change}"
        );
    }
    let hash = format!("decode('{}', 'hex')", "00".repeat(32));
    for sequences in ["2", "0", "-1", "1), (3", "2), (3"] {
        let insert =
            format!("INSERT INTO records SELECT seq, 'x', {hash} FROM (VALUES ({sequences})) AS added (seq)");
        let state = refusal(&owner, &insert).await;
        let expected = match sequences {
            "0" => SqlState::UNIQUE_VIOLATION,
            "-1" => SqlState::CHECK_VIOLATION,
            _ => SqlState::RESTRICT_VIOLATION,
        };
        assert_eq!(state, expected, "{sequences}");
    }
    assert_eq!(check_tree(&*store).await, 1);
}

#[tokio::test]
async fn the_eraser_erases_and_does_nothing_else_and_the_auditor_reads() {
    let lab = Lab::new().await;
    let relay = lab.store().await;
    let maria = maria(&*relay).await;
    let login = intent(&maria);
    relay.record_intent(&login).await.unwrap();
    relay.record_outcome(&login.request_id, &minted()).await.unwrap();

    let eraser = PostgresStore::open(&lab.member_of("stagedoor_eraser").await)
        .await
        .unwrap();
    let order = erasure(ErasureScope::Customer(login.customer_email.clone()));
    let erased = eraser.erase(&order).await.unwrap();
    assert_eq!((erased.records, erased.more), (1, false));
    assert_eq!(eraser.erase(&order).await.unwrap().records, 0);
    let refused = eraser.record_intent(&intent(&maria)).await.unwrap_err();
    assert!(refused.to_string().contains("permission denied"), "{refused}");

    let auditor = PostgresStore::open(&lab.member_of("stagedoor_auditor").await)
        .await
        .unwrap();
    assert_eq!(check_tree(&auditor).await, 3);
    let rows = auditor.rows_from(0, 10).await.unwrap();
    assert!(rows[0].customer.is_none() && rows[0].staff.is_some());
    let everything = erasure(ErasureScope::Before {
        time: at(100),
        end: u64::MAX,
    });
    let refused = auditor.erase(&everything).await.unwrap_err();
    assert!(refused.to_string().contains("permission denied"), "{refused}");
    // The relay goes on after the record that another process appended.
    assert_eq!(
        relay.record_intent(&intent(&maria)).await.unwrap(),
        IntentAnswer::Recorded
    );
    assert_eq!(check_tree(&*relay).await, 4);
}

#[tokio::test]
async fn work_that_the_server_refuses_fails_alone() {
    let lab = Lab::new().await;
    let store = PostgresStore::open(&lab.member_of("stagedoor_relay").await)
        .await
        .unwrap();
    let maria = maria(&store).await;
    let first = intent(&maria);
    store.record_intent(&first).await.unwrap();
    store.record_outcome(&first.request_id, &minted()).await.unwrap();
    // A relay has no right to erase. The logins that are taken into the same transaction must not suffer for that.
    let intents: Vec<_> = (0..20).map(|_| intent(&maria)).collect();
    let order = erasure(ErasureScope::Customer(first.customer_email.clone()));
    let logins = join_all(intents.iter().map(|intent| store.record_intent(intent)));
    let (erased, answers) = join(store.erase(&order), logins).await;
    let StoreError::Unavailable { cause, cure, .. } = erased.unwrap_err() else {
        panic!("another error")
    };
    assert!(
        cause.contains("permission denied for table openings (SQLSTATE 42501)"),
        "{cause}"
    );
    assert!(
        cure.contains("docs/postgres.md says which role may do it: name that one in store.url"),
        "{cure}"
    );
    for answer in answers {
        assert_eq!(answer.unwrap(), IntentAnswer::Recorded);
    }
    assert_eq!(check_tree(&store).await, 22);
    assert!(store.rows_from(0, 1).await.unwrap()[0].customer.is_some());
}

#[tokio::test]
async fn nobody_can_put_a_function_of_their_own_in_the_place_of_the_servers() {
    let lab = Lab::new().await;
    // As the server's default is up to version 14.
    let open = "GRANT CREATE ON SCHEMA public TO PUBLIC";
    lab.admin().await.batch_execute(open).await.unwrap();
    let config = lab.member_of("stagedoor_relay").await;
    let relay = as_role(&lab, &config).await;
    let function = "CREATE OR REPLACE FUNCTION public.format(text, text, text) RETURNS text \
                    LANGUAGE sql AS $$ SELECT 'DROP TABLE checkpoints' $$";
    relay.batch_execute(function).await.unwrap();

    PostgresStore::migrate(&lab.config).await.unwrap();

    let admin = lab.admin().await;
    let there = admin.query_one("SELECT count(*) FROM checkpoints", &[]).await;
    assert_eq!(there.unwrap().get::<_, i64>(0), 0);
    assert_eq!(refusal(&relay, function).await, SqlState::INSUFFICIENT_PRIVILEGE);
}
