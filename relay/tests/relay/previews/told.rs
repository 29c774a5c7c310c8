//! What the log says of looks: who, where and with what end, and never at whom.

use super::*;

/// The lines about a profile with this event.
fn lines(desk: &Profile, event: &str) -> Vec<Value> {
    let lines = log::lines_about(desk.key_id().as_str());
    let lines = lines
        .iter()
        .map(|line| serde_json::from_str::<Value>(line).unwrap());
    lines.filter(|line| line["event"] == event).collect()
}

#[tokio::test]
async fn each_look_is_a_line_whatever_came_of_it() {
    let app = start("[policy.deny]\naddresses = [\"denied@customers.example\"]\n").await;
    let desk = app.enrolled(STAFF).await;
    for customer in [CUSTOMER, STRANGER, "denied@customers.example"] {
        look(&app, &desk, customer).await;
    }
    let told: Vec<_> = lines(&desk, "account.previewed")
        .into_iter()
        .map(|line| {
            assert_eq!(
                (&line["staff"], &line["platform"]),
                (&json!("1"), &json!("main")),
                "{line}"
            );
            (line["level"].clone(), line["code"].clone(), line["rule"].clone())
        })
        .collect();
    let expected = [
        (json!("INFO"), Value::Null, Value::Null),
        (json!("INFO"), json!("customer_unknown"), Value::Null),
        (json!("WARN"), json!("customer_not_allowed"), json!("policy.deny")),
    ];
    assert_eq!(told, expected);
    let text = log::lines_about(desk.key_id().as_str()).concat();
    assert!(!text.contains("customers.example"), "{text}");
}

#[tokio::test]
async fn a_canary_that_is_looked_at_raises_the_alert() {
    let app = start("[policy.canary]\naddresses = [\"jane.roe+fx@customers.example\"]\n").await;
    let desk = app.enrolled(STAFF).await;
    assert_eq!(look(&app, &desk, CUSTOMER).await.status, 200);
    let alerts = lines(&desk, "canary.requested");
    assert_eq!(alerts.len(), 1, "{alerts:?}");
    assert_eq!(
        (&alerts[0]["alert"], &alerts[0]["decision"]),
        (&json!(true), &json!("previewed"))
    );
}
