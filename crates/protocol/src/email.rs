//! The customer's e-mail address, parsed once; the same bytes go to policy, audit and broker.

use alloc::string::String;
use core::fmt;

use serde::{Deserialize, Serialize};

use crate::error::text_type;

/// An e-mail address as the CRM shows it: `local@domain`, dot-atom local part (RFC 5322 section 3.2.3, with
/// non-ASCII letters and digits as in RFC 6531), dotted domain, lengths of RFC 5321 section 4.5.3.1.
///
/// Quoted local parts, address literals (`user@[192.0.2.1]`), comments and display names are refused: no broker login
/// has them, and each is a way to make two readers see two addresses. Letter case is kept for the broker; equality and
/// hashing go by [`CustomerEmail::folded`]. `Debug` hides the address, because a log line is the wrong place for it.
#[derive(Clone, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CustomerEmail(String);

/// Why a text is not acceptable as a customer's address. It never repeats the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EmailError {
    /// Nothing there.
    Empty,
    /// More than 254 bytes in all, 64 before the `@`, or 63 in one label of the domain.
    TooLong,
    /// Not exactly one `@`.
    AtSign,
    /// A character that the part must not hold: blanks, controls, bidi or zero-width marks, quotes, brackets.
    Character,
    /// An empty label or atom (leading, trailing or doubled dot), or a domain without a dot.
    Dots,
    /// A domain label that begins or ends with a hyphen, or a numeric top-level label.
    Domain,
}

impl fmt::Display for EmailError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Empty => "the e-mail address is empty",
            Self::TooLong => "the e-mail address is too long (254 bytes in all, 64 before the @)",
            Self::AtSign => "an e-mail address has exactly one @",
            Self::Character => "the e-mail address has a character that does not belong in one",
            Self::Dots => "the e-mail address has a missing or misplaced dot",
            Self::Domain => "the part after the @ is not a domain name",
        })
    }
}

impl core::error::Error for EmailError {}

impl CustomerEmail {
    /// Parses an address. No trimming: a blank anywhere is an error, so that what was checked is what is sent.
    pub fn parse(text: &str) -> Result<Self, EmailError> {
        if text.is_empty() {
            return Err(EmailError::Empty);
        }
        if text.len() > 254 {
            return Err(EmailError::TooLong);
        }
        let (local, domain) = text.split_once('@').ok_or(EmailError::AtSign)?;
        if domain.bytes().any(|b| b == b'@') {
            return Err(EmailError::AtSign);
        }
        check_local(local)?;
        check_domain(domain)?;
        Ok(Self(text.into()))
    }

    /// The address exactly as it was given.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The form for comparison: lower case. Whether the broker's matching ignores case is not documented, so this form
    /// is never sent.
    pub fn folded(&self) -> String {
        self.0.to_lowercase()
    }

    /// The domain in lower case.
    pub fn domain(&self) -> String {
        self.0
            .split_once('@')
            .map_or("", |(_, domain)| domain)
            .to_lowercase()
    }
}

fn check_local(local: &str) -> Result<(), EmailError> {
    if local.len() > 64 {
        return Err(EmailError::TooLong);
    }
    for atom in local.split('.') {
        if atom.is_empty() {
            return Err(EmailError::Dots);
        }
        if !atom.chars().all(is_atom_char) {
            return Err(EmailError::Character);
        }
    }
    Ok(())
}

fn check_domain(domain: &str) -> Result<(), EmailError> {
    let mut labels = 0_usize;
    let mut last = "";
    for label in domain.split('.') {
        if label.is_empty() {
            return Err(EmailError::Dots);
        }
        if label.len() > 63 {
            return Err(EmailError::TooLong);
        }
        if !label.chars().all(|c| c == '-' || is_letter_or_digit(c)) {
            return Err(EmailError::Character);
        }
        if label.starts_with('-') || label.ends_with('-') {
            return Err(EmailError::Domain);
        }
        labels += 1;
        last = label;
    }
    if labels < 2 {
        return Err(EmailError::Dots);
    }
    if last.bytes().all(|b| b.is_ascii_digit()) {
        return Err(EmailError::Domain);
    }
    Ok(())
}

/// `atext` of RFC 5322, with letters and digits of every script.
fn is_atom_char(c: char) -> bool {
    is_letter_or_digit(c) || (c.is_ascii() && b"!#$%&'*+-/=?^_`{|}~".contains(&(c as u8)))
}

/// An allow-list: format, control, bidi and zero-width characters are neither letters nor digits. U+115F, U+1160,
/// U+3164 and U+FFA0 count as letters in Unicode but show as nothing, so they are named.
fn is_letter_or_digit(c: char) -> bool {
    c.is_alphanumeric() && !matches!(c, '\u{115F}' | '\u{1160}' | '\u{3164}' | '\u{FFA0}')
}

