//! A short fault run, so that the long ones of `cargo xtask chaos` keep working.

use std::{
    env,
    path::{Path, PathBuf},
};

use stagedoor_load::chaos::{self, Options};

/// `STAGEDOOR_RELAY_BIN`, or what cargo built beside this test.
fn relay() -> PathBuf {
    let test = env::current_exe().unwrap_or_default();
    let beside = || test.ancestors().nth(2).unwrap_or(&test).join("stagedoor");
    let binary = env::var_os("STAGEDOOR_RELAY_BIN").map_or_else(beside, PathBuf::from);
    assert!(
        binary.is_file(),
        "no relay at {}: run `cargo build -p stagedoor-relay` first",
        binary.display()
    );
    binary
}

#[tokio::test(flavor = "multi_thread")]
async fn a_few_kills_and_a_few_fights_break_no_promise() {
    let options = Options {
        relay: relay(),
        folder: Path::new(env!("CARGO_TARGET_TMPDIR")).join("chaos"),
        kills: 5,
        interleavings: 20,
        disk_rounds: 0,
        outages: 0,
        seed: 20_261_125,
    };
    let report = chaos::on_sqlite(&options).await.unwrap();
    println!("{report}");
    let count = |run, what| report.get(run, what).unwrap();
    assert_eq!(count("kill", "kills under load"), 5);
    assert_eq!(count("two", "customers that two people wanted"), 20);
    // Without these the runs would have shown nothing.
    for (run, what) in [
        ("kill", "tokens in clients' hands"),
        ("kill", "intents that a start closed as unknown"),
        ("two", "refused, naming the real holder"),
        ("two", "intents that override another"),
    ] {
        assert!(count(run, what) > 0, "{run}: {what}");
    }
}
