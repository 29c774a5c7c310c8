//! Logins in SQLite: a row each in the projection, and their records in the ledger.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row};
use stagedoor_protocol::{ErrorCode, OutcomeReport, RequestId};

use super::{
    approvals::select_approval,
    claims::{claim_customer, hold_customer, holder, release_customer},
    file::Failure,
    millis,
    staff::{is_staff, select_profile},
    writer::Writing,
};
use crate::spelling::Spelling as _;
use crate::{
    events::{Decision, Event, end_of},
    store::{
        Completion, Intent, IntentAnswer, LoginFilter, LoginRecords, MintOutcome, StaffId, StoreError,
        Subscribers, entries, limits::Judged,
    },
};

/// Intents closed in one transaction; a start after a crash must not hold the lock for long.
const CLOSED_AT_ONCE: u32 = 256;

/// A login as far as its end needs it.
struct Stored {
    intent_seq: u64,
    staff: Option<i64>,
    outcome: Option<String>,
    cause: Option<String>,
}

impl Writing<'_> {
    pub(super) fn insert_intent(
        &mut self,
        intent: &Intent,
        subscribers: &Subscribers,
    ) -> Result<IntentAnswer, Failure> {
        if !self.insert_nonce(&intent.key_id, &intent.nonce, intent.nonce_expires_at)? {
            return Ok(IntentAnswer::Replayed);
        }
        let profile = select_profile(self.connection, &intent.key_id)?;
        let profile = profile.filter(|profile| intent.is_by(profile));
        let Some(profile) = profile else {
            self.delete_nonce(&intent.key_id, &intent.nonce)?;
            return Ok(IntentAnswer::ProfileChanged);
        };
        if self.stored(&intent.request_id)?.is_some() {
            return Ok(IntentAnswer::Repeated);
        }
        if is_staff(self.connection, &intent.customer_email)? {
            return Ok(IntentAnswer::CustomerIsStaff);
        }
        let found = match &intent.approval {
            Some(named) => select_approval(self.connection, &named.id)?,
            None => None,
        };
        let approved = match intent.approved(found.as_ref()) {
            Ok(approved) => approved,
            Err(fault) => return Ok(IntentAnswer::NotApproved(fault)),
        };
        let overridden = match holder(self.connection, intent)? {
            Some(held) if !intent.may_take_over(&held.claim) => return Ok(IntentAnswer::Claimed(held.claim)),
            Some(held) if held.open => {
                self.delete_nonce(&intent.key_id, &intent.nonce)?;
                return Ok(IntentAnswer::UnderWay(held.claim));
            }
            Some(held) => held.intent.filter(|_| held.claim.staff != intent.staff.id),
            None => None,
        };
        match self.count_in_limits(&intent.limits, intent.requested_at)? {
            Judged::Admitted(_) => {}
            Judged::Busy(wait, _) => {
                self.delete_nonce(&intent.key_id, &intent.nonce)?;
                return Ok(IntentAnswer::Busy(wait));
            }
            Judged::Reached(reached, _) => {
                if reached.first {
                    let event = Event::limit(&intent.asked(), &reached, intent.requested_at)?;
                    self.announce(subscribers, &event)?;
                }
                return Ok(IntentAnswer::Limited(reached));
            }
        }
        if intent.canary {
            self.announce(
                subscribers,
                &Event::canary(&intent.asked(), Decision::Allowed, intent.requested_at)?,
            )?;
        }
        let (entry, openings) = entries::intent(intent, profile.method(), overridden, approved.as_ref())?;
        let sequence = self.append(intent.requested_at, entry, &openings)?;
        self.connection
            .prepare_cached(
                "INSERT INTO logins (request_id, intent_seq, staff_id, platform, customer_folded, requested_at) \
                 VALUES (?, ?, ?, ?, ?, ?)",
            )?
            .execute((
                intent.request_id.as_str(),
                sequence.cast_signed(),
                intent.staff.id.0,
                intent.platform.as_str(),
                intent.customer_email.spelling(),
                millis(intent.requested_at),
            ))?;
        claim_customer(self.connection, intent)?;
        if let Some(approved) = approved {
            self.use_approval(&approved.id)?;
        }
        Ok(IntentAnswer::Recorded)
    }

    pub(super) fn complete(
        &mut self,
        id: &RequestId,
        completion: &Completion,
        subscribers: &Subscribers,
    ) -> Result<(), Failure> {
        let outcome = completion.outcome;
        let stored = self
            .stored(id)?
            .ok_or(StoreError::Inconsistent("a login to complete is not there"))?;
        match &stored.outcome {
            // The answer to an earlier attempt was lost.
            Some(name) if name == outcome.as_str() && stored.cause.as_deref() == outcome.cause() => {
                return Ok(());
            }
            Some(_) => {
                return Err(
                    StoreError::Inconsistent("a login to complete has ended otherwise already").into(),
                );
            }
            None => {}
        }
        self.end(id, &stored, completion, subscribers)
    }

    fn end(
        &mut self,
        id: &RequestId,
        login: &Stored,
        completion: &Completion,
        subscribers: &Subscribers,
    ) -> Result<(), Failure> {
        let outcome = completion.outcome;
        if subscribers.want(end_of(outcome)) {
            let event = Event::ended(id, login.staff, outcome, completion.at)?;
            self.announce(subscribers, &event)?;
        }
        let entry = entries::outcome(id, login.intent_seq, completion);
        let sequence = self.append(completion.at, entry, &entries::Openings::default())?;
        self.connection
            .prepare_cached("UPDATE logins SET outcome_seq = ?, outcome = ?, cause = ? WHERE request_id = ?")?
            .execute((
                sequence.cast_signed(),
                outcome.as_str(),
                outcome.cause(),
                id.as_str(),
            ))?;
        match outcome {
            MintOutcome::Minted(None) | MintOutcome::Unknown(_) => {
                hold_customer(self.connection, id, completion.claimed_until)?;
            }
            // There is no token, or nobody has it.
            MintOutcome::Failed(_) | MintOutcome::Minted(Some(_)) => release_customer(self.connection, id)?,
        }
        Ok(())
    }

    /// Closes open intents below a sequence: those of relays that are gone.
    pub(super) fn close_open_intents(
        &mut self,
        below: u64,
        subscribers: &Subscribers,
        now: Timestamp,
    ) -> Result<u64, Failure> {
        // The index is named: SQLite would rather read all logins in their order, each minute.
        let open: Vec<(String, Stored)> = self
            .connection
            .prepare_cached(
                "SELECT request_id, intent_seq, staff_id, outcome, cause FROM logins INDEXED BY logins_open \
                 WHERE outcome IS NULL AND intent_seq < ? LIMIT ?",
            )?
            .query_map((below.cast_signed(), CLOSED_AT_ONCE), |row| {
                Ok((row.get(0)?, stored(row, 1)?))
            })?
            .collect::<rusqlite::Result<_>>()?;
        let completion = Completion {
            outcome: MintOutcome::Unknown(ErrorCode::OutcomeUnknown),
            duration_ms: None,
            at: now,
            // Whatever was minted then has ended, or will before anybody could be told of it.
            claimed_until: now,
        };
        for (id, login) in &open {
            self.end(&parse_id(id)?, login, &completion, subscribers)?;
        }
        Ok(open.len() as u64)
    }

    pub(super) fn insert_report(
        &mut self,
        staff: StaffId,
        id: &RequestId,
        report: &OutcomeReport,
        now: Timestamp,
    ) -> Result<bool, Failure> {
        let intent = self
            .connection
            .prepare_cached(
                "SELECT intent_seq FROM logins WHERE request_id = ? AND staff_id = ? AND outcome = 'minted' \
                 AND cause IS NULL",
            )?
            .query_row((id.as_str(), staff.0), |row| unsigned(row, 0))
            .optional()?;
        let Some(intent) = intent else { return Ok(false) };
        let kind = entries::report_name(report.outcome);
        let known = self
            .connection
            .prepare_cached("SELECT 1 FROM reports WHERE request_id = ? AND outcome = ?")?
            .exists((id.as_str(), kind))?;
        // A report that is sent again changes nothing: the first one stands.
        if known {
            return Ok(true);
        }
        let (entry, openings) = entries::report(id, intent, report)?;
        let sequence = self.append(now, entry, &openings)?;
        self.connection
            .prepare_cached("INSERT INTO reports (request_id, outcome, seq) VALUES (?, ?, ?)")?
            .execute((id.as_str(), kind, sequence.cast_signed()))?;
        if entries::ends_the_claim(report.outcome) {
            release_customer(self.connection, id)?;
        }
        Ok(true)
    }

    fn stored(&self, id: &RequestId) -> Result<Option<Stored>, Failure> {
        let stored = self
            .connection
            .prepare_cached("SELECT intent_seq, staff_id, outcome, cause FROM logins WHERE request_id = ?")?
            .query_row([id.as_str()], |row| stored(row, 0))
            .optional()?;
        Ok(stored)
    }
}

