//! The database that a test's relay keeps its record in: a SQLite file, or, when the environment says so, a database of its
//! own on the PostgreSQL server for tests.

use std::{
    env, fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use stagedoor_ledger::Row;
use stagedoor_relay::{
    config::{PasswordSource, PostgresConfig, PostgresHost, StoreUrl},
    store::PostgresStore,
};
use tokio_postgres::Client;

/// Set to `postgres`, it makes all these tests run on PostgreSQL.
const ENGINE: &str = "STAGEDOOR_TEST_ENGINE";

/// A database of one test's own.
pub(crate) enum Database {
    Sqlite(PathBuf),
    Postgres(Box<Postgres>),
}

/// A migrated database on the server for tests.
pub(crate) struct Postgres {
    database: stagedoor_test_postgres::Database,
    config: PostgresConfig,
    password_file: PathBuf,
}

/// Whether these tests run on PostgreSQL.
pub(crate) fn on_postgres() -> bool {
    match env::var(ENGINE).as_deref() {
        Ok("postgres") => true,
        Ok("sqlite") | Err(_) => false,
        Ok(other) => panic!("{ENGINE}={other}: must be sqlite or postgres"),
    }
}

impl Database {
    pub(crate) async fn new(folder: &Path) -> Self {
        if on_postgres() {
            Self::Postgres(Box::new(Postgres::new(folder).await))
        } else {
            Self::sqlite(folder)
        }
    }

    /// The file that the example configuration names.
    pub(crate) fn sqlite(folder: &Path) -> Self {
        Self::Sqlite(folder.join("stagedoor.db"))
    }

    /// The `[store]` section that leads to it.
    pub(crate) fn config(&self) -> String {
        match self {
            Self::Sqlite(path) => format!("url = \"sqlite://{}\"", path.display()),
            Self::Postgres(postgres) => postgres.section(),
        }
    }

    /// The same, parsed.
    pub(crate) fn url(&self) -> StoreUrl {
        match self {
            Self::Sqlite(path) => StoreUrl::Sqlite(path.clone()),
            Self::Postgres(postgres) => StoreUrl::Postgres(postgres.config.clone()),
        }
    }

    /// How many rows a table has, seen from outside the relay.
    pub(crate) async fn count(&self, table: &'static str) -> i64 {
        let query = format!("SELECT count(*) FROM {table}");
        match self {
            Self::Sqlite(path) => {
                let connection = rusqlite::Connection::open(path).unwrap();
                connection.query_one(&query, [], |row| row.get(0)).unwrap()
            }
            Self::Postgres(postgres) => {
                let client = postgres.client().await;
                client.query_one(&query, &[]).await.unwrap().get(0)
            }
        }
    }

    /// Runs statements from outside the relay, as the tables' owner.
    pub(crate) async fn execute(&self, statements: &str) {
        match self {
            Self::Sqlite(path) => {
                let connection = rusqlite::Connection::open(path).unwrap();
                connection.execute_batch(statements).unwrap();
            }
            Self::Postgres(postgres) => {
                postgres.client().await.batch_execute(statements).await.unwrap();
            }
        }
    }

    /// Runs statements as somebody does who may do anything with the database: no trigger and no reference hinders them, and
    /// all are as they were afterwards.
    pub(crate) async fn tamper(&self, statements: &str) {
        match self {
            Self::Sqlite(path) => {
                let connection = rusqlite::Connection::open(path).unwrap();
                connection.pragma_update(None, "foreign_keys", false).unwrap();
                without_triggers(&connection, || connection.execute_batch(statements).unwrap());
            }
            Self::Postgres(postgres) => {
                let statements = format!("SET session_replication_role = replica; {statements}");
                postgres.client().await.batch_execute(&statements).await.unwrap();
            }
        }
    }

    /// Puts these rows in the place of the ledger, as somebody does who may do anything with the database.
    pub(crate) async fn rewrite(&self, rows: &[Row]) {
        match self {
            Self::Sqlite(path) => {
                let mut connection = rusqlite::Connection::open(path).unwrap();
                connection.pragma_update(None, "foreign_keys", false).unwrap();
                let change = connection.transaction().unwrap();
                without_triggers(&change, || {
                    change.execute("DELETE FROM records", []).unwrap();
                    for row in rows {
                        let insert = "INSERT INTO records (seq, body, hashes) VALUES (?, ?, ?)";
                        let values = (row.sequence.cast_signed(), &row.record, &row.hashes);
                        change.execute(insert, values).unwrap();
                    }
                });
                change.commit().unwrap();
            }
            Self::Postgres(postgres) => {
                let mut client = postgres.client().await;
                let change = client.transaction().await.unwrap();
                // No trigger fires for a replica, those that guard references included.
                change
                    .batch_execute("SET LOCAL session_replication_role = replica; DELETE FROM records")
                    .await
                    .unwrap();
                for row in rows {
                    let insert = "INSERT INTO records (seq, body, hashes) VALUES ($1, $2, $3)";
                    change
                        .execute(insert, &[&row.sequence.cast_signed(), &row.record, &row.hashes])
                        .await
                        .unwrap();
                }
                change.commit().await.unwrap();
            }
        }
    }

    /// Deletes all checkpoints.
    pub(crate) async fn forget_checkpoints(&self) {
        match self {
            Self::Sqlite(path) => {
                let connection = rusqlite::Connection::open(path).unwrap();
                without_triggers(&connection, || {
                    connection.execute("DELETE FROM checkpoints", []).unwrap();
                });
            }
            Self::Postgres(postgres) => {
                let client = postgres.client().await;
                client
                    .batch_execute("SET session_replication_role = replica; DELETE FROM checkpoints")
                    .await
                    .unwrap();
            }
        }
    }

    /// Everything that a server keeps for it, as far as it is not in the test's folder.
    pub(crate) async fn served_bytes(&self) -> Vec<u8> {
        match self {
            Self::Sqlite(_) => Vec::new(),
            Self::Postgres(postgres) => postgres.dump().await,
        }
    }
}

/// Changes a SQLite file that no trigger guards meanwhile, and puts the triggers back.
pub(crate) fn without_triggers(connection: &rusqlite::Connection, change: impl FnOnce()) {
    let triggers: Vec<(String, String)> = connection
        .prepare("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'")
        .unwrap()
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap();
    for (name, _) in &triggers {
        connection.execute_batch(&format!("DROP TRIGGER {name}")).unwrap();
    }
    change();
    for (_, sql) in &triggers {
        connection.execute_batch(sql).unwrap();
    }
}

impl Postgres {
    async fn new(folder: &Path) -> Self {
        let url = stagedoor_test_postgres::url().unwrap();
        let database = stagedoor_test_postgres::Database::create(&url).await.unwrap();
        let password_file = folder.join("database-password");
        fs::write(&password_file, database.password()).unwrap();
        fs::set_permissions(&password_file, fs::Permissions::from_mode(0o600)).unwrap();
        let config = PostgresConfig {
            user: database.user().to_owned(),
            database: database.name().to_owned(),
            hosts: vec![PostgresHost::Tcp {
                host: database.host().to_owned(),
                port: database.port(),
            }],
            password: Some(PasswordSource::File(password_file.clone())),
            root_certificate_file: None,
        };
        PostgresStore::migrate(&config).await.unwrap();
        Self {
            database,
            config,
            password_file,
        }
    }

    fn section(&self) -> String {
        let PostgresHost::Tcp { host, port } = &self.config.hosts[0] else {
            panic!("the server for tests is reached over TCP")
        };
        let (user, database) = (&self.config.user, &self.config.database);
        let file = self.password_file.display();
        format!("url = \"postgres://{user}@{host}:{port}/{database}\"\npassword_file = \"{file}\"")
    }

    pub(super) async fn client(&self) -> Client {
        self.database.connect().await.unwrap()
    }

    /// All rows of all tables as text, and all binary values once more as what they are.
    async fn dump(&self) -> Vec<u8> {
        let client = self.client().await;
        let tables = client
            .query("SELECT relname::text FROM pg_stat_user_tables", &[])
            .await
            .unwrap();
        let mut dump = Vec::new();
        for table in tables {
            let query = format!("SELECT t::text FROM \"{}\" t", table.get::<_, String>(0));
            for row in client.query(&query, &[]).await.unwrap() {
                let text: String = row.get(0);
                for value in text.split("\\x").skip(1) {
                    let digits: Vec<u8> = value.bytes().take_while(u8::is_ascii_hexdigit).collect();
                    let pairs = digits.chunks_exact(2);
                    dump.extend(
                        pairs.map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap()),
                    );
                }
                dump.extend(text.into_bytes());
            }
        }
        dump
    }
}
