//! Signing in, and who somebody is at the firm's provider, in SQLite.

use std::collections::BTreeSet;

use async_trait::async_trait;
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension};
use stagedoor_protocol::CustomerEmail;

use super::{
    SqliteStore, administration::select_member, file::Failure, logins::unsigned, millis, timestamp,
    writer::Writing,
};
use crate::spelling::Spelling as _;
use crate::store::{
    IdentityStore, LinkedIdentity, MappedRole, NewStaff, Role, SignIn, SignInAnswer, SignInRefusal,
    SignedOut, StaffDisabled, StaffId, StaffMember, StoreError, Withdrawn, identity::Known,
};

#[async_trait]
impl IdentityStore for SqliteStore {
    async fn add_staff(
        &self,
        new: &NewStaff,
        now: Timestamp,
    ) -> Result<Result<StaffMember, StaffDisabled>, StoreError> {
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
    ) -> Result<Result<SignInAnswer, SignInRefusal>, StoreError> {
        let sign_in = sign_in.clone();
        self.writer
            .write(move |writing| writing.sign_in(&sign_in, now))
            .await
    }

    async fn withdraw_sign_in(
        &self,
        issuer: &str,
        subject: &str,
        now: Timestamp,
    ) -> Result<Option<Withdrawn>, StoreError> {
        let (issuer, subject) = (issuer.to_owned(), subject.to_owned());
        self.writer
            .write(move |writing| writing.withdraw_sign_in(&issuer, &subject, now))
            .await
    }

    async fn sign_out(
        &self,
        of: Option<&CustomerEmail>,
        now: Timestamp,
    ) -> Result<Option<Vec<SignedOut>>, StoreError> {
        let of = of.cloned();
        self.writer
            .write(move |writing| writing.sign_out(of.as_ref(), now))
            .await
    }
}

