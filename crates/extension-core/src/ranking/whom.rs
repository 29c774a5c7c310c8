//! Whom a page is about, as far as its headings say, and whether a section's title is one of the customer's own data.

use alloc::{string::String, vec::Vec};

use super::words::{is_own, is_small, without_salutation};
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
    /// What is said first: the first heading of the first order; where there is none, the parts of the title.
    own: String,
    /// Whether that is a heading, and not the title, which may be of the CRM's own words.
    headed: bool,
    /// The whole title, where that has a number in it, as of a record.
    title: Option<String>,
    /// Whether nothing that the page is called may be somebody's name.
    pub(super) nameless: bool,
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
        let called = top.called.as_deref().unwrap_or_default();
        let name = top.name.as_deref().map(|name| without_own(&folded(name), called));
        // In scripts without blanks a name is one word. Titles of tickets begin with their number.
        let nameless = match &name {
            Some(name) => name_words(name).is_empty(),
            None => parts.lines().all(|line| {
                let words = name_words(line);
                let numbered = line.trim_start().starts_with(|c: char| c.is_ascii_digit());
                numbered || words.len() < 2 && words.iter().all(|word| word.is_ascii())
            }),
        };
        let numbered = title.contains(|c: char| c.is_ascii_digit());
        Self {
            nameless,
            title: numbered.then(|| folded(title)),
            own: match &name {
                Some(name) if name_words(name).len() > 1 => name.clone(),
                // "Clients" is nobody.
                Some(name) => [name, parts.as_str()].join("\n"),
                None => parts,
            },
            headed: name.is_some(),
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

    /// Whether a name is another one than that in the page's first heading. Names of one word say too little, and those in
    /// another script have other letters.
    pub(super) fn is_another(&self, name: &str) -> bool {
        let name = plain(name);
        let own = self
            .own
            .lines()
            .next()
            .filter(|_| self.headed)
            .unwrap_or_default();
        let comparable = [own, &name]
            .iter()
            .all(|name| name.is_ascii() && name_words(name).len() > 1);
        comparable && shows(&name, own) == Some(false)
    }

    /// Whether an address has another name than the page gives first: one of its words, and another one that is not among them;
    /// or none, where both are names of two words.
    pub(super) fn contradicts(&self, folded: &str) -> bool {
        let local = local(folded);
        let words: Vec<&str> = local.split_whitespace().filter(|word| is_word(word)).collect();
        if words.len() < 2 || !self.headed {
            return false;
        }
        let Some(line) = self.own.lines().next() else {
            return false;
        };
        let name = name_words(line);
        let is_there = |word: &&str| {
            // Initials, short forms, and letters with two dots, which many write as two letters.
            name.iter().any(|other| {
                let initial = other.chars().nth(1).is_none();
                let short = word.len() > 2 && other.starts_with(word);
                undotted(other) == undotted(word) || initial && word.starts_with(*other) || short
            })
        };
        if !name.iter().all(|word| word.is_ascii()) {
            // In another script the same name has other letters.
            return false;
        }
        let there = words.iter().filter(|word| is_there(word)).count();
        there < words.len() && name.iter().filter(|word| is_word(word)).count() > 1
    }

    /// Whether a title is one of the customer's own data: all its words are known for that, or are what the page is called, or it
    /// is the name that the address itself has. Beside the name of whom the page is called after, there may be more.
    pub(super) fn is_own(&self, title: &str, folded: &str, named: bool) -> bool {
        let local = local(folded);
        let folded = plain(title);
        let has = |word: &str| !is_word(word) || folded.split_whitespace().any(|other| other == word);
        let name = self.own.lines().next().unwrap_or_default();
        // A title may begin with the tab that is open.
        let name = if self.headed || name_words(name).len() > 1 {
            name
        } else {
            ""
        };
        is_own(title, name)
            || is_name(&folded, &local)
            || named && local.split_whitespace().all(has)
            || self
                .title
                .as_deref()
                .is_some_and(|title| same_words(&folded, title))
    }
}

/// Whether a line is the name that an address is made of.
pub(super) fn has_name(line: &str, folded: &str) -> bool {
    is_name(line, &local(folded))
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

/// The words of a line that may be those of a name, with initials.
fn name_words(line: &str) -> Vec<&str> {
    without_salutation(line)
        .split_whitespace()
        .filter(|word| word.chars().all(char::is_alphabetic) && !is_own(word, ""))
        .collect()
}

fn undotted(word: &str) -> String {
    word.replace("ae", "a").replace("oe", "o").replace("ue", "u")
}

fn local(folded: &str) -> String {
    plain(folded.split('@').next().unwrap_or_default())
}

/// Whether it may be a part of a name, and is no initial and no number.
fn is_word(word: &str) -> bool {
    word.len() > 1 && word.chars().all(char::is_alphabetic)
}
