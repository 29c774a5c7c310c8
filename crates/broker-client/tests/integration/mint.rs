//! What a mint sends, and what it makes of successful answers.

use std::time::Duration;

use stagedoor_broker_client::{AnswerFlaw, BrokerClient, BrokerError, Dialect};
use stagedoor_broker_sim as sim;
use stagedoor_broker_sim::{AnswerShape, ApiKey, Fault, Sim, SimConfig, TokenStyle};

use crate::support::{EMAIL, KEY, RawServer, Script, VALIDITY, client, config, ok};

#[tokio::test]
async fn each_dialect_mints_a_token_that_the_platform_would_take() {
    for (ours, theirs) in [
        (Dialect::V1, sim::Dialect::V1),
        (Dialect::V2, sim::Dialect::V2),
        (Dialect::Crm, sim::Dialect::Crm),
    ] {
        let broker = broker(SimConfig::with_dialect(theirs)).await;
        let client = BrokerClient::new(config(&broker.broker_url(), ours)).unwrap();
        let token = client.mint(EMAIL, VALIDITY).await.unwrap();
        let journal = broker.journal();
        assert_eq!(journal.len(), 1, "{ours:?}");
        assert_eq!(journal[0].token.as_deref(), Some(token.expose()), "{ours:?}");
    }
}

#[tokio::test]
async fn another_dialects_header_is_refused_as_a_wrong_key() {
    let broker = broker(SimConfig::with_dialect(sim::Dialect::V2)).await;
    let error = client(&broker.broker_url())
        .mint(EMAIL, VALIDITY)
        .await
        .unwrap_err();
    assert!(matches!(error, BrokerError::KeyRefused), "{error:?}");
}

