//! How a connection to the server is made: encrypted unless it stays on this machine, bounded in time everywhere, and with
//! commits that are durable when they return.

use std::{future::Future, ops::Deref, pin::Pin, sync::Arc, time::Duration};

use deadpool_postgres::Connect;
use rustls::{
    ClientConfig, RootCertStore,
    pki_types::{CertificateDer, pem::PemObject},
};
use secrecy::ExposeSecret;
use tokio::task::JoinHandle;
use tokio_postgres::{
    Client, Config, NoTls,
    config::{SslMode, TargetSessionAttrs},
};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::fault::{Failure, Place};
use crate::{
    config::{PostgresConfig, PostgresHost},
    store::StoreError,
};

/// For each server of the list.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
/// For the file that the password is in.
const PASSWORD_TIMEOUT: Duration = Duration::from_secs(2);
/// How long sent bytes may stay unacknowledged.
const SEND_TIMEOUT: Duration = Duration::from_secs(8);
/// How long a connection may be silent before the other end is asked whether it is still there.
const KEEPALIVE: Duration = Duration::from_secs(15);
const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(5);
const KEEPALIVE_RETRIES: u32 = 3;

/// What the server is told at the start of each session. It ends what takes too long, also when the relay is frozen in the
/// middle of a transaction, and it notices a relay that is gone, whose locks are then free.
///
/// Whole tables are not read where an index will do: the writer's statements are planned once for each connection, often
/// while the tables are still empty, and a plan that was right then would go on reading all logins for every login.
const OPTIONS: &str = "-c enable_seqscan=off \
                       -c statement_timeout=5s -c lock_timeout=3s -c idle_in_transaction_session_timeout=10s \
                       -c idle_session_timeout=0 -c tcp_keepalives_idle=15 -c tcp_keepalives_interval=5 -c tcp_keepalives_count=3 \
                       -c default_transaction_isolation=read\\ committed -c default_transaction_deferrable=off";

/// Raises what is not durable on the server that answers; a stricter setting of the operator's stands.
const DURABLE: &str = "SELECT set_config('synchronous_commit', 'on', false) \
                       WHERE current_setting('synchronous_commit') NOT IN ('on', 'remote_apply')";

/// Makes connections, with the password as it is at that moment.
#[derive(Clone)]
pub(super) struct Connector {
    place: Place,
    settings: Config,
    tls: Option<MakeRustlsConnect>,
}

/// A connection of one's own. It is closed when this is dropped.
pub(super) struct Session {
    client: Client,
    driver: Driver,
}

/// The task that moves a connection's bytes.
struct Driver(JoinHandle<()>);

impl Connector {
    pub(super) fn new(config: &PostgresConfig) -> Result<Self, StoreError> {
        let place = Place::new(config);
        let tls = match config.needs_tls() {
            true => Some(tls(config, &place)?),
            false => None,
        };
        let mut settings = Config::new();
        settings
            .user(&config.user)
            .dbname(&config.database)
            .application_name("stagedoor")
            .options(OPTIONS)
            .ssl_mode(if tls.is_some() {
                SslMode::Require
            } else {
                SslMode::Disable
            })
            .connect_timeout(CONNECT_TIMEOUT)
            .tcp_user_timeout(SEND_TIMEOUT)
            .keepalives_idle(KEEPALIVE)
            .keepalives_interval(KEEPALIVE_INTERVAL)
            .keepalives_retries(KEEPALIVE_RETRIES)
            // A standby takes no writes; after a failover another of the servers is the one.
            .target_session_attrs(TargetSessionAttrs::ReadWrite);
        for host in &config.hosts {
            match host {
                PostgresHost::Tcp { host, port } => settings.host(host).port(*port),
                PostgresHost::Socket { folder, port } => settings.host_path(folder).port(*port),
            };
        }
        Ok(Self { place, settings, tls })
    }

    pub(super) fn place(&self) -> &Place {
        &self.place
    }

