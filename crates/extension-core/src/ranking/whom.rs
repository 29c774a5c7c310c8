//! Whom a page is about, as far as its headings say, and whether a section's title is one of the customer's own data.

use alloc::{string::String, vec::Vec};

use super::words::{is_kind, is_own, is_person, is_small, without_salutation};
use crate::{
    facts::Frame,
    names::{plain, shows},
};

/// Whether the words of an address before the `@` stand in the page's headings or title, as a customer's name does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Named {
    /// None does.
    No,
    /// One of them.
    Partly,
    /// Two of them, as a first and a last name.
    Fully,
}

/// Where a page says whom it is about: its first two headings, and its title. Those further down may be of cards about others.
#[derive(Default)]
pub(super) struct Whom {
    /// What is said first: the first heading of the first order; where that is nobody's name, the parts of the title, too.
    own: String,
    /// Whose name that is, by itself; where it is nobody's, the first one in the page's main part.
    person: String,
    /// The same with letters written out that have marks: "joerg" for "Jörg".
    written: String,
    /// The whole title, where that has a number in it, as of a record.
    title: Option<String>,
    /// First heading and title.
    first: String,
    /// Second heading. It may be that of a card about somebody else, too: then it names nobody whose address stands there.
    pub(super) second: String,
}

impl Whom {
    pub(super) fn of(frames: &[Frame]) -> Self {
        let Some(top) = frames.iter().find(|frame| frame.top) else {
            return Self::default();
        };
        let lines: Vec<&str> = top.headings.lines().collect();
        let Some((title, headings)) = lines.split_last() else {
            return Self::default();
        };
        let folded = |text: &str| plain(&text.to_ascii_lowercase());
        let line = |text: Option<&&str>| folded(text.copied().unwrap_or_default());
        let parts = title
            .replace(['|', '·', '–', '—', ':', '‹', '›', '«', '»', '/'], "\n")
            .replace(" - ", "\n");
        let parts = folded(&parts);
        let heading = top.name.as_deref().unwrap_or_default();
        let called = top.called.as_deref().unwrap_or_default();
        let certain = top.proper.as_deref().is_some_and(is_person);
        let frames = frames
            .iter()
            .filter(|frame| frame.top)
            .chain(frames.iter().filter(|frame| !frame.top));
        // The first name on the page, where the heading is nobody's.
        let first = frames.flat_map(|frame| &frame.people).next();
        let first = first.map(String::as_str).unwrap_or_default();
        let name = without_own(&folded(heading), called);
        // What has two other words may be somebody's all the same: then nobody else is believed in their place.
        let named = certain || without_kinds(&name).contains(' ');
        let spelt = |spell: fn(&str) -> String| match (named, certain) {
            (false, _) => plain(&spell(&given_first(first))),
            (_, true) => without_own(&folded(&spell(&given_first(heading))), &given_first(called)),
            _ => without_kinds(&without_own(&folded(&spell(heading)), called)),
        };
        let person = spelt(|name| name.into());
        let numbered = title.contains(|c: char| c.is_ascii_digit());
        Self {
            title: numbered.then(|| folded(title)),
            written: spelt(written_out),
            own: match name_words(&name).len() {
                // "Clients" is nobody.
                0 | 1 => [name, parts].join("\n"),
                _ => name,
            },
            person,
            first: [line(headings.first()), line(Some(title))].join("\n"),
            second: line(headings.get(1)),
        }
    }

    /// How much of a name an address shares with these, or with the second heading. Initials are no words: relatives have the
    /// surname in common.
    pub(super) fn names(&self, folded: &str, second: &str) -> Named {
        let local = local(folded);
        let shared = |line: &str| {
            let shared = |word: &&str| word.len() > 1 && line.split_whitespace().any(|other| other == *word);
            let words: Vec<&str> = local.split_whitespace().filter(shared).collect();
            match words.as_slice() {
                [one, rest @ ..] if rest.iter().any(|word| word != one) => Named::Fully,
                [one, ..] if one.len() > 2 => Named::Partly,
                _ => Named::No,
            }
        };
        let lines = self.first.lines().chain([second]);
        lines.map(shared).max().unwrap_or(Named::No)
    }

    /// Whether an address is made of the whole name that the page gives first, and that is a name: two words, or more. A relative
    /// may have one of the customer's given names, and a firm is called after its director.
    pub(super) fn is(&self, folded: &str) -> bool {
        let local = local(folded);
        self.own.lines().any(|line| is_name(line, &local))
    }

    /// Whether an address shows the name of whom the page is about: see [`agrees`].
    pub(super) fn is_about(&self, folded: &str) -> bool {
        let local = local(folded);
        [&self.person, &self.written]
            .into_iter()
            .any(|name| agrees(name, &local))
    }

    /// Whether a name is another one than that in the page's first heading. Names of one word say too little, and those in
    /// another script have other letters.
    pub(super) fn is_another(&self, name: &str) -> bool {
        let name = plain(name);
        let own = self.person.as_str();
        let comparable = [own, &name]
            .iter()
            .all(|name| name.is_ascii() && name_words(name).len() > 1);
        comparable && shows(&name, own) == Some(false)
    }

    /// Whether a title is one of the customer's own data: all its words are known for that, or are what the page is called, or it
    /// is the name that the address itself has. Beside the name of whom the page is called after, there may be more.
    pub(super) fn is_own(&self, title: &str, folded: &str, named: bool) -> bool {
        let local = local(folded);
        let folded = plain(title);
        let has = |word: &str| !is_word(word) || folded.split_whitespace().any(|other| other == word);
        is_own(title, &self.person)
            || is_name(&folded, &local)
            || named && local.split_whitespace().all(has)
            || self
                .title
                .as_deref()
                .is_some_and(|title| same_words(&folded, title))
    }
}

