//! Long fault runs against the real relay: it is killed, its disk fills, two people want one customer, its database goes
//! away. Each run holds the ledger to what clients and broker know, and ends at the first broken promise.
//!
//! All that is random comes from a seed. The moments at which the operating system does what was asked are not ours, so
//! a seed repeats the plan of a run and not every interleaving.

#![expect(clippy::print_stdout, reason = "a run says what it does")]

mod broker;
mod crowd;
mod disk;
mod interleave;
mod kills;
mod ledger;
mod mount;
mod outage;
mod promises;
mod random;
mod referee;
mod report;
mod road;
mod scene;
mod witness;

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::Result;
use stagedoor_test_postgres::Server;
use tokio::task::block_in_place;

use crate::{database::Database, installation::Place};
use random::Random;
pub use report::Report;

/// What is run.
#[derive(Debug, Clone)]
pub struct Options {
    /// The relay's binary.
    pub relay: PathBuf,
    /// Where the relays are installed.
    pub folder: PathBuf,
    /// How often the relay is killed.
    pub kills: u64,
    /// How often two people want one customer.
    pub interleavings: u64,
    /// How often the disk fills; 0 leaves out all faults of the disk.
    pub disk_rounds: u64,
    /// How often the database's server and one of two relays fail.
    pub outages: u64,
    /// Where randomness begins.
    pub seed: u64,
}

/// What every run is given.
struct Run<'a> {
    options: &'a Options,
    parent: &'a Path,
    place: Place,
    random: Random,
}

/// Runs everything on SQLite.
///
/// # Errors
/// At the first broken promise.
pub async fn on_sqlite(options: &Options) -> Result<Report> {
    fs::create_dir_all(&options.folder)?;
    println!("seed {}", options.seed);
    let mut report = Report::default();
    let mut run = Run {
        options,
        parent: &options.folder,
        place: Place::Sqlite,
        random: Random::new(options.seed),
    };
    if options.kills > 0 {
        kills::run(&mut run, "SQLite", &mut report).await?;
    }
    if options.interleavings > 0 {
        interleave::run(&mut run, "SQLite", 1, &mut report).await?;
    }
    if options.disk_rounds > 0 {
        disk::run(&mut run, &mut report).await?;
    }
    Ok(report)
}

/// Runs everything on a PostgreSQL server, which is started for that. To be awaited on a thread that lives until the end.
///
/// # Errors
/// At the first broken promise.
pub async fn on_postgres(options: &Options) -> Result<Report> {
    fs::create_dir_all(&options.folder)?;
    println!("seed {}", options.seed);
    let folder = tempfile::tempdir_in(&options.folder)?;
    let mut database = Database::on(block_in_place(Server::start)?, folder.path()).await?;
    let mut report = Report::default();
    let mut run = Run {
        options,
        parent: &options.folder,
        place: database.make("chaos_kills").await?,
        random: Random::new(options.seed),
    };
    if options.kills > 0 {
        kills::run(&mut run, "PostgreSQL", &mut report).await?;
    }
    if options.interleavings > 0 {
        run.place = database.make("chaos_fights").await?;
        interleave::run(&mut run, "PostgreSQL", 2, &mut report).await?;
    }
    if options.outages > 0 {
        run.place = database.make("chaos_outages").await?;
        outage::run(&mut run, &mut database, &mut report).await?;
    }
    Ok(report)
}