#[tokio::test]
async fn the_request_has_one_fixed_shape() {
    let server = RawServer::start(Script::Close(ok(r#"{"oneTimeToken":"t"}"#))).await;
    let base = format!("{}api/", server.url());
    let v2 = BrokerClient::new(config(&base, Dialect::V2)).unwrap();
    v2.mint(EMAIL, Duration::from_millis(30_999)).await.unwrap();
    client(&base)
        .mint("zo\u{eb}@\u{fc}.example", Duration::ZERO)
        .await
        .unwrap();

    let expected = |authorization: &str, body: &str| {
        format!(
            "POST /api/v1/one-time-token HTTP/1.1\r\nauthorization: {authorization}\r\ncontent-type: application/json\r\n\
             accept: application/json, */*;q=0.5\r\nuser-agent: stagedoor/{}\r\nhost: {}\r\ncontent-length: {}\r\n\r\n{body}",
            env!("CARGO_PKG_VERSION"),
            server.address,
            body.len(),
        )
    };
    assert_eq!(
        server.requests(),
        [
            expected(
                &format!("Bearer {KEY}"),
                r#"{"email":"ann+vip@customer.example","validityTime":30}"#
            ),
            expected(KEY, "{\"email\":\"zo\u{eb}@\u{fc}.example\",\"validityTime\":1}"),
        ]
    );
}

#[tokio::test]
async fn every_known_shape_of_answer_and_token_is_understood() {
    let broker = broker(SimConfig::default()).await;
    let client = client(&broker.broker_url());
    for shape in [
        AnswerShape::OneTimeToken,
        AnswerShape::Token,
        AnswerShape::BareString,
        AnswerShape::Text,
    ] {
        for style in [TokenStyle::Uuid, TokenStyle::JwtLike, TokenStyle::sentinel()] {
            broker.set_answer_shape(shape);
            broker.set_token_style(style.clone());
            let token = client.mint(EMAIL, VALIDITY).await.unwrap();
            let minted = broker.take_journal().remove(0).token;
            assert_eq!(minted.as_deref(), Some(token.expose()), "{shape:?} {style:?}");
        }
    }
}

#[tokio::test]
async fn an_unknown_shape_is_told_without_the_token_in_it() {
    let broker = broker(SimConfig::default()).await;
    broker.set_answer_shape(AnswerShape::Unusable);
    broker.set_token_style(TokenStyle::sentinel());
    let error = client(&broker.broker_url())
        .mint(EMAIL, VALIDITY)
        .await
        .unwrap_err();
    assert!(
        matches!(
            &error,
            BrokerError::UnusableAnswer {
                what: AnswerFlaw::FieldMissing {
                    expected: "oneTimeToken",
                    ..
                }
            }
        ),
        "{error:?}"
    );
    assert!(error.may_have_minted());
    assert!(!format!("{error} {error:?}").contains("SENTINEL"), "{error:?}");
}

#[tokio::test]
async fn successful_answers_of_no_use() {
    let broker = broker(SimConfig::default()).await;
    let client = client(&broker.broker_url());
    for (fault, expected) in [
        (Fault::Html, AnswerFlaw::Html),
        (Fault::TruncatedJson, AnswerFlaw::BrokenJson),
        (Fault::HugeBody, AnswerFlaw::TooLarge { limit: 64 * 1024 }),
    ] {
        broker.script(fault.clone());
        let error = client.mint(EMAIL, VALIDITY).await.unwrap_err();
        assert!(
            matches!(&error, BrokerError::UnusableAnswer { what } if *what == expected),
            "{fault:?}: {error:?}"
        );
        assert!(error.may_have_minted(), "{fault:?}");
    }
    broker.script(Fault::WrongContentType);
    assert!(
        client.mint(EMAIL, VALIDITY).await.is_ok(),
        "the body's form decides, not its declared type"
    );
}

#[tokio::test]
async fn the_answers_bound_is_counted_not_declared() {
    let limit = AnswerFlaw::TooLarge { limit: 1024 };
    let endless = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
    let until_closed = "HTTP/1.1 200 OK\r\n\r\n";
    let chunk = format!("100\r\n{}\r\n", "x".repeat(256));
    let exact = format!("\"{}\"", "x".repeat(1022));
    for (script, expected) in [
        (Script::Flood(endless.into(), chunk.into_bytes()), Some(&limit)),
        (Script::Flood(until_closed.into(), vec![b'x'; 100]), Some(&limit)),
        (Script::Close(ok(&exact)), None),
        (Script::Close(ok(&format!("{exact} "))), Some(&limit)),
    ] {
        let server = RawServer::start(script).await;
        let mut config = config(&server.url(), Dialect::V1);
        config.max_answer_bytes = 1024;
        match (
            BrokerClient::new(config).unwrap().mint(EMAIL, VALIDITY).await,
            expected,
        ) {
            (Ok(token), None) => assert_eq!(token.expose().len(), 1022),
            (Err(BrokerError::UnusableAnswer { what }), Some(expected)) => assert_eq!(what, *expected),
            (other, _) => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn an_empty_success_is_not_a_token() {
    let server = RawServer::start(Script::Close(b"HTTP/1.1 204 No Content\r\n\r\n".to_vec())).await;
    let error = client(&server.url()).mint(EMAIL, VALIDITY).await.unwrap_err();
    assert!(
        matches!(
            error,
            BrokerError::UnusableAnswer {
                what: AnswerFlaw::Empty
            }
        ),
        "{error:?}"
    );
}

#[tokio::test]
async fn what_is_not_an_address_is_never_sent() {
    let server = RawServer::start(Script::Close(ok(r#"{"oneTimeToken":"t"}"#))).await;
    for bad in ["", "ann", "ann@x\r\nx: y"] {
        let error = client(&server.url()).mint(bad, VALIDITY).await.unwrap_err();
        assert!(matches!(error, BrokerError::InvalidEmail), "{error:?}");
    }
    assert_eq!(server.connections(), 0);
}

#[tokio::test]
async fn a_new_key_counts_from_the_next_request_on() {
    let broker = broker(SimConfig::default()).await;
    let client = client(&broker.broker_url());
    broker.remove_key(KEY);
    broker.add_key("the-new-key", true);
    assert!(matches!(
        client.mint(EMAIL, VALIDITY).await,
        Err(BrokerError::KeyRefused)
    ));
    client.replace_api_key("the-new-key".into()).unwrap();
    assert!(client.replace_api_key("Bearer the-wrong-key".into()).is_err());
    assert!(client.mint(EMAIL, VALIDITY).await.is_ok());
}

/// A broker that knows [`KEY`] and [`EMAIL`].
pub(crate) async fn broker(config: SimConfig) -> Sim {
    let broker = Sim::start(SimConfig {
        keys: vec![ApiKey::new(KEY, true)],
        ..config
    })
    .await
    .unwrap();
    broker.add_account(EMAIL, "Ann Lee");
    broker
}
