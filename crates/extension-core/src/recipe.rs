//! Recipes: which pages of CRMs are about one customer, and that customer's record there. Those of well-known CRMs are
//! shipped; the relay can give others, which go before them.
//!
//! The same recipes tell the collector where on such a page the address stands. The collector tries a recipe on every page
//! of the host; whether the page is a customer's, and which one's, is decided here, by the frame's address.

use alloc::string::String;

use crate::{environment::ParsedUrl, facts::Frame, json::Value, text::harmless, url_check::is_safe};

const RECIPES: &str = include_str!("../../../extension/collector/recipes.json");

/// The longest id of a record. Those of the CRMs that are known have at most 36 characters.
const MAX_RECORD_BYTES: usize = 64;

/// A recipe that fits a frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recipe {
    /// The CRM.
    pub name: String,
    /// The CRM's id of the customer.
    pub record: String,
    /// Whether the address stands where the recipe says or nowhere: without it, nobody is proposed.
    pub only: bool,
}

/// Finds the recipe of each frame: one of those that the relay has given, or else one of those that are shipped. A frame
/// within the page has one only if it is of the page's own origin: another site that shows a CRM of its own in a frame is
/// not asked who the customer is.
pub fn assign(frames: &mut [Frame], given: &Value, parse: impl Fn(&str) -> Option<ParsedUrl>) {
    let Some(shipped) = Value::parse(RECIPES) else {
        return;
    };
    let lists = [given, shipped.get("recipes")];
    let top = frames.iter().find(|frame| frame.top);
    let Some(origin) = top.and_then(|frame| parse(&frame.url)).map(|url| url.origin) else {
        return;
    };
    for frame in frames {
        let url = parse(&frame.url).filter(|url| url.origin == origin);
        frame.recipe = url.and_then(|url| find(lists, &url));
    }
}

/// The name of a recipe that fits a page and that the browser cannot use.
pub fn unusable(frames: &[Frame]) -> Option<String> {
    let mut broken = frames.iter().filter(|frame| frame.unusable.is_some());
    broken.find_map(|frame| frame.recipe.as_ref().map(|recipe| harmless(&recipe.name)))
}

/// Whether two lists of given recipes read a page alike.
pub fn alike(
    one: &Value,
    other: &Value,
    frames: &[Frame],
    parse: impl Fn(&str) -> Option<ParsedUrl>,
) -> bool {
    let urls = frames.iter().filter_map(|frame| parse(&frame.url));
    let mut places = urls.filter_map(|url| place(&url).map(String::from));
    one == other || places.all(|place| first_for(one, &place) == first_for(other, &place))
}

/// The record that the page is about: nothing if frames name several.
pub fn record(frames: &[Frame]) -> Option<String> {
    let mut records = frames
        .iter()
        .filter_map(|frame| frame.recipe.as_ref().map(|recipe| &recipe.record));
    let first = records.next()?;
    records.all(|other| other == first).then(|| first.clone())
}

/// The first recipe for the page's host counts, whether or not it is about this page: the collector, which knows the host
/// alone, has tried that one and no other.
fn find(lists: [&Value; 2], url: &ParsedUrl) -> Option<Recipe> {
    let place = place(url)?;
    let recipe = lists.iter().find_map(|list| first_for(list, place))?;
    Some(Recipe {
        name: recipe.get("name").string()?,
        record: record_in(recipe, url)?.into(),
        only: recipe.get("only").flag(),
    })
}

/// What hosts of recipes are compared with: the host with its port, unless that is https's own. Plain http, which only
/// loopback may be, stays in front of it.
pub fn place(url: &ParsedUrl) -> Option<&str> {
    let origin = is_safe(url).then_some(url.origin.as_str())?;
    Some(origin.strip_prefix("https://").unwrap_or(origin))
}

fn first_for<'a>(recipes: &'a Value, place: &str) -> Option<&'a Value> {
    recipes.list().iter().find(|recipe| {
        let mut hosts = recipe.get("hosts").list().iter().filter_map(Value::text);
        is_known(recipe) && hosts.any(|pattern| host_fits(pattern, place))
    })
}

/// Whether a recipe has the form that is known here. Those that are shipped name none of their own.
fn is_known(recipe: &Value) -> bool {
    matches!(recipe.get("version"), Value::Null | Value::Number(1))
}

