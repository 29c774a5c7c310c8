//! The writer's statements, prepared once for each connection. All work on arrays, so that a batch is as many statements as
//! one login.

use futures_util::future::try_join_all;
use tokio_postgres::{Client, Statement};

use super::fault::Failure;
use crate::store::approvals::{columns, tables};

/// Hashes of tree nodes, each by the row that stores it and its place there.
pub(super) const SELECT_NODES: &str = "SELECT substr(hashes, node.first + 1, 32) \
     FROM unnest($1::bigint[], $2::int[]) WITH ORDINALITY AS node (seq, first, place) \
     JOIN records USING (seq) ORDER BY place";

/// What is read of a staff member.
macro_rules! member {
    () => {
        "staff.id, email, name, disabled_at, \
         ARRAY(SELECT role FROM staff_roles WHERE staff_id = staff.id)"
    };
}

/// What is read of a profile's session.
macro_rules! session {
    () => {
        "session_ends_at, session_issuer, session_client, (SELECT json_agg(json_build_array(role, claim, value))::text \
         FROM session_roles WHERE session_roles.key_id = profiles.key_id), "
    };
}

/// What is read of a profile's session, with a comma after it.
pub(super) const SESSION: &str = session!();

/// What is read of a staff member.
pub(super) const MEMBER: &str = member!();

/// Profiles with their owners.
pub(super) const SELECT_PROFILES: &str = concat!(
    "SELECT algorithm, public_key, revoked_at IS NOT NULL, key_id, generation, ",
    session!(),
    member!(),
    " FROM profiles JOIN staff ON staff.id = staff_id WHERE key_id = ANY ($1::text[])"
);

/// Keeps messages to webhooks.
pub(super) const INSERT_MESSAGES: &str = "INSERT INTO outbox (id, webhook, alert, body, created_at, due_at) \
     SELECT id, webhook, alert, body, at, at FROM unnest($1::text[], $2::text[], $3::boolean[], $4::text[], $5::bigint[]) \
     AS message (id, webhook, alert, body, at)";

/// What was counted, with its place among what is asked for.
pub(super) const SELECT_LIMITS: &str = "SELECT place, since, used, told, ends FROM unnest($1::text[], $2::text[]) \
     WITH ORDINALITY AS wanted (scope, key, place) JOIN limits USING (scope, key)";

/// Keeps what was counted.
pub(super) const UPSERT_LIMITS: &str = "INSERT INTO limits (scope, key, since, used, told, ends) \
     SELECT * FROM unnest($1::text[], $2::text[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[]) \
     ON CONFLICT (scope, key) DO UPDATE SET since = excluded.since, used = excluded.used, \
     told = excluded.told, ends = excluded.ends";

/// Requests for approval, with who decided on them.
pub(super) const SELECT_APPROVALS: &str = concat!(
    columns!(),
    session!(),
    member!(),
    tables!(),
    "WHERE approvals.id = ANY ($1::text[])"
);

