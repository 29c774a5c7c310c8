//! The list of what the extension's core is made of (CycloneDX 1.6), from Cargo's own tree and lock file.

use anyhow::{Context as _, Result};
use serde_json::{Value, json};

use crate::project::Project;
use crate::tools::WASM_TARGET;

/// The list, as JSON. It has no time and no serial number: the same sources have the same list.
pub(crate) fn of_core(project: &Project) -> Result<String> {
    let tree = project.output(
        "cargo",
        &[
            "tree",
            "--locked",
            "--package",
            "stagedoor-extension-core",
            "--features",
            "shipped",
            "--target",
            WASM_TARGET,
            "--edges",
            "normal,no-proc-macro",
            "--prefix",
            "none",
            "--format",
            "{p}|{l}",
        ],
    )?;
    let mut components: Vec<Value> = Vec::new();
    for line in tree.lines() {
        let component = component(line)?;
        if !components.contains(&component) {
            components.push(component);
        }
    }
    let core = components.remove(0);
    components.sort_by_key(|component| component["bom-ref"].to_string());
    let list = json!({
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": core},
        "components": components,
    });
    Ok(serde_json::to_string_pretty(&list)? + "\n")
}

/// A line such as `serde v1.0.0|MIT OR Apache-2.0`; those of this workspace have a path behind the version.
fn component(line: &str) -> Result<Value> {
    let (package, licence) = line
        .split_once('|')
        .context("cargo's tree has another form than it was asked for")?;
    let mut words = package.split(' ');
    let (Some(name), Some(version)) = (words.next(), words.next().and_then(|word| word.strip_prefix('v')))
    else {
        anyhow::bail!("cargo's tree has a package without a version: {package}");
    };
    // A repeated one is marked by a star.
    let licence = licence.trim_end_matches(" (*)");
    let mut component = json!({
        "type": "library",
        "name": name,
        "version": version,
        "bom-ref": format!("pkg:cargo/{name}@{version}"),
        "licenses": [{"expression": licence}],
    });
    if words.next().is_none_or(|word| word == "(*)") {
        component["purl"] = component["bom-ref"].clone();
    }
    Ok(component)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_a_line_of_the_tree() {
        let foreign = component("wasm-bindgen v0.2.130|MIT OR Apache-2.0").unwrap();
        assert_eq!(foreign["purl"], "pkg:cargo/wasm-bindgen@0.2.130");
        assert_eq!(foreign["licenses"][0]["expression"], "MIT OR Apache-2.0");
        assert_eq!(
            component("wasm-bindgen v0.2.130|MIT OR Apache-2.0 (*)").unwrap(),
            foreign
        );
        let ours = component("stagedoor-protocol v0.1.0 (/somewhere/protocol)|MIT OR Apache-2.0").unwrap();
        assert_eq!(ours["version"], "0.1.0");
        assert!(ours.get("purl").is_none());
        assert!(component("nothing").is_err());
    }
}
