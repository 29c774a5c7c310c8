//! Staff, invites and profiles in SQLite, as requests and invitations need them.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row};
use stagedoor_protocol::{CustomerEmail, KeyId};

use super::{administration::select_member, file::Failure, millis, writer::Writing};
use crate::spelling::{Spelling as _, as_staff};
use crate::store::{
    Enrolment, EnrolmentRefusal, Invited, NewInvite, Profile, SignedIn, StaffDisabled, StaffId, StaffMember,
    StoreError, VerifyingKey, identity::local_part, session,
};

/// What [`staff_member`] reads.
pub(super) const MEMBER: &str = "staff.id, email, name, disabled_at, \
                      (SELECT group_concat(role, ' ') FROM staff_roles WHERE staff_id = staff.id)";

/// What [`signed_in`] reads.
pub(super) const SESSION: &str = "session_ends_at, session_issuer, session_client, (SELECT json_group_array(json_array(role, claim, value)) \
                      FROM session_roles WHERE session_roles.key_id = profiles.key_id)";

impl Writing<'_> {
    pub(super) fn insert_invite(
        &self,
        invite: &NewInvite,
        now: Timestamp,
    ) -> Result<Result<Invited, StaffDisabled>, Failure> {
        let id = match self.keep_staff(&invite.email, invite.name.as_deref(), now)? {
            Ok(id) => id,
            Err(refusal) => return Ok(Err(refusal)),
        };
        if let Some(roles) = &invite.roles {
            self.set_roles(id, roles)?;
        }
        // They ended long ago, so they are void whatever a relay's clock says.
        let voided = self
            .connection
            .prepare_cached(
                "UPDATE invites SET expires_at = 0 WHERE staff_id = ? AND used_at IS NULL AND expires_at > ?",
            )?
            .execute((id.0, millis(now)))?;
        self.connection
            .prepare_cached(
                "INSERT INTO invites (code_sha256, staff_id, created_at, expires_at) VALUES (?, ?, ?, ?)",
            )?
            .execute((
                &invite.code_sha256[..],
                id.0,
                millis(now),
                millis(invite.expires_at),
            ))?;
        Ok(Ok(Invited {
            staff: self.member(id)?,
            voided: voided as u64,
        }))
    }

    /// Somebody who is known from then on, with a name if one is given. Only `staff enable` enables a disabled person, so that
    /// nobody does it without knowing. Whoever is known is never inserted, which would use up a number.
    pub(super) fn keep_staff(
        &self,
        email: &CustomerEmail,
        name: Option<&str>,
        now: Timestamp,
    ) -> Result<Result<StaffId, StaffDisabled>, Failure> {
        let id = match select_member(self.connection, email)? {
            Some(member) if member.disabled => return Ok(Err(StaffDisabled(member.id))),
            Some(member) => {
                self.connection
                    .prepare_cached("UPDATE staff SET name = coalesce(?, name) WHERE id = ?")?
                    .execute((name, member.id.0))?;
                member.id
            }
            None => self
                .connection
                .prepare_cached(
                    "INSERT INTO staff (email, email_folded, name, created_at) VALUES (?, ?, ?, ?) RETURNING id",
                )?
                .query_one(
                    (
                        email.as_str(),
                        email.spelling(),
                        name.unwrap_or_else(|| local_part(email)),
                        millis(now),
                    ),
                    |row| row.get(0).map(StaffId),
                )?,
        };
        Ok(Ok(id))
    }

    pub(super) fn insert_profile(
        &self,
        enrolment: &Enrolment,
        now: Timestamp,
    ) -> Result<Result<StaffMember, EnrolmentRefusal>, Failure> {
        let Some(staff) = select_invited(self.connection, &enrolment.code_sha256, now)? else {
            return Ok(Err(EnrolmentRefusal::Code));
        };
        let now = millis(now);
        // A revoked key may come back, by a new code.
        let enrolled = self
            .connection
            .prepare_cached(
                "INSERT INTO profiles (key_id, staff_id, algorithm, public_key, extension_version, enrolled_at) \
                 VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (key_id) DO UPDATE SET staff_id = excluded.staff_id, \
                 extension_version = excluded.extension_version, enrolled_at = excluded.enrolled_at, \
                 generation = generation + 1, revoked_at = NULL, session_ends_at = NULL, session_issuer = NULL, \
                 session_client = NULL WHERE revoked_at IS NOT NULL",
            )?
            .execute((
                enrolment.key_id.as_str(),
                staff.id.0,
                enrolment.key.algorithm().as_str(),
                enrolment.key.as_bytes(),
                &enrolment.extension_version,
                now,
            ))?;
        if enrolled == 0 {
            // Nothing was written, so the code stays good.
            return Ok(Err(EnrolmentRefusal::AlreadyEnrolled));
        }
        self.connection
            .prepare_cached("DELETE FROM session_roles WHERE key_id = ?")?
            .execute([enrolment.key_id.as_str()])?;
        self.connection
            .prepare_cached("UPDATE invites SET used_at = ?, used_by_key = ? WHERE code_sha256 = ?")?
            .execute((now, enrolment.key_id.as_str(), &enrolment.code_sha256[..]))?;
        Ok(Ok(staff))
    }
}

