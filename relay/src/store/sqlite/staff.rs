//! Staff, invites and profiles in SQLite.

use jiff::Timestamp;
use sqlx::{Row, sqlite::SqliteRow};
use stagedoor_protocol::{CustomerEmail, KeyId};

use super::{
    Enrolment, EnrolmentRefusal, NewInvite, Profile, SqliteStore, StaffId, StaffMember, StaffRow, StoreError,
    millis,
};
use crate::store::VerifyingKey;

impl SqliteStore {
    pub(super) async fn insert_invite(
        &self,
        invite: &NewInvite,
        now: Timestamp,
    ) -> Result<StaffMember, StoreError> {
        let local_part = invite.email.as_str().split('@').next().unwrap_or_default();
        let mut transaction = self.begin().await?;
        let row = sqlx::query(
            "INSERT INTO staff (email, email_folded, name, created_at) VALUES (?, ?, coalesce(?, ?), ?) \
             ON CONFLICT (email_folded) DO UPDATE SET name = coalesce(?, name), disabled_at = NULL \
             RETURNING id AS staff_id, email, name, disabled_at",
        )
        .bind(invite.email.as_str())
        .bind(invite.email.folded())
        .bind(&invite.name)
        .bind(local_part)
        .bind(millis(now))
        .bind(&invite.name)
        .fetch_one(&mut *transaction)
        .await?;
        let staff = staff_member(&row)?;
        sqlx::query(
            "INSERT INTO invites (code_sha256, staff_id, created_at, expires_at) VALUES (?, ?, ?, ?)",
        )
        .bind(&invite.code_sha256[..])
        .bind(staff.id.0)
        .bind(millis(now))
        .bind(millis(invite.expires_at))
        .execute(&mut *transaction)
        .await?;
        transaction.commit().await?;
        Ok(staff)
    }

    pub(super) async fn select_staff(&self) -> Result<Vec<StaffRow>, StoreError> {
        let rows = sqlx::query(
            "SELECT id AS staff_id, email, name, disabled_at, \
             (SELECT count(*) FROM profiles WHERE staff_id = staff.id AND revoked_at IS NULL) AS profiles \
             FROM staff ORDER BY email_folded",
        )
        .fetch_all(&self.pool)
        .await?;
        let row = |row: &SqliteRow| {
            Ok(StaffRow {
                member: staff_member(row)?,
                profiles: row.try_get("profiles")?,
            })
        };
        rows.iter().map(row).collect()
    }

    pub(super) async fn update_staff_disabled(
        &self,
        email: &CustomerEmail,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let now = millis(now);
        let mut transaction = self.begin().await?;
        let id = sqlx::query_scalar::<_, i64>(
            "UPDATE staff SET disabled_at = ? WHERE email_folded = ? AND disabled_at IS NULL RETURNING id",
        )
        .bind(now)
        .bind(email.folded())
        .fetch_optional(&mut *transaction)
        .await?;
        let Some(id) = id else { return Ok(false) };
        // Inviting the person again later must not bring the old profiles and codes back.
        sqlx::query("UPDATE profiles SET revoked_at = ? WHERE staff_id = ? AND revoked_at IS NULL")
            .bind(now)
            .bind(id)
            .execute(&mut *transaction)
            .await?;
        sqlx::query(
            "UPDATE invites SET expires_at = ? WHERE staff_id = ? AND used_at IS NULL AND expires_at > ?",
        )
        .bind(now)
        .bind(id)
        .bind(now)
        .execute(&mut *transaction)
        .await?;
        transaction.commit().await?;
        Ok(true)
    }

    pub(super) async fn select_profile(&self, key: &KeyId) -> Result<Option<Profile>, StoreError> {
        let row = sqlx::query(
            "SELECT algorithm, public_key, revoked_at, staff_id, email, name, disabled_at \
             FROM profiles JOIN staff ON staff.id = staff_id WHERE key_id = ?",
        )
        .bind(key.as_str())
        .fetch_optional(&self.pool)
        .await?;
        let Some(row) = row else { return Ok(None) };
        let verifying_key = VerifyingKey::from_stored(row.try_get("algorithm")?, row.try_get("public_key")?)
            .ok_or(StoreError::Inconsistent("a profile's key is not one"))?;
        Ok(Some(Profile {
            key_id: key.clone(),
            key: verifying_key,
            staff: staff_member(&row)?,
            revoked: row.try_get::<Option<i64>, _>("revoked_at")?.is_some(),
        }))
    }

    pub(super) async fn insert_profile(
        &self,
        enrolment: &Enrolment,
        now: Timestamp,
    ) -> Result<Result<StaffMember, EnrolmentRefusal>, StoreError> {
        let now = millis(now);
        let mut transaction = self.begin().await?;
        // Spending the code first makes the rest happen once, and only for a good code.
        let staff = sqlx::query(
            "UPDATE invites SET used_at = ?, used_by_key = ? FROM staff WHERE code_sha256 = ? AND used_at IS NULL \
             AND expires_at > ? AND staff.id = staff_id AND staff.disabled_at IS NULL \
             RETURNING staff_id, \
             (SELECT email FROM staff WHERE id = staff_id) AS email, \
             (SELECT name FROM staff WHERE id = staff_id) AS name, NULL AS disabled_at",
        )
        .bind(now)
        .bind(enrolment.key_id.as_str())
        .bind(&enrolment.code_sha256[..])
        .bind(now)
        .fetch_optional(&mut *transaction)
        .await?;
        let Some(staff) = staff else {
            return Ok(Err(EnrolmentRefusal::Code));
        };
        let staff = staff_member(&staff)?;
        // A revoked key may come back, by a new code.
        let enrolled = sqlx::query(
            "INSERT INTO profiles (key_id, staff_id, algorithm, public_key, extension_version, enrolled_at) \
             VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (key_id) DO UPDATE SET staff_id = excluded.staff_id, \
             extension_version = excluded.extension_version, enrolled_at = excluded.enrolled_at, revoked_at = NULL \
             WHERE revoked_at IS NOT NULL",
        )
        .bind(enrolment.key_id.as_str())
        .bind(staff.id.0)
        .bind(enrolment.key.algorithm().as_str())
        .bind(enrolment.key.as_bytes())
        .bind(&enrolment.extension_version)
        .bind(now)
        .execute(&mut *transaction)
        .await?;
        if enrolled.rows_affected() == 0 {
            // Dropping the transaction rolls back, so the code stays good.
            return Ok(Err(EnrolmentRefusal::AlreadyEnrolled));
        }
        transaction.commit().await?;
        Ok(Ok(staff))
    }
}

fn staff_member(row: &SqliteRow) -> Result<StaffMember, StoreError> {
    let email = CustomerEmail::parse(row.try_get("email")?)
        .map_err(|_| StoreError::Inconsistent("a staff member's address is not one"))?;
    Ok(StaffMember {
        id: StaffId(row.try_get("staff_id")?),
        email,
        name: row.try_get("name")?,
        disabled: row.try_get::<Option<i64>, _>("disabled_at")?.is_some(),
    })
}
