//! Whether a recipe's hosts are all taken by an earlier one: the extension looks at the first recipe for a page's host alone, so
//! the later one would never be used.

/// Whether every host that the one pattern fits is one that the other fits.
pub(super) fn covers(pattern: &str, host: &str) -> bool {
    let mut labels = host.rsplit('.');
    let mut patterns = pattern.rsplit('.').peekable();
    while let Some(pattern) = patterns.next() {
        match labels.next() {
            // A first label alone stands for one or more.
            Some(_) if pattern == "*" && patterns.peek().is_none() => return true,
            Some(label) if label != "*" && label_covers(pattern, label) => {}
            _ => return false,
        }
    }
    labels.next().is_none()
}

fn label_covers(pattern: &str, label: &str) -> bool {
    let Some((start, end)) = pattern.split_once('*') else {
        return pattern == label;
    };
    match label.split_once('*') {
        // What stands for nothing, too, is longer than its fixed parts or just as long.
        None => label.len() >= start.len() + end.len() && label.starts_with(start) && label.ends_with(end),
        Some((before, after)) => before.starts_with(start) && after.ends_with(end),
    }
}
