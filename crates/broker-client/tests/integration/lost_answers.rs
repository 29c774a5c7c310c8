//! Failures of the connection: nothing sent, or perhaps sent.

use std::{net::Ipv4Addr, time::Duration};

use stagedoor_broker_client::{BrokerClient, BrokerError, Dialect, LostAnswer, UnreachableCause};
use stagedoor_broker_sim::{Fault, SimConfig};
use tokio::net::TcpSocket;

use crate::{
    mint::broker,
    support::{EMAIL, RawServer, Script, VALIDITY, client, config, hasty_client},
};

#[tokio::test]
async fn no_connection_means_nothing_was_sent() {
    // Its port is nobody else's while nobody listens there.
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind((Ipv4Addr::LOCALHOST, 0).into()).unwrap();
    let unused = socket.local_addr().unwrap();
    assert_eq!(
        unreachable(client(&format!("http://{unused}/"))).await,
        UnreachableCause::ConnectionRefused
    );

    // RFC 6761 promises that this name does not exist; a machine whose resolver is silent cannot even say so.
    let no_name = unreachable(hasty_client("https://stagedoor.invalid/")).await;
    let expected = [
        UnreachableCause::NameNotResolved,
        UnreachableCause::ConnectTimedOut,
    ];
    assert!(expected.contains(&no_name), "{no_name:?}");

    let server = RawServer::start(Script::Ignore).await;
    let mut foreign = config(&server.url(), Dialect::V1);
    foreign.local_address = Some([203, 0, 113, 1].into());
    let foreign = BrokerClient::new(foreign).unwrap();
    assert_eq!(
        unreachable(foreign).await,
        UnreachableCause::LocalAddressNotAvailable
    );
    assert_eq!(server.connections(), 0);

    // TLS belongs to connecting: a server that never answers the handshake has not been asked for anything.
    let silent = hasty_client(&format!("https://{}/", server.address));
    assert_eq!(unreachable(silent).await, UnreachableCause::ConnectTimedOut);
}

#[tokio::test]
async fn a_lost_answer_to_a_mint_leaves_the_outcome_unknown() {
    let begun = b"HTTP/1.1 200 OK\r\ncontent-length: 50\r\n\r\n{\"oneTimeToken\":\"SENTINEL".to_vec();
    let head_only = b"HTTP/1.1 200 OK\r\ncontent-length: 50\r\n\r\n".to_vec();
    for (script, expected) in [
        (Script::Hang(Vec::new()), LostAnswer::TimedOut),
        (Script::Hang(head_only), LostAnswer::TimedOut),
        (Script::Hang(begun.clone()), LostAnswer::TimedOut),
        (Script::Close(Vec::new()), LostAnswer::ConnectionLost),
        (Script::Close(begun.clone()), LostAnswer::ConnectionLost),
        (Script::Reset(Vec::new()), LostAnswer::ConnectionLost),
        (Script::Reset(begun), LostAnswer::ConnectionLost),
        (
            Script::Close(b"SSH-2.0-OpenSSH\r\n".to_vec()),
            LostAnswer::ConnectionLost,
        ),
    ] {
        let server = RawServer::start(script).await;
        let error = patient_unless(expected, &server.url())
            .mint(EMAIL, VALIDITY)
            .await
            .unwrap_err();
        assert!(
            matches!(error, BrokerError::OutcomeUnknown { cause } if cause == expected),
            "{error:?}"
        );
        assert!(error.may_have_minted());
        assert_eq!((server.connections(), server.requests().len()), (1, 1));
    }
}

#[tokio::test]
async fn the_same_from_a_broker_that_did_mint() {
    let broker = broker(SimConfig::default()).await;
    for (fault, expected) in [
        (Fault::HangBeforeHeaders, LostAnswer::TimedOut),
        (Fault::HangAfterHeaders, LostAnswer::TimedOut),
        (Fault::Delay(Duration::from_secs(60)), LostAnswer::TimedOut),
        (Fault::Drip(Duration::from_millis(200)), LostAnswer::TimedOut),
        (Fault::Reset, LostAnswer::ConnectionLost),
        (Fault::ResetInBody, LostAnswer::ConnectionLost),
        (Fault::ClosedInBody, LostAnswer::ConnectionLost),
    ] {
        broker.script(fault.clone());
        let error = patient_unless(expected, &broker.broker_url())
            .mint(EMAIL, VALIDITY)
            .await
            .unwrap_err();
        let unknown = matches!(error, BrokerError::OutcomeUnknown { cause } if cause == expected);
        assert!(unknown, "{fault:?}: {error:?}");
        let journal = broker.take_journal();
        assert_eq!(journal.len(), 1, "{fault:?}: sent once");
        assert!(
            journal[0].token.is_some(),
            "{fault:?}: there is a token nobody holds"
        );
    }
}

#[tokio::test]
async fn a_lost_answer_to_a_look_up_is_no_answer() {
    for (script, expected) in [
        (Script::Hang(Vec::new()), LostAnswer::TimedOut),
        (Script::Close(Vec::new()), LostAnswer::ConnectionLost),
        (
            Script::Reset(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{".to_vec()),
            LostAnswer::ConnectionLost,
        ),
    ] {
        let server = RawServer::start(script).await;
        match patient_unless(expected, &server.url()).look_up(EMAIL).await {
            Err(BrokerError::Unreachable { cause }) => {
                assert_eq!(cause, UnreachableCause::NoAnswer(expected))
            }
            other => panic!("{other:?}"),
        }
        assert_eq!(server.requests().len(), 1);
    }
}

/// A client that gives up soon only where the test waits for that.
fn patient_unless(expected: LostAnswer, base_url: &str) -> BrokerClient {
    match expected {
        LostAnswer::TimedOut => {
            let mut config = config(base_url, Dialect::V1);
            // Connecting and sending are not what should be given up.
            config.connect_timeout = Duration::from_millis(2_500);
            config.request_timeout = Duration::from_secs(3);
            BrokerClient::new(config).unwrap()
        }
        _ => client(base_url),
    }
}

async fn unreachable(client: BrokerClient) -> UnreachableCause {
    match client.mint(EMAIL, VALIDITY).await {
        Err(BrokerError::Unreachable { cause }) => cause,
        other => panic!("{other:?}"),
    }
}
