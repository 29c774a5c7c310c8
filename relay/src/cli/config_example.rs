//! `stagedoor config example`: a commented configuration.

use std::io::{self, Write, stdout};

use crate::config::EXAMPLE;

pub(super) fn run() -> io::Result<()> {
    let mut out = stdout().lock();
    out.write_all(EXAMPLE.as_bytes())?;
    out.flush()
}
