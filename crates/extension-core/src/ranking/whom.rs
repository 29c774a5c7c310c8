//! Whom a page is about, as far as its headings say, and whether a section's title is one of the customer's own data.

use alloc::{string::String, vec::Vec};

use super::{
    person::{Person, is_word, name_words},
    words::{
        introduces_customer, is_customers, is_kind, is_of_another, is_own, is_person, is_small,
        without_salutation,
    },
};
use crate::{
    facts::{Frame, Introduced},
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
    pub(super) person: Person,
    /// Whether the page is called after them.
    pub(super) called: bool,
    /// The others that are named in its main part.
    others: Vec<Person>,
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
        let proper = top.proper.as_deref().unwrap_or_default();
        let frames = frames
            .iter()
            .filter(|frame| frame.top)
            .chain(frames.iter().filter(|frame| !frame.top));
        let people: Vec<&Introduced> = frames.flat_map(|frame| &frame.people).collect();
        let person = Person::in_heading(heading, called, proper);
        let called = person.is_some();
        let person = person.or_else(|| introduced(&people, &parts)).unwrap_or_default();
        let name = folded(heading);
        Self {
            own: match name_words(&name).len() {
                // "Clients" is nobody.
                0 | 1 => [name, parts].join("\n"),
                _ => name,
            },
            others: people
                .iter()
                .map(|other| Person::of(&other.name))
                .filter(|other| person.is_another(&other.name))
                .collect(),
            person,
            called,
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

    /// Whether an address shows the name of whom the page is about, and of nobody else there: a relative may have the same initial.
    pub(super) fn is_about(&self, folded: &str) -> bool {
        let local = local(folded);
        self.person.is_shown_by(&local) && !self.others.iter().any(|other| other.may_be_shown_by(&local))
    }

    /// Whether a name is another one than that of whom the page is about.
    pub(super) fn is_another(&self, name: &str) -> bool {
        self.person.is_another(&plain(name))
    }

    /// Whether a title is one of the customer's own data: all its words are known for that, or it is the name that the address
    /// itself has. Beside the name of whom the page is called after, there may be more.
    pub(super) fn is_own(&self, title: &str, folded: &str, named: bool) -> bool {
        let local = local(folded);
        let folded = plain(title);
        let has = |word: &str| !is_word(word) || folded.split_whitespace().any(|other| other == word);
        is_own(title, &self.person.name)
            || is_name(&folded, &local)
            || named && local.split_whitespace().all(has)
    }
}

/// Whom a page that is called after nobody names first: if it introduces them as the customer, nobody else as that, and its title
/// has nobody else's name.
fn introduced(people: &[&Introduced], title: &str) -> Option<Person> {
    let is_sure = |one: &Introduced| is_customers(&one.label) && introduces_customer(&one.label);
    // A "contact person" may be anybody, and "Person" is what forms call their first part.
    let fits = |said: &str| said == "person" || introduces_customer(said);
    let is_introduced = |one: &Introduced| {
        introduces_customer(&one.label)
            && !is_of_another(&one.label)
            && (is_customers(&one.label) || one.around.split(" / ").all(fits))
    };
    let (first, rest) = people.split_first()?;
    let person = Person::of(&first.name);
    let sure = is_sure(first);
    let fields = || {
        rest.iter()
            .filter(|other| !other.label.is_empty() && is_introduced(other))
    };
    let is_shown = |one: &str, other: &str| shows(one, other) == Some(true);
    let is_first =
        |other: &Introduced| is_shown(&other.name, &first.name) || is_shown(&first.name, &other.name);
    let another = fields().any(|other| {
        let is_name = other.label != first.label && !other.name.contains(|c: char| c.is_numeric());
        let is_another = || person.is_another(&Person::of(&other.name).name);
        is_name
            && if is_sure(other) {
                !is_first(other)
            } else {
                !sure && is_another()
            }
    });
    let mut titled = title.lines();
    let titled = titled.any(|part| {
        let words = part.split_whitespace();
        let names: Vec<&str> = words
            .filter(|word| !is_kind(word) && (is_small(word) || !is_own(word, "")))
            .collect();
        let part = names.join(" ");
        is_person(&part) && person.is_another(&part)
    });
    (is_introduced(first) && !another && !titled).then_some(person)
}

/// Whether a line is a name of two words or more that an address has all of, and no further ones: a son may be called after his
/// father. Words for the customer's own data are no names, and nor is what comes before one.
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
        && local
            .split_whitespace()
            .all(|word| !is_word(word) || line.split_whitespace().any(|other| other == word))
}

fn local(folded: &str) -> String {
    plain(folded.split('@').next().unwrap_or_default())
}
