//! What of a configuration can be read whatever is wrong with the rest, so that it can be looked at in the same go.

use std::path::Path;

use super::{
    Keys, Ledger, StoreUrl, TlsSource, listen, parse_table, read_text,
    section::{Faults, Section},
    sources::MAX_BYTES,
};

/// Sections that name files and folders of which the text alone does not tell whether they are fine.
#[derive(Debug, Default)]
pub(crate) struct Partial {
    pub(crate) tls: Option<TlsSource>,
    pub(crate) store: Option<StoreUrl>,
    pub(crate) ledger: Option<Ledger>,
}

impl Partial {
    /// Reads what there is. The faults are told elsewhere.
    pub(crate) fn load(path: &Path) -> Self {
        let text = read_text(path, MAX_BYTES);
        let Ok(table) = text.and_then(|text| parse_table(&text)) else {
            return Self::default();
        };
        let mut faults = Faults::default();
        let mut root = Section::root(table, &mut faults);
        Self {
            tls: root.section("listen", listen::tls_alone),
            store: root.section("store", |section| StoreUrl::read(section, Keys::Skip)),
            ledger: root.section("ledger", |section| Ledger::read(section, Keys::Skip)),
        }
    }
}
