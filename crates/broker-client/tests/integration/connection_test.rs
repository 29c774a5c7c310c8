//! The connection test, on newer and older brokers.

use stagedoor_broker_client::{AnswerFlaw, BrokerError};
use stagedoor_broker_sim::{BodyKind, ConnectionTest, Fault, SimConfig};

use crate::{
    mint::broker,
    support::{KEY, RawServer, Script, answer, client, ok},
};

#[tokio::test]
async fn newer_brokers_are_asked_for_offers_older_ones_for_service_info() {
    for (pages, expected) in [
        (ConnectionTest::Both, vec!["/v1/offers"]),
        (ConnectionTest::OffersOnly, vec!["/v1/offers"]),
        (
            ConnectionTest::ServiceInfoOnly,
            vec!["/v1/offers", "/service-info"],
        ),
    ] {
        let broker = broker(SimConfig {
            connection_test: pages,
            ..SimConfig::default()
        })
        .await;
        client(&broker.broker_url()).test_connection().await.unwrap();
        let journal = broker.journal();
        assert_eq!(
            journal
                .iter()
                .map(|entry| entry.path.as_str())
                .collect::<Vec<_>>(),
            expected,
            "{pages:?}"
        );
        assert!(
            journal
                .iter()
                .all(|entry| entry.header("authorization") == Some(KEY))
        );
    }
}

#[tokio::test]
async fn a_wrong_key_and_a_foreign_address_are_told() {
    let broker = broker(SimConfig::default()).await;
    let client = client(&broker.broker_url());
    broker.forbid_ip([127, 0, 0, 1]);
    assert_eq!(
        client.test_connection().await.unwrap_err().kind(),
        "right_missing_or_address_not_allowed"
    );
    broker.allow_ip([127, 0, 0, 1]);
    broker.remove_key(KEY);
    assert!(matches!(
        client.test_connection().await,
        Err(BrokerError::KeyRefused)
    ));
}

#[tokio::test]
async fn only_a_404_leads_to_the_older_page() {
    let broker = broker(SimConfig::default()).await;
    broker.script(Fault::Status(500, BodyKind::Problem));
    let error = client(&broker.broker_url()).test_connection().await.unwrap_err();
    assert!(
        matches!(error, BrokerError::BrokerFailed { status: 500 }),
        "{error:?}"
    );
    assert_eq!(broker.journal().len(), 1);
}

#[tokio::test]
async fn a_wrong_base_url_is_not_taken_for_a_broker() {
    let nothing = RawServer::start(Script::Close(answer("404 Not Found", "", r#"{"detail":"user"}"#))).await;
    let website = RawServer::start(Script::Close(ok("\n<!doctype html>"))).await;
    for (server, expected) in [
        (nothing, AnswerFlaw::NoKnownEndpoint),
        (website, AnswerFlaw::Html),
    ] {
        let error = client(&server.url()).test_connection().await.unwrap_err();
        assert!(
            matches!(&error, BrokerError::UnusableAnswer { what } if *what == expected),
            "{error:?}"
        );
    }
}

#[tokio::test]
async fn a_long_list_of_offers_is_as_good_as_a_short_one() {
    let long = format!("[{}1]", "1,".repeat(200_000));
    let server = RawServer::start(Script::Close(ok(&long))).await;
    client(&server.url()).test_connection().await.unwrap();
}
