//! Whether a page shows a person's name: by its words, whatever their order, accents, and the initials in place of some.

use alloc::{string::String, vec::Vec};

/// Letters that are no other letter with a mark, as far as people write one for the other.
const ALIKE: [(char, &str); 11] = [
    ('ł', "l"),
    ('ø', "o"),
    ('đ', "d"),
    ('ð', "d"),
    ('ħ', "h"),
    ('ı', "i"),
    ('æ', "ae"),
    ('œ', "oe"),
    ('ß', "ss"),
    ('þ', "th"),
    ('ς', "σ"),
];

/// Whether one of the lines shows the name. Both are as the browser takes them apart: in lower case, letters and their marks by
/// themselves (Unicode's NFKD). Other scripts are compared as they are.
///
/// It takes two words of the name, or the only one; of two, one may be an initial on either side. `None`: there is no name, or no
/// text, so nothing can be said.
pub fn shows(name: &str, lines: &str) -> Option<bool> {
    let (name, lines) = (plain(name), plain(lines));
    if name.split_whitespace().all(is_initial) || lines.trim().is_empty() {
        return None;
    }
    Some(lines.split('\n').any(|line| is_in(&name, line)))
}

/// Whether two names have the same words, in whatever order.
pub fn is_same(name: &str, other: &str) -> bool {
    let (name, other) = (plain(name), plain(other));
    let within = |one: &str, other: &str| {
        one.split_whitespace()
            .all(|word| other.split_whitespace().any(|own| own == word))
    };
    within(&name, &other) && within(&other, &name)
}

/// Each word of the line stands for one of the name at most: first the words that are the same, then initials.
fn is_in(name: &str, line: &str) -> bool {
    let mut left: Vec<&str> = line.split_whitespace().collect();
    let mut without: Vec<&str> = Vec::new();
    let (mut found, mut whole) = (0, false);
    for word in name.split_whitespace() {
        match left.iter().position(|other| *other == word) {
            Some(place) => {
                left.swap_remove(place);
                found += 1;
                whole |= !is_initial(word);
            }
            None => without.push(word),
        }
    }
    let wanted = (found + without.len()).min(2);
    for word in without {
        let short = |other: &&str| {
            is_initial(word) && other.starts_with(word) || is_initial(other) && word.starts_with(*other)
        };
        if let Some(place) = left.iter().position(short) {
            left.swap_remove(place);
            found += 1;
        }
    }
    whole && found >= wanted
}

fn is_initial(word: &str) -> bool {
    word.chars().nth(1).is_none()
}

/// The text without marks, and with blanks for what is no letter.
pub fn plain(text: &str) -> String {
    let mut plain = String::new();
    for c in text.chars().filter(|c| !is_mark(*c)) {
        match ALIKE.iter().find(|(other, _)| *other == c) {
            Some((_, alike)) => plain.push_str(alike),
            None => plain.push(if c != '\n' && is_gap(c) { ' ' } else { c }),
        }
    }
    plain
}

/// What stands on or between letters without being one: accents, vowel points, the line that stretches Arabic words, apostrophes.
fn is_mark(c: char) -> bool {
    matches!(
        c,
        '\'' | '`' | '\u{2BC}' | '\u{2018}' | '\u{2019}' | '\u{640}' | '\u{670}' | '\u{200B}'..='\u{200F}'
    ) || matches!(c, '\u{300}'..='\u{36F}' | '\u{591}'..='\u{5BD}' | '\u{5BF}'..='\u{5C7}' | '\u{610}'..='\u{61A}')
        || matches!(c, '\u{64B}'..='\u{65F}' | '\u{1DC0}'..='\u{1DFF}' | '\u{20D0}'..='\u{20FF}')
}

/// What ends a word. All letters of other scripts are beyond the signs that are named here.
fn is_gap(c: char) -> bool {
    let sign = c.is_ascii() && !c.is_ascii_alphanumeric();
    sign || matches!(
        c,
        '\u{80}'..='\u{BF}' | '×' | '÷' | '\u{5BE}' | '\u{60C}' | '\u{61B}' | '\u{61F}' | '\u{6D4}'
    ) || matches!(c, '\u{2000}'..='\u{206F}' | '\u{20A0}'..='\u{20CF}' | '\u{2190}'..='\u{2BFF}')
        || matches!(c, '\u{3000}'..='\u{3004}' | '\u{3008}'..='\u{303F}')
}

#[cfg(test)]
#[cfg(not(target_arch = "wasm32"))]
mod tests;
