//! Signing in, and who somebody is at the firm's provider, in SQLite.

use async_trait::async_trait;
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension};
use stagedoor_protocol::CustomerEmail;

use super::{SqliteStore, administration::select_member, file::Failure, millis, timestamp, writer::Writing};
use crate::spelling::Spelling as _;
use crate::store::{
    IdentityStore, LinkedIdentity, NewStaff, SignIn, SignInRefusal, StaffId, StaffMember, StoreError,
    identity::{Known, local_part},
};

#[async_trait]
impl IdentityStore for SqliteStore {
    async fn add_staff(&self, new: &NewStaff, now: Timestamp) -> Result<StaffMember, StoreError> {
        let new = new.clone();
        self.writer
            .write(move |writing| writing.insert_staff(&new, now))
            .await
    }

    async fn unlink_staff(&self, email: &CustomerEmail) -> Result<Option<(StaffMember, u64)>, StoreError> {
        let email = email.clone();
        self.writer.write(move |writing| writing.unlink(&email)).await
    }

    async fn sign_in(
        &self,
        sign_in: &SignIn,
        now: Timestamp,
    ) -> Result<Result<StaffMember, SignInRefusal>, StoreError> {
        let sign_in = sign_in.clone();
        self.writer
            .write(move |writing| writing.sign_in(&sign_in, now))
            .await
    }
}

impl Writing<'_> {
    fn insert_staff(&self, new: &NewStaff, now: Timestamp) -> Result<StaffMember, Failure> {
        let id = self
            .connection
            .prepare_cached(
                "INSERT INTO staff (email, email_folded, name, created_at) \
                 VALUES (?1, ?2, coalesce(?3, ?4), ?5) \
                 ON CONFLICT (email_folded) DO UPDATE SET name = coalesce(?3, name), disabled_at = NULL \
                 RETURNING id",
            )?
            .query_one(
                (
                    new.email.as_str(),
                    new.email.spelling(),
                    &new.name,
                    local_part(&new.email),
                    millis(now),
                ),
                |row| row.get(0).map(StaffId),
            )?;
        if let Some(roles) = &new.roles {
            self.set_roles(id, roles)?;
        }
        self.member(id)
    }

    fn unlink(&self, email: &CustomerEmail) -> Result<Option<(StaffMember, u64)>, Failure> {
        let Some(member) = select_member(self.connection, email)? else {
            return Ok(None);
        };
        let unlinked = self
            .connection
            .prepare_cached("DELETE FROM identities WHERE staff_id = ?")?
            .execute([member.id.0])?;
        Ok(Some((member, unlinked as u64)))
    }

    fn sign_in(
        &self,
        sign_in: &SignIn,
        now: Timestamp,
    ) -> Result<Result<StaffMember, SignInRefusal>, Failure> {
        let known = known(self.connection, sign_in)?;
        // Decided before anything is written: a refusal must leave nothing behind.
        let roles = match sign_in.decide(&known) {
            Ok(roles) => roles,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let now = millis(now);
        let id = match &known.member {
            Some(member) => member.id,
            None => self
                .connection
                .prepare_cached(
                    "INSERT INTO staff (email, email_folded, name, created_at) VALUES (?, ?, ?, ?) RETURNING id",
                )?
                .query_one(
                    (
                        sign_in.email.as_str(),
                        sign_in.email.spelling(),
                        sign_in.name_or_local_part(),
                        now,
                    ),
                    |row| row.get(0).map(StaffId),
                )?,
        };
        if known.member.is_none_or(|member| member.roles != roles) {
            self.set_roles(id, &roles)?;
        }
        if known.bound_to.is_none() {
            self.connection
                .prepare_cached(
                    "INSERT INTO identities (issuer, subject, staff_id, bound_at) VALUES (?, ?, ?, ?)",
                )?
                .execute((&sign_in.issuer, &sign_in.subject, id.0, now))?;
        }
        self.connection
            .prepare_cached(
                "INSERT INTO profiles (key_id, staff_id, algorithm, public_key, extension_version, enrolled_at, \
                 session_ends_at) VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (key_id) DO UPDATE SET \
                 extension_version = excluded.extension_version, session_ends_at = excluded.session_ends_at",
            )?
            .execute((
                sign_in.key_id.as_str(),
                id.0,
                sign_in.key.algorithm().as_str(),
                sign_in.key.as_bytes(),
                &sign_in.extension_version,
                now,
                millis(sign_in.session_ends_at),
            ))?;
        Ok(Ok(self.member(id)?))
    }
}

/// Nobody else writes meanwhile, so it stays true until what follows is written.
fn known(connection: &Connection, sign_in: &SignIn) -> Result<Known, Failure> {
    let member = select_member(connection, &sign_in.email)?;
    let member_is_bound = match &member {
        None => false,
        Some(member) => connection
            .prepare_cached("SELECT 1 FROM identities WHERE staff_id = ? AND issuer = ?")?
            .exists((member.id.0, &sign_in.issuer))?,
    };
    Ok(Known {
        bound_to: connection
            .prepare_cached("SELECT staff_id FROM identities WHERE issuer = ? AND subject = ?")?
            .query_row((&sign_in.issuer, &sign_in.subject), |row| row.get(0).map(StaffId))
            .optional()?,
        member,
        member_is_bound,
        profile: connection
            .prepare_cached("SELECT staff_id, revoked_at IS NOT NULL FROM profiles WHERE key_id = ?")?
            .query_row([sign_in.key_id.as_str()], |row| {
                Ok((StaffId(row.get(0)?), row.get(1)?))
            })
            .optional()?,
    })
}

pub(super) fn select_identities(
    connection: &Connection,
    id: StaffId,
) -> Result<Vec<LinkedIdentity>, Failure> {
    let rows: Vec<(String, String, i64)> = connection
        .prepare_cached(
            "SELECT issuer, subject, bound_at FROM identities WHERE staff_id = ? ORDER BY bound_at, issuer",
        )?
        .query_map([id.0], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
        .collect::<rusqlite::Result<_>>()?;
    let identity = |(issuer, subject, bound)| {
        Ok(LinkedIdentity {
            issuer,
            subject,
            bound_at: timestamp(bound)?,
        })
    };
    rows.into_iter().map(identity).collect()
}
