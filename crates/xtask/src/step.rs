//! One step of a task: named on the screen, timed, its noise kept in a log file that is shown when it fails.

use std::fs::{self, File};
use std::io::{IsTerminal as _, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::PathBuf;
use std::process::{Command, ExitStatus};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};

use crate::children;
use crate::project::Project;

/// How much of the log of a failed step is shown.
const TAIL_LINES: usize = 60;
/// How wide the line of progress may be; it has to fit, or it cannot be overwritten.
const WIDTH: usize = 100;

/// A running step.
pub(crate) struct Step {
    name: String,
    started: Instant,
    log: PathBuf,
    file: File,
    /// How much of the log has been copied to the screen.
    shown: u64,
    streams: bool,
}

/// Runs `work` as a step called `name`; what it returns is printed beside the time, as a note.
pub(crate) fn step(
    project: &Project,
    name: &str,
    work: impl FnOnce(&mut Step) -> Result<String>,
) -> Result<()> {
    run(project, name, project.verbose, work)
}

/// The same for a step whose output is part of CI's record.
pub(crate) fn recorded_step(
    project: &Project,
    name: &str,
    work: impl FnOnce(&mut Step) -> Result<String>,
) -> Result<()> {
    run(project, name, project.verbose || project.ci, work)
}

fn run(
    project: &Project,
    name: &str,
    streams: bool,
    work: impl FnOnce(&mut Step) -> Result<String>,
) -> Result<()> {
    let mut step = Step::start(project, name, streams)?;
    let result = work(&mut step);
    // A step that was interrupted has not failed.
    children::leave_to_signal();
    let seconds = step.started.elapsed().as_secs_f64();
    step.clear_line();
    match result {
        Ok(note) if note.is_empty() => println!("✓ {name} {seconds:.1} s"),
        Ok(note) => println!("✓ {name} {seconds:.1} s  ({note})"),
        Err(error) => {
            println!("✗ {name} {seconds:.1} s");
            step.show_tail();
            return Err(error.context(format!("step \"{name}\" failed")));
        }
    }
    Ok(())
}

impl Step {
    fn start(project: &Project, name: &str, streams: bool) -> Result<Self> {
        let logs = project.target.join("xtask-logs");
        fs::create_dir_all(&logs)?;
        let log = logs.join(name.replace([' ', '/'], "-") + ".log");
        let file = File::create(&log).with_context(|| format!("cannot write {}", log.display()))?;
        let step = Self {
            name: name.to_owned(),
            started: Instant::now(),
            log,
            file,
            shown: 0,
            streams,
        };
        if streams || !std::io::stdout().is_terminal() {
            println!("▸ {name}");
        }
        Ok(step)
    }

    /// Runs a command to its end, with its output in the log; an error unless it succeeds.
    pub(crate) fn run(&mut self, command: &mut Command) -> Result<()> {
        let status = self.status(command)?;
        if !status.success() {
            bail!("`{}` ended with {status}", describe(command));
        }
        Ok(())
    }

    /// The same, for a command whose failure means something to the caller.
    pub(crate) fn status(&mut self, command: &mut Command) -> Result<ExitStatus> {
        writeln!(self.file, "$ {}", describe(command))?;
        let program = command.get_program().to_string_lossy().into_owned();
        let mut child = command
            .stdout(self.file.try_clone()?)
            .stderr(self.file.try_clone()?)
            .spawn()
            .with_context(|| format!("cannot start {program}"))?;
        let mut drawn = Instant::now();
        loop {
            let ended = child.try_wait()?;
            self.stream()?;
            if let Some(status) = ended {
                return Ok(status);
            }
            if drawn.elapsed() > Duration::from_millis(500) {
                self.draw_progress();
                drawn = Instant::now();
            }
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// Writes a line of our own into the log.
    pub(crate) fn note(&mut self, line: &str) -> Result<()> {
        writeln!(self.file, "{line}")?;
        self.stream()
    }

    /// What the step has written so far.
    pub(crate) fn log(&self) -> String {
        fs::read(&self.log)
            .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
            .unwrap_or_default()
    }

    fn stream(&mut self) -> Result<()> {
        if self.streams {
            let mut file = File::open(&self.log)?;
            file.seek(SeekFrom::Start(self.shown))?;
            let mut news = Vec::new();
            self.shown += file.read_to_end(&mut news)? as u64;
            let mut screen = std::io::stdout().lock();
            screen.write_all(&news)?;
            screen.flush()?;
        }
        Ok(())
    }

    fn draw_progress(&self) {
        if self.streams || !std::io::stdout().is_terminal() {
            return;
        }
        let seconds = self.started.elapsed().as_secs();
        let log = self.log();
        let last = log
            .lines()
            .rev()
            .map(str::trim)
            .find(|line| !line.is_empty())
            .unwrap_or_default();
        let line = format!(
            "▸ {} {seconds} s · {}",
            self.name,
            last.replace(char::is_control, " ")
        );
        print!("\r\x1b[2K{}", line.chars().take(WIDTH).collect::<String>());
        let _ = std::io::stdout().flush();
    }

    fn clear_line(&self) {
        if !self.streams && std::io::stdout().is_terminal() {
            print!("\r\x1b[2K");
        }
    }

    fn show_tail(&self) {
        if !self.streams {
            let log = self.log();
            for line in worth_showing(&log) {
                println!("  {line}");
            }
        }
        println!("  the whole output: {}", self.log.display());
    }
}

/// What a person needs to see of the log of a failed step: failed tests with their output, or else its end.
fn worth_showing(log: &str) -> Vec<&str> {
    let lines: Vec<&str> = log.lines().collect();
    let mut failures = Vec::new();
    for (start, _) in lines
        .iter()
        .enumerate()
        .filter(|(_, line)| line.trim() == "failures:")
    {
        // Test runners print this heading twice: over the output of the failed tests, then over their names.
        let section = lines[start..]
            .iter()
            .skip(1)
            .take_while(|line| line.trim() != "failures:");
        let section: Vec<&str> = section
            .copied()
            .take_while(|line| !line.starts_with("test result:"))
            .collect();
        if section.iter().any(|line| line.starts_with("---- ")) {
            failures.extend(section);
        }
    }
    if failures.is_empty() {
        lines[lines.len().saturating_sub(TAIL_LINES)..].to_vec()
    } else {
        failures
    }
}

fn describe(command: &Command) -> String {
    let parts = std::iter::once(command.get_program()).chain(command.get_args());
    parts
        .map(|part| part.to_string_lossy())
        .collect::<Vec<_>>()
        .join(" ")
}

#[cfg(test)]
mod tests {
    use super::worth_showing;

    #[test]
    fn shows_the_output_of_failed_tests() {
        let log = "test a ... FAILED\ntest b ... ok\n\nfailures:\n\n---- a stdout ----\nexpected 1\n\n\nfailures:\n    a\n\n\
            test result: FAILED. 1 passed; 1 failed\n\ntest c ... ok\ntest result: ok. 1 passed; 0 failed\n";
        let shown = worth_showing(log).join("\n");
        assert!(shown.contains("---- a stdout ----\nexpected 1"), "{shown}");
        assert!(!shown.contains("test c"), "{shown}");
    }

    #[test]
    fn shows_the_end_of_any_other_log() {
        let log: String = (0..200).map(|number| format!("line {number}\n")).collect();
        let shown = worth_showing(&log);
        assert_eq!(
            (shown.first(), shown.last()),
            (Some(&"line 140"), Some(&"line 199"))
        );
    }
}
