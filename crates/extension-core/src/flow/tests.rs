//! The flows against a browser and a relay in memory.

mod approval;
mod approvals;
mod claims;
mod fake;
mod glimpse;
mod introduced;
mod lapsed;
mod login;
mod managed;
mod obstacles;
mod one_click;
mod options;
mod popup;
mod preview;
mod provisional;
mod reasons;
mod recipes;
mod reread;
mod selection;
mod sign_in;
mod sign_out;
mod torn;
mod windows;

use std::{
    future::Future,
    pin::pin,
    rc::Rc,
    task::{Context, Poll, Waker},
};

use serde_json::{Value, json};

use super::Core;
use crate::{
    json::{self, ToJson},
    message::Message,
};
use fake::{Fake, TOKEN};

/// A worker in a browser. Making another one for the same browser is what happens after the first was stopped.
type Worker = Core<Rc<Fake>>;

/// A browser whose profile is enrolled, on a page with one customer.
fn enrolled() -> (Rc<Fake>, Worker) {
    let fake = Fake::enrolled();
    let worker = Core::new(Rc::clone(&fake));
    (fake, worker)
}

/// Asks a worker and waits for the view. No view ever holds the token.
fn ask(worker: &Worker, message: Value) -> Value {
    let message = read(&message);
    let text = finish(worker.handle(&message)).to_json();
    assert!(!text.contains(TOKEN), "{text}");
    serde_json::from_str(&text).unwrap()
}

fn read(message: &Value) -> Message {
    Message::read(&json::Value::parse(&message.to_string()).unwrap())
}

/// Drives a future that waits for nothing outside.
fn finish<T>(future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    for _ in 0..1_000 {
        if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            return output;
        }
    }
    panic!("waits for something that does not come")
}

fn login_message(tab: i32) -> Value {
    json!({
        "type": "popup/login", "tabId": tab, "email": "anna@example.com", "platform": "main",
        "reason": "customer asked on the phone",
    })
}
