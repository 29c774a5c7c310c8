//! From a picked element to selectors that find it on other customers' pages, too, and after the CRM's next release.
//!
//! What a developer named by hand lasts: `data-*` attributes, names of fields, accessible names. Names that a tool made up,
//! with digits in them, and positions do not. Which selector finds exactly the one element, the page is asked afterwards.

use alloc::{
    string::{String, ToString},
    vec::Vec,
};

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

/// A selector that an element of the chain has by itself.
struct Name {
    node: usize,
    rank: Rank,
    text: String,
}

/// The elements, innermost first, and their names: of each element the most lasting first. Plain loops over one list: chains
/// of iterators over lists of lists weigh three times as much.
struct Chain<'a> {
    nodes: &'a [Value],
    /// What stands before the `@` of the address that was picked.
    local: &'a str,
    names: Vec<Name>,
    found: Vec<String>,
}

/// Selectors for the first of these elements, which shows this text. Each of the others is around the one before it.
pub fn selectors(chain: &Value, text: &str) -> Vec<String> {
    let nodes = chain.list();
    let nodes = nodes.get(..MAX_DEPTH).unwrap_or(nodes);
    let before = text.split('@').next().unwrap_or_default();
    let mut chain = Chain {
        nodes,
        local: before.split_whitespace().next_back().unwrap_or_default(),
        names: Vec::new(),
        found: Vec::new(),
    };
    let mut targets = 1;
    for (index, node) in nodes.iter().enumerate() {
        chain.name(index, node);
        if index == targets && index < MAX_TARGETS && node.get("same").flag() {
            targets += 1;
        }
    }
    chain.by_own_names(targets, Rank::Mail, Rank::Mail);
    chain.by_own_names(targets, Rank::Named, Rank::Named);
    chain.by_names_around(targets, Rank::Named);
    chain.by_names_around(targets, Rank::Part);
    chain.by_own_names(targets, Rank::Mail, Rank::Shared);
    chain.by_position();
    chain.found
}

