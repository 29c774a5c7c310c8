//! A child process that never outlives this one, and whose output can be waited for and read.
//!
//! Each child leads a process group, since browsers start many processes. A watchdog shell in the group reads from a
//! pipe that only this process writes to: when this process ends, however it ends, the pipe closes and the watchdog
//! kills the group.

use std::io::{BufRead as _, BufReader, Read};
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, anyhow, bail};
use rustix::process::{Pid, Signal, kill_process, kill_process_group};

use crate::wait::until;

/// How long a killed process may take to be gone.
const GONE: Duration = Duration::from_secs(5);

/// A running child with its process group.
pub struct Process {
    name: String,
    group: Pid,
    child: Child,
    watchdog: Child,
    lines: Arc<Mutex<Vec<String>>>,
}

impl Process {
    /// Starts a command; `name` is what errors call it.
    pub fn start(name: &str, command: &mut Command) -> Result<Self> {
        let mut child = command
            .process_group(0)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .with_context(|| format!("{name} does not start ({})", command.get_program().display()))?;
        let group = Pid::from_child(&child);
        let lines = Arc::default();
        collect(child.stdout.take(), &lines);
        collect(child.stderr.take(), &lines);
        let watchdog = watch(group).inspect_err(|_| {
            // Nothing would end the child if this process was killed, so it must not run at all.
            let _ = child.kill();
        })?;
        Ok(Self {
            name: name.to_owned(),
            group,
            child,
            watchdog,
            lines,
        })
    }

    /// Waits for the first line of output that `find` recognises.
    pub async fn line<T>(&mut self, limit: Duration, find: impl Fn(&str) -> Option<T>) -> Result<T> {
        let what = format!("{} to say that it is ready", self.name);
        let found = until(&what, limit, async || {
            // Asked before the lines are read, so that the last words of a process are not missed.
            let ended = self.child.try_wait()?;
            if let Some(found) = self.lines().iter().find_map(|line| find(line)) {
                return Ok(Some(found));
            }
            match ended {
                Some(status) => bail!("{} ended ({status})", self.name),
                None => Ok(None),
            }
        });
        match found.await {
            Ok(found) => Ok(found),
            Err(error) => Err(self.explain(error)),
        }
    }

    /// Adds to an error what became of the process and what it said.
    pub fn explain(&mut self, error: anyhow::Error) -> anyhow::Error {
        let state = match self.child.try_wait() {
            Ok(Some(status)) => format!("ended ({status})"),
            _ => "is running".to_owned(),
        };
        anyhow!("{error:#}; {} {state} and said:\n{}", self.name, self.output())
    }

    /// Everything that the process has written so far.
    pub fn output(&self) -> String {
        self.lines().join("\n")
    }

    /// Asks the process to end, and kills it when it has not ended after `grace`.
    pub async fn stop(mut self, grace: Duration) -> Result<ExitStatus> {
        // It may have ended already.
        let _ = kill_process(self.group, Signal::TERM);
        self.ended(grace).await
    }

    /// Waits until the process has ended by itself.
    pub async fn ended(&mut self, limit: Duration) -> Result<ExitStatus> {
        let what = format!("{} to end", self.name);
        until(&what, limit, async || Ok(self.child.try_wait()?)).await
    }

    fn lines(&self) -> MutexGuard<'_, Vec<String>> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // The group may be gone already; the watchdog is then gone as well.
        let _ = kill_process_group(self.group, Signal::KILL);
        // Waiting keeps the process from being a zombie, and its files from being written while they are deleted.
        let deadline = Instant::now() + GONE;
        for child in [&mut self.child, &mut self.watchdog] {
            while matches!(child.try_wait(), Ok(None)) && Instant::now() < deadline {
                thread::sleep(Duration::from_millis(2));
            }
        }
    }
}

fn watch(group: Pid) -> Result<Child> {
    Command::new("sh")
        .args([
            "-c",
            "read -r _; kill -s KILL -- \"-$1\"",
            "watchdog",
            &group.as_raw_nonzero().to_string(),
        ])
        .process_group(group.as_raw_nonzero().get())
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .context("the watchdog shell does not start")
}

fn collect(stream: Option<impl Read + Send + 'static>, lines: &Arc<Mutex<Vec<String>>>) {
    let Some(stream) = stream else { return };
    let lines = Arc::clone(lines);
    thread::spawn(move || {
        for line in BufReader::new(stream).split(b'\n') {
            // A read error means that the process is gone.
            let Ok(line) = line else { return };
            let line = String::from_utf8_lossy(&line).into_owned();
            lines.lock().unwrap_or_else(PoisonError::into_inner).push(line);
        }
    });
}

#[cfg(test)]
mod tests {
    use std::os::unix::process::ExitStatusExt as _;
    use std::process::Command;
    use std::time::Duration;

    use super::Process;

    #[tokio::test]
    async fn output_is_awaited_and_the_group_dies_with_the_handle() {
        let mut shell = Command::new("sh");
        shell.args(["-c", "sleep 100 & echo grandchild=$!; wait"]);
        let mut process = Process::start("a shell", &mut shell).unwrap();
        let grandchild: u32 = process
            .line(Duration::from_secs(5), |line| {
                line.strip_prefix("grandchild=")?.parse().ok()
            })
            .await
            .unwrap();
        let alive = || {
            let stat = std::fs::read_to_string(format!("/proc/{grandchild}/stat")).unwrap_or_default();
            !stat.is_empty() && !stat.contains(") Z ")
        };
        assert!(alive());
        drop(process);
        crate::wait::until("the grandchild to be gone", Duration::from_secs(5), async || {
            Ok((!alive()).then_some(()))
        })
        .await
        .unwrap();
    }

    #[tokio::test]
    async fn the_watchdog_ends_the_group_once_nobody_holds_its_pipe() {
        let mut shell = Command::new("sh");
        let mut process = Process::start("a shell", shell.args(["-c", "sleep 100"])).unwrap();
        assert!(process.child.try_wait().unwrap().is_none());
        // What the kernel does when this process is killed.
        drop(process.watchdog.stdin.take());
        let status = process.ended(Duration::from_secs(5)).await.unwrap();
        assert_eq!(status.signal(), Some(9));
    }

    #[tokio::test]
    async fn a_process_that_ends_early_is_reported_with_its_last_words() {
        let mut shell = Command::new("sh");
        shell.args(["-c", "echo no such luck >&2; exit 3"]);
        let mut process = Process::start("a shell", &mut shell).unwrap();
        let error = process
            .line(Duration::from_secs(5), |_| None::<()>)
            .await
            .unwrap_err();
        let text = format!("{error:#}");
        assert!(text.contains("ended (exit status: 3)"), "{text}");
    }
}
