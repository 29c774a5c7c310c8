//! One server: its files, its process, its end.

use std::{
    env,
    fs::{self, File},
    io::Read as _,
    net::TcpListener,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, bail};
use rustix::process::{Pid, Signal, kill_process};

use crate::{account::Account, folder::Folder, programs};

/// How long a start or a stop may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);
const POLL: Duration = Duration::from_millis(10);
/// Ports that no system hands out by itself, so that one stays free while its server is stopped.
const PORTS: std::ops::Range<u16> = 20_000..32_000;
/// A socket's path has 107 bytes at most, and its name in the folder up to 15.
const LONGEST_SOCKET_FOLDER: usize = 90;
/// What differs from the defaults. `fsync` and `synchronous_commit` do not: durability is what is tested.
const SETTINGS: &[&str] = &["max_connections=300", "listen_addresses=127.0.0.1"];

/// A running server that is ended, and its files removed, when this is dropped; also when this process is killed.
pub struct Server {
    folder: Folder,
    programs: PathBuf,
    account: Option<Account>,
    password: String,
    port: u16,
    process: Option<Child>,
}

impl Server {
    /// Makes a server and starts it; returns once it takes connections. On Linux it ends with the thread that called this,
    /// or [`Self::resume`].
    pub fn start() -> Result<Self> {
        Self::start_in(&env::temp_dir())
    }

    /// The same with the server's files in a folder of its own within this one, which the server's account must be able to
    /// enter.
    pub fn start_in(parent: &Path) -> Result<Self> {
        let parent = std::path::absolute(parent)?;
        let mut server = Self {
            folder: Folder::create_in(&parent)?,
            programs: programs::required_folder()?,
            account: Account::to_become()?,
            password: random_hex()?,
            port: free_port()?,
            process: None,
        };
        server.initialise()?;
        server.resume()?;
        Ok(server)
    }

    /// Names the server, its superuser and their password.
    pub fn url(&self) -> String {
        format!(
            "postgres://postgres:{}@127.0.0.1:{}/postgres",
            self.password, self.port
        )
    }

    /// The port on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The superuser's password.
    pub fn password(&self) -> &str {
        &self.password
    }

    /// The folder of the server's files, and of its Unix socket unless its path is too long for one.
    pub fn socket_folder(&self) -> &Path {
        self.folder.path()
    }

