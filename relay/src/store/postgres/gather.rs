//! Opens a batch's transaction and fetches the facts it needs, in one round trip where that is possible.

use std::collections::BTreeSet;

use futures_util::try_join;
use stagedoor_ledger::{Frontier, Hash, Node};
use tokio_postgres::{Client, Row, Statement, types::ToSql};

use super::{
    approvals::stored,
    erase,
    fault::Failure,
    logins::parse_id,
    reached,
    staff::profile,
    statements::Statements,
    timestamp, unsigned,
    work::{Facts, Held, Login, Needs},
};
use crate::store::{Claim, StaffId, StoreError, approvals::Stage, limits::LimitRow};

/// All relays take this lock before they append, until their commit.
pub(super) const TURN: i64 = 0x5374_6167_6564_0000;
/// Intents closed in one transaction; a start after a crash must not hold up the others for long.
const CLOSED_AT_ONCE: i64 = 256;

/// The ledger's end, as this relay saw it last.
#[derive(Clone)]
pub(super) struct Head {
    pub(super) frontier: Frontier,
    /// What the last row stores. Another ledger of the same size, restored from a backup, has others.
    pub(super) last_hashes: Vec<u8>,
}

/// Begins the transaction; refuses a ledger that has lost what was seen of it. What is read in it stands until its end, because nobody else appends meanwhile.
pub(super) async fn gather(
    client: &Client,
    statements: &Statements,
    relay: i64,
    reached: Option<Head>,
    mut needs: Needs,
) -> Result<(Head, Facts), Failure> {
    let mut facts = Facts::default();
    let begin = begin(client, statements);
    // Futures that are polled together are sent together; the server performs them in the order of their first poll.
    let last = if needs.abandoned || needs.erasable.is_some() {
        begin.await?;
        if let Some(scope) = &needs.erasable {
            facts.erasable = erase::erasable(client, scope).await?;
        }
        if needs.abandoned {
            facts.abandoned = abandoned(client, statements, relay).await?;
            needs.logins.extend(facts.abandoned.iter().cloned());
        }
        fetch(client, statements, &needs, &mut facts).await?
    } else {
        try_join!(begin, fetch(client, statements, &needs, &mut facts))?.1
    };
    let (size, last_hashes) = last.unwrap_or_default();
    let frontier = match reached {
        Some(head) if head.frontier.size() == size && head.last_hashes == last_hashes => head.frontier,
        other => load_frontier(client, statements, size, other.map(|head| head.frontier)).await?,
    };
    let head = Head {
        frontier,
        last_hashes,
    };
    Ok((head, facts))
}

async fn begin(client: &Client, statements: &Statements) -> Result<(), Failure> {
    try_join!(
        client.batch_execute("BEGIN"),
        client.query(&statements.take_turn, &[&TURN])
    )?;
    Ok(())
}

/// Fetches the facts; returns the ledger's size and what its last row stores.
async fn fetch(
    client: &Client,
    statements: &Statements,
    needs: &Needs,
    facts: &mut Facts,
) -> Result<Option<(u64, Vec<u8>)>, Failure> {
    let (mut keys, mut nonces, mut expiries) = (Vec::new(), Vec::new(), Vec::new());
    for ((key, nonce), expires_at) in &needs.nonces {
        keys.push(key);
        nonces.push(nonce);
        expiries.push(*expires_at);
    }
    let profiles: Vec<_> = needs.profiles.iter().collect();
    let addresses: Vec<_> = needs.addresses.iter().collect();
    let logins: Vec<_> = needs.logins.iter().collect();
    let (customers, scopes): (Vec<_>, Vec<_>) = needs.claims.iter().map(|key| (&key.0, &key.1)).unzip();
    let nonces: [&(dyn ToSql + Sync); 3] = [&keys, &nonces, &expiries];
    let approvals: Vec<_> = needs.approvals.iter().collect();
    let named: [&(dyn ToSql + Sync); 1] = [&approvals];
    let for_approvals = |statement| query_if(!approvals.is_empty(), client, statement, &named);
    let claims: [&(dyn ToSql + Sync); 2] = [&customers, &scopes];
    let logins: [&(dyn ToSql + Sync); 1] = [&logins];
    let profiles: [&(dyn ToSql + Sync); 1] = [&profiles];
    let addresses: [&(dyn ToSql + Sync); 1] = [&addresses];
    let wanted: Vec<_> = needs.limits.iter().collect();
    let names: Vec<_> = wanted.iter().map(|key| key.0.as_str()).collect();
    let keys: Vec<_> = wanted.iter().map(|key| &key.1).collect();
    let limits: [&(dyn ToSql + Sync); 2] = [&names, &keys];
    let intents = !needs.nonces.is_empty();
    let for_intents = |statement, parameters| query_if(intents, client, statement, parameters);
    let (last, new, profiles, staff, counted, known, reported, on, of, held_approvals, approvals) = try_join!(
        client.query_opt(&statements.select_last_record, &[]),
        for_intents(&statements.insert_nonces, &nonces),
        for_intents(&statements.select_profiles, &profiles),
        for_intents(&statements.select_staff_addresses, &addresses),
        query_if(!wanted.is_empty(), client, &statements.select_limits, &limits),
        client.query(&statements.select_logins, &logins),
        client.query(&statements.select_reports, &logins),
        client.query(&statements.select_claims_on, &claims),
        client.query(&statements.select_claims_of, &logins),
        // Held first, then read: a statement sees what was there when it began.
        for_approvals(&statements.hold_approvals),
        for_approvals(&statements.select_approvals),
    )?;
    let held_approvals: BTreeSet<&str> = held_approvals
        .iter()
        .map(|row| row.try_get(0))
        .collect::<Result<_, _>>()?;
    for row in &approvals {
        let id: String = row.try_get(0)?;
        let mut approval = stored(row)?;
        if !held_approvals.contains(id.as_str()) {
            approval.stage = Stage::Changing;
        }
        facts.approvals.insert(id, approval);
    }
    for row in new {
        facts.fresh_nonces.insert((row.try_get(0)?, row.try_get(1)?));
    }
    for row in &profiles {
        let profile = profile(row)?;
        facts.profiles.insert(profile.key_id.as_str().to_owned(), profile);
    }
    for row in staff {
        facts.staff.insert(row.try_get(0)?);
    }
    for row in counted {
        let key = usize::try_from(row.try_get::<_, i64>(0)?)
            .ok()
            .and_then(|place| wanted.get(place.wrapping_sub(1)));
        if let Some(key) = key {
            facts.limits.insert((*key).clone(), limit(&row)?);
        }
    }
    for row in known {
        facts.logins.insert(row.try_get(0)?, login(&row)?);
    }
    for row in reported {
        facts
            .reports
            .insert((row.try_get(0)?, report_name(row.try_get(1)?)?));
    }
    for row in on.iter().chain(&of) {
        facts.set_claim((row.try_get(0)?, row.try_get(1)?), held(row)?);
    }
    let Some(last) = last else { return Ok(None) };
    Ok(Some((unsigned(&last, 0)? + 1, last.try_get(1)?)))
}

