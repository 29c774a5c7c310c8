//! `networks` of a grant, behind a proxy that may not say where a request comes from.

use stagedoor_protocol::ErrorCode;

use super::*;
use crate::support::{installation::Installation, log};

/// A relay behind a proxy here, whose staff open customers from one network.
async fn behind_a_proxy() -> (TestApp, Profile) {
    let app = TestApp::start_with(|config, _| {
        config.listen.trusted_proxies = vec!["127.0.0.1/32".parse().unwrap()];
        let mut grant = config.policy.grants[0].clone();
        // The proxy's own address and the one that stands for none are in it, and must not count.
        grant.networks = ["127.0.0.0/8", "0.0.0.0/8", "2001:db8:7::/48"]
            .map(|network| network.parse().unwrap())
            .to_vec();
        config.policy.grants = vec![grant];
    })
    .await;
    let desk = app.enrolled(STAFF).await;
    (app, desk)
}

#[tokio::test]
async fn a_client_that_the_proxy_does_not_name_is_in_no_network() {
    let mark = log::mark();
    let (app, desk) = behind_a_proxy().await;
    for forwarded in [
        None,
        Some(""),
        Some("unknown"),
        Some("\"2001:db8:7::1\""),
        Some("0.0.0.0"),
        Some("2001:db8:7::1, garbage"),
        Some("203.0.113.9"),
        Some("203.0.113.9:5555"),
        Some("[2001:db8::9]:5555"),
    ] {
        let (mut draft, id) = desk.login();
        if let Some(forwarded) = forwarded {
            draft = draft.header("x-forwarded-for", forwarded);
        }
        let answer = app.send(&draft).await;
        assert_eq!(answer.code(), ErrorCode::NotPermitted.as_str(), "{forwarded:?}");
        assert!(answer.json()["rule"].as_str().unwrap().ends_with(".networks"));
        assert_eq!(app.records.login(&id).await, None);
    }
    assert_eq!(app.mints(), 0);
    assert!(log::since(mark).contains("a trusted proxy does not say where"));

    for forwarded in [
        "2001:db8:7::1",
        "[2001:db8:7::1]:443",
        "198.51.100.7, 2001:db8:7::2",
    ] {
        let (draft, id) = desk.login();
        let answer = app.send(&draft.header("x-forwarded-for", forwarded)).await;
        assert_eq!(answer.status, 201, "{forwarded}");
        let address = app.records.intent(&id).await["staff"]["address"].clone();
        assert!(address.as_str().unwrap().starts_with("2001:db8:7::"), "{address}");
    }
    assert_eq!(app.mints(), 3);
}

#[tokio::test]
async fn a_client_that_is_not_known_is_recorded_as_such() {
    let app = TestApp::start_with(|config, _| {
        config.listen.trusted_proxies = vec!["127.0.0.1/32".parse().unwrap()];
    })
    .await;
    let desk = app.enrolled(STAFF).await;
    let (draft, id) = desk.login();
    assert_eq!(app.send(&draft).await.status, 201);
    assert_eq!(app.records.intent(&id).await["staff"]["address"], "unknown");
}

#[tokio::test]
async fn config_check_warns_of_networks_that_cover_a_proxy() {
    let installation = Installation::new().await;
    let grant = "[[policy.grant]]\nroles = \"*\"\nplatforms = \"*\"\nnetworks = [\"127.0.0.0/8\"]\n\n[staff]";
    installation.change_config("[staff]", grant);
    let output = installation.run(&["config", "check"]).await;
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{said}");
    assert!(
        said.contains("warning: policy.grant[0].networks: covers 127.0.0.1/32 of listen.trusted_proxies"),
        "{said}"
    );
}
