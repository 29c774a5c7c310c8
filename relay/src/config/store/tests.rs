//! Addresses of stores are read strictly, and a password is never where it could be shown.

use std::{fs, os::unix::fs::PermissionsExt};

use proptest::prelude::*;
use secrecy::ExposeSecret;

use super::*;
use crate::config::{Config, EXAMPLE};

/// The example with another `[store]`.
fn with(lines: &str, keys: Keys) -> Result<StoreUrl, Vec<String>> {
    let sqlite = r#"url = "sqlite:///var/lib/stagedoor/stagedoor.db""#;
    assert_eq!(EXAMPLE.matches(sqlite).count(), 1);
    // The broker's key is not what is looked at: some variable that is always there stands in for it.
    let example = EXAMPLE.replace(
        "api_key_file = \"/etc/stagedoor/api-key\"",
        "api_key_env = \"PATH\"",
    );
    Config::parse(&example.replace(sqlite, lines), keys)
        .map(|config| config.store)
        .map_err(|faults| faults.faults().iter().map(ToString::to_string).collect())
}

fn postgres(lines: &str) -> PostgresConfig {
    match with(lines, Keys::Skip) {
        Ok(StoreUrl::Postgres(config)) => config,
        other => panic!("{lines}: {other:?}"),
    }
}

fn tcp(host: &str, port: u16) -> PostgresHost {
    PostgresHost::Tcp {
        host: host.to_owned(),
        port,
    }
}

#[test]
fn addresses_are_read_into_what_they_say() {
    let socket = PostgresHost::Socket {
        folder: "/var/run/postgresql".into(),
        port: 5433,
    };
    for (hosts, expected, tls, shown) in [
        (
            "db.example",
            vec![tcp("db.example", 5432)],
            true,
            "db.example:5432",
        ),
        (
            "DB1.example:6432,db2.example",
            vec![tcp("db1.example", 6432), tcp("db2.example", 5432)],
            true,
            "db1.example:6432,db2.example:5432",
        ),
        (
            "[2001:db8::1]:6432",
            vec![tcp("2001:db8::1", 6432)],
            true,
            "[2001:db8::1]:6432",
        ),
        ("[::1]", vec![tcp("::1", 5432)], false, "[::1]:5432"),
        ("localhost", vec![tcp("localhost", 5432)], false, "localhost:5432"),
        (
            "127.0.0.1:20001",
            vec![tcp("127.0.0.1", 20001)],
            false,
            "127.0.0.1:20001",
        ),
        (
            "127.0.0.1,10.0.0.7",
            vec![tcp("127.0.0.1", 5432), tcp("10.0.0.7", 5432)],
            true,
            "127.0.0.1:5432,10.0.0.7:5432",
        ),
        (
            "%2Fvar%2Frun%2Fpostgresql:5433",
            vec![socket],
            false,
            "%2Fvar%2Frun%2Fpostgresql:5433",
        ),
    ] {
        for scheme in ["postgres", "postgresql"] {
            let config = postgres(&format!(
                "url = \"{scheme}://relay-1@{hosts}/stage_door\"\npassword_env = \"DB_PASSWORD\""
            ));
            assert_eq!(config.hosts, expected, "{hosts}");
            assert_eq!(config.needs_tls(), tls, "{hosts}");
            assert_eq!((&*config.user, &*config.database), ("relay-1", "stage_door"));
            assert_eq!(
                config.password,
                Some(PasswordSource::Environment("DB_PASSWORD".into()))
            );
            assert_eq!(
                config.to_string(),
                format!("postgres://relay-1@{shown}/stage_door")
            );
        }
    }
}

#[test]
fn a_certificate_to_trust_means_tls_even_on_this_machine() {
    let config = postgres("url = \"postgres://u@localhost/d\"\nroot_certificate_file = \"/etc/ca.pem\"");
    assert!(config.needs_tls());
    assert_eq!(config.root_certificate_file, Some("/etc/ca.pem".into()));
}

