//! What those do in SQLite who look after staff: roles, disabling and enabling, profiles.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row};
use stagedoor_protocol::{CustomerEmail, KeyId};

use super::{
    file::Failure,
    identities::select_identities,
    millis,
    staff::{MEMBER, SESSION, signed_in, staff_member},
    timestamp,
    writer::Writing,
};
use crate::spelling::Spelling as _;
use crate::store::{
    EnrolledProfile, OpenInvite, Role, RoleChange, RolesAnswer, SignedIn, StaffDetails, StaffId, StaffMember,
    StaffRow, StoreError,
};

impl Writing<'_> {
    pub(super) fn change_roles(
        &self,
        email: &CustomerEmail,
        change: &RoleChange,
    ) -> Result<RolesAnswer, Failure> {
        let Some(staff) = select_member(self.connection, email)? else {
            return Ok(RolesAnswer::Nobody);
        };
        let Some(roles) = change.apply(&staff.roles) else {
            return Ok(RolesAnswer::TooMany);
        };
        self.set_roles(staff.id, &roles)?;
        Ok(RolesAnswer::Are(StaffMember { roles, ..staff }))
    }

    /// What the person approved with more roles does not count any more, also if they have them again later.
    pub(super) fn set_roles(&self, id: StaffId, roles: &BTreeSet<Role>) -> Result<(), Failure> {
        let has: BTreeSet<String> = self
            .connection
            .prepare_cached("DELETE FROM staff_roles WHERE staff_id = ? RETURNING role")?
            .query_map([id.0], |row| row.get(0))?
            .collect::<Result<_, _>>()?;
        if has
            .iter()
            .any(|had| !roles.iter().any(|role| role.as_str() == had))
        {
            self.connection
                .prepare_cached("UPDATE profiles SET generation = generation + 1 WHERE staff_id = ?")?
                .execute([id.0])?;
        }
        let mut insert = self
            .connection
            .prepare_cached("INSERT INTO staff_roles (staff_id, role) VALUES (?, ?)")?;
        for role in roles {
            insert.execute((id.0, role.as_str()))?;
        }
        Ok(())
    }

    pub(super) fn member(&self, id: StaffId) -> Result<StaffMember, Failure> {
        let select = format!("SELECT {MEMBER} FROM staff WHERE id = ?");
        Ok(self
            .connection
            .prepare_cached(&select)?
            .query_one([id.0], |row| staff_member(row, 0))??)
    }

    pub(super) fn disable(
        &self,
        email: &CustomerEmail,
        now: Timestamp,
    ) -> Result<Option<StaffMember>, Failure> {
        let now = millis(now);
        let id: Option<i64> = self
            .connection
            .prepare_cached(
                "UPDATE staff SET disabled_at = ? WHERE email_folded = ? AND disabled_at IS NULL RETURNING id",
            )?
            .query_row((now, email.spelling()), |row| row.get(0))
            .optional()?;
        let Some(id) = id else { return Ok(None) };
        // Inviting the person again later must not bring the old profiles and codes back.
        self.connection
            .prepare_cached("UPDATE profiles SET revoked_at = ? WHERE staff_id = ? AND revoked_at IS NULL")?
            .execute((now, id))?;
        self.connection
            .prepare_cached(
                "UPDATE invites SET expires_at = ?1 WHERE staff_id = ?2 AND used_at IS NULL AND expires_at > ?1",
            )?
            .execute((now, id))?;
        Ok(Some(self.member(StaffId(id))?))
    }

    pub(super) fn enable(&self, email: &CustomerEmail) -> Result<Option<StaffMember>, Failure> {
        let id = self
            .connection
            .prepare_cached(
                "UPDATE staff SET disabled_at = NULL WHERE email_folded = ? AND disabled_at IS NOT NULL RETURNING id",
            )?
            .query_row([email.spelling()], |row| row.get(0).map(StaffId))
            .optional()?;
        id.map(|id| self.member(id)).transpose()
    }

    pub(super) fn revoke(&self, key: &KeyId, now: Timestamp) -> Result<Option<StaffMember>, Failure> {
        let id = self
            .connection
            .prepare_cached(
                "UPDATE profiles SET revoked_at = ? WHERE key_id = ? AND revoked_at IS NULL RETURNING staff_id",
            )?
            .query_row((millis(now), key.as_str()), |row| row.get(0).map(StaffId))
            .optional()?;
        id.map(|id| self.member(id)).transpose()
    }
}

