//! The trading platform: logs a customer in by one-time token, keeps a session in the cookie `co-auth`, or says why not.

mod page;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::json;

use crate::tokens::Refusal;
use crate::world::{Account, Shared};

const SESSION_COOKIE: &str = "co-auth";

/// The platform's pages.
pub(crate) fn router(shared: Shared) -> Router {
    Router::new()
        .route("/", get(front))
        .route("/manager/login/co/with-token", post(log_in_by_api))
        .route("/favicon.ico", get(async || StatusCode::NO_CONTENT))
        .with_state(shared)
}

/// `/?auth=TOKEN` logs in and replaces whatever session the browser had; `/` shows the session.
async fn front(State(shared): State<Shared>, uri: Uri, headers: HeaderMap) -> Response {
    match auth_parameter(&uri) {
        Some(token) => match log_in(&shared, &token) {
            Ok((account, session)) => (set_cookie(&session), html(page::logged_in(&account))).into_response(),
            Err(refusal) => refused(refusal),
        },
        None => {
            let account = session_cookie(&headers).and_then(|id| shared.world().session(id));
            account.map_or_else(
                || refused(Refusal::Missing),
                |account| html(page::logged_in(&account)),
            )
        }
    }
}

#[derive(Deserialize)]
struct TokenLogin {
    token: String,
}

/// The way public clients of the platform redeem a token.
async fn log_in_by_api(State(shared): State<Shared>, body: Bytes) -> Response {
    let Ok(TokenLogin { token }) = serde_json::from_slice(&body) else {
        return (
            StatusCode::BAD_REQUEST,
            Json(json!({ "errorMessage": "malformed" })),
        )
            .into_response();
    };
    match log_in(&shared, &token) {
        Ok((account, session)) => {
            (set_cookie(&session), Json(json!({ "email": account.email }))).into_response()
        }
        Err(refusal) => (
            StatusCode::UNAUTHORIZED,
            Json(json!({ "errorMessage": refusal.as_str() })),
        )
            .into_response(),
    }
}

fn log_in(shared: &Shared, token: &str) -> Result<(Account, String), Refusal> {
    let now = shared.clock.now();
    shared.world().log_in(token, now)
}

fn auth_parameter(uri: &Uri) -> Option<String> {
    let query = uri.query()?;
    form_urlencoded::parse(query.as_bytes())
        .find(|(name, _)| name == "auth")
        .map(|(_, value)| value.into_owned())
}

fn session_cookie(headers: &HeaderMap) -> Option<&str> {
    let lines = headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|line| line.to_str().ok());
    let mut pairs = lines
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='));
    pairs
        .find(|(name, _)| *name == SESSION_COOKIE)
        .map(|(_, value)| value)
}

fn set_cookie(session: &str) -> [(header::HeaderName, String); 1] {
    [(
        header::SET_COOKIE,
        format!("{SESSION_COOKIE}={session}; Path=/; HttpOnly; SameSite=Lax"),
    )]
}

fn refused(refusal: Refusal) -> Response {
    let status = if refusal == Refusal::Missing {
        StatusCode::OK
    } else {
        StatusCode::UNAUTHORIZED
    };
    (status, html(page::refused(refusal))).into_response()
}

fn html(body: String) -> Response {
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CACHE_CONTROL, "no-store"),
        (header::REFERRER_POLICY, "no-referrer"),
        (
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; style-src 'unsafe-inline'; img-src data:",
        ),
    ];
    (headers, body).into_response()
}
