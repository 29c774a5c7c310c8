//! One text for all spellings of an address, by which people and customers are told apart.

use stagedoor_protocol::CustomerEmail;
use unicode_normalization::{UnicodeNormalization as _, char::is_combining_mark};

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

/// One text for all addresses that a broker might take for one: besides, letters before the `@` without their accents, and in
/// their ordinary width. Databases that compare so are common. It is wider than [`Spelling::spelling`], so it is for what
/// only takes away, and never for telling two people apart.
pub(crate) fn likeness(email: &CustomerEmail) -> String {
    let spelling = email.spelling();
    let Some((local, domain)) = spelling.split_once('@') else {
        return spelling;
    };
    let plain: String = local.nfkd().filter(|c| !is_combining_mark(*c)).collect();
    format!("{}@{domain}", plain.to_lowercase())
}

/// What a staff member's address may look like that a broker takes for this one. Not all that does: one with accents is not
/// found by one without.
pub(crate) fn as_staff(email: &CustomerEmail) -> [String; 2] {
    [email.spelling(), likeness(email)]
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
        for like in ["vip@x.example", "VÍP@x.example", "ｖip@x.example"] {
            assert_eq!(
                likeness(&CustomerEmail::parse(like).unwrap()),
                "vip@x.example",
                "{like}"
            );
        }
        assert_ne!(
            spelling("jurgen@freemail.example"),
            spelling("jürgen@freemail.example")
        );
    }
}
