//! One text for all spellings of an address, by which people and customers are told apart.

use stagedoor_protocol::CustomerEmail;

use crate::config::ascii_domain;

/// Addresses in one spelling.
pub(crate) trait Spelling {
    /// Lower case, with the domain in its ASCII form (UTS 46): `eve@MÜNCHEN.example`, `eve@xn--mnchen-3ya.example` and
    /// full-width letters come to one. It is for comparison; the broker is sent what was typed.
    fn spelling(&self) -> String;
}

impl Spelling for CustomerEmail {
    fn spelling(&self) -> String {
        let folded = self.folded();
        let Some((local, domain)) = folded.split_once('@') else {
            return folded;
        };
        // A domain that has no ASCII form reaches nobody, and is left as it is.
        let domain = ascii_domain(domain).unwrap_or_else(|| domain.to_owned());
        format!("{local}@{domain}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_address_are_one() {
        let spelling = |text: &str| CustomerEmail::parse(text).unwrap().spelling();
        for (text, expected) in [
            ("Jane.Roe@Customers.Example", "jane.roe@customers.example"),
            ("eve@MÜNCHEN.example", "eve@xn--mnchen-3ya.example"),
            ("eve@xn--mnchen-3ya.example", "eve@xn--mnchen-3ya.example"),
            ("eve@ｆreemail.example", "eve@freemail.example"),
            ("JÜRGEN@freemail.example", "jürgen@freemail.example"),
        ] {
            assert_eq!(spelling(text), expected, "{text}");
        }
        assert_ne!(
            spelling("jurgen@freemail.example"),
            spelling("jürgen@freemail.example")
        );
    }
}
