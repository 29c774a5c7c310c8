//! Customers' addresses from a hostile corpus.

use super::{expected, relay, unharmed};
use crate::support::{
    STAFF, TestApp,
    app::{login_body, new_id},
};

#[tokio::test]
async fn addresses_that_no_customer_has() {
    let (app, desk, login) = relay().await;
    let huge = format!("{}@customers.example", "a".repeat(10_000));
    let long_domain = format!("a@{}example", "b.".repeat(150));
    for email in [
        "",
        "jane",
        "@customers.example",
        "jane@",
        "jane@localhost",
        "jane@@customers.example",
        "jane@broker.example@customers.example",
        "desk@broker.example@customers.example@x.example",
        "jane@customers.example,desk@broker.example",
        "jane@customers.example desk@broker.example",
        "jane@customers.example\r\nX-Evil: 1",
        "jane@customers.example\n",
        "\njane@customers.example",
        "jane@customers.example\0",
        "jane%0d%0a@customers.example\u{2028}",
        "jane\u{202e}elpmaxe.sremotsuc@x.example",
        "jane@cust\u{2066}omers.example",
        "ja\u{200b}ne@customers.example",
        "jane@customers\u{200d}.example",
        "jane@customers\u{feff}.example",
        "jane\u{ad}@customers.example",
        "\u{3164}@customers.example",
        "\"jane\"@customers.example",
        "\"jane roe\"@customers.example",
        "\"jane@broker.example\"@customers.example",
        "Jane <jane@customers.example>",
        "jane(comment)@customers.example",
        "jane@[192.0.2.1]",
        "jane@192.0.2.1",
        "jane@customers..example",
        ".jane@customers.example",
        "jane@customers.example.",
        "jane@-customers.example",
        "jane@customers\u{3002}example",
        "mailto:jane@customers.example?cc=x@x.example",
        "<script>alert(1)</script>@customers.example",
        "logo@2x.png@x",
        huge.as_str(),
        long_domain.as_str(),
    ] {
        let mut body = login_body(&new_id());
        body["customerEmail"] = email.into();
        let answer = app.send(&desk.post("/v1/logins", &body)).await;
        assert_eq!(
            answer.outcome(),
            expected("customer_email_invalid"),
            "{email:.60}"
        );
        assert!(
            email.len() < 5 || !answer.body.contains(email),
            "{email:.60} is repeated"
        );
    }
    unharmed(&app, &desk, &login).await;
}

/// They have the form of one, but no browser could go there, so neither the policy's domains nor the firm's can be compared. The
/// API's document leaves them out.
#[tokio::test]
async fn addresses_under_what_is_no_domain() {
    let (app, desk, login) = relay().await;
    let document = app.send(&desk.get("/openapi.json")).await.json();
    let pattern = document["components"]["schemas"]["CustomerEmail"]["pattern"].as_str();
    for (email, left_out_by) in [
        ("jane@xn--a.example", "(?![Xx][Nn]--)"),
        ("jane@customers.xn--a", "(?![Xx][Nn]--)"),
        ("jane@customers.0xa", "0[Xx][0-9A-Fa-f]*"),
        ("jane@customers.0X", "0[Xx][0-9A-Fa-f]*"),
    ] {
        let mut body = login_body(&new_id());
        body["customerEmail"] = email.into();
        let answer = app.send(&desk.post("/v1/logins", &body)).await;
        assert_eq!(answer.outcome(), expected("customer_email_invalid"), "{email}");
        assert!(pattern.unwrap().contains(left_out_by), "{email}");
    }
    unharmed(&app, &desk, &login).await;
}

#[tokio::test]
async fn addresses_in_other_scripts_reach_the_broker_as_they_are() {
    let app = TestApp::start().await;
    let desk = app.enrolled(STAFF).await;
    for email in [
        "jürgen@münchen.example",
        "用户@例子.广告",
        "o'brien+a@xn--mnchen-3ya.example",
        "Jane.ROE@Customers.example",
    ] {
        app.sim.add_account(email, "Somebody");
        app.sim.take_journal();
        let mut body = login_body(&new_id());
        body["customerEmail"] = email.into();
        assert_eq!(
            app.send(&desk.post("/v1/logins", &body)).await.status,
            201,
            "{email}"
        );
        assert_eq!(app.sim.journal()[0].json().unwrap()["email"], email);
    }
}
