//! Who may call: the IP whitelist, the key in the dialect's form, and the key's rate.

use std::time::Duration;

use axum::Extension;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::Response;

use super::answers::problem;
use crate::accept::Connection;
use crate::config::{ApiKey, Dialect};
use crate::world::Shared;

/// A caller whose address, key and rate are in order.
#[derive(Clone, Copy)]
pub(super) struct Caller {
    pub(super) may_mint: bool,
}

/// Lets a request through with its [`Caller`], or answers in its place.
///
/// The whitelist comes first: the broker rejects a foreign address "even with a valid key that has the right". Its answer
/// and the one to a key without the right are the same on purpose, because nothing documented tells them apart.
pub(super) async fn check(
    State(shared): State<Shared>,
    Extension(connection): Extension<Connection>,
    mut request: Request,
    next: Next,
) -> Response {
    let path = request.uri().path().to_owned();
    if !shared.world().allowed_ips.contains(&connection.peer_ip) {
        return problem(&shared, &path, StatusCode::FORBIDDEN, "Access is denied");
    }
    let Some(key) = known_key(&shared, request.headers()) else {
        return problem(
            &shared,
            &path,
            StatusCode::UNAUTHORIZED,
            "Full authentication is required",
        );
    };
    let now = shared.clock.now();
    let counted = shared.world().count_request(&key.value, now);
    if let Err(wait) = counted {
        return too_many(&shared, &path, wait);
    }
    request.extensions_mut().insert(Caller {
        may_mint: key.may_mint,
    });
    next.run(request).await
}

/// The key in the request, if it is there once, in the dialect's form, and known.
fn known_key(shared: &Shared, headers: &HeaderMap) -> Option<ApiKey> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let (Some(value), None) = (values.next(), values.next()) else {
        return None;
    };
    let value = value.to_str().ok()?;
    let key = match shared.dialect {
        // The guide's requests carry the bare key: "Bearer <key>" is then simply another, unknown key.
        Dialect::V1 | Dialect::Crm => value,
        Dialect::V2 => value.strip_prefix("Bearer ")?,
    };
    shared
        .world()
        .keys
        .iter()
        .find(|known| known.value == key)
        .cloned()
}

fn too_many(shared: &Shared, path: &str, wait: Duration) -> Response {
    let mut answer = problem(shared, path, StatusCode::TOO_MANY_REQUESTS, "Too many requests");
    if shared.send_retry_after {
        // Rounded up, or a caller that obeys would come too early.
        let seconds = wait.as_millis().div_ceil(1000).max(1);
        if let Ok(value) = HeaderValue::from_str(&seconds.to_string()) {
            answer.headers_mut().insert(header::RETRY_AFTER, value);
        }
    }
    answer
}
