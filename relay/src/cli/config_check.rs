//! `stagedoor config check`: is the file right, and do the brokers take the keys?

use std::{path::Path, process::ExitCode};

use super::say;
use crate::{
    app::Limits,
    broker::Brokers,
    clock::{Clock, SystemClock},
    config::{Config, ConfigFaults, Keys, StoreUrl},
    policy,
    sign_in::Provider,
    tls::Identity,
};

pub(super) async fn run(path: &Path, connect: bool) -> anyhow::Result<ExitCode> {
    let config = Config::load(path, Keys::Check)?;
    let brokers = Brokers::connect(&config, Limits::default().broker);
    let identity = config
        .listen
        .tls
        .as_ref()
        .map(|files| Identity::read(files, &config.listen.authorities, SystemClock::new().now()))
        .transpose();
    let sign_in = Provider::configured(config.sign_in.as_ref(), Limits::default().provider);
    let (brokers, identity, sign_in) = match (brokers, identity, sign_in) {
        (Ok(brokers), Ok(identity), Ok(sign_in)) => (brokers, identity, sign_in),
        (brokers, identity, sign_in) => {
            let faults = [identity.err(), brokers.err(), sign_in.err()];
            return Err(ConfigFaults::all(faults.into_iter().flatten()).into());
        }
    };
    for warning in identity.iter().flat_map(|identity| &identity.warnings) {
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
    for (platform, result) in brokers.test().await {
        match result {
            Ok(()) => say(format_args!("platform {platform}: the broker takes the key"))?,
            Err(problem) => {
                say(format_args!("platform {platform}: {problem}"))?;
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
