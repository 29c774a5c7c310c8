//! From the raw text of a fact to the addresses in it.
//!
//! Text is cut only at characters that no address can hold, and a piece is taken whole or not at all: an address is
//! never carved out of something longer, because what would come out could be somebody else's.

use alloc::{string::String, vec::Vec};

use stagedoor_protocol::CustomerEmail;

use crate::{
    facts::Kind,
    text::{Text, is_hidden},
};

/// The addresses in a fact's value, in the order in which they stand there.
pub fn addresses(kind: Kind, value: &str) -> Vec<CustomerEmail> {
    let value = value.trim();
    if let Some(rest) = strip_scheme(value) {
        let list = rest.split(['?', '#']).next().unwrap_or_default();
        return list.split([',', ';']).filter_map(in_link).collect();
    }
    match kind {
        Kind::Mailto => value.split([',', ';']).filter_map(in_link).collect(),
        Kind::Microdata | Kind::Jsonld => plausible(value).into_iter().collect(),
        Kind::Input if is_lone(value) => plausible(value).into_iter().collect(),
        _ => pieces(value).filter_map(in_text).collect(),
    }
}

/// Whether a field holds one address and nothing else. Of several, or with words beside it, only a person can tell whose it
/// is.
pub fn is_lone(value: &str) -> bool {
    plausible(value.trim()).is_some()
}

/// The pieces of running text. One that a colon ends and more letters follow goes on in truth, as
/// `git@host.example:team/repository` does; and one beside dots or brackets that touch it is what they leave of something
/// longer, as in `a••••a@host.example`.
fn pieces(text: &str) -> impl Iterator<Item = &str> {
    const BEFORE: [char; 4] = ['•', '·', ']', ')'];
    const AFTER: [char; 3] = ['•', '·', '['];
    let mut rest = text.split_inclusive(is_delimiter).peekable();
    let mut earlier = "";
    core::iter::from_fn(move || {
        loop {
            let piece = rest.next()?;
            let left = earlier.ends_with(BEFORE) || piece.ends_with(AFTER);
            earlier = piece;
            if left && piece.contains('@') {
                continue;
            }
            let goes_on = rest
                .peek()
                .is_some_and(|next| next.starts_with(|c: char| c.is_alphanumeric() || c == '/'));
            if !(piece.ends_with(':') && piece.contains('@') && goes_on) {
                return Some(piece.trim_end_matches(is_delimiter));
            }
        }
    })
}

/// An address as a person typed or pasted it, or what is wrong with it: blanks around it and a `mailto:` before it do no
/// harm.
pub fn typed(text: &str) -> Result<CustomerEmail, Text> {
    let text = text.trim();
    let email = CustomerEmail::parse(strip_scheme(text).unwrap_or(text));
    email.map_err(|_| {
        Text::new(if text.chars().any(is_hidden) {
            "email_hidden"
        } else {
            "error_email_invalid_cure"
        })
    })
}

/// Whether an address has letters that may look like others: `customers` with a Cyrillic letter, or in letters of full
/// width, looks the same and is somebody else's. Only a person can tell, so such an address is never proposed. Plain
/// letters and those of Latin alphabets with their marks look like nothing else; `ı`, `ĸ`, `ŉ` and `ſ` do.
pub fn is_disguised(email: &str) -> bool {
    let distinct = |c| matches!(c, 'À'..='ž') && !matches!(c, 'ı' | 'ĸ' | 'ŉ');
    email.chars().any(|c| !c.is_ascii() && !distinct(c))
}

fn strip_scheme(text: &str) -> Option<&str> {
    let (scheme, rest) = text.split_at_checked(7)?;
    scheme.eq_ignore_ascii_case("mailto:").then_some(rest)
}

/// One address of a `mailto:` link, which is percent-encoded (RFC 6068 section 2).
fn in_link(text: &str) -> Option<CustomerEmail> {
    plausible(percent_decode(text.trim())?.trim())
}

fn percent_decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let (high, low) = (hex(rest.next()?)?, hex(rest.next()?)?);
            bytes.push(high << 4 | low);
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).ok()
}

fn hex(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    }
}

/// Characters at which running text is cut. Invisible ones are not among them: a piece with one is refused whole.
fn is_delimiter(c: char) -> bool {
    const MARKS: &str = "<>()[],;:\"\\«»“”„‘’‹›、。，；：（）【】《》·•|";
    c.is_whitespace() || MARKS.chars().any(|mark| mark == c)
}

/// Pictures that buttons and links show as letters: copy, write, open, verified. What hides letters, such as dots, blocks and
/// stars, is none, nor is what says that something is wrong.
fn is_icon(c: char) -> bool {
    const ICONS: &str = "⧉⎘📋✎✏✐🖉✉📧📨📩🔗↗☎✓✔☑";
    ICONS.chars().any(|icon| icon == c)
}

