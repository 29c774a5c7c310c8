//! Selectors, as far as they can be checked without a browser: what is empty or left open. The browser has the last word; it
//! treats a page whose recipe has a selector that it cannot read as one where the recipe finds nothing.

/// What leads out of a shadow root, or of none.
const OUT: &str = ">>>";

/// Where the address stands: selectors with ` >>> ` between them.
pub(super) fn place(text: &str) -> Result<String, String> {
    for step in text.split(&format!(" {OUT} ")) {
        if step.contains(OUT) {
            return Err(format!(
                "has {OUT} without a selector and a blank on each side of it"
            ));
        }
        part(step)?;
    }
    Ok(text.to_owned())
}

/// One selector.
pub(super) fn part(text: &str) -> Result<String, String> {
    let trimmed = text.trim();
    if trimmed.is_empty() {
        return Err("has an empty selector in it; write one, e.g. \"[data-field='email']\"".to_owned());
    }
    if text.contains(OUT) {
        return Err(format!("has {OUT}, which `at` alone knows"));
    }
    if let Some(open) = left_open(trimmed) {
        return Err(format!(
            "is no selector: {open:?} is not closed, or closed without being open"
        ));
    }
    if trimmed.starts_with([',', '>', '+', '~']) || trimmed.ends_with([',', '>', '+', '~']) {
        return Err("begins or ends with a sign that needs a selector on each side".to_owned());
    }
    if trimmed.contains(['{', '}', ';']) {
        return Err(
            "has braces or a semicolon, which are no part of a selector; {} belongs into `paths`".to_owned(),
        );
    }
    Ok(text.to_owned())
}

/// A bracket or quote that has no counterpart.
fn left_open(text: &str) -> Option<char> {
    let mut open = Vec::new();
    let mut quote = None;
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match (quote, c) {
            (_, '\\') => {
                chars.next();
            }
            (Some(mark), _) => quote = quote.filter(|_| c != mark),
            (None, '\'' | '"') => quote = Some(c),
            (None, '[' | '(') => open.push(c),
            (None, ']') if open.pop() != Some('[') => return Some(c),
            (None, ')') if open.pop() != Some('(') => return Some(c),
            _ => {}
        }
    }
    quote.or(open.pop())
}
