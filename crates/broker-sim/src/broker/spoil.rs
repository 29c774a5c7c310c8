//! How a fault takes the place of an answer, or spoils one that was right.

use std::io;
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use bytes::Bytes;
use futures_util::{StreamExt as _, stream};
use tokio::sync::watch;

use super::answers::{gateway_page, problem, scripted_error};
use crate::accept::Connection;
use crate::fault::{BodyKind, Fault, HUGE_BODY_BYTES};
use crate::world::Shared;

/// The answer of a fault that happens instead of the work, or `None` for one that comes after it.
pub(super) fn instead(shared: &Shared, path: &str, fault: &Fault) -> Option<Response> {
    match fault {
        Fault::Status(code, kind) => {
            let status = StatusCode::from_u16(*code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            Some(scripted_error(shared, path, status, *kind))
        }
        Fault::RateLimited(retry_after) => {
            let mut answer = scripted_error(shared, path, StatusCode::TOO_MANY_REQUESTS, BodyKind::Problem);
            set(&mut answer, header::RETRY_AFTER, retry_after.as_deref());
            Some(answer)
        }
        Fault::Html => Some(gateway_page(StatusCode::OK).into_response()),
        Fault::HugeBody => Some(([(header::CONTENT_TYPE, "application/json")], huge_body()).into_response()),
        Fault::Redirect(target) => {
            let mut answer = problem(shared, path, StatusCode::TEMPORARY_REDIRECT, "Moved");
            set(&mut answer, header::LOCATION, Some(target));
            Some(answer)
        }
        Fault::Delay(_)
        | Fault::Drip(_)
        | Fault::Hold
        | Fault::HangBeforeHeaders
        | Fault::HangAfterHeaders
        | Fault::Reset
        | Fault::ResetInBody
        | Fault::ClosedInBody
        | Fault::TruncatedJson
        | Fault::WrongContentType => None,
    }
}

/// Whether the caller sees nothing of the answer, not even its status.
pub(super) fn keeps_everything_back(fault: &Fault) -> bool {
    matches!(fault, Fault::HangBeforeHeaders | Fault::Reset)
}

/// Spoils an answer whose work is done. Faults that happened instead of the work pass through.
pub(super) async fn after(
    answer: Response,
    fault: Fault,
    connection: Connection,
    mut releases: watch::Receiver<()>,
) -> Response {
    match fault {
        Fault::Delay(by) => {
            tokio::time::sleep(by).await;
            answer
        }
        Fault::Hold => {
            // The sender lives as long as this handler's state, so that the wait ends by a release only.
            let _ = releases.changed().await;
            answer
        }
        Fault::HangBeforeHeaders => std::future::pending().await,
        Fault::Reset => {
            connection.reset();
            answer
        }
        Fault::WrongContentType => {
            let mut answer = answer;
            set(
                &mut answer,
                header::CONTENT_TYPE,
                Some("application/octet-stream"),
            );
            answer
        }
        Fault::Drip(interval) => with_body(answer, |body| drip(body, interval)).await,
        Fault::HangAfterHeaders => {
            with_body(answer, |_| {
                Body::from_stream(stream::pending::<io::Result<Bytes>>())
            })
            .await
        }
        Fault::ResetInBody => with_body(answer, |body| half_then(body, move || connection.reset())).await,
        Fault::ClosedInBody => with_body(answer, |body| half_then(body, || ())).await,
        Fault::TruncatedJson => {
            let mut answer = with_body(answer, |body| Body::from(half(&body))).await;
            answer.headers_mut().remove(header::CONTENT_LENGTH);
            answer
        }
        Fault::Status(..) | Fault::RateLimited(_) | Fault::Html | Fault::HugeBody | Fault::Redirect(_) => {
            answer
        }
    }
}

/// The same answer with another body, whose promised length stays that of the right one.
async fn with_body(answer: Response, change: impl FnOnce(Bytes) -> Body) -> Response {
    let (mut parts, body) = answer.into_parts();
    // Answers are built in memory, so that reading one cannot fail.
    let body = to_bytes(body, usize::MAX).await.unwrap_or_default();
    parts
        .headers
        .insert(header::CONTENT_LENGTH, HeaderValue::from(body.len()));
    Response::from_parts(parts, change(body))
}

fn half(body: &Bytes) -> Bytes {
    body.slice(..body.len() / 2)
}

/// Half of the body reaches the wire; then `end` is called and the connection breaks off.
fn half_then(body: Bytes, end: impl FnOnce() + Send + 'static) -> Body {
    let first = stream::iter([Ok(half(&body))]);
    let last = stream::once(async move {
        // Waiting once makes the connection flush what it has, so that the first half has left before the end comes.
        tokio::task::yield_now().await;
        end();
        Err(io::Error::from(io::ErrorKind::ConnectionAborted))
    });
    Body::from_stream(first.chain(last))
}

fn drip(body: Bytes, interval: Duration) -> Body {
    Body::from_stream(stream::unfold(body, move |mut rest| async move {
        if rest.is_empty() {
            return None;
        }
        tokio::time::sleep(interval).await;
        let byte = rest.split_to(1);
        Some((io::Result::Ok(byte), rest))
    }))
}

/// JSON that looks right at first and would end well, made as it is read. Its length is not announced.
fn huge_body() -> Body {
    const START: &[u8] = b"{\"oneTimeToken\":\"";
    const END: &[u8] = b"\"}";
    const CHUNK: &[u8] = &[b'a'; 64 * 1024];
    let filling = HUGE_BODY_BYTES - (START.len() + END.len()) as u64;
    let chunks = filling / CHUNK.len() as u64;
    let rest = (filling % CHUNK.len() as u64) as usize;
    let filler = (0..chunks)
        .map(|_| Bytes::from_static(CHUNK))
        .chain([Bytes::from_static(CHUNK).slice(..rest)]);
    let parts = [Bytes::from_static(START)]
        .into_iter()
        .chain(filler)
        .chain([Bytes::from_static(END)]);
    Body::from_stream(stream::iter(parts.map(io::Result::Ok)))
}

/// Sets a header to a scripted value; one that cannot be sent is left out.
fn set(answer: &mut Response, name: header::HeaderName, value: Option<&str>) {
    if let Some(value) = value.and_then(|value| HeaderValue::from_str(value).ok()) {
        answer.headers_mut().insert(name, value);
    }
}
