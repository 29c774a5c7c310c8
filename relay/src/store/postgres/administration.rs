//! What those do in PostgreSQL who look after staff: roles, disabling and enabling, profiles.

use std::collections::{BTreeMap, BTreeSet};

use deadpool_postgres::{Client, Transaction};
use jiff::Timestamp;
use stagedoor_protocol::{CustomerEmail, KeyId};
use tokio_postgres::{Row, types::ToSql};

use super::{
    fault::Failure,
    identities::select_identities,
    millis,
    staff::{member, signed_in, staff_member},
    statements::{MEMBER, SESSION},
    timestamp, unsigned,
};
use crate::spelling::Spelling as _;
use crate::store::{
    EnrolledProfile, OpenInvite, Role, RoleChange, RolesAnswer, SignedIn, StaffDetails, StaffId, StaffMember,
    StaffRow, StoreError, session,
};

pub(super) async fn change_roles(
    client: &mut Client,
    email: &CustomerEmail,
    change: &RoleChange,
) -> Result<RolesAnswer, Failure> {
    let transaction = client.transaction().await?;
    // Two changes at once come one after the other. The roles are read once the row is held: a statement sees what was there
    // when it began.
    let hold = "SELECT id FROM staff WHERE email_folded = $1 FOR UPDATE";
    let Some(held) = transaction.query_opt(hold, &[&email.spelling()]).await? else {
        return Ok(RolesAnswer::Nobody);
    };
    let id: i64 = held.try_get(0)?;
    let staff = member(&transaction, id).await?;
    let Some(roles) = change.apply(&staff.roles) else {
        return Ok(RolesAnswer::TooMany);
    };
    set_roles(&transaction, id, &roles).await?;
    transaction.commit().await?;
    Ok(RolesAnswer::Are(StaffMember { roles, ..staff }))
}

/// What the person approved with more roles does not count any more, also if they have them again later.
pub(super) async fn set_roles(
    transaction: &Transaction<'_>,
    id: i64,
    roles: &BTreeSet<Role>,
) -> Result<(), Failure> {
    let roles: Vec<_> = roles.iter().map(Role::as_str).collect();
    transaction
        .execute(
            "WITH lost AS (DELETE FROM staff_roles WHERE staff_id = $1 AND role <> ALL ($2::text[]) RETURNING role) \
             UPDATE profiles SET generation = generation + 1 WHERE staff_id = $1 AND EXISTS (SELECT FROM lost)",
            &[&id, &roles],
        )
        .await?;
    transaction
        .execute(
            "INSERT INTO staff_roles (staff_id, role) SELECT $1, unnest($2::text[]) ON CONFLICT DO NOTHING",
            &[&id, &roles],
        )
        .await?;
    Ok(())
}

pub(super) async fn disable(
    client: &mut Client,
    email: &CustomerEmail,
    now: Timestamp,
) -> Result<Option<StaffMember>, Failure> {
    let now = millis(now);
    let transaction = client.transaction().await?;
    let disabled = transaction
        .query_opt(
            "UPDATE staff SET disabled_at = $1 WHERE email_folded = $2 AND disabled_at IS NULL RETURNING id",
            &[&now, &email.spelling()],
        )
        .await?;
    let Some(disabled) = disabled else {
        return Ok(None);
    };
    let id: i64 = disabled.try_get(0)?;
    // Inviting the person again later must not bring the old profiles and codes back.
    for revoke in [
        "UPDATE profiles SET revoked_at = $1 WHERE staff_id = $2 AND revoked_at IS NULL",
        "UPDATE invites SET expires_at = $1 WHERE staff_id = $2 AND used_at IS NULL AND expires_at > $1",
    ] {
        transaction.execute(revoke, &[&now, &id]).await?;
    }
    let staff = member(&transaction, id).await?;
    transaction.commit().await?;
    Ok(Some(staff))
}

pub(super) async fn enable(
    client: &mut Client,
    email: &CustomerEmail,
) -> Result<Option<StaffMember>, Failure> {
    let enable = "UPDATE staff SET disabled_at = NULL WHERE email_folded = $1 AND disabled_at IS NOT NULL RETURNING id";
    owner_of(client, enable, &[&email.spelling()]).await
}

pub(super) async fn revoke(
    client: &mut Client,
    key: &KeyId,
    now: Timestamp,
) -> Result<Option<StaffMember>, Failure> {
    let revoke =
        "UPDATE profiles SET revoked_at = $1 WHERE key_id = $2 AND revoked_at IS NULL RETURNING staff_id";
    owner_of(client, revoke, &[&millis(now), &key.as_str()]).await
}