/// A piece of text without one such picture on either side, in colour (U+FE0F behind it) or not.
fn without_icons(piece: &str) -> &str {
    const COLOUR: char = '\u{FE0F}';
    let end = piece.strip_suffix(COLOUR).unwrap_or(piece);
    let piece = end.strip_suffix(is_icon).unwrap_or(piece);
    let rest = piece.strip_prefix(is_icon);
    rest.map_or(piece, |rest| rest.strip_prefix(COLOUR).unwrap_or(rest))
}

/// An address in running text. Sentence marks around it are dropped; a local part with characters that are allowed but
/// in truth come from paths, queries and markup is refused.
fn in_text(piece: &str) -> Option<CustomerEmail> {
    // A button that shows a letter as its picture may touch it.
    let piece = without_icons(piece);
    let quoted = piece.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\''));
    let piece = quoted.unwrap_or(piece);
    if piece.ends_with('…') || piece.ends_with("..") {
        // It was cut there: what is left of `anna@host.example` may be `anna@host.ex`.
        return None;
    }
    let piece = piece.trim_end_matches(['.', '!', '?']);
    let (local, domain) = piece.split_once('@')?;
    let odd = |byte: u8| b"!#$%&*/=?^`{|}~".contains(&byte);
    if local.bytes().any(odd) || looks_like_a_version(domain) {
        return None;
    }
    plausible(piece)
}

/// An address whose domain could be one on the Internet: that leaves out file names such as `logo@2x.png`.
fn plausible(text: &str) -> Option<CustomerEmail> {
    let email = CustomerEmail::parse(text).ok()?;
    let (_, domain) = text.split_once('@')?;
    let (rest, top) = domain.rsplit_once('.')?;
    let top = top.to_ascii_lowercase();
    let letters = top.chars().all(char::is_alphabetic) || top.starts_with("xn--");
    let several = top.chars().nth(1).is_some();
    let file = FILE_ENDINGS.split(' ').any(|ending| ending == top);
    let scaled = rest.split('.').next().is_some_and(is_scale);
    (letters && several && !file && !scaled).then_some(email)
}

/// `2x`, `3x`: the pixel density in the name of an image.
fn is_scale(label: &str) -> bool {
    matches!(label.as_bytes(), [b'1'..=b'9', b'x'])
}

/// `1.2.next`: the version in the name of a package.
fn looks_like_a_version(domain: &str) -> bool {
    let number = |label: &str| label.bytes().all(|b| b.is_ascii_digit());
    domain.split('.').take(2).all(number)
}

/// Endings of file names, none of which is a top-level domain.
const FILE_ENDINGS: &str = "png jpg jpeg gif svg webp avif bmp ico css scss less js mjs cjs jsx ts tsx json map html \
    htm php xml pdf woff woff2 ttf eot mp3 mp4 webm csv txt yml yaml tgz wasm";

