//! Whom a page is about, and which addresses show that name.

use alloc::{string::String, vec::Vec};

use super::words::{is_kind, is_own, is_particle, is_person, is_salutation, is_small, without_salutation};
use crate::names::plain;

/// The most words of a name that are looked at.
const MAX_WORDS: usize = 8;

/// The name of a person. Empty if only a part of it is known: then no address shows it.
#[derive(Default)]
pub(super) struct Person {
    /// Its words, in small letters, and without marks.
    pub(super) name: String,
    /// The same with letters written out that have marks: "joerg" for "Jörg".
    written: String,
    /// Whether it begins with the given name as far as anybody can see, so that the initial of its first word says something.
    whole: bool,
}

impl Person {
    /// That of a text which is a name and says nothing else, in small letters with their marks behind them.
    pub(super) fn of(text: &str) -> Self {
        let text = given_first(&without_titles(text));
        Self {
            name: plain(&text),
            written: plain(&written_out(&text)),
            whole: !text.contains(','),
        }
    }

    /// That in a heading, which may say more, or nobody's: `called` is the heading with its marks in one with the letters, and
    /// `proper` those of its words that have a capital letter or belong to a script without any.
    pub(super) fn in_heading(heading: &str, called: &str, proper: &str) -> Option<Self> {
        let certain = is_person(proper);
        let in_order = |text: &str| {
            let text = without_titles(text);
            if certain { given_first(&text) } else { text }
        };
        let (heading, called) = (in_order(heading), in_order(called));
        let (spelt, written) = (plain(&heading), plain(&written_out(&heading)));
        let kept = kept(&spelt, &called);
        let large = kept.iter().filter(|word| !is_small(word.plain)).count();
        let one = kept
            .iter()
            .any(|word| is_word(word.plain) && words_in(proper).any(|other| other == word.marked));
        // What has one other word beside those of titles may be somebody's all the same: then nobody else is believed in their place.
        if !certain && large < 2 && !one {
            return None;
        }
        let only = |line: &str| {
            let words: Vec<&str> = line.split_whitespace().collect();
            let words = kept.iter().filter_map(|word| words.get(word.place).copied());
            words.collect::<Vec<_>>().join(" ")
        };
        let together = kept.windows(2).all(|pair| pair[0].place + 1 == pair[1].place);
        let is_proper = |word: &Word<'_>| words_in(proper).any(|other| other == word.marked);
        let all_proper = kept.iter().all(|word| is_particle(word.plain) || is_proper(word));
        Some(Self {
            name: only(&spelt),
            written: only(&written),
            whole: together && all_proper && !heading.contains(','),
        })
    }

    /// Whether an address is made of the name.
    pub(super) fn is_shown_by(&self, local: &str) -> bool {
        let parts = lettered_parts(local);
        [&self.name, &self.written]
            .into_iter()
            .any(|name| agrees(name, self.whole, &parts))
    }
}

/// A word of a heading, with its place, and with its marks.
struct Word<'a> {
    place: usize,
    plain: &'a str,
    marked: &'a str,
}

/// Those words that may be of a name: not those for the customer's own data, nor for kinds of pages.
fn kept<'a>(spelt: &'a str, called: &'a str) -> Vec<Word<'a>> {
    let words: Vec<&str> = spelt.split_whitespace().collect();
    let mut marked: Vec<&str> = words_in(called).collect();
    if words.len() != marked.len() {
        marked.clone_from(&words);
    }
    let all = words.into_iter().zip(marked).enumerate();
    let all = all.map(|(place, (plain, marked))| Word { place, plain, marked });
    all.filter(|word| {
        let known = is_word(word.plain) && is_own(word.marked, "") && !is_small(word.plain);
        word.plain.chars().all(char::is_alphabetic) && !known && !is_kind(word.plain)
    })
    .collect()
}

fn words_in(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
}

/// A name without the titles that have a full stop: "Mag.", "Dr. med.", "Sig.ra". Initials have one letter, and a sentence ends
/// with one.
fn without_titles(name: &str) -> String {
    let words: Vec<&str> = name.split_whitespace().collect();
    let last = words.len().saturating_sub(1);
    let is_title = |word: &str| word.split_once('.').is_some_and(|(letters, _)| is_word(letters));
    let others = words.iter().enumerate();
    let others = others.filter(|(place, word)| *place == last || !is_title(word));
    others.map(|(_, word)| *word).collect::<Vec<_>>().join(" ")
}