macro_rules! statements {
    ($($(#[doc = $doc:literal])* $name:ident: $sql:expr;)*) => {
        /// Prepared statements.
        pub(super) struct Statements {
            $($(#[doc = $doc])* pub(super) $name: Statement,)*
        }

        impl Statements {
            pub(super) async fn prepare(client: &Client) -> Result<Self, Failure> {
                let mut prepared = try_join_all([$($sql),*].map(|sql| client.prepare(sql))).await?.into_iter();
                let missing = crate::store::StoreError::Inconsistent("a statement was not prepared");
                Ok(Self {
                    $($name: prepared.next().ok_or_else(|| missing.clone())?,)*
                })
            }
        }
    };
}

statements! {
    /// Puts relays in a row: whoever holds this until its commit appends alone.
    take_turn: "SELECT pg_advisory_xact_lock($1)";
    select_last_record: "SELECT seq, hashes FROM records ORDER BY seq DESC LIMIT 1";
    select_nodes: SELECT_NODES;

    /// Answers with the nonces that are new.
    insert_nonces: "INSERT INTO nonces (key_id, nonce, expires_at) \
        SELECT * FROM unnest($1::text[], $2::text[], $3::bigint[]) ON CONFLICT DO NOTHING RETURNING key_id, nonce";
    select_profiles: SELECT_PROFILES;
    select_staff_addresses: "SELECT email_folded FROM staff WHERE email_folded = ANY ($1::text[])";
    /// Answers with the place of each that is there.
    select_limits: SELECT_LIMITS;
    select_logins: "SELECT request_id, intent_seq, staff_id, outcome, cause FROM logins WHERE request_id = ANY ($1::text[])";
    select_reports: "SELECT request_id, outcome FROM reports WHERE request_id = ANY ($1::text[])";
    select_claims_on: "SELECT claims.customer_folded, claims.scope, claims.request_id, claims.staff_id, staff.name, \
        claims.since, claims.until, logins.intent_seq, logins.outcome IS NULL \
        FROM unnest($1::text[], $2::text[]) AS wanted (customer_folded, scope) \
        JOIN claims USING (customer_folded, scope) \
        JOIN staff ON staff.id = claims.staff_id JOIN logins USING (request_id)";
    select_claims_of: "SELECT claims.customer_folded, claims.scope, claims.request_id, claims.staff_id, staff.name, \
        claims.since, claims.until, logins.intent_seq, logins.outcome IS NULL \
        FROM claims JOIN staff ON staff.id = claims.staff_id JOIN logins USING (request_id) \
        WHERE claims.request_id = ANY ($1::text[])";
    /// Open intents of relays whose lock can be taken. It is taken until the end of the transaction.
    select_abandoned: "WITH open AS MATERIALIZED ( \
            SELECT DISTINCT relay FROM logins WHERE outcome IS NULL AND relay <> $1 \
        ), gone AS MATERIALIZED (SELECT relay FROM open WHERE pg_try_advisory_xact_lock(relay)) \
        SELECT request_id FROM logins JOIN gone USING (relay) WHERE outcome IS NULL ORDER BY intent_seq LIMIT $2";

    /// Lets nobody else decide on these, or use them, until the end of the transaction. Does not wait for those that somebody
    /// has: everybody who appends would wait, too.
    hold_approvals: "SELECT id FROM approvals WHERE id = ANY ($1::text[]) ORDER BY id FOR UPDATE SKIP LOCKED";
    select_approvals: SELECT_APPROVALS;

    use_approvals: "UPDATE approvals SET state = 'used' WHERE id = ANY ($1::text[])";
    delete_nonces: "DELETE FROM nonces USING unnest($1::text[], $2::text[]) AS unused (key, nonce) \
        WHERE nonces.key_id = unused.key AND nonces.nonce = unused.nonce";
    insert_records: "INSERT INTO records (seq, body, hashes) SELECT * FROM unnest($1::bigint[], $2::bytea[], $3::bytea[])";
    insert_openings: "INSERT INTO openings (seq, customer, staff) \
        SELECT * FROM unnest($1::bigint[], $2::bytea[], $3::bytea[])";
    insert_logins: "INSERT INTO logins (request_id, intent_seq, relay, staff_id, platform, customer_folded, requested_at) \
        SELECT id, intent, $1, staff, platform, customer, at \
        FROM unnest($2::text[], $3::bigint[], $4::bigint[], $5::text[], $6::text[], $7::bigint[]) \
        AS login (id, intent, staff, platform, customer, at)";
    update_outcomes: "UPDATE logins SET outcome_seq = ended.seq, outcome = ended.outcome, cause = ended.cause \
        FROM unnest($1::text[], $2::bigint[], $3::text[], $4::text[]) AS ended (id, seq, outcome, cause) \
        WHERE request_id = ended.id AND logins.outcome IS NULL";
    insert_reports: "INSERT INTO reports (request_id, outcome, seq) \
        SELECT * FROM unnest($1::text[], $2::text[], $3::bigint[])";
    upsert_claims: "INSERT INTO claims (customer_folded, scope, request_id, staff_id, since, until) \
        SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::bigint[], $6::bigint[]) \
        ON CONFLICT (customer_folded, scope) DO UPDATE SET request_id = excluded.request_id, \
        staff_id = excluded.staff_id, since = excluded.since, until = excluded.until";
    upsert_limits: UPSERT_LIMITS;
    insert_messages: INSERT_MESSAGES;
    delete_claims: "DELETE FROM claims USING unnest($1::text[], $2::text[]) AS gone (customer, scope) \
        WHERE claims.customer_folded = gone.customer AND claims.scope = gone.scope";
}
