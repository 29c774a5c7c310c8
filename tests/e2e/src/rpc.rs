//! A small client for JSON calls and events over a WebSocket: the form that the Chrome DevTools Protocol and
//! WebDriver BiDi share.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anyhow::{Context as _, Result, anyhow};
use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::sync::{broadcast, mpsc, oneshot, watch};
use tokio::time::timeout;
use tokio_tungstenite::connect_async_with_config;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;

use crate::wait::PATIENCE;

/// Something that the browser told of its own accord.
#[derive(Debug, Clone)]
pub struct Event {
    /// The event's name, such as `Page.loadEventFired`.
    pub method: String,
    /// Its parameters.
    pub params: Value,
    /// The DevTools session it belongs to; always absent in BiDi.
    pub session: Option<String>,
}

/// The page that was called has gone before it answered: nobody will.
#[derive(Debug, thiserror::Error)]
#[error("the page went away before it answered")]
pub struct PageGone;

/// A call that waits for its answer, and the DevTools session it was made in.
struct Waiting {
    session: Option<String>,
    answer: oneshot::Sender<Result<Value>>,
}

/// A connection to a browser. Clones share the connection.
#[derive(Clone)]
pub struct Client {
    shared: Arc<Shared>,
}

struct Shared {
    outgoing: mpsc::UnboundedSender<Message>,
    waiting: Mutex<HashMap<u64, Waiting>>,
    events: broadcast::Sender<Event>,
    /// Why the connection is no more, once it is.
    closed: watch::Sender<Option<String>>,
    next: AtomicU64,
}

impl Client {
    /// Connects to a browser's WebSocket.
    pub async fn connect(url: &str) -> Result<Self> {
        // A screenshot is one message; there is no reason to bound what our own browser sends.
        let config = WebSocketConfig::default()
            .max_message_size(None)
            .max_frame_size(None);
        let (socket, _) = connect_async_with_config(url, Some(config), true)
            .await
            .with_context(|| format!("cannot connect to the browser at {url}"))?;
        let (mut sink, mut stream) = socket.split();
        let (outgoing, mut queue) = mpsc::unbounded_channel();
        let shared = Arc::new(Shared {
            outgoing,
            waiting: Mutex::default(),
            events: broadcast::channel(1024).0,
            closed: watch::channel(None).0,
            next: AtomicU64::new(1),
        });
        tokio::spawn(async move {
            while let Some(message) = queue.recv().await {
                if sink.send(message).await.is_err() {
                    return;
                }
            }
        });
        let reader = Arc::downgrade(&shared);
        tokio::spawn(async move {
            let cause = loop {
                match stream.next().await {
                    Some(Ok(Message::Text(text))) => match reader.upgrade() {
                        Some(shared) => shared.receive(&text),
                        None => return,
                    },
                    Some(Ok(Message::Close(Some(frame)))) => {
                        break format!("it closed the connection: {frame}");
                    }
                    Some(Ok(_)) => {}
                    Some(Err(error)) => break format!("the connection broke: {error}"),
                    None => break "the connection ended".to_owned(),
                }
            };
            if let Some(shared) = reader.upgrade() {
                shared.close(cause);
            }
        });
        Ok(Self { shared })
    }

    /// Calls a method of the browser and waits for its result.
    pub async fn call(&self, method: &str, params: Value) -> Result<Value> {
        self.call_in(None, method, params).await
    }

    /// Calls a method in a DevTools session.
    pub async fn call_in(&self, session: Option<&str>, method: &str, params: Value) -> Result<Value> {
        let id = self.shared.next.fetch_add(1, Ordering::Relaxed);
        let mut message = json!({"id": id, "method": method, "params": params});
        if let Some(session) = session {
            message["sessionId"] = session.into();
        }
        let (sender, answer) = oneshot::channel();
        let waiting = Waiting {
            session: session.map(str::to_owned),
            answer: sender,
        };
        self.shared.waiting().insert(id, waiting);
        if self.shared.closed.borrow().is_some()
            || self
                .shared
                .outgoing
                .send(Message::text(message.to_string()))
                .is_err()
        {
            self.shared.waiting().remove(&id);
            return Err(self.gone(method));
        }
        match timeout(PATIENCE, answer).await {
            Ok(Ok(result)) => result.with_context(|| method.to_owned()),
            Ok(Err(_)) => Err(self.gone(method)),
            Err(_) => Err(anyhow!(
                "{method}: no answer from the browser in {} s",
                PATIENCE.as_secs()
            )),
        }
    }

    fn gone(&self, method: &str) -> anyhow::Error {
        let cause = self.shared.closed.borrow().clone();
        anyhow!("{method}: the browser is gone: {}", cause.unwrap_or_default())
    }

    /// The events from now on.
    pub fn events(&self) -> broadcast::Receiver<Event> {
        self.shared.events.subscribe()
    }

    /// Waits until the browser has closed the connection.
    pub async fn closed(&self) {
        // An error means that the sender is gone, which is as closed as can be.
        let _ = self.shared.closed.subscribe().wait_for(Option::is_some).await;
    }
}

impl Shared {
    fn receive(&self, text: &str) {
        let Ok(mut message) = serde_json::from_str::<Value>(text) else {
            return;
        };
        if let Some(id) = message["id"].as_u64() {
            if let Some(waiting) = self.waiting().remove(&id) {
                // The caller may have given up.
                let _ = waiting.answer.send(outcome(&mut message));
            }
        } else if let Some(method) = message["method"].as_str() {
            if method == "Target.detachedFromTarget" {
                self.end_session(message["params"]["sessionId"].as_str());
            }
            let event = Event {
                method: method.to_owned(),
                session: message["sessionId"].as_str().map(str::to_owned),
                params: message["params"].take(),
            };
            // Nobody may be listening.
            let _ = self.events.send(event);
        }
    }

    /// DevTools drops the calls of a session that ends, without a word to the caller.
    fn end_session(&self, session: Option<&str>) {
        let ended = self
            .waiting()
            .extract_if(|_, waiting| waiting.session.is_some() && waiting.session.as_deref() == session)
            .collect::<Vec<_>>();
        for (_, waiting) in ended {
            // The caller may have given up.
            let _ = waiting.answer.send(Err(PageGone.into()));
        }
    }

    fn close(&self, cause: String) {
        self.closed.send_replace(Some(cause));
        self.waiting().clear();
    }

    fn waiting(&self) -> MutexGuard<'_, HashMap<u64, Waiting>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The result of a call, or the browser's reason: an object in DevTools, a code and a text in BiDi.
fn outcome(message: &mut Value) -> Result<Value> {
    match &message["error"] {
        Value::Null => Ok(message["result"].take()),
        Value::String(code) => Err(anyhow!(
            "{code}: {}",
            message["message"].as_str().unwrap_or_default()
        )),
        error => Err(anyhow!(
            "{}",
            error["message"].as_str().unwrap_or("error without a text")
        )),
    }
}
