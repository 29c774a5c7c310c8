//! Which crate may not depend on which: the architecture's invariants, checked against what Cargo resolves.

use std::collections::BTreeSet;

use anyhow::{Result, bail};

use crate::project::Project;
use crate::tools::WASM_TARGET;

/// One invariant.
struct Direction {
    /// The crate whose normal dependencies are looked at.
    package: &'static str,
    /// The target they are resolved for; the host's when absent.
    target: Option<&'static str>,
    /// What must not be among them, at any depth.
    absent: &'static [&'static str],
    /// Why.
    reason: &'static str,
}

const DIRECTIONS: &[Direction] = &[
    Direction {
        package: "stagedoor-extension-core",
        target: Some(WASM_TARGET),
        absent: &[
            "tokio", "reqwest", "hyper", "axum", "sqlx", "rustls", "url", "idna", "regex",
        ],
        reason: "the core is downloaded by every staff member; the browser has all of this already",
    },
    Direction {
        package: "stagedoor-extension-core",
        target: Some(WASM_TARGET),
        absent: &[
            "stagedoor-relay",
            "stagedoor-broker-client",
            "stagedoor-broker-sim",
        ],
        reason: "the browser's side knows the relay by its protocol only, and the broker not at all",
    },
    Direction {
        package: "stagedoor-extension-core",
        target: Some(WASM_TARGET),
        absent: &["utoipa"],
        reason: "the schemas of the API's document, feature `openapi` of the protocol, are the relay's: the core would carry \
                 them to every staff member",
    },
    Direction {
        package: "stagedoor-protocol",
        target: None,
        absent: &[
            "tokio",
            "reqwest",
            "hyper",
            "axum",
            "sqlx",
            "rustls",
            "js-sys",
            "web-sys",
            "jiff",
            "getrandom",
        ],
        reason: "the protocol is types and bytes: no network, no clock, no randomness, no browser",
    },
    Direction {
        package: "stagedoor-protocol",
        target: None,
        absent: &[
            "stagedoor-relay",
            "stagedoor-extension-core",
            "stagedoor-broker-client",
            "stagedoor-broker-sim",
        ],
        reason: "the protocol is below everything of ours",
    },
    Direction {
        package: "stagedoor-ledger",
        target: None,
        absent: &[
            "tokio",
            "reqwest",
            "hyper",
            "axum",
            "sqlx",
            "rusqlite",
            "tokio-postgres",
            "rustls",
            "getrandom",
        ],
        reason: "the ledger is data: what it reads, the time and randomness come in as arguments",
    },
    Direction {
        package: "stagedoor-ledger",
        target: None,
        absent: &[
            "stagedoor-protocol",
            "stagedoor-relay",
            "stagedoor-extension-core",
            "stagedoor-broker-client",
            "stagedoor-broker-sim",
        ],
        reason: "an auditor verifies a ledger with the ledger alone",
    },
    Direction {
        package: "stagedoor-broker-client",
        target: None,
        absent: &[
            "stagedoor-protocol",
            "stagedoor-relay",
            "stagedoor-extension-core",
            "stagedoor-broker-sim",
            "axum",
        ],
        reason: "the broker's API is a world of its own",
    },
    Direction {
        package: "stagedoor-broker-sim",
        target: None,
        absent: &[
            "stagedoor-protocol",
            "stagedoor-broker-client",
            "stagedoor-relay",
            "stagedoor-extension-core",
        ],
        reason: "the simulator writes its own wire forms, so that one mistake cannot sit on both sides of a test",
    },
    Direction {
        package: "stagedoor-relay",
        target: None,
        absent: &[
            "stagedoor-broker-sim",
            "stagedoor-extension-core",
            "openssl",
            "native-tls",
        ],
        reason: "nothing of the tests ships, and one TLS library is enough",
    },
];

/// Checks every invariant.
pub(crate) fn check(project: &Project) -> Result<String> {
    let mut broken = Vec::new();
    for direction in DIRECTIONS {
        let mut arguments = vec![
            "tree",
            "--locked",
            "--edges",
            "normal",
            "--prefix",
            "none",
            "--format",
            "{p}",
            "--package",
        ];
        arguments.push(direction.package);
        arguments.extend(direction.target.iter().flat_map(|target| ["--target", target]));
        let tree = project.output("cargo", &arguments)?;
        for found in forbidden(&tree, direction.absent) {
            broken.push(format!(
                "{} depends on {found}: {}",
                direction.package, direction.reason
            ));
        }
    }
    if !broken.is_empty() {
        bail!(
            "{}\n(`cargo tree --package CRATE --invert DEPENDENCY` shows the way)",
            broken.join("\n")
        );
    }
    Ok(format!("{} invariants", DIRECTIONS.len()))
}

/// Which of the names occur in cargo's list of packages, one `name version` a line.
fn forbidden<'a>(tree: &str, absent: &[&'a str]) -> Vec<&'a str> {
    let present: BTreeSet<&str> = tree
        .lines()
        .filter_map(|line| line.split_whitespace().next())
        .collect();
    absent
        .iter()
        .copied()
        .filter(|name| present.contains(name))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::forbidden;

    #[test]
    fn finds_whole_names_only() {
        let tree = "stagedoor-protocol v0.1.0 (/x)\ntokio-util v0.7.0\nserde v1.0.0 (*)\n";
        assert!(forbidden(tree, &["tokio", "url"]).is_empty());
        assert_eq!(
            forbidden(tree, &["tokio", "serde", "stagedoor-protocol"]),
            ["serde", "stagedoor-protocol"]
        );
    }
}