/// The person that a change was made to, if it was: it answers with their number.
async fn owner_of(
    client: &mut Client,
    change: &str,
    values: &[&(dyn ToSql + Sync)],
) -> Result<Option<StaffMember>, Failure> {
    let transaction = client.transaction().await?;
    let Some(changed) = transaction.query_opt(change, values).await? else {
        return Ok(None);
    };
    let staff = member(&transaction, changed.try_get(0)?).await?;
    transaction.commit().await?;
    Ok(Some(staff))
}

pub(super) async fn select_staff(client: &Client) -> Result<Vec<StaffRow>, Failure> {
    let rows = client
        .query(
            &format!(
                "SELECT (SELECT count(*) FROM profiles WHERE staff_id = staff.id AND revoked_at IS NULL), \
                 {MEMBER} FROM staff ORDER BY email_folded",
            ),
            &[],
        )
        .await?;
    let mut sessions = select_sessions(client).await?;
    let row = |row: &Row| {
        let member = staff_member(row, 1)?;
        Ok(StaffRow {
            sessions: sessions.remove(&member.id).unwrap_or_default(),
            member,
            profiles: row.try_get(0)?,
        })
    };
    rows.iter().map(row).collect()
}

/// What sign-ins brought to profiles that are not revoked, by their owners.
async fn select_sessions(client: &Client) -> Result<BTreeMap<StaffId, Vec<SignedIn>>, Failure> {
    let select = format!(
        "SELECT {SESSION}staff_id FROM profiles WHERE revoked_at IS NULL AND session_ends_at IS NOT NULL",
    );
    let mut sessions = BTreeMap::<_, Vec<_>>::new();
    for row in client.query(&select, &[]).await? {
        let id = StaffId(row.try_get(session::COLUMN_COUNT)?);
        sessions.entry(id).or_default().extend(signed_in(&row, 0)?);
    }
    Ok(sessions)
}

pub(super) async fn select_details(
    client: &Client,
    email: &CustomerEmail,
    now: Timestamp,
) -> Result<Option<StaffDetails>, Failure> {
    let select = format!(
        "SELECT created_at, disabled_at, (SELECT count(*) FROM logins WHERE staff_id = staff.id), {MEMBER} \
         FROM staff WHERE email_folded = $1",
    );
    let Some(found) = client.query_opt(&select, &[&email.spelling()]).await? else {
        return Ok(None);
    };
    let member = staff_member(&found, 3)?;
    let select = "SELECT created_at, expires_at FROM invites \
                  WHERE staff_id = $1 AND used_at IS NULL AND expires_at > $2 ORDER BY expires_at";
    let invites = client.query(select, &[&member.id.0, &millis(now)]).await?;
    let invite = |row: &Row| {
        Ok::<_, Failure>(OpenInvite {
            created_at: timestamp(row.try_get(0)?)?,
            expires_at: timestamp(row.try_get(1)?)?,
        })
    };
    let disabled: Option<i64> = found.try_get(1)?;
    Ok(Some(StaffDetails {
        created_at: timestamp(found.try_get(0)?)?,
        disabled_at: disabled.map(timestamp).transpose()?,
        profiles: select_profiles(client, Some(email)).await?,
        identities: select_identities(client, member.id).await?,
        invites: invites.iter().map(invite).collect::<Result<_, _>>()?,
        logins: unsigned(&found, 2)?,
        member,
    }))
}

pub(super) async fn select_profiles(
    client: &Client,
    of: Option<&CustomerEmail>,
) -> Result<Vec<EnrolledProfile>, Failure> {
    let select = format!(
        "SELECT {SESSION}key_id, email, enrolled_at, extension_version, revoked_at \
         FROM profiles JOIN staff ON staff.id = staff_id WHERE $1::text IS NULL OR email_folded = $1 \
         ORDER BY email_folded, enrolled_at, key_id",
    );
    let rows = client
        .query(&select, &[&of.map(|email| email.spelling())])
        .await?;
    rows.iter().map(enrolled_profile).collect()
}

fn enrolled_profile(row: &Row) -> Result<EnrolledProfile, Failure> {
    let first = session::COLUMN_COUNT;
    let revoked: Option<i64> = row.try_get(first + 4)?;
    Ok(EnrolledProfile {
        key_id: KeyId::parse(row.try_get(first)?)
            .map_err(|_| StoreError::Inconsistent("a profile's id is not one"))?,
        email: CustomerEmail::parse(row.try_get(first + 1)?)
            .map_err(|_| StoreError::Inconsistent("a staff member's address is not one"))?,
        enrolled_at: timestamp(row.try_get(first + 2)?)?,
        extension_version: row.try_get(first + 3)?,
        revoked_at: revoked.map(timestamp).transpose()?,
        signed_in: signed_in(row, 0)?,
    })
}
