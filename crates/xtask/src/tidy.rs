//! The dull rules of the code base: what every file must begin with, how long it may be, what it must not mention.

use std::fs;

use anyhow::{Result, bail};

use crate::project::Project;

/// Past this, a file is doing more than one thing.
const MAXIMUM_LINES: usize = 400;

/// What a file must not mention, and why. Written in halves, so that this file passes its own check.
const FORBIDDEN: &[([&str; 2], &str)] = &[
    (["/wo", "rk/"], "a folder of one machine"),
    (["/ro", "ot/"], "a folder of one machine"),
    (["/Use", "rs/"], "a folder of one machine"),
    (["/tmp/", "team"], "a folder of one machine"),
    (["FIX", "ME"], "work left undone: do it, or file it"),
    (["TO", "DO"], "work left undone: do it, or file it"),
    (["<<<<", "<<< "], "a merge left undone"),
];

/// Files whose words are not ours to choose.
const FOREIGN: &[&str] = &["Cargo.lock", "LICENSE-APACHE", "LICENSE-MIT"];

/// Checks every text file of the checkout.
pub(crate) fn check(project: &Project) -> Result<String> {
    let mut faults = Vec::new();
    let mut checked = 0;
    for name in project.files()? {
        // What is not text is not ours to judge.
        let Ok(text) = fs::read_to_string(project.root.join(&name)) else {
            continue;
        };
        faults.extend(faults_of(&name, &text));
        checked += 1;
    }
    if !faults.is_empty() {
        bail!("{}", faults.join("\n"));
    }
    Ok(format!("{checked} files"))
}

fn faults_of(name: &str, text: &str) -> Vec<String> {
    if FOREIGN.contains(&name) || name.starts_with("tests/fixtures/") {
        return Vec::new();
    }
    let mut faults = Vec::new();
    if name.ends_with(".rs") {
        if !text.starts_with("//! ") {
            faults.push(format!(
                "{name}:1: begin with a `//!` sentence on what the file is for"
            ));
        }
        let lines = text.lines().count();
        if lines > MAXIMUM_LINES {
            faults.push(format!(
                "{name}: {lines} lines, {MAXIMUM_LINES} are the limit: split it by purpose"
            ));
        }
    }
    if !text.is_empty() && !text.ends_with('\n') {
        faults.push(format!("{name}: ends without a line feed"));
    }
    for (number, line) in (1..).zip(text.lines()) {
        for (halves, why) in FORBIDDEN {
            if line.contains(&halves.concat()) {
                faults.push(format!("{name}:{number}: \"{}\" is {why}", halves.concat()));
            }
        }
        if line.ends_with([' ', '\t']) && !name.ends_with(".md") {
            faults.push(format!("{name}:{number}: ends with blanks"));
        }
        // Hashes have any letters.
        if let (Some(id), false) = (requirement_id(line), name.ends_with("package-lock.json")) {
            faults.push(format!(
                "{name}:{number}: \"{id}\" tells a reader nothing: say what is required"
            ));
        }
    }
    faults
}

/// A requirement's number from a planning document, such as a capital letter R or E with one or two digits.
fn requirement_id(line: &str) -> Option<&str> {
    line.split(|letter: char| !letter.is_alphanumeric() && letter != '_' && letter != '-')
        .find(|word| {
            let digits = word.strip_prefix(['R', 'E']).unwrap_or_default();
            matches!(digits.len(), 1 | 2) && digits.bytes().all(|digit| digit.is_ascii_digit())
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(name: &str, text: &str) -> String {
        faults_of(name, text).join("\n")
    }

    #[test]
    fn a_tidy_file_has_no_faults() {
        assert_eq!(faults("src/a.rs", "//! Does one thing.\n\nfn a() {}\n"), "");
        assert_eq!(
            faults("README.md", "Two blanks break a line:  \nso they may stay.\n"),
            ""
        );
        assert_eq!(faults("Cargo.lock", "/wo\u{72}k/ "), "");
        assert_eq!(faults("package-lock.json", "\"sha512-g+E\u{36}+m\"\n"), "");
    }

    #[test]
    fn each_rule_finds_its_fault() {
        assert!(faults("src/a.rs", "fn a() {}\n").contains("src/a.rs:1: begin with"));
        let long = "//! Long.\n".repeat(MAXIMUM_LINES + 1);
        assert!(faults("src/a.rs", &long).contains("401 lines"));
        assert!(faults("src/b.js", "let a;").contains("line feed"));
        assert!(faults("src/b.js", "let a; \n").contains("src/b.js:1: ends with blanks"));
        for (halves, _) in FORBIDDEN {
            let text = format!("first\nsee {}here\n", halves.concat());
            assert!(faults("docs/c.md", &text).contains("docs/c.md:2: "), "{halves:?}");
        }
    }

    #[test]
    fn only_a_bare_number_is_a_requirement_id() {
        let id = |letter: char, rest: &str| format!("see {letter}{rest}.");
        assert!(requirement_id(&id('R', "14")).is_some());
        assert!(requirement_id(&id('E', "4")).is_some());
        for harmless in [
            "E2E tests",
            "E2eGuard",
            "RFC 9421",
            "secp256R1",
            "R",
            "IR4",
            "E123",
            "E-4",
            "{u}R1-",
        ] {
            assert_eq!(requirement_id(harmless), None, "{harmless}");
        }
    }
}
