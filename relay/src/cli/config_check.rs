//! `stagedoor config check`: is the file right, and do the brokers take the keys?

use std::{path::Path, process::ExitCode, time::Duration};

use tokio::time::timeout;

use super::say;
use crate::{
    app::Limits,
    clock::{Clock, SystemClock},
    config::{Config, ConfigFaults, Fault, Partial, StoreUrl},
    exposed::exposed,
    policy,
    preflight::Preflight,
    store::{self, StaffRow},
    tls,
};

/// For reading who there is.
const STORE: Duration = Duration::from_secs(10);

pub(super) async fn run(path: &Path, connect: bool) -> anyhow::Result<ExitCode> {
    let Preflight {
        config,
        brokers,
        sign_in,
        warnings,
    } = Preflight::load(path, &Limits::default(), SystemClock::new().now(), folders)?;
    // First: reading the store may leave a file beside it for a moment.
    let exposed = exposed(&config);
    let people = people(&config, connect).await;
    let doubts = policy::doubts(&config).into_iter().chain(exposed);
    let nobodys = config.staff.domains.is_empty().then(|| {
        "staff.domains: names no domain, so customers with addresses of your own firm are opened like others; name yours"
            .to_owned()
    });
    let doubts = doubts.chain(policy::unheld(&config, &people)).chain(nobodys);
    for warning in warnings.into_iter().chain(doubts) {
        tell!("warning: {warning}");
    }
    say(format_args!("{}: no faults", path.display()))?;
    for line in policy::summary(&config) {
        say(line)?;
    }
    for uri in config.sign_in.iter().flat_map(|sign_in| &sign_in.redirect_uris) {
        say(format_args!(
            "sign-in: redirect URI to register at the provider: {uri}"
        ))?;
    }
    if !connect {
        return Ok(ExitCode::SUCCESS);
    }
    let mut code = ExitCode::SUCCESS;
    if let StoreUrl::Postgres(server) = &config.store {
        let asked = timeout(STORE, store::versions(&config.store)).await;
        let problem = match asked {
            Ok(Ok(_)) => None,
            Ok(Err(error)) => Some(error.to_string()),
            Err(_) => Some(format!("{server} has not answered within {} s", STORE.as_secs())),
        };
        if problem.is_some() {
            code = ExitCode::FAILURE;
        }
        let told = problem.unwrap_or_else(|| format!("{server} lets the relay in"));
        say(format_args!("store: {told}"))?;
    }
    for (platform, result) in brokers.test().await {
        match result {
            Ok(()) => say(format_args!("platform {platform}: the broker takes the key"))?,
            Err(problem) => {
                say(format_args!("platform {platform}: {problem}"))?;
                code = ExitCode::FAILURE;
            }
        }
    }
    if let Some(asked) = tls::ask_acme(&config.listen).await {
        match asked {
            Ok(server) => say(format_args!("listen.acme: the ACME server {server} answers"))?,
            Err(problem) => {
                say(format_args!("listen.acme: {problem}"))?;
                code = ExitCode::FAILURE;
            }
        }
    }
    if let Some(provider) = sign_in {
        match provider.test().await {
            Ok(warnings) => {
                say("sign-in: the provider answers")?;
                for warning in warnings {
                    say(format_args!("sign-in: {warning}"))?;
                    code = ExitCode::FAILURE;
                }
            }
            Err(fault) => {
                say(format_args!("sign-in: {fault}"))?;
                code = ExitCode::FAILURE;
            }
        }
    }
    Ok(code)
}

/// What is wrong with the folders that must be there.
fn folders(partial: &Partial) -> ConfigFaults {
    let mut faults = Vec::new();
    let mut fault = |key: &str, path: &Path, problem: &str| {
        faults.push(Fault {
            key: key.to_owned(),
            problem: format!("{} {problem}", path.display()),
        });
    };
    if let Some(StoreUrl::Sqlite(file)) = &partial.store {
        if file.is_dir() {
            fault(
                "store.url",
                file,
                "is a folder; name a file in it, e.g. stagedoor.db",
            );
        }
        if let Some(folder) = file.parent().filter(|folder| !folder.as_os_str().is_empty())
            && !folder.is_dir()
        {
            fault(
                "store.url",
                folder,
                "is not a folder; make it, for the relay's user: the database is made in it, and without it the relay does not \
                 start",
            );
        }
    }
    if let Some(directory) = partial
        .ledger
        .as_ref()
        .and_then(|ledger| ledger.directory.as_ref())
        && !directory.is_dir()
    {
        fault(
            "ledger.checkpoint_directory",
            directory,
            "is not a folder; make it, for the relay's user: until then no checkpoint leaves the store",
        );
    }
    faults.into()
}

/// Everybody whom the store knows, as far as it is there and this user may read it: a check needs no store. A server is asked
/// only where others are, too.
async fn people(config: &Config, connect: bool) -> Vec<StaffRow> {
    if matches!(config.store, StoreUrl::Postgres(_)) && !connect {
        return Vec::new();
    }
    let reading = async { store::open_to_read(&config.store).await?.list_staff().await };
    match timeout(STORE, reading).await {
        Ok(Ok(people)) => people,
        Ok(Err(_)) | Err(_) => Vec::new(),
    }
}
