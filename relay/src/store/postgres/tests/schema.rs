//! A schema that is not the one the migrations make is told from it.

use std::{env, fmt::Write as _, fs};

use stagedoor_test_postgres::Server;

use super::{super::facts, lab::Lab};
use crate::store::{PostgresStore, Store};

/// `UPDATE_SCHEMA=1` writes it anew, after a migration or the rights were changed.
#[tokio::test]
async fn the_facts_that_a_schema_is_compared_with_are_those_of_a_fresh_one() {
    let lab = Lab::new().await;
    let mut text = String::new();
    for (name, is) in facts::select(&lab.admin().await).await.ok().unwrap() {
        writeln!(text, "{}", format!("{name}: {is}").trim_end()).unwrap();
    }
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/src/store/postgres/schema.facts");
    if env::var_os("UPDATE_SCHEMA").is_some() {
        fs::write(path, &text).unwrap();
    }
    assert_eq!(
        fs::read_to_string(path).unwrap(),
        text,
        "schema.facts is not current: run this test with UPDATE_SCHEMA=1"
    );
}

/// What whoever owns the tables, or the server, can do to them, and what is said of it.
const CHANGES: [(&str, &str); 22] = [
    (
        "DROP TRIGGER records_are_not_changed ON records",
        "trigger records_are_not_changed on records is missing",
    ),
    (
        "ALTER TABLE records DISABLE TRIGGER records_are_not_deleted",
        "trigger records_are_not_deleted on records was changed",
    ),
    (
        "CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
        "function refuse_change() was changed",
    ),
    (
        "CREATE TRIGGER more BEFORE INSERT ON openings FOR EACH ROW EXECUTE FUNCTION refuse_change('no')",
        "trigger more on openings was added",
    ),
    (
        "CREATE RULE more AS ON UPDATE TO records DO INSTEAD NOTHING",
        "rule more on records was added",
    ),
    (
        "ALTER TABLE logins DROP CONSTRAINT logins_intent_seq_key",
        "constraint logins_intent_seq_key on logins is missing; index logins_intent_seq_key on logins is missing",
    ),
    (
        "ALTER TABLE records DROP CONSTRAINT records_seq_check",
        "constraint records_seq_check on records is missing",
    ),
    (
        "ALTER TABLE reports ALTER seq DROP NOT NULL",
        "column seq of reports was changed",
    ),
    (
        "ALTER TABLE logins ALTER platform TYPE VARCHAR(8)",
        "column platform of logins was changed",
    ),
    (
        "ALTER TABLE records ADD more TEXT",
        "column more of records was added",
    ),
    (
        "ALTER TABLE openings ALTER customer SET DEFAULT 'x'",
        "column customer of openings was changed",
    ),
    (
        "ALTER TABLE records ENABLE ROW LEVEL SECURITY",
        "table records was changed",
    ),
    (
        "CREATE POLICY more ON records",
        "policy more on records was added",
    ),
    ("ALTER TABLE records SET UNLOGGED", "table records was changed"),
    (
        "ALTER TABLE records OWNER TO stagedoor_relay",
        "right to INSERT records of stagedoor_relay is missing; table records was changed",
    ),
    (
        "CREATE SCHEMA other CREATE TABLE more () INHERITS (public.records)",
        "rows of records in other.more was added",
    ),
    (
        "CREATE UNIQUE INDEX more ON logins (staff_id)",
        "index more on logins was added",
    ),
    (
        "GRANT UPDATE ON records TO stagedoor_relay",
        "right to UPDATE records of stagedoor_relay was added",
    ),
    (
        "GRANT UPDATE (note) ON checkpoints TO PUBLIC",
        "right to UPDATE checkpoints.note of everybody was added",
    ),
    (
        "REVOKE INSERT ON openings FROM stagedoor_eraser",
        "right to INSERT openings of stagedoor_eraser is missing",
    ),
    (
        "GRANT CREATE ON SCHEMA public TO stagedoor_auditor",
        "right to CREATE in the schema of stagedoor_auditor was added",
    ),
    (
        "ALTER TABLE staff DISABLE TRIGGER ALL",
        "a constraint of staff that is not enforced was added",
    ),
];