    /// A connection of one's own to a server that keeps what it has committed.
    pub(super) async fn session(&self) -> Result<Session, StoreError> {
        let (client, driver) = self
            .connect_now()
            .await
            .map_err(|error| self.place.error(&error))?;
        let session = Session {
            client,
            driver: Driver(driver),
        };
        self.check_server(&session)
            .await
            .map_err(|failure| self.place.failure(failure))?;
        Ok(session)
    }

    async fn check_server(&self, client: &Client) -> Result<(), Failure> {
        let server = client
            .query_one(
                "SELECT current_setting('fsync'), current_setting('server_encoding')",
                &[],
            )
            .await?;
        if server.try_get::<_, String>(0)? != "on" {
            return Err(self.place.unfit(
                "its server runs with fsync = off, so a commit may be lost",
                "set fsync = on in postgresql.conf",
            ));
        }
        if server.try_get::<_, String>(1)? != "UTF8" {
            return Err(self.place.unfit(
                "its encoding is not UTF8",
                "make the database anew with CREATE DATABASE ... ENCODING 'UTF8' TEMPLATE template0",
            ));
        }
        Ok(())
    }

    async fn connect_now(&self) -> Result<(Client, JoinHandle<()>), tokio_postgres::Error> {
        let mut settings = self.settings.clone();
        if let Some(password) = self.place.password(PASSWORD_TIMEOUT).await {
            settings.password(password.expose_secret());
        }
        let (client, driver) = match &self.tls {
            Some(tls) => {
                let (client, connection) = settings.connect(tls.clone()).await?;
                (client, spawn(connection))
            }
            None => {
                let (client, connection) = settings.connect(NoTls).await?;
                (client, spawn(connection))
            }
        };
        client.query_opt(DURABLE, &[]).await?;
        Ok((client, driver))
    }
}

/// What has gone wrong with a connection is told to those who use it.
fn spawn<S, T>(connection: tokio_postgres::Connection<S, T>) -> JoinHandle<()>
where
    tokio_postgres::Connection<S, T>: Future<Output = Result<(), tokio_postgres::Error>> + Send + 'static,
{
    tokio::spawn(async move {
        let _ = connection.await;
    })
}

/// For the pool.
impl Connect for Connector {
    fn connect(
        &self,
        _: &Config,
    ) -> Pin<Box<dyn Future<Output = Result<(Client, JoinHandle<()>), tokio_postgres::Error>> + Send + '_>>
    {
        Box::pin(self.connect_now())
    }
}

impl Session {
    /// Returns when the connection has ended.
    pub(super) async fn closed(&mut self) {
        // The task neither panics nor is it cancelled while this waits; either would be an end, too.
        let _ = (&mut self.driver.0).await;
    }

    /// The client, where `&mut` is needed.
    pub(super) fn client(&mut self) -> &mut Client {
        &mut self.client
    }
}

impl Deref for Session {
    type Target = Client;

    fn deref(&self) -> &Client {
        &self.client
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        self.0.abort();
    }
}

fn tls(config: &PostgresConfig, place: &Place) -> Result<MakeRustlsConnect, StoreError> {
    let mut roots = RootCertStore::empty();
    match &config.root_certificate_file {
        Some(file) => {
            let unreadable = |why: String| {
                place.unusable(
                    format!("its root_certificate_file {} {why}", file.display()),
                    "name a PEM file with the certificate of the authority that signed the server's",
                )
            };
            let certificates = CertificateDer::pem_file_iter(file)
                .map_err(|error| unreadable(format!("cannot be read: {error}")))?;
            for certificate in certificates {
                certificate
                    .map_err(|error| error.to_string())
                    .and_then(|certificate| roots.add(certificate).map_err(|error| error.to_string()))
                    .map_err(|error| unreadable(format!("holds what is no certificate: {error}")))?;
            }
            if roots.is_empty() {
                return Err(unreadable("holds no certificate".to_owned()));
            }
        }
        None => {
            // Systems carry some certificates that no library reads; the others are enough.
            roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        }
    }
    let tls = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| place.unusable(format!("TLS cannot be set up: {error}"), "report the message"))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(MakeRustlsConnect::new(tls))
}
