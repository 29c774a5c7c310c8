//! `docs/errors.md` says what the relay and the extension say, word for word. `UPDATE_DOCS=1` writes it anew.

use std::{collections::BTreeMap, env, fmt::Write as _, fs, path::PathBuf};

use serde::Deserialize;
use stagedoor_protocol::ErrorCode;
use stagedoor_relay::error::explain;

const HEAD: &str = "# Errors\n\nEvery fault has a stable code, which the popup shows above its title. *This page is made from the texts in the code.*\n";

#[derive(Deserialize)]
struct Message {
    message: String,
}

#[test]
fn the_documented_errors_are_those_of_the_code() {
    let path = workspace().join("docs/errors.md");
    let expected = page();
    if env::var_os("UPDATE_DOCS").is_some() {
        fs::write(&path, &expected).unwrap();
    }
    let actual = fs::read_to_string(&path).unwrap();
    assert!(
        actual == expected,
        "docs/errors.md is not current: run this test with UPDATE_DOCS=1"
    );
}

fn page() -> String {
    let mut page = String::from(HEAD);
    page.push_str("\n## Said by the relay\n\n| code | status | what happened | why | what to do |\n|---|---|---|---|---|\n");
    for code in ErrorCode::ALL {
        let explanation = explain(*code);
        let (status, title) = (code.status(), code.title());
        let _ = writeln!(
            page,
            "| `{code}` | {status} | {title} | {} | {} |",
            explanation.cause, explanation.cure
        );
    }
    page.push_str(
        "\n## Said by the extension itself\n\n| code | what happened | what to do |\n|---|---|---|\n",
    );
    let messages = messages();
    for (key, title) in &messages {
        let Some(code) = key
            .strip_prefix("error_")
            .and_then(|rest| rest.strip_suffix("_title"))
        else {
            continue;
        };
        if ErrorCode::parse(code).is_none() {
            let cure = &messages[&format!("error_{code}_cure")].message;
            let _ = writeln!(page, "| `{code}` | {} | {cure} |", title.message);
        }
    }
    page
}

fn messages() -> BTreeMap<String, Message> {
    let text = fs::read_to_string(workspace().join("extension/_locales/en/messages.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

fn workspace() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..")
}
