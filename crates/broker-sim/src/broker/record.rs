//! The outermost layer: records every request, and lets scripts spoil its answer.

use axum::Extension;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::middleware::Next;
use axum::response::Response;

use super::answers::{Minted, problem};
use super::spoil::{self, keeps_everything_back};
use crate::accept::Connection;
use crate::fault::Endpoint;
use crate::journal::JournalEntry;
use crate::world::Shared;

/// Far more than any request to the broker needs.
const MAX_BODY_BYTES: usize = 1024 * 1024;

/// Answers a request, with or without a fault, and writes the journal before the first byte of the answer can leave.
pub(super) async fn record(
    State(shared): State<Shared>,
    Extension(connection): Extension<Connection>,
    request: Request,
    next: Next,
) -> Response {
    let at = shared.clock.now();
    let (parts, body) = request.into_parts();
    let path = parts.uri.path().to_owned();
    let Ok(body) = to_bytes(body, MAX_BODY_BYTES).await else {
        return problem(
            &shared,
            &path,
            StatusCode::PAYLOAD_TOO_LARGE,
            "The body is too long or broke off",
        );
    };
    let mut entry = JournalEntry {
        at,
        peer_ip: connection.peer_ip,
        method: parts.method.to_string(),
        path: parts
            .uri
            .path_and_query()
            .map_or_else(String::new, ToString::to_string),
        headers: header_list(&parts),
        body: String::from_utf8_lossy(&body).into_owned(),
        status: None,
        token: None,
    };

    let fault = shared.world().scripts.next(Endpoint::of(&path));
    let answer = match fault
        .as_ref()
        .and_then(|fault| spoil::instead(&shared, &path, fault))
    {
        Some(instead) => instead,
        None => next.run(Request::from_parts(parts, Body::from(body))).await,
    };

    entry.token = answer.extensions().get::<Minted>().map(|minted| minted.0.clone());
    if !fault.as_ref().is_some_and(keeps_everything_back) {
        entry.status = Some(answer.status().as_u16());
    }
    // From the moment the entry can be seen a release counts for this request.
    let releases = shared.releases.subscribe();
    shared.world().record(entry);
    shared.recorded.notify_waiters();

    match fault {
        Some(fault) => spoil::after(answer, fault, connection, releases).await,
        None => answer,
    }
}

fn header_list(parts: &Parts) -> Vec<(String, String)> {
    let text = |value: &[u8]| String::from_utf8_lossy(value).into_owned();
    parts
        .headers
        .iter()
        .map(|(name, value)| (name.to_string(), text(value.as_bytes())))
        .collect()
}
