//! The example parses, and every kind of fault is found, all in one pass.

use proptest::prelude::*;

use super::*;

proptest! {
    #[test]
    fn any_text_is_read_or_refused_without_a_panic_and_without_its_values(
        key in "[a-z_]{1,12}|address|origins|url|reason|domains|platform",
        section in "listen|health|store|extension|login|staff|log|x",
        value in "\"SENTINEL[^\"\\\\\\p{C}]{0,20}\"|[0-9]{1,12}|\\[\"SENTINEL\"\\]|true|\\{ a = 1 \\}",
    ) {
        let text = format!("{key} = {value}\n[{section}]\n{key} = {value}\n");
        let found = faults(&text).join("\n");
        prop_assert!(!found.is_empty());
        prop_assert!(!found.contains("SENTINEL"), "{}", found);
    }
}

fn faults(text: &str) -> Vec<String> {
    match Config::parse(text, Keys::Skip) {
        Ok(_) => Vec::new(),
        Err(faults) => faults.faults().iter().map(ToString::to_string).collect(),
    }
}

/// The example with one line replaced.
fn with(line: &str, replacement: &str) -> String {
    assert_eq!(EXAMPLE.lines().filter(|l| *l == line).count(), 1, "{line}");
    EXAMPLE
        .lines()
        .map(|l| if l == line { replacement } else { l })
        .collect::<Vec<_>>()
        .join("\n")
}

#[test]
fn the_example_parses_into_what_it_says() {
    let config = Config::parse(EXAMPLE, Keys::Skip).unwrap();
    assert_eq!(config.listen.address.to_string(), "127.0.0.1:8080");
    assert_eq!(config.listen.authorities, ["relay.broker.example"]);
    assert_eq!(config.health.address.port(), 9090);
    assert_eq!(
        config.store,
        StoreUrl::Sqlite("/var/lib/stagedoor/stagedoor.db".into())
    );
    assert_eq!(config.login.validity_seconds, 30);
    assert_eq!(
        config.platforms[0].platform_url,
        "https://platform.broker.example"
    );
    assert_eq!(config.platforms[0].egress_address, Some([203, 0, 113, 7].into()));
}

#[test]
fn every_fault_of_a_file_is_reported_at_once() {
    let found = faults(
        r#"
        surprise = 1
        [listen]
        address = "0.0.0.0:80"
        authorities = ["https://relay.example", "relay.example:443"]
        [health]
        address = 9090
        [store]
        url = "postgres://db"
        [extension]
        origins = ["https://crm.example"]
        [login]
        validity_seconds = 900
        reason = "sometimes"
        isolations = "off"
        [staff]
        domains = ["@broker.example"]
        [[platform]]
        id = "Main"
        name = ""
        environment = "test"
        api = "v3"
        base_url = "http://broker.example"
        platform_url = "https://user:password@platform.example/?x=1"
        api_key = "SENTINEL"
        [[platform]]
        id = "second"
        [log]
        format = "xml"
        "#,
    );
    let keys = found
        .iter()
        .map(|fault| fault.split(':').next().unwrap())
        .collect::<Vec<_>>();
    assert_eq!(
        keys,
        [
            "listen.authorities",
            "listen.authorities",
            "listen.address",
            "health.address",
            "store.url",
            "extension.origins",
            "login.validity_seconds",
            "login.reason",
            "login.isolations",
            "staff.domains",
            "platform[0].id",
            "platform[0].name",
            "platform[0].environment",
            "platform[0].api",
            "platform[0].base_url",
            "platform[0].platform_url",
            "platform[0].api_key_file",
            "platform[0].api_key",
            "platform[1].name",
            "platform[1].environment",
            "platform[1].api",
            "platform[1].base_url",
            "platform[1].platform_url",
            "platform[1].api_key_file",
            "log.format",
            "surprise",
        ]
    );
    assert!(!found.join("\n").contains("SENTINEL"), "{found:?}");
}

