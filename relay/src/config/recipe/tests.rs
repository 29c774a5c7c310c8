//! What a recipe may say, and what is said of each that may not stand.

use proptest::prelude::*;

use super::*;
use crate::config::{Config, EXAMPLE, Keys};

const GOOD: &str = r#"
[[recipe]]
name = "Back office"
hosts = ["crm.broker.example"]
paths = ["/customers/{}/**"]
at = ["[data-field='email']"]
only = true
"#;

fn read(recipes: &str) -> Result<Vec<Recipe>, Vec<String>> {
    match Config::parse(&format!("{EXAMPLE}\n{recipes}"), Keys::Skip) {
        Ok(config) => Ok(config.recipes),
        Err(faults) => Err(faults.faults().iter().map(ToString::to_string).collect()),
    }
}

/// The one fault of the good recipe with a line in the place of the one with the same key.
fn fault(line: &str) -> String {
    let key = line.split(" = ").next().unwrap();
    let kept = GOOD
        .lines()
        .filter(|other| !other.starts_with(&format!("{key} = ")));
    let recipe = kept.chain([line]).collect::<Vec<_>>().join("\n");
    let faults = read(&recipe).expect_err(line);
    assert_eq!(faults.len(), 1, "{line}: {faults:?}");
    assert!(faults[0].starts_with("recipe"), "{line}: {faults:?}");
    faults[0].clone()
}

#[test]
fn a_recipe_says_what_is_sent() {
    let recipes = read(&format!(
        r##"{GOOD}
        [[recipe]]
        version = 1
        name = "Old one"
        hosts = ["https://Old.Broker.example:443/", "*.old.broker.example:8443", "crm-*.broker.example", "http://[::1]:80", "intranet"]
        paths = ["/index.php", "/app#/customers/*/**"]
        query = {{ module = ["Contacts", "Leads"], record = ["{{}}"] }}
        at = ["customer-card >>> a[href^='mailto:']"]
        ignore = [".timeline", "aside:has(h2)"]
        "##
    ))
    .unwrap();
    assert_eq!(recipes.len(), 2);
    assert_eq!(
        serde_json::to_value(&recipes[0]).unwrap(),
        serde_json::json!({
            "version": 1, "name": "Back office", "hosts": ["crm.broker.example"], "paths": ["/customers/{}/**"],
            "at": ["[data-field='email']"], "only": true,
        })
    );
    assert_eq!(
        recipes[1].hosts,
        [
            "old.broker.example",
            "*.old.broker.example:8443",
            "crm-*.broker.example",
            "http://[::1]",
            "intranet"
        ]
    );
    assert_eq!(recipes[1].query["module"], ["Contacts", "Leads"]);
    assert!(!recipes[1].only);
    assert_eq!(read("").unwrap(), []);
}

#[test]
fn the_recipe_of_the_example_is_one() {
    let lines = EXAMPLE.lines().skip_while(|line| *line != "# [[recipe]]");
    let lines = lines.map_while(|line| line.strip_prefix("# "));
    let recipe = lines.collect::<Vec<_>>().join("\n");
    assert_eq!(read(&recipe).unwrap()[0].name, "Back office");
}

#[test]
fn hosts_of_strangers_and_what_is_no_host_are_refused() {
    for (host, why) in [
        ("*", "hosts of strangers"),
        ("*.example", "hosts of strangers"),
        ("crm.*.example", "hosts of strangers"),
        ("*.*", "hosts of strangers"),
        ("*.co.uk", "anybody can get a name under co.uk"),
        ("crm-*.co.uk:8443", "anybody can get a name under co.uk"),
        ("https://*.GitHub.io", "\"*.broker.github.io\""),
        ("*.xn--55qx5d.cn", "public suffix list"),
        ("*.compute.amazonaws.com", "public suffix list"),
        ("*.*.broker.example", "is not its first label"),
        ("a*b*.broker.example", "two stars"),
        ("http://crm.broker.example", "plain http"),
        ("http://127.0.0.1.broker.example", "plain http"),
        ("ftp://crm.broker.example", "scheme other than https"),
        ("crm.broker.example/customers", "more than a host"),
        ("user@crm.broker.example", "more than a host"),
        ("crm.broker.example:0", "no number from 1 to 65535"),
        ("crm.broker.example:99999", "no number from 1 to 65535"),
        ("crm..example", "is no host"),
        ("crm.broker.example.", "is no host"),
        ("crm broker.example", "is no host"),
        ("bücher.example", "is no host"),
        ("1.2.3", "is no host"),
        ("", "is empty"),
        ("a\\nb", "control character"),
    ] {
        let fault = fault(&format!("hosts = [\"{host}\"]"));
        assert!(
            fault.starts_with("recipe[0].hosts: ") && fault.contains(why),
            "{host}: {fault}"
        );
    }
    assert!(fault("hosts = []").contains("names none"));
}

