//! Joins the collector's parts into the one script that is injected into pages. It is a file, because Firefox keeps those
//! compiled, and sends functions as an address in which each letter is escaped; and one function in it, because what several
//! scripts share would be left behind in the page.

use std::collections::HashSet;

use anyhow::{Context as _, Result};
use serde_json::Value;

use crate::comments::without_comments;
use crate::wasm::Files;

/// What they become: a script whose last value is what it found.
const SCRIPT: &str = "collector.js";

/// The folder of the parts within the extension's sources. It is not shipped itself.
const FOLDER: &str = "collector/";

/// The parts, in an order in which each constant is made before it is used.
const PARTS: &[&str] = &[
    "tree",
    "bounds",
    "veiled",
    "seen",
    "reach",
    "legible",
    "covered",
    "letters",
    "labels",
    "hosts",
    "recipes",
    "places",
    "titles",
    "fields",
    "beside",
    "blanks",
    "remarks",
    "text",
    "sources",
    "headings",
    "people",
    "introductions",
    "collect",
];

/// Replaces the parts by the script.
pub(crate) fn join(files: &mut Files) -> Result<()> {
    let mut take = |name: &str| {
        let bytes = files
            .remove(&format!("{FOLDER}{name}"))
            .with_context(|| format!("extension/{FOLDER}{name} is missing"))?;
        String::from_utf8(bytes).with_context(|| format!("extension/{FOLDER}{name} is not text"))
    };
    let recipes: Value = serde_json::from_str(&take("recipes.json")?).context("recipes.json is not JSON")?;
    let mut script = format!("(() => {{\n\"use strict\";\nconst RECIPES = {recipes};\n");
    let mut body = String::new();
    for part in PARTS {
        body.push_str(&without_comments(&take(&format!("{part}.js"))?));
    }
    if let Some(name) = declared_twice(&body) {
        anyhow::bail!("`{name}` is declared in two places of the collector: its parts become one script");
    }
    script.push_str(&eager(&body));
    script.push_str("return collect();\n})();\n");
    if let Some(left) = files.keys().find(|path| path.starts_with(FOLDER)) {
        anyhow::bail!(
            "extension/{left} is no part of the collector: name it in crates/xtask/src/collector.rs"
        );
    }
    files.insert(SCRIPT.to_owned(), script.into_bytes());
    Ok(())
}

/// A name that the script declares twice in its outermost scope: browsers refuse such a script as a whole.
fn declared_twice(script: &str) -> Option<&str> {
    let mut names = HashSet::new();
    let declarations = script.lines().filter_map(|line| {
        let (kind, rest) = line.split_once(' ')?;
        match kind.trim_end_matches('*') {
            "const" | "let" => rest.split(['=', ';']).next(),
            "function" => rest.split('(').next(),
            _ => None,
        }
    });
    let mut declared = declarations
        .flat_map(|names| names.split(','))
        // Of `{ tag: getTag }`, the second is declared.
        .filter_map(|name| name.rsplit(':').next())
        .map(|name| name.trim_matches(['[', ']', '{', '}', ' ']));
    declared.find(|name| !names.insert(*name))
}

/// The same script with its functions in front, each in brackets. Browsers take such a one for a function that is called at
/// once, and compile it with what is around it. The others they skim, and compile them one by one when they are called, which
/// takes Firefox longer than all that the collector asks of a page.
fn eager(script: &str) -> String {
    let (mut functions, mut rest) = (String::new(), String::new());
    let mut inside = false;
    for line in script.lines() {
        let name = line
            .strip_prefix("function")
            .and_then(|begin| begin.trim_start_matches('*').strip_prefix(' '))
            .and_then(|begin| Some(begin.split_once('(')?.0));
        let text = if inside || name.is_some() {
            &mut functions
        } else {
            &mut rest
        };
        if let Some(name) = name {
            text.push_str("const ");
            text.push_str(name);
            text.push_str("=(");
            text.push_str(&line.replacen(&format!(" {name}("), "(", 1));
            inside = true;
        } else {
            text.push_str(line);
        }
        if inside && line.starts_with('}') || name.is_some() && line.ends_with('}') {
            text.push_str(");");
            inside = false;
        }
        text.push('\n');
    }
    functions + &rest
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts() -> Files {
        let mut files = Files::new();
        files.insert("collector/recipes.json".into(), b"{\"version\": 1}\n".to_vec());
        for part in PARTS {
            let text = format!("// About {part}.\n\n/** One line. */\nfunction {part}_part() {{}}\n");
            files.insert(format!("collector/{part}.js"), text.into_bytes());
        }
        files
    }

    #[test]
    fn the_parts_become_one_script_in_order() {
        let mut files = parts();
        join(&mut files).unwrap();
        assert_eq!(files.keys().collect::<Vec<_>>(), ["collector.js"]);
        let script = String::from_utf8(files.remove("collector.js").unwrap()).unwrap();
        let start = "(() => {\n\"use strict\";\nconst RECIPES = {\"version\":1};\n";
        assert!(script.starts_with(start));
        assert!(script.ends_with("const collect_part=(function() {});\nreturn collect();\n})();\n"));
        assert!(!script.contains("About") && !script.contains("One line"));
        let places: Vec<_> = PARTS
            .iter()
            .map(|part| script.find(&format!("{part}_part")))
            .collect();
        assert!(places.is_sorted() && places.iter().all(Option::is_some));
    }

    #[test]
    fn what_is_declared_twice_is_named() {
        let once = "const { tag: getTag, a } = b;\nconst [c, d] = [a, a];\nlet e;\nfunction f(a) {\n  const c = a;\n}\n";
        assert_eq!(declared_twice(once), None);
        for twice in [
            "let a = 1;\n",
            "const getTag = 1;\n",
            "function d() {}\n",
            "const [g, f] = [];\n",
        ] {
            let script = format!("{once}{twice}");
            assert!(declared_twice(&script).is_some(), "{twice}");
        }
    }

    #[test]
    fn functions_are_compiled_at_once_and_made_first() {
        let script = "const a = b();\nfunction b() {\n  if (c) {\n  }\n}\nfunction* d(e) {\n}\nlet f;\n";
        let expected = "const b=(function() {\n  if (c) {\n  }\n});\nconst d=(function*(e) {\n});\n\
            const a = b();\nlet f;\n";
        assert_eq!(eager(script), expected);
    }

    #[test]
    fn a_part_that_is_missing_or_unknown_is_named() {
        let mut files = parts();
        files.remove("collector/seen.js");
        assert!(
            join(&mut files)
                .unwrap_err()
                .to_string()
                .contains("collector/seen.js is missing")
        );
        let mut files = parts();
        files.insert("collector/extra.js".into(), Vec::new());
        assert!(
            join(&mut files)
                .unwrap_err()
                .to_string()
                .contains("collector/extra.js is no part")
        );
    }
}
