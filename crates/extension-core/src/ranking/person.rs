//! Whom a page is about, and which addresses show that name.

use alloc::{string::String, vec::Vec};

use super::words::{is_kind, is_own, is_particle, is_person, is_salutation, is_small, without_salutation};
use crate::names::{plain, shows};

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
        // "Suharto, 4711" is called otherwise than "Akte 4711".
        let listed = heading.split_once(',');
        let listed = listed.is_some_and(|(before, _)| before.ends_with(char::is_alphabetic));
        let numbered = !listed && heading.contains(|c: char| c.is_ascii_digit());
        let (called, proper) = (without_apostrophes(called), without_apostrophes(proper));
        let (heading, called) = (in_order(heading), in_order(&called));
        let (spelt, written) = (plain(&heading), plain(&written_out(&heading)));
        let kept = kept(&spelt, &called);
        let is_proper = |word: &Word<'_>| words_in(&proper).any(|other| other == word.marked);
        let large = kept.iter().filter(|word| !is_small(word.plain)).count();
        let one = kept.iter().any(|word| is_word(word.plain) && is_proper(word));
        let two = words_in(&proper).filter(|word| is_word(word)).count() > 1;
        // What has one word that is not of titles may be somebody's all the same, but a number has something else before it: then
        // nobody else is believed in their place.
        if !certain && large < 2 && !(one && (two || !numbered)) {
            return None;
        }
        let only = |line: &str| {
            let words: Vec<&str> = line.split_whitespace().collect();
            let words = kept.iter().filter_map(|word| words.get(word.place).copied());
            words.collect::<Vec<_>>().join(" ")
        };
        // "Anna Kowalska for Ben Ito" is called after two, and it cannot be told whose page it is.
        let behind = kept.iter().skip_while(|word| !is_proper(word));
        let behind = behind.skip_while(|word| is_proper(word) || is_particle(word.plain));
        let has_one = |part: &&str| {
            let words = plain(part);
            let mut words = words.split_whitespace();
            words.any(|other| kept.iter().any(|word| word.plain == other && is_proper(word)))
        };
        let parts = heading.split(['/', '&', '+', ';', '>', '\u{2192}', '\u{2194}', '\u{21D2}']);
        if behind.clone().any(is_proper)
            && behind
                .clone()
                .any(|word| !is_salutation(word.plain) && !is_proper(word))
            || parts.filter(has_one).count() > 1
        {
            return Some(Self::default());
        }
        // What is behind the name may say anything.
        let end = kept.iter().rposition(is_proper).map_or(0, |last| last + 1);
        let until = kept.get(..end).unwrap_or_default();
        let together = until.windows(2).all(|pair| pair[0].place + 1 == pair[1].place);
        let before = |word: &Word<'_>| is_particle(word.plain) || is_salutation(word.plain);
        let all_proper = until.iter().all(|word| before(word) || is_proper(word));
        Some(Self {
            name: only(&spelt),
            written: only(&written),
            whole: end > 0 && together && all_proper && !heading.contains(','),
        })
    }

    /// Whether an address is made of the name.
    pub(super) fn is_shown_by(&self, local: &str) -> bool {
        self.agrees(local, false)
    }

    /// Whether it may be, in whatever order the name's words stand.
    pub(super) fn may_be_shown_by(&self, local: &str) -> bool {
        self.agrees(local, true)
    }

    fn agrees(&self, local: &str, any_order: bool) -> bool {
        let parts = lettered_parts(local);
        let mut names = [&self.name, &self.written].into_iter();
        names.any(|name| agrees(name, self.whole || any_order, any_order, &parts))
    }

    /// Whether a name is another person's. Names of one word say too little, and those in another script have other letters.
    pub(super) fn is_another(&self, name: &str) -> bool {
        let joined = |name: &str| name.split_whitespace().collect::<String>();
        [&self.name, &self.written].into_iter().all(|own| {
            let comparable = [own, name]
                .iter()
                .all(|name| name.is_ascii() && name_words(name).len() > 1);
            comparable
                && joined(own) != joined(name)
                && (shows(name, own) == Some(false) || are_relatives(name, own))
        })
    }
}

/// Whether two names begin with words that the other one does not have: relatives may have two surnames in common.
fn are_relatives(name: &str, other: &str) -> bool {
    let lacks = |one: &str, other: &str| {
        let first = name_words(one).into_iter().next().unwrap_or_default();
        !other
            .split_whitespace()
            .any(|word| word == first || word == initial(first) || initial(word) == first)
    };
    lacks(name, other) && lacks(other, name)
}