#[tokio::test]
async fn whatever_was_changed_is_told_and_an_auditor_sees_it() {
    let lab = Lab::new().await;
    let (owner, auditor) = (lab.admin().await, lab.member_of("stagedoor_auditor").await);
    let auditor = PostgresStore::open(&auditor).await.unwrap();
    assert_eq!(auditor.schema_differences().await.unwrap(), []);
    for (change, said) in CHANGES {
        owner.batch_execute("BEGIN").await.unwrap();
        owner.batch_execute(change).await.unwrap();
        let told = facts::differences(&owner).await.ok().unwrap();
        owner.batch_execute("ROLLBACK").await.unwrap();
        let told: Vec<_> = told.iter().map(ToString::to_string).collect();
        assert_eq!(told.join("; "), said, "{change}");
    }
    owner
        .batch_execute("DROP TRIGGER records_are_appended ON records")
        .await
        .unwrap();
    let told = auditor.schema_differences().await.unwrap();
    assert_eq!(
        told[0].to_string(),
        "trigger records_are_appended on records is missing"
    );
}

/// Roles belong to the server, so this one has a server of its own.
#[tokio::test]
async fn a_relay_with_more_power_than_its_rights_is_told() {
    let server = Server::start().unwrap();
    let lab = Lab::on(&server.url()).await;
    let owner = lab.admin().await;
    for (change, undo, said) in [
        (
            "GRANT pg_write_all_data TO stagedoor_relay",
            "REVOKE pg_write_all_data FROM stagedoor_relay",
            "power of stagedoor_relay to act as pg_write_all_data was added",
        ),
        (
            "ALTER ROLE stagedoor_eraser SUPERUSER",
            "ALTER ROLE stagedoor_eraser NOSUPERUSER",
            "power of stagedoor_eraser to act as a superuser was added",
        ),
        (
            "CREATE ROLE relay_1 IN ROLE stagedoor_relay, postgres",
            "DROP ROLE relay_1",
            "power of relay_1 to act as the owner of the tables was added",
        ),
        (
            "ALTER SCHEMA public OWNER TO stagedoor_relay",
            "ALTER SCHEMA public OWNER TO pg_database_owner",
            "power of stagedoor_relay to act as the owner of the schema was added",
        ),
        (
            "GRANT stagedoor_eraser TO stagedoor_relay",
            "REVOKE stagedoor_eraser FROM stagedoor_relay",
            "power of stagedoor_relay to act as stagedoor_eraser was added",
        ),
        (
            "ALTER ROLE stagedoor_relay CREATEROLE",
            "ALTER ROLE stagedoor_relay NOCREATEROLE",
            "power of stagedoor_relay to make roles was added",
        ),
        (
            "ALTER ROLE stagedoor_relay SET session_replication_role = replica",
            "ALTER ROLE stagedoor_relay RESET ALL",
            "setting by which triggers do not fire, of stagedoor_relay was added",
        ),
    ] {
        owner.batch_execute(change).await.unwrap();
        let told = facts::differences(&owner).await.ok().unwrap();
        let told: Vec<_> = told.iter().map(ToString::to_string).collect();
        assert_eq!(told, [said], "{change}");
        owner.batch_execute(undo).await.unwrap();
    }
    // Whoever administrates the server is a member of what they please, and a person may have several roles.
    owner
        .batch_execute(
            "CREATE ROLE person IN ROLE stagedoor_relay, stagedoor_eraser; \
             CREATE ROLE administrator CREATEROLE IN ROLE stagedoor_relay, postgres",
        )
        .await
        .unwrap();
    assert_eq!(facts::differences(&owner).await.ok().unwrap(), []);
    // A role that is not there has no rights, and lacks none.
    let drop =
        "DROP OWNED BY stagedoor_auditor, stagedoor_eraser; DROP ROLE stagedoor_auditor, stagedoor_eraser";
    owner.batch_execute(drop).await.unwrap();
    assert_eq!(facts::differences(&owner).await.ok().unwrap(), []);
}