pub(super) fn select_staff(connection: &Connection) -> Result<Vec<StaffRow>, Failure> {
    let mut select = connection.prepare_cached(&format!(
        "SELECT (SELECT count(*) FROM profiles WHERE staff_id = staff.id AND revoked_at IS NULL), {MEMBER} \
         FROM staff ORDER BY email_folded",
    ))?;
    let rows = select.query_map([], |row| {
        let profiles = row.get(0)?;
        Ok(staff_member(row, 1)?.map(|member| (member, profiles)))
    })?;
    let rows: Vec<_> = rows.collect::<rusqlite::Result<_>>()?;
    let mut sessions = select_sessions(connection)?;
    let row = |(member, profiles): (StaffMember, i64)| StaffRow {
        sessions: sessions.remove(&member.id).unwrap_or_default(),
        member,
        profiles,
    };
    let rows = rows.into_iter().collect::<Result<Vec<_>, StoreError>>()?;
    Ok(rows.into_iter().map(row).collect())
}

/// What sign-ins brought to profiles that are not revoked, by their owners.
fn select_sessions(connection: &Connection) -> Result<BTreeMap<StaffId, Vec<SignedIn>>, Failure> {
    let mut select = connection.prepare_cached(&format!(
        "SELECT staff_id, {SESSION} FROM profiles WHERE revoked_at IS NULL AND session_ends_at IS NOT NULL",
    ))?;
    let rows = select.query_map([], |row| Ok((StaffId(row.get(0)?), signed_in(row, 1)?)))?;
    let mut sessions = BTreeMap::<_, Vec<_>>::new();
    for row in rows {
        let (id, session) = row?;
        sessions.entry(id).or_default().extend(session?);
    }
    Ok(sessions)
}

pub(super) fn select_member(
    connection: &Connection,
    email: &CustomerEmail,
) -> Result<Option<StaffMember>, Failure> {
    let found = connection
        .prepare_cached(&format!("SELECT {MEMBER} FROM staff WHERE email_folded = ?"))?
        .query_row([email.spelling()], |row| staff_member(row, 0))
        .optional()?;
    Ok(found.transpose()?)
}

pub(super) fn select_details(
    connection: &Connection,
    email: &CustomerEmail,
    now: Timestamp,
) -> Result<Option<StaffDetails>, Failure> {
    let found = connection
        .prepare_cached(&format!(
            "SELECT created_at, disabled_at, (SELECT count(*) FROM logins WHERE staff_id = staff.id), {MEMBER} \
             FROM staff WHERE email_folded = ?",
        ))?
        .query_row([email.spelling()], |row| {
            let times: (i64, Option<i64>, i64) = (row.get(0)?, row.get(1)?, row.get(2)?);
            Ok((times, staff_member(row, 3)?))
        })
        .optional()?;
    let Some(((created, disabled, logins), member)) = found else {
        return Ok(None);
    };
    let member = member?;
    let invites: Vec<(i64, i64)> = connection
        .prepare_cached(
            "SELECT created_at, expires_at FROM invites \
             WHERE staff_id = ? AND used_at IS NULL AND expires_at > ? ORDER BY expires_at",
        )?
        .query_map((member.id.0, millis(now)), |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<rusqlite::Result<_>>()?;
    let invite = |(created, expires)| {
        Ok(OpenInvite {
            created_at: timestamp(created)?,
            expires_at: timestamp(expires)?,
        })
    };
    Ok(Some(StaffDetails {
        created_at: timestamp(created)?,
        disabled_at: disabled.map(timestamp).transpose()?,
        profiles: select_profiles(connection, Some(email))?,
        identities: select_identities(connection, member.id)?,
        invites: invites
            .into_iter()
            .map(invite)
            .collect::<Result<_, StoreError>>()?,
        logins: logins.cast_unsigned(),
        member,
    }))
}

pub(super) fn select_profiles(
    connection: &Connection,
    of: Option<&CustomerEmail>,
) -> Result<Vec<EnrolledProfile>, Failure> {
    let mut select = connection.prepare_cached(&format!(
        "SELECT key_id, email, enrolled_at, extension_version, revoked_at, {SESSION} \
         FROM profiles JOIN staff ON staff.id = staff_id WHERE ?1 IS NULL OR email_folded = ?1 \
         ORDER BY email_folded, enrolled_at, key_id",
    ))?;
    let rows = select.query_map([of.map(|email| email.spelling())], |row| {
        Ok(enrolled_profile(row))
    })?;
    let rows: Vec<_> = rows.collect::<rusqlite::Result<_>>()?;
    rows.into_iter().collect()
}

fn enrolled_profile(row: &Row<'_>) -> Result<EnrolledProfile, Failure> {
    let (key_id, email): (String, String) = (row.get(0)?, row.get(1)?);
    Ok(EnrolledProfile {
        key_id: KeyId::parse(&key_id).map_err(|_| StoreError::Inconsistent("a profile's id is not one"))?,
        email: CustomerEmail::parse(&email)
            .map_err(|_| StoreError::Inconsistent("a staff member's address is not one"))?,
        enrolled_at: timestamp(row.get(2)?)?,
        extension_version: row.get(3)?,
        revoked_at: row.get::<_, Option<i64>>(4)?.map(timestamp).transpose()?,
        signed_in: signed_in(row, 5)??,
    })
}
