//! Joins the background script with what it imports. Chromium starts a worker of one file sooner than one of three,
//! and a person who clicks waits for that start.

use anyhow::{Context as _, Result};

use crate::wasm::Files;

/// The script.
const SCRIPT: &str = "background.js";

/// Puts the modules that the script imports in place of its import statements. Those that nothing else imports are not
/// shipped by themselves.
pub(crate) fn join(files: &mut Files) -> Result<()> {
    let script = take(files, SCRIPT)?;
    let mut joined = String::with_capacity(script.len());
    for line in script.lines() {
        match line.strip_prefix("import ") {
            Some(import) => joined.push_str(&inlined(files, import)?),
            None => joined.push_str(line),
        }
        joined.push('\n');
    }
    files.insert(SCRIPT.to_owned(), joined.into_bytes());
    Ok(())
}

/// What an import statement names, made by a function of its own, so that nothing else of the module is seen outside.
fn inlined(files: &mut Files, import: &str) -> Result<String> {
    let unknown = || format!("{SCRIPT} has an import of a form that is not known: import {import}");
    let (names, path) = import.split_once(" from \"./").with_context(unknown)?;
    let path = path.strip_suffix("\";").with_context(unknown)?;
    let module = module(files, path)?;
    let mut body = String::with_capacity(module.len());
    let mut default = None;
    for line in module.lines() {
        match line.strip_prefix("export ") {
            Some(list) if list.starts_with('{') => {
                let mut exports = list.split([',', '{', '}']).map(str::trim);
                default = exports.find_map(|export| export.strip_suffix(" as default"));
            }
            Some(declaration) => body.push_str(declaration),
            None => body.push_str(line),
        }
        body.push('\n');
    }
    // `init, { handle }` is the default export, and those of these names.
    let (first, named) = match names.split_once(", {") {
        Some((first, named)) => (Some(first), named),
        None => (None, names.strip_prefix('{').with_context(unknown)?),
    };
    let named = named.strip_suffix('}').with_context(unknown)?.trim();
    let members = match first {
        Some(first) => {
            let default = default.with_context(|| format!("{path} has no default export"))?;
            format!("{first}: {default}, {named}")
        }
        None => named.to_owned(),
    };
    let names = first.map_or_else(|| named.to_owned(), |first| format!("{first}, {named}"));
    Ok(format!(
        "const {{ {names} }} = (() => {{\n{body}return {{ {members} }};\n}})();"
    ))
}

/// A module's text. It stays in the package where a page imports it, too.
fn module(files: &mut Files, path: &str) -> Result<String> {
    let text = take(files, path)?;
    let import = format!("from \"./{path}\"");
    let imports = |file: &Vec<u8>| String::from_utf8_lossy(file).contains(&import);
    if files.values().any(imports) {
        files.insert(path.to_owned(), text.clone().into_bytes());
    }
    Ok(text)
}

fn take(files: &mut Files, path: &str) -> Result<String> {
    let bytes = files
        .remove(path)
        .with_context(|| format!("{SCRIPT} needs {path}, which is missing"))?;
    String::from_utf8(bytes).with_context(|| format!("{path} is not text"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(script: &str) -> Files {
        let core = "export function handle() {}\nfunction begin() {}\nexport { other, begin as default };\n";
        [
            (SCRIPT, script),
            ("core/core.js", core),
            ("read.js", "export function read() {}\n"),
        ]
        .map(|(path, text)| (path.to_owned(), text.into()))
        .into()
    }

    #[test]
    fn modules_stand_in_place_of_their_imports() {
        let script = "import { read } from \"./read.js\";\nimport init, { handle } from \"./core/core.js\";\ninit();\n";
        let mut files = files(script);
        join(&mut files).unwrap();
        let expected = "const { read } = (() => {\nfunction read() {}\nreturn { read };\n})();\n\
            const { init, handle } = (() => {\nfunction handle() {}\nfunction begin() {}\n\n\
            return { init: begin, handle };\n})();\ninit();\n";
        assert_eq!(files.keys().collect::<Vec<_>>(), [SCRIPT]);
        assert_eq!(
            String::from_utf8(files.remove(SCRIPT).unwrap()).unwrap(),
            expected
        );
    }

    #[test]
    fn a_module_that_a_page_imports_stays() {
        let mut files = files("import { read } from \"./read.js\";\n");
        let page = "import { read } from \"./read.js\";\nread();\n";
        files.insert("page.js".to_owned(), page.into());
        join(&mut files).unwrap();
        assert!(files.contains_key("read.js"), "{:?}", files.keys());
    }

    #[test]
    fn an_import_that_cannot_be_joined_is_named() {
        for (import, fault) in [
            ("import \"./read.js\";\n", "of a form that is not known"),
            ("import { x } from \"./gone.js\";\n", "needs gone.js"),
            (
                "import x, { read } from \"./read.js\";\n",
                "read.js has no default export",
            ),
        ] {
            let error = join(&mut files(import)).unwrap_err().to_string();
            assert!(error.contains(fault), "{error}");
        }
    }
}
