//! The schema's migrations, embedded and forward only. Migrating is the owner's work; a relay only looks whether it is done.

use tokio_postgres::Client;

use super::{connection::Connector, fault::Failure};
use crate::store::{SchemaVersions, StoreError};

mod embedded {
    refinery::embed_migrations!("migrations/postgres");
}

/// Held while migrating, so that two at once do not meet half a schema.
const MIGRATION_LOCK: i64 = 0x5374_6167_6564_0001;

/// Brings the schema up to date and gives the roles their rights; a newer schema is left alone.
pub(super) async fn migrate(connector: &Connector) -> Result<SchemaVersions, StoreError> {
    let place = connector.place();
    let mut session = connector.session().await?;
    prepare(&session)
        .await
        .map_err(|failure| place.failure(failure))?;
    let before = versions(connector, &session).await?;
    if before.found < before.known {
        let migrations = embedded::migrations::runner();
        migrations.run_async(session.client()).await.map_err(|error| {
            place.unusable(
                format!("its schema cannot be brought up to date: {error}"),
                "run this as the owner of the database; if the message speaks of something else, report it",
            )
        })?;
    }
    close_schema(&session, connector).await?;
    session
        .batch_execute(include_str!("rights.sql"))
        .await
        .map_err(|error| place.error(&error))?;
    Ok(before)
}

/// Lets nobody but its owner make anything in the schema: a function that a role makes there could be taken for one of
/// PostgreSQL's own, by the owner when this migrates and by other roles when they write. Up to PostgreSQL 14 everybody may.
async fn close_schema(client: &Client, connector: &Connector) -> Result<(), StoreError> {
    let place = connector.place();
    let open = async || {
        let open = "SELECT has_schema_privilege('public', current_schema(), 'CREATE')";
        client.query_one(open, &[]).await?.try_get::<_, bool>(0)
    };
    if !open().await.map_err(|error| place.error(&error))? {
        return Ok(());
    }
    let close = "DO $$ BEGIN EXECUTE pg_catalog.concat('REVOKE CREATE ON SCHEMA ', \
                 pg_catalog.quote_ident(current_schema()), ' FROM PUBLIC'); END $$";
    client
        .batch_execute(close)
        .await
        .map_err(|error| place.error(&error))?;
    match open().await.map_err(|error| place.error(&error))? {
        false => Ok(()),
        true => Err(place.unusable(
            "every role may create functions in its schema, which could be taken for PostgreSQL's own",
            "as a superuser: REVOKE CREATE ON SCHEMA public FROM PUBLIC; then migrate again",
        )),
    }
}

async fn prepare(client: &Client) -> Result<(), Failure> {
    client
        .batch_execute("SET statement_timeout = 0; SET lock_timeout = '60s'; SET idle_in_transaction_session_timeout = 0")
        .await?;
    client
        .execute("SELECT pg_advisory_lock($1)", &[&MIGRATION_LOCK])
        .await?;
    Ok(())
}

/// Which schema the database has, and which one this program knows. A newer one is an error.
pub(super) async fn versions(connector: &Connector, client: &Client) -> Result<SchemaVersions, StoreError> {
    let place = connector.place();
    let found = found(client).await.map_err(|failure| place.failure(failure))?;
    SchemaVersions::of(
        place.name(),
        found,
        embedded::migrations::runner().get_migrations(),
    )
}

/// Zero for an empty database.
async fn found(client: &Client) -> Result<i64, Failure> {
    let table = client
        .query_one("SELECT to_regclass('refinery_schema_history') IS NOT NULL", &[])
        .await?;
    if !table.try_get::<_, bool>(0)? {
        return Ok(0);
    }
    let version = client
        .query_one(
            "SELECT coalesce(max(version), 0)::bigint FROM refinery_schema_history",
            &[],
        )
        .await?;
    Ok(version.try_get(0)?)
}
