//! Looks at accounts in PostgreSQL: outside the writer's batches, so that none of them holds a login up.

use async_trait::async_trait;
use deadpool_postgres::Client;

use super::{
    PostgresStore,
    fault::Failure,
    gather::limit,
    millis,
    pool::{Connections, run},
    statements::{SELECT_LIMITS, UPSERT_LIMITS},
};
use crate::spelling::as_staff;
use crate::store::{
    LimitUse, NewPreview, PreviewAnswer, Previews, StoreError,
    limits::{Judged, LimitRow, judge},
};

/// All relays take this lock before they count a look, until their commit; and whoever removes rows that have ended.
pub(super) const TURN: i64 = 0x5374_6167_6564_0002;

#[async_trait]
impl Previews for PostgresStore {
    async fn count_preview(&self, new: &NewPreview) -> Result<PreviewAnswer, StoreError> {
        let _turn = self.connections.counting.lock().await;
        run!(self.connections, client => count(client, new))
    }
}

async fn count(client: &mut Client, new: &NewPreview) -> Result<PreviewAnswer, Failure> {
    let transaction = client.transaction().await?;
    // A server that stops may forget the last looks. That costs nobody anything, and nobody waits for its disk.
    transaction
        .batch_execute("SET LOCAL synchronous_commit = off")
        .await?;
    transaction
        .execute("SELECT pg_advisory_xact_lock($1)", &[&TURN])
        .await?;
    let is_staff = "SELECT FROM staff WHERE email_folded = ANY ($1::text[]) LIMIT 1";
    let addresses = as_staff(&new.customer);
    if transaction
        .query_opt(is_staff, &[&addresses.as_slice()])
        .await?
        .is_some()
    {
        return Ok(PreviewAnswer::CustomerIsStaff);
    }
    let uses = &new.limits.uses;
    let scopes: Vec<_> = uses.iter().map(|wanted| wanted.limit.as_str()).collect();
    let keys: Vec<_> = uses.iter().map(|wanted| &wanted.key).collect();
    let mut rows: Vec<Option<LimitRow>> = vec![None; uses.len()];
    for row in transaction.query(SELECT_LIMITS, &[&scopes, &keys]).await? {
        let place = usize::try_from(row.try_get::<_, i64>(0)?).unwrap_or_default();
        if let Some(known) = rows.get_mut(place.wrapping_sub(1)) {
            *known = Some(limit(&row)?);
        }
    }
    let known = |wanted: &LimitUse| {
        let place = uses.iter().position(|other| other == wanted)?;
        rows.get(place).copied().flatten()
    };
    let (answer, changed) = match judge(&new.limits, millis(new.at), known) {
        Judged::Admitted(rows) => (PreviewAnswer::Counted, rows.into_iter().enumerate().collect()),
        Judged::Reached(reached, row) => (PreviewAnswer::Limited(reached), Vec::from_iter(row)),
        Judged::Busy(..) => {
            return Err(StoreError::Inconsistent("a look at an account was to wait for its turn").into());
        }
    };
    let changed = changed
        .iter()
        .filter_map(|(place, row)| Some((uses.get(*place)?, row)));
    for (wanted, row) in changed {
        transaction
            .execute(
                UPSERT_LIMITS,
                &[
                    &[wanted.limit.as_str()].as_slice(),
                    &[wanted.key.as_str()].as_slice(),
                    &[row.since].as_slice(),
                    &[row.used].as_slice(),
                    &[row.told].as_slice(),
                    &[row.ends].as_slice(),
                ],
            )
            .await?;
    }
    transaction.commit().await?;
    Ok(answer)
}
