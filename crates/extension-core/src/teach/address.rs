//! From a page's address to the pattern that its like share.

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
    let mut shapes = Vec::new();
    for (index, id) in ids(&path) {
        shapes.push(Shape {
            id: id.into(),
            path: pattern(&path, Some(index)),
            query: Value::Null,
        });
    }
    for (index, id) in ids(&fragment) {
        shapes.push(Shape {
            id: id.into(),
            path: joined(&[&pattern(&path, None), "#", &pattern(&fragment, Some(index))]),
            query: Value::Null,
        });
    }
    let pairs = || {
        let pairs = url.search.trim_start_matches('?').split('&');
        pairs.filter_map(|pair| pair.split_once('='))
    };
    for (name, id) in pairs().filter(|(_, value)| as_record(value).is_some()) {
        let words = pairs().filter(|(_, value)| is_word(value)).take(MAX_WORDS);
        let query = words.chain([(name, "{}")]);
        let query = query.map(|(name, value)| (name.into(), Value::List(vec![Value::Text(value.into())])));
        shapes.push(Shape {
            id: id.into(),
            path: pattern(&path, None),
            query: Value::Object(query.collect()),
        });
    }
    shapes
}

fn pieces(path: &str) -> Vec<&str> {
    path.split('/').filter(|piece| !piece.is_empty()).collect()
}

/// The pieces that look like ids, the last first.
fn ids<'a>(pieces: &[&'a str]) -> Vec<(usize, &'a str)> {
    let ids = pieces.iter().copied().enumerate().rev();
    ids.filter(|(_, piece)| as_record(piece).is_some()).collect()
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
        let any = as_record(piece).is_some() || piece.contains(['*', '{', '}']);
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