/// What only intents need is not asked for without one: who only erases has no right to those tables.
async fn query_if(
    needed: bool,
    client: &Client,
    statement: &Statement,
    parameters: &[&(dyn ToSql + Sync)],
) -> Result<Vec<Row>, tokio_postgres::Error> {
    match needed {
        true => client.query(statement, parameters).await,
        false => Ok(Vec::new()),
    }
}

async fn abandoned(client: &Client, statements: &Statements, relay: i64) -> Result<Vec<String>, Failure> {
    let rows = client
        .query(&statements.select_abandoned, &[&relay, &CLOSED_AT_ONCE])
        .await?;
    rows.iter().map(|row| Ok(row.try_get(0)?)).collect()
}

/// Reads the ledger's end, and in the same round trip whether it begins with what was seen of it.
async fn load_frontier(
    client: &Client,
    statements: &Statements,
    size: u64,
    seen: Option<Frontier>,
) -> Result<Frontier, Failure> {
    let seen = seen.unwrap_or_else(Frontier::empty);
    if seen.size() > size {
        return Err(StoreError::Severed.into());
    }
    let mut nodes = Frontier::nodes_needed(size);
    let needed = nodes.len();
    nodes.extend(Frontier::nodes_needed(seen.size()));
    let mut hashes = node_hashes(client, &statements.select_nodes, &nodes).await?;
    reached::compare(&seen, hashes.split_off(needed))?;
    Frontier::from_hashes(size, hashes)
        .map_err(|_| StoreError::Inconsistent("the ledger's tree hashes do not belong to its size").into())
}

/// The hashes of tree nodes, from the rows that complete them, by [`Statements::select_nodes`].
pub(super) async fn node_hashes(
    client: &Client,
    select: &tokio_postgres::Statement,
    nodes: &[Node],
) -> Result<Vec<Hash>, Failure> {
    let absent = StoreError::Inconsistent(
        "a hash of the ledger's tree is not there; `stagedoor ledger verify` says more",
    );
    let rows: Vec<i64> = nodes.iter().map(|node| node.row().cast_signed()).collect();
    let offsets = nodes.iter().map(|node| i32::try_from(node.offset()));
    let offsets: Vec<i32> = offsets.collect::<Result<_, _>>().map_err(|_| absent.clone())?;
    let found = client.query(select, &[&rows, &offsets]).await?;
    if found.len() != nodes.len() {
        return Err(absent.into());
    }
    let hash = |row: &Row| {
        let hash: [u8; 32] = row
            .try_get::<_, &[u8]>(0)?
            .try_into()
            .map_err(|_| absent.clone())?;
        Ok(Hash(hash))
    };
    found.iter().map(hash).collect()
}

pub(super) fn limit(row: &Row) -> Result<LimitRow, Failure> {
    Ok(LimitRow {
        since: row.try_get(1)?,
        used: row.try_get(2)?,
        told: row.try_get(3)?,
        ends: row.try_get(4)?,
    })
}

fn login(row: &Row) -> Result<Login, Failure> {
    Ok(Login {
        intent: unsigned(row, 1)?,
        staff: row.try_get(2)?,
        outcome: row.try_get(3)?,
        cause: row.try_get(4)?,
    })
}

fn held(row: &Row) -> Result<Held, Failure> {
    let claim = Claim {
        request_id: parse_id(row.try_get(2)?)?,
        staff: StaffId(row.try_get(3)?),
        staff_name: row.try_get(4)?,
        since: timestamp(row.try_get(5)?)?,
        until: timestamp(row.try_get(6)?)?,
    };
    Ok(Held {
        claim,
        intent: unsigned(row, 7)?,
        open: row.try_get(8)?,
    })
}

fn report_name(stored: &str) -> Result<&'static str, StoreError> {
    ["opened", "closed", "failed"]
        .into_iter()
        .find(|name| *name == stored)
        .ok_or(StoreError::Inconsistent("a report is of no kind"))
}
