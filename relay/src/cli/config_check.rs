//! `stagedoor config check`: is the file right, and do the brokers take the keys?

use std::{path::Path, process::ExitCode, time::Duration};

use tokio::time::timeout;

use super::say;
use crate::{
    app::Limits,
    broker::Brokers,
    clock::{Clock, SystemClock},
    config::{Config, ConfigFaults, Keys, StoreUrl},
    exposed::exposed,
    policy,
    sign_in::Provider,
    store::{self, StaffRow},
    tls::{self, Tls},
};

/// For reading who there is.
const STORE: Duration = Duration::from_secs(10);

pub(super) async fn run(path: &Path, connect: bool) -> anyhow::Result<ExitCode> {
    let config = Config::load(path, Keys::Check)?;
    let brokers = Brokers::connect(&config, Limits::default().broker);
    let certificate = Tls::check(&config.listen, SystemClock::new().now());
    let sign_in = Provider::configured(config.sign_in.as_ref(), Limits::default().provider);
    let (brokers, warnings, sign_in) = match (brokers, certificate, sign_in) {
        (Ok(brokers), Ok(warnings), Ok(sign_in)) => (brokers, warnings, sign_in),
        (brokers, certificate, sign_in) => {
            let faults = [certificate.err(), brokers.err(), sign_in.err()];
            return Err(ConfigFaults::all(faults.into_iter().flatten()).into());
        }
    };
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
    if let Some(directory) = &config.ledger.directory
        && !directory.is_dir()
    {
        say(format_args!(
            "ledger.checkpoint_directory: {} is not a folder; make it, for the relay's user: until then no checkpoint leaves \
             the store",
            directory.display()
        ))?;
        return Ok(ExitCode::FAILURE);
    }
    if let StoreUrl::Sqlite(file) = &config.store
        && file.is_dir()
    {
        say(format_args!(
            "store.url: {} is a folder; name a file in it, e.g. stagedoor.db",
            file.display()
        ))?;
        return Ok(ExitCode::FAILURE);
    }
    if let StoreUrl::Sqlite(file) = &config.store
        && let Some(folder) = file.parent().filter(|folder| !folder.as_os_str().is_empty())
        && !folder.is_dir()
    {
        say(format_args!(
            "store.url: {} is not a folder; make it, for the relay's user: the database is made in it, and without it the relay \
             does not start",
            folder.display()
        ))?;
        return Ok(ExitCode::FAILURE);
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
