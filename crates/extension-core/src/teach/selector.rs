//! From a picked element to selectors that find it on other customers' pages, too, and after the CRM's next release.
//!
//! What a developer named by hand lasts: `data-*` attributes, names of fields, accessible names. Names that a tool made up,
//! with digits in them, and positions do not. Which selector finds exactly the one element, the page is asked afterwards.

use crate::{json::Value, text::joined};

/// The most selectors that are worth a try.
const MAX_SELECTORS: usize = 12;
/// The longest that a relay takes.
const MAX_BYTES: usize = 256;
/// How far up is looked for something with a name.
const MAX_DEPTH: usize = 16;
/// The most elements of which each says no more than the picked one.
const MAX_TARGETS: usize = 4;

/// How lasting a name is; the smaller the better.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    /// Made by hand, and it speaks of mail.
    Mail,
    /// Made by hand.
    Named,
    /// A custom element's tag, or an id.
    Part,
    /// Shared by many elements.
    Shared,
    /// Says next to nothing.
    Tag,
}

/// Attributes that say what an element is for, besides `data-*`.
const TELLING: &str =
    "name field-name itemprop property formcontrolname autocomplete aria-label api-name field for";

/// Selectors for the first of these elements. Each of the others is around the one before it.
pub fn selectors(chain: &Value) -> Vec<String> {
    let chain = chain.list().get(..MAX_DEPTH).unwrap_or(chain.list());
    let names: Vec<Vec<(Rank, String)>> = chain.iter().map(names).collect();
    let mut found = Vec::new();
    let mut add = |selector: String| {
        if selector.len() <= MAX_BYTES && found.len() < MAX_SELECTORS && !found.contains(&selector) {
            found.push(selector);
        }
    };
    let same = chain.iter().take_while(|node| node.get("same").flag()).count();
    let targets = 0..same.clamp(1, MAX_TARGETS).min(chain.len());

    for most in [Rank::Mail, Rank::Named] {
        for target in targets.clone() {
            for (rank, name) in names[target].iter().filter(|(rank, _)| *rank == most) {
                // Out of a shadow root its host is named, too: what stands in it was meant for it alone.
                let host = host_of(chain, target).and_then(|host| Some((host, best(&names, host)?)));
                add(match host {
                    Some((host, outer)) => within(chain, target, host, outer, name),
                    None => name.clone(),
                });
                debug_assert!(*rank <= Rank::Named);
            }
        }
    }
    for most in [Rank::Named, Rank::Part] {
        for target in targets.clone() {
            let Some(own) = names[target].first() else {
                continue;
            };
            for outer in target + 1..chain.len() {
                for (_, name) in names[outer].iter().filter(|(rank, _)| *rank <= most).take(1) {
                    add(within(chain, target, outer, name, &own.1));
                }
            }
        }
    }
    for target in targets.clone() {
        for (_, name) in names[target].iter().filter(|(rank, _)| *rank <= Rank::Shared) {
            add(name.clone());
        }
    }
    if !chain.is_empty() {
        add(by_position(chain, &names));
    }
    found
}

/// The best name of an element, if it has one that says anything.
fn best(names: &[Vec<(Rank, String)>], index: usize) -> Option<&str> {
    let (rank, name) = names.get(index)?.first()?;
    (*rank < Rank::Tag).then_some(name.as_str())
}

/// The element whose shadow root another one is in.
fn host_of(chain: &[Value], index: usize) -> Option<usize> {
    let top = (index..chain.len()).find(|at| chain[*at].get("top").flag())?;
    (top + 1 < chain.len()).then_some(top + 1)
}

/// An element by a name, within another one.
fn within(chain: &[Value], inner: usize, outer: usize, around: &str, name: &str) -> String {
    let through = chain[inner..outer].iter().any(|node| node.get("top").flag());
    joined(&[around, if through { " >>> " } else { " " }, name])
}

/// The last resort: its place among its siblings, from the nearest element with a name on.
fn by_position(chain: &[Value], names: &[Vec<(Rank, String)>]) -> String {
    let mut path = String::new();
    for (index, node) in chain.iter().enumerate() {
        let named = best(names, index).filter(|_| index > 0);
        let step = match (named, node.get("nth").number::<u32>()) {
            (Some(name), _) => name.into(),
            (None, Some(nth)) => joined(&[tag(node), ":nth-child(", &nth.to_string(), ")"]),
            (None, None) => String::from(tag(node)),
        };
        let joint = match index.checked_sub(1).map(|inner| chain[inner].get("top").flag()) {
            None => "",
            Some(true) => " >>> ",
            Some(false) => " > ",
        };
        path = joined(&[&step, joint, &path]);
        if named.is_some() {
            break;
        }
    }
    path
}

fn tag(node: &Value) -> &str {
    let tag = node.get("tag").text().unwrap_or_default();
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    if !tag.is_empty() && tag.bytes().all(plain) {
        tag
    } else {
        "*"
    }
}

/// The selectors that an element has by itself, the most lasting first.
fn names(node: &Value) -> Vec<(Rank, String)> {
    let tag = tag(node);
    let mut names = Vec::new();
    for (name, value) in node.get("attributes").members() {
        let value = value.text().unwrap_or_default();
        let telling = name.starts_with("data-") || TELLING.split(' ').any(|other| other == name);
        if telling && is_made_by_hand(name, 0) && is_made_by_hand(value, 1) {
            let rank = if speaks_of_mail(name) || speaks_of_mail(value) {
                Rank::Mail
            } else {
                Rank::Named
            };
            names.push((rank, joined(&["[", name, "='", value, "']"])));
        }
        match name.as_str() {
            "id" if is_words(value) => names.push((Rank::Part, joined(&["#", value]))),
            "type" if value == "email" => names.push((Rank::Shared, joined(&[tag, "[type='email']"]))),
            "href" if value.starts_with("mailto:") => {
                names.push((Rank::Shared, joined(&[tag, "[href^='mailto:']"])));
            }
            "class" => {
                let classes = value.split_ascii_whitespace().filter(|class| is_words(class));
                names.extend(classes.map(|class| (Rank::Shared, joined(&[tag, ".", class]))));
            }
            _ => {}
        }
    }
    names.push((if tag.contains('-') { Rank::Part } else { Rank::Tag }, tag.into()));
    // Stable: of equal ones the first that the page wrote. There are few.
    for end in (1..names.len()).rev() {
        for at in 0..end {
            if names[at].0 > names[at + 1].0 {
                names.swap(at, at + 1);
            }
        }
    }
    names
}

/// Whether a name or value can be a developer's: short, plain, and with few digits. What holds the customer's address or
/// number has more, or an `@`.
fn is_made_by_hand(text: &str, digits: usize) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b" -_.:/".contains(&byte);
    let fitting = (1..=60).contains(&text.len()) && text.bytes().all(plain);
    fitting && text.bytes().filter(u8::is_ascii_digit).count() <= digits
}

/// Whether an id or class is made of words: tools that make names up use digits and capitals.
fn is_words(text: &str) -> bool {
    let word = |word: &str| word.len() >= 2 && word.bytes().all(|byte| byte.is_ascii_lowercase());
    let mut words = text.split(['-', '_']).filter(|part| !part.is_empty());
    let starts = text.bytes().next().is_some_and(|byte| byte.is_ascii_lowercase());
    text.len() >= 3 && starts && words.all(word)
}

fn speaks_of_mail(text: &str) -> bool {
    text.to_ascii_lowercase().contains("mail")
}
