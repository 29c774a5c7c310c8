//! Ends every process that a task started, on Ctrl-C and on the way out.
//!
//! A driver that is killed leaves its browser behind, re-parented to init and in a process group of its own, so
//! neither the terminal's signal nor killing the direct child reaches it. This process therefore adopts orphans
//! (`PR_SET_CHILD_SUBREAPER`) and finds all its descendants in `/proc`. Elsewhere than on Linux only the terminal's
//! own signal to the process group remains.

use std::collections::HashMap;
use std::fs;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use rustix::process::{Pid, Signal, kill_process};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

/// How long children may take to end by themselves before they are killed.
const GRACE: Duration = Duration::from_secs(3);

static INTERRUPTED: AtomicBool = AtomicBool::new(false);

/// Makes SIGINT, SIGTERM and SIGHUP end all descendants, then this process.
pub(crate) fn end_on_signal() -> Result<()> {
    #[cfg(target_os = "linux")]
    rustix::process::set_child_subreaper(Some(rustix::process::getpid())).context("cannot adopt orphans")?;
    let mut signals = Signals::new([SIGINT, SIGTERM, SIGHUP]).context("cannot listen for signals")?;
    thread::spawn(move || {
        if let Some(signal) = signals.forever().next() {
            INTERRUPTED.store(true, Ordering::SeqCst);
            println!("\ninterrupted: ending what was started");
            if signal == SIGINT {
                // The terminal has told the children too: let them tidy up after themselves.
                wait_for_all();
            }
            end_all();
            std::process::exit(128 + signal);
        }
    });
    Ok(())
}

/// Asks all descendants to end, and kills those that have not after a grace period.
pub(crate) fn end_all() {
    signal(Signal::TERM);
    wait_for_all();
    signal(Signal::KILL);
}

/// Does not return after a signal: the process ends when its children have.
pub(crate) fn leave_to_signal() {
    while INTERRUPTED.load(Ordering::SeqCst) {
        thread::park();
    }
}

fn wait_for_all() {
    let deadline = Instant::now() + GRACE;
    while !descendants().is_empty() && Instant::now() < deadline {
        thread::sleep(Duration::from_millis(20));
    }
}

fn signal(signal: Signal) {
    for pid in descendants() {
        // A process that has ended meanwhile is what was wanted.
        let _ = kill_process(pid, signal);
    }
}

fn descendants() -> Vec<Pid> {
    let mut children: HashMap<i32, Vec<i32>> = HashMap::new();
    for entry in fs::read_dir("/proc").into_iter().flatten().flatten() {
        let Ok(stat) = fs::read_to_string(entry.path().join("stat")) else {
            continue;
        };
        if let Some((pid, parent)) = running(&stat) {
            children.entry(parent).or_default().push(pid);
        }
    }
    let mut found = Vec::new();
    let mut open = vec![rustix::process::getpid().as_raw_nonzero().get()];
    while let Some(parent) = open.pop() {
        for &pid in children.get(&parent).into_iter().flatten() {
            open.push(pid);
            found.extend(Pid::from_raw(pid));
        }
    }
    found
}

/// The process and its parent, from a line of `/proc/PID/stat`; nothing for one that has ended.
fn running(stat: &str) -> Option<(i32, i32)> {
    // The name in parentheses may hold anything, parentheses and spaces included.
    let (head, tail) = stat.rsplit_once(')')?;
    let mut fields = tail.split_whitespace();
    if matches!(fields.next()?, "Z" | "X") {
        return None;
    }
    let parent = fields.next()?.parse().ok()?;
    Some((head.split_whitespace().next()?.parse().ok()?, parent))
}

#[cfg(test)]
mod tests {
    use super::running;

    #[test]
    fn reads_a_process_and_its_parent() {
        assert_eq!(running("42 (web (content) x) S 7 42 42 0 -1"), Some((42, 7)));
        assert_eq!(running("43 (cargo) Z 7 42 42 0 -1"), None);
        assert_eq!(running(""), None);
    }
}