text_type!(CustomerEmail, EmailError);

impl fmt::Debug for CustomerEmail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CustomerEmail(…)")
    }
}

impl PartialEq for CustomerEmail {
    fn eq(&self, other: &Self) -> bool {
        self.folded() == other.folded()
    }
}

impl Eq for CustomerEmail {}

impl core::hash::Hash for CustomerEmail {
    fn hash<H: core::hash::Hasher>(&self, state: &mut H) {
        self.folded().hash(state);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn accepts_ordinary_addresses_and_keeps_their_bytes() {
        for text in [
            "anna@example.com",
            "Anna.Kowalska+fx@Mail.Example.co.uk",
            "o'brien@example.org",
            "a@b.cd",
            "jürgen@münchen.example",
            "user@xn--mnchen-3ya.example",
            "用户@例子.广告",
        ] {
            assert_eq!(
                CustomerEmail::parse(text)
                    .map(|e| e.as_str().to_owned())
                    .as_deref(),
                Ok(text)
            );
        }
    }

    #[test]
    fn names_what_is_wrong() {
        use EmailError::*;
        let long_local = format!("{}@example.com", "a".repeat(65));
        let long_label = format!("a@{}.com", "b".repeat(64));
        let huge = format!("a@{}example.com", "x.".repeat(5_000));
        for (text, expected) in [
            ("", Empty),
            ("anna", AtSign),
            ("anna@staff.example@evil.example", AtSign),
            ("a@b@c.example", AtSign),
            ("@example.com", Dots),
            ("anna@", Dots),
            ("anna@localhost", Dots),
            ("anna@example..com", Dots),
            ("anna@.example.com", Dots),
            ("anna@example.com.", Dots),
            (".anna@example.com", Dots),
            ("an..na@example.com", Dots),
            ("anna@-example.com", Domain),
            ("anna@example-.com", Domain),
            ("anna@192.0.2.1", Domain),
            ("anna@[192.0.2.1]", Character),
            (" anna@example.com", Character),
            ("anna@example.com\r\nX-Evil: 1", Character),
            ("anna\0@example.com", Character),
            ("\"anna smith\"@example.com", Character),
            ("\"anna\"@example.com", Character),
            ("Anna <anna@example.com>", Character),
            ("anna(comment)@example.com", Character),
            ("anna\u{200B}@example.com", Character),
            ("anna\u{202E}moc@example.com", Character),
            ("anna@exam\u{2066}ple.com", Character),
            ("anna@exam\u{FEFF}ple.com", Character),
            ("anna\u{3164}@example.com", Character),
            ("anna@exa\u{AD}mple.com", Character),
            ("anna@example\u{3002}com", Character),
            ("anna@exam_ple.com", Character),
            (long_local.as_str(), TooLong),
            (long_label.as_str(), TooLong),
            (huge.as_str(), TooLong),
        ] {
            assert_eq!(CustomerEmail::parse(text).err(), Some(expected), "{text:?}");
        }
    }

    #[test]
    fn compares_without_case_but_sends_what_it_saw() {
        let shown = CustomerEmail::parse("Anna@Example.com").unwrap();
        let other = CustomerEmail::parse("aNNA@example.COM").unwrap();
        assert_eq!(shown, other);
        assert_eq!(shown.as_str(), "Anna@Example.com");
        assert_eq!(shown.domain(), "example.com");
    }

    #[test]
    fn debug_hides_the_address() {
        let email = CustomerEmail::parse("anna@example.com").unwrap();
        assert_eq!(format!("{email:?}"), "CustomerEmail(…)");
    }

    proptest! {
        #[test]
        fn whatever_parses_has_one_at_and_nothing_invisible(text in "\\PC{0,20}@?\\PC{0,40}|[a-z.@\\u{200B}\\u{202E}\"-]{0,30}") {
            if let Ok(email) = CustomerEmail::parse(&text) {
                prop_assert_eq!(email.as_str(), &text);
                prop_assert_eq!(text.matches('@').count(), 1);
                prop_assert!(text.len() <= 254);
                let forbidden = |c: char| c.is_whitespace() || c.is_control() || "\u{200B}\u{200D}\u{202E}\"<>[]()".contains(c);
                prop_assert!(!text.chars().any(forbidden));
                prop_assert!(email.domain().contains('.'));
            }
        }

        #[test]
        fn ordinary_addresses_parse(local in "[a-z0-9]{1,10}([.+_-][a-z0-9]{1,10}){0,3}", domain in "([a-z0-9]{1,10}\\.){1,3}[a-z]{2,6}") {
            let text = format!("{local}@{domain}");
            prop_assert!(CustomerEmail::parse(&text).is_ok());
        }
    }
}
