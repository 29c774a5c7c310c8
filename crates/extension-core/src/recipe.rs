//! Recipes: which pages of well-known CRMs are about one customer, and that customer's record there.
//!
//! The same file tells the collector where on such a page the address stands. The collector tries a recipe on every page
//! of the vendor's host; whether the page is a customer's, and which one's, is decided here, by the frame's address.

use crate::{environment::ParsedUrl, facts::Frame, json::Value};

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

/// Finds the recipe of each frame. A frame within the page has one only if it is of the page's own origin: another site
/// that shows a CRM of its own in a frame is not asked who the customer is.
pub fn assign(frames: &mut [Frame], parse: impl Fn(&str) -> Option<ParsedUrl>) {
    let Some(recipes) = Value::parse(RECIPES) else {
        return;
    };
    let top = frames.iter().find(|frame| frame.top);
    let Some(origin) = top.and_then(|frame| parse(&frame.url)).map(|url| url.origin) else {
        return;
    };
    for frame in frames {
        let url = parse(&frame.url).filter(|url| url.origin == origin);
        frame.recipe = url.and_then(|url| find(recipes.get("recipes"), &url));
    }
}

/// The record that the page is about: nothing if frames name several.
pub fn record(frames: &[Frame]) -> Option<String> {
    let mut records = frames
        .iter()
        .filter_map(|frame| frame.recipe.as_ref().map(|recipe| &recipe.record));
    let first = records.next()?;
    records.all(|other| other == first).then(|| first.clone())
}

fn find(recipes: &Value, url: &ParsedUrl) -> Option<Recipe> {
    // A port of its own is another server on the vendor's name.
    let plain =
        url.protocol == "https:" && url.origin.strip_prefix("https://") == Some(url.hostname.as_str());
    recipes.list().iter().filter(|_| plain).find_map(|recipe| {
        let mut hosts = recipe.get("hosts").list().iter().filter_map(Value::text);
        if !hosts.any(|pattern| host_fits(pattern, &url.hostname)) {
            return None;
        }
        Some(Recipe {
            name: recipe.get("name").string()?,
            record: record_in(recipe, url)?.into(),
            only: recipe.get("only").flag(),
        })
    })
}

/// Whether a host is one of a pattern's. A first label `*` stands for one or more labels, another star for a part of one.
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

fn label_fits(pattern: &str, label: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == label,
        Some((start, end)) => label.strip_prefix(start).is_some_and(|rest| rest.ends_with(end)),
    }
}

/// The record's id in a page's address, if the page is about a customer.
fn record_in<'a>(recipe: &Value, url: &'a ParsedUrl) -> Option<&'a str> {
    let mut paths = recipe.get("paths").list().iter().filter_map(Value::text);
    paths
        .find_map(|pattern| record_in_path(pattern, &url.pathname))
        .or_else(|| record_in_query(recipe, &url.search))
}

/// Segment by segment: `*` is any one, `{}` the id, and `**` at the end whatever follows.
fn record_in_path<'a>(pattern: &str, path: &'a str) -> Option<&'a str> {
    let mut segments = path.split('/').filter(|segment| !segment.is_empty());
    let mut record = None;
    for expected in pattern.split('/').filter(|segment| !segment.is_empty()) {
        if expected == "**" {
            return record;
        }
        let segment = segments.next()?;
        match expected {
            "{}" => record = Some(as_record(segment)?),
            "*" => {}
            _ if expected == segment => {}
            _ => return None,
        }
    }
    record.filter(|_| segments.next().is_none())
}

/// Each member of the recipe's query must be there once, with one of its values.
fn record_in_query<'a>(recipe: &Value, search: &'a str) -> Option<&'a str> {
    let value = |name: &str| {
        let mut pairs = search
            .trim_start_matches('?')
            .split('&')
            .filter_map(|pair| pair.split_once('='));
        let (_, value) = pairs.by_ref().find(|(other, _)| *other == name)?;
        pairs.all(|(other, _)| other != name).then_some(value)
    };
    let query = recipe.get("query");
    for name in ["pagetype", "etn"] {
        let found = value(name)?;
        query
            .get(name)
            .list()
            .iter()
            .find(|allowed| allowed.text() == Some(found))?;
    }
    as_record(value("id")?)
}

/// An id has digits; what stands in its place on other pages, such as `list` or `new`, has none.
fn as_record(text: &str) -> Option<&str> {
    let fitting = text
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    let digit = text.bytes().any(|byte| byte.is_ascii_digit());
    (fitting && digit && text.len() <= MAX_RECORD_BYTES).then_some(text)
}

#[cfg(test)]
#[cfg(not(target_arch = "wasm32"))]
mod tests;
