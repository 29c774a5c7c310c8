//! The cases in `docs/policy.md` are what the binary says of the examples in it. `UPDATE_DOCS=1` writes them anew.

use std::{env, fmt::Write as _, fs, path::PathBuf};

use crate::support::installation::Installation;

/// Before this the document is written by hand; what comes after it is made here.
const MARK: &str = "<!-- made by a test: relay/tests/relay/policy_docs.rs -->\n";

struct Case {
    example: &'static str,
    what: &'static str,
    arguments: &'static [&'static str],
    exit: i32,
}

const REASON: &str = "Cannot find the withdrawal form";
const OFFICE: &str = "198.51.100.7";
const FRIDAY: &str = "2026-11-27T10:00:00+01:00";

const CASES: [Case; 11] = [
    Case {
        example: "A small desk",
        what: "On a working day, with a reason",
        arguments: &["--role", "support", "--at", FRIDAY, "--reason", REASON],
        exit: 0,
    },
    Case {
        example: "A small desk",
        what: "With a reason that says nothing",
        arguments: &["--role", "support", "--at", FRIDAY, "--reason", "call"],
        exit: 1,
    },
    Case {
        example: "A small desk",
        what: "On a Saturday",
        arguments: &[
            "--role",
            "support",
            "--at",
            "2026-11-28T10:00:00+01:00",
            "--reason",
            REASON,
        ],
        exit: 1,
    },
    Case {
        example: "A group of brands",
        what: "Another brand's customers",
        arguments: &[
            "--role",
            "north-support",
            "--platform",
            "south-live",
            "--at",
            FRIDAY,
        ],
        exit: 1,
    },
    Case {
        example: "A group of brands",
        what: "Somebody with two roles",
        arguments: &[
            "--role",
            "south-support,group-lead",
            "--platform",
            "south-live",
            "--at",
            FRIDAY,
        ],
        exit: 0,
    },
    Case {
        example: "A regulated firm",
        what: "From elsewhere",
        arguments: &[
            "--role",
            "support",
            "--at",
            FRIDAY,
            "--from",
            "203.0.113.9",
            "--reason",
            REASON,
            "--ticket",
            "SUP-1042",
        ],
        exit: 1,
    },
    Case {
        example: "A regulated firm",
        what: "Without a ticket",
        arguments: &[
            "--role", "support", "--at", FRIDAY, "--from", OFFICE, "--reason", REASON,
        ],
        exit: 1,
    },
    Case {
        example: "A regulated firm",
        what: "A VIP customer, and a role that is not for them",
        arguments: &[
            "--customer",
            "vip@customers.example",
            "--role",
            "support",
            "--at",
            FRIDAY,
            "--from",
            OFFICE,
            "--reason",
            REASON,
            "--ticket",
            "SUP-1042",
        ],
        exit: 1,
    },
    Case {
        example: "A regulated firm",
        what: "A VIP customer, of whom a second person must approve",
        arguments: &[
            "--customer",
            "vip@customers.example",
            "--role",
            "dealing-lead",
            "--at",
            FRIDAY,
            "--from",
            OFFICE,
            "--reason",
            REASON,
            "--ticket",
            "SUP-1042",
        ],
        exit: 0,
    },
    Case {
        example: "A regulated firm",
        what: "A customer whom nobody opens, in another spelling",
        arguments: &[
            "--customer",
            "Anyone@Mail.CLOSED.example",
            "--role",
            "dealing-lead",
            "--at",
            FRIDAY,
            "--from",
            OFFICE,
            "--reason",
            REASON,
            "--ticket",
            "SUP-1042",
        ],
        exit: 1,
    },
    Case {
        example: "A regulated firm",
        what: "It is not said from where",
        arguments: &[
            "--role", "support", "--at", FRIDAY, "--reason", REASON, "--ticket", "SUP-1042",
        ],
        exit: 2,
    },
];

#[tokio::test]
async fn the_documented_cases_are_what_the_binary_says() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../docs/policy.md");
    let actual = fs::read_to_string(&path).unwrap();
    let (by_hand, _) = actual.split_once(MARK).unwrap();
    let mut expected = format!("{by_hand}{MARK}");
    for (index, case) in CASES.iter().enumerate() {
        let installation = example(by_hand, case.example).await;
        let mut arguments = vec!["policy", "test", "--staff", "desk@broker.example"];
        if !case.arguments.contains(&"--customer") {
            arguments.extend(["--customer", "jane.roe@customers.example"]);
        }
        arguments.extend(case.arguments);
        let output = installation.run(&arguments).await;
        let said = String::from_utf8(output.stdout).unwrap();
        assert_eq!(output.status.code(), Some(case.exit), "{}: {said}", case.what);
        let _ = write!(
            expected,
            "\n### {}. {}\n\n{}. Exit code {}.\n\n```console\n$ stagedoor {}\n{said}```\n",
            index + 1,
            case.what,
            case.example,
            case.exit,
            as_typed(&arguments)
        );
    }
    if env::var_os("UPDATE_DOCS").is_some() {
        fs::write(&path, &expected).unwrap();
    }
    let actual = fs::read_to_string(&path).unwrap();
    assert!(
        actual == expected,
        "docs/policy.md is not current: run this test with UPDATE_DOCS=1"
    );
}

/// An installation with one of the document's examples, the platforms that it names, and the files that it reads.
async fn example(document: &str, heading: &str) -> Installation {
    let installation = Installation::new().await;
    let here = installation.folder.path();
    let (_, after) = document.split_once(&format!("### {heading}\n")).unwrap();
    let (_, policy) = after.split_once("```toml\n").unwrap();
    let (policy, _) = policy.split_once("```").unwrap();
    let mut text = fs::read_to_string(installation.config()).unwrap();
    let platform = text.split("[[platform]]").nth(1).unwrap();
    let platform = platform.split("[log]").next().unwrap().to_owned();
    for id in ["north-live", "north-demo", "south-live"] {
        if policy.contains(&format!("\"{id}\"")) {
            let other = platform.replace("id = \"main\"", &format!("id = \"{id}\""));
            let _ = write!(text, "\n[[platform]]{other}");
        }
    }
    text.push_str(&policy.replace("/etc/stagedoor", &here.display().to_string()));
    fs::write(installation.config(), text).unwrap();
    fs::write(here.join("denied-customers.txt"), "left@customers.example\n").unwrap();
    fs::write(
        here.join("vip-customers.txt"),
        "# ask the dealing desk\nvip@customers.example\n",
    )
    .unwrap();
    installation
}

fn as_typed(arguments: &[&str]) -> String {
    let quoted = arguments.iter().map(|argument| match argument.contains(' ') {
        true => format!("\"{argument}\""),
        false => (*argument).to_owned(),
    });
    quoted.collect::<Vec<_>>().join(" ")
}
