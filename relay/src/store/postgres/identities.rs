//! Signing in, and who somebody is at the firm's provider, in PostgreSQL.

use std::collections::BTreeSet;

use async_trait::async_trait;
use deadpool_postgres::{Client, Transaction};
use jiff::Timestamp;
use stagedoor_protocol::CustomerEmail;
use tokio_postgres::Row;

use super::{
    PostgresStore,
    administration::set_roles,
    fault::Failure,
    millis,
    pool::{Connections, run},
    staff::{keep_staff, member},
    timestamp, unsigned,
};
use crate::spelling::Spelling as _;
use crate::store::{
    IdentityStore, LinkedIdentity, NewStaff, Role, SignIn, SignInAnswer, SignInRefusal, SignedOut,
    StaffDisabled, StaffId, StaffMember, StoreError, Withdrawn, identity::Known,
};

/// Those who sign in take this lock, one after the other: two could otherwise bind one identity, or make one person, at the
/// same time. It is not the lock by which relays append.
const TURN: i64 = 0x5374_6167_6564_0001;

#[async_trait]
impl IdentityStore for PostgresStore {
    async fn add_staff(
        &self,
        new: &NewStaff,
        now: Timestamp,
    ) -> Result<Result<StaffMember, StaffDisabled>, StoreError> {
        run!(self.connections, client => insert_staff(client, new, now))
    }

    async fn unlink_staff(&self, email: &CustomerEmail) -> Result<Option<(StaffMember, u64)>, StoreError> {
        run!(self.connections, client => unlink(client, email))
    }

    async fn sign_in(
        &self,
        sign_in: &SignIn,
        now: Timestamp,
    ) -> Result<Result<SignInAnswer, SignInRefusal>, StoreError> {
        run!(self.connections, client => perform(client, sign_in, now))
    }

    async fn withdraw_sign_in(
        &self,
        issuer: &str,
        subject: &str,
        now: Timestamp,
    ) -> Result<Option<Withdrawn>, StoreError> {
        run!(self.connections, client => withdraw(client, (issuer, subject), now))
    }

    async fn sign_out(
        &self,
        of: Option<&CustomerEmail>,
        now: Timestamp,
    ) -> Result<Option<Vec<SignedOut>>, StoreError> {
        run!(self.connections, client => sign_out(client, of, now))
    }
}

async fn insert_staff(
    client: &mut Client,
    new: &NewStaff,
    now: Timestamp,
) -> Result<Result<StaffMember, StaffDisabled>, Failure> {
    let transaction = client.transaction().await?;
    let id = match keep_staff(&transaction, &new.email, new.name.as_deref(), now).await? {
        Ok(id) => id,
        Err(refusal) => return Ok(Err(refusal)),
    };
    if let Some(roles) = &new.roles {
        set_roles(&transaction, id, roles).await?;
    }
    let staff = member(&transaction, id).await?;
    transaction.commit().await?;
    Ok(Ok(staff))
}

async fn unlink(client: &mut Client, email: &CustomerEmail) -> Result<Option<(StaffMember, u64)>, Failure> {
    let transaction = client.transaction().await?;
    let Some(id) = hold(&transaction, email).await? else {
        return Ok(None);
    };
    let unlinked = transaction
        .execute("DELETE FROM identities WHERE staff_id = $1", &[&id])
        .await?;
    let staff = member(&transaction, id).await?;
    transaction.commit().await?;
    Ok(Some((staff, unlinked)))
}

async fn perform(
    client: &mut Client,
    sign_in: &SignIn,
    now: Timestamp,
) -> Result<Result<SignInAnswer, SignInRefusal>, Failure> {
    let now = millis(now);
    let transaction = client.transaction().await?;
    transaction
        .execute("SELECT pg_advisory_xact_lock($1)", &[&TURN])
        .await?;
    let known = known(&transaction, sign_in).await?;
    let roles_changed = match sign_in.decide(&known) {
        Ok(changed) => changed,
        // Dropping the transaction rolls back.
        Err(refusal) => return Ok(Err(refusal)),
    };
    let id = match &known.member {
        Some(member) => member.id.0,
        None => insert_new(&transaction, sign_in, now).await?,
    };
    if known.bound_to.is_none() {
        transaction
            .execute(
                "INSERT INTO identities (issuer, subject, staff_id, bound_at) VALUES ($1, $2, $3, $4)",
                &[&sign_in.client.issuer, &sign_in.subject, &id, &now],
            )
            .await?;
    }
    let signed_in = transaction
        .execute(
            "INSERT INTO profiles (key_id, staff_id, algorithm, public_key, extension_version, enrolled_at, \
             session_ends_at, session_issuer, session_client) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) \
             ON CONFLICT (key_id) DO UPDATE SET extension_version = excluded.extension_version, \
             session_ends_at = excluded.session_ends_at, session_issuer = excluded.session_issuer, \
             session_client = excluded.session_client, \
             generation = profiles.generation + CASE WHEN profiles.session_ends_at IS NULL \
             OR profiles.session_ends_at > excluded.enrolled_at AND profiles.session_issuer = excluded.session_issuer \
             AND profiles.session_client = excluded.session_client THEN 0 ELSE 1 END \
             WHERE profiles.revoked_at IS NULL AND profiles.staff_id = excluded.staff_id",
            &[
                &sign_in.key_id.as_str(),
                &id,
                &sign_in.key.algorithm().as_str(),
                &sign_in.key.as_bytes(),
                &sign_in.extension_version,
                &now,
                &millis(sign_in.session_ends_at),
                &sign_in.client.issuer,
                &sign_in.client.client_id,
            ],
        )
        .await?;
    if signed_in == 0 {
        // It was revoked, or enrolled for somebody, since it was looked at.
        return Ok(Err(SignInRefusal::ProfileRevoked(StaffId(id))));
    }
    set_session_roles(&transaction, id, sign_in).await?;
    let staff = member(&transaction, id).await?;
    transaction.commit().await?;
    Ok(Ok(SignInAnswer { staff, roles_changed }))
}