/// Whether a host is one of a pattern's. A first label `*` stands for one or more labels, another star for a part of one.
/// The collector decides the same by `hosts.js`, and one table of cases holds both.
fn host_fits(pattern: &str, host: &str) -> bool {
    let mut labels = host.rsplit('.');
    let mut patterns = pattern.rsplit('.').peekable();
    while let Some(pattern) = patterns.next() {
        match labels.next() {
            Some(label) if pattern == "*" && patterns.peek().is_none() => return !label.is_empty(),
            Some(label) if label_fits(pattern, label) => {}
            _ => return false,
        }
    }
    labels.next().is_none()
}

/// Each star stands for any letters. What is between two stars is taken where it comes first, so that most is left for what
/// follows.
fn label_fits(pattern: &str, label: &str) -> bool {
    let Some((start, mut rest)) = pattern.split_once('*') else {
        return pattern == label;
    };
    let Some(mut left) = label.strip_prefix(start) else {
        return false;
    };
    while let Some((part, after)) = rest.split_once('*') {
        let Some((_, behind)) = left.split_once(part) else {
            return false;
        };
        (left, rest) = (behind, after);
    }
    left.ends_with(rest)
}

/// The record's id in a page's address, if the page is about a customer: it must have one of the recipe's paths and all
/// of its parameters, as far as the recipe names any.
fn record_in<'a>(recipe: &Value, url: &'a ParsedUrl) -> Option<&'a str> {
    let mut paths = recipe
        .get("paths")
        .list()
        .iter()
        .filter_map(Value::text)
        .peekable();
    let in_path = match paths.peek() {
        None => "",
        Some(_) => paths.find_map(|pattern| record_in_path(pattern, url))?,
    };
    let in_query = record_in_query(recipe.get("query"), &url.search)?;
    let record = if in_path.is_empty() { in_query } else { in_path };
    Some(record).filter(|record| !record.is_empty())
}

/// The id in a path or, after a number sign, in the fragment; empty where the pattern fits and names none.
fn record_in_path<'a>(pattern: &str, url: &'a ParsedUrl) -> Option<&'a str> {
    let Some((path, fragment)) = pattern.split_once('#') else {
        return record_in_segments(pattern, &url.pathname);
    };
    let own = url
        .hash
        .trim_start_matches('#')
        .split('?')
        .next()
        .unwrap_or_default();
    let in_path = record_in_segments(path, &url.pathname)?;
    let in_fragment = record_in_segments(fragment, own)?;
    Some(if in_path.is_empty() { in_fragment } else { in_path })
}

/// Segment by segment: `*` is any one, `{}` the id, and `**` at the end whatever follows.
fn record_in_segments<'a>(pattern: &str, path: &'a str) -> Option<&'a str> {
    let mut segments = path.split('/').filter(|segment| !segment.is_empty());
    let mut record = "";
    for expected in pattern.split('/').filter(|segment| !segment.is_empty()) {
        if expected == "**" {
            return Some(record);
        }
        let segment = segments.next()?;
        match expected {
            "{}" => record = as_record(segment)?,
            "*" => {}
            _ if expected == segment => {}
            _ => return None,
        }
    }
    segments.next().is_none().then_some(record)
}

/// Each member of the recipe's query must be there once, with one of its values.
fn record_in_query<'a>(query: &Value, search: &'a str) -> Option<&'a str> {
    let mut record = "";
    for (name, allowed) in query.members() {
        let mut pairs = search
            .trim_start_matches('?')
            .split('&')
            .filter_map(|pair| pair.split_once('='));
        let (_, value) = pairs.by_ref().find(|(other, _)| other == name)?;
        if pairs.any(|(other, _)| other == name) {
            return None;
        }
        match allowed.list() {
            [only] if only.text() == Some("{}") => record = as_record(value)?,
            values if values.iter().any(|allowed| allowed.text() == Some(value)) => {}
            _ => return None,
        }
    }
    Some(record)
}

/// An id has digits; what stands in its place on other pages, such as `list` or `new`, has none.
pub fn as_record(text: &str) -> Option<&str> {
    let fitting = text
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
    let digit = text.bytes().any(|byte| byte.is_ascii_digit());
    (fitting && digit && text.len() <= MAX_RECORD_BYTES).then_some(text)
}

#[cfg(test)]
#[cfg(not(target_arch = "wasm32"))]
mod tests;
