//! `[staff]`: the firm's own domains, whose addresses are never customers.

use url::Host;

use super::section::Section;

/// Whose addresses are never customers, besides the enrolled staff's own.
#[derive(Debug, Clone, Default)]
pub struct StaffRules {
    /// Domains as the operator wrote them, in lower case; shown to the extension.
    pub domains: Vec<String>,
    ascii_domains: Vec<String>,
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
        let (domains, ascii_domains) = domains.into_iter().unzip();
        Some(Self {
            domains,
            ascii_domains,
        })
    }

    /// Whether a domain is one of the firm's, or below one. Both are compared in their ASCII form (UTS 46), so that
    /// `xn--` spellings and full-width letters of a staff domain are still that domain.
    pub fn owns(&self, domain: &str) -> bool {
        // A domain that has no ASCII form reaches nobody; it is treated as the firm's, so it is refused.
        let Some(domain) = ascii_domain(domain) else {
            return true;
        };
        self.ascii_domains.iter().any(|own| {
            domain
                .strip_suffix(own)
                .is_some_and(|head| head.is_empty() || head.ends_with('.'))
        })
    }
}

fn ascii_domain(text: &str) -> Option<String> {
    match Host::parse(text) {
        Ok(Host::Domain(domain))
            if domain.contains('.') && !domain.starts_with('.') && !domain.ends_with('.') =>
        {
            Some(domain)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_domain_is_owned_in_every_spelling() {
        let ascii_domains = ["broker.example", "münchen.example"].map(|d| ascii_domain(d).unwrap());
        let rules = StaffRules {
            domains: Vec::new(),
            ascii_domains: ascii_domains.into(),
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
