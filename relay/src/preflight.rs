//! Everything that keeps a configuration from being used, as far as it can be known without asking anybody, told at once:
//! faults of the text, and of the secrets, certificates and authorities that it names.

use std::{path::Path, sync::Arc};

use jiff::Timestamp;

use crate::{
    app::Limits,
    broker::Brokers,
    config::{Config, ConfigFaults, Keys, Partial},
    sign_in::Provider,
    tls::Tls,
};

/// A configuration that a relay can start with.
pub(crate) struct Preflight {
    pub(crate) config: Config,
    pub(crate) brokers: Brokers,
    pub(crate) sign_in: Option<Arc<Provider>>,
    /// What is not right about the certificate, and yet no fault.
    pub(crate) warnings: Vec<String>,
}

impl Preflight {
    /// Reads a configuration, with every file that it names. `more` finds further faults in what can be read of one that has
    /// some.
    pub(crate) fn load(
        path: &Path,
        limits: &Limits,
        now: Timestamp,
        more: impl FnOnce(&Partial) -> ConfigFaults,
    ) -> Result<Self, ConfigFaults> {
        let partial = Partial::load(path);
        let config = Config::load(path, Keys::Check);
        let authorities = config.as_ref().map(|config| config.listen.authorities.as_slice());
        let certificate = Tls::check(partial.tls.as_ref(), authorities.unwrap_or_default(), now);
        let more = Some(more(&partial)).filter(|faults| !faults.faults().is_empty());
        let config = match config {
            Ok(config) => config,
            Err(faults) => {
                return Err(ConfigFaults::all(
                    [Some(faults), certificate.err(), more].into_iter().flatten(),
                ));
            }
        };
        let brokers = Brokers::connect(&config, limits.broker);
        let sign_in = Provider::configured(config.sign_in.as_ref(), limits.provider);
        match (certificate, brokers, sign_in, more) {
            (Ok(warnings), Ok(brokers), Ok(sign_in), None) => Ok(Self {
                config,
                brokers,
                sign_in,
                warnings,
            }),
            (certificate, brokers, sign_in, more) => {
                let faults = [certificate.err(), brokers.err(), sign_in.err(), more];
                Err(ConfigFaults::all(faults.into_iter().flatten()))
            }
        }
    }
}
