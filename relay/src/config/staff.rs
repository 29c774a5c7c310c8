//! `[staff]`: the firm's own domains, whose addresses are never customers.

use super::{
    domains::{Domains, ascii_domain},
    section::Section,
};

/// Whose addresses are never customers, besides the enrolled staff's own.
#[derive(Debug, Clone, Default)]
pub struct StaffRules {
    /// Domains as the operator wrote them, in lower case; shown to the extension.
    pub domains: Vec<String>,
    ascii: Domains,
}

impl StaffRules {
    pub(super) fn read(section: &mut Section<'_>) -> Option<Self> {
        let domains = section.list("domains", |text| {
            ascii_domain(text)
                .map(|ascii| (text.to_lowercase(), ascii))
                .ok_or_else(|| {
                    "each must be a domain such as \"broker.example\", without @ or wildcard".to_owned()
                })
        })?;
        let (domains, ascii): (Vec<_>, Vec<_>) = domains.into_iter().unzip();
        Some(Self {
            domains,
            ascii: ascii.into_iter().collect(),
        })
    }

    /// Whether a domain can be one: it has an ASCII form.
    pub fn is_domain(domain: &str) -> bool {
        ascii_domain(domain).is_some()
    }

    /// Whether a domain is one of the firm's, or below one, in whatever spelling.
    pub fn owns(&self, domain: &str) -> bool {
        // A domain that has no ASCII form reaches nobody; it is treated as the firm's, so it is refused.
        ascii_domain(domain).is_none_or(|domain| self.ascii.cover(&domain))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_domain_is_owned_in_every_spelling() {
        let ascii = ["broker.example", "münchen.example"].map(|d| ascii_domain(d).unwrap());
        let rules = StaffRules {
            domains: Vec::new(),
            ascii: ascii.into_iter().collect(),
        };
        for (domain, owned) in [
            ("broker.example", true),
            ("Broker.Example", true),
            ("mail.broker.example", true),
            ("ｂroker.example", true),
            ("xn--mnchen-3ya.example", true),
            ("MÜNCHEN.example", true),
            ("notbroker.example", false),
            ("broker.example.evil.test", false),
            ("customer.example", false),
            ("xn--.example", true),
        ] {
            assert_eq!(rules.owns(domain), owned, "{domain}");
        }
    }
}