impl Chain<'_> {
    /// By what an element is called itself. Out of a shadow root its host is named, too: what stands in it was meant for it.
    fn by_own_names(&mut self, targets: usize, least: Rank, most: Rank) {
        for target in 0..targets {
            let host = self.host_of(target);
            for index in 0..self.names.len() {
                let name = &self.names[index];
                if name.node != target || name.rank < least || name.rank > most {
                    continue;
                }
                let outer = match host {
                    Some(host) if most < Rank::Shared => self.best(host, Rank::Shared),
                    _ => None,
                };
                let selector = match outer {
                    Some(outer) => self.within(outer, name),
                    None => name.text.clone(),
                };
                self.add(selector);
            }
        }
    }

    /// By what an element is within.
    fn by_names_around(&mut self, targets: usize, most: Rank) {
        for target in 0..targets {
            for outer in target + 1..self.nodes.len() {
                if let (Some(own), Some(around)) = (self.best(target, Rank::Tag), self.best(outer, most)) {
                    self.add(self.within(around, own));
                }
            }
        }
    }

    /// The last resort: its place among its siblings, from the nearest element with a name on, or from as far up as there is
    /// room for.
    fn by_position(&mut self) {
        let mut path = String::new();
        for (index, node) in self.nodes.iter().enumerate() {
            let named = self.best(index, Rank::Shared).filter(|_| index > 0);
            let step = match named {
                Some(name) => name.text.clone(),
                None => {
                    let nth = node.get("nth").number::<i32>().unwrap_or(1);
                    joined(&[tag(node), ":nth-child(", &nth.to_string(), ")"])
                }
            };
            let further = match index.checked_sub(1) {
                Some(inner) if self.nodes[inner].get("top").flag() => joined(&[&step, " >>> ", &path]),
                Some(_) => joined(&[&step, " > ", &path]),
                None => step,
            };
            if further.len() > MAX_BYTES {
                break;
            }
            path = further;
            if named.is_some() {
                break;
            }
        }
        if !path.is_empty() {
            self.add(path);
        }
    }

    fn add(&mut self, selector: String) {
        let room = selector.len() <= MAX_BYTES && self.found.len() < MAX_SELECTORS;
        if room && !self.found.contains(&selector) {
            self.found.push(selector);
        }
    }

    /// The best name of an element, if it has one that is good enough.
    fn best(&self, node: usize, most: Rank) -> Option<&Name> {
        let best = self.names.iter().find(|name| name.node == node)?;
        (best.rank <= most).then_some(best)
    }

    /// The element whose shadow root another one is in.
    fn host_of(&self, mut index: usize) -> Option<usize> {
        while !self.nodes.get(index)?.get("top").flag() {
            index += 1;
        }
        (index + 1 < self.nodes.len()).then_some(index + 1)
    }

    /// An element by a name, within another one.
    fn within(&self, outer: &Name, inner: &Name) -> String {
        let through = (inner.node..outer.node).any(|index| self.nodes[index].get("top").flag());
        joined(&[&outer.text, if through { " >>> " } else { " " }, &inner.text])
    }

    /// Notes the names that an element has by itself.
    fn name(&mut self, index: usize, node: &Value) {
        let tag = tag(node);
        for (name, value) in node.get("attributes").members() {
            let value = value.text().unwrap_or_default();
            if name != "href" && is_customers(value, self.local) {
                continue;
            }
            let telling = name.starts_with("data-") || TELLING.split(' ').any(|other| other == name);
            if telling && is_made_by_hand(name, 0) && is_made_by_hand(value, 1) {
                let mail = speaks_of_mail(name) || speaks_of_mail(value);
                let rank = if mail { Rank::Mail } else { Rank::Named };
                self.note(index, rank, &["[", name, "='", value, "']"]);
            }
            match name.as_str() {
                "id" if is_words(value) => self.note(index, Rank::Part, &["#", value]),
                "type" if value == "email" => self.note(index, Rank::Shared, &[tag, "[type='email']"]),
                "href" if value.starts_with("mailto:") => {
                    self.note(index, Rank::Shared, &[tag, "[href^='mailto:']"]);
                }
                "class" => {
                    for class in value.split(' ') {
                        if is_words(class) {
                            self.note(index, Rank::Shared, &[tag, ".", class]);
                        }
                    }
                }
                _ => {}
            }
        }
        let rank = if is_custom(tag) { Rank::Part } else { Rank::Tag };
        self.note(index, rank, &[tag]);
    }

    /// Of equal ones, the first that the page wrote stays first.
    fn note(&mut self, node: usize, rank: Rank, pieces: &[&str]) {
        let mut place = self.names.len();
        while place > 0 && self.names[place - 1].node == node && self.names[place - 1].rank > rank {
            place -= 1;
        }
        let text = joined(pieces);
        self.names.insert(place, Name { node, rank, text });
    }
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

fn is_custom(tag: &str) -> bool {
    tag.bytes().any(|byte| byte == b'-')
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
    let mut letters = 0;
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' => letters += 1,
            // A letter alone is no word, and nothing begins with a joint.
            b'-' | b'_' if letters != 1 && text.len() > 2 => letters = 0,
            _ => return false,
        }
    }
    text.len() >= 3 && letters > 1 && text.as_bytes()[0].is_ascii_lowercase()
}

/// Whether a value has a word of this customer's address, which no other customer's page has. "E-mail" is one of pages.
fn is_customers(value: &str, local: &str) -> bool {
    let mut words = value.split(|c: char| !c.is_alphabetic());
    words.any(|word| {
        let mut windows = local.as_bytes().windows(word.len().max(1));
        word.len() > 2
            && !speaks_of_mail(word)
            && windows.any(|window| window.eq_ignore_ascii_case(word.as_bytes()))
    })
}

/// By bytes: the search for a text in a text weighs 6 KB.
fn speaks_of_mail(text: &str) -> bool {
    let mut windows = text.as_bytes().windows(4);
    windows.any(|window| window.eq_ignore_ascii_case(b"mail"))
}
