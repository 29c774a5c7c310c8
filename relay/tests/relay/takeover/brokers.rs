//! Who holds a customer goes by the broker, whichever of its platforms is opened.

use stagedoor_protocol::PlatformId;
use url::Url;

use super::*;

/// A relay with a second platform, whose broker's API is there.
async fn two_platforms(base_url: impl Fn(&Url) -> String + Send + Sync + 'static) -> TestApp {
    TestApp::start_with(move |config, _| {
        let mut second = config.platforms[0].clone();
        second.id = PlatformId::parse("second").unwrap();
        second.base_url = base_url(&second.base_url).parse().unwrap();
        config.platforms.push(second);
    })
    .await
}

#[tokio::test]
async fn platforms_of_one_broker_have_one_claim_on_a_customer() {
    // However its address is written.
    let app = two_platforms(|first| first.as_str().trim_end_matches('/').to_owned()).await;
    let (desk, colleague) = (app.enrolled(STAFF).await, app.enrolled(COLLEAGUE).await);
    let (draft, earlier) = desk.login();
    assert_eq!(app.send(&draft).await.status, 201);
    let on_the_second = |overrides: Option<&str>| {
        let id = new_id();
        let mut body = login_body(&id);
        body["platform"] = "second".into();
        if let Some(earlier) = overrides {
            body["overrides"] = earlier.into();
        }
        (colleague.post("/v1/logins", &body), id)
    };
    let refused = app.send(&on_the_second(None).0).await;
    assert_eq!(refused.outcome(), problem(409, "customer_claimed"));
    assert_eq!(refused.json()["claim"]["requestId"], earlier);
    let (draft, id) = on_the_second(Some(&earlier));
    let answer = app.send(&draft).await;
    assert_eq!(answer.status, 201, "{}", answer.body);
    let intent = app.records.intent(&id).await;
    assert_eq!(
        (&intent["record"]["platform"], &intent["record"]["overrides"]),
        (&Value::from("second"), &Value::from(0))
    );
    // Once its window is closed, nobody holds the customer anywhere.
    let closed = serde_json::json!({"outcome": "closed"});
    let report = colleague.post(&format!("/v1/logins/{id}/outcome"), &closed);
    assert_eq!(app.send(&report).await.status, 204);
    assert_eq!(app.records.count("claims").await, 0);
}

#[tokio::test]
async fn platforms_of_two_brokers_have_a_claim_each() {
    let app = two_platforms(|first| format!("{first}another")).await;
    let (desk, colleague) = (app.enrolled(STAFF).await, app.enrolled(COLLEAGUE).await);
    assert_eq!(app.send(&desk.login().0).await.status, 201);
    let mut body = login_body(&new_id());
    body["platform"] = "second".into();
    // That broker does not answer, and it is asked.
    let answer = app.send(&colleague.post("/v1/logins", &body)).await;
    assert_ne!(answer.outcome(), problem(409, "customer_claimed"));
    assert_eq!(app.records.kinds("intent").await, 2);
}
