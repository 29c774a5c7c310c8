//! The SQLite store keeps what the trait promises.