/// What the provider says now counts for all sessions of the person, but gives to this one alone. What a session did while it had
/// more roles does not count any more, also if it has them again later.
async fn set_session_roles(transaction: &Transaction<'_>, id: i64, sign_in: &SignIn) -> Result<(), Failure> {
    let key = sign_in.key_id.as_str();
    let roles: Vec<_> = sign_in.roles.iter().map(|mapped| mapped.role.as_str()).collect();
    let claims: Vec<_> = sign_in.roles.iter().map(|mapped| &mapped.claim).collect();
    let values: Vec<_> = sign_in.roles.iter().map(|mapped| &mapped.value).collect();
    transaction
        .execute(
            "WITH lost AS (DELETE FROM session_roles USING profiles WHERE profiles.key_id = session_roles.key_id \
             AND staff_id = $1 AND NOT EXISTS (SELECT FROM unnest($2::text[], $3::text[], $4::text[]) \
             AS given (role, claim, value) WHERE given.role = session_roles.role AND given.claim = session_roles.claim \
             AND given.value = session_roles.value) RETURNING session_roles.key_id) \
             UPDATE profiles SET generation = generation + 1 WHERE key_id IN (SELECT key_id FROM lost)",
            &[&id, &roles, &claims, &values],
        )
        .await?;
    transaction
        .execute(
            "INSERT INTO session_roles (key_id, role, claim, value) \
             SELECT $1, * FROM unnest($2::text[], $3::text[], $4::text[]) ON CONFLICT DO NOTHING",
            &[&key, &roles, &claims, &values],
        )
        .await?;
    Ok(())
}

async fn withdraw(
    client: &mut Client,
    (issuer, subject): (&str, &str),
    now: Timestamp,
) -> Result<Option<Withdrawn>, Failure> {
    let transaction = client.transaction().await?;
    transaction
        .execute("SELECT pg_advisory_xact_lock($1)", &[&TURN])
        .await?;
    let select = "SELECT staff_id FROM identities WHERE issuer = $1 AND subject = $2";
    let Some(found) = transaction.query_opt(select, &[&issuer, &subject]).await? else {
        return Ok(None);
    };
    let id: i64 = found.try_get(0)?;
    // The person's row first, as disabling does.
    let hold = "SELECT FROM staff WHERE id = $1 FOR UPDATE";
    transaction.query_one(hold, &[&id]).await?;
    let roles = transaction
        .execute(
            "DELETE FROM session_roles USING profiles WHERE profiles.key_id = session_roles.key_id AND staff_id = $1",
            &[&id],
        )
        .await?;
    let ended = end_sessions(&transaction, Some(id), now).await?;
    transaction.commit().await?;
    Ok(Some(Withdrawn {
        staff: StaffId(id),
        sessions: ended.first().map_or(0, |ended| ended.sessions),
        had_roles: roles > 0,
    }))
}

async fn sign_out(
    client: &mut Client,
    of: Option<&CustomerEmail>,
    now: Timestamp,
) -> Result<Option<Vec<SignedOut>>, Failure> {
    let transaction = client.transaction().await?;
    transaction
        .execute("SELECT pg_advisory_xact_lock($1)", &[&TURN])
        .await?;
    let staff = match of {
        None => {
            // The people's rows first, as disabling does.
            let hold = "SELECT FROM staff WHERE id IN (SELECT staff_id FROM profiles WHERE session_issuer IS NOT NULL) \
                        ORDER BY id FOR UPDATE";
            transaction.execute(hold, &[]).await?;
            None
        }
        Some(email) => match hold(&transaction, email).await? {
            None => return Ok(None),
            Some(id) => Some(id),
        },
    };
    let ended = end_sessions(&transaction, staff, now).await?;
    transaction.commit().await?;
    Ok(Some(ended))
}