#[test]
fn what_is_wrong_is_said_once_and_without_a_password() {
    for (lines, key, says) in [
        (
            "url = \"postgres://u:SENTINEL@db.example/d\"",
            "store.url",
            "holds a password",
        ),
        (
            "url = \"postgres://u:SENT@INEL@db.example/d\"",
            "store.url",
            "holds a password",
        ),
        ("url = \"postgres://db.example/d\"", "store.url", "names no user"),
        (
            "url = \"postgres://u@db.example\"",
            "store.url",
            "names no database",
        ),
        (
            "url = \"postgres://u@db.example/\"",
            "store.url",
            "names a database",
        ),
        ("url = \"postgres://@db.example/d\"", "store.url", "names a user"),
        (
            "url = \"postgres://u@db.example/d/e\"",
            "store.url",
            "names a database",
        ),
        ("url = \"postgres://u@/d\"", "store.url", "names a server"),
        (
            "url = \"postgres://u@db.example,/d\"",
            "store.url",
            "names a server",
        ),
        (
            "url = \"postgres://u@db.example:/d\"",
            "store.url",
            "names a server",
        ),
        (
            "url = \"postgres://u@db.example:0/d\"",
            "store.url",
            "names a server",
        ),
        (
            "url = \"postgres://u@db.example:65536/d\"",
            "store.url",
            "names a server",
        ),
        (
            "url = \"postgres://u@[db.example]/d\"",
            "store.url",
            "names a server",
        ),
        (
            "url = \"postgres://u@[::1]5432/d\"",
            "store.url",
            "names a server",
        ),
        (
            "url = \"postgres://u@db_\u{e9}.example/d\"",
            "store.url",
            "names a server",
        ),
        ("url = \"postgres://u@%2Ftmp%20x/d\"", "store.url", "%2F"),
        (
            "url = \"postgres://u@db.example/d?sslmode=disable\"",
            "store.url",
            "no parameters",
        ),
        (
            "url = \"postgres:u@db.example/d\"",
            "store.url",
            "must be postgres://",
        ),
        (
            "url = \"mysql://u@db.example/d\"",
            "store.url",
            "must be sqlite://",
        ),
        (
            "url = \"postgres://u@%2Ftmp,db.example/d\"\npassword_env = \"P\"",
            "store.url",
            "no TLS",
        ),
        (
            "url = \"postgres://u@%2Ftmp/d\"\nroot_certificate_file = \"/etc/ca.pem\"",
            "store.url",
            "no TLS",
        ),
        (
            "url = \"postgres://u@db.example/d\"",
            "store.password_file",
            "is missing",
        ),
        (
            "url = \"postgres://u@localhost/d\"\npassword_file = \"a\"\npassword_env = \"B\"",
            "store.password_file",
            "one of the two",
        ),
        (
            "url = \"postgres://u@localhost/d\"\npassword_env = \"SENTINEL-1\"",
            "store.password_env",
            "letters, digits",
        ),
        (
            "url = \"postgres://u@localhost/d\"\npassword_file = 7",
            "store.password_file",
            "a string, not integer",
        ),
        (
            "url = \"postgres://u@localhost/d\"\npassword = \"SENTINEL\"",
            "store.password",
            "known here: url, password_file, password_env, root_certificate_file",
        ),
        (
            "url = \"sqlite:///a.db\"\npassword_file = \"/a\"",
            "store.password_file",
            "is for PostgreSQL",
        ),
        ("password_file = \"/a\"", "store.url", "is missing"),
    ] {
        let faults = with(lines, Keys::Skip).expect_err(lines);
        let expected = faults
            .iter()
            .any(|fault| fault.starts_with(&format!("{key}: ")) && fault.contains(says));
        let without_password = "store.password_file: is missing";
        let others = faults.iter().filter(|fault| !fault.starts_with(without_password));
        assert!(expected && (others.count() <= 1), "{lines}: {faults:?}");
        assert!(!faults.join("\n").contains("SENT"), "{faults:?}");
    }
}

#[test]
fn a_password_is_read_from_its_file_and_shown_nowhere() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("password");
    let write = |content: &[u8], mode: u32| {
        fs::write(&path, content).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
    };
    let lines = format!(
        "url = \"postgres://u@db.example/d\"\npassword_file = \"{}\"",
        path.display()
    );
    write(b"SENTINEL with blanks \r\n", 0o600);
    let StoreUrl::Postgres(config) = with(&lines, Keys::Check).unwrap() else {
        panic!("not PostgreSQL")
    };
    let password = config.password.as_ref().unwrap().password().unwrap();
    assert_eq!(password.expose_secret(), "SENTINEL with blanks ");
    let shown = format!("{config:?} {config} {password:?}");
    assert!(!shown.contains("SENTINEL"), "{shown}");
    for (content, mode, says) in [
        (&b"SENTINEL"[..], 0o644, "every user"),
        (b"", 0o600, "holds no password"),
        (b"\n", 0o600, "holds no password"),
        (b"SENTINEL\nSENTINEL", 0o600, "more than a password"),
        (b"SENTINEL\xff", 0o600, "is not text"),
    ] {
        write(content, mode);
        let faults = with(&lines, Keys::Check).unwrap_err();
        assert!(
            faults.len() == 1 && faults[0].starts_with("store.password_file: ") && faults[0].contains(says),
            "{faults:?}"
        );
        assert!(!faults[0].contains("SENTINEL"), "{faults:?}");
        assert!(with(&lines, Keys::Skip).is_ok());
    }
}

#[test]
fn a_password_in_the_place_of_a_variable_is_not_shown() {
    let source = PasswordSource::Environment("SENTINEL".into());
    let problem = source.password().unwrap_err();
    assert!(problem.contains("no variable of the name"), "{problem}");
    assert!(!problem.contains("SENTINEL"), "{problem}");
}

proptest! {
    #[test]
    fn what_is_shown_of_an_address_reads_as_the_same(
        user in "[a-zA-Z0-9_.-]{1,63}",
        hosts in prop::collection::vec(("[a-z0-9][a-z0-9.-]{0,20}", 1_u16..), 1..4),
        database in "[a-zA-Z0-9_.-]{1,63}",
    ) {
        let config = PostgresConfig {
            user,
            database,
            hosts: hosts.iter().map(|(host, port)| tcp(host, *port)).collect(),
            password: Some(PasswordSource::Environment("P".into())),
            root_certificate_file: None,
        };
        prop_assert_eq!(postgres(&format!("url = \"{config}\"\npassword_env = \"P\"")), config);
    }

    #[test]
    fn any_address_is_read_or_refused_without_a_panic(rest in "[^\"\\\\\\p{C}]{0,40}") {
        let _ = with(&format!("url = \"postgres:{rest}\""), Keys::Skip);
        let _ = with(&format!("url = \"postgres://u@{rest}/d\""), Keys::Skip);
    }
}
