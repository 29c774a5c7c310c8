//! Which characters show. What a person writes into the record must be seen by whoever reads it, and must not be hidden in
//! what looks like another text.

/// The non-joiner and the joiner: they show nothing, but are part of how some languages are written.
const JOINERS: [char; 2] = ['\u{200C}', '\u{200D}'];

/// Whether a character leaves a mark on paper. Blanks do not, nor does what Unicode calls "default ignorable"
/// (DerivedCoreProperties.txt of version 16), nor the blank of braille.
pub(crate) fn shows(c: char) -> bool {
    let ignorable = matches!(
        c,
        '\u{AD}' | '\u{34F}' | '\u{61C}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}'
            | '\u{180B}'..='\u{180F}'
            | '\u{200B}'..='\u{200F}'
            | '\u{202A}'..='\u{202E}'
            | '\u{2060}'..='\u{206F}'
            | '\u{2800}'
            | '\u{3164}'
            | '\u{FE00}'..='\u{FE0F}'
            | '\u{FEFF}'
            | '\u{FFA0}'
            | '\u{FFF0}'..='\u{FFF8}'
            | '\u{1BCA0}'..='\u{1BCA3}'
            | '\u{1D173}'..='\u{1D17A}'
            | '\u{E0000}'..='\u{E0FFF}'
    );
    !(ignorable || c.is_control() || c.is_whitespace())
}

/// A character that no keyboard makes and that can make a text look like another, or hide one: controls, and whatever
/// shows nothing but blanks.
pub(crate) fn is_odd(c: char) -> bool {
    c.is_control() || !(shows(c) || c.is_whitespace())
}

/// The text with each such character written as its number.
pub(crate) fn seen(text: &str) -> String {
    let mut seen = String::with_capacity(text.len());
    for c in text.chars() {
        if is_odd(c) {
            seen.extend(c.escape_unicode());
        } else {
            seen.push(c);
        }
    }
    seen
}

/// As [`is_odd`], for running text, which may have what its language is written with: joiners, line breaks, soft hyphens of a text
/// that was pasted, and the selectors that colour an emoji or choose a letter's form.
pub(crate) fn is_odd_in_prose(c: char) -> bool {
    let allowed = matches!(
        c,
        '\n' | '\r' | '\t' | '\u{AD}' | '\u{17B4}' | '\u{17B5}' | '\u{180B}'..='\u{180F}' | '\u{FE00}'..='\u{FE0F}'
    );
    is_odd(c) && !allowed && !JOINERS.contains(&c)
}

/// How many characters a text has, from the first that shows to the last: those that show, and blanks between them.
pub(crate) fn length(text: &str) -> usize {
    let text = text.trim_matches(|c| !shows(c));
    text.chars().filter(|c| shows(*c) || c.is_whitespace()).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_shows_nothing_has_no_length() {
        for nothing in [
            " ",
            "\u{A0}",
            "\u{3000}",
            "\u{200B}",
            "\u{200C}",
            "\u{200D}",
            "\u{AD}",
            "\u{34F}",
            "\u{FE0F}",
            "\u{2800}",
            "\u{3164}",
            "\u{115F}",
            "\u{E0041}",
            "\n",
            "\u{0}",
        ] {
            assert_eq!(length(&nothing.repeat(10)), 0, "{nothing:?}");
        }
        for (text, expected) in [
            (" Zażółć gęślą\u{200C} ", 12),
            ("می\u{200C}خواهم", 7),
            ("ग्राहक", 6),
            ("客户要求", 4),
            ("ok ❤\u{FE0F}", 4),
        ] {
            assert_eq!(length(text), expected, "{text}");
        }
    }

    #[test]
    fn prose_has_its_joiners_and_nothing_else_that_hides() {
        assert!(
            !"line\none\ttwo \u{200C}\u{200D} soft\u{AD}hyphen ❤\u{FE0F}"
                .chars()
                .any(is_odd_in_prose)
        );
        for hidden in [
            '\u{0}',
            '\u{1b}',
            '\u{200B}',
            '\u{202E}',
            '\u{2066}',
            '\u{E0041}',
            '\u{3164}',
            '\u{2800}',
        ] {
            assert!(is_odd_in_prose(hidden) && is_odd(hidden), "{hidden:?}");
        }
        assert!(is_odd('\u{200D}') && is_odd('\n') && !is_odd(' ') && !is_odd('é'));
    }

    /// What the OpenAPI document says is what is checked.
    #[test]
    fn the_documented_characters_are_those_that_are_refused() {
        use stagedoor_protocol::openapi::{HIDDEN, HIDDEN_IN_PROSE};
        let among = |ranges: &[(char, char)], c: char| {
            ranges.iter().any(|(first, last)| (*first..=*last).contains(&c))
        };
        for c in '\0'..=char::MAX {
            assert_eq!(among(HIDDEN, c), is_odd(c), "{c:?}");
            assert_eq!(among(HIDDEN_IN_PROSE, c), is_odd_in_prose(c), "{c:?}");
        }
    }
}