/// Of a person, or of everybody. That they are of no provider any more ends them at every relay, whatever its clock says.
async fn end_sessions(
    transaction: &Transaction<'_>,
    of: Option<i64>,
    now: Timestamp,
) -> Result<Vec<SignedOut>, Failure> {
    let now = millis(now);
    let ended = transaction
        .query(
            "SELECT staff_id, count(*) FROM profiles WHERE session_issuer IS NOT NULL AND revoked_at IS NULL \
             AND session_ends_at > $1 AND ($2::bigint IS NULL OR staff_id = $2) GROUP BY staff_id ORDER BY staff_id",
            &[&now, &of],
        )
        .await?;
    // What was approved in such a session does not count any more, also if its owner signs in again with the same key.
    transaction
        .execute(
            "UPDATE profiles SET session_ends_at = least(session_ends_at, $1), session_issuer = NULL, \
             session_client = NULL, generation = generation + 1 \
             WHERE session_issuer IS NOT NULL AND ($2::bigint IS NULL OR staff_id = $2)",
            &[&now, &of],
        )
        .await?;
    let ended = ended.iter().map(|row| {
        Ok(SignedOut {
            staff: StaffId(row.try_get(0)?),
            sessions: unsigned(row, 1)?,
        })
    });
    ended.collect()
}

/// Somebody who is new here. Should the operator have added them at this very moment, they are the person who was added.
async fn insert_new(transaction: &Transaction<'_>, sign_in: &SignIn, now: i64) -> Result<i64, Failure> {
    let inserted = transaction
        .query_one(
            "INSERT INTO staff (email, email_folded, name, created_at) VALUES ($1, $2, $3, $4) \
             ON CONFLICT (email_folded) DO UPDATE SET name = staff.name RETURNING id",
            &[
                &sign_in.email.as_str(),
                &sign_in.email.spelling(),
                &sign_in.name_or_local_part(),
                &now,
            ],
        )
        .await?;
    Ok(inserted.try_get(0)?)
}

async fn known(transaction: &Transaction<'_>, sign_in: &SignIn) -> Result<Known, Failure> {
    // The person's row first, as disabling does: it holds still from here on.
    let held = hold(transaction, &sign_in.email).await?;
    let (issuer, subject) = (&sign_in.client.issuer, &sign_in.subject);
    let (member, member_is_bound) = match held {
        None => (None, false),
        Some(id) => {
            let bound = transaction
                .query_opt(
                    "SELECT FROM identities WHERE staff_id = $1 AND issuer = $2",
                    &[&id, issuer],
                )
                .await?;
            (Some(member(transaction, id).await?), bound.is_some())
        }
    };
    let bound_to = transaction
        .query_opt(
            "SELECT staff_id FROM identities WHERE issuer = $1 AND subject = $2",
            &[issuer, subject],
        )
        .await?;
    let found = transaction
        .query_opt(
            "SELECT staff_id, revoked_at IS NOT NULL FROM profiles WHERE key_id = $1",
            &[&sign_in.key_id.as_str()],
        )
        .await?;
    let select = "SELECT DISTINCT role FROM session_roles JOIN profiles USING (key_id) WHERE staff_id = $1";
    let session_roles = transaction.query(select, &[&held]).await?;
    let role = |row: &Row| {
        let role = row.try_get::<_, &str>(0)?.parse::<Role>();
        Ok(role.map_err(|_| StoreError::Inconsistent("a session's role is not one"))?)
    };
    let profile = |row: Row| Ok::<_, Failure>((StaffId(row.try_get(0)?), row.try_get(1)?));
    Ok(Known {
        bound_to: bound_to.map(|row| row.try_get(0).map(StaffId)).transpose()?,
        member,
        member_is_bound,
        profile: found.map(profile).transpose()?,
        session_roles: session_roles
            .iter()
            .map(role)
            .collect::<Result<BTreeSet<_>, Failure>>()?,
    })
}

/// Keeps a person's row as it is until the end of the transaction, and gives their number.
async fn hold(transaction: &Transaction<'_>, email: &CustomerEmail) -> Result<Option<i64>, Failure> {
    let hold = "SELECT id FROM staff WHERE email_folded = $1 FOR UPDATE";
    let held = transaction.query_opt(hold, &[&email.spelling()]).await?;
    Ok(held.map(|row| row.try_get(0)).transpose()?)
}

pub(super) async fn select_identities(client: &Client, id: StaffId) -> Result<Vec<LinkedIdentity>, Failure> {
    let select =
        "SELECT issuer, subject, bound_at FROM identities WHERE staff_id = $1 ORDER BY bound_at, issuer";
    let rows = client.query(select, &[&id.0]).await?;
    let identity = |row: &Row| {
        Ok(LinkedIdentity {
            issuer: row.try_get(0)?,
            subject: row.try_get(1)?,
            bound_at: timestamp(row.try_get(2)?)?,
        })
    };
    rows.iter().map(identity).collect()
}
