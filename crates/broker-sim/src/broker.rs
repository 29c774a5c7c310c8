//! The broker API: every route of every dialect on one screen, and what each of them does.

mod answers;
mod gate;
mod record;
mod spoil;

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use axum::{Extension, Json, Router};
use serde::Deserialize;

use crate::config::{ConnectionTest, Dialect};
use crate::world::Shared;
use answers::{Minted, account_answer, problem, token_answer};
use gate::Caller;

/// The routes of the configured dialect. Outermost, every request is recorded; then caller, key and rate are checked.
pub(crate) fn router(shared: Shared) -> Router {
    let look_up_path = match shared.dialect {
        Dialect::V1 | Dialect::Crm => "/v1/accounts/by-email/{email}",
        Dialect::V2 => "/v1/user-accounts/email/{email}",
    };
    let mut router = Router::new()
        .route("/v1/one-time-token", post(mint))
        .route(look_up_path, get(look_up));
    if shared.connection_test != ConnectionTest::ServiceInfoOnly {
        router = router.route("/v1/offers", get(offers));
    }
    if shared.connection_test != ConnectionTest::OffersOnly {
        router = router.route("/service-info", get(service_info));
    }
    router
        .fallback(no_such_page)
        .method_not_allowed_fallback(wrong_method)
        .layer(from_fn_with_state(shared.clone(), gate::check))
        .layer(from_fn_with_state(shared.clone(), record::record))
        .with_state(shared)
}

/// The body of a mint. The real broker may ignore fields it does not know; here they are refused, because a caller that
/// sends any has a bug.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct MintRequest {
    email: String,
    /// In seconds.
    validity_time: u64,
}

async fn mint(
    State(shared): State<Shared>,
    Extension(caller): Extension<Caller>,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let refuse = |status, detail| problem(&shared, uri.path(), status, detail);
    if !caller.may_mint {
        return refuse(StatusCode::FORBIDDEN, "Access is denied");
    }
    if !is_json(&headers) {
        return refuse(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "The body must be application/json",
        );
    }
    let Ok(request) = serde_json::from_slice::<MintRequest>(&body) else {
        return refuse(
            StatusCode::BAD_REQUEST,
            "The body must be {\"email\": text, \"validityTime\": seconds}",
        );
    };
    if !request.email.contains('@') {
        return refuse(
            StatusCode::UNPROCESSABLE_ENTITY,
            "email: must be an e-mail address",
        );
    }
    let validity = std::time::Duration::from_secs(request.validity_time);
    if validity.is_zero() || validity > shared.longest_validity {
        return refuse(StatusCode::UNPROCESSABLE_ENTITY, "validityTime: out of range");
    }
    let now = shared.clock.now();
    let (minted, shape) = {
        let mut world = shared.world();
        (world.mint(&request.email, now, validity), world.answer_shape)
    };
    match minted {
        Some(token) => (Extension(Minted(token.clone())), token_answer(shape, &token)).into_response(),
        None => refuse(StatusCode::NOT_FOUND, "Account not found"),
    }
}

async fn look_up(State(shared): State<Shared>, Path(email): Path<String>, uri: Uri) -> Response {
    let account = shared.world().account(&email);
    match account {
        Some(account) => Json(account_answer(shared.dialect, &account)).into_response(),
        None => problem(&shared, uri.path(), StatusCode::NOT_FOUND, "Account not found"),
    }
}

async fn offers() -> Response {
    Json(serde_json::json!([{ "uuid": "6f1f9f0a-6a51-4f0b-9a39-2f3c2b1d0e11", "name": "Standard", "currency": "USD" }]))
        .into_response()
}

async fn service_info() -> Response {
    Json(serde_json::json!({ "name": "broker-api", "version": env!("CARGO_PKG_VERSION") })).into_response()
}

async fn no_such_page(State(shared): State<Shared>, uri: Uri) -> Response {
    problem(&shared, uri.path(), StatusCode::NOT_FOUND, "No such page")
}

async fn wrong_method(State(shared): State<Shared>, uri: Uri) -> Response {
    problem(
        &shared,
        uri.path(),
        StatusCode::METHOD_NOT_ALLOWED,
        "Method not allowed",
    )
}

fn is_json(headers: &HeaderMap) -> bool {
    let declared = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let media_type = declared.split(';').next().unwrap_or_default().trim();
    media_type.eq_ignore_ascii_case("application/json")
}
