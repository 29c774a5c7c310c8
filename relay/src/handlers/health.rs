//! `/healthz` and `/readyz`, on their own listener: is the process alive, and should requests be sent to it?

use std::sync::Arc;

use axum::{Json, extract::State, http::StatusCode};
use serde_json::{Value, json};

use crate::app::App;

/// The process answers.
pub(crate) async fn healthz() -> Json<Value> {
    Json(json!({"status": "ok"}))
}

/// The relay takes requests and can write its record.
pub(crate) async fn readyz(State(app): State<Arc<App>>) -> (StatusCode, Json<Value>) {
    let draining = app.draining.is_cancelled();
    let store = app.store.check(app.clock.now()).await;
    if let Err(error) = &store {
        tracing::warn!(%error, "not ready");
    }
    let ready = !draining && store.is_ok();
    let status = if ready {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    let word = |fine: bool, word: &'static str| if fine { "ok" } else { word };
    let body = json!({
        "status": word(ready, "unavailable"),
        "accepting": word(!draining, "shutting down"),
        "store": word(store.is_ok(), "failing"),
    });
    (status, Json(body))
}
