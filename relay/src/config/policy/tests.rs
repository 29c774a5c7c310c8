//! Policies that are read, and the faults of those that are not.

use std::fs;

use crate::config::{Config, EXAMPLE, Keys};

/// The example with a policy after it.
fn with(policy: &str) -> Result<Config, Vec<String>> {
    let text = format!("{EXAMPLE}\n{policy}");
    Config::parse(&text, Keys::Lists)
        .map_err(|faults| faults.faults().iter().map(ToString::to_string).collect())
}

const GRANT: &str = "[[policy.grant]]\nroles = [\"support\"]\nplatforms = [\"main\"]\n";

#[test]
fn without_grants_everybody_may_open_under_the_rules_of_login() {
    for policy in [
        "",
        "[policy]",
        "[policy.deny]\naddresses = [\"a@customers.example\"]",
    ] {
        let config = with(policy).unwrap();
        assert!(config.policy.is_open_to_everybody(), "{policy}");
        assert_eq!(config.policy.grants.len(), 1, "{policy}");
    }
    let config = with(GRANT).unwrap();
    assert!(!config.policy.is_open_to_everybody());
    assert_eq!(config.policy.grants[0].name, "policy.grant[0]");
}

#[test]
fn a_fault_of_one_list_is_no_fault_of_the_others() {
    let list = "addresses = [\"a@customers.example\"]\n";
    let approval = format!("[policy.approval]\nroles = [\"team-lead\"]\n{list}");
    for faulty in ["deny", "vip", "canary"] {
        let policy = ["deny", "vip", "canary"].map(|name| match name == faulty {
            true => format!("[policy.{name}]\nfiles = [\"/nowhere/list.txt\"]\n"),
            false => format!("[policy.{name}]\n{list}"),
        });
        let found = with(&format!("{GRANT}vip = true\n{}{approval}", policy.concat())).unwrap_err();
        assert!(
            found.len() == 1 && found[0].starts_with(&format!("policy.{faulty}.files: ")),
            "{faulty}: {found:?}"
        );
    }
}

#[test]
fn single_faults_name_key_and_cure() {
    for (line, key, says) in [
        ("role = \"x\"", "policy.grant[0].role", "not a key"),
        ("vip = \"yes\"", "policy.grant[0].vip", "true or false"),
        ("reason = \"off\"", "policy.grant[0].reason", "only narrow"),
        (
            "reason_min_length = 0",
            "policy.grant[0].reason_min_length",
            "1 to 500",
        ),
        (
            "reason_min_length = 501",
            "policy.grant[0].reason_min_length",
            "1 to 500",
        ),
        ("ticket = true", "policy.grant[0].ticket", "must be a string"),
        ("ticket = \"off\"", "policy.grant[0].ticket", "\"required\""),
        (
            "ticket_pattern = \"(\"",
            "policy.grant[0].ticket_pattern",
            "regular expression",
        ),
        ("hours = \"always\"", "policy.grant[0].hours", "a table"),
        ("networks = [\"office\"]", "policy.grant[0].networks", "network"),
        ("networks = \"10.0.0.0/8\"", "policy.grant[0].networks", "a list"),
        (
            "validity_seconds = 0",
            "policy.grant[0].validity_seconds",
            "1 to 3600",
        ),
        (
            "validity_seconds = 31",
            "policy.grant[0].validity_seconds",
            "only narrow",
        ),
        (
            "isolation = \"preferred\"",
            "policy.grant[0].isolation",
            "only narrow",
        ),
        ("confirm = \"never\"", "policy.grant[0].confirm", "when_ambiguous"),
        ("approval = \"off\"", "policy.grant[0].approval", "\"required\""),
        ("approval = true", "policy.grant[0].approval", "must be a string"),
    ] {
        let found = with(&format!("{GRANT}{line}\n")).unwrap_err();
        assert!(
            found.len() == 1 && found[0].starts_with(&format!("{key}: ")) && found[0].contains(says),
            "{line}: {found:?}"
        );
    }
    for (policy, key, says) in [
        (
            "[policy.vip]\ndomains = [\"vip.example\"]\n[[policy.grant]]\nroles = []\nplatforms = \"*\"\nvip = true",
            "policy.grant[0].roles",
            "names none",
        ),
        (
            "[policy.approval]\nroles = [\"lead\"]\n[[policy.grant]]\nroles = []\nplatforms = \"*\"\napproval = \"required\"",
            "policy.grant[0].roles",
            "names none",
        ),
        (
            "[[policy.grant]]\nplatforms = \"*\"",
            "policy.grant[0].roles",
            "names none",
        ),
        (
            "[[policy.grant]]\nroles = []\nplatforms = \"*\"",
            "policy.grant[0].roles",
            "names none",
        ),
        (
            "[[policy.grant]]\nroles = [\"*\"]\nplatforms = \"*\"",
            "policy.grant[0].roles",
            "a-z",
        ),
        (
            "[[policy.grant]]\nroles = \"support\"\nplatforms = \"*\"",
            "policy.grant[0].roles",
            "a list",
        ),
        (
            "[[policy.grant]]\nroles = \"*\"\nplatforms = [\"other\"]",
            "policy.grant[0].platforms",
            "no [[platform]]",
        ),
        ("[policy]\ngrant = []", "policy.grant", "at least one"),
        ("[policy]\ngrants = []", "policy.grants", "not a key"),
        (
            "[policy.vip]\ndomains = [\"vip.example\"]",
            "policy.vip",
            "vip = true",
        ),
        (
            "[policy.approval]\nvip = true\n[policy.vip]\ndomains = [\"vip.example\"]\n[[policy.grant]]\nroles = \"*\"\nplatforms = \"*\"\nvip = true",
            "policy.approval.roles",
            "nobody could ever approve",
        ),
        (
            "[policy.approval]\nroles = []\naddresses = [\"a@customers.example\"]",
            "policy.approval.roles",
            "names none",
        ),
        (
            "[policy.approval]\nroles = [\"Lead\"]\naddresses = [\"a@customers.example\"]",
            "policy.approval.roles",
            "a-z",
        ),
        (
            "[policy.approval]\nroles = [\"lead\"]",
            "policy.approval.roles",
            "nothing needs their approval",
        ),
        (
            "[policy.approval]\nroles = [\"lead\"]\nvip = true",
            "policy.approval.vip",
            "no [policy.vip]",
        ),
        (
            "[policy.approval]\nrole = [\"lead\"]\nroles = [\"lead\"]\naddresses = [\"a@customers.example\"]",
            "policy.approval.role",
            "not a key",
        ),
        (
            "[policy.approval]\nroles = [\"lead\"]\naddresses = [\"a@customers.example\"]\nwait_minutes = 0",
            "policy.approval.wait_minutes",
            "1 to 60",
        ),
        (
            "[policy.approval]\nroles = [\"lead\"]\naddresses = [\"a@customers.example\"]\nvalid_minutes = 61",
            "policy.approval.valid_minutes",
            "1 to 60",
        ),
        (
            "[policy.approval]\nroles = [\"lead\"]\nfiles = [\"/nowhere\"]",
            "policy.approval.files",
            "cannot be read",
        ),
        (
            "[[policy.grant]]\nroles = \"*\"\nplatforms = \"*\"\napproval = \"required\"",
            "policy.approval.roles",
            "nobody could ever approve",
        ),
        ("policy = 1", "log.policy", "not a key"),
    ] {
        let found = with(policy).unwrap_err();
        assert!(
            found.len() == 1 && found[0].starts_with(&format!("{key}: ")) && found[0].contains(says),
            "{policy}: {found:?}"
        );
    }
}

