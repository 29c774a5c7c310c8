//! A child process that ends with its handle, whose last lines are kept, and whose peak memory can be read.

use std::{
    collections::VecDeque,
    fs,
    io::{BufRead as _, BufReader, Read},
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, bail};
use rustix::process::{Pid, Signal, kill_process};
use tokio::time::sleep;

/// How many of its latest lines are kept: enough for an error's explanation.
const LINES: usize = 100;
/// How long a program may take to be ready.
const READY: Duration = Duration::from_secs(20);
/// How long it may take to end when asked to.
const GRACE: Duration = Duration::from_secs(5);
/// Between two looks at a program that is starting or ending.
const TICK: Duration = Duration::from_millis(5);

/// A running child.
#[derive(Debug)]
pub struct Program {
    name: String,
    child: Child,
    lines: Arc<Mutex<VecDeque<String>>>,
}

impl Program {
    /// Starts a command; `name` is what errors call it. What it writes is read at once, so that it never has to wait.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn start(name: &str, command: &mut Command) -> Result<Self> {
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .with_context(|| format!("{name} does not start ({})", command.get_program().display()))?;
        let lines = Arc::default();
        keep_last(child.stdout.take(), &lines);
        keep_last(child.stderr.take(), &lines);
        Ok(Self {
            name: name.to_owned(),
            child,
            lines,
        })
    }

    /// Waits until `find` finds in the lines so far what it looks for.
    ///
    /// # Errors
    /// When the program ends before, or takes too long; with what it said.
    pub async fn ready<T>(&mut self, find: impl Fn(&str) -> Option<T>) -> Result<T> {
        self.until(async |program| program.lines().iter().find_map(|line| find(line)))
            .await
    }

    /// Waits until `happened` gives something.
    ///
    /// # Errors
    /// When the program ends before, or takes too long; with what it said.
    pub async fn until<T>(&mut self, happened: impl AsyncFn(&Self) -> Option<T>) -> Result<T> {
        let deadline = Instant::now() + READY;
        loop {
            // Asked first, so that the last words of a program are not missed.
            let ended = self.child.try_wait()?;
            if let Some(found) = happened(self).await {
                return Ok(found);
            }
            match ended {
                Some(status) => bail!("{} ended ({status}) and said:\n{}", self.name, self.output()),
                None if Instant::now() > deadline => {
                    bail!(
                        "{} is not ready after {READY:?} and said:\n{}",
                        self.name,
                        self.output()
                    )
                }
                None => sleep(TICK).await,
            }
        }
    }

    /// What it has written of late.
    pub fn output(&self) -> String {
        Vec::from(self.lines().clone()).join("\n")
    }

    /// Whether it is still running.
    ///
    /// # Errors
    /// When the operating system cannot say.
    pub fn is_running(&mut self) -> Result<bool> {
        Ok(self.child.try_wait()?.is_none())
    }

    /// The process id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// The most memory that it and its children ever had resident, in bytes. Pages that they share count for each.
    ///
    /// # Errors
    /// When it has ended.
    pub fn peak_memory(&self) -> Result<u64> {
        self.sum("status", high_water_mark)
    }

    /// How long it and its children have kept a processor busy, in the kernel's ticks of mostly 10 ms.
    ///
    /// # Errors
    /// When it has ended.
    pub fn processor_time(&self) -> Result<Duration> {
        let ticks = self.sum("stat", ticks)?;
        Ok(Duration::from_secs(ticks) / u32::try_from(rustix::param::clock_ticks_per_second())?)
    }

    /// Adds up what `read` finds in a file of `/proc/PID`, for all processes of the program.
    fn sum(&self, file: &str, read: fn(&str) -> Option<u64>) -> Result<u64> {
        let mut open = vec![self.pid()];
        let mut sum = 0;
        while let Some(pid) = open.pop() {
            let text = fs::read_to_string(format!("/proc/{pid}/{file}"))
                .with_context(|| format!("{} is not running any more", self.name))?;
            sum += read(&text).with_context(|| format!("/proc tells nothing of {}", self.name))?;
            open.extend(children_of(pid));
        }
        Ok(sum)
    }

    /// Kills it as a power failure would: without a chance to finish anything.
    ///
    /// # Errors
    /// When the operating system does not let it.
    pub fn kill(mut self) -> Result<()> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }

    /// Asks it to end, and waits for that.
    ///
    /// # Errors
    /// When it does not; it is then killed.
    pub fn stop(mut self) -> Result<()> {
        self.terminate();
        if self.ended_within(GRACE) {
            return Ok(());
        }
        bail!("{} did not end within {GRACE:?} and was killed", self.name)
    }

    fn terminate(&self) {
        // It may have ended already.
        let _ = kill_process(Pid::from_child(&self.child), Signal::TERM);
    }

    fn ended_within(&mut self, limit: Duration) -> bool {
        let deadline = Instant::now() + limit;
        while matches!(self.child.try_wait(), Ok(None)) {
            if Instant::now() > deadline {
                return false;
            }
            thread::sleep(TICK);
        }
        true
    }

    fn lines(&self) -> MutexGuard<'_, VecDeque<String>> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(Some(_))) {
            return;
        }
        // Asked first: a master that is killed leaves its workers behind.
        self.terminate();
        if !self.ended_within(GRACE) {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}

