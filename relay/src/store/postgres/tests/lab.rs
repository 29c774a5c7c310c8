//! A database of a test's own, and logins to put into it.

use std::{fs, os::unix::fs::PermissionsExt, sync::Arc};

use jiff::{SignedDuration, Timestamp};
use stagedoor_ledger::{Frontier, Hash};
use stagedoor_protocol::{
    CustomerEmail, ErrorCode, KeyId, Nonce, PageReference, PlatformId, PublicKeyBytes, RequestId,
};
use stagedoor_test_postgres::Database;
use tempfile::TempDir;
use tokio_postgres::Client;

use crate::{
    config::{PasswordSource, PostgresConfig, PostgresHost},
    random,
    store::{
        Completion, Enrolment, EnrolmentRefusal, Intent, LimitUses, MintOutcome, NewInvite, PostgresStore,
        StaffMember, Store, VerifyingKey,
    },
};

/// A migrated database.
pub(super) struct Lab {
    pub(super) config: PostgresConfig,
    database: Database,
    folder: TempDir,
}

impl Lab {
    /// On the server that the environment names.
    pub(super) async fn new() -> Self {
        Self::on(&stagedoor_test_postgres::url().unwrap()).await
    }

    /// On another server.
    pub(super) async fn on(url: &str) -> Self {
        let lab = Self::empty(url).await;
        PostgresStore::migrate(&lab.config).await.unwrap();
        lab
    }

    /// Without tables.
    pub(super) async fn empty(url: &str) -> Self {
        let database = Database::create(url).await.unwrap();
        let mut lab = Self {
            config: PostgresConfig {
                user: database.user().to_owned(),
                database: database.name().to_owned(),
                hosts: vec![PostgresHost::Tcp {
                    host: database.host().to_owned(),
                    port: database.port(),
                }],
                password: None,
                root_certificate_file: None,
            },
            database,
            folder: tempfile::tempdir().unwrap(),
        };
        lab.config.password = Some(lab.password_file("server", &lab.database.password()));
        lab
    }

    pub(super) fn password_file(&self, name: &str, password: &str) -> PasswordSource {
        let path = self.folder.path().join(name);
        fs::write(&path, password).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        PasswordSource::File(path)
    }

    /// The owner's own connection.
    pub(super) async fn admin(&self) -> Client {
        self.database.connect().await.unwrap()
    }

    pub(super) async fn store(&self) -> Arc<PostgresStore> {
        Arc::new(PostgresStore::open(&self.config).await.unwrap())
    }

    /// A new role with the rights of another, and how to connect as it.
    pub(super) async fn member_of(&self, group: &str) -> PostgresConfig {
        let user = format!("stagedoor_test_{}", hex());
        let create = format!("CREATE ROLE {user} LOGIN PASSWORD '{user}' IN ROLE {group}");
        self.admin().await.batch_execute(&create).await.unwrap();
        PostgresConfig {
            password: Some(self.password_file(&user, &user)),
            user,
            ..self.config.clone()
        }
    }

    /// The same database through another port of this machine.
    pub(super) fn through(&self, port: u16) -> PostgresConfig {
        PostgresConfig {
            hosts: vec![PostgresHost::Tcp {
                host: "127.0.0.1".to_owned(),
                port,
            }],
            ..self.config.clone()
        }
    }
}

fn hex() -> String {
    let bytes: [u8; 8] = random::bytes().unwrap();
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Compares the rows with each other: sequences, and the hashes of the tree. Returns how many there are.
pub(super) async fn check_tree(store: &dyn Store) -> u64 {
    let mut frontier = Frontier::empty();
    loop {
        let rows = store.rows_from(frontier.size(), 1000).await.unwrap();
        if rows.is_empty() {
            return frontier.size();
        }
        for row in rows {
            assert_eq!(row.sequence, frontier.size());
            let hashes = frontier.append(Hash::of_leaf(&row.record));
            let hashes: Vec<u8> = hashes.iter().flat_map(|hash| hash.0).collect();
            assert_eq!(row.hashes, hashes, "row {}", row.sequence);
        }
    }
}

pub(super) async fn maria(store: &dyn Store) -> StaffMember {
    let invite = NewInvite {
        email: CustomerEmail::parse("maria@broker.example").unwrap(),
        name: Some("Maria".to_owned()),
        roles: None,
        code_sha256: random::bytes().unwrap(),
        expires_at: at(900),
    };
    let staff = store.invite(&invite, at(0)).await.unwrap().unwrap().staff;
    let enrolment = Enrolment {
        code_sha256: invite.code_sha256,
        key_id: KeyId::from_thumbprint(&[7; 32]),
        key: VerifyingKey(PublicKeyBytes::Ed25519([7; 32])),
        extension_version: "0.1.0".to_owned(),
    };
    let enrolled = store.enrol(&enrolment, at(0)).await.unwrap();
    assert!(matches!(enrolled, Ok(_) | Err(EnrolmentRefusal::AlreadyEnrolled)));
    staff
}

/// Seconds after the tests' beginning of time.
pub(super) fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_700_000_000 + seconds).unwrap()
}

/// A login for a customer nobody else opens.
pub(super) fn intent(staff: &StaffMember) -> Intent {
    Intent {
        request_id: RequestId::from_parts(1_700_000_000_000, &random::bytes().unwrap()),
        staff: staff.clone(),
        roles: staff.roles.clone(),
        terms: Arc::default(),
        key_id: KeyId::from_thumbprint(&[7; 32]),
        nonce: Nonce::from_random(&random::bytes().unwrap()),
        nonce_expires_at: at(600),
        client_address: "192.0.2.7".parse().unwrap(),
        extension_version: "0.1.0".to_owned(),
        platform: PlatformId::parse("main").unwrap(),
        token_scope: "https://broker.example".to_owned(),
        customer_email: CustomerEmail::parse(&format!("{}@customers.example", hex())).unwrap(),
        reason: Some("Cannot find the withdrawal form".to_owned()),
        ticket: None,
        page: Some(PageReference {
            origin: "https://crm.example".to_owned(),
            record_id: None,
        }),
        overrides: None,
        approval: None,
        grants: "*".to_owned(),
        policy_version: "p1".to_owned(),
        limits: LimitUses::default(),
        canary: false,
        validity_seconds: 30,
        requested_at: at(0),
        claimed_until: at(30),
    }
}

pub(super) fn minted() -> Completion {
    Completion {
        outcome: MintOutcome::Minted(None),
        duration_ms: Some(120),
        at: at(1),
        claimed_until: at(1).checked_add(SignedDuration::from_secs(30)).unwrap(),
    }
}

pub(super) fn failed() -> Completion {
    Completion {
        outcome: MintOutcome::Failed(ErrorCode::CustomerUnknown),
        ..minted()
    }
}
