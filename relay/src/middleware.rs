//! What surrounds every handler, from the outside in: the request log, CORS, protection from panics, the closing door, the
//! last deadline.

mod client_address;
mod cors;
mod door;
mod log;
mod unread;

pub(crate) use client_address::{ClientAddress, Peer, Unnamed};
pub(crate) use cors::cors;
pub(crate) use door::{catch_panics, deadline, refuse_while_draining};
pub(crate) use log::{HttpRequest, log_request};
pub(crate) use unread::read_what_was_left;
