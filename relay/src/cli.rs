//! The command line: one file for each subcommand.

/// Writes a line for the person who runs it to standard error. If nobody reads that any more, nothing is lost.
macro_rules! tell {
    ($($arguments:tt)*) => {{
        let _ = std::io::Write::write_fmt(&mut std::io::stderr(), format_args!("{}\n", format_args!($($arguments)*)));
    }};
}

mod config_check;
mod config_example;
mod confirm;
mod ledger;
mod office;
mod policy_test;
mod profile;
mod serve;
mod staff;
mod store_migrate;
mod store_status;
mod text;
mod values;
mod webhook;

use std::{
    io::{self, Write, stdout},
    path::PathBuf,
    process::ExitCode,
    time::Duration,
};

use clap::{Parser, Subcommand};

use crate::{config::ConfigFaults, relay::StartError};

/// `EX_USAGE` of sysexits: the command line is wrong.
const USAGE: u8 = 64;
/// `EX_CONFIG` of sysexits: the configuration is wrong.
const CONFIG: u8 = 78;
/// What a shell says of a program that SIGPIPE ended: 128 and the signal's number.
const CLOSED_PIPE: u8 = 128 + 13;

/// For work on files that is under way at the end.
const LAST_WORK: Duration = Duration::from_secs(1);

/// Arguments of `stagedoor`.
#[derive(Debug, Parser)]
#[command(
    name = "stagedoor",
    version,
    about = "Opens a customer's trading platform for enrolled staff, and records it"
)]
pub struct Arguments {
    /// The configuration file.
    #[arg(
        long,
        global = true,
        value_name = "FILE",
        env = "STAGEDOOR_CONFIG",
        default_value = "/etc/stagedoor/stagedoor.toml"
    )]
    config: PathBuf,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the relay until SIGTERM or SIGINT. SIGHUP reads the configuration and the keys again at once.
    Serve,
    /// Say who may use the relay.
    #[command(subcommand)]
    Staff(staff::StaffCommand),
    /// List and revoke the browser profiles that staff have enrolled.
    #[command(subcommand)]
    Profile(profile::ProfileCommand),
    /// Read, verify, prove and erase what is recorded.
    #[command(subcommand)]
    Ledger(ledger::LedgerCommand),
    /// Explain who may open whom.
    #[command(subcommand)]
    Policy(PolicyCommand),
    /// Look after those who are told of events.
    #[command(subcommand)]
    Webhook(webhook::WebhookCommand),
    /// Look after the database.
    #[command(subcommand)]
    Store(StoreCommand),
    /// Write and check the configuration.
    #[command(subcommand)]
    Config(ConfigCommand),
}

#[derive(Debug, Subcommand)]
enum PolicyCommand {
    /// Say whether a login would be allowed, rule by rule.
    Test(policy_test::PolicyTest),
}

#[derive(Debug, Subcommand)]
enum StoreCommand {
    /// Show where records are kept, how many there are, and whether the schema is up to date.
    Status,
    /// Make the store, or bring its schema up to date. Stop the relays first.
    Migrate,
}

#[derive(Debug, Subcommand)]
enum ConfigCommand {
    /// Print a commented configuration to start from.
    Example,
    /// Check the configuration file.
    Check {
        /// Also ask each broker whether it takes the key, the sign-in provider for its description and keys, and the ACME
        /// server for its directory.
        #[arg(long)]
        connect: bool,
    },
}

/// Parses the arguments, does what they say, and reports what went wrong on standard error.
pub fn run() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            let printed = error.print();
            return match printed {
                _ if error.use_stderr() => USAGE,
                Err(error) if error.kind() == io::ErrorKind::BrokenPipe => CLOSED_PIPE,
                _ => 0,
            }
            .into();
        }
    };
    match dispatch(arguments) {
        Ok(code) => code,
        // Whoever read the output has seen enough. It ends quietly, and yet nobody takes it for success: what was not read
        // may have been a finding.
        Err(error) if is_closed_pipe(&error) => CLOSED_PIPE.into(),
        Err(error) => {
            let is_config = error.is::<ConfigFaults>()
                || matches!(error.downcast_ref::<StartError>(), Some(StartError::Config(_)));
            tell!("stagedoor: {error:#}");
            if is_config {
                CONFIG.into()
            } else {
                ExitCode::FAILURE
            }
        }
    }
}

/// Writes a command's product to standard output. `println!` would panic when nobody reads it.
fn say(text: impl std::fmt::Display) -> io::Result<()> {
    let mut out = stdout().lock();
    writeln!(out, "{text}")?;
    out.flush()
}

fn is_closed_pipe(error: &anyhow::Error) -> bool {
    error
        .downcast_ref::<io::Error>()
        .is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}

fn dispatch(arguments: Arguments) -> anyhow::Result<ExitCode> {
    finish(perform(arguments))?
}

/// Does it to its end. What still waits for a file system then, which may never answer, does not hold up the process.
fn finish<T>(work: impl Future<Output = T>) -> io::Result<T> {
    let runtime = tokio::runtime::Runtime::new()?;
    let done = runtime.block_on(work);
    runtime.shutdown_timeout(LAST_WORK);
    Ok(done)
}

async fn perform(arguments: Arguments) -> anyhow::Result<ExitCode> {
    let path = arguments.config;
    match arguments.command {
        Command::Serve => serve::run(&path).await?,
        Command::Staff(command) => staff::run(&path, command).await?,
        Command::Profile(command) => profile::run(&path, command).await?,
        Command::Ledger(command) => return ledger::run(&path, command).await,
        Command::Policy(PolicyCommand::Test(test)) => return policy_test::run(&path, test).await,
        Command::Webhook(command) => return webhook::run(&path, command).await,
        Command::Store(StoreCommand::Status) => store_status::run(&path).await?,
        Command::Store(StoreCommand::Migrate) => store_migrate::run(&path).await?,
        Command::Config(ConfigCommand::Example) => config_example::run()?,
        Command::Config(ConfigCommand::Check { connect }) => return config_check::run(&path, connect).await,
    }
    Ok(ExitCode::SUCCESS)
}

#[cfg(test)]
mod tests {
    use std::{sync::mpsc, thread};

    use super::*;

    #[test]
    fn a_file_system_that_never_answers_does_not_hold_up_the_end() {
        let (_never, answer) = mpsc::channel::<()>();
        let (tell, told) = mpsc::channel();
        thread::spawn(move || {
            let work = async {
                tokio::task::spawn_blocking(move || answer.recv());
                7
            };
            tell.send(finish(work).unwrap()).unwrap();
        });
        assert_eq!(told.recv_timeout(LAST_WORK * 20), Ok(7));
    }
}