#[cfg(test)]
#[cfg(not(target_arch = "wasm32"))]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(kind: Kind, value: &str, expected: &[&str]) {
        let found: Vec<String> = addresses(kind, value).into_iter().map(String::from).collect();
        assert_eq!(found, expected, "{kind:?} {value:?}");
    }

    #[test]
    fn links_are_decoded_and_lose_their_query() {
        check(Kind::Mailto, "mailto:anna@example.com", &["anna@example.com"]);
        check(
            Kind::Mailto,
            " MAILTO:Anna%2Bfx@Example.com?subject=a@b.example ",
            &["Anna+fx@Example.com"],
        );
        check(Kind::Mailto, "mailto:anna%40example.com", &["anna@example.com"]);
        check(
            Kind::Mailto,
            "mailto:anna@example.com,%20bert@example.com",
            &["anna@example.com", "bert@example.com"],
        );
        check(
            Kind::Mailto,
            "mailto:j%C3%BCrgen@example.com",
            &["jürgen@example.com"],
        );
        check(Kind::Jsonld, "mailto:anna@example.com", &["anna@example.com"]);
        for bad in [
            "mailto:",
            "mailto:%",
            "mailto:%4",
            "mailto:%FF@example.com",
            "mailto:anna%2540example.com",
            "mailto:anna%0d%0a@example.com",
            "mailto:?to=anna@example.com",
            "tel:+4912345",
        ] {
            check(Kind::Mailto, bad, &[]);
        }
    }

    #[test]
    fn fields_hold_one_address_or_none() {
        check(Kind::Input, "  anna@example.com\n", &["anna@example.com"]);
        check(Kind::Input, "a%2Bb@example.com", &["a%2Bb@example.com"]);
        check(Kind::Input, "anna@example", &[]);
        check(Kind::Microdata, "Anna <anna@example.com>", &[]);
    }

    #[test]
    fn fields_with_more_than_an_address_hold_each() {
        check(Kind::Input, "anna@example.com (old)", &["anna@example.com"]);
        for value in [
            "anna@example.com; bert@example.com",
            "anna@example.com bert@example.com",
            "anna@example.com\nbert@example.com",
            "Anna <anna@example.com>, Bert <bert@example.com>",
        ] {
            check(Kind::Input, value, &["anna@example.com", "bert@example.com"]);
        }
    }

    #[test]
    fn running_text_is_cut_where_no_address_can_go_on() {
        for text in [
            "anna@example.com",
            "<anna@example.com>,",
            "(anna@example.com).",
            "E-Mail:anna@example.com",
            "“anna@example.com”!",
            "'anna@example.com'",
            "anna@example.com⧉",
            "✉️anna@example.com✏️",
            "(anna@example.com✓).",
        ] {
            check(Kind::Text, text, &["anna@example.com"]);
        }
        check(
            Kind::Labelled,
            "o'brien@example.org (private), b@example.com",
            &["o'brien@example.org", "b@example.com"],
        );
    }

    #[test]
    fn debris_is_not_an_address() {
        for text in [
            "x@2x.png",
            "logo@3x.webp",
            "hero@2x.image.example",
            "package@1.2.3",
            "package@1.2.next",
            "lodash@4.17.x",
            "react@18.2.0-rc.1",
            "@media",
            "@user/repo",
            "@angular/core@17.0.0",
            "devicon@master/devicon.min.css",
            "https://user:pw@host.example/x",
            "git@host.example:team/repository.git",
            "https://medium.example/@anna.b/post",
            "@anna@social.example",
            "?email=anna@example.com&x=1",
            "data-x=\"anna@example.com/bert\"",
            "anna@example.com/bert@example.com",
            "anna@@example.com",
            "anna@example.com\u{200B}",
            "x\u{202E}anna@example.com",
            "anna@example",
            "anna@example.c",
        ] {
            check(Kind::Text, text, &[]);
        }
    }

    #[test]
    fn what_dots_or_brackets_leave_of_an_address_is_none() {
        for left in [
            "a••••a@host.example",
            "anna[…]ska@host.example",
            "(anna)ska@host.example",
            "anna@host.ex…",
            "anna@host.example...",
            "anna@host.ex••••",
            "anna@host.ex[…]",
            "anna@host.ex★",
            "anna@host.example\u{FE0F}",
            "\u{FE0F}anna@host.example",
            "anna@host.example✎✎",
            "●●nna@host.example",
            "anna@host.ex⧉ample",
            "anna@host.example↗bert@host.example",
        ] {
            check(Kind::Text, left, &[]);
            check(Kind::Labelled, left, &[]);
        }
        check(
            Kind::Text,
            "anna@host.example • (bert@host.example)",
            &["anna@host.example", "bert@host.example"],
        );
    }

    #[test]
    fn typed_addresses_may_be_pasted_carelessly() {
        assert_eq!(
            typed(" mailto:anna@example.com\n").map(String::from).as_deref(),
            Ok("anna@example.com")
        );
        for (wrong, said) in [
            ("anna example.com", "error_email_invalid_cure"),
            ("anna@example.com, bert@example.com", "error_email_invalid_cure"),
            ("anna@example.com.", "error_email_invalid_cure"),
            ("anna@example.com\u{200B}", "email_hidden"),
            ("an\u{AD}na@example.com", "email_hidden"),
        ] {
            assert_eq!(typed(wrong), Err(Text::new(said)), "{wrong:?}");
        }
    }

    proptest! {
        #[test]
        fn what_is_found_stands_in_the_text(value in "\\PC{0,40}[a-z@.<>,%\u{200B}]{0,40}\\PC{0,20}") {
            for kind in [Kind::Text, Kind::Labelled, Kind::Input] {
                for email in addresses(kind, &value) {
                    prop_assert!(value.contains(email.as_str()), "{value:?}");
                }
            }
            // Whatever the text, the other kinds must bear it.
            addresses(Kind::Mailto, &value);
            addresses(Kind::Jsonld, &value);
        }

        #[test]
        fn an_ordinary_address_is_found_in_a_sentence(
            email in "[a-z0-9]{1,8}([.+_-][a-z0-9]{1,8}){0,2}@([a-z]{2,8}\\.){1,2}(com|example|org)",
            before in "[A-Za-z ,.!?]{0,20}", after in "[,;:)> ]{0,2}[. ]?",
        ) {
            let text = format!("{before} {email}{after} and so on");
            let found: Vec<String> = addresses(Kind::Text, &text).into_iter().map(String::from).collect();
            prop_assert_eq!(found, vec![email]);
        }
    }
}