/// Whom a code that is good enrols.
pub(super) fn select_invited(
    connection: &Connection,
    code_sha256: &[u8; 32],
    now: Timestamp,
) -> Result<Option<StaffMember>, Failure> {
    let found = connection
        .prepare_cached(&format!(
            "SELECT {MEMBER} FROM invites JOIN staff ON staff.id = staff_id \
             WHERE code_sha256 = ? AND used_at IS NULL AND expires_at > ? AND disabled_at IS NULL",
        ))?
        .query_row((&code_sha256[..], millis(now)), |row| staff_member(row, 0))
        .optional()?;
    Ok(found.transpose()?)
}

pub(super) fn is_staff(connection: &Connection, email: &CustomerEmail) -> Result<bool, Failure> {
    Ok(connection
        .prepare_cached("SELECT 1 FROM staff WHERE email_folded IN (?, ?)")?
        .exists(as_staff(email))?)
}

pub(super) fn select_profile(connection: &Connection, key: &KeyId) -> Result<Option<Profile>, Failure> {
    type Found = (
        String,
        Vec<u8>,
        bool,
        i64,
        Result<Option<SignedIn>, StoreError>,
        Result<StaffMember, StoreError>,
    );
    let found: Option<Found> = connection
        .prepare_cached(&format!(
            "SELECT algorithm, public_key, revoked_at IS NOT NULL, generation, {SESSION}, {MEMBER} \
             FROM profiles JOIN staff ON staff.id = staff_id WHERE key_id = ?",
        ))?
        .query_row([key.as_str()], |row| {
            Ok((
                row.get(0)?,
                row.get(1)?,
                row.get(2)?,
                row.get(3)?,
                signed_in(row, 4)?,
                staff_member(row, 4 + session::COLUMN_COUNT)?,
            ))
        })
        .optional()?;
    let Some((algorithm, public_key, revoked, generation, session, staff)) = found else {
        return Ok(None);
    };
    let verifying_key = VerifyingKey::from_stored(&algorithm, &public_key)
        .ok_or(StoreError::Inconsistent("a profile's key is not one"))?;
    Ok(Some(Profile {
        key_id: key.clone(),
        key: verifying_key,
        staff: staff?,
        revoked,
        generation,
        signed_in: session?,
    }))
}

/// Reads [`SESSION`], from a column on.
pub(super) fn signed_in(
    row: &Row<'_>,
    first: usize,
) -> rusqlite::Result<Result<Option<SignedIn>, StoreError>> {
    let client = (row.get(first + 1)?, row.get(first + 2)?);
    let roles: Option<String> = row.get(first + 3)?;
    Ok(SignedIn::from_stored(row.get(first)?, client, roles.as_deref()))
}

/// Reads [`MEMBER`], from a column on.
pub(super) fn staff_member(row: &Row<'_>, first: usize) -> rusqlite::Result<Result<StaffMember, StoreError>> {
    let email: String = row.get(first + 1)?;
    let Ok(email) = CustomerEmail::parse(&email) else {
        return Ok(Err(StoreError::Inconsistent(
            "a staff member's address is not one",
        )));
    };
    let roles: Option<String> = row.get(first + 4)?;
    let roles = roles.iter().flat_map(|roles| roles.split(' ')).map(str::parse);
    let Ok(roles) = roles.collect() else {
        return Ok(Err(StoreError::Inconsistent("a staff member's role is not one")));
    };
    Ok(Ok(StaffMember {
        id: StaffId(row.get(first)?),
        email,
        name: row.get(first + 2)?,
        disabled: row.get::<_, Option<i64>>(first + 3)?.is_some(),
        roles,
    }))
}
