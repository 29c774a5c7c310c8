//! The `stagedoor` binary.

use std::process::ExitCode;

fn main() -> ExitCode {
    stagedoor_relay::cli::run()
}
