//! What the PostgreSQL engine promises beyond what every engine does: rights, several relays, lost servers.

mod approvals;
mod disaster;
mod lab;
mod relays;
mod rights;
mod schema;
mod server;
mod tls;
mod wire;
