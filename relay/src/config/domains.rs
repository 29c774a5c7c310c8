//! Domains that the operator lists. They are compared in their ASCII form (UTS 46), so that `xn--` spellings and full-width
//! letters of a domain are still that domain.

use std::collections::HashSet;

use url::Host;

use super::host;

/// Some domains, each with what is below it.
#[derive(Debug, Clone, Default)]
pub(super) struct Domains(HashSet<String>);

impl Domains {
    /// Whether a domain, in its ASCII form, is one of these or below one. However many there are, it takes a look-up for
    /// each label.
    pub(super) fn cover(&self, ascii: &str) -> bool {
        let mut rest = Some(ascii);
        while let Some(domain) = rest {
            if self.0.contains(domain) {
                return true;
            }
            rest = domain.split_once('.').map(|(_, above)| above);
        }
        false
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }
}

impl FromIterator<String> for Domains {
    fn from_iter<I: IntoIterator<Item = String>>(ascii: I) -> Self {
        Self(ascii.into_iter().collect())
    }
}

/// The ASCII form; none, if it is not a domain with a dot. A wildcard is none: it would be taken for a label of that name.
pub(crate) fn ascii_domain(text: &str) -> Option<String> {
    match host::parse(text) {
        Some(Host::Domain(domain)) if domain.contains('.') && !domain.contains('_') => Some(domain),
        _ => None,
    }
}
