//! Encryption: the server's certificate and name are verified, and there is no way around.

use std::{fs, path::PathBuf, process::Command};

use stagedoor_test_postgres::Server;
use tempfile::TempDir;

use super::lab::{Lab, at};
use crate::{
    config::{PostgresConfig, PostgresHost},
    store::{PostgresStore, Store},
};

/// A certificate for `localhost` that signs itself, and its key. The program belongs to what Debian's PostgreSQL needs.
fn certificate(folder: &TempDir, name: &str) -> (PathBuf, PathBuf) {
    let (certificate, key) = (
        folder.path().join(name),
        folder.path().join(format!("{name}.key")),
    );
    let output = Command::new("openssl")
        .args([
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:prime256v1",
            "-nodes",
        ])
        .args([
            "-days",
            "2",
            "-subj",
            "/CN=localhost",
            "-addext",
            "subjectAltName=DNS:localhost",
        ])
        .args(["-addext", "basicConstraints=critical,CA:FALSE", "-keyout"])
        .arg(&key)
        .arg("-out")
        .arg(&certificate)
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    (certificate, key)
}

fn at_host(config: &PostgresConfig, host: &str, root: Option<PathBuf>) -> PostgresConfig {
    let PostgresHost::Tcp { port, .. } = config.hosts[0] else {
        panic!("no port")
    };
    PostgresConfig {
        hosts: vec![PostgresHost::Tcp {
            host: host.to_owned(),
            port,
        }],
        root_certificate_file: root,
        ..config.clone()
    }
}

async fn refusal(config: &PostgresConfig) -> String {
    PostgresStore::open(config)
        .await
        .err()
        .expect("opened")
        .to_string()
}

#[tokio::test]
async fn only_a_server_with_a_trusted_certificate_of_its_name_is_spoken_to() {
    let server = Server::start().unwrap();
    let lab = Lab::on(&server.url()).await;
    let folder = tempfile::tempdir().unwrap();
    let (trusted, key) = certificate(&folder, "trusted.pem");
    let (other, _) = certificate(&folder, "other.pem");
    let localhost = |root: &PathBuf| at_host(&lab.config, "localhost", Some(root.clone()));

    let without_tls = refusal(&localhost(&trusted)).await;
    assert!(without_tls.contains("TLS"), "{without_tls}");

    let given_certificate = server
        .give_file("server.pem", &fs::read(&trusted).unwrap())
        .unwrap();
    let given_key = server.give_file("server.key", &fs::read(&key).unwrap()).unwrap();
    let admin = lab.admin().await;
    for setting in [
        format!("ssl_cert_file = '{}'", given_certificate.display()),
        format!("ssl_key_file = '{}'", given_key.display()),
        "ssl = on".to_owned(),
    ] {
        admin
            .batch_execute(&format!("ALTER SYSTEM SET {setting}"))
            .await
            .unwrap();
    }
    admin.batch_execute("SELECT pg_reload_conf()").await.unwrap();
    // The server answers the reload before it has happened.
    let store = loop {
        match PostgresStore::open(&localhost(&trusted)).await {
            Ok(store) => break store,
            Err(error) => assert!(error.to_string().contains("does not support TLS"), "{error}"),
        }
    };
    store.check(at(0)).await.unwrap();
    let encrypted = "SELECT bool_and(ssl) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) \
                     WHERE application_name = 'stagedoor'";
    let encrypted = admin.query_one(encrypted, &[]).await.unwrap();
    assert_eq!(encrypted.get::<_, Option<bool>>(0), Some(true));

    for (config, says) in [
        (localhost(&other), "certificate"),
        (
            at_host(&lab.config, "127.0.0.1", Some(trusted.clone())),
            "certificate",
        ),
        (localhost(&key), "holds no certificate"),
        (localhost(&folder.path().join("absent.pem")), "cannot be read"),
    ] {
        let text = refusal(&config).await;
        assert!(text.contains(says), "{config}: {text}");
    }
}