#[test]
fn patterns_under_a_name_of_ones_own_are_taken_also_where_no_list_knows_the_ending() {
    let hosts = [
        "*.broker.example",
        "*.crm.internal",
        "crm-*.corp.lan",
        "*.broker.co.uk",
        "crm*.broker.github.io",
        "*.crm*.dynamics.com",
        "*.lightning.force.com",
        "co.uk",
    ];
    for host in hosts {
        assert_eq!(place::host(host).as_deref(), Ok(host));
    }
}

#[test]
fn the_records_id_stands_in_one_place() {
    for (line, why) in [
        ("paths = [\"/customers\"]", "says nowhere"),
        ("paths = []", "says nowhere"),
        (
            "paths = [\"/customers/{}\", \"/leads\"]",
            "in some and not in others",
        ),
        ("paths = [\"/a/{}/b/{}\"]", "has {} twice"),
        ("paths = [\"customers/{}\"]", "begin with a slash"),
        ("paths = [\"/customers/{}?tab=1\"]", "question mark"),
        ("paths = [\"/customer-{}\"]", "part of a segment"),
        ("paths = [\"/c*/{}\"]", "part of a segment"),
        ("paths = [\"/**/{}\"]", "before its end"),
        ("paths = [\"/a#/b#/{}\"]", "two number signs"),
        ("paths = [\"/a b/{}\"]", "a blank"),
        ("query = { id = [\"{}\"] }", "although the paths have it"),
        ("query = { id = [] }", "has no values"),
        ("query = { id = [\"{}\", \"7\"] }", "beside other values"),
        ("query = { id = [\"x{}\"] }", "part of a value"),
        ("query = { \"a=b\" = [\"x\"] }", "no name of a parameter"),
        ("query = { id = [\"a&b\"] }", "can be in no address"),
        ("query = { id = 7 }", "list of strings"),
        ("query = [\"id\"]", "a table of lists"),
    ] {
        assert!(fault(line).contains(why), "{line}: {}", fault(line));
    }
    let two = "paths = []\nquery = { a = [\"{}\"], b = [\"{}\"] }";
    let recipe = GOOD.replace("paths = [\"/customers/{}/**\"]", two);
    assert!(read(&recipe).unwrap_err()[0].contains("in several parameters"));
}

#[test]
fn selectors_that_are_empty_or_left_open_are_refused() {
    for (place, why) in [
        ("", "is empty"),
        (" ", "is empty"),
        ("a >>>  >>> b", "empty selector"),
        ("a >>>b", "a blank on each side"),
        ("[data-field='email'", "'[' is not closed"),
        ("[data-field='email]", "'\\'' is not closed"),
        ("a:not(b", "'(' is not closed"),
        ("a)", "')' is not closed"),
        ("a >", "begins or ends"),
        (", a", "begins or ends"),
        ("a { color: red }", "braces"),
    ] {
        let fault = fault(&format!("at = [\"{place}\"]"));
        assert!(
            fault.starts_with("recipe[0].at: ") && fault.contains(why),
            "{place}: {fault}"
        );
    }
    assert!(fault("ignore = [\"a >>> b\"]").contains("`at` alone"));
    let long = format!("at = [\"{}\"]", "a".repeat(257));
    let fault_of_long = fault(&long);
    assert!(
        fault_of_long.contains("longer than 256") && fault_of_long.len() < 200,
        "{fault_of_long}"
    );
}

