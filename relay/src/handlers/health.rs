//! `/healthz` and `/readyz`, on their own listener: is the process alive, and should requests be sent to it?

use std::sync::Arc;

use axum::{Json, extract::State, http::StatusCode};
use serde_json::{Value, json};

use crate::{
    app::App,
    current::Current,
    store::{self, StoreError, schema},
};

/// The process answers.
pub(crate) async fn healthz() -> Json<Value> {
    Json(json!({"status": "ok"}))
}

/// The relay takes requests and can write its record. That checkpoints fail, that the configuration file has faults, and how
/// it stands with certificate and API keys is said and no more: logins go on.
pub(crate) async fn readyz(State(current): State<Arc<Current>>) -> (StatusCode, Json<Value>) {
    let in_use = current.get();
    let app = &in_use.app;
    let draining = app.draining.is_cancelled();
    let store = check(app).await;
    if let Err(error) = &store {
        tracing::warn!(%error, "not ready");
    }
    let intact = !app.checkpoints.is_rewritten();
    let ready = !draining && store.is_ok() && intact;
    let status = if ready {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    let word = |fine: bool, word: &'static str| if fine { "ok" } else { word };
    let ledger = match &store {
        Err(StoreError::Blocked { .. }) if intact => "blocked by a foreign row",
        Err(StoreError::Altered { .. }) if intact => "in a schema that was changed",
        _ => word(intact, "rewritten"),
    };
    let body = json!({
        "status": word(ready, "unavailable"),
        "accepting": word(!draining, "shutting down"),
        "store": word(store.is_ok(), "failing"),
        "ledger": ledger,
        "checkpoints": checkpoints(app),
        "webhooks": app.webhooks.summary(),
        "configuration": current.configuration(),
        "api_keys": app.brokers.status(),
        "certificate": current.certificate(),
    });
    (status, Json(body))
}

/// Whether the next login can be recorded, and nothing that guards the records was taken away, or put in their way.
async fn check(app: &App) -> Result<(), StoreError> {
    app.store.check(app.clock.now()).await?;
    schema::check(&*app.store, store::place(&app.config.store)).await
}

fn checkpoints(app: &App) -> String {
    let Some(facts) = app.checkpoints.facts() else {
        return "off".to_owned();
    };
    match facts.failing_since() {
        Some(since) => format!("failing since {since:.0}"),
        None => "ok".to_owned(),
    }
}
