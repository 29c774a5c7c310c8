//! Looking up a customer, and the connection test.

use serde_json::Value;
use stagedoor_broker_sim::{Account, ConnectionTest, Dialect, PRIVATE_VALUES, SimConfig};

use crate::bench::{Bench, JANE};

const V1: &str = "/v1/accounts/by-email/";
const V2: &str = "/v1/user-accounts/email/";

#[tokio::test]
async fn each_dialect_has_its_own_look_up() {
    for (dialect, own, other) in [
        (Dialect::V1, V1, V2),
        (Dialect::Crm, V1, V2),
        (Dialect::V2, V2, V1),
    ] {
        let bench = Bench::start(SimConfig::with_dialect(dialect)).await;
        let found = bench.get(&format!("{own}JANE%2Bvip@customer.example")).await;
        assert_eq!(found.status(), 200, "{dialect:?}");
        let body: Value = found.json().await.unwrap();
        assert_eq!(body["email"], JANE);
        assert_eq!(body["verificationStatus"], "VERIFIED");
        assert_eq!(body["personalDetails"]["firstname"], "Jane");
        assert_eq!(body["personalDetails"]["lastname"], "Roe");
        assert_eq!(
            bench.get(&format!("{own}nobody@customer.example")).await.status(),
            404,
            "{dialect:?}"
        );
        assert_eq!(
            bench.get(&format!("{other}{JANE}")).await.status(),
            404,
            "{dialect:?}"
        );
        let path = &bench.sim.journal()[0].path;
        assert_eq!(
            *path,
            format!("{own}JANE%2Bvip@customer.example"),
            "the journal keeps the encoding"
        );
    }
}

#[tokio::test]
async fn the_answer_carries_every_private_value() {
    let bench = Bench::v1().await;
    let body = bench.get(&format!("{V1}{JANE}")).await.text().await.unwrap();
    for private in PRIVATE_VALUES {
        assert!(body.contains(private), "{private} is missing");
    }
}

#[tokio::test]
async fn a_blocked_customer_is_shown_as_such_and_still_gets_a_token() {
    let bench = Bench::v1().await;
    let blocked = Account {
        verification_status: "BLOCKED".to_owned(),
        ..Account::new(JANE.to_uppercase(), "Jane Doe")
    };
    bench.sim.put_account(blocked);
    let body: Value = bench.get(&format!("{V1}{JANE}")).await.json().await.unwrap();
    assert_eq!(body["verificationStatus"], "BLOCKED");
    assert_eq!(
        body["personalDetails"]["lastname"], "Doe",
        "the account was replaced, not added"
    );
    bench.mint(JANE, 30).await;
}

#[tokio::test]
async fn what_may_be_done_in_a_trading_account_is_said_in_v2_only() {
    for (dialect, own, expected) in [
        (Dialect::V1, V1, None),
        (Dialect::V2, V2, Some("TRADING_AND_LOGIN_DISABLED")),
    ] {
        let bench = Bench::start(SimConfig::with_dialect(dialect)).await;
        bench.sim.put_account(Account {
            access_right: "TRADING_AND_LOGIN_DISABLED".to_owned(),
            ..Account::new(JANE, "Jane Roe")
        });
        let body: Value = bench.get(&format!("{own}{JANE}")).await.json().await.unwrap();
        assert_eq!(
            body["tradingAccounts"][0]["accessRight"].as_str(),
            expected,
            "{dialect:?}"
        );
    }
}

#[tokio::test]
async fn the_connection_test_pages_exist_as_configured() {
    let cases = [
        (ConnectionTest::Both, 200, 200),
        (ConnectionTest::OffersOnly, 200, 404),
        (ConnectionTest::ServiceInfoOnly, 404, 200),
    ];
    for (connection_test, offers, service_info) in cases {
        let bench = Bench::start(SimConfig {
            connection_test,
            ..SimConfig::default()
        })
        .await;
        assert_eq!(
            bench.get("/v1/offers").await.status(),
            offers,
            "{connection_test:?}"
        );
        assert_eq!(
            bench.get("/service-info").await.status(),
            service_info,
            "{connection_test:?}"
        );
        assert_eq!(
            bench.bare_get("/service-info").send().await.unwrap().status(),
            401
        );
    }
}
