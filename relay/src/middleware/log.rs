//! The request log: one line for each request, with who and how long and what came of it. This is the one place where an
//! error's cause is written.

use std::{error::Error, fmt::Write, sync::Arc};

use axum::{
    extract::{MatchedPath, Request, State},
    http::{HeaderValue, header},
    middleware::Next,
    response::Response,
};
use stagedoor_protocol::RequestId;
use tracing::{Instrument, error, field::Empty, info, info_span, warn};

use super::{ClientAddress, Peer};
use crate::{app::App, error::ErrorNote, random};

/// The relay's own id of one HTTP request, under which its log lines are found.
#[derive(Debug, Clone)]
pub(crate) struct HttpRequest(RequestId);

impl HttpRequest {
    /// The id as text.
    pub(crate) fn of(request: &Request) -> String {
        request
            .extensions()
            .get::<Self>()
            .map_or_else(String::new, |id| id.0.to_string())
    }
}

/// Logs the request, and marks the answer as not to be kept by anybody.
pub(crate) async fn log_request(State(app): State<Arc<App>>, mut request: Request, next: Next) -> Response {
    let started = app.clock.elapsed();
    let id = request_id(&app);
    let client = client_address(&app, &request);
    // The route's template, not the path: a mistyped path may hold anything.
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map_or_else(|| "none".to_owned(), |path| path.as_str().to_owned());
    let method = request.method().clone();
    let span = info_span!("request", request = %id, client = %client, staff = Empty, login = Empty);
    request.extensions_mut().insert(client);
    request.extensions_mut().insert(HttpRequest(id));

    let mut response = next.run(request).instrument(span.clone()).await;
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );

    let duration_ms = app.clock.milliseconds_since(started);
    let status = response.status().as_u16();
    span.in_scope(|| match response.extensions().get::<ErrorNote>() {
        None => info!(%method, route, status, duration_ms, "request"),
        Some(note) => {
            let cause = chain(note);
            let (code, rule) = (note.code.as_str(), note.rule.as_deref().unwrap_or_default());
            match status {
                500 => error!(%method, route, status, code, rule, cause, duration_ms, "request"),
                501.. => warn!(%method, route, status, code, rule, cause, duration_ms, "request"),
                _ => info!(%method, route, status, code, rule, cause, duration_ms, "request"),
            }
        }
    });
    response
}

fn request_id(app: &App) -> RequestId {
    let milliseconds = u64::try_from(app.clock.now().as_millisecond()).unwrap_or_default();
    // Without randomness ids may repeat, which is bad for reading the log and for nothing else.
    RequestId::from_parts(milliseconds, &random::bytes().unwrap_or_default())
}

fn client_address(app: &App, request: &Request) -> ClientAddress {
    match request.extensions().get::<Peer>() {
        Some(Peer(peer)) => {
            let client = ClientAddress::find(*peer, request.headers(), &app.config.listen.trusted_proxies);
            if client.is_unknown() {
                app.unnamed.tell(peer.ip(), app.clock.elapsed());
            }
            client
        }
        None => ClientAddress::of(request),
    }
}

/// The cause and what is behind it.
fn chain(note: &ErrorNote) -> String {
    let mut text = String::new();
    let mut next: Option<&dyn Error> = note.cause.as_ref().map(|cause| cause as &dyn Error);
    while let Some(error) = next {
        let separator = if text.is_empty() { "" } else { ": " };
        // Writing to a String cannot fail.
        let _ = write!(text, "{separator}{error}");
        next = error.source();
    }
    text
}
