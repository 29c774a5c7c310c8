//! Statuses other than success, as the simulated broker and as gateways send them.

use std::{net::IpAddr, time::Duration};

use stagedoor_broker_client::{AnswerFlaw, BrokerClient, BrokerError, Dialect, EgressAddress};
use stagedoor_broker_sim::{BodyKind, Fault, SimConfig};

use crate::{
    mint::broker,
    support::{EMAIL, KEY, RawServer, Script, VALIDITY, answer, client, config},
};

const LOOPBACK: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

#[tokio::test]
async fn a_missing_right_and_a_foreign_address_are_one_error_with_the_egress_address() {
    let broker = broker(SimConfig::default()).await;
    let url = broker.broker_url();
    broker.add_key(KEY, false);
    assert_eq!(egress(&client(&url)).await, EgressAddress::Local(LOOPBACK));
    broker.add_key(KEY, true);
    broker.forbid_ip(LOOPBACK);
    assert_eq!(egress(&client(&url)).await, EgressAddress::Local(LOOPBACK));

    let mut known = config(&url, Dialect::V1);
    known.egress_address = Some([203, 0, 113, 7].into());
    let known = BrokerClient::new(known).unwrap();
    assert_eq!(
        egress(&known).await,
        EgressAddress::Configured([203, 0, 113, 7].into())
    );

    let mut chosen = config(&url, Dialect::V1);
    chosen.local_address = Some([127, 0, 0, 9].into());
    let chosen = BrokerClient::new(chosen).unwrap();
    assert_eq!(egress(&chosen).await, EgressAddress::Local([127, 0, 0, 9].into()));
    let last = broker.journal().pop().unwrap();
    assert_eq!(
        last.peer_ip.to_string(),
        "127.0.0.9",
        "the local address is really used"
    );
}

#[tokio::test]
async fn customers_the_broker_does_not_know() {
    let broker = broker(SimConfig::default()).await;
    let error = client(&broker.broker_url())
        .mint("nobody@customer.example", VALIDITY)
        .await
        .unwrap_err();
    assert!(matches!(error, BrokerError::CustomerUnknown), "{error:?}");
}

#[tokio::test]
async fn a_404_that_may_come_from_a_wrong_base_url_is_not_a_customer() {
    let broker = broker(SimConfig::default()).await;
    let error = client(&format!("{}/wrong", broker.broker_url()))
        .mint(EMAIL, VALIDITY)
        .await
        .unwrap_err();
    assert!(
        matches!(
            error,
            BrokerError::UnusableAnswer {
                what: AnswerFlaw::UnclearNotFound
            }
        ),
        "{error:?}"
    );
    for body in [BodyKind::Html, BodyKind::Text, BodyKind::Empty] {
        broker.script(Fault::Status(404, body));
        let error = client(&broker.broker_url())
            .mint(EMAIL, VALIDITY)
            .await
            .unwrap_err();
        let unclear = matches!(
            error,
            BrokerError::UnusableAnswer {
                what: AnswerFlaw::UnclearNotFound
            }
        );
        assert!(unclear, "{body:?}: {error:?}");
        assert!(!error.may_have_minted());
    }
}

#[tokio::test]
async fn the_rate_limit_says_how_long_to_wait() {
    let broker = broker(SimConfig::default()).await;
    for (header, expected) in [
        (Some("17"), Some(Duration::from_secs(17))),
        (Some("Wed, 21 Oct 2015 07:28:00 GMT"), Some(Duration::ZERO)),
        (Some("rubbish"), None),
        (None, None),
    ] {
        broker.script(Fault::RateLimited(header.map(str::to_owned)));
        match client(&broker.broker_url()).mint(EMAIL, VALIDITY).await {
            Err(BrokerError::RateLimited { retry_after }) => assert_eq!(retry_after, expected, "{header:?}"),
            other => panic!("{header:?}: {other:?}"),
        }
    }
    let headers = "date: Wed, 25 Nov 2026 00:00:00 GMT\r\nretry-after: Wed, 25 Nov 2026 00:01:00 GMT\r\n";
    let server = RawServer::start(Script::Close(answer("429 Too Many Requests", headers, ""))).await;
    match client(&server.url()).mint(EMAIL, VALIDITY).await {
        Err(BrokerError::RateLimited { retry_after }) => {
            assert_eq!(retry_after, Some(Duration::from_secs(60)))
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn each_status_has_its_error_whatever_its_body() {
    let broker = broker(SimConfig::default()).await;
    let client = client(&broker.broker_url());
    for (status, kind) in [
        (400, "request_refused"),
        (401, "key_refused"),
        (403, "right_missing_or_address_not_allowed"),
        (422, "request_refused"),
        (429, "rate_limited"),
        (500, "broker_failed"),
        (502, "broker_failed"),
        (504, "broker_failed"),
    ] {
        for body in [
            BodyKind::Problem,
            BodyKind::Framework,
            BodyKind::Html,
            BodyKind::Text,
            BodyKind::Empty,
        ] {
            broker.script(Fault::Status(status, body));
            let error = client.mint(EMAIL, VALIDITY).await.unwrap_err();
            assert_eq!(error.kind(), kind, "{status} {body:?}");
            assert_eq!(error.may_have_minted(), status >= 500, "{status}");
        }
    }
}

#[tokio::test]
async fn the_status_counts_even_if_its_body_breaks_off_or_never_ends() {
    let broken = b"HTTP/1.1 404 Not Found\r\ncontent-length: 100\r\n\r\n{\"detail\":\"user".to_vec();
    let head = b"HTTP/1.1 404 Not Found\r\ntransfer-encoding: chunked\r\n\r\n".to_vec();
    for script in [
        Script::Close(broken.clone()),
        Script::Reset(broken),
        Script::Flood(head, b"1\r\nx\r\n".to_vec()),
    ] {
        let server = RawServer::start(script).await;
        let error = client(&server.url()).mint(EMAIL, VALIDITY).await.unwrap_err();
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
}

#[tokio::test]
async fn redirects_are_refused_and_the_key_goes_nowhere() {
    let elsewhere = RawServer::start(Script::Close(answer("200 OK", "", r#"{"token":"t"}"#))).await;
    let broker = broker(SimConfig::default()).await;
    broker.script(Fault::Redirect(format!("{}?auth=SENTINEL", elsewhere.url())));
    let error = client(&broker.broker_url())
        .mint(EMAIL, VALIDITY)
        .await
        .unwrap_err();
    let origin = Some(format!("http://{}", elsewhere.address));
    let expected = AnswerFlaw::Redirect { status: 307, origin };
    assert!(
        matches!(&error, BrokerError::UnusableAnswer { what } if *what == expected),
        "{error:?}"
    );
    assert!(error.to_string().contains("redirects are refused"), "{error}");
    assert_eq!(elsewhere.connections(), 0);
    assert!(!error.may_have_minted());
}

async fn egress(client: &BrokerClient) -> EgressAddress {
    match client.mint(EMAIL, VALIDITY).await {
        Err(BrokerError::RightMissingOrAddressNotAllowed { egress_address }) => egress_address,
        other => panic!("{other:?}"),
    }
}
