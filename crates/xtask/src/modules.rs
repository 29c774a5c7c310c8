//! Joins a script with the modules that it imports. A browser starts a script of one file sooner than one of ten, and a
//! person who clicks waits for that start.

use anyhow::{Context as _, Result, bail};

use crate::wasm::Files;

/// The core's bindings, which popup and background script share.
pub(crate) const CORE: &str = "core/stagedoor_extension_core.js";

/// The popup's own beginning, which is to be there before the rest. It is made a script of the old kind, because a browser runs
/// such a one as soon as it has it, and a module later. Other scripts find its exports in the global constant `$early`.
const EARLY: &str = "early.js";

/// The scripts that a click waits for, each with the modules that it is not joined with.
const SCRIPTS: &[(&str, &[&str])] = &[
    ("background.js", &[CORE]),
    (EARLY, &[]),
    ("glimpse.js", &[EARLY, CORE]),
    ("popup.js", &[EARLY]),
];

/// What wasm-bindgen makes for other browsers, and for loading a core that was not compiled beforehand: from the one text to the
/// other.
const NEEDLESS: [(&str, &str); 7] = [
    ("const MAX_SAFARI", "function decodeText("),
    ("numBytesDecoded +=", "return cachedTextDecoder"),
    ("if (!('encodeInto' in", "let WASM_VECTOR_LEN"),
    ("async function __wbg_load(", "function initSync("),
    ("if (module !== undefined) {", "const imports"),
    // One that another page has had compiled is not of this page's class.
    ("if (!(module instanceof", "const instance"),
    ("let __wbg_init_promise;", "export { initSync"),
];

/// Puts the modules that those scripts import before them. Modules that nothing else imports are not shipped by themselves.
pub(crate) fn join(files: &mut Files) -> Result<()> {
    if let Some(bindings) = files.get_mut(CORE) {
        *bindings = without_needless(std::str::from_utf8(bindings)?)?.into_bytes();
    }
    for (script, apart) in SCRIPTS {
        let mut joined = Joined {
            files,
            apart,
            modules: Vec::new(),
            begun: Vec::new(),
            text: String::new(),
        };
        if *script == EARLY {
            // Modules are strict by themselves.
            joined.text.push_str("\"use strict\";\n");
            joined.add(script, "popup.html")?;
        } else {
            let text = joined.resolved(script, script)?;
            joined.text.push_str(&text);
        }
        let Joined {
            mut modules, text, ..
        } = joined;
        modules.retain(|path| path != script);
        files.insert((*script).to_owned(), text.into_bytes());
        // Those go together that only import each other.
        let mut idle = modules;
        while let Some(needed) = idle.iter().position(|path| is_imported(files, path, &idle)) {
            idle.remove(needed);
        }
        files.retain(|path, _| !idle.contains(path));
    }
    Ok(())
}

/// The core's bindings for whoever has it compiled already.
fn without_needless(bindings: &str) -> Result<String> {
    let mut rest = bindings;
    let mut kept = String::with_capacity(bindings.len());
    for (from, to) in NEEDLESS {
        let cut = rest.split_once(from);
        let cut = cut.and_then(|(before, after)| Some((before, after.split_once(to)?.1)));
        let (before, after) =
            cut.with_context(|| format!("the core's bindings have no {from} before {to}"))?;
        kept.extend([before, to]);
        rest = after;
    }
    kept.push_str(&rest.replace(", __wbg_init as default", ""));
    Ok(kept)
}

/// Whether a script imports a module, other than those that are idle themselves.
fn is_imported(files: &Files, module: &str, idle: &[String]) -> bool {
    let import = format!("from \"./{module}\"");
    files
        .iter()
        .any(|(path, text)| !idle.contains(path) && String::from_utf8_lossy(text).contains(&import))
}

/// A script in the making.
struct Joined<'a> {
    files: &'a Files,
    apart: &'a [&'a str],
    /// The modules that are in it already, as paths.
    modules: Vec<String>,
    /// The scripts whose imports are being resolved, each imported by the one before it.
    begun: Vec<String>,
    text: String,
}