fn keep_last(stream: Option<impl Read + Send + 'static>, lines: &Arc<Mutex<VecDeque<String>>>) {
    let Some(stream) = stream else { return };
    let lines = Arc::clone(lines);
    thread::spawn(move || {
        for line in BufReader::with_capacity(64 * 1024, stream).split(b'\n') {
            // A read error means that the process is gone.
            let Ok(line) = line else { return };
            let line = String::from_utf8_lossy(&line).into_owned();
            let mut lines = lines.lock().unwrap_or_else(PoisonError::into_inner);
            if lines.len() == LINES {
                lines.pop_front();
            }
            lines.push_back(line);
        }
    });
}

/// `VmHWM` of `/proc/PID/status`, in bytes.
fn high_water_mark(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kilobytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kilobytes * 1024)
}

/// User and system time of `/proc/PID/stat`, in ticks.
fn ticks(stat: &str) -> Option<u64> {
    // The name in parentheses may hold anything; the state follows it, and user time is the eleventh field after that.
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace().skip(11);
    let mut next = || fields.next()?.parse::<u64>().ok();
    Some(next()? + next()?)
}

fn children_of(pid: u32) -> Vec<u32> {
    let tasks = fs::read_dir(format!("/proc/{pid}/task"))
        .into_iter()
        .flatten()
        .flatten();
    let children = tasks.filter_map(|task| fs::read_to_string(task.path().join("children")).ok());
    children
        .flat_map(|list| {
            list.split_whitespace()
                .filter_map(|pid| pid.parse().ok())
                .collect::<Vec<u32>>()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_high_water_mark_is_read_in_bytes() {
        let status = "Name:\tx\nVmPeak:\t  9000 kB\nVmHWM:\t    1234 kB\nVmRSS:\t 1000 kB\n";
        assert_eq!(high_water_mark(status), Some(1234 * 1024));
        assert_eq!(high_water_mark("Name:\tx\n"), None);
    }

    #[test]
    fn processor_time_is_user_and_system_time() {
        let stat = "7 (a b) c) S 1 7 7 0 -1 4194560 10 20 0 0 31 11 5 6 20 0 1 0 99";
        assert_eq!(ticks(stat), Some(42));
        assert_eq!(ticks("7 (a) S 1"), None);
    }

    #[tokio::test]
    async fn a_program_is_awaited_measured_with_its_children_and_killed() {
        let mut command = Command::new("sh");
        command.args(["-c", "sleep 100 & echo started $!; wait"]);
        let mut shell = Program::start("a shell", &mut command).unwrap();
        let sleeper: u32 = shell
            .ready(|line| line.strip_prefix("started ")?.parse().ok())
            .await
            .unwrap();
        assert_eq!(children_of(shell.pid()), [sleeper]);
        let alone = fs::read_to_string(format!("/proc/{}/status", shell.pid())).unwrap();
        assert!(shell.peak_memory().unwrap() > high_water_mark(&alone).unwrap());
        kill_process(Pid::from_raw(sleeper.try_into().unwrap()).unwrap(), Signal::KILL).unwrap();
        assert!(
            shell
                .until(async |_| None::<()>)
                .await
                .unwrap_err()
                .to_string()
                .contains("ended")
        );
    }
}
