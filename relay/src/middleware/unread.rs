//! Reads what a handler left of a request's body, within bounds. Closing a connection with unread bytes resets it, and the
//! client would see a broken connection instead of the problem document that says what is wrong.

use std::{
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll},
    time::Duration,
};

use axum::{
    Error,
    body::{Body, Bytes, HttpBody},
    extract::Request,
    http::header,
    middleware::Next,
    response::Response,
};
use http_body_util::BodyExt;
use hyper::body::{Frame, SizeHint};
use tokio::time::timeout;

/// How much is read only to be thrown away, in bytes.
const AT_MOST: usize = 256 * 1024;
/// For how long.
const FOR_AT_MOST: Duration = Duration::from_secs(1);

/// Lets the handler run, then reads on.
pub(crate) async fn read_what_was_left(request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    // A client that asked whether to send its body has not sent it, and must not be told to.
    if body.is_end_stream() || parts.headers.contains_key(header::EXPECT) {
        return next.run(Request::from_parts(parts, body)).await;
    }
    let shared = Shared(Arc::new(Mutex::new(body)));
    let rest = shared.clone();
    let response = next.run(Request::from_parts(parts, Body::new(shared))).await;
    // Too slow or too long: the connection is closed as it is.
    let _ = timeout(FOR_AT_MOST, discard(rest)).await;
    response
}

async fn discard(mut body: Shared) {
    let mut read = 0;
    while read < AT_MOST {
        match body.frame().await {
            Some(Ok(frame)) => read += frame.data_ref().map_or(0, Bytes::len),
            Some(Err(_)) | None => return,
        }
    }
}

/// One body, read first by the handler and then by [`discard`].
#[derive(Clone)]
struct Shared(Arc<Mutex<Body>>);

impl HttpBody for Shared {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        let mut body = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Pin::new(&mut *body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).size_hint()
    }
}
