//! From a page's address to the pattern that its like share.

use alloc::{string::String, vec, vec::Vec};

use crate::{
    environment::ParsedUrl,
    json::{Object, ToJson, Value},
    recipe::{as_record, place},
    text::joined,
};

/// The most parameters that a pattern asks for besides the id.
const MAX_WORDS: usize = 4;

/// One place in a page's address where the record's id can be, and the pattern that follows from it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shape {
    /// What stands there on this page.
    pub id: String,
    /// The path, with `{}` unless the id is a parameter.
    pub path: String,
    /// Parameters, each with a list of its values; the id's is `{}`.
    pub query: Value,
}

impl ToJson for Shape {
    fn write(&self, target: &mut String) {
        Object::begin(target)
            .with("id", &self.id)
            .with("path", &self.path)
            .with("query", &self.query)
            .end();
    }
}

/// The page's host as recipes write it.
pub fn host(url: &ParsedUrl) -> Option<String> {
    place(url).map(String::from)
}

/// Where the id can be. In a path it is likeliest the last piece that looks like one, and whatever follows it is another view
/// of the same record; parameters come after, because they are often about the view alone.
pub fn shapes(url: &ParsedUrl) -> Vec<Shape> {
    let path = pieces(&url.pathname);
    let fragment = url.hash.strip_prefix('#').unwrap_or_default();
    let fragment = pieces(fragment.split('?').next().unwrap_or_default());
    let around = pattern(&path, None);
    let mut shapes = Vec::new();
    for (before, pieces) in [("", &path), (around.as_str(), &fragment)] {
        for index in (0..pieces.len()).rev() {
            if as_record(pieces[index]).is_some() {
                let joint = if before.is_empty() { "" } else { "#" };
                shapes.push(Shape {
                    id: pieces[index].into(),
                    path: joined(&[before, joint, &pattern(pieces, Some(index))]),
                    query: Value::Null,
                });
            }
        }
    }
    let mut words = Vec::new();
    let mut ids = Vec::new();
    for pair in url.search.trim_start_matches('?').split('&') {
        match pair.split_once('=') {
            Some((name, value)) if as_record(value).is_some() => ids.push((name, value)),
            Some((name, value)) if is_word(value) && words.len() < MAX_WORDS => {
                words.push(parameter(name, value));
            }
            _ => {}
        }
    }
    for (name, id) in ids {
        let mut query = words.clone();
        query.push(parameter(name, "{}"));
        shapes.push(Shape {
            id: id.into(),
            path: around.clone(),
            query: Value::Object(query),
        });
    }
    shapes
}

fn parameter(name: &str, value: &str) -> (String, Value) {
    (name.into(), Value::List(vec![Value::Text(value.into())]))
}

fn pieces(path: &str) -> Vec<&str> {
    path.split('/').filter(|piece| !piece.is_empty()).collect()
}

/// The pieces with `{}` in the place of one of them and `**` for all after it. Others that look like ids may be anything.
fn pattern(pieces: &[&str], id: Option<usize>) -> String {
    let mut pattern = String::new();
    for (index, piece) in pieces.iter().enumerate() {
        pattern.push('/');
        if Some(index) == id {
            pattern.push_str("{}/**");
            return pattern;
        }
        let any = as_record(piece).is_some() || piece.bytes().any(|byte| b"*{}".contains(&byte));
        pattern.push_str(if any { "*" } else { piece });
    }
    if pattern.is_empty() {
        pattern.push('/');
    }
    pattern
}

/// Words say which kind of page it is; other values change from one record to the next.
fn is_word(value: &str) -> bool {
    let letter = |byte: u8| byte.is_ascii_alphabetic() || matches!(byte, b'_' | b'-');
    (1..=40).contains(&value.len()) && value.bytes().all(letter)
}
