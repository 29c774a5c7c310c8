//! Rows that no relay wrote, and schemas that no migration made, which keep logins from being recorded: the relay is not ready
//! then, and says why.

use serde_json::{Value, json};

use crate::support::{STAFF, TestApp, database::on_postgres, http::problem, log};

#[tokio::test]
async fn a_row_in_the_next_records_place_is_why_the_relay_is_not_ready() {
    for (table, row, undo) in [
        (
            "openings",
            "INSERT INTO openings (seq, customer, staff) VALUES (2, NULL, NULL)",
            "DELETE FROM openings WHERE seq = 2",
        ),
        (
            "logins",
            "UPDATE logins SET intent_seq = 2",
            "UPDATE logins SET intent_seq = 0",
        ),
        (
            "reports",
            "INSERT INTO reports (request_id, outcome, seq) SELECT request_id, 'opened', 2 FROM logins",
            "DELETE FROM reports",
        ),
    ] {
        let app = TestApp::start().await;
        let desk = app.enrolled(STAFF).await;
        assert_eq!(app.send(&desk.at(&app).login().0).await.status, 201);
        assert_eq!(app.get_health("/readyz").await.status, 200);

        let mark = log::mark();
        app.database().tamper(row).await;
        let answer = app.get_health("/readyz").await;
        assert_eq!(
            (answer.status, &answer.json()["ledger"]),
            (503, &Value::from("blocked by a foreign row")),
            "{table}"
        );
        assert_eq!(answer.json()["failing"], json!(["store", "ledger"]));
        let said =
            format!("can record nothing: its table {table} has rows of records that are not there yet");
        assert!(log::since(mark).contains(&said), "{}", log::since(mark));
        if table != "reports" {
            let refused = app.send(&desk.at(&app).login().0).await;
            assert_eq!(refused.outcome(), problem(503, "store_unavailable"), "{table}");
        }

        app.database().tamper(undo).await;
        assert_eq!(app.get_health("/readyz").await.status, 200, "{table}");
        assert_eq!(app.send(&desk.at(&app).login().0).await.status, 201);
    }
}

/// No error tells of it: the personal data would be gone, and the login go on.
#[tokio::test]
async fn a_trigger_that_keeps_records_out_is_why_the_relay_is_not_ready() {
    let app = TestApp::start().await;
    assert_eq!(app.get_health("/readyz").await.status, 200);
    let (add, remove) = if on_postgres() {
        (
            "CREATE RULE more AS ON INSERT TO openings DO INSTEAD NOTHING",
            "DROP RULE more ON openings",
        )
    } else {
        (
            "CREATE TRIGGER more BEFORE INSERT ON openings BEGIN SELECT raise(IGNORE); END",
            "DROP TRIGGER more",
        )
    };
    app.database().execute(add).await;
    let answer = app.get_health("/readyz").await;
    assert_eq!(
        (answer.status, &answer.json()["ledger"]),
        (503, &Value::from("in a schema that was changed"))
    );
    assert!(
        log::mine().contains("more on openings was added"),
        "{}",
        log::mine()
    );
    app.database().execute(remove).await;
    assert_eq!(app.get_health("/readyz").await.status, 200);
}