/// What is wrong with a platform is told there, and not once more where the platform is named.
#[test]
fn one_platform_with_a_fault_is_one_message() {
    let policy = "[[policy.grant]]\nroles = \"*\"\nplatforms = [\"main\"]\n";
    for (line, replacement, key) in [
        (r#"api = "v1""#, r#"api = "v3""#, "platform[0].api"),
        (r#"id = "main""#, r#"id = "Main""#, "platform[0].id"),
        (r#"id = "main""#, "", "platform[0].id"),
    ] {
        let found = faults(&format!("{}\n{policy}", with(line, replacement)));
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].starts_with(&format!("{key}: ")), "{found:?}");
    }
    // What is another cause is another message, whatever else is wrong.
    let other = policy.replace("main", "mian");
    let found = faults(&format!("{}\n{other}", with(r#"api = "v1""#, r#"api = "v3""#)));
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(
        found[1].starts_with("policy.grant[0].platforms: no [[platform]] has the id \"mian\""),
        "{found:?}"
    );
    let twice = EXAMPLE
        .find("[[platform]]")
        .map(|start| EXAMPLE.split_at(start).1)
        .unwrap();
    let twice = twice
        .split_inclusive('\n')
        .take_while(|line| !line.starts_with("[log]"))
        .collect::<String>();
    let found = faults(&format!(
        "{EXAMPLE}\n{}",
        twice.replace("api = \"v1\"", "api = \"v3\"")
    ));
    assert!(
        found.len() == 2 && found[0].starts_with("platform[1].api: ") && found[1].contains("is used twice"),
        "{found:?}"
    );
}

#[test]
fn single_faults_name_key_and_cure() {
    for (line, replacement, key, says) in [
        (
            r#"address = "127.0.0.1:8080""#,
            r#"address = "localhost:8080""#,
            "listen.address",
            "IP address",
        ),
        (
            r#"address = "127.0.0.1:8080""#,
            r#"address = "0.0.0.0:8080""#,
            "listen.address",
            "TLS proxy",
        ),
        (
            r#"address = "127.0.0.1:8080""#,
            r#"address = "127.0.0.1:9090""#,
            "health.address",
            "a port of its own",
        ),
        (
            r#"address = "127.0.0.1:8080""#,
            "address = \"127.0.0.1:8080\"\ntls_key_file = \"/k\"",
            "listen.tls_certificate_file",
            "TLS needs both",
        ),
        (
            r#"address = "127.0.0.1:8080""#,
            "address = \"0.0.0.0:8080\"\ntls_certificate_file = \"/c\"",
            "listen.tls_key_file",
            "TLS needs both",
        ),
        (
            "connections_per_address = 64",
            "connections_per_address = 0",
            "listen.connections_per_address",
            "1 to 1024",
        ),
        (
            r#"authorities = ["relay.broker.example"]"#,
            "authorities = []",
            "listen.authorities",
            "host names",
        ),
        (
            r#"trusted_proxies = ["127.0.0.1"]"#,
            r#"trusted_proxies = ["all"]"#,
            "listen.trusted_proxies",
            "network",
        ),
        (
            r#"trusted_proxies = ["127.0.0.1"]"#,
            r#"trusted_proxies = ["10.0.0.0/8", "0.0.0.0/0"]"#,
            "listen.trusted_proxies",
            "trusts strangers",
        ),
        (
            r#"trusted_proxies = ["127.0.0.1"]"#,
            r#"trusted_proxies = ["128.0.0.0/1"]"#,
            "listen.trusted_proxies",
            "by a header, the address that is recorded for it",
        ),
        (
            r#"trusted_proxies = ["127.0.0.1"]"#,
            r#"trusted_proxies = ["fc00::/7", "::/0"]"#,
            "listen.trusted_proxies",
            "name the addresses of your own proxies",
        ),
        (
            "validity_seconds = 30",
            "validity_seconds = 61",
            "login.validity_seconds",
            "allow_long_validity = true",
        ),
        (
            "validity_seconds = 30",
            "validity_seconds = 0",
            "login.validity_seconds",
            "1 to 3600",
        ),
        (
            "validity_seconds = 30",
            "validity_seconds = \"30\"",
            "login.validity_seconds",
            "a whole number, not string",
        ),
        (
            r#"reason = "optional""#,
            "reason = \"off\"\nreason_min = 3",
            "login.reason_min",
            "not a key",
        ),
        (
            "firefox = true",
            "firefox = \"yes\"",
            "extension.firefox",
            "true or false",
        ),
        (
            r#"api_key_file = "/etc/stagedoor/api-key""#,
            "api_key_file = \"a\"\napi_key_env = \"B\"",
            "platform[0].api_key_file",
            "one of the two",
        ),
        (
            r#"url = "sqlite:///var/lib/stagedoor/stagedoor.db""#,
            r#"url = "sqlite://:memory:""#,
            "store.url",
            "a path",
        ),
    ] {
        let found = faults(&with(line, replacement));
        assert!(
            found.len() == 1 && found[0].starts_with(&format!("{key}: ")) && found[0].contains(says),
            "{replacement}: {found:?}"
        );
    }
}

#[test]
fn with_a_certificate_the_relay_may_be_reached_from_everywhere() {
    let text = with(
        r#"address = "127.0.0.1:8080""#,
        "address = \"0.0.0.0:443\"\ntls_certificate_file = \"/c\"\ntls_key_file = \"/k\"",
    );
    let listen = Config::parse(&text, Keys::Skip).unwrap().listen;
    let files = TlsFiles {
        certificate: "/c".into(),
        key: "/k".into(),
    };
    assert_eq!(listen.tls, Some(files.into()));
    assert_eq!(listen.connections_per_address, 64);
}

#[test]
fn two_platforms_of_one_id_are_refused() {
    let platform = EXAMPLE
        .split("[[platform]]")
        .nth(1)
        .unwrap()
        .split("[log]")
        .next()
        .unwrap();
    let found = faults(&format!("{EXAMPLE}\n[[platform]]{platform}"));
    assert_eq!(
        found,
        [r#"platform: the id "main" is used twice; ids name one platform each"#]
    );
}

#[test]
fn text_that_is_not_toml_is_not_quoted() {
    let found = faults("[listen]\naddress = SENTINEL-KEY\n");
    assert!(
        found.len() == 1 && found[0].starts_with("line 2: not TOML"),
        "{found:?}"
    );
    assert!(!found[0].contains("SENTINEL"), "{found:?}");
    let found = faults("[login]\nvalidity_seconds = 99999999999999999999\n");
    assert_eq!(found, ["line 2: not TOML: integer number overflowed"]);
}

#[test]
fn keys_are_looked_at_only_when_asked() {
    let text = with(
        r#"api_key_file = "/etc/stagedoor/api-key""#,
        r#"api_key_file = "/nowhere/api-key""#,
    );
    assert!(Config::parse(&text, Keys::Skip).is_ok());
    let found = Config::parse(&text, Keys::Check).unwrap_err();
    assert_eq!(found.faults()[0].key, "platform[0].api_key_file");
}

#[test]
fn debug_shows_no_password() {
    let line = "egress_address = \"203.0.113.7\"";
    let proxy = "proxy = \"http://user:SENTINEL@proxy.example:3128\"";
    let config = Config::parse(&with(line, proxy), Keys::Skip).unwrap();
    let shown = format!("{config:?}");
    assert!(
        shown.contains("proxy.example") && !shown.contains("SENTINEL"),
        "{shown}"
    );
}

#[test]
fn a_required_reason_is_at_least_one_character() {
    let text = with(r#"reason = "optional""#, r#"reason = "required""#);
    assert_eq!(
        Config::parse(&text, Keys::Skip).unwrap().login.reason_min_length,
        1
    );
}

#[test]
fn beyond_loopback_only_trusted_proxies_are_served() {
    let listen = |address: &str| {
        let text = EXAMPLE
            .replace(
                "address = \"127.0.0.1:8080\"",
                &format!("address = \"{address}\""),
            )
            .replace("[\"127.0.0.1\"]", "[\"127.0.0.1\", \"10.1.0.0/16\"]");
        Config::parse(&text, Keys::Skip).unwrap().listen
    };
    let (inside, outside) = (listen("127.0.0.1:8080"), listen("0.0.0.0:8080"));
    let encrypted = Listen {
        tls: Some(TlsSource::Files(TlsFiles {
            certificate: "/c".into(),
            key: "/k".into(),
        })),
        ..outside.clone()
    };
    for (peer, admitted) in [
        ("127.0.0.1", true),
        ("::1", true),
        ("10.1.2.3", true),
        ("::ffff:10.1.2.3", true),
        ("10.2.0.1", false),
        ("192.0.2.1", false),
        ("2001:db8::1", false),
    ] {
        let peer = peer.parse().unwrap();
        assert_eq!(outside.admits(peer), admitted, "{peer}");
        assert!(inside.admits(peer) && encrypted.admits(peer), "{peer}");
        assert_eq!(
            encrypted.share(peer).is_none(),
            admitted && peer.to_canonical() != std::net::Ipv6Addr::LOCALHOST,
            "{peer}"
        );
    }
}
