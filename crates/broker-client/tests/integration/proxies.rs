//! A proxy is used when it is configured, and never because of the environment.

use std::process::Command;

use stagedoor_broker_client::{BrokerClient, BrokerError, Dialect, EgressAddress};

use crate::support::{EMAIL, RawServer, Script, VALIDITY, answer, client, config, ok};

const CHILDS_BROKER: &str = "STAGEDOOR_TEST_BROKER";

#[tokio::test]
async fn the_configured_proxy_is_used_and_named_when_the_broker_refuses() {
    let proxy = RawServer::start(Script::Close(answer("403 Forbidden", "", ""))).await;
    let mut config = config("http://127.0.0.1:9/", Dialect::V1);
    config.proxy = Some(proxy.url().parse().unwrap());
    match BrokerClient::new(config).unwrap().mint(EMAIL, VALIDITY).await {
        Err(BrokerError::RightMissingOrAddressNotAllowed { egress_address }) => {
            assert_eq!(egress_address, EgressAddress::Proxy);
        }
        other => panic!("{other:?}"),
    }
    let request = proxy.requests().remove(0);
    assert!(
        request.starts_with("POST http://127.0.0.1:9/v1/one-time-token HTTP/1.1\r\n"),
        "{request}"
    );
}

#[tokio::test]
async fn a_proxy_that_wants_a_password_is_not_taken_for_the_broker() {
    // An https broker is reached by CONNECT, which the proxy answers itself.
    for (broker, method) in [
        ("http://127.0.0.1:9/", "POST"),
        ("https://127.0.0.1:9/", "CONNECT"),
    ] {
        let proxy =
            RawServer::start(Script::Close(answer("407 Proxy Authentication Required", "", ""))).await;
        let mut config = config(broker, Dialect::V1);
        config.proxy = Some(proxy.url().parse().unwrap());
        let error = BrokerClient::new(config)
            .unwrap()
            .mint(EMAIL, VALIDITY)
            .await
            .unwrap_err();
        assert!(!error.may_have_minted(), "{error:?}");
        assert_eq!(
            error.to_string(),
            "the broker cannot be reached: the proxy refused to pass the request on (407); put its user name and password \
             into `proxy`"
        );
        assert!(proxy.requests()[0].starts_with(method), "{broker}");
    }
}

#[tokio::test]
async fn proxies_in_the_environment_are_ignored() {
    let proxy = RawServer::start(Script::Close(answer("502 Bad Gateway", "", ""))).await;
    let broker = RawServer::start(Script::Close(ok(r#"{"oneTimeToken":"t"}"#))).await;
    let mut child = Command::new(std::env::current_exe().unwrap());
    child.args([
        "--exact",
        "proxies::child_with_proxies_in_its_environment",
        "--ignored",
    ]);
    child
        .env(CHILDS_BROKER, broker.url())
        .env_remove("NO_PROXY")
        .env_remove("no_proxy");
    for name in [
        "HTTP_PROXY",
        "http_proxy",
        "HTTPS_PROXY",
        "https_proxy",
        "ALL_PROXY",
        "all_proxy",
    ] {
        child.env(name, proxy.url());
    }
    let output = tokio::task::spawn_blocking(move || child.output())
        .await
        .unwrap()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stdout)
    );
    assert_eq!((broker.requests().len(), proxy.connections()), (1, 0));
}

#[tokio::test]
#[ignore = "run by the test above, in a process of its own, because the environment belongs to the whole process"]
async fn child_with_proxies_in_its_environment() {
    let broker = std::env::var(CHILDS_BROKER).unwrap();
    assert_eq!(client(&broker).mint(EMAIL, VALIDITY).await.unwrap().expose(), "t");
}
