//! Bodies that are not what an endpoint takes.

use serde_json::{Value, json};
use stagedoor_protocol::limits::MAX_BODY_BYTES;

use super::{endpoints, expected, relay, unharmed};

#[tokio::test]
async fn bodies_that_are_not_what_the_endpoint_takes() {
    let (app, desk, login) = relay().await;
    let huge = format!("\"{}\"", "x".repeat(MAX_BODY_BYTES));
    let deep = "[".repeat(8_000);
    for body in [
        "",
        "{",
        "null",
        "[]",
        "\"text\"",
        "{}",
        "{\"a\":1}",
        "\u{feff}{}",
        "{}{}",
        deep.as_str(),
    ] {
        for (name, draft) in endpoints(&app, &desk, &login).await {
            if name == "session" && body.is_empty() {
                continue;
            }
            let answer = app.send(&draft.body(body).signed()).await;
            assert_eq!(
                answer.outcome(),
                expected("malformed_request"),
                "{body:.20} at {name}"
            );
        }
    }
    for (name, draft) in endpoints(&app, &desk, &login).await {
        let not_utf8 = app.send(&draft.clone().body([0x22, 0xff, 0x22]).signed()).await;
        assert_eq!(not_utf8.outcome(), expected("malformed_request"), "{name}");
        let too_large = app.send(&draft.clone().body(huge.clone()).signed()).await;
        assert_eq!(too_large.outcome(), expected("body_too_large"), "{name}");
        let unsigned = app
            .send(&draft.clone().body(huge.clone()).without("signature"))
            .await;
        assert_eq!(
            unsigned.outcome(),
            expected("body_too_large"),
            "{name}: by its length alone"
        );
        if name != "session" {
            for content_type in [
                "text/plain",
                "application/x-www-form-urlencoded",
                "application/jsonp",
            ] {
                let answer = app
                    .send(&draft.clone().header("content-type", content_type).signed())
                    .await;
                assert_eq!(
                    answer.outcome(),
                    expected("unsupported_media_type"),
                    "{content_type} at {name}"
                );
            }
            let answer = app.send(&draft.clone().without("content-type").signed()).await;
            assert_eq!(answer.outcome(), expected("unsupported_media_type"), "{name}");
        }
    }
    unharmed(&app, &desk, &login).await;
}

#[tokio::test]
async fn fields_that_are_unknown_missing_repeated_or_of_the_wrong_type() {
    let (app, desk, login) = relay().await;
    for (name, draft) in endpoints(&app, &desk, &login).await {
        if name == "session" {
            continue;
        }
        let good: Value = serde_json::from_slice(&draft.body).unwrap();
        let fields = good.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
        let mut bodies = vec![{
            let mut body = good.clone();
            body["surprise"] = json!(1);
            body.to_string()
        }];
        for field in &fields {
            for wrong in [json!(17), json!([]), json!(true)] {
                let mut body = good.clone();
                body[field] = wrong;
                bodies.push(body.to_string());
            }
            let repeated = format!(
                "{},{}:{}}}",
                good.to_string().trim_end_matches('}'),
                json!(field),
                good[field]
            );
            // Taking the closing brace off an object inside spoils the JSON; that is refused as well.
            bodies.push(repeated);
            if !["reason", "ticket", "page"].contains(&field.as_str()) {
                let mut body = good.clone();
                body.as_object_mut().unwrap().remove(field);
                bodies.push(body.to_string());
            }
        }
        for body in bodies {
            let answer = app.send(&draft.clone().body(body.clone()).signed()).await;
            assert_eq!(
                answer.outcome(),
                expected("malformed_request"),
                "{body} at {name}"
            );
        }
    }
    unharmed(&app, &desk, &login).await;
}
