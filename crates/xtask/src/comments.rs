//! Leaves comments out of the scripts that are shipped: staff download them with every update, and the collector is injected
//! into every page that is read.

/// A script without its empty lines, and without comments that have lines of their own.
pub(crate) fn without_comments(script: &str) -> String {
    let mut kept = String::with_capacity(script.len());
    let mut inside = false;
    for line in script.lines() {
        let bare = line.trim();
        let begins = bare.starts_with("/*");
        if inside || begins {
            inside = !bare.ends_with("*/");
        } else if !(bare.is_empty() || bare.starts_with("//")) {
            kept.push_str(line);
            kept.push('\n');
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_stays_as_it_is() {
        let script = "// About.\n\n/** One line. */\nlet a = \"//\"; // here\n/**\n * Two.\n */\n  a /= 2;\n  // end\n";
        assert_eq!(without_comments(script), "let a = \"//\"; // here\n  a /= 2;\n");
    }
}
