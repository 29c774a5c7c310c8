//! Looking a customer up by e-mail address.

use stagedoor_broker_client::{Account, AnswerFlaw, BrokerClient, BrokerError, Dialect, VerificationStatus};
use stagedoor_broker_sim as sim;
use stagedoor_broker_sim::{BodyKind, Fault, SimConfig};

use crate::{
    mint::broker,
    support::{EMAIL, RawServer, Script, client, config, ok},
};

#[tokio::test]
async fn each_dialect_finds_the_customer_at_its_own_path() {
    for (ours, theirs, path) in [
        (
            Dialect::V1,
            sim::Dialect::V1,
            "/v1/accounts/by-email/ann%2Bvip%40customer.example",
        ),
        (
            Dialect::V2,
            sim::Dialect::V2,
            "/v1/user-accounts/email/ann%2Bvip%40customer.example",
        ),
        (
            Dialect::Crm,
            sim::Dialect::Crm,
            "/v1/accounts/by-email/ann%2Bvip%40customer.example",
        ),
    ] {
        let broker = broker(SimConfig::with_dialect(theirs)).await;
        let client = BrokerClient::new(config(&broker.broker_url(), ours)).unwrap();
        let account = client.look_up(EMAIL).await.unwrap();
        assert_eq!(account.name.as_deref(), Some("Ann Lee"), "{ours:?}");
        let request = broker.journal().remove(0);
        assert_eq!((request.method.as_str(), request.path.as_str()), ("GET", path));
    }
}

#[tokio::test]
async fn private_data_is_dropped() {
    let broker = broker(SimConfig::default()).await;
    let account = client(&broker.broker_url()).look_up(EMAIL).await.unwrap();
    let kept = format!("{account:?} {:?} {:?}", account.name, account.access);
    for private in sim::PRIVATE_VALUES {
        assert!(!kept.contains(private), "{kept}");
    }
    assert!(!format!("{account:?}").contains("Ann"), "{account:?}");
}

#[tokio::test]
async fn who_cannot_log_in_is_told_apart_in_v2() {
    for (right, expected) in [("TRADING_AND_LOGIN_DISABLED", true), ("CLOSE_ONLY", false)] {
        let broker = broker(SimConfig::with_dialect(sim::Dialect::V2)).await;
        let mut account = sim::Account::new(EMAIL, "Ann Lee");
        account.access_right = right.to_owned();
        broker.put_account(account);
        let client = BrokerClient::new(config(&broker.broker_url(), Dialect::V2)).unwrap();
        assert_eq!(
            client.look_up(EMAIL).await.unwrap().cannot_log_in(),
            expected,
            "{right}"
        );
    }
}

#[tokio::test]
async fn a_403_names_the_right_that_a_look_up_needs_and_the_address() {
    let broker = broker(SimConfig::default()).await;
    broker.script(Fault::Status(403, BodyKind::Problem));
    let error = client(&broker.broker_url()).look_up(EMAIL).await.unwrap_err();
    assert_eq!(error.kind(), "look_up_not_allowed");
    let text = error.to_string();
    assert!(
        text.contains("the right to read accounts") && text.contains("whitelist 127.0.0.1"),
        "{text}"
    );
    assert!(!text.contains("One Time Token"), "{text}");
}

#[tokio::test]
async fn known_fields_are_understood() {
    let body = r#"{"email":"ANN+vip@customer.example","verificationStatus":"VERIFIED","personalDetails":{"firstname":"Ann"}}"#;
    let server = RawServer::start(Script::Close(ok(body))).await;
    let Account { name, status, .. } = client(&server.url()).look_up(EMAIL).await.unwrap();
    assert_eq!(name.as_deref(), Some("Ann"));
    assert_eq!(status, Some(VerificationStatus::Verified));
}

#[tokio::test]
async fn nobody_has_this_address() {
    let broker = broker(SimConfig::default()).await;
    let error = client(&broker.broker_url())
        .look_up("nobody@customer.example")
        .await
        .unwrap_err();
    assert!(matches!(error, BrokerError::CustomerUnknown), "{error:?}");

    let server = RawServer::start(Script::Close(b"HTTP/1.1 204 No Content\r\n\r\n".to_vec())).await;
    let error = client(&server.url()).look_up(EMAIL).await.unwrap_err();
    assert!(matches!(error, BrokerError::CustomerUnknown), "{error:?}");
}

#[tokio::test]
async fn a_path_that_is_not_there_is_not_an_unknown_customer() {
    let broker = broker(SimConfig::default()).await;
    let client = client(&broker.broker_url());
    broker.script(Fault::Status(404, BodyKind::Html));
    let error = client.look_up(EMAIL).await.unwrap_err();
    assert!(
        matches!(
            error,
            BrokerError::UnusableAnswer {
                what: AnswerFlaw::UnclearNotFound
            }
        ),
        "{error:?}"
    );
}

#[tokio::test]
async fn another_customer_is_never_shown_instead() {
    let server = RawServer::start(Script::Close(ok(r#"{"email":"bob@customer.example"}"#))).await;
    let error = client(&server.url()).look_up(EMAIL).await.unwrap_err();
    assert!(
        matches!(
            error,
            BrokerError::UnusableAnswer {
                what: AnswerFlaw::AnotherCustomer
            }
        ),
        "{error:?}"
    );
    assert!(!error.to_string().contains("bob"), "{error}");
}