#[test]
fn faults_of_a_policy_are_reported_together() {
    let found = with(
        "[policy.deny]\ndomains = [\"@x\"]\nfiles = [\"/nowhere\"]\n[[policy.grant]]\nroles = [\"Support\"]\n\
         platforms = [\"main\"]\n[[policy.grant]]\nroles = \"*\"\nplatforms = [\"other\"]\nreason = \"off\"\n\
         [policy.grant.hours]\nzone = \"Nowhere\"",
    )
    .unwrap_err();
    let keys = found.iter().map(|fault| fault.split(": ").next().unwrap());
    assert_eq!(
        keys.collect::<Vec<_>>(),
        [
            "policy.grant[0].roles",
            "policy.grant[1].hours.days",
            "policy.grant[1].hours.from",
            "policy.grant[1].hours.to",
            "policy.grant[1].hours.zone",
            "policy.deny.domains",
            "policy.deny.files",
        ]
    );
}

#[test]
fn what_a_decision_looks_at_is_bounded() {
    let networks = |count: usize| format!("{GRANT}networks = [{}]", "\"10.0.0.1\", ".repeat(count));
    let files = |count: usize| format!("[policy.deny]\nfiles = [{}]", "\"/dev/null\", ".repeat(count));
    for (most, more, key) in [
        (GRANT.repeat(256), GRANT.repeat(257), "policy.grant"),
        (networks(256), networks(257), "policy.grant[0].networks"),
        (files(0), files(17), "policy.deny.files"),
    ] {
        assert!(with(&most).is_ok(), "{key}");
        let found = with(&more).unwrap_err();
        assert!(
            found.len() == 1 && found[0].starts_with(&format!("{key}: ")) && found[0].contains("more than"),
            "{found:?}"
        );
    }
}

#[test]
fn the_version_covers_the_files_that_the_policy_reads() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("deny");
    let policy = format!("[policy.deny]\nfiles = [\"{}\"]", path.display());
    let version = |content: &str| {
        fs::write(&path, content).unwrap();
        with(&policy).unwrap().version
    };
    let first = version("a@customers.example\n");
    assert_eq!(first, version("a@customers.example\n"));
    assert_ne!(first, version("a@customers.example\n#\n"));
    assert_ne!(first, version("b@customers.example\n"));
    assert_eq!(first.len(), 32);
}
