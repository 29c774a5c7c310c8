//! Staff, invites, profiles and nonces in PostgreSQL, as requests and invitations need them.

use deadpool_postgres::{Client, Transaction};
use jiff::Timestamp;
use stagedoor_protocol::{CustomerEmail, KeyId, Nonce};
use tokio_postgres::Row;

use super::{
    administration::set_roles,
    fault::Failure,
    gather::TURN,
    millis, previews,
    statements::{MEMBER, SELECT_PROFILES},
};
use crate::spelling::Spelling as _;
use crate::store::{
    Enrolment, EnrolmentRefusal, Invited, NewInvite, Profile, SignedIn, StaffDisabled, StaffId, StaffMember,
    StoreError, VerifyingKey, approvals::KEPT_MILLISECONDS, identity::local_part, session,
};

pub(super) async fn insert_invite(
    client: &mut Client,
    invite: &NewInvite,
    now: Timestamp,
) -> Result<Result<Invited, StaffDisabled>, Failure> {
    let transaction = client.transaction().await?;
    let id = match keep_staff(&transaction, &invite.email, invite.name.as_deref(), now).await? {
        Ok(id) => id,
        Err(refusal) => return Ok(Err(refusal)),
    };
    if let Some(roles) = &invite.roles {
        set_roles(&transaction, id, roles).await?;
    }
    // They ended long ago, so they are void whatever a relay's clock says.
    let voided = transaction
        .execute(
            "UPDATE invites SET expires_at = 0 WHERE staff_id = $1 AND used_at IS NULL AND expires_at > $2",
            &[&id, &millis(now)],
        )
        .await?;
    transaction
        .execute(
            "INSERT INTO invites (code_sha256, staff_id, created_at, expires_at) VALUES ($1, $2, $3, $4)",
            &[
                &&invite.code_sha256[..],
                &id,
                &millis(now),
                &millis(invite.expires_at),
            ],
        )
        .await?;
    let staff = member(&transaction, id).await?;
    transaction.commit().await?;
    Ok(Ok(Invited { staff, voided }))
}

/// Somebody who is known from then on, with a name if one is given. Only `staff enable` enables a disabled person, so that
/// nobody does it without knowing. Whoever is known is not inserted, which would use up a number; only one who becomes known at
/// the same moment is.
pub(super) async fn keep_staff(
    transaction: &Transaction<'_>,
    email: &CustomerEmail,
    name: Option<&str>,
    now: Timestamp,
) -> Result<Result<i64, StaffDisabled>, Failure> {
    let kept = transaction
        .query_opt(
            "WITH known AS (UPDATE staff SET name = coalesce($3, name) \
             WHERE email_folded = $2 AND disabled_at IS NULL RETURNING id), \
             new AS (INSERT INTO staff (email, email_folded, name, created_at) \
             SELECT $1, $2, coalesce($3, $4), $5::bigint WHERE NOT EXISTS (SELECT FROM staff WHERE email_folded = $2) \
             ON CONFLICT (email_folded) DO UPDATE SET name = coalesce($3, staff.name) \
             WHERE staff.disabled_at IS NULL RETURNING id) \
             SELECT id FROM known UNION ALL SELECT id FROM new",
            &[
                &email.as_str(),
                &email.spelling(),
                &name,
                &local_part(email),
                &millis(now),
            ],
        )
        .await?;
    match kept {
        Some(row) => Ok(Ok(row.try_get(0)?)),
        None => Ok(Err(disabled(transaction, email).await?)),
    }
}

async fn disabled(transaction: &Transaction<'_>, email: &CustomerEmail) -> Result<StaffDisabled, Failure> {
    let select = "SELECT id FROM staff WHERE email_folded = $1";
    let found = transaction.query_one(select, &[&email.spelling()]).await?;
    Ok(StaffDisabled(StaffId(found.try_get(0)?)))
}

