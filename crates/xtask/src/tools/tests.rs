//! The table is whole, and versions are read and pinned.

use super::*;

#[test]
fn finds_the_version_in_what_tools_say() {
    let cases = [
        ("wasm-bindgen 0.2.130", "0.2.130"),
        ("geckodriver 0.37.1 (abc 2026-01-01)", "0.37.1"),
        ("Mozilla Firefox 153.7.0esr", "153.7.0esr"),
        ("rustfmt v1.2.3", "1.2.3"),
        ("envoy  version: 2e1d8f9/1.40.0/Clean/RELEASE/BoringSSL", "1.40.0"),
    ];
    for (said, version) in cases {
        assert_eq!(first_version(said).as_deref(), Some(version), "{said}");
    }
    assert_eq!(first_version("nothing here"), None);
}

#[test]
fn a_version_is_judged_by_the_number_it_begins_with() {
    assert_eq!(major("153.7.0esr"), 153);
    assert_eq!(major("156.0.8078.108"), 156);
    assert_eq!(major("esr"), 0);
}

#[test]
fn wasm_bindgen_is_the_version_the_workspace_locks() {
    let manifest = include_str!("../../../wasm-bindgen-pinned/Cargo.toml");
    let Check::Version(_, wanted) = WASM_BINDGEN.check else {
        panic!("checked by version")
    };
    assert!(
        manifest.contains(&format!("version = \"{wanted}\"")),
        "{wanted} is not what is pinned"
    );
    let lock = include_str!("../../../../Cargo.lock");
    assert!(
        lock.contains(&format!("name = \"wasm-bindgen\"\nversion = \"{wanted}\"")),
        "{wanted} is not locked"
    );
}

#[test]
fn every_group_is_part_of_the_whole() {
    for tool in [
        FOR_EXTENSION,
        FOR_BUILD,
        FOR_DEMO,
        FOR_BROWSERS,
        FOR_NATIVE_TESTS,
        FOR_FUZZ_API,
        FOR_CI,
        FOR_BENCH,
    ]
    .concat()
    {
        assert!(
            ALL.iter().any(|known| known.name == tool.name),
            "{} is missing from the whole",
            tool.name
        );
    }
}