impl Joined<'_> {
    /// A script's text with its import statements resolved; the modules that they name stand before it then.
    fn resolved(&mut self, script: &str, importer: &str) -> Result<String> {
        let bytes = self
            .files
            .get(script)
            .with_context(|| format!("{importer} needs {script}, which is missing"))?;
        let text = std::str::from_utf8(bytes).with_context(|| format!("{script} is not text"))?;
        self.begun.push(script.to_owned());
        let mut resolved = String::with_capacity(text.len());
        for line in text.lines() {
            match line.strip_prefix("import ") {
                Some(import) => resolved.push_str(&self.import(import, script)?),
                None => resolved.push_str(line),
            }
            resolved.push('\n');
        }
        self.begun.pop();
        Ok(resolved)
    }

    /// What an import statement comes to: names taken from the module, which is made first; or what it was, if the module stays
    /// one.
    fn import(&mut self, import: &str, script: &str) -> Result<String> {
        let unknown = || format!("{script} has an import of a form that is not known: import {import}");
        let (names, path) = import.split_once(" from \"./").with_context(unknown)?;
        let path = path.strip_suffix("\";").with_context(unknown)?;
        // `init, { handle }` is the default export, and those of these names.
        let (default, named) = match names.split_once(", {") {
            Some((default, named)) => (format!("default: {default}, "), named),
            None => (String::new(), names.strip_prefix('{').with_context(unknown)?),
        };
        let named = named.strip_suffix('}').with_context(unknown)?.trim();
        // A browser lets modules import each other; joined, one would be asked for its names before it is made.
        if let Some(first) = self.begun.iter().position(|begun| begun == path) {
            let circle = self.begun.get(first..).unwrap_or_default().join(" imports ");
            bail!("modules import each other in a circle: {circle} imports {path}");
        }
        let apart = self.apart.contains(&path);
        if apart && path != EARLY {
            return Ok(format!("import {import}"));
        }
        if !apart && !self.modules.iter().any(|module| module == path) {
            self.add(path, script)?;
        }
        let named = named.replace(" as ", ": ");
        Ok(format!("const {{ {default}{named} }} = {};", constant(path)))
    }

    /// A module is made by a function of its own, so that nothing else of it is seen outside.
    fn add(&mut self, path: &str, importer: &str) -> Result<()> {
        self.modules.push(path.to_owned());
        let text = self.resolved(path, importer)?;
        let mut body = String::with_capacity(text.len());
        let mut exports = Vec::new();
        for line in text.lines() {
            match line.strip_prefix("export ") {
                Some(list) if list.starts_with('{') => {
                    let list = list.split([',', '{', '}', ';']).map(str::trim);
                    exports.extend(list.filter(|name| !name.is_empty()).map(|name| {
                        let (name, alias) = name.split_once(" as ").unwrap_or((name, name));
                        format!("{alias}: {name}")
                    }));
                }
                Some(declaration) => {
                    let Some(name) = declared(declaration) else {
                        bail!("{path} has an export of a form that is not known: {line}");
                    };
                    exports.push(name.to_owned());
                    body.push_str(declaration);
                }
                None => body.push_str(line),
            }
            body.push('\n');
        }
        let (name, exports) = (constant(path), exports.join(", "));
        self.text.push_str(&format!(
            "const {name} = (() => {{\n{body}return {{ {exports} }};\n}})();\n"
        ));
        Ok(())
    }
}

/// The name of a function or a value that is declared. One that may change later is none: whoever imports it would keep
/// the first.
fn declared(declaration: &str) -> Option<&str> {
    let declaration = declaration.strip_prefix("async ").unwrap_or(declaration);
    let (keyword, rest) = declaration.split_once(' ')?;
    if !["function", "const", "class"].contains(&keyword) {
        return None;
    }
    let end = rest.find(|letter: char| !letter.is_alphanumeric() && letter != '_')?;
    rest.get(..end).filter(|name| !name.is_empty())
}