pub(super) async fn select_profile(client: &Client, key: &KeyId) -> Result<Option<Profile>, Failure> {
    let select = client.prepare_cached(SELECT_PROFILES).await?;
    let row = client.query_opt(&select, &[&[key.as_str()].as_slice()]).await?;
    row.map(|row| profile(&row)).transpose()
}

/// The same within a transaction.
pub(super) async fn select_profile_in(
    transaction: &Transaction<'_>,
    key: &KeyId,
) -> Result<Option<Profile>, Failure> {
    let row = transaction
        .query_opt(SELECT_PROFILES, &[&[key.as_str()].as_slice()])
        .await?;
    row.map(|row| profile(&row)).transpose()
}

pub(super) async fn is_code_good(
    client: &Client,
    code_sha256: &[u8; 32],
    now: Timestamp,
) -> Result<bool, Failure> {
    let select = client
        .prepare_cached(
            "SELECT FROM invites JOIN staff ON staff.id = staff_id \
             WHERE code_sha256 = $1 AND used_at IS NULL AND expires_at > $2 AND disabled_at IS NULL",
        )
        .await?;
    let found = client
        .query_opt(&select, &[&&code_sha256[..], &millis(now)])
        .await?;
    Ok(found.is_some())
}

pub(super) async fn insert_profile(
    client: &mut Client,
    enrolment: &Enrolment,
    now: Timestamp,
) -> Result<Result<StaffMember, EnrolmentRefusal>, Failure> {
    let (now, code) = (millis(now), &enrolment.code_sha256[..]);
    let transaction = client.transaction().await?;
    // The person's row first, as disabling does: it holds still from here on, and neither can wait for the other in a ring.
    let staff = transaction
        .query_opt(
            &format!(
                "SELECT {MEMBER} FROM staff WHERE id = (SELECT staff_id FROM invites WHERE code_sha256 = $1) \
                 AND disabled_at IS NULL FOR UPDATE",
            ),
            &[&code],
        )
        .await?;
    let Some(staff) = staff else {
        return Ok(Err(EnrolmentRefusal::Code));
    };
    let staff = staff_member(&staff, 0)?;
    let spent = transaction
        .execute(
            "UPDATE invites SET used_at = $1, used_by_key = $2 \
             WHERE code_sha256 = $3 AND used_at IS NULL AND expires_at > $1",
            &[&now, &enrolment.key_id.as_str(), &code],
        )
        .await?;
    if spent == 0 {
        return Ok(Err(EnrolmentRefusal::Code));
    }
    // A revoked key may come back, by a new code.
    let enrolled = transaction
        .execute(
            "INSERT INTO profiles (key_id, staff_id, algorithm, public_key, extension_version, enrolled_at) \
             VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (key_id) DO UPDATE SET staff_id = excluded.staff_id, \
             extension_version = excluded.extension_version, enrolled_at = excluded.enrolled_at, \
             generation = profiles.generation + 1, revoked_at = NULL, session_ends_at = NULL, session_issuer = NULL, \
             session_client = NULL WHERE profiles.revoked_at IS NOT NULL",
            &[
                &enrolment.key_id.as_str(),
                &staff.id.0,
                &enrolment.key.algorithm().as_str(),
                &enrolment.key.as_bytes(),
                &enrolment.extension_version,
                &now,
            ],
        )
        .await?;
    if enrolled == 0 {
        // Dropping the transaction rolls back, so the code stays good.
        return Ok(Err(EnrolmentRefusal::AlreadyEnrolled));
    }
    transaction
        .execute(
            "DELETE FROM session_roles WHERE key_id = $1",
            &[&enrolment.key_id.as_str()],
        )
        .await?;
    transaction.commit().await?;
    Ok(Ok(staff))
}