/// Whether a line is a name of two words or more that an address has all of. Words for the customer's own data are no names, and
/// nor is what comes before one.
fn is_name(line: &str, local: &str) -> bool {
    let words: Vec<&str> = without_salutation(line)
        .split_whitespace()
        .filter(|word| is_word(word) && (!is_own(word, "") || is_small(word)))
        .collect();
    words.iter().any(|word| *word != words[0])
        && words.iter().any(|word| !is_small(word))
        && words
            .iter()
            .all(|word| local.split_whitespace().any(|other| other == *word))
}

/// Whether two lines have the same words.
fn same_words(one: &str, other: &str) -> bool {
    one.split_whitespace().eq(other.split_whitespace())
}

/// A line without the words for the customer's own data, of which it shows the letters and `called` their marks, too.
fn without_own(line: &str, called: &str) -> String {
    let words: Vec<&str> = line.split_whitespace().collect();
    let marked = called.split(|c: char| !c.is_alphanumeric());
    let marked: Vec<&str> = marked.filter(|word| !word.is_empty()).collect();
    if words.len() != marked.len() {
        return line.into();
    }
    let others = words.iter().zip(marked);
    let others = others.filter(|(_, word)| !is_own(word, "") || is_small(word));
    others.map(|(word, _)| *word).collect::<Vec<_>>().join(" ")
}

/// Those of these that are no words for kinds of pages.
fn without_kinds(line: &str) -> String {
    let words = name_words(line).into_iter();
    words.filter(|word| !is_kind(word)).collect::<Vec<_>>().join(" ")
}

/// The words of a line that may be those of a name, with initials.
fn name_words(line: &str) -> Vec<&str> {
    without_salutation(line)
        .split_whitespace()
        .filter(|word| word.chars().all(char::is_alphabetic) && !is_own(word, ""))
        .collect()
}

/// First given name and surname, of a name that has the surname and a comma first.
fn given_first(name: &str) -> String {
    let turned = name.split_once(',').and_then(|(surname, given)| {
        let one = !surname.trim().contains(' ');
        let given = given.split_whitespace().next().filter(|_| one)?;
        Some([given, surname.trim()].join(" "))
    });
    turned.unwrap_or_else(|| name.into())
}

/// A name whose letters have their marks behind them, with those letters for the marks that addresses have.
fn written_out(name: &str) -> String {
    name.replace('\u{308}', "e")
        .replace('\u{30A}', "a")
        .replace('ø', "oe")
}

/// The most words of a name that are looked at.
const MAX_WORDS: usize = 8;

/// Whether an address is made of a name: of its first word, or its first two, and another one with the small words before that; of
/// which one may be the initial alone; with or without something between them, and of nothing else but numbers. The other one may
/// come first if it is the second: of "Kowalska Anna Maria", `maria.kowalska@` may be a relative's.
fn agrees(name: &str, local: &str) -> bool {
    let letters = |part: &str| part.chars().filter(|c| c.is_alphabetic()).collect::<String>();
    let parts: Vec<String> = local.split_whitespace().map(letters).collect();
    let parts: Vec<&str> = parts
        .iter()
        .map(String::as_str)
        .filter(|part| !part.is_empty())
        .collect();
    let parts = parts.join(" ");
    let words = without_salutation(name).split_whitespace();
    let words = words.filter(|word| {
        let letters = is_word(word) && word.chars().all(char::is_alphabetic);
        letters && (is_small(word) || !is_own(word, ""))
    });
    let words: Vec<&str> = words.take(MAX_WORDS).collect();
    let mut large = words.split_inclusive(|word| !is_small(word));
    let Some(first) = large.next().and_then(<[&str]>::last).copied() else {
        return false;
    };
    let others: Vec<&[&str]> = large
        .filter(|others| others.last().is_some_and(|word| !is_small(word)))
        .collect();
    others.iter().enumerate().any(|(index, other)| {
        let word = other.last().copied().unwrap_or_default();
        let turned = index == 0;
        let second = others[0];
        let both = if turned { String::new() } else { second.concat() };
        let firsts = [
            first.into(),
            initial(first).into(),
            [first, both.as_str()].concat(),
            [first, both.as_str()].join(" "),
        ];
        let seconds = [word.into(), initial(word).into(), other.concat(), other.join(" ")];
        firsts.iter().any(|one: &String| {
            seconds.iter().any(|two: &String| {
                let long = one.len() > 2 || two.len() > 2;
                long && (is_pair(&parts, one, two) || turned && is_pair(&parts, two, one))
            })
        })
    })
}

/// Whether a text is one word and another one, apart or, if it has no blank, joined.
fn is_pair(text: &str, one: &str, two: &str) -> bool {
    text.strip_prefix(one)
        .is_some_and(|rest| match rest.strip_prefix(' ') {
            Some(rest) => rest == two,
            // "paula" is somebody else than Paul Adams, and "petrova" than Anton Petrov.
            None => rest == two && !text.contains(' ') && !(two.len() == 1 && two.starts_with(VOWELS)),
        })
}

/// Letters that make another given name, or a woman's surname, if they stand behind one.
const VOWELS: [char; 5] = ['a', 'e', 'i', 'o', 'y'];

/// The first letter of a word.
fn initial(word: &str) -> &str {
    let end = word.chars().next().map_or(0, char::len_utf8);
    word.get(..end).unwrap_or_default()
}

fn local(folded: &str) -> String {
    plain(folded.split('@').next().unwrap_or_default())
}

/// Whether it may be a part of a name, and is no initial and no number.
fn is_word(word: &str) -> bool {
    word.len() > 1 && word.chars().all(char::is_alphabetic)
}