/// Under which name a module stands in the script.
fn constant(path: &str) -> String {
    let name = path.strip_suffix(".js").unwrap_or(path);
    format!("${}", name.replace(|letter: char| !letter.is_alphanumeric(), "_"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// These, and an empty script for each that is not among them.
    fn files(given: &[(&str, &str)]) -> Files {
        let mut files: Files = SCRIPTS
            .iter()
            .map(|(script, _)| ((*script).to_owned(), Vec::new()))
            .collect();
        files.extend(
            given
                .iter()
                .map(|(path, text)| ((*path).to_owned(), text.as_bytes().to_vec())),
        );
        files
    }

    fn text(files: &Files, path: &str) -> String {
        String::from_utf8(files[path].clone()).unwrap()
    }

    #[test]
    fn modules_stand_once_before_what_imports_them() {
        let mut files = files(&[
            (
                "popup.js",
                "import { b } from \"./b.js\";\nimport { id, tab as of } from \"./early.js\";\nimport { a } from \"./a.js\";\na();\n",
            ),
            (
                "a.js",
                "import { b } from \"./b.js\";\nexport async function a() {}\n",
            ),
            ("b.js", "export const b = 1;\n"),
            ("early.js", "export const tab = 1;\nexport const id = 2;\n"),
        ]);
        join(&mut files).unwrap();
        assert_eq!(
            text(&files, "popup.js"),
            "const $b = (() => {\nconst b = 1;\nreturn { b };\n})();\n\
             const $a = (() => {\nconst { b } = $b;\nasync function a() {}\nreturn { a };\n})();\n\
             const { b } = $b;\nconst { id, tab: of } = $early;\nconst { a } = $a;\na();\n"
        );
        assert_eq!(
            text(&files, "early.js"),
            "\"use strict\";\nconst $early = (() => {\nconst tab = 1;\nconst id = 2;\nreturn { tab, id };\n})();\n"
        );
        assert_eq!(
            files.keys().collect::<Vec<_>>(),
            ["background.js", "early.js", "glimpse.js", "popup.js"]
        );
    }

    #[test]
    fn a_default_export_is_taken_under_the_name_that_the_script_gives_it() {
        let core = "export function handle() {}\nfunction begin() {}\nexport { begin as default };\n";
        let script = "import init, { handle } from \"./core/core.js\";\ninit();\n";
        let mut files = files(&[("background.js", script), ("core/core.js", core)]);
        join(&mut files).unwrap();
        assert_eq!(
            text(&files, "background.js"),
            "const $core_core = (() => {\nfunction handle() {}\nfunction begin() {}\n\n\
             return { handle, default: begin };\n})();\nconst { default: init, handle } = $core_core;\ninit();\n"
        );
    }

    #[test]
    fn bindings_lose_what_nobody_calls() {
        let needless = NEEDLESS
            .map(|(from, to)| format!("{from} needless\n{to} needed\n"))
            .concat();
        let bindings = format!("let wasm;\n{needless}, __wbg_init as default }};\n");
        let mut given = files(&[(CORE, &bindings)]);
        join(&mut given).unwrap();
        let needed = NEEDLESS.map(|(_, to)| format!("{to} needed\n")).concat();
        assert_eq!(text(&given, CORE), format!("let wasm;\n{needed} }};\n"));
        let error = join(&mut given).unwrap_err().to_string();
        assert!(error.contains("no const MAX_SAFARI before"), "{error}");
    }

    #[test]
    fn a_module_that_another_page_imports_stays() {
        let import = "import { read } from \"./read.js\";\n";
        let mut files = files(&[
            ("background.js", import),
            ("read.js", "export function read() {}\n"),
            ("options.js", import),
        ]);
        join(&mut files).unwrap();
        assert!(files.contains_key("read.js"), "{:?}", files.keys());
    }

    #[test]
    fn a_circle_of_imports_is_named() {
        let import = |path: &str| format!("import {{ x }} from \"./{path}\";\nexport const y = 1;\n");
        let cases = [
            (
                [
                    ("background.js", "a.js"),
                    ("a.js", "b.js"),
                    ("b.js", "c.js"),
                    ("c.js", "a.js"),
                ]
                .as_slice(),
                "a.js imports b.js imports c.js imports a.js",
            ),
            (
                &[("background.js", "a.js"), ("a.js", "a.js")],
                "a.js imports a.js",
            ),
            (
                &[("background.js", "a.js"), ("a.js", "background.js")],
                "background.js imports a.js imports background.js",
            ),
        ];
        for (imports, circle) in cases {
            let given: Vec<_> = imports
                .iter()
                .map(|(path, other)| (*path, import(other)))
                .collect();
            let given: Vec<_> = given.iter().map(|(path, text)| (*path, text.as_str())).collect();
            let error = join(&mut files(&given)).unwrap_err().to_string();
            assert_eq!(error, format!("modules import each other in a circle: {circle}"));
        }
    }

    #[test]
    fn what_cannot_be_joined_is_named() {
        for (import, fault) in [
            ("import \"./read.js\";\n", "an import of a form that is not known"),
            (
                "import { x } from \"./gone.js\";\n",
                "background.js needs gone.js",
            ),
            (
                "import { x } from \"./list.js\";\n",
                "list.js has an export of a form that is not known",
            ),
        ] {
            let mut files = files(&[("background.js", import), ("list.js", "export default 1;\n")]);
            let error = join(&mut files).unwrap_err().to_string();
            assert!(error.contains(fault), "{error}");
        }
    }
}
