//! The versions that tools say they have.

/// The first word that looks like a version: starts with a digit, or `v` and a digit, and has a dot. A slash ends a word,
/// too: `nginx/1.22.1`.
pub(super) fn first_version(text: &str) -> Option<String> {
    text.split(|letter: char| letter.is_whitespace() || letter == '/')
        .map(|word| word.strip_prefix('v').unwrap_or(word))
        .find(|word| word.starts_with(|first: char| first.is_ascii_digit()) && word.contains('.'))
        .map(|word| word.trim_end_matches([',', ')']).to_owned())
}

/// The number that a version begins with; 0 if it does not begin with one.
pub(super) fn major(version: &str) -> u32 {
    let digits = version.split('.').next().unwrap_or_default();
    digits.parse().unwrap_or(0)
}