#[test]
fn what_would_do_nothing_or_is_too_much_is_said() {
    assert!(fault("at = []").contains("nobody would ever be proposed"));
    assert!(fault("version = 2").contains("must be 1 to 1"));
    assert!(fault("name = \"\"").contains("1 to 40 characters"));
    let many = format!("ignore = [{}]", vec!["\"p\""; 33].join(", "));
    assert!(fault(&many).contains("33 entries"));
    assert!(
        fault("selector = \"x\"").contains("is not a key that the relay knows; known here: version, name")
    );

    let twice = read(&[GOOD, GOOD].concat()).unwrap_err();
    assert!(
        twice[0].starts_with("recipe[1].hosts: \"crm.broker.example\" stands in an earlier recipe"),
        "{twice:?}"
    );
    let hosts = |hosts: &str| GOOD.replace("crm.broker.example", hosts);
    for (earlier, later) in [
        ("*.broker.example", "crm.broker.example"),
        ("*.broker.example", "a.b.broker.example"),
        ("*.broker.example", "*.eu.broker.example"),
        ("*.broker.example", "crm-*.broker.example"),
        ("crm-*.broker.example", "crm-1.broker.example"),
        ("crm-*.broker.example", "crm-eu-*.broker.example"),
        ("*.broker.example:8443", "crm.broker.example:8443"),
    ] {
        let shadowed = read(&[hosts(earlier), hosts(later)].concat()).expect_err(later);
        let told = format!("recipe[1].hosts: {later:?} is one of the hosts of {earlier:?} in recipe[0]");
        assert!(shadowed[0].starts_with(&told), "{shadowed:?}");
        // The other way round each has its own.
        assert_eq!(read(&[hosts(later), hosts(earlier)].concat()).unwrap().len(), 2);
    }
    for (earlier, later) in [
        ("*.broker.example", "broker.example"),
        ("*.broker.example", "crm.broker.example:8443"),
        ("*.broker.example", "crm.otherbroker.example"),
        ("crm-*.broker.example", "a.crm-1.broker.example"),
        ("crm-*-x.broker.example", "crm-*.broker.example"),
        ("crm-aa*aa.broker.example", "crm-aaa.broker.example"),
    ] {
        assert_eq!(
            read(&[hosts(earlier), hosts(later)].concat()).unwrap().len(),
            2,
            "{later}"
        );
    }
    let each = |index| GOOD.replace("crm.", &format!("crm{index}."));
    let crowd: String = (0..33).map(each).collect();
    assert!(read(&crowd).unwrap_err()[0].contains("there are 33, and 32 are the most"));
    let long = format!(
        "at = [{}]",
        vec![format!("\"{}\"", "a".repeat(250)); 20].join(", ")
    );
    let heavy: String = (0..4)
        .map(|index| each(index).replace("at = [\"[data-field='email']\"]", &long))
        .collect();
    assert!(read(&heavy).unwrap_err()[0].contains("and 16384 are the most"));
}

proptest! {
    /// Whatever is taken for a host is one that a browser writes just so, or a pattern of the operator's own.
    #[test]
    fn what_is_taken_for_a_host_is_compared_as_browsers_write_it(text in "(https?://)?[a-zA-Z0-9.*:\\[\\]_-]{0,24}(/)?") {
        if let Ok(host) = place::host(&text) {
            let url = if host.starts_with("http://") { host.clone() } else { format!("https://{host}") };
            let filled = url.replace('*', "a");
            let origin = url::Url::parse(&filled).unwrap().origin().ascii_serialization();
            prop_assert_eq!(origin, filled);
            prop_assert!(!host.contains('*') || host.rsplit('.').take_while(|label| !label.contains('*')).count() >= 2);
            prop_assert_eq!(place::host(&host), Ok(host.clone()), "read again it is the same");
        }
    }

    #[test]
    fn no_text_makes_the_checks_panic(text in "\\PC{0,40}") {
        let _ = (place::host(&text), place::path(&text), selector::place(&text), selector::part(&text));
    }
}
