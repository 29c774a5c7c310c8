//! What commands that look after staff need of a configuration: where records are kept, and how a change is logged. Whatever
//! else is wrong with the file must not keep an operator from disabling somebody.

use std::path::Path;

use super::{
    Config, ConfigFaults, Fault, Keys, Log, StoreUrl, WebhookConfig, parse_table, read_text,
    section::{Faults, Section},
    sources::MAX_BYTES,
    webhook,
};

/// The part of a configuration that these commands cannot do without.
#[derive(Debug)]
pub(crate) struct OfficeConfig {
    pub(crate) store: StoreUrl,
    pub(crate) log: Log,
    /// All of it, if nothing is wrong.
    pub(crate) whole: Option<Config>,
    /// Who is told of what is changed; nobody knows if something is wrong with that very section.
    pub(crate) webhooks: Option<Vec<WebhookConfig>>,
    /// Faults of the rest.
    pub(crate) others: Vec<Fault>,
}

impl OfficeConfig {
    /// Reads `[store]`, `[log]` and each `[[webhook]]`, and checks the rest only to tell what is wrong with it. No key is read.
    pub(crate) fn load(path: &Path) -> Result<Self, ConfigFaults> {
        let text = read_text(path, MAX_BYTES)?;
        let table = parse_table(&text)?;
        let faults = match Config::check(&text, table.clone(), Keys::Skip) {
            Ok(config) => {
                return Ok(Self {
                    store: config.store.clone(),
                    log: config.log,
                    webhooks: Some(config.webhooks.clone()),
                    whole: Some(config),
                    others: Vec::new(),
                });
            }
            Err(faults) => faults,
        };
        let webhooks = webhooks(table.clone());
        let mut own = Faults::default();
        let mut root = Section::root(table, &mut own);
        let store = root.section("store", |section| StoreUrl::read(section, Keys::Skip));
        let log = root.section("log", Log::read);
        match (store, log) {
            (Some(store), Some(log)) if own.is_empty() => Ok(Self {
                store,
                log,
                whole: None,
                webhooks,
                others: faults.0,
            }),
            _ => Err(own.into_vec().into()),
        }
    }
}

/// None, if something is wrong with them.
fn webhooks(table: toml::Table) -> Option<Vec<WebhookConfig>> {
    let mut faults = Faults::default();
    let mut root = Section::root(table, &mut faults);
    let webhooks = root.sections_if_any("webhook", |section| WebhookConfig::read(section, Keys::Skip));
    let webhooks = webhook::distinct(webhooks, &mut root);
    faults.is_empty().then_some(webhooks)
}