/// The words of a line that may be those of a name, with initials.
pub(super) fn name_words(line: &str) -> Vec<&str> {
    without_salutation(line)
        .split_whitespace()
        .filter(|word| word.chars().all(char::is_alphabetic) && !is_own(word, ""))
        .collect()
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

/// A name without the titles that have a full stop: "Mag.", "Dr. med.", "Sig.ra"; what is joined to one is kept. Initials have one
/// letter, and a sentence ends with one.
fn without_titles(name: &str) -> String {
    let words: Vec<&str> = name.split_whitespace().collect();
    let end = words.len().saturating_sub(1);
    let others = words.iter().enumerate().filter_map(|(place, word)| {
        let (title, rest) = word.split_once('.').unwrap_or_default();
        let joined = rest.rsplit('.').next().unwrap_or_default();
        match is_word(title) && place < end {
            true => Some(joined).filter(|joined| joined.chars().nth(2).is_some()),
            false => Some(*word),
        }
    });
    others.collect::<Vec<_>>().join(" ")
}

/// A text without what stands in the middle of words.
fn without_apostrophes(text: &str) -> String {
    let apart = |c: &char| !matches!(c, '\'' | '`' | '\u{2BC}' | '\u{2018}' | '\u{2019}');
    text.chars().filter(apart).collect()
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
/// first word may stand there as a whole, and of three words and more it comes first only so: of "Kowalska Anna Maria",
/// `maria.kowalska@` may be a relative's.
fn agrees(name: &str, whole: bool, any_order: bool, parts: &str) -> bool {
    let words = without_salutation(name).split_whitespace();
    let words = words.filter(|word| is_word(word) && (is_small(word) || !is_own(word, "")));
    let words: Vec<&str> = words.take(MAX_WORDS).collect();
    // "Le" and "Van" are given names, too, and "Al" at least where it comes first.
    let two = words.len() == 2;
    let Some(place) = words.iter().position(|word| two || !is_small(word)) else {
        return false;
    };
    let (first, behind) = (words[place], &words[place + 1..]);
    let others: Vec<&[&str]> = behind
        .split_inclusive(|word| two || !is_particle(word))
        // "To do" is nobody.
        .filter(|other| other.len() == 1 || other.last().is_some_and(|word| !is_particle(word)))
        .collect();
    let spelt = [first];
    let short = [if whole { initial(first) } else { first }];
    let second = others.first().copied().unwrap_or_default();
    let both = [first, second.last().copied().unwrap_or_default()];
    let all = [&spelt, second].concat();
    let firsts: [&[&str]; 4] = [&spelt, &short, &both, &all];
    others.iter().enumerate().any(|(index, other)| {
        // The second word is no part of the first name where it is the other one itself.
        let firsts = if index > 0 { &firsts[..] } else { &firsts[..2] };
        let seconds = forms(other);
        // "hanna" is somebody else than Anna Hughes.
        let turned = |two: &[&str]| {
            others.len() == 1 && (any_order || parts.contains(' ') || two.iter().any(|word| is_word(word)))
        };
        firsts.iter().any(|one| {
            seconds
                .iter()
                .any(|two| is_pair(parts, one, two) || turned(two) && is_pair(parts, two, one))
        })
    }) || others.len() > 1 && {
        // Two surnames, or the given names behind the only one: "Nguyen Thi Mai".
        let particles = behind.iter().take_while(|word| is_particle(word)).count();
        let turned = [behind, &behind[particles..]];
        turned.iter().any(|given| is_pair(parts, given, &spelt))
            || is_pair(parts, &spelt, behind)
            || parts.contains(' ') && is_pair(parts, &short, behind)
    }
}

/// A name with the particles before it, without them, and its initial.
fn forms<'a>(name: &[&'a str]) -> [Vec<&'a str>; 3] {
    let word = name.last().copied().unwrap_or_default();
    [name.to_vec(), [word].into(), [initial(word)].into()]
}

/// Whether a text is some words and some others, the two apart or, if it has no blank, joined. Two initials and the like say too
/// little.
fn is_pair(text: &str, one: &[&str], two: &[&str]) -> bool {
    let long = one.iter().chain(two).flat_map(|word| word.chars()).count();
    let Some(rest) = without(text, one) else {
        return false;
    };
    match rest.strip_prefix(' ') {
        Some(rest) => long > 3 && without(rest, two) == Some(""),
        // "paula" is somebody else than Paul Adams, "andreas" than Andrea Schmidt, "lina" than Li Na, and "ivandijk" than Iris van
        // Dijk.
        None => {
            let short = |words: &[&str], other: &[&str]| !is_word(words.concat().as_str()) && other.len() > 1;
            let whole = |words: &[&str]| words.iter().any(|word| is_word(word));
            let joined =
                long > 3 + usize::from(whole(one)) && !text.contains(' ') && whole(two) && !short(one, two);
            joined && without(rest, two) == Some("")
        }
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