pub(super) fn select_login(connection: &Connection, id: &RequestId) -> Result<Option<LoginRecords>, Failure> {
    let found = connection
        .prepare_cached("SELECT request_id, intent_seq, outcome_seq FROM logins WHERE request_id = ?")?
        .query_row([id.as_str()], login)
        .optional()?;
    found.map(|found| with_reports(connection, found)).transpose()
}

/// One relay serves from a file, and at its start it closed what was open: all of these are its own.
pub(super) fn select_open(connection: &Connection, limit: u32) -> Result<Vec<RequestId>, Failure> {
    let ids: Vec<String> = connection
        .prepare_cached(
            "SELECT request_id FROM logins INDEXED BY logins_open WHERE outcome IS NULL \
             ORDER BY intent_seq LIMIT ?",
        )?
        .query_map([limit], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    Ok(ids.iter().map(|id| parse_id(id)).collect::<Result<_, _>>()?)
}

pub(super) fn select_logins(
    connection: &Connection,
    filter: &LoginFilter,
    limit: u32,
) -> Result<Vec<LoginRecords>, Failure> {
    let found: Vec<_> = connection
        .prepare_cached(
            "SELECT request_id, intent_seq, outcome_seq FROM logins WHERE intent_seq > ?1 \
             AND (?2 IS NULL OR staff_id = (SELECT id FROM staff WHERE email_folded = ?2)) \
             AND (?3 IS NULL OR customer_folded = ?3) AND (?4 IS NULL OR platform = ?4) \
             AND (?5 IS NULL OR coalesce(outcome, 'open') = ?5) \
             AND (?6 IS NULL OR requested_at >= ?6) AND (?7 IS NULL OR requested_at < ?7) \
             ORDER BY intent_seq LIMIT ?8",
        )?
        .query_map(
            (
                filter.after.map_or(-1, u64::cast_signed),
                filter.staff.as_ref().map(|email| email.spelling()),
                filter.customer.as_ref().map(|email| email.spelling()),
                filter.platform.as_ref().map(|platform| platform.as_str()),
                filter.outcome.as_deref(),
                filter.from.map(millis),
                filter.to.map(millis),
                limit,
            ),
            login,
        )?
        .collect::<rusqlite::Result<_>>()?;
    found
        .into_iter()
        .map(|found| with_reports(connection, found))
        .collect()
}

fn stored(row: &Row<'_>, first: usize) -> rusqlite::Result<Stored> {
    Ok(Stored {
        intent_seq: unsigned(row, first)?,
        staff: row.get(first + 1)?,
        outcome: row.get(first + 2)?,
        cause: row.get(first + 3)?,
    })
}

type Found = (String, u64, Option<u64>);

fn login(row: &Row<'_>) -> rusqlite::Result<Found> {
    let outcome = row.get::<_, Option<i64>>(2)?.map(i64::cast_unsigned);
    Ok((row.get(0)?, unsigned(row, 1)?, outcome))
}

fn with_reports(connection: &Connection, (id, intent, outcome): Found) -> Result<LoginRecords, Failure> {
    let reports = connection
        .prepare_cached("SELECT seq FROM reports WHERE request_id = ? ORDER BY seq")?
        .query_map([&id], |row| unsigned(row, 0))?
        .collect::<rusqlite::Result<_>>()?;
    Ok(LoginRecords {
        request_id: parse_id(&id)?,
        intent,
        outcome,
        reports,
    })
}

fn parse_id(text: &str) -> Result<RequestId, StoreError> {
    RequestId::parse(text).map_err(|_| StoreError::Inconsistent("a login's id is not one"))
}

/// Sequences are never negative: the trigger on `records` sees to it.
pub(super) fn unsigned(row: &Row<'_>, index: usize) -> rusqlite::Result<u64> {
    row.get::<_, i64>(index).map(i64::cast_unsigned)
}