pub(super) async fn insert_nonce(
    client: &Client,
    key: &KeyId,
    nonce: &Nonce,
    expires_at: Timestamp,
) -> Result<bool, Failure> {
    let insert = client
        .prepare_cached(
            "INSERT INTO nonces (key_id, nonce, expires_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
        )
        .await?;
    let values: [&(dyn tokio_postgres::types::ToSql + Sync); 3] =
        [&key.as_str(), &nonce.as_str(), &millis(expires_at)];
    Ok(client.execute(&insert, &values).await? == 1)
}

/// Takes a turn among the relays: rows removed in another order than a batch changes them could make both wait in a ring.
pub(super) async fn delete_stale(client: &mut Client, now: Timestamp) -> Result<u64, Failure> {
    let transaction = client.transaction().await?;
    transaction
        .execute("SELECT pg_advisory_xact_lock($1)", &[&TURN])
        .await?;
    transaction
        .execute("SELECT pg_advisory_xact_lock($1)", &[&previews::TURN])
        .await?;
    let mut deleted = 0;
    for delete in [
        "DELETE FROM nonces WHERE expires_at < $1",
        // A login that has no outcome yet holds its customer whatever the time is.
        "DELETE FROM claims WHERE until <= $1 AND NOT EXISTS ( \
         SELECT FROM logins WHERE logins.request_id = claims.request_id AND outcome IS NULL)",
        "DELETE FROM limits WHERE ends <= $1",
    ] {
        deleted += transaction.execute(delete, &[&millis(now)]).await?;
    }
    let forget = "DELETE FROM approvals WHERE ends_at <= $1";
    deleted += transaction
        .execute(forget, &[&(millis(now) - KEPT_MILLISECONDS)])
        .await?;
    transaction.commit().await?;
    Ok(deleted)
}

/// A row of [`SELECT_PROFILES`].
pub(super) fn profile(row: &Row) -> Result<Profile, Failure> {
    let key_id =
        KeyId::parse(row.try_get(3)?).map_err(|_| StoreError::Inconsistent("a profile's id is not one"))?;
    let key = VerifyingKey::from_stored(row.try_get(0)?, row.try_get(1)?)
        .ok_or(StoreError::Inconsistent("a profile's key is not one"))?;
    Ok(Profile {
        key_id,
        key,
        staff: staff_member(row, 5 + session::COLUMN_COUNT)?,
        revoked: row.try_get(2)?,
        generation: row.try_get(4)?,
        signed_in: signed_in(row, 5)?,
    })
}

/// Reads [`SESSION`](super::statements::SESSION), from a column on.
pub(super) fn signed_in(row: &Row, first: usize) -> Result<Option<SignedIn>, Failure> {
    let client = (row.try_get(first + 1)?, row.try_get(first + 2)?);
    Ok(SignedIn::from_stored(
        row.try_get(first)?,
        client,
        row.try_get(first + 3)?,
    )?)
}

/// The person of that number, who is there.
pub(super) async fn member(transaction: &Transaction<'_>, id: i64) -> Result<StaffMember, Failure> {
    let select = format!("SELECT {MEMBER} FROM staff WHERE id = $1");
    staff_member(&transaction.query_one(&select, &[&id]).await?, 0)
}

/// Reads [`MEMBER`], from a column on.
pub(super) fn staff_member(row: &Row, first: usize) -> Result<StaffMember, Failure> {
    let email = CustomerEmail::parse(row.try_get(first + 1)?)
        .map_err(|_| StoreError::Inconsistent("a staff member's address is not one"))?;
    let roles: Vec<&str> = row.try_get(first + 4)?;
    let roles = roles.into_iter().map(str::parse).collect::<Result<_, _>>();
    Ok(StaffMember {
        id: StaffId(row.try_get(first)?),
        email,
        name: row.try_get(first + 2)?,
        disabled: row.try_get::<_, Option<i64>>(first + 3)?.is_some(),
        roles: roles.map_err(|_| StoreError::Inconsistent("a staff member's role is not one"))?,
    })
}
