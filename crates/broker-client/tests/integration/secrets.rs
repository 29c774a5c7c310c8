//! Neither key nor token nor address comes out in any error or `Debug`, whatever the broker echoes.

use stagedoor_broker_client::{BrokerClient, Dialect};

use crate::support::{KEY, RawServer, Script, VALIDITY, answer, config, ok};

/// An address that would be noticed too: errors go to logs, and logs hold no customer's address.
const EMAIL: &str = "SENTINEL@customer.example";

#[tokio::test]
async fn a_broker_that_echoes_everything_everywhere() {
    let echo = format!(r#"{{"{KEY}":"{KEY}","detail":"{KEY} {EMAIL}","email":"{KEY}","token":["{KEY}"]}}"#);
    let headers =
        format!("location: https://{KEY}@x.example/{KEY}\r\nretry-after: {KEY}\r\nx-{KEY}: {KEY}\r\n");
    let mut told = String::new();
    for status in [
        "200 OK",
        "201 Created",
        "302 Found",
        "400 Bad Request",
        "401 Unauthorized",
        "403 Forbidden",
        "404 Not Found",
        "409 Conflict",
        "422 Unprocessable",
        "429 Too Many Requests",
        "500 Internal",
        "503 Unavailable",
        "777 Odd",
    ] {
        let reason = format!("{status} {KEY}");
        for script in [
            Script::Close(answer(&reason, &headers, &echo)),
            Script::Close(answer(&reason, &headers, &format!("<p>{echo}"))),
            Script::Close(answer(&reason, &headers, &format!("{echo}trailing"))),
            Script::Reset(answer(&reason, &headers, &echo).drain(..60).collect()),
        ] {
            let server = RawServer::start(script).await;
            let client = BrokerClient::new(config(&server.url(), Dialect::V2)).unwrap();
            let minted = client.mint(EMAIL, VALIDITY).await.unwrap_err();
            let found = client.look_up(EMAIL).await.unwrap_err();
            let tested = client.test_connection().await;
            told += &format!("{minted} {minted:?} {minted:#?}\n{found} {found:?}\n{tested:?} {client:?}\n");
        }
    }
    for secret in ["SENTINEL", "customer.example"] {
        assert!(!told.contains(secret), "{told}");
    }
    // The kinds were really reached, so their silence means something.
    for kind in [
        "KeyRefused",
        "RightMissing",
        "RateLimited",
        "Redirect",
        "FieldNotText",
        "OutcomeUnknown",
        "BrokerFailed",
    ] {
        assert!(told.contains(kind), "{kind} in {told}");
    }
}

#[tokio::test]
async fn a_received_token_is_not_shown_by_debug() {
    let server = RawServer::start(Script::Close(ok(r#"{"oneTimeToken":"SENTINEL-TOKEN"}"#))).await;
    let client = BrokerClient::new(config(&server.url(), Dialect::V1)).unwrap();
    let result = client.mint(EMAIL, VALIDITY).await;
    assert_eq!(format!("{result:?}"), "Ok(OneTimeToken(redacted))");
    assert_eq!(result.unwrap().expose(), "SENTINEL-TOKEN");
}
