//! What is asked of a server and a database before it is used.

use stagedoor_test_postgres::Server;
use tokio_postgres::{Client, NoTls};

use super::lab::{Lab, at};
use crate::{
    config::PostgresHost,
    store::{PostgresStore, SchemaVersions, Store, StoreError},
};

async fn refusal(lab: &Lab, change: impl FnOnce(&mut crate::config::PostgresConfig)) -> String {
    let mut config = lab.config.clone();
    change(&mut config);
    let error = PostgresStore::open(&config).await.err().expect("opened");
    let text = error.to_string();
    assert!(matches!(error, StoreError::Unavailable { .. }), "{text}");
    assert!(text.contains(&config.to_string()), "{text}");
    text
}

#[tokio::test]
async fn what_keeps_a_store_from_opening_is_said_with_its_cure_and_without_the_password() {
    let lab = Lab::new().await;
    let wrong = lab.password_file("wrong", "SENTINEL");
    let unknown_role = refusal(&lab, |config| {
        config.user = "nobody_of_that_name".into();
        config.password = Some(wrong.clone());
    });
    let text = unknown_role.await;
    assert!(
        text.contains("password authentication failed") && text.contains("pg_hba.conf"),
        "{text}"
    );
    let text = refusal(&lab, |config| config.password = Some(wrong)).await;
    assert!(
        text.contains("SQLSTATE 28P01") && !text.contains("SENTINEL"),
        "{text}"
    );
    let absent = crate::config::PasswordSource::File("/nowhere/password".into());
    let text = refusal(&lab, |config| config.password = Some(absent)).await;
    assert!(
        text.contains("no such file, nor a folder for it: cannot be read"),
        "{text}"
    );
    let text = refusal(&lab, |config| config.database = "no_such_database".into()).await;
    assert!(
        text.contains("does not exist (SQLSTATE 3D000)") && text.contains("make the database"),
        "{text}"
    );
    let nobody_listens = refusal(&lab, |config| {
        config.hosts = vec![PostgresHost::Tcp {
            host: "127.0.0.1".into(),
            port: 1,
        }];
    });
    let text = nobody_listens.await;
    assert!(
        text.contains("Connection refused") && text.contains("see that the server runs"),
        "{text}"
    );
}

#[tokio::test]
async fn a_relay_neither_makes_nor_changes_the_schema() {
    let lab = Lab::empty(&stagedoor_test_postgres::url().unwrap()).await;
    let older = PostgresStore::open(&lab.config).await.err();
    assert!(
        matches!(
            older,
            Some(StoreError::Older {
                found: 0,
                known: 1,
                ..
            })
        ),
        "{older:?}"
    );
    let versions = |found| SchemaVersions { found, known: 1 };
    assert_eq!(PostgresStore::versions(&lab.config).await.unwrap(), versions(0));
    assert_eq!(PostgresStore::migrate(&lab.config).await.unwrap(), versions(0));
    // Again: nothing to do, and rights are given again.
    assert_eq!(PostgresStore::migrate(&lab.config).await.unwrap(), versions(1));
    lab.store().await.check(at(0)).await.unwrap();
    lab.admin()
        .await
        .batch_execute(
            "INSERT INTO refinery_schema_history VALUES (9999, 'newer', '2030-01-01T00:00:00Z', '1')",
        )
        .await
        .unwrap();
    let newer = PostgresStore::open(&lab.config).await.err();
    assert!(
        matches!(
            newer,
            Some(StoreError::Newer {
                found: 9999,
                known: 1,
                ..
            })
        ),
        "{newer:?}"
    );
    let newer = PostgresStore::migrate(&lab.config).await;
    assert!(matches!(newer, Err(StoreError::Newer { .. })), "{newer:?}");
}

#[tokio::test]
async fn several_that_migrate_at_once_do_it_once() {
    let lab = Lab::empty(&stagedoor_test_postgres::url().unwrap()).await;
    let migrations = (0..4).map(|_| PostgresStore::migrate(&lab.config));
    let mut before: Vec<i64> = futures_util::future::join_all(migrations)
        .await
        .into_iter()
        .map(|versions| versions.unwrap().found)
        .collect();
    before.sort_unstable();
    assert_eq!(before, [0, 1, 1, 1]);
}

async fn set(client: &Client, setting: &str) {
    client
        .batch_execute(&format!("ALTER SYSTEM SET {setting}"))
        .await
        .unwrap();
    client.batch_execute("SELECT pg_reload_conf()").await.unwrap();
}

#[tokio::test]
async fn commits_are_durable_whatever_the_servers_defaults() {
    let server = Server::start().unwrap();
    let lab = Lab::on(&server.url()).await;
    let admin = lab.admin().await;
    for (default, used) in [
        ("off", "on"),
        ("local", "on"),
        ("remote_write", "on"),
        ("remote_apply", "remote_apply"),
    ] {
        let default = format!(
            "ALTER DATABASE {} SET synchronous_commit = {default}",
            lab.config.database
        );
        admin.batch_execute(&default).await.unwrap();
        let connector = crate::store::postgres::connection::Connector::new(&lab.config).unwrap();
        let session = connector.session().await.unwrap();
        let setting = session.query_one("SHOW synchronous_commit", &[]).await.unwrap();
        assert_eq!(setting.get::<_, &str>(0), used, "{default}");
    }
    set(&admin, "fsync = off").await;
    // The server answers the reload before it has happened.
    let text = loop {
        match PostgresStore::open(&lab.config).await {
            Ok(_) => tokio::task::yield_now().await,
            Err(error) => break error.to_string(),
        }
    };
    assert!(
        text.contains("fsync = off") && text.contains("set fsync = on"),
        "{text}"
    );
}

#[tokio::test]
async fn of_several_servers_the_one_that_takes_writes_is_used() {
    let (standby, primary) = (Server::start().unwrap(), Server::start().unwrap());
    let lab = Lab::on(&primary.url()).await;
    // Both know the database and the password; the first takes no writes.
    let (client, connection) = tokio_postgres::connect(&standby.url(), NoTls).await.unwrap();
    tokio::spawn(connection);
    for statement in [
        format!("CREATE DATABASE {}", lab.config.database),
        format!("ALTER ROLE postgres PASSWORD '{}'", primary.password()),
        "ALTER ROLE postgres SET default_transaction_read_only = on".to_owned(),
    ] {
        client.batch_execute(&statement).await.unwrap();
    }
    let mut config = lab.through(standby.port());
    config.hosts.extend(lab.config.hosts.clone());
    let store = PostgresStore::open(&config).await.unwrap();
    store.check(at(0)).await.unwrap();
    let probed = lab
        .admin()
        .await
        .query_one("SELECT at FROM probe", &[])
        .await
        .unwrap();
    assert_eq!(probed.get::<_, i64>(0), at(0).as_millisecond());
}

#[tokio::test]
async fn the_server_ends_what_takes_too_long() {
    let lab = Lab::new().await;
    let connector = crate::store::postgres::connection::Connector::new(&lab.config).unwrap();
    let session = connector.session().await.unwrap();
    for (setting, value) in [
        ("statement_timeout", "5s"),
        ("lock_timeout", "3s"),
        ("idle_in_transaction_session_timeout", "10s"),
        ("idle_session_timeout", "0"),
        ("tcp_keepalives_idle", "15"),
        ("default_transaction_isolation", "read committed"),
        ("application_name", "stagedoor"),
    ] {
        let shown = session.query_one(&format!("SHOW {setting}"), &[]).await.unwrap();
        assert_eq!(shown.get::<_, &str>(0), value, "{setting}");
    }
}
