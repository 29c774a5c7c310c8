//! A mint is sent at most once, whatever the broker does with its connections.

use std::sync::Arc;

use stagedoor_broker_client::{BrokerError, LostAnswer};
use stagedoor_broker_sim::{Fault, SimConfig};

use crate::{
    mint::broker,
    support::{EMAIL, RawServer, Script, VALIDITY, client, ok},
};

const TOKEN: &str = r#"{"oneTimeToken":"t"}"#;

#[tokio::test]
async fn no_connection_is_ever_used_twice() {
    // The trap: an answer that allows keep-alive, and a server that drops the connection once it is used again. A
    // pooling client either repeats that second request by itself, or cannot tell whether it was received.
    let server = RawServer::start(Script::CloseOnSecond(ok(TOKEN))).await;
    let client = client(&server.url());
    for _ in 0..20 {
        client.mint(EMAIL, VALIDITY).await.unwrap();
    }
    let requests = server.requests();
    assert_eq!((requests.len(), server.connections()), (20, 20));
    assert!(
        requests
            .iter()
            .all(|request| request.starts_with("POST /v1/one-time-token ")),
        "{requests:?}"
    );
}

#[tokio::test]
async fn also_not_by_parallel_mints_on_a_willing_server() {
    let server = RawServer::start(Script::KeepAlive(ok(TOKEN))).await;
    let client = Arc::new(client(&server.url()));
    let mut mints = tokio::task::JoinSet::new();
    for _ in 0..50 {
        let client = Arc::clone(&client);
        mints.spawn(async move { client.mint(EMAIL, VALIDITY).await.map(drop) });
    }
    assert!(mints.join_all().await.iter().all(Result::is_ok));
    assert_eq!((server.requests().len(), server.connections()), (50, 50));
}

#[tokio::test]
async fn a_connection_closed_before_reading_is_not_tried_again() {
    let server = RawServer::start(Script::CloseAtOnce).await;
    let error = client(&server.url()).mint(EMAIL, VALIDITY).await.unwrap_err();
    let unknown = matches!(
        error,
        BrokerError::OutcomeUnknown {
            cause: LostAnswer::ConnectionLost
        }
    );
    assert!(unknown, "{error:?}");
    assert_eq!(server.connections(), 1);
}

#[tokio::test]
async fn look_ups_before_a_mint_leave_no_connection_behind_for_it() {
    let server = RawServer::start(Script::CloseOnSecond(ok(
        r#"{"email":"ann+vip@customer.example","token":"t"}"#,
    )))
    .await;
    let client = client(&server.url());
    client.look_up(EMAIL).await.unwrap();
    client.test_connection().await.unwrap();
    client.mint(EMAIL, VALIDITY).await.unwrap();
    assert_eq!((server.requests().len(), server.connections()), (3, 3));
}

#[tokio::test]
async fn a_failing_broker_receives_one_request_per_mint() {
    let broker = broker(SimConfig::default()).await;
    let client = client(&broker.broker_url());
    for fault in [
        Fault::Reset,
        Fault::RateLimited(Some("0".into())),
        Fault::TruncatedJson,
        Fault::ResetInBody,
    ] {
        broker.script(fault.clone().times(3));
        client.mint(EMAIL, VALIDITY).await.unwrap_err();
        assert_eq!(broker.take_journal().len(), 1, "{fault:?}");
        broker.clear_scripts();
    }
}