/// First given name and surname, of a name that has one surname and a comma first. With more before the comma, what is behind it
/// may be a town as well.
fn given_first(name: &str) -> String {
    let turned = name.split_once(',').and_then(|(surname, given)| {
        let one = !surname.trim().contains(' ');
        let is_given = |word: &&str| !is_salutation(word) && !is_particle(word);
        let given = given.split_whitespace().find(is_given).filter(|_| one)?;
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

/// The letters of an address before the `@`, in its parts.
fn lettered_parts(local: &str) -> String {
    let letters = |part: &str| part.chars().filter(|c| c.is_alphabetic()).collect::<String>();
    let parts = local.split_whitespace().map(letters);
    parts
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

/// Whether an address is made of a name: of its first word, or its first two, and another one with the particles before that; of
/// which one may be the initial alone; with or without something between them, and of nothing else but numbers. What is behind the
/// first word may come first if it is there as a whole: of "Kowalska Anna Maria", `maria.kowalska@` may be a relative's.
fn agrees(name: &str, whole: bool, parts: &str) -> bool {
    let words = without_salutation(name).split_whitespace();
    let words = words.filter(|word| is_word(word) && (is_small(word) || !is_own(word, "")));
    let words: Vec<&str> = words.take(MAX_WORDS).collect();
    // "Le" and "Van" are given names, too.
    let two = words.len() == 2;
    let mut names = words.split_inclusive(|word| two || !is_particle(word));
    let Some(first) = names.next().and_then(<[&str]>::last).copied() else {
        return false;
    };
    let others: Vec<&[&str]> = names.collect();
    let firsts = [[first], [if whole { initial(first) } else { first }]];
    let rest = others.concat();
    let alone = others.len() == 1;
    let turned = forms(&rest)
        .iter()
        .take(if alone { 3 } else { 1 })
        .any(|one| firsts.iter().any(|two| is_pair(parts, one, two)));
    turned
        || others.iter().enumerate().any(|(index, other)| {
            let second = others[0].last().copied().unwrap_or_default();
            let both = [first, second];
            let both = (index > 0).then_some(both.as_slice());
            let seconds = forms(other);
            let mut firsts = firsts.iter().map(<[&str; 1]>::as_slice).chain(both);
            firsts.any(|one| seconds.iter().any(|two| is_pair(parts, one, two)))
        })
}

/// A name with the particles before it, without them, and its initial.
fn forms<'a>(name: &[&'a str]) -> [Vec<&'a str>; 3] {
    let word = name.last().copied().unwrap_or_default();
    [name.to_vec(), [word].into(), [initial(word)].into()]
}

/// Whether a text is some words and some others, the two apart or, if it has no blank, joined. Two initials and the like say too
/// little.
fn is_pair(text: &str, one: &[&str], two: &[&str]) -> bool {
    let long = one.iter().chain(two).map(|word| word.len()).sum::<usize>() > 3;
    let Some(rest) = without(text, one).filter(|_| long) else {
        return false;
    };
    match rest.strip_prefix(' ') {
        Some(rest) => without(rest, two) == Some(""),
        // "paula" is somebody else than Paul Adams, and "andreas" than Andrea Schmidt.
        None => without(rest, two) == Some("") && !text.contains(' ') && two.iter().any(|word| is_word(word)),
    }
}

/// What of a text is behind some words, which are joined or have a blank between them.
fn without<'a>(text: &'a str, words: &[&str]) -> Option<&'a str> {
    let behind = |rest: &'a str, word: &&str| rest.strip_prefix(*word);
    let [first, others @ ..] = words else {
        return None;
    };
    others.iter().try_fold(behind(text, first)?, |rest, word| {
        behind(rest.strip_prefix(' ').unwrap_or(rest), word)
    })
}

/// The first letter of a word.
fn initial(word: &str) -> &str {
    let end = word.chars().next().map_or(0, char::len_utf8);
    word.get(..end).unwrap_or_default()
}

/// Whether it may be a part of a name, and is no initial and no number.
pub(super) fn is_word(word: &str) -> bool {
    word.chars().nth(1).is_some() && word.chars().all(char::is_alphabetic)
}