    /// Puts a file where only the server can read it, and says where that is.
    pub fn give_file(&self, name: &str, content: &[u8]) -> Result<PathBuf> {
        let path = self.folder.path().join(name);
        fs::write(&path, content)?;
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600))?;
        if let Some(account) = &self.account {
            account.own(&path)?;
        }
        Ok(path)
    }

    /// The version of the programs, as they say it.
    pub fn version(&self) -> Result<String> {
        let output = self.program("postgres").arg("--version").output()?;
        Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
    }

    /// Stops in order: connections are cut, what is committed is written out.
    pub fn stop(&mut self) -> Result<()> {
        self.end(Signal::INT)
    }

    /// Stops as a crash would: nothing is written out, the next start recovers from the log.
    pub fn crash(&mut self) -> Result<()> {
        self.end(Signal::QUIT)
    }

    /// Starts again after a stop, on the same port.
    pub fn resume(&mut self) -> Result<()> {
        if self.process.is_some() {
            return Ok(());
        }
        let log_path = self.log_path();
        let log = File::options()
            .create(true)
            .append(true)
            .open(&log_path)
            .context("cannot write the server's log")?;
        let mut command = self.process_command();
        command.arg("-D").arg(self.data()).arg("-k");
        command.arg(if self.has_socket() {
            self.folder.path()
        } else {
            Path::new("")
        });
        command.args(["-p", &self.port.to_string()]);
        for setting in SETTINGS {
            command.args(["-c", setting]);
        }
        command.stdout(log.try_clone()?).stderr(log);
        self.process = Some(command.spawn().context("cannot start postgres")?);
        self.wait_until_ready()
    }

    /// A socket's path is limited to about a hundred bytes; a server in a deep folder does without.
    fn has_socket(&self) -> bool {
        self.folder.path().as_os_str().len() <= LONGEST_SOCKET_FOLDER
    }

    fn initialise(&self) -> Result<()> {
        let password_file = self.give_file("password", self.password.as_bytes())?;
        if let Some(account) = &self.account {
            account.own(self.folder.path())?;
        }
        let mut look = self.command("/usr/bin/test".as_ref());
        if !look.arg("-x").arg(self.folder.path()).status()?.success() {
            bail!(
                "the user that PostgreSQL runs as cannot enter {}; choose a folder that everybody may enter",
                self.folder.path().display()
            );
        }
        let mut command = self.program("initdb");
        command.args(["--username=postgres", "--auth=scram-sha-256", "--pwfile"]);
        command.arg(&password_file).arg("-D").arg(self.data());
        command.args(["--encoding=UTF8", "--locale=C", "--no-sync"]);
        let output = command.output().context("cannot start initdb")?;
        if !output.status.success() {
            bail!(
                "initdb failed: {}",
                String::from_utf8_lossy(&output.stderr).trim()
            );
        }
        Ok(())
    }

    /// The server's own sign that it takes connections: the eighth line of its pid file.
    fn wait_until_ready(&mut self) -> Result<()> {
        let deadline = Instant::now() + PATIENCE;
        let pid_file = self.data().join("postmaster.pid");
        loop {
            let ended = match &mut self.process {
                Some(process) => process.try_wait()?,
                None => None,
            };
            if let Some(status) = ended {
                self.process = None;
                bail!("postgres ended at once with {status}; {}", self.end_of_log());
            }
            let started = fs::read_to_string(&pid_file).unwrap_or_default();
            if started.lines().nth(7).is_some_and(|line| line.trim() == "ready") {
                return Ok(());
            }
            if Instant::now() > deadline {
                bail!(
                    "postgres takes no connections after {PATIENCE:?}; {}",
                    self.end_of_log()
                );
            }
            sleep(POLL);
        }
    }

    fn end(&mut self, signal: Signal) -> Result<()> {
        let Some(mut process) = self.process.take() else {
            return Ok(());
        };
        let deadline = Instant::now() + PATIENCE;
        let pid = i32::try_from(process.id()).ok().and_then(Pid::from_raw);
        // A process that has ended meanwhile is what was wanted.
        let _ = pid.map(|pid| kill_process(pid, signal));
        while process.try_wait()?.is_none() {
            if Instant::now() > deadline {
                process.kill()?;
                process.wait()?;
                bail!("postgres had not ended {PATIENCE:?} after the signal, and was killed");
            }
            sleep(POLL);
        }
        Ok(())
    }

    /// On Linux the server is told when the thread that started it ends, even by SIGKILL.
    fn process_command(&self) -> Command {
        let path = self.programs.join("postgres");
        if Path::new("/usr/bin/setpriv").is_file() {
            let mut command = self.command("/usr/bin/setpriv".as_ref());
            command.args(["--pdeathsig", "INT"]).arg(path);
            command
        } else {
            self.command(&path)
        }
    }

    fn program(&self, name: &str) -> Command {
        self.command(&self.programs.join(name))
    }

    fn command(&self, path: &Path) -> Command {
        let mut command = Command::new(path);
        command.current_dir("/").stdin(Stdio::null());
        for name in ["PGDATA", "PGPORT", "PGHOST", "PGUSER", "PGPASSWORD", "PGOPTIONS"] {
            command.env_remove(name);
        }
        if let Some(account) = &self.account {
            account.run(&mut command);
        }
        command
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn log_path(&self) -> PathBuf {
        self.folder.path().join("server.log")
    }

    fn end_of_log(&self) -> String {
        let log = fs::read_to_string(self.log_path()).unwrap_or_default();
        let lines: Vec<&str> = log.lines().collect();
        format!(
            "its log ends with:\n{}",
            lines[lines.len().saturating_sub(10)..].join("\n")
        )
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // A destructor has nobody to report to; the folder goes either way.
        let _ = self.stop();
    }
}

fn free_port() -> Result<u16> {
    let mut seed = [0; 2];
    File::open("/dev/urandom")?.read_exact(&mut seed)?;
    let first = u16::from_ne_bytes(seed) % (PORTS.end - PORTS.start);
    (0..PORTS.end - PORTS.start)
        .map(|step| PORTS.start + (first + step) % (PORTS.end - PORTS.start))
        .find(|port| TcpListener::bind(("127.0.0.1", *port)).is_ok())
        .context("no port is free on 127.0.0.1")
}

fn random_hex() -> Result<String> {
    let mut bytes = [0_u8; 16];
    File::open("/dev/urandom")?.read_exact(&mut bytes)?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}
