//! `stagedoor config example`: a commented configuration.

use crate::config::EXAMPLE;

pub(super) fn run() {
    print!("{EXAMPLE}");
}
