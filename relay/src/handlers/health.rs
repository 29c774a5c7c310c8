//! `/healthz` and `/readyz`, on their own listener: is the process alive, and should requests be sent to it?

use std::{net::IpAddr, sync::Arc};

use axum::{Extension, Json, extract::State, http::StatusCode};
use serde_json::{Value, json};
use tracing::warn;

use crate::{
    app::App,
    current::Current,
    middleware::Peer,
    store::{self, StoreError, schema},
};

/// The process answers.
pub(crate) async fn healthz() -> Json<Value> {
    Json(json!({"status": "ok"}))
}

/// The relay takes requests and can write its record. That checkpoints fail, that the configuration file has faults, and how
/// it stands with certificate, API keys and the sign-in provider is said and no more: logins go on.
pub(crate) async fn readyz(
    State(current): State<Arc<Current>>,
    Extension(Peer(peer)): Extension<Peer>,
) -> (StatusCode, Json<Value>) {
    let in_use = current.get();
    let app = &in_use.app;
    let draining = app.draining.is_cancelled();
    let store = check(app).await;
    let intact = !app.checkpoints.is_rewritten();
    let word = |fine: bool, word: &'static str| if fine { "ok" } else { word };
    let ledger = match &store {
        Err(StoreError::Blocked { .. }) if intact => "blocked by a foreign row",
        Err(StoreError::Altered { .. }) if intact => "in a schema that was changed",
        _ => word(intact, "rewritten"),
    };
    let checks = [
        ("accepting", !draining),
        ("store", store.is_ok()),
        ("ledger", ledger == "ok"),
    ];
    let failing: Vec<_> = checks
        .into_iter()
        .filter_map(|(name, fine)| (!fine).then_some(name))
        .collect();
    let ready = failing.is_empty();
    tell(&failing, store.as_ref().err(), ledger);
    let status = if ready {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    let body = json!({
        "status": word(ready, "unavailable"),
        "failing": failing,
        "accepting": word(!draining, "shutting down"),
        "store": in_words(&store, peer.ip()),
        "ledger": ledger,
        "checkpoints": checkpoints(app),
        "webhooks": app.webhooks.summary(),
        "configuration": current.configuration(),
        "api_keys": app.brokers.status(),
        "sign_in": app.sign_in.as_ref().map_or_else(|| "off".to_owned(), |provider| provider.status(peer.ip())),
        "certificate": current.certificate(),
    });
    (status, Json(body))
}

/// Logs which checks fail. That the relay is shutting down alone is no news.
fn tell(failing: &[&str], error: Option<&StoreError>, ledger: &str) {
    let failing = failing.join(", ");
    match error {
        Some(error) => warn!(failing, ledger, %error, "not ready"),
        None if ledger != "ok" => warn!(failing, ledger, "not ready"),
        None => {}
    }
}

/// Files and servers are named to whoever asks from this machine. There is no secret in that, but others need not know.
fn in_words(store: &Result<(), StoreError>, peer: IpAddr) -> String {
    match store {
        Ok(()) => "ok".to_owned(),
        Err(error) if peer.to_canonical().is_loopback() => format!("failing: {error}"),
        Err(error) => format!("failing: {}; the relay's log says more", error.in_short()),
    }
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
        Some(since) => format!("failing since {since:.0} ({})", facts.failing_parts()),
        None => "ok".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_is_told_which_file_or_server_it_is() {
        let full = Err(StoreError::Unavailable {
            place: "/var/lib/stagedoor/stagedoor.db".to_owned(),
            cause: "database or disk is full".to_owned(),
            cure: "make room on its disk".into(),
        });
        for here in ["127.0.0.1", "::1", "::ffff:127.0.0.1"] {
            assert_eq!(
                in_words(&full, here.parse().unwrap()),
                "failing: the store /var/lib/stagedoor/stagedoor.db cannot be used: database or disk is full; make room on its \
                 disk"
            );
        }
        for elsewhere in ["10.0.0.7", "2001:db8::7"] {
            assert_eq!(
                in_words(&full, elsewhere.parse().unwrap()),
                "failing: it cannot be used; the relay's log says more"
            );
        }
        assert_eq!(in_words(&Ok(()), [10, 0, 0, 7].into()), "ok");
    }
}