impl Writing<'_> {
    fn insert_staff(
        &self,
        new: &NewStaff,
        now: Timestamp,
    ) -> Result<Result<StaffMember, StaffDisabled>, Failure> {
        let id = match self.keep_staff(&new.email, new.name.as_deref(), now)? {
            Ok(id) => id,
            Err(refusal) => return Ok(Err(refusal)),
        };
        if let Some(roles) = &new.roles {
            self.set_roles(id, roles)?;
        }
        Ok(Ok(self.member(id)?))
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
    ) -> Result<Result<SignInAnswer, SignInRefusal>, Failure> {
        let known = known(self.connection, sign_in)?;
        // Decided before anything is written: a refusal must leave nothing behind.
        let roles_changed = match sign_in.decide(&known) {
            Ok(changed) => changed,
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
        if known.bound_to.is_none() {
            self.connection
                .prepare_cached(
                    "INSERT INTO identities (issuer, subject, staff_id, bound_at) VALUES (?, ?, ?, ?)",
                )?
                .execute((&sign_in.client.issuer, &sign_in.subject, id.0, now))?;
        }
        self.connection
            .prepare_cached(
                "INSERT INTO profiles (key_id, staff_id, algorithm, public_key, extension_version, enrolled_at, \
                 session_ends_at, session_issuer, session_client) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) \
                 ON CONFLICT (key_id) DO UPDATE SET extension_version = excluded.extension_version, \
                 session_ends_at = excluded.session_ends_at, session_issuer = excluded.session_issuer, \
                 session_client = excluded.session_client, \
                 generation = generation + CASE WHEN session_ends_at IS NULL \
                 OR session_ends_at > excluded.enrolled_at AND session_issuer = excluded.session_issuer \
                 AND session_client = excluded.session_client THEN 0 ELSE 1 END",
            )?
            .execute((
                sign_in.key_id.as_str(),
                id.0,
                sign_in.key.algorithm().as_str(),
                sign_in.key.as_bytes(),
                &sign_in.extension_version,
                now,
                millis(sign_in.session_ends_at),
                &sign_in.client.issuer,
                &sign_in.client.client_id,
            ))?;
        self.set_session_roles(id, sign_in)?;
        Ok(Ok(SignInAnswer {
            staff: self.member(id)?,
            roles_changed,
        }))
    }

    /// What the provider says now counts for all sessions of the person, but gives to this one alone. What a session did while it
    /// had more roles does not count any more, also if it has them again later.
    fn set_session_roles(&self, id: StaffId, sign_in: &SignIn) -> Result<(), Failure> {
        let held: Vec<[String; 4]> = self
            .connection
            .prepare_cached(
                "SELECT key_id, role, claim, value FROM session_roles JOIN profiles USING (key_id) WHERE staff_id = ?",
            )?
            .query_map([id.0], |row| Ok([row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?]))?
            .collect::<rusqlite::Result<_>>()?;
        let mut delete = self.connection.prepare_cached(
            "DELETE FROM session_roles WHERE key_id = ? AND role = ? AND claim = ? AND value = ?",
        )?;
        let mut losing = BTreeSet::new();
        for [key, role, claim, value] in held {
            let same = |given: &MappedRole| {
                given.role.as_str() == role && given.claim == claim && given.value == value
            };
            if !sign_in.roles.iter().any(same) {
                delete.execute([&key, &role, &claim, &value])?;
                losing.insert(key);
            }
        }
        let mut change = self
            .connection
            .prepare_cached("UPDATE profiles SET generation = generation + 1 WHERE key_id = ?")?;
        for key in losing {
            change.execute([key])?;
        }
        let key = sign_in.key_id.as_str();
        let mut insert = self.connection.prepare_cached(
            "INSERT OR IGNORE INTO session_roles (key_id, role, claim, value) VALUES (?, ?, ?, ?)",
        )?;
        for mapped in &sign_in.roles {
            insert.execute((key, mapped.role.as_str(), &mapped.claim, &mapped.value))?;
        }
        Ok(())
    }

    fn withdraw_sign_in(
        &self,
        issuer: &str,
        subject: &str,
        now: Timestamp,
    ) -> Result<Option<Withdrawn>, Failure> {
        let staff = self
            .connection
            .prepare_cached("SELECT staff_id FROM identities WHERE issuer = ? AND subject = ?")?
            .query_row([issuer, subject], |row| row.get(0).map(StaffId))
            .optional()?;
        let Some(staff) = staff else { return Ok(None) };
        let roles = self
            .connection
            .prepare_cached(
                "DELETE FROM session_roles WHERE key_id IN (SELECT key_id FROM profiles WHERE staff_id = ?)",
            )?
            .execute([staff.0])?;
        let ended = self.end_sessions(Some(staff), now)?;
        Ok(Some(Withdrawn {
            staff,
            sessions: ended.first().map_or(0, |ended| ended.sessions),
            had_roles: roles > 0,
        }))
    }

    fn sign_out(
        &self,
        of: Option<&CustomerEmail>,
        now: Timestamp,
    ) -> Result<Option<Vec<SignedOut>>, Failure> {
        let staff = match of {
            None => None,
            Some(email) => match select_member(self.connection, email)? {
                None => return Ok(None),
                Some(member) => Some(member.id),
            },
        };
        Ok(Some(self.end_sessions(staff, now)?))
    }

    /// Of a person, or of everybody. That they are of no provider any more ends them at every relay, whatever its clock says.
    fn end_sessions(&self, of: Option<StaffId>, now: Timestamp) -> Result<Vec<SignedOut>, Failure> {
        let (now, of) = (millis(now), of.map(|staff| staff.0));
        let ended = self
            .connection
            .prepare_cached(
                "SELECT staff_id, count(*) FROM profiles WHERE session_issuer IS NOT NULL AND revoked_at IS NULL \
                 AND session_ends_at > ?1 AND (?2 IS NULL OR staff_id = ?2) GROUP BY staff_id ORDER BY staff_id",
            )?
            .query_map((now, of), |row| {
                Ok(SignedOut {
                    staff: StaffId(row.get(0)?),
                    sessions: unsigned(row, 1)?,
                })
            })?
            .collect::<rusqlite::Result<_>>()?;
        // What was approved in such a session does not count any more, also if its owner signs in again with the same key.
        self.connection
            .prepare_cached(
                "UPDATE profiles SET session_ends_at = min(session_ends_at, ?1), session_issuer = NULL, \
                 session_client = NULL, generation = generation + 1 \
                 WHERE session_issuer IS NOT NULL AND (?2 IS NULL OR staff_id = ?2)",
            )?
            .execute((now, of))?;
        Ok(ended)
    }
}

/// Nobody else writes meanwhile, so it stays true until what follows is written.
fn known(connection: &Connection, sign_in: &SignIn) -> Result<Known, Failure> {
    let member = select_member(connection, &sign_in.email)?;
    let member_is_bound = match &member {
        None => false,
        Some(member) => connection
            .prepare_cached("SELECT 1 FROM identities WHERE staff_id = ? AND issuer = ?")?
            .exists((member.id.0, &sign_in.client.issuer))?,
    };
    Ok(Known {
        bound_to: connection
            .prepare_cached("SELECT staff_id FROM identities WHERE issuer = ? AND subject = ?")?
            .query_row((&sign_in.client.issuer, &sign_in.subject), |row| {
                row.get(0).map(StaffId)
            })
            .optional()?,
        member_is_bound,
        profile: connection
            .prepare_cached("SELECT staff_id, revoked_at IS NOT NULL FROM profiles WHERE key_id = ?")?
            .query_row([sign_in.key_id.as_str()], |row| {
                Ok((StaffId(row.get(0)?), row.get(1)?))
            })
            .optional()?,
        session_roles: match &member {
            None => BTreeSet::new(),
            Some(member) => select_session_roles(connection, member.id)?,
        },
        member,
    })
}

fn select_session_roles(connection: &Connection, id: StaffId) -> Result<BTreeSet<Role>, Failure> {
    let roles: Vec<String> = connection
        .prepare_cached(
            "SELECT DISTINCT role FROM session_roles JOIN profiles USING (key_id) WHERE staff_id = ?",
        )?
        .query_map([id.0], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    let roles = roles.iter().map(|role| role.parse()).collect::<Result<_, _>>();
    Ok(roles.map_err(|_| StoreError::Inconsistent("a session's role is not one"))?)
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
